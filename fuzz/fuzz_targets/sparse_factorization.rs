//! Sparse symmetric matrices made as `L D Lᵀ`, so that their inertia and determinant are known, or dominated by
//! diagonals of both signs, so that every order of elimination is stable: both have to be solved, definite or not.
//! Arbitrary symmetric ones are solved, or refused with what to try next.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Error;
use eigennet::sparse::{Cholesky, ConjugateGradient, Csr, IncompleteCholesky, Ldlt, Minres, count_eigenvalues};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    order: u8,
    /// Row, column and sixteenths.
    entries: Vec<(u8, u8, i8)>,
    /// D in eighths, in turn.
    pivots: Vec<i8>,
    /// Coordinates exchanged in turn.
    exchanges: Vec<(u8, u8)>,
    right: Vec<i8>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Kind {
    /// `L D Lᵀ` with D > 0.
    Definite,
    /// A diagonal of both signs that outweighs its rows.
    Dominated,
    /// As it comes.
    Arbitrary,
}

impl Case {
    fn pivot(&self, i: usize) -> f64 {
        f64::from(self.pivots.get(i % self.pivots.len().max(1)).copied().unwrap_or(8)) / 8.0
    }

    /// The matrix, row after row, and D where it has one.
    fn dense(&self, n: usize) -> (Vec<f64>, Option<Vec<f64>>) {
        let mut lower = vec![0.0; n * n];
        for &(i, j, v) in &self.entries {
            let (i, j) = (usize::from(i) % n, usize::from(j) % n);
            lower[i.max(j) * n + i.min(j)] = f64::from(v) / 16.0;
        }
        let mirrored = |i: usize, j: usize| lower[i.max(j) * n + i.min(j)];
        match self.kind {
            Kind::Definite => {
                // At most one entry a column beside the diagonal and below 1, which keeps the condition moderate.
                let d: Vec<f64> = (0..n).map(|i| self.pivot(i).abs().max(0.5)).collect();
                let mut l = vec![0.0; n * n];
                for k in 0..n {
                    l[k * n + k] = 1.0;
                    if let Some(i) = (k + 1..n).find(|&i| lower[i * n + k] != 0.0) {
                        l[i * n + k] = lower[i * n + k] / 8.0;
                    }
                }
                let entry = |i: usize, j: usize| (0..n).map(|k| l[i * n + k] * d[k] * l[j * n + k]).sum();
                ((0..n * n).map(|at| entry(at / n, at % n)).collect(), Some(d))
            }
            Kind::Dominated => {
                let weight = |i: usize| (0..n).filter(|&j| j != i).map(|j| mirrored(i, j).abs()).sum::<f64>();
                let sign = |i: usize| if self.pivot(i) < 0.0 { -1.0 } else { 1.0 };
                let d: Vec<f64> = (0..n).map(|i| sign(i) * (1.0 + 2.0 * weight(i))).collect();
                let entry = |i: usize, j: usize| if i == j { d[i] } else { mirrored(i, j) };
                ((0..n * n).map(|at| entry(at / n, at % n)).collect(), Some(d))
            }
            Kind::Arbitrary => ((0..n * n).map(|at| mirrored(at / n, at % n)).collect(), None),
        }
    }
}

/// `max |A x − b|` over what rounding allows `(‖A‖ ‖x‖ + ‖b‖) n ε`, all in the maximum norm.
fn ratio(a: &[f64], x: &[f64], b: &[f64]) -> f64 {
    let n = b.len();
    let size = |v: &[f64]| v.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let rows = || a.chunks_exact(n);
    let norm = rows().map(|row| row.iter().map(|v| v.abs()).sum::<f64>()).fold(0.0, f64::max);
    let residual = rows().zip(b).map(|(row, b)| (row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b).abs());
    let unit = n as f64 * f64::EPSILON * (norm * size(x) + size(b));
    // A NaN is worse than all.
    residual.fold(0.0, |m, r| if r <= m { m } else { r }) / unit.max(f64::MIN_POSITIVE)
}

fuzz_target!(|case: Case| {
    let n = 1 + usize::from(case.order) % 40;
    let (made, pivots) = case.dense(n);
    let mut order: Vec<usize> = (0..n).collect();
    case.exchanges.iter().for_each(|&(i, j)| order.swap(usize::from(i) % n, usize::from(j) % n));
    let a: Vec<f64> = (0..n * n).map(|at| made[order[at / n] * n + order[at % n]]).collect();
    let entries: Vec<_> = (0..n * n).filter(|&at| a[at] != 0.0).map(|at| (at / n, at % n, a[at])).collect();
    let matrix = Csr::from_triplets(n, n, &entries).expect("in range");
    let b: Vec<f64> = (0..n).map(|i| case.right.get(i).map_or(1.0, |&v| f64::from(v))).collect();

    let factor = match Ldlt::factor(&matrix) {
        Ok(factor) => factor,
        Err(error) if pivots.is_none() => {
            let next = matches!(&error, Error::ZeroPivot { .. } | Error::InvalidArgument { .. });
            return assert!(next && error.to_string().contains("dense matrix"), "{error}");
        }
        Err(error) => panic!("{error}"),
    };
    let x = factor.solve(&b).expect("of moderate size");
    let growth = factor.growth().max(1.0);
    assert!(ratio(&a, &x, &b) <= 64.0 * growth, "LDLᵀ: residual ratio {}, growth {growth}", ratio(&a, &x, &b));
    let Some(pivots) = pivots else { return };

    let negative = pivots.iter().filter(|&&d| d < 0.0).count();
    assert_eq!((factor.inertia().negative, factor.inertia().positive), (negative, n - negative));
    assert!(growth <= 16.0, "growth {growth}");
    let reach = 1.0 + matrix.infinity_norm();
    assert_eq!(count_eigenvalues(&matrix, -reach..0.0).expect("0 is no eigenvalue"), negative);
    assert_eq!(count_eigenvalues(&matrix, -reach..reach).expect("beyond all of them"), n);
    if matches!(case.kind, Kind::Definite) {
        let (sign, logarithm) = factor.log_determinant();
        let expected: f64 = pivots.iter().map(|d| d.ln()).sum();
        assert!(sign == 1.0 && (logarithm - expected).abs() <= 1e-10 * (1.0 + expected.abs()), "ln det {logarithm}");
    }
    let minres = Minres::default().solve(&matrix, &b).expect("well conditioned");
    assert!(ratio(&a, &minres.x, &b) <= 1e8, "MINRES: {}", ratio(&a, &minres.x, &b));
    match Cholesky::factor(&matrix) {
        Ok(factor) => {
            assert_eq!(negative, 0, "an indefinite matrix taken for definite");
            let x = factor.solve(&b).expect("of moderate size");
            assert!(ratio(&a, &x, &b) <= 64.0, "Cholesky: {}", ratio(&a, &x, &b));
            let incomplete = IncompleteCholesky::new(&matrix).expect("definite");
            for solved in [
                ConjugateGradient::default().solve(&matrix, &b),
                ConjugateGradient::default().solve_preconditioned(&matrix, &incomplete, &b),
            ] {
                let solved = solved.expect("well conditioned");
                assert!(ratio(&a, &solved.x, &b) <= 1e8, "conjugate gradients: {}", ratio(&a, &solved.x, &b));
            }
        }
        Err(Error::NotPositiveDefinite { pivot, .. }) => assert!(negative > 0 && pivot < n, "a definite one refused"),
        Err(error) => panic!("{error}"),
    }
});
