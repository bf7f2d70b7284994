//! The exponential of a square matrix by scaling and squaring (Higham, 2005; Al-Mohy and Higham, 2009).

use super::{Lu, Matrix, checks};
use crate::error::Error;
use crate::{Scalar, Seed};

/// Degree of the Padé approximant, and the norm up to which it is exact to rounding.
const DEGREES: [(usize, f64); 5] = [
    (3, 1.495585217958292e-2),
    (5, 2.53939833006323e-1),
    (7, 9.504178996162932e-1),
    (9, 2.097847961257068),
    (13, 4.25),
];

/// The part of the largest entry that rounding may move the exponential by.
const MOVED: f64 = 1e-6;
/// About how many roundings an approximant is off.
const ROUNDINGS: f64 = 4.0;

/// `e^A = Σ Aᵏ / k!` for a square matrix, by a Padé approximant of degree up to 13 at `A / 2ˢ`, squared `s` times.
///
/// How far the matrix is scaled follows from norms of its powers, so that matrices far from normal are not scaled (and
/// rounded) more than they need. All is computed in `f64`.
///
/// ```
/// use eigennet::linalg::{Matrix, matrix_exponential};
/// // A quarter turn as the exponential of its generator.
/// let angle = std::f64::consts::FRAC_PI_2;
/// let turn = matrix_exponential(&Matrix::from_vec(2, 2, vec![0.0, -angle, angle, 0.0])?)?;
/// let expected = Matrix::from_vec(2, 2, vec![0.0, -1.0, 1.0, 0.0])?;
/// assert!(turn.sub(&expected)?.max_abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity, and
/// [`Error::InvalidArgument`] if the exponential overflows, or if rounding moves it by more than a millionth of its largest
/// entry: squared `s` times roundings are multiplied by 2ˢ, about ‖A‖, where something lasts beside fast rates.
pub fn matrix_exponential<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>, Error> {
    checks::square("matrix_exponential", a)?;
    let wide = Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].to_f64());
    let exponential = exponential(&wide, 0.0)?;
    // What decays does not notice.
    if f64::EPSILON * wide.one_norm() > f64::EPSILON.sqrt() {
        let moved = self::exponential(&wide, ROUNDINGS)?.sub(&exponential)?.max_abs();
        let reason = format_args!(
            "rounding moves the exponential by {moved:e}; give a shorter time, or eliminate what has decayed long before"
        );
        let steady = exponential.max_abs().is_infinite() || moved <= MOVED * exponential.max_abs();
        Error::require(steady, "matrix_exponential", reason)?;
    }
    let out = Matrix::from_fn(a.rows(), a.cols(), |i, j| T::of(exponential[(i, j)]));
    let advice = || {
        format!(
            "the exponential overflows {}: the norm of the matrix is {:e}; subtract a multiple μ of the identity, and \
             multiply what you compute by e^μ where it is used",
            T::NAME,
            a.one_norm()
        )
    };
    checks::in_range("matrix_exponential", out.as_slice(), advice)?;
    Ok(out)
}

/// `matrix` with every entry moved by so many roundings, up or down.
pub(crate) fn rounded(matrix: &Matrix<f64>, roundings: f64) -> Matrix<f64> {
    let mut stream = Seed(0).stream("roundings");
    matrix.map(|v| v * (1.0 + roundings * f64::EPSILON * stream.sign()))
}

/// `e^A`, however large A is; infinite where it overflows. What is squared is moved by so many `roundings`.
pub(crate) fn exponential(a: &Matrix<f64>, roundings: f64) -> Result<Matrix<f64>, Error> {
    // Powers of B = A / 2ᵗ do not overflow.
    let unit = a.one_norm().max(f64::MIN_POSITIVE).log2().ceil().clamp(0.0, 1100.0) as i32;
    let b = scale_by_power(a, -unit);
    let b2 = b.matmul(&b)?;
    let b4 = b2.matmul(&b2)?;
    let b6 = b2.matmul(&b4)?;
    // log₂ ‖Aᵏ‖^(1/k)
    let root = |m: &Matrix<f64>, k: f64| m.one_norm().log2() / k + f64::from(unit);
    let (d4, d6) = (root(&b4, 4.0), root(&b6, 6.0));
    let d8 = root(&b4.matmul(&b4)?, 8.0);
    let d10 = root(&b4.matmul(&b6)?, 10.0);
    let low = d4.max(d6);
    let middle = d6.max(d8);
    let bounds = [low, low, middle, middle];
    for (&(degree, limit), bound) in DEGREES.iter().zip(bounds) {
        if bound <= limit.log2() && extra_scaling(&b, unit, degree) == 0 {
            let powers = [(&b2, 2), (&b4, 4), (&b6, 6)].map(|(m, k)| scale_by_power(m, k * unit));
            return pade(a, &powers, degree);
        }
    }
    let eta = middle.min(d8.max(d10));
    let (degree, limit) = DEGREES[4];
    let mut s = (eta - limit.log2()).ceil().max(0.0) as i32;
    s += extra_scaling(&b, unit - s, degree);
    let scaled = scale_by_power(a, -s);
    let powers = [(&b2, 2), (&b4, 4), (&b6, 6)].map(|(m, k)| scale_by_power(m, k * (unit - s)));
    let mut out = pade(&scaled, &powers, degree)?;
    if roundings > 0.0 {
        out = rounded(&out, roundings);
    }
    for _ in 0..s {
        out = out.matmul(&out)?;
        if !out.max_abs().is_finite() {
            break;
        }
    }
    Ok(out)
}

/// `2ᵏ A`, in steps whose factors are normal numbers.
fn scale_by_power(a: &Matrix<f64>, k: i32) -> Matrix<f64> {
    let mut out = a.clone();
    let mut left = k;
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        out = out.scale(2f64.powi(step));
        left -= step;
    }
    out
}

/// How much further `2ᵗ B` has to be scaled for the approximant not to suffer from rounding: from a bound on the first
/// term that it gets wrong, `|c| ‖ |A|^(2m+1) ‖ / ‖A‖`.
fn extra_scaling(b: &Matrix<f64>, unit: i32, degree: usize) -> i32 {
    let order = 2 * degree + 1;
    // ln ‖ |B|^order ‖₁ by products of |B|ᵀ with the vector of ones, kept around one.
    let magnitude = b.map(f64::abs).transpose();
    let mut x = vec![1.0; b.rows()];
    let mut logarithm = 0.0;
    for _ in 0..order {
        x = magnitude.row_iter().map(|row| row.iter().zip(&x).map(|(a, b)| a * b).sum()).collect();
        let largest = x.iter().copied().fold(0.0f64, f64::max);
        if largest == 0.0 {
            return 0;
        }
        logarithm += largest.log2();
        x.iter_mut().for_each(|v| *v /= largest);
    }
    let logarithm = logarithm + f64::from(unit) * (order as f64 - 1.0) - b.one_norm().log2();
    let factorial = |k: usize| (1..=k).map(|v| (v as f64).log2()).sum::<f64>();
    let constant = 2.0 * factorial(degree) - factorial(2 * degree) - factorial(2 * degree + 1);
    let excess = (logarithm + constant + 53.0) / (2.0 * degree as f64);
    excess.ceil().clamp(0.0, 1100.0) as i32
}

/// The diagonal Padé approximant `(V − U)⁻¹ (V + U)` of `e^A`, from `A` and its powers 2, 4 and 6.
fn pade(a: &Matrix<f64>, [a2, a4, a6]: &[Matrix<f64>; 3], degree: usize) -> Result<Matrix<f64>, Error> {
    let n = a.rows();
    // b_k / b_0 with b_k = (2m − k)! m! / ((2m)! (m − k)! k!)
    let mut coefficients = vec![1.0];
    for k in 1..=degree {
        let ratio = (degree + 1 - k) as f64 / (k * (2 * degree + 1 - k)) as f64;
        coefficients.push(coefficients[k - 1] * ratio);
    }
    let c = |k: usize| coefficients.get(k).copied().unwrap_or(0.0);
    let combine = |terms: &[(f64, &Matrix<f64>)]| {
        let mut sum = Matrix::zeros(n, n);
        for (factor, m) in terms {
            sum.as_mut_slice().iter_mut().zip(m.as_slice()).for_each(|(s, &v)| *s += factor * v);
        }
        sum
    };
    let identity = Matrix::identity(n);
    let (odd, v) = if degree == 13 {
        let high = a6.matmul(&combine(&[(c(13), a6), (c(11), a4), (c(9), a2)]))?;
        let odd = combine(&[(1.0, &high), (c(7), a6), (c(5), a4), (c(3), a2), (c(1), &identity)]);
        let high = a6.matmul(&combine(&[(c(12), a6), (c(10), a4), (c(8), a2)]))?;
        (odd, combine(&[(1.0, &high), (c(6), a6), (c(4), a4), (c(2), a2), (c(0), &identity)]))
    } else {
        let a8 = if degree == 9 { a4.matmul(a4)? } else { Matrix::zeros(n, n) };
        (
            combine(&[(c(9), &a8), (c(7), a6), (c(5), a4), (c(3), a2), (c(1), &identity)]),
            combine(&[(c(8), &a8), (c(6), a6), (c(4), a4), (c(2), a2), (c(0), &identity)]),
        )
    };
    let u = a.matmul(&odd)?;
    let (numerator, denominator) = (v.add(&u)?, v.sub(&u)?);
    if !(numerator.max_abs().is_finite() && denominator.max_abs().is_finite()) {
        return Ok(numerator.map(|_| f64::INFINITY));
    }
    Lu::factor(&denominator)?.substitute(&numerator)
}
