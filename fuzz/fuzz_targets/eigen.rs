//! Small matrices, hostile values among them, through the dense eigensolvers: pairs with a small residual, and an error only
//! where an entry is not finite or near to the largest number.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Scalar;
use eigennet::linalg::{Complex, ComplexMatrix, Matrix, nonsymmetric_eigen, symmetric_eigen};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Clone, Arbitrary)]
struct Case {
    order: u8,
    /// Raw bits of entries, over and over.
    entries: Vec<u64>,
    /// Whether entries are drawn as raw bits (NaN, infinities, subnormal numbers) or as small whole numbers.
    raw: bool,
    /// Scales rows by powers of two.
    grade: i8,
    single: bool,
}

fn matrix<T: Scalar>(case: &Case) -> Matrix<T> {
    let n = usize::from(case.order % 24);
    let mut bits = case.entries.iter().cycle();
    Matrix::from_fn(n, n, |i, _| {
        let bits = bits.next().copied().unwrap_or(0);
        let value = if case.raw { f64::from_bits(bits) } else { (bits % 7) as f64 - 3.0 };
        T::of(value * 2f64.powi(i as i32 * i32::from(case.grade % 8)))
    })
}

/// `max_j ‖A v_j − λ_j v_j‖ / (n ε ‖A‖_F)`, everything scaled to entries of about one; the vectors have norm one.
fn residual<T: Scalar>(a: &Matrix<T>, values: &[Complex<T>], vectors: &ComplexMatrix<T>, left: bool) -> f64 {
    let n = a.rows();
    let largest = a.max_abs().to_f64();
    if largest == 0.0 {
        return values.iter().map(|v| v.abs().to_f64()).fold(0.0, f64::max);
    }
    let entry = |i: usize, j: usize| (if left { a[(j, i)] } else { a[(i, j)] }).to_f64() / largest;
    let norm = (0..n * n).map(|k| entry(k / n, k % n).powi(2)).sum::<f64>().sqrt();
    let mut worst = 0.0f64;
    for (j, value) in values.iter().enumerate() {
        let (re, im) = (value.re.to_f64() / largest, value.im.to_f64() / largest * if left { -1.0 } else { 1.0 });
        let (mut sum, mut size) = (0.0, 0.0);
        for i in 0..n {
            let v = |i: usize| (vectors.re[(i, j)].to_f64(), vectors.im[(i, j)].to_f64());
            let (mut x, mut y) = (0.0, 0.0);
            for k in 0..n {
                x += entry(i, k) * v(k).0;
                y += entry(i, k) * v(k).1;
            }
            let (p, q) = v(i);
            sum += (x - (re * p - im * q)).powi(2) + (y - (re * q + im * p)).powi(2);
            size += p * p + q * q;
        }
        let defect = (size - 1.0).abs();
        worst = worst.max(sum.sqrt() / norm).max(defect);
        if sum.is_nan() || size.is_nan() {
            return f64::NAN;
        }
    }
    worst / (n as f64 * T::EPSILON.to_f64())
}

fn run<T: Scalar>(case: &Case) -> Result<(), String> {
    let a: Matrix<T> = matrix(case);
    // Subnormal numbers have fewer digits than ε promises.
    let normal = a.max_abs() >= T::min_positive_value() / T::EPSILON || a.max_abs() == T::zero();
    let accept = |what: &str, ratio: f64| match ratio <= 1e3 || !normal {
        true => Ok(()),
        false => Err(format!("{what}: residual {ratio}")),
    };
    let reasonable = |a: &Matrix<T>| a.as_slice().iter().all(|v| v.abs() <= T::max_value().sqrt());
    let refused = |what: &str, a: &Matrix<T>, error: eigennet::Error| match reasonable(a) {
        true => Err(format!("{what}: {error}")),
        false => Ok(()),
    };
    match nonsymmetric_eigen(&a) {
        Err(error) => refused("nonsymmetric", &a, error)?,
        Ok(eigen) => {
            accept("right", residual(&a, &eigen.values, &eigen.right, false))?;
            accept("left", residual(&a, &eigen.values, &eigen.left, true))?;
        }
    }
    let half = T::of(0.5);
    let symmetric = Matrix::from_fn(a.rows(), a.cols(), |i, j| half * a[(i, j)] + half * a[(j, i)]);
    match symmetric_eigen(&symmetric) {
        Err(error) => refused("symmetric", &symmetric, error)?,
        Ok(eigen) => {
            let values: Vec<Complex<T>> = eigen.values.iter().map(|&v| Complex::from_real(v)).collect();
            // Of subnormal numbers few digits are left.
            let normal = symmetric.max_abs() >= T::min_positive_value() / T::EPSILON;
            let ratio = residual(&symmetric, &values, &ComplexMatrix::from_real(eigen.vectors), false);
            if normal && !(ratio <= 1e3) {
                return Err(format!("symmetric: residual {ratio}"));
            }
        }
    }
    Ok(())
}

fuzz_target!(|case: Case| {
    let outcome = if case.single { run::<f32>(&case) } else { run::<f64>(&case) };
    if let Err(reason) = outcome {
        panic!("{reason}\n{case:?}");
    }
});
