//! LAPACK's test ratios: errors in units of `n ε` times the norm of the matrix, computed in `f64`.

use eigennet::linalg::{Cholesky, Ldlt, Lu, Matrix, NonsymmetricEigen, PivotedQr, Qr, Schur, Svd, SymmetricEigen};
use eigennet::{Error, Scalar};

/// The matrix in `f64`.
fn widen<T: Scalar>(a: &Matrix<T>) -> Matrix<f64> {
    Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].to_f64())
}

/// The matrix in `f64`, times a power of two that brings its largest entry near 1, and that power.
fn unit_scaled<T: Scalar>(a: &Matrix<T>) -> (Matrix<f64>, f64) {
    let wide = widen(a);
    let exponent = wide.max_abs().log2().floor();
    let power = if exponent.is_finite() { 2f64.powi(-(exponent.clamp(-1020.0, 1020.0) as i32)) } else { 1.0 };
    (wide.scale(power), power)
}

/// `‖difference‖₁ / (max(m, n) ε ‖A‖₁)`; of a zero matrix the difference itself.
fn relative<T: Scalar>(a: &Matrix<f64>, difference: &Matrix<f64>) -> f64 {
    let (norm, error) = (a.one_norm(), difference.one_norm());
    let unit = a.rows().max(a.cols()).max(1) as f64 * T::EPSILON.to_f64();
    if norm == 0.0 { error } else { error / (unit * norm) }
}

/// `‖VᵀV − I‖₁ / (n ε)`.
///
/// # Errors
/// None in practice: the shapes fit.
pub fn orthogonality<T: Scalar>(v: &Matrix<T>) -> Result<f64, Error> {
    let wide = widen(v);
    let defect = wide.t_matmul(&wide)?.sub(&Matrix::identity(v.cols()))?.one_norm();
    Ok(defect / (v.rows().max(1) as f64 * T::EPSILON.to_f64()))
}

/// `‖A V − V Λ‖₁ / (n ε ‖A‖₁)`.
///
/// # Errors
/// As above.
pub fn symmetric_eigen<T: Scalar>(a: &Matrix<T>, eigen: &SymmetricEigen<T>) -> Result<f64, Error> {
    let (a, power) = unit_scaled(a);
    let v = widen(&eigen.vectors);
    let scaled = Matrix::from_fn(v.rows(), v.cols(), |i, j| v[(i, j)] * (eigen.values[j].to_f64() * power));
    Ok(relative::<T>(&a, &a.matmul(&v)?.sub(&scaled)?))
}

/// The moduli of the entries of `A V − V Λ` of right eigenvectors, for `A` and `Λ` times a power of two that brings the
/// largest entry of `A` near 1; and that power.
///
/// # Errors
/// As above.
pub fn nonsymmetric_residual<T: Scalar>(
    a: &Matrix<T>,
    eigen: &NonsymmetricEigen<T>,
) -> Result<(Matrix<f64>, f64), Error> {
    let (a, power) = unit_scaled(a);
    let (re, im) = (widen(&eigen.right.re), widen(&eigen.right.im));
    let (image_re, image_im) = (a.matmul(&re)?, a.matmul(&im)?);
    let modulus = |i: usize, j: usize| {
        let (x, y) = (eigen.values[j].re.to_f64() * power, eigen.values[j].im.to_f64() * power);
        let real = image_re[(i, j)] - (x * re[(i, j)] - y * im[(i, j)]);
        let imaginary = image_im[(i, j)] - (x * im[(i, j)] + y * re[(i, j)]);
        real.hypot(imaginary)
    };
    Ok((Matrix::from_fn(a.rows(), a.rows(), modulus), power))
}

/// `‖A V − V Λ‖₁ / (n ε ‖A‖₁)` of right eigenvectors.
///
/// # Errors
/// As above.
pub fn nonsymmetric_eigen<T: Scalar>(a: &Matrix<T>, eigen: &NonsymmetricEigen<T>) -> Result<f64, Error> {
    Ok(relative::<T>(&unit_scaled(a).0, &nonsymmetric_residual(a, eigen)?.0))
}

/// `‖A Q − Q T‖₁ / (n ε ‖A‖₁)` of the real Schur form `A = Q T Qᵀ`.
///
/// # Errors
/// As above.
pub fn schur<T: Scalar>(a: &Matrix<T>, schur: &Schur<T>) -> Result<f64, Error> {
    let (wide, power) = unit_scaled(a);
    let q = widen(&schur.q);
    Ok(relative::<T>(&wide, &wide.matmul(&q)?.sub(&q.matmul(&widen(&schur.t).scale(power))?)?))
}

/// The largest of `‖A − U Σ Vᵀ‖₁ / (max(m, n) ε ‖A‖₁)` and the losses of orthogonality of U and V.
///
/// # Errors
/// As above.
pub fn svd<T: Scalar>(a: &Matrix<T>, svd: &Svd<T>) -> Result<f64, Error> {
    let (wide, power) = unit_scaled(a);
    let u = widen(&svd.u);
    let scaled = Matrix::from_fn(u.rows(), u.cols(), |i, j| u[(i, j)] * (svd.values[j].to_f64() * power));
    let residual = relative::<T>(&wide, &scaled.matmul(&widen(&svd.v_transposed))?.sub(&wide)?);
    Ok(residual.max(orthogonality(&svd.u)?).max(orthogonality(&svd.v_transposed.transpose())?))
}

/// `‖A − L R‖₁ / (max(m, n) ε ‖A‖₁)` for factors of which the second carries the size of A.
fn product<T: Scalar>(a: &Matrix<T>, left: &Matrix<T>, right: &Matrix<T>) -> Result<f64, Error> {
    let (wide, power) = unit_scaled(a);
    Ok(relative::<T>(&wide, &widen(left).matmul(&widen(right).scale(power))?.sub(&wide)?))
}

/// The larger of the residual and the loss of orthogonality of `A = Q R`.
///
/// # Errors
/// As above.
pub fn qr<T: Scalar>(a: &Matrix<T>) -> Result<f64, Error> {
    let qr = Qr::factor(a)?;
    let q = qr.thin_q()?;
    Ok(product(a, &q, qr.r())?.max(orthogonality(&q)?))
}

/// The same of `A P = Q R`.
///
/// # Errors
/// As above.
pub fn pivoted_qr<T: Scalar>(a: &Matrix<T>) -> Result<f64, Error> {
    let qr = PivotedQr::factor(a)?;
    let q = qr.thin_q()?;
    let permuted = Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, qr.permutation()[j])]);
    Ok(product(&permuted, &q, qr.r())?.max(orthogonality(&q)?))
}

/// The residual of `P A = L U`.
///
/// # Errors
/// As above.
pub fn lu<T: Scalar>(a: &Matrix<T>) -> Result<f64, Error> {
    let lu = Lu::factor(a)?;
    let permuted = Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(lu.permutation()[i], j)]);
    product(&permuted, &lu.lower(), &lu.upper())
}

/// The residual of `A = L Lᵀ`.
///
/// # Errors
/// The matrix is not positive definite.
pub fn cholesky<T: Scalar>(a: &Matrix<T>) -> Result<f64, Error> {
    let (wide, power) = unit_scaled(a);
    // Both factors are of the size of √A: each takes half of the power, made even.
    let exponent = power.log2() as i32;
    let odd = exponent.rem_euclid(2);
    let wide = wide.scale(2f64.powi(odd));
    let lower = widen(Cholesky::factor(a)?.lower()).scale(2f64.powi((exponent + odd) / 2));
    Ok(relative::<T>(&wide, &lower.matmul_t(&lower)?.sub(&wide)?))
}

/// The residual of `P A Pᵀ = L D Lᵀ`.
///
/// # Errors
/// As above.
pub fn ldlt<T: Scalar>(a: &Matrix<T>) -> Result<f64, Error> {
    let ldlt = Ldlt::factor(a)?;
    let at = ldlt.permutation();
    let (wide, power) = unit_scaled(&Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(at[i], at[j])]));
    let lower = widen(ldlt.lower());
    let product = lower.matmul(&widen(&ldlt.block_diagonal()).scale(power))?.matmul_t(&lower)?;
    Ok(relative::<T>(&wide, &product.sub(&wide)?))
}
