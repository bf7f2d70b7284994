//! Reflections of three neighbouring rows or columns: what the QR algorithm is made of.

use std::ops::Range;

use super::Simd;
use super::dispatch::{Kernel, run};

/// Columns worked on at a time.
const LANES: usize = 16;

/// `I − τ v vᵀ` with `v = (1, v₁, v₂)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reflection<T> {
    /// τ; with 0 this is the identity.
    pub tau: T,
    /// `[v₁, v₂]`
    pub v: [T; 2],
}

/// Reflects rows `i, i + 1, i + 2` by `chain[i]`, for i = 0, 1, … in turn, in some columns of a matrix whose rows are
/// `stride` apart. The last reflection takes two rows only if there are no more.
///
/// # Panics
/// If `rows` is neither one nor two more than there are reflections, or the matrix is too short.
pub fn reflect_rows<T: Simd>(
    chain: &[Reflection<T>],
    data: &mut [T],
    rows: usize,
    stride: usize,
    columns: Range<usize>,
) {
    if chain.is_empty() || columns.is_empty() {
        return;
    }
    assert!(rows == chain.len() + 2 || rows == chain.len() + 1, "reflect_rows: {rows} rows of {}", chain.len());
    assert!(columns.end <= stride && data.len() >= (rows - 1) * stride + columns.end, "reflect_rows: too short");
    run(ReflectRows { chain, data, rows, stride, columns });
}

/// Reflects columns `first, first + 1, first + 2` of some rows: two of them only if there are no more in `stride`,
/// or with `v₂ = 0` and `two`.
///
/// # Panics
/// If the matrix is too short.
pub fn reflect_columns<T: Simd>(
    reflection: Reflection<T>,
    data: &mut [T],
    stride: usize,
    rows: Range<usize>,
    columns: Range<usize>,
) {
    if rows.is_empty() {
        return;
    }
    assert!(matches!(columns.len(), 2 | 3) && columns.end <= stride, "reflect_columns: columns {columns:?}");
    assert!(data.len() >= (rows.end - 1) * stride + columns.end, "reflect_columns: too short");
    run(ReflectColumns { reflection, data, stride, rows, columns });
}

struct ReflectRows<'a, T> {
    chain: &'a [Reflection<T>],
    data: &'a mut [T],
    rows: usize,
    stride: usize,
    columns: Range<usize>,
}

impl<T: Simd> Kernel for ReflectRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let ReflectRows { chain, data, rows, stride, columns } = self;
        let full = columns.len() / LANES * LANES;
        for start in (columns.start..columns.start + full).step_by(LANES) {
            strip::<T, LANES, FMA>(chain, data, rows, stride, start);
        }
        for start in columns.start + full..columns.end {
            strip::<T, 1, FMA>(chain, data, rows, stride, start);
        }
    }
}

/// The whole chain in `N` columns: two of the three rows stay in registers from one reflection to the next.
#[inline(always)]
fn strip<T: Simd, const N: usize, const FMA: bool>(
    chain: &[Reflection<T>],
    data: &mut [T],
    rows: usize,
    stride: usize,
    start: usize,
) {
    let mut a: [T; N] = std::array::from_fn(|l| data[start + l]);
    let mut b: [T; N] = std::array::from_fn(|l| data[start + stride + l]);
    let mut at = start;
    let (long, last) = chain.split_at(rows - 2);
    for reflection in long {
        let Reflection { tau, v: [v1, v2] } = *reflection;
        let (t1, t2) = (tau * v1, tau * v2);
        let mut c = [T::zero(); N];
        c.copy_from_slice(&data[at + 2 * stride..at + 2 * stride + N]);
        for l in 0..N {
            let s = v2.fused::<FMA>(c[l], v1.fused::<FMA>(b[l], a[l]));
            a[l] = (-tau).fused::<FMA>(s, a[l]);
            b[l] = (-t1).fused::<FMA>(s, b[l]);
            c[l] = (-t2).fused::<FMA>(s, c[l]);
        }
        data[at..at + N].copy_from_slice(&a);
        (a, b) = (b, c);
        at += stride;
    }
    for reflection in last {
        let Reflection { tau, v: [v1, _] } = *reflection;
        let t1 = tau * v1;
        for l in 0..N {
            let s = v1.fused::<FMA>(b[l], a[l]);
            a[l] = (-tau).fused::<FMA>(s, a[l]);
            b[l] = (-t1).fused::<FMA>(s, b[l]);
        }
    }
    data[at..at + N].copy_from_slice(&a);
    data[at + stride..at + stride + N].copy_from_slice(&b);
}

struct ReflectColumns<'a, T> {
    reflection: Reflection<T>,
    data: &'a mut [T],
    stride: usize,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl<T: Simd> Kernel for ReflectColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let ReflectColumns { reflection: Reflection { tau, v: [v1, v2] }, data, stride, rows, columns } = self;
        let (t1, t2) = (tau * v1, tau * v2);
        for row in data[rows.start * stride..].chunks_mut(stride).take(rows.len()) {
            match &mut row[columns.clone()] {
                [a, b, c] => {
                    let s = v2.fused::<FMA>(*c, v1.fused::<FMA>(*b, *a));
                    *a = (-tau).fused::<FMA>(s, *a);
                    *b = (-t1).fused::<FMA>(s, *b);
                    *c = (-t2).fused::<FMA>(s, *c);
                }
                [a, b] => {
                    let s = v1.fused::<FMA>(*b, *a);
                    *a = (-tau).fused::<FMA>(s, *a);
                    *b = (-t1).fused::<FMA>(s, *b);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reflection, reflect_columns, reflect_rows};

    /// One reflection after another, entry by entry.
    fn plain(chain: &[Reflection<f64>], data: &mut [f64], rows: usize, stride: usize, columns: std::ops::Range<usize>) {
        for (i, r) in chain.iter().enumerate() {
            let v = [1.0, r.v[0], r.v[1]];
            let height = (rows - i).min(3);
            for j in columns.clone() {
                let s: f64 = (0..height).map(|p| v[p] * data[(i + p) * stride + j]).sum();
                (0..height).for_each(|p| data[(i + p) * stride + j] -= r.tau * v[p] * s);
            }
        }
    }

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-12 * (1.0 + x.abs()))
    }

    #[test]
    fn chains_agree_with_plain_loops() {
        for length in 1..7_usize {
            for rows in [length + 1, length + 2] {
                for columns in [0..1, 1..3, 2..18, 3..40, 0..0] {
                    let stride = 41;
                    let data: Vec<f64> = (0..rows * stride).map(|i| ((i * 37) % 19) as f64 / 9.0 - 1.0).collect();
                    let chain: Vec<Reflection<f64>> = (0..length)
                        .map(|i| Reflection { tau: 0.3 + i as f64 / 9.0, v: [0.5 - i as f64 / 4.0, 0.2 * i as f64] })
                        .collect();
                    let (mut got, mut expected) = (data.clone(), data);
                    reflect_rows(&chain, &mut got, rows, stride, columns.clone());
                    plain(&chain, &mut expected, rows, stride, columns);
                    assert!(close(&got, &expected));
                }
            }
        }
    }

    #[test]
    fn columns_are_rows_of_the_transpose() {
        let (n, chain) = (9, [Reflection { tau: 1.2, v: [0.3, -0.7] }]);
        let data: Vec<f64> = (0..n * n).map(|i| ((i * 31) % 17) as f64 / 8.0 - 1.0).collect();
        for width in [2, 3] {
            let mut got = data.clone();
            reflect_columns(chain[0], &mut got, n, 1..7, 4..4 + width);
            let mut turned: Vec<f64> = (0..n * n).map(|i| data[i % n * n + i / n]).collect();
            plain(&chain, &mut turned[4 * n..], width, n, 1..7);
            let expected: Vec<f64> = (0..n * n).map(|i| turned[i % n * n + i / n]).collect();
            assert!(close(&got, &expected));
        }
    }
}
