//! The pass over a matrix that its reduction to bidiagonal form waits for: two products with the
//! matrix, one of which depends on the other, in a single reading (Howell, Demmel, Fulton, Hammarling
//! and Marmol, 2008).

use super::Simd;
use super::dispatch::{Kernel, run};
use super::rows::{combine, products};

/// Rows read side by side; they stay in the first cache between their two uses.
const ROWS: usize = 4;

/// `x ← π (A v − x)`, then `c ← a₀ − c − x` with the first column `a₀`, then `out = A₊ᵀ c` with all
/// other columns: `A` `[m, n]`, `v` `[n]`, `x` and `c` `[m]`, `out` `[n − 1]`. Row `i` of `A` is
/// `a[i * stride..i * stride + n]`.
///
/// # Panics
/// If the lengths do not fit.
pub fn bidiagonal_pass<T: Simd>(
    a: &[T],
    stride: usize,
    v: &[T],
    factor: T,
    x: &mut [T],
    column: &mut [T],
    out: &mut [T],
) {
    let (m, n) = (x.len(), v.len());
    assert!(n > 0 && column.len() == m && out.len() + 1 == n, "bidiagonal_pass: lengths differ");
    assert!(m == 0 || a.len() >= (m - 1) * stride + n, "bidiagonal_pass: matrix too short");
    run(BidiagonalPass { a, stride, v, factor, x, column, out });
}

struct BidiagonalPass<'a, T> {
    a: &'a [T],
    stride: usize,
    v: &'a [T],
    factor: T,
    x: &'a mut [T],
    column: &'a mut [T],
    out: &'a mut [T],
}

impl<T: Simd> Kernel for BidiagonalPass<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let BidiagonalPass { a, stride, v, factor, x, column, out } = self;
        out.fill(T::zero());
        let m = x.len();
        let full = m - m % ROWS;
        for i in (0..full).step_by(ROWS) {
            let rows = std::array::from_fn(|r| &a[(i + r) * stride..(i + r) * stride + v.len()]);
            step::<T, ROWS, FMA>(rows, v, factor, &mut x[i..i + ROWS], &mut column[i..i + ROWS], out);
        }
        for i in full..m {
            let rows = [&a[i * stride..i * stride + v.len()]];
            step::<T, 1, FMA>(rows, v, factor, &mut x[i..=i], &mut column[i..=i], out);
        }
    }
}

#[inline(always)]
fn step<T: Simd, const R: usize, const FMA: bool>(
    rows: [&[T]; R],
    v: &[T],
    factor: T,
    x: &mut [T],
    column: &mut [T],
    out: &mut [T],
) {
    let sums = products::<T, R, FMA>(rows, v);
    let mut weights = [T::zero(); R];
    for r in 0..R {
        x[r] = factor * (sums[r] - x[r]);
        column[r] = rows[r][0] - column[r] - x[r];
        weights[r] = column[r];
    }
    combine::<T, R, FMA>(rows.map(|row| &row[1..]), weights, out);
}

#[cfg(test)]
mod tests {
    use super::bidiagonal_pass;

    #[test]
    fn agrees_with_two_products() {
        for (m, n) in [(0, 1), (1, 1), (3, 2), (4, 9), (7, 8), (13, 25), (8, 17)] {
            let stride = n + 3;
            // Small whole numbers: every order of summation is exact.
            let a: Vec<f64> =
                (0..m * stride).map(|i| if i % stride < n { (i % 7) as f64 - 3.0 } else { f64::NAN }).collect();
            let v: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
            let (mut x, mut column): (Vec<f64>, Vec<f64>) = (0..m).map(|i| (i as f64, (i % 3) as f64)).unzip();
            let mut out = vec![f64::NAN; n - 1];
            let expected_x: Vec<f64> =
                (0..m).map(|i| 2.0 * ((0..n).map(|j| a[i * stride + j] * v[j]).sum::<f64>() - x[i])).collect();
            let expected: Vec<f64> = (0..m).map(|i| a[i * stride] - column[i] - expected_x[i]).collect();
            bidiagonal_pass(&a, stride, &v, 2.0, &mut x, &mut column, &mut out);
            assert_eq!((&x, &column), (&expected_x, &expected), "{m}x{n}");
            for j in 1..n {
                let sum: f64 = (0..m).map(|i| a[i * stride + j] * column[i]).sum();
                assert_eq!(out[j - 1], sum, "{m}x{n}");
            }
        }
    }
}
