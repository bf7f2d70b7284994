//! A gallery of test matrices: what eigensolvers and factorisations are tried on, with what is known of each.
//!
//! All are computed in `f64` and rounded once to the scalar asked for.
//!
//! ```
//! use eigennet::linalg::symmetric_eigen;
//! use eigennet::reference::matrices;
//! let computed = symmetric_eigen(&matrices::second_difference::<f64>(50))?.values;
//! for (value, exact) in computed.iter().zip(matrices::second_difference_eigenvalues(50)) {
//!     assert!((value - exact).abs() < 1e-13);
//! }
//! # Ok::<(), eigennet::Error>(())
//! ```

use std::f64::consts::PI;

use crate::linalg::{Matrix, Qr};
use crate::{Error, Scalar, Seed};

/// Rounds to the scalar asked for.
fn of<T: Scalar>(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Matrix<T> {
    Matrix::from_fn(rows, cols, |i, j| T::of(entry(i, j)))
}

/// Independent standard normal entries `[rows, cols]`.
pub fn random<T: Scalar>(rows: usize, cols: usize, seed: Seed) -> Matrix<T> {
    let mut stream = seed.stream("matrices::random");
    of(rows, cols, |_, _| stream.normal())
}

/// A random orthogonal matrix `[n, n]`: Q of a Gaussian matrix (Stewart, 1980), in `f64`.
///
/// # Errors
/// None in practice: the matrix it factors is finite.
pub fn random_orthogonal(n: usize, seed: Seed) -> Result<Matrix<f64>, Error> {
    Qr::factor(&random(n, n, seed))?.full_q()
}

/// `Q diag(λ) Qᵀ` with a random orthogonal Q: a dense symmetric matrix with the eigenvalues given, up to rounding.
///
/// # Errors
/// [`Error::NonFinite`] if an eigenvalue is.
pub fn with_spectrum<T: Scalar>(spectrum: &[f64], seed: Seed) -> Result<Matrix<T>, Error> {
    Error::check_finite("matrices::with_spectrum", spectrum)?;
    let n = spectrum.len();
    let q = random_orthogonal(n, seed)?;
    let scaled = Matrix::from_fn(n, n, |i, j| q[(i, j)] * spectrum[j]);
    let a = scaled.matmul_t(&q)?;
    Ok(of(n, n, |i, j| 0.5 * a[(i, j)] + 0.5 * a[(j, i)]))
}

/// Wilkinson's W⁺ (1965): tridiagonal, `|i − (n − 1)/2|` on the diagonal, ones beside it. Its largest eigenvalues come in
/// pairs that agree to many digits and yet differ.
pub fn wilkinson<T: Scalar>(n: usize) -> Matrix<T> {
    let middle = (n as f64 - 1.0) / 2.0;
    of(n, n, |i, j| match i.abs_diff(j) {
        0 => (i as f64 - middle).abs(),
        1 => 1.0,
        _ => 0.0,
    })
}

/// Copies of Wilkinson's W⁺ of order 11 in a row, joined by entries `glue`: clusters of nearly equal eigenvalues
/// (Dhillon, Parlett and Vömel, 2005).
pub fn glued_wilkinson<T: Scalar>(n: usize, glue: f64) -> Matrix<T> {
    of(n, n, |i, j| match (i.abs_diff(j), i.max(j) % 11) {
        (0, _) => (i as f64 % 11.0 - 5.0).abs(),
        (1, 0) => glue,
        (1, _) => 1.0,
        _ => 0.0,
    })
}

/// Hilbert's matrix `1 / (i + j + 1)`: symmetric positive definite, of condition about `e^(3.5 n)`.
pub fn hilbert<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| 1.0 / (i + j + 1) as f64)
}

/// The second difference on a path: 2 on the diagonal, −1 beside it.
pub fn second_difference<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    })
}

/// Eigenvalues of [`second_difference`], ascending: `2 − 2 cos(k π / (n + 1))`, k = 1 … n.
pub fn second_difference_eigenvalues(n: usize) -> Vec<f64> {
    // As a square, which keeps the small ones accurate.
    (1..=n).map(|k| 4.0 * (0.5 * k as f64 * PI / (n + 1) as f64).sin().powi(2)).collect()
}

/// The symmetric form of the matrix of Clement (1959): tridiagonal with zero diagonal and `√(k (n − k))` beside it.
pub fn clement<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| {
        let k = i.max(j);
        if i.abs_diff(j) == 1 { ((k * (n - k)) as f64).sqrt() } else { 0.0 }
    })
}

/// Eigenvalues of [`clement`], ascending: `−(n − 1), −(n − 3), …, n − 1`, each with its opposite.
pub fn clement_eigenvalues(n: usize) -> Vec<f64> {
    (0..n).map(|k| 2.0 * k as f64 - (n as f64 - 1.0)).collect()
}

/// Ones on the counter-diagonal: eigenvalues 1 and −1 only.
pub fn exchange<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| if i + j + 1 == n { 1.0 } else { 0.0 })
}

/// All ones: rank one, eigenvalue n once and 0 otherwise.
pub fn ones<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |_, _| 1.0)
}

/// Frank's matrix (1958): upper Hessenberg, determinant 1, real positive eigenvalues in pairs λ, 1/λ, the small ones very
/// ill conditioned.
pub fn frank<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| if j + 1 >= i { (n - i.max(j)) as f64 } else { 0.0 })
}

/// A Jordan block: λ on the diagonal and ones above it; one eigenvector.
pub fn jordan<T: Scalar>(n: usize, lambda: f64) -> Matrix<T> {
    of(n, n, |i, j| match j.wrapping_sub(i) {
        0 => lambda,
        1 => 1.0,
        _ => 0.0,
    })
}

/// The companion matrix of the polynomial `xⁿ + c_{n−1} x^{n−1} + … + c₀`: its eigenvalues are the roots.
pub fn companion<T: Scalar>(coefficients: &[f64]) -> Matrix<T> {
    let n = coefficients.len();
    of(n, n, |i, j| if j + 1 == n { -coefficients[i] } else { f64::from(u8::from(i == j + 1)) })
}

/// The cyclic shift: ones below the diagonal and in the corner; eigenvalues are the n-th roots of one, `e^(2πik/n)`.
pub fn cyclic_shift<T: Scalar>(n: usize) -> Matrix<T> {
    of(n, n, |i, j| f64::from(u8::from(n > 0 && i == (j + 1) % n)))
}

/// `D A D` with `D` from `10^(−decades/2)` to `10^(decades/2)` in even steps of the exponent: entries grow from
/// `10^(−decades)` to `10^decades` down the diagonal; with negative `decades` they fall.
pub fn graded<T: Scalar>(a: &Matrix<f64>, decades: f64) -> Matrix<T> {
    let last = a.rows().max(a.cols()).saturating_sub(1).max(1) as f64;
    let grade = |i: usize| 10f64.powf(decades * (i as f64 / last - 0.5));
    of(a.rows(), a.cols(), |i, j| a[(i, j)] * grade(i) * grade(j))
}

#[cfg(test)]
mod tests;
