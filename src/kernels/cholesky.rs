//! The narrow part of a blocked Cholesky factorisation: a panel of columns, the rest of the matrix
//! being updated by matrix products.

use super::Simd;
use super::dispatch::{Kernel, run};

/// Entries of a row solved for side by side; rows of a panel are a multiple of it longer than the panel
/// is high.
pub const TILE: usize = 16;

/// Factors the panel of the first `width` columns of a symmetric positive definite matrix, stored
/// transposed, `[width, stride]`: row `j` holds, from entry `j` on, column `j` of the lower triangle, and
/// in the end that of `L`. What is before is not read. `Some(j)` if pivot `j` is not positive; the panel
/// is then spoilt.
///
/// # Panics
/// If the lengths do not fit, or `stride − width` is no multiple of [`TILE`].
pub fn factor_panel<T: Simd>(panel: &mut [T], width: usize, stride: usize) -> Option<usize> {
    assert!(panel.len() >= width * stride && stride >= width, "factor_panel: lengths do not fit");
    assert!((stride - width).is_multiple_of(TILE), "factor_panel: rows are no whole tiles");
    run(FactorPanel { panel, width, stride })
}

struct FactorPanel<'a, T> {
    panel: &'a mut [T],
    width: usize,
    stride: usize,
}

impl<T: Simd> Kernel for FactorPanel<'_, T> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run<const FMA: bool>(self) -> Option<usize> {
        let FactorPanel { panel, width, stride } = self;
        for j in 0..width {
            let (above, row) = panel.split_at_mut(j * stride);
            let row = &mut row[j..width];
            for other in above.chunks_exact(stride) {
                let factor = other[j];
                for (x, &o) in row.iter_mut().zip(&other[j..width]) {
                    *x = subtract::<T, FMA>(*x, factor, o);
                }
            }
            let pivot = row[0];
            if !(pivot > T::zero() && pivot.is_finite()) {
                return Some(j);
            }
            let root = pivot.sqrt();
            row[0] = root;
            row[1..].iter_mut().for_each(|x| *x /= root);
        }
        for start in (width..stride).step_by(TILE) {
            let mut j = 0;
            while j + 1 < width {
                rows::<T, 2, FMA>(panel, stride, start, j);
                j += 2;
            }
            if j < width {
                rows::<T, 1, FMA>(panel, stride, start, j);
            }
        }
        None
    }
}

/// Forward substitution for rows `j .. j + ROWS` of one tile, those above being solved.
#[inline(always)]
fn rows<T: Simd, const ROWS: usize, const FMA: bool>(panel: &mut [T], stride: usize, start: usize, j: usize) {
    let (above, below) = panel.split_at_mut(j * stride);
    let mut sums = [[T::zero(); TILE]; ROWS];
    for (sum, row) in sums.iter_mut().zip(below.chunks_exact(stride)) {
        sum.copy_from_slice(&row[start..start + TILE]);
    }
    for other in above.chunks_exact(stride) {
        let factors = &other[j..j + ROWS];
        let tile = &other[start..start + TILE];
        for (sum, &factor) in sums.iter_mut().zip(factors) {
            for (s, &x) in sum.iter_mut().zip(tile) {
                *s = subtract::<T, FMA>(*s, factor, x);
            }
        }
    }
    for r in 0..ROWS {
        let (solved, open) = sums.split_at_mut(r);
        for (k, known) in solved.iter().enumerate() {
            let factor = below[k * stride + j + r];
            for (s, &x) in open[0].iter_mut().zip(known) {
                *s = subtract::<T, FMA>(*s, factor, x);
            }
        }
        let pivot = below[r * stride + j + r];
        open[0].iter_mut().for_each(|s| *s /= pivot);
    }
    for (sum, row) in sums.iter().zip(below.chunks_exact_mut(stride)) {
        row[start..start + TILE].copy_from_slice(sum);
    }
}

/// s − a b.
#[inline(always)]
fn subtract<T: Simd, const FMA: bool>(s: T, a: T, b: T) -> T {
    if FMA { (-a).mul_add(b, s) } else { s - a * b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A = M Mᵀ + I for a fixed M, factored as one panel: L Lᵀ is A again.
    fn check<T: Simd>(n: usize, width: usize, tolerance: f64) {
        let m = |i: usize, k: usize| ((i * 7 + k * 13) % 11) as f64 / 11.0 - 0.4;
        let a = |i: usize, j: usize| (0..n).map(|k| m(i, k) * m(j, k)).sum::<f64>() + f64::from(u8::from(i == j));
        let stride = width + (n - width).next_multiple_of(TILE);
        let mut panel = vec![T::zero(); width * stride];
        for j in 0..width {
            (j..n).for_each(|i| panel[j * stride + i] = T::from(a(i, j)).unwrap());
        }
        assert_eq!(factor_panel(&mut panel, width, stride), None);
        let l = |i: usize, j: usize| panel[j * stride + i].to_f64().unwrap();
        for i in 0..n {
            for j in 0..width.min(i + 1) {
                let product: f64 = (0..=j).map(|k| l(i, k) * l(j, k)).sum();
                assert!((product - a(i, j)).abs() < tolerance, "{n} {width}: ({i}, {j})");
            }
        }
    }

    #[test]
    fn the_factor_multiplies_back() {
        for (n, width) in [(1, 1), (2, 1), (2, 2), (5, 3), (17, 16), (40, 7), (70, 33), (64, 64), (100, 64)] {
            check::<f64>(n, width, 1e-12);
            check::<f32>(n, width, 1e-4);
        }
        assert_eq!(factor_panel::<f64>(&mut [], 0, 0), None);
    }

    #[test]
    fn the_first_bad_pivot_is_named() {
        for bad in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            let mut panel = [4.0, 0.0, 0.0, 0.0, bad, 0.0, 0.0, 0.0, 1.0];
            assert_eq!(factor_panel(&mut panel, 3, 3), Some(1));
        }
    }
}
