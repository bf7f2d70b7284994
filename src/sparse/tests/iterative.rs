//! Conjugate gradients, MINRES and their preconditioners against direct solutions.

use quickcheck::quickcheck;

use super::factorization::grid;
use crate::Error;
use crate::linalg::{LinearOperator, Matrix, Symmetry};
use crate::sparse::{Cholesky, ConjugateGradient, Csr, IncompleteCholesky, Jacobi, Ldlt, Minres, Stop};

fn right_hand_side(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((3 * i + 1) as f64).sin()).collect()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn definite_systems_are_solved_with_every_preconditioner() {
    let a = grid(30, 0.01);
    let b = right_hand_side(900);
    let exact = Cholesky::factor(&a).unwrap().solve(&b).unwrap();
    let (jacobi, incomplete) = (Jacobi::new(&a).unwrap(), IncompleteCholesky::new(&a).unwrap());
    assert_eq!(incomplete.shift(), 0.0);
    let (cg, minres) = (ConjugateGradient::default(), Minres::default());
    let plain = cg.solve(&a, &b).unwrap();
    let scaled = cg.solve_preconditioned(&a, &jacobi, &b).unwrap();
    let factored = cg.solve_preconditioned(&a, &incomplete, &b).unwrap();
    let residuals = [
        minres.solve(&a, &b).unwrap(),
        minres.solve_preconditioned(&a, &jacobi, &b).unwrap(),
        minres.solve_preconditioned(&a, &incomplete, &b).unwrap(),
    ];
    assert!(2 * factored.iterations < plain.iterations, "{} and {}", factored.iterations, plain.iterations);
    for solved in [plain, scaled, factored].iter().chain(&residuals) {
        assert!(distance(&solved.x, &exact) < 1e-8, "{:e} in {}", distance(&solved.x, &exact), solved.iterations);
        assert_eq!(solved.stop, Stop::Converged);
        assert!(solved.residual < 1e-10 * 30.0 && solved.iterations < 200);
    }
}

#[test]
fn the_number_of_steps_is_that_of_distinct_eigenvalues() {
    let a = Csr::from_diagonal(&(0..60).map(|i| [1.0, 4.0, 9.0][i % 3]).collect::<Vec<f64>>()).unwrap();
    let mixed = Csr::from_diagonal(&(0..60).map(|i| [1.0, -4.0, 9.0][i % 3]).collect::<Vec<f64>>()).unwrap();
    assert_eq!(ConjugateGradient::default().solve(&a, &right_hand_side(60)).unwrap().iterations, 3);
    assert_eq!(Minres::default().solve(&mixed, &right_hand_side(60)).unwrap().iterations, 3);
}

#[test]
fn minres_solves_indefinite_and_singular_systems() {
    let a = grid(14, -3.3);
    let b = right_hand_side(196);
    let exact = Ldlt::factor(&a).unwrap().solve(&b).unwrap();
    let mut norms = Vec::new();
    let solved = Minres::default().solve_observed(&a, &Jacobi::new(&grid(14, 0.0)).unwrap(), &b, |_, r| norms.push(r));
    assert!(distance(&solved.unwrap().x, &exact) < 1e-7);
    assert!(norms.windows(2).all(|pair| pair[1] <= pair[0]), "the residual never grows");
    // A ring's constant vector is mapped to zero: a right-hand side orthogonal to it is solved, another approximated.
    let n = 40;
    let entries: Vec<_> = (0..n).flat_map(|i| [(i, i, 2.0), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]).collect();
    let ring = Csr::from_triplets(n, n, &entries).unwrap();
    let wave: Vec<f64> = (0..n).map(|i| (std::f64::consts::TAU * (i % n) as f64 / n as f64).sin()).collect();
    let solved = Minres::default().solve(&ring, &wave).unwrap();
    assert!(solved.residual < 1e-9 && solved.stop == Stop::Converged);
    let lifted: Vec<f64> = wave.iter().enumerate().map(|(i, v)| v + 1.0 + f64::from(u8::from(i == 3))).collect();
    let solved = Minres::default().solve(&ring, &lifted).unwrap();
    let constant = lifted.iter().sum::<f64>() / n as f64;
    assert_eq!(solved.stop, Stop::LeastSquares);
    assert!((solved.residual - constant * (n as f64).sqrt()).abs() < 1e-7, "{}", solved.residual);
}

quickcheck! {
    fn both_agree_with_the_direct_solution(n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 30);
        let entry = |&(i, j, v): &(u8, u8, i8)| {
            let (i, j, v) = (usize::from(i) % n, usize::from(j) % n, f64::from(v) / 16.0);
            [(i, j, v), (j, i, v)]
        };
        let triplets: Vec<_> = raw.iter().flat_map(entry).collect();
        let half = Csr::from_triplets(n, n, &triplets).unwrap();
        let a = half.shift(half.infinity_norm() + 0.5).unwrap();
        let b = right_hand_side(n);
        let exact = Cholesky::factor(&a).unwrap().solve(&b).unwrap();
        let m = IncompleteCholesky::new(&a).unwrap();
        let solutions = [
            ConjugateGradient::default().solve(&a, &b).unwrap(),
            ConjugateGradient::default().solve_preconditioned(&a, &m, &b).unwrap(),
            Minres::default().solve(&a, &b).unwrap(),
            Minres { start: Some(exact.clone()), ..Minres::default() }.solve_preconditioned(&a, &m, &b).unwrap(),
        ];
        solutions.iter().all(|solved| distance(&solved.x, &exact) <= 1e-8 && solved.residual <= 1e-10 * (n as f64).sqrt())
    }
}

#[test]
fn incomplete_factors_of_what_is_not_dominant_are_shifted() {
    // Positive definite, but IC(0) breaks down (Kershaw, 1978).
    let a = Matrix::from_vec(
        4,
        4,
        vec![3.0, -2.0, 0.0, 2.0, -2.0, 3.0, -2.0, 0.0, 0.0, -2.0, 3.0, -2.0, 2.0, 0.0, -2.0, 3.0],
    );
    let a = Csr::from_dense(&a.unwrap()).unwrap();
    let m = IncompleteCholesky::new(&a).unwrap();
    assert!(m.shift() > 0.0);
    let b = [1.0, 2.0, 3.0, 4.0];
    let solved = ConjugateGradient::default().solve_preconditioned(&a, &m, &b).unwrap();
    assert!(distance(&solved.x, &Cholesky::factor(&a).unwrap().solve(&b).unwrap()) < 1e-8);
}

/// An operator that turns to NaN.
struct Faulty;

impl LinearOperator<f64> for Faulty {
    fn rows(&self) -> usize {
        3
    }
    fn cols(&self) -> usize {
        3
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        y.copy_from_slice(x);
        if x[0] != 0.0 {
            y[1] = f64::NAN;
        }
        Ok(())
    }
}

#[test]
fn ill_use_gives_typed_errors() {
    let (cg, minres) = (ConjugateGradient::default(), Minres::default());
    let a = grid(3, 0.0);
    let b = vec![1.0; 9];
    assert!(matches!(cg.solve(&a, &[1.0; 8]), Err(Error::Shape { .. })));
    assert!(matches!(minres.solve(&a, &[f64::NAN; 9]), Err(Error::NonFinite { .. })));
    assert!(matches!(cg.solve(&Faulty, &[1.0; 3]), Err(Error::NonFinite { index: 1, .. })));
    assert!(matches!(minres.solve(&Faulty, &[1.0; 3]), Err(Error::NonFinite { index: 1, .. })));
    let indefinite = Csr::from_diagonal(&[1.0, -1.0]).unwrap();
    let told = cg.solve(&indefinite, &[1.0, 2.0]).unwrap_err();
    assert!(matches!(told, Error::NotPositiveDefinite { operation: "operator of ConjugateGradient", .. }), "{told}");
    let negative = Csr::from_diagonal(&[-1.0; 9]).unwrap();
    let told = cg.solve_preconditioned(&a, &negative, &b).unwrap_err();
    assert!(
        matches!(told, Error::NotPositiveDefinite { operation: "preconditioner of ConjugateGradient", .. }),
        "{told}"
    );
    assert!(matches!(minres.solve_preconditioned(&a, &negative, &b), Err(Error::NotPositiveDefinite { .. })));
    let skew = Csr::from_triplets(2, 2, &[(0, 1, 1.0)]).unwrap();
    assert!(matches!(cg.solve(&skew, &[1.0, 2.0]), Err(Error::InvalidArgument { .. })));
    let hasty = ConjugateGradient { max_iterations: Some(1), ..cg.clone() };
    assert!(matches!(hasty.solve(&grid(5, 0.0), &right_hand_side(25)), Err(Error::NoConvergence { .. })));
    let hasty = Minres { max_iterations: Some(1), ..minres.clone() };
    assert!(matches!(hasty.solve(&grid(5, 0.0), &right_hand_side(25)), Err(Error::NoConvergence { .. })));
    let demanding = ConjugateGradient { tolerance: 1e-30, ..cg.clone() };
    assert!(matches!(demanding.solve(&grid(5, 0.0), &right_hand_side(25)), Err(Error::NoConvergence { .. })));
    let demanding = Minres { tolerance: 1e-30, ..minres.clone() };
    let refused = demanding.solve(&grid(5, 0.0), &right_hand_side(25));
    assert!(matches!(refused, Err(Error::NoConvergence { .. })), "{refused:?}");
    for tolerance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(ConjugateGradient { tolerance, ..cg.clone() }.solve(&a, &b).is_err());
        assert!(Minres { tolerance, ..minres.clone() }.solve(&a, &b).is_err());
    }
    let start = Some(vec![0.0; 4]);
    assert!(matches!(ConjugateGradient { start, ..cg.clone() }.solve(&a, &b), Err(Error::Shape { .. })));
    assert_eq!(cg.solve(&a, &[0.0; 9]).unwrap().stop, Stop::ZeroRightHandSide);
    assert_eq!(minres.solve(&a, &[0.0; 9]).unwrap().x, [0.0; 9]);
    assert!(matches!(Jacobi::new(&Csr::<f64>::from_triplets(2, 2, &[]).unwrap()), Err(Error::Singular { .. })));
    assert!(matches!(IncompleteCholesky::new(&indefinite), Err(Error::NotPositiveDefinite { .. })));
    assert!(matches!(IncompleteCholesky::new(&skew), Err(Error::InvalidArgument { .. })));
    let empty = Csr::<f32>::from_triplets(0, 0, &[]).unwrap();
    assert!(ConjugateGradient::default().solve(&empty, &[]).is_ok() && Minres::default().solve(&empty, &[]).is_ok());
}
