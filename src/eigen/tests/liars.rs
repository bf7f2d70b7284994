//! Operators that lie about themselves: what every solver makes of them is right, or refused in time.

use std::time::{Duration, Instant};

use crate::Seed;
use crate::eigen::{Arnoldi, Eigenproblem, GolubKahanLanczos, JacobiDavidson, Lanczos, Lobpcg, Which, checks};
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Symmetry};

/// Says it is symmetric, whatever it does.
#[derive(Clone, Copy)]
enum Deed {
    Nan,
    Infinite,
    Zero,
    Shift,
    Turn,
    Huge,
    Refuse,
}

struct Liar(usize, Deed);

impl LinearOperator<f64> for Liar {
    fn rows(&self) -> usize {
        self.0
    }
    fn cols(&self) -> usize {
        self.0
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        let n = x.len();
        for (i, y) in y.iter_mut().enumerate() {
            *y = match self.1 {
                Deed::Nan => f64::NAN,
                Deed::Infinite => f64::INFINITY,
                Deed::Zero => 0.0,
                Deed::Shift => x.get(i + 1).copied().unwrap_or(0.0),
                Deed::Turn if i % 2 == 0 => x[(i + 1) % n],
                Deed::Turn => -x[(i + 1) % n],
                Deed::Huge => 1e300 * (i as f64 + 1.0) * x[i],
                Deed::Refuse => return Err(Error::invalid("Liar", "it refuses")),
            };
        }
        Ok(())
    }
    fn apply_transposed(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.apply(x, y)
    }
}

type Answer = Result<Vec<f64>, Error>;

/// What each of the solvers makes of two pairs of an operator that says it is symmetric.
fn answers(a: &dyn LinearOperator<f64>, k: usize) -> Vec<(&'static str, Answer)> {
    let mut answers: Vec<(&'static str, Answer)> = Vec::new();
    for which in [Which::Smallest, Which::Largest] {
        answers.push(("Lanczos", Lanczos { k, which, ..Lanczos::default() }.solve(a).map(|p| p.values)));
        answers.push(("Lobpcg", Lobpcg { k, which, ..Lobpcg::default() }.solve(a).map(|p| p.values)));
    }
    for which in [Which::Smallest, Which::Largest, Which::NearestTo(0.3)] {
        let davidson = JacobiDavidson { k, which, ..JacobiDavidson::default() };
        answers.push(("JacobiDavidson", davidson.solve(a).map(|p| p.values)));
        answers.push(("the door", Eigenproblem::new(a, k, which).solve_symmetric().map(|p| p.values)));
    }
    answers
}

/// Runs within a second, of a build without optimisation ten.
#[track_caller]
fn in_time<R>(run: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = run();
    let spent = start.elapsed();
    assert!(spent < Duration::from_secs(10), "{spent:?}");
    result
}

#[test]
fn what_is_not_symmetric_is_refused_by_name() {
    for n in [2, 20, 50, 300] {
        for deed in [Deed::Shift, Deed::Turn] {
            for (solver, answer) in in_time(|| answers(&Liar(n, deed), 2)) {
                let error = answer.expect_err(solver);
                assert!(matches!(error, Error::InvalidArgument { .. }), "{solver}, order {n}: {error}");
                assert!(error.to_string().contains("symmetric"), "{solver}, order {n}: {error}");
            }
        }
    }
}

#[test]
fn numbers_that_are_none_and_errors_come_through() {
    for n in [1, 20, 300] {
        for deed in [Deed::Nan, Deed::Infinite] {
            for (solver, answer) in in_time(|| answers(&Liar(n, deed), 1)) {
                let error = answer.expect_err(solver);
                assert!(matches!(error, Error::NonFinite { .. }), "{solver}, order {n}: {error}");
            }
        }
        for (solver, answer) in in_time(|| answers(&Liar(n, Deed::Refuse), 1)) {
            assert!(answer.expect_err(solver).to_string().contains("it refuses"), "{solver}, order {n}");
        }
    }
}

#[test]
fn zero_has_zeros() {
    for n in [2, 50, 300] {
        for (solver, answer) in in_time(|| answers(&Liar(n, Deed::Zero), 2)) {
            assert_eq!(answer.unwrap_or_else(|e| panic!("{solver}, order {n}: {e}")), [0.0; 2]);
        }
    }
}

#[test]
fn what_nearly_overflows_is_right_or_refused() {
    for n in [20, 50] {
        for (solver, answer) in in_time(|| answers(&Liar(n, Deed::Huge), 2)) {
            let Ok(values) = answer else { continue };
            let units: Vec<f64> = values.iter().map(|v| v / 1e300).collect();
            let small = (units[0] - 1.0).abs() < 1e-5 && (units[1] - 2.0).abs() < 1e-5;
            let large = (units[0] - n as f64).abs() < 1e-4 && (units[1] - n as f64 + 1.0).abs() < 1e-4;
            assert!(small || large, "{solver}: {units:?}");
        }
    }
}

#[test]
fn orders_and_sizes_that_nobody_can_mean_are_refused() {
    for n in [1 << 40, usize::MAX] {
        for (solver, answer) in in_time(|| answers(&Liar(n, Deed::Zero), 2)) {
            assert!(matches!(answer, Err(Error::InvalidArgument { .. })), "{solver}");
        }
        let liar = Liar(n, Deed::Zero);
        assert!(matches!(Arnoldi::default().solve(&liar), Err(Error::InvalidArgument { .. })));
        assert!(matches!(GolubKahanLanczos::default().solve(&liar), Err(Error::InvalidArgument { .. })));
    }
    let half = in_time(|| Eigenproblem::new(&Liar(1 << 20, Deed::Shift), 1 << 19, Which::Smallest).solve());
    assert!(matches!(half, Err(Error::InvalidArgument { .. })));
    let most = Some(usize::MAX);
    let zero = Liar(50, Deed::Zero);
    assert!(Lanczos { k: 2, subspace: most, ..Lanczos::default() }.solve(&zero).is_ok());
    assert!(Lobpcg { k: 2, block: most, ..Lobpcg::default() }.solve(&zero).is_ok());
    assert!(Arnoldi { k: 2, subspace: most, ..Arnoldi::default() }.solve(&zero).is_ok());
    assert!(GolubKahanLanczos { k: 2, subspace: most, ..GolubKahanLanczos::default() }.solve(&zero).is_ok());
    let davidson = JacobiDavidson { k: 2, subspace: most, inner_steps: usize::MAX, ..JacobiDavidson::default() };
    assert!(davidson.solve(&zero).is_ok());
}

/// An inverse of another matrix, given to Arnoldi as that of this one, has exact eigenvectors and wrong values.
#[test]
fn an_inverse_that_is_none_is_told() {
    let a = Matrix::from_diagonal(&(1..=300).map(f64::from).collect::<Vec<_>>());
    let inverse = Matrix::from_diagonal(&(1..=300).map(|i| 1.0 / (f64::from(i) + 40.5)).collect::<Vec<_>>());
    let solver = Arnoldi { k: 2, which: Which::NearestTo(0.5), ..Arnoldi::default() };
    let error = Arnoldi { inverse: Some(&inverse), ..solver }.solve(&a).unwrap_err();
    assert!(matches!(error, Error::Unconverged(_)) && error.to_string().contains("inverse"), "{error}");
    let right = Matrix::from_diagonal(&(1..=300).map(|i| 1.0 / (f64::from(i) - 0.5)).collect::<Vec<_>>());
    assert_eq!(Arnoldi { inverse: Some(&right), ..solver }.solve(&a).unwrap().values.len(), 2);
}

/// The length of an image may overflow where none of its entries does: that says nothing of the symmetry.
#[test]
fn symmetry_is_judged_in_all_units() {
    let band = |upper: f64| {
        let entry = move |i: usize, j: usize| match (i.abs_diff(j), i < j) {
            (0, _) => 2.0,
            (1, true) => upper,
            (1, false) => 1.0,
            _ => 0.0,
        };
        Matrix::from_fn(400, 400, entry)
    };
    for unit in [1e-307, 1.0, 5e306] {
        let judged = |upper: f64| {
            let matrix = band(upper).scale(unit);
            checks::keeps_symmetry("Lanczos", &mut checks::Products::new("A", &matrix), Seed(0))
        };
        assert!(judged(1.0).is_ok(), "{unit:e}: {:?}", judged(1.0));
        assert!(judged(1.5).is_err(), "{unit:e}");
    }
}
