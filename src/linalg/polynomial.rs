//! Characteristic polynomials, and the roots of polynomials.

use super::scaling::{power_of_two_scale, scale_of_squares};
use super::{Complex, Lu, Matrix, checks, nonsymmetric_eigenvalues, symmetric_eigen};
use crate::Scalar;
use crate::error::Error;

/// The largest order [`characteristic_polynomial`] takes.
pub const MAX_CHARACTERISTIC_ORDER: usize = 32;
/// The largest degree [`polynomial_roots`] takes.
pub const MAX_POLYNOMIAL_DEGREE: usize = 1000;

/// The coefficients `[c₀, …, cₙ]`, `cₙ = 1`, of `det(λ I − A) = Σ c_k λᵏ`, from the eigenvalues: those of a matrix within
/// rounding of A. (The recursion of Faddeev and LeVerrier cancels: of well-conditioned matrices of order 32 it has no digit
/// right.) c₀ is held against the determinant. Of a matrix of small integers they are the integers that they have to be.
///
/// For small matrices, and for insight. The roots of a polynomial depend on its coefficients far more sensitively than
/// the eigenvalues on the matrix (Wilkinson, 1963: of the polynomial with roots 1, …, 20 a change of one coefficient by
/// 2⁻²³ moves roots by more than 2): for eigenvalues use [`nonsymmetric_eigenvalues`](super::nonsymmetric_eigenvalues).
///
/// ```
/// use eigennet::linalg::{Matrix, characteristic_polynomial};
/// let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0])?;
/// assert_eq!(characteristic_polynomial(&a)?, [36.0, -13.0, 1.0]); // (λ − 4)(λ − 9)
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
/// [`Error::InvalidArgument`] if its order exceeds [`MAX_CHARACTERISTIC_ORDER`], a coefficient overflows, or c₀ is not the
/// determinant: A is too sensitive for its coefficients to be told; [`Error::NoConvergence`] from the eigenvalues.
pub fn characteristic_polynomial<T: Scalar>(a: &Matrix<T>) -> Result<Vec<T>, Error> {
    let operation = "characteristic_polynomial";
    checks::square(operation, a)?;
    let n = a.rows();
    if n > MAX_CHARACTERISTIC_ORDER {
        let reason = format!(
            "the order is {n}, and beyond {MAX_CHARACTERISTIC_ORDER} the coefficients say nothing of the eigenvalues; \
             use nonsymmetric_eigenvalues"
        );
        return Err(Error::invalid(operation, reason));
    }
    let mut coefficients = vec![T::one()];
    // Σ over the eigenvalues of the products of the sizes of all others.
    let mut sizes = [T::one(), T::zero()];
    let values = if a.is_symmetric(T::zero()) {
        symmetric_eigen(a)?.values.into_iter().map(|value| Complex::new(value, T::zero())).collect()
    } else {
        nonsymmetric_eigenvalues(a)?
    };
    for value in values {
        let size = value.abs();
        sizes = [sizes[0] * size, sizes[1] * size + sizes[0]];
        if value.im == T::zero() {
            multiply(&mut coefficients, &[-value.re, T::one()]);
        } else if value.im > T::zero() {
            multiply(&mut coefficients, &[size * size, -T::TWO * value.re, T::one()]);
        }
    }
    let advice = || format!("a coefficient overflows: scale the matrix down; its largest entry is {:e}", a.max_abs());
    checks::in_range(operation, &coefficients, advice)?;
    let determinant = Lu::factor(a)?.determinant() * if n.is_multiple_of(2) { T::one() } else { -T::one() };
    let apart = (coefficients[0] - determinant).abs();
    let rounding = T::of(100.0 * n as f64) * T::EPSILON * a.max_abs() * sizes[1];
    if apart > T::of(1e-3) * determinant.abs() && apart > rounding {
        let reason = format!(
            "the eigenvalues multiply to {:e}, but c₀ is {determinant:e}: the matrix is too sensitive for coefficients",
            coefficients[0]
        );
        return Err(Error::invalid(operation, reason));
    }
    // Where rounding to an integer changes less than rounding has.
    let integers = a.as_slice().iter().all(|&x| x == x.round());
    for c in coefficients.iter_mut().filter(|c| integers && (**c - c.round()).abs() < T::of(0.01)) {
        *c = c.round();
    }
    Ok(coefficients)
}

/// Multiplies two polynomials, lowest coefficient first.
fn multiply<T: Scalar>(polynomial: &mut Vec<T>, factor: &[T]) {
    let mut product = vec![T::zero(); polynomial.len() + factor.len() - 1];
    for (i, &p) in polynomial.iter().enumerate() {
        product[i..].iter_mut().zip(factor).for_each(|(out, &f)| *out += p * f);
    }
    *polynomial = product;
}

/// The roots of `Σ c_k xᵏ`, lowest coefficient first: the eigenvalues of its companion matrix, balanced. Conjugate
/// pairs stand together, the positive imaginary part first. Roots close together are inaccurate by nature: a k-fold
/// root by about `ε^(1/k)`.
///
/// ```
/// use eigennet::linalg::polynomial_roots;
/// let mut roots: Vec<f64> = polynomial_roots(&[36.0, -13.0, 1.0])?.iter().map(|r| r.re).collect();
/// roots.sort_by(f64::total_cmp);
/// assert!((roots[0] - 4.0).abs() < 1e-13 && (roots[1] - 9.0).abs() < 1e-13);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] for NaN and infinities, [`Error::InvalidArgument`] if every coefficient is zero, the degree
/// exceeds [`MAX_POLYNOMIAL_DEGREE`], the leading coefficient is too small beside the others, a root overflows, or what is
/// found is no root, `|p(x)| > √ε Σ |c_k xᵏ|`, because the sizes of the roots lie too far apart;
/// [`Error::NoConvergence`] from the eigenvalues.
pub fn polynomial_roots<T: Scalar>(coefficients: &[T]) -> Result<Vec<Complex<T>>, Error> {
    let operation = "polynomial_roots";
    Error::check_finite(operation, coefficients)?;
    let Some(degree) = coefficients.iter().rposition(|&c| c != T::zero()) else {
        return Err(Error::invalid(operation, "every coefficient is zero: every number is a root"));
    };
    if degree > MAX_POLYNOMIAL_DEGREE {
        let reason =
            format!("the degree is {degree}; roots of polynomials beyond {MAX_POLYNOMIAL_DEGREE} mean nothing");
        return Err(Error::invalid(operation, reason));
    }
    // Roots at zero are exact.
    let zeros = coefficients.iter().position(|&c| c != T::zero()).unwrap_or(0);
    let rest = &coefficients[zeros..=degree];
    let n = rest.len() - 1;
    // In units of 2^k, near the geometric mean of the roots, coefficients of any size have a companion matrix in range.
    let k = if has_ordinary_ratios(rest) { 0 } else { exponent_of_mean(rest) };
    let companion = Matrix::from_fn(n, n, |i, j| match i {
        0 => -scaled_ratio(rest[n - 1 - j], rest[n], -k * (j as i32 + 1)),
        _ if j + 1 == i => T::one(),
        _ => T::zero(),
    });
    let advice = || format!("the leading coefficient {:e} is too small beside the others; leave it out", rest[n]);
    checks::in_range(operation, companion.as_slice(), advice)?;
    let mut roots = nonsymmetric_eigenvalues(&companion)?;
    for part in roots.iter_mut().flat_map(|root| [&mut root.re, &mut root.im]) {
        *part = times_power_of_two(*part, k);
    }
    let parts: Vec<T> = roots.iter().flat_map(|root| [root.re, root.im]).collect();
    checks::in_range(operation, &parts, || format!("a root overflows {}; measure x in another unit", T::NAME))?;
    if let Some(missed) = roots.iter().find(|root| !is_root(rest, **root)) {
        let reason = format!(
            "the sizes of the roots lie so far apart that rounding of the large ones leaves nothing of small ones ({:e} + {:e}i \
             is none): divide by the factors of the large ones, or reverse the coefficients for the inverses of the small ones",
            missed.re, missed.im
        );
        return Err(Error::invalid(operation, reason));
    }
    roots.extend(std::iter::repeat_n(Complex::default(), zeros));
    Ok(roots)
}

/// Whether `|p(z)| ≤ √ε Σ |c_k zᵏ|`, a few roundings of which a root has in any unit of x: half of the digits are left.
fn is_root<T: Scalar>(coefficients: &[T], z: Complex<T>) -> bool {
    let [re, im] = [z.re, z.im].map(Scalar::to_f64);
    let (size, angle) = (re.hypot(im).log2(), im.atan2(re));
    let terms = coefficients.iter().map(|&c| Scalar::to_f64(c)).enumerate().filter(|&(_, c)| c != 0.0);
    // The powers alone would leave the range of numbers.
    let terms: Vec<(f64, f64, f64)> = terms
        .map(|(k, c)| (c.abs().log2() + if k == 0 { 0.0 } else { k as f64 * size }, k as f64 * angle, c.signum()))
        .collect();
    let most = terms.iter().fold(f64::NEG_INFINITY, |most, term| most.max(term.0));
    let sums = terms.iter().fold([0.0; 3], |[x, y, moduli], &(exponent, phase, sign)| {
        let modulus = (exponent - most).exp2();
        [x + sign * modulus * phase.cos(), y + sign * modulus * phase.sin(), moduli + modulus]
    });
    sums[0].hypot(sums[1]) <= Scalar::to_f64(T::EPSILON).sqrt() * sums[2]
}

/// Whether all coefficients but zeros, divided by the last, and their squares are in range.
fn has_ordinary_ratios<T: Scalar>(coefficients: &[T]) -> bool {
    let last = coefficients[coefficients.len() - 1];
    let others = coefficients.iter().filter(|&&c| c != T::zero());
    others.map(|&c| (c / last).abs()).all(|ratio| ratio.is_normal() && scale_of_squares(ratio) == T::one())
}

/// The k for which |c₀/cₙ|^(1/n), the geometric mean of the roots, is about 2^k.
fn exponent_of_mean<T: Scalar>(coefficients: &[T]) -> i32 {
    let logarithm = |c: T| c.to_f64().abs().log2();
    let n = coefficients.len() - 1;
    ((logarithm(coefficients[0]) - logarithm(coefficients[n])) / n as f64).round() as i32
}

/// a/b · 2^k, of which no part over- or underflows unless the whole does.
fn scaled_ratio<T: Scalar>(a: T, b: T, k: i32) -> T {
    if k == 0 || a == T::zero() {
        return a / b;
    }
    let [unit_a, unit_b] = [a, b].map(|v| power_of_two_scale(v.abs()));
    let exponent = |unit: T| unit.to_f64().log2() as i32;
    times_power_of_two((a * unit_a) / (b * unit_b), k + exponent(unit_b) - exponent(unit_a))
}

/// v · 2^k for a k beyond the exponents of `T` as well.
fn times_power_of_two<T: Scalar>(v: T, k: i32) -> T {
    // In four parts, each of which has a power.
    let part = |i: i32| T::of(f64::from((k + i) >> 2).exp2());
    (0..4).fold(v, |v, i| v * part(i))
}
