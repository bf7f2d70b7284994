//! The singular value decomposition of arbitrary bits (NaN, infinities and subnormal numbers among them): a typed error, or
//! LAPACK's test ratios up to 30. Few numbers fill a large matrix, so that divide and conquer is reached too. A failure
//! prints a line that can be pasted into `fn main` of a crate with `eigennet` beside [`Case`].
#![no_main]

use arbitrary::Arbitrary;
use eigennet::linalg::{Matrix, PivotedQr, Svd, jacobi_svd, singular_values, svd};
use eigennet::{Error, Scalar};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Clone, Arbitrary)]
struct Case {
    m: u8,
    n: u8,
    /// Entries in turn, row after row.
    entries: Vec<f64>,
    /// Entries of another size: the exponent of two that row `i` is scaled by is the `i`-th in turn.
    grades: Vec<i16>,
    single: bool,
}

impl Case {
    fn matrix<T: Scalar>(&self) -> Matrix<T> {
        let in_turn = |i: usize| self.entries.get(i % self.entries.len().max(1)).copied().unwrap_or(0.0);
        let grade = |i: usize| self.grades.get(i % self.grades.len().max(1)).map_or(0, |&g| i32::from(g) % 1000);
        let (m, n) = (usize::from(self.m % 90), usize::from(self.n % 90));
        Matrix::from_fn(m, n, |i, j| T::of(in_turn(i * n + j) * 2f64.powi(grade(i))))
    }
}

/// `‖A − B‖₁ / (max(m, n) ε ‖A‖₁)` in units that bring the largest entry of `A` near one.
fn relative<T: Scalar>(a: &Matrix<f64>, b: &Matrix<f64>, unit: f64) -> Result<f64, Error> {
    let (a, b) = (a.scale(unit), b.scale(unit));
    let error = a.sub(&b)?.one_norm();
    let size = a.rows().max(a.cols()).max(1) as f64 * T::EPSILON.to_f64() * a.one_norm();
    Ok(if error == 0.0 { 0.0 } else { error / size })
}

fn orthogonality<T: Scalar>(v: &Matrix<T>) -> Result<f64, Error> {
    let v = v.rows_as_f64();
    let defect = v.t_matmul(&v)?.sub(&Matrix::identity(v.cols()))?.one_norm();
    Ok(defect / (v.rows().max(1) as f64 * T::EPSILON.to_f64()))
}

trait Widen {
    fn rows_as_f64(&self) -> Matrix<f64>;
}

impl<T: Scalar> Widen for Matrix<T> {
    fn rows_as_f64(&self) -> Matrix<f64> {
        Matrix::from_fn(self.rows(), self.cols(), |i, j| Scalar::to_f64(self[(i, j)]))
    }
}

fn run<T: Scalar>(case: &Case) -> Result<(), String> {
    let a = case.matrix::<T>();
    let finite = a.as_slice().iter().all(|v| v.is_finite());
    let results = [svd(&a), jacobi_svd(&a)];
    let values = singular_values(&a);
    for (name, result) in ["svd", "jacobi_svd"].into_iter().zip(results) {
        match result {
            Err(Error::NonFinite { .. }) if !finite => {}
            Err(Error::InvalidArgument { .. })
                if finite && Scalar::to_f64(a.max_abs()) > Scalar::to_f64(T::max_value()) / 100.0 => {}
            Err(error) => return Err(format!("{name}: {error}")),
            Ok(_) if !finite => return Err(format!("{name}: no error")),
            Ok(svd) => check(&a, &svd).map_err(|e| format!("{name}: {e}"))?,
        }
    }
    match values {
        Ok(values) => {
            let sorted = values.is_sorted_by(|x, y| x >= y) && values.iter().all(|&v| v >= T::zero());
            if !finite || !sorted {
                return Err(format!("singular_values: {values:?}"));
            }
        }
        Err(error) if finite && Scalar::to_f64(a.max_abs()) <= Scalar::to_f64(T::max_value()) / 100.0 => {
            return Err(format!("singular_values: {error}"));
        }
        Err(_) => {}
    }
    if finite {
        let large = Scalar::to_f64(a.max_abs()) > Scalar::to_f64(T::max_value()) / 100.0;
        let qr = match PivotedQr::factor(&a) {
            Err(Error::InvalidArgument { .. }) if large => return Ok(()),
            other => other.map_err(|e| e.to_string())?,
        };
        let q = qr.thin_q().map_err(|e| e.to_string())?;
        let loss = orthogonality(&q).map_err(|e| e.to_string())?;
        if loss.is_nan() || loss > 30.0 {
            return Err(format!("pivoted QR: orthogonality {loss}"));
        }
    }
    Ok(())
}

fn check<T: Scalar>(a: &Matrix<T>, Svd { u, values, v_transposed }: &Svd<T>) -> Result<(), String> {
    if !values.is_sorted_by(|x, y| x >= y) || values.iter().any(|&v| v < T::zero()) {
        return Err(format!("values {values:?}"));
    }
    let wide = a.rows_as_f64();
    let unit = 2f64.powi(-(wide.max_abs().max(f64::MIN_POSITIVE).log2() as i32).clamp(-1020, 1020));
    let left = u.rows_as_f64();
    let scaled = Matrix::from_fn(left.rows(), left.cols(), |i, j| left[(i, j)] * Scalar::to_f64(values[j]));
    let ratios = || -> Result<[f64; 3], Error> {
        let product = scaled.matmul(&v_transposed.rows_as_f64())?;
        Ok([relative::<T>(&wide, &product, unit)?, orthogonality(u)?, orthogonality(&v_transposed.transpose())?])
    };
    let ratios = ratios().map_err(|e| e.to_string())?;
    // Of subnormal singular values there are fewer digits than ε promises.
    let normal = a.max_abs() >= T::min_positive_value() / T::EPSILON;
    let judged = if normal { &ratios[..] } else { &ratios[1..] };
    if judged.iter().all(|&r| r <= 30.0) { Ok(()) } else { Err(format!("ratios {ratios:?}")) }
}

fuzz_target!(|case: Case| {
    let outcome = if case.single { run::<f32>(&case) } else { run::<f64>(&case) };
    if let Err(reason) = outcome {
        let scalar = if case.single { "f32" } else { "f64" };
        panic!("{reason}\nreproduce: assert_eq!(run::<{scalar}>(&{case:?}), Ok(()));");
    }
});
