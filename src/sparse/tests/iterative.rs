//! Conjugate gradients, MINRES and their preconditioners against direct solutions.

use quickcheck::quickcheck;

use super::factorization::grid;
use crate::kernels::reduce::dot;
use crate::linalg::{LinearOperator, Matrix, Symmetry, symmetric_eigen};
use crate::sparse::{
    Cholesky, CoarseCorrection, ConjugateGradient, Csr, IncompleteCholesky, Jacobi, Ldlt, Minres, Stop,
};
use crate::{Error, Scalar, Seed};

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

/// Squares of such right-hand sides are no numbers of their type.
#[test]
fn systems_are_solved_in_any_unit() {
    fn check<T: Scalar>(units: [i32; 4]) {
        let b: Vec<T> = right_hand_side(25).into_iter().map(T::of).collect();
        let chain = |i: usize| [(i, i, T::of(3.0)), (i, (i + 1) % 25, -T::one()), ((i + 1) % 25, i, -T::one())];
        let a = Csr::from_triplets(25, 25, &(0..25).flat_map(chain).collect::<Vec<_>>()).unwrap();
        let (cg, minres) = (ConjugateGradient::<T>::default(), Minres::<T>::default());
        for unit in units.map(|exponent| T::of(2.0).powi(exponent)) {
            let (mut lengths, mut again) = (Vec::new(), Vec::new());
            let one = cg.solve_observed(&a, &Jacobi::new(&a).unwrap(), &b, |_, length| lengths.push(length)).unwrap();
            let far: Vec<T> = b.iter().map(|&v| v * unit).collect();
            let other = cg.solve_observed(&a, &Jacobi::new(&a).unwrap(), &far, |_, length| again.push(length)).unwrap();
            assert!(other.x.iter().zip(&one.x).all(|(&p, &q)| p == q * unit));
            assert!(lengths.iter().zip(&again).all(|(&p, &q)| p * unit == q) && other.iterations == one.iterations);
            let (one, other) = (minres.solve(&a, &b).unwrap(), minres.solve(&a, &far).unwrap());
            assert!(other.x.iter().zip(&one.x).all(|(&p, &q)| p == q * unit) && other.residual == one.residual * unit);
        }
    }
    check::<f64>([-900, -600, 500, 1000]);
    check::<f32>([-70, -50, 60, 120]);
    // Solutions of 10³²⁰ and 10⁻³²⁰, and a start that is far from small.
    let (large, small) = (Csr::from_diagonal(&[1e20; 2]).unwrap(), Csr::from_diagonal(&[1e-20; 2]).unwrap());
    for (a, b) in [(&small, [1e300; 2]), (&large, [1e-300; 2])] {
        assert!(matches!(ConjugateGradient::default().solve(a, &b), Err(Error::InvalidArgument { .. })));
        assert!(matches!(Minres::default().solve(a, &b), Err(Error::InvalidArgument { .. })));
    }
    let far = ConjugateGradient { start: Some(vec![1e250; 2]), tolerance: 1e-6, ..ConjugateGradient::default() };
    let solved = far.solve(&Csr::from_diagonal(&[2.0, 3.0]).unwrap(), &[1e-100; 2]);
    assert!(matches!(solved, Err(Error::InvalidArgument { .. })), "{solved:?}");
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

/// What is regular stays regular at a loose tolerance, and what is not stays singular.
#[test]
fn a_loose_tolerance_makes_no_system_singular() {
    let n = 100;
    let entries: Vec<_> = (0..n)
        .flat_map(|i| [(i, i, 2.0), (i, i + 1, -1.0), (i + 1, i, -1.0)])
        .filter(|&(i, j, _)| i < n && j < n)
        .collect();
    let chain = Csr::from_triplets(n, n, &entries).unwrap();
    let spread = Csr::from_triplets(4, 4, &[(0, 0, 1e-4), (1, 1, 1.0), (2, 2, 2.0), (3, 3, 3.0)]).unwrap();
    let ring: Vec<_> = (0..n).flat_map(|i| [(i, i, 2.0), (i, (i + 1) % n, -1.0), ((i + 1) % n, i, -1.0)]).collect();
    let ring = Csr::from_triplets(n, n, &ring).unwrap();
    let bumped: Vec<f64> = (0..n).map(|i| 1.0 + f64::from(u8::from(i == 3))).collect();
    for tolerance in [0.1, 1e-3, 1e-6] {
        let minres = Minres { tolerance, ..Minres::default() };
        for (a, b) in [(&chain, vec![1.0; n]), (&spread, vec![1.0; 4])] {
            let solved = minres.solve(a, &b).unwrap();
            assert_eq!(solved.stop, Stop::Converged, "{tolerance}");
            assert!(solved.residual <= tolerance * (b.len() as f64).sqrt(), "{tolerance}: {}", solved.residual);
        }
        let solved = minres.solve(&ring, &bumped).unwrap();
        assert_eq!(solved.stop, Stop::LeastSquares, "{tolerance}");
        assert!((solved.residual - 1.01 * (n as f64).sqrt()).abs() < 1e-6, "{tolerance}: {}", solved.residual);
    }
    // Where squares underflow nothing is known, and nothing is made up.
    let tiny = Csr::from_triplets(2, 2, &[(0, 0, 1e-200), (1, 1, -2e-200)]).unwrap();
    let solved = Minres::default().solve(&tiny, &[1.0, 1.0]);
    let right = |x: &[f64]| (x[0] * 1e-200 - 1.0).abs() < 1e-9;
    assert!(solved.as_ref().map_or(true, |solved| right(&solved.x)), "{solved:?}");
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

/// The slowest eigenvectors of the grid, exact or moved a little: conjugate gradients no longer see them.
#[test]
fn a_coarse_space_takes_its_directions_out_of_the_system() {
    let a = grid(16, 1e-4);
    let b = right_hand_side(256);
    let exact = Cholesky::factor(&a).unwrap().solve(&b).unwrap();
    let eigen = symmetric_eigen(&a.to_dense()).unwrap();
    let slow = eigen.vectors.submatrix(0..256, 0..12);
    let mut stream = Seed(0).into_stream();
    let near = Matrix::from_fn(256, 12, |i, j| slow[(i, j)] + 0.001 * stream.normal::<f64>());
    let cg = ConjugateGradient::default();
    let plain = cg.solve(&a, &b).unwrap().iterations;
    let incomplete = IncompleteCholesky::new(&a).unwrap();
    let factored = cg.solve_preconditioned(&a, &incomplete, &b).unwrap().iterations;
    for space in [&slow, &near] {
        let coarse = CoarseCorrection::new(&a, space).unwrap();
        let both = coarse.clone().with(&incomplete).unwrap();
        for (m, before) in [(&coarse, plain), (&both, factored)] {
            let solved = cg.solve_preconditioned(&a, m, &b).unwrap();
            assert!(distance(&solved.x, &exact) < 1e-8 * exact.iter().fold(1.0, |most: f64, x| most.max(x.abs())));
            assert!(4 * solved.iterations < 3 * before, "{} of {before}", solved.iterations);
        }
        // A⁻¹ on the span, and symmetric.
        let mut image = Matrix::zeros(256, 12);
        a.apply_block(space, &mut image).unwrap();
        let mut back = Matrix::zeros(256, 12);
        coarse.apply_block(&image, &mut back).unwrap();
        assert!(back.sub(space).unwrap().max_abs() < 1e-10);
        let (mut mx, mut my) = (vec![0.0; 256], vec![0.0; 256]);
        both.apply(&b, &mut mx).unwrap();
        both.apply(&exact, &mut my).unwrap();
        let (left, right) = (dot(&mx, &exact), dot(&b, &my));
        assert!((left - right).abs() < 1e-10 * left.abs(), "{left} {right}");
    }
    // With eigenvectors the condition is that of the other eigenvalues.
    let mut image = Matrix::zeros(256, 256);
    CoarseCorrection::new(&a, &slow).unwrap().apply_block(&eigen.vectors, &mut image).unwrap();
    let right = |i: usize, j: usize| eigen.vectors[(i, j)] * if j < 12 { 1.0 / eigen.values[j] } else { 1.0 };
    assert!(image.sub(&Matrix::from_fn(256, 256, right)).unwrap().max_abs() < 1e-9);
    // All of the space: A⁻¹, in single precision as well.
    let single = Csr::from_triplets(2, 2, &[(0, 0, 4.0_f32), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 3.0)]).unwrap();
    let whole = CoarseCorrection::new(&single, &Matrix::identity(2)).unwrap();
    let mut y = [0.0; 2];
    whole.apply(&[1.0, 2.0], &mut y).unwrap();
    assert!((y[0] - 1.0 / 11.0).abs() < 1e-6 && (y[1] - 7.0 / 11.0).abs() < 1e-6);
}

#[test]
fn what_makes_no_coarse_space_is_refused() {
    let a = grid(4, 0.1);
    let ones = Matrix::from_fn(16, 1, |_, _| 1.0);
    let refused = |a: &Csr<f64>, space: &Matrix<f64>| CoarseCorrection::new(a, space).map(drop).unwrap_err();
    assert!(matches!(refused(&a, &Matrix::zeros(15, 1)), Error::Shape { .. }));
    assert!(matches!(refused(&a, &Matrix::zeros(16, 17)), Error::Shape { .. }));
    assert!(matches!(refused(&a, &ones.map(|x| x / 0.0)), Error::NonFinite { .. }));
    // The constants are the kernel of a Laplacian.
    let ring = |i: usize| [(i, i, 2.0), (i, (i + 1) % 16, -1.0), ((i + 1) % 16, i, -1.0)];
    let singular = Csr::from_triplets(16, 16, &(0..16).flat_map(ring).collect::<Vec<_>>()).unwrap();
    let waves = Matrix::from_fn(16, 3, |i, j| (std::f64::consts::PI * (i * j) as f64 / 8.0).cos());
    assert!(matches!(refused(&singular, &waves), Error::NotPositiveDefinite { .. }));
    let negative = Csr::from_diagonal(&[-1.0; 16]).unwrap();
    assert!(matches!(refused(&negative, &ones), Error::NotPositiveDefinite { .. }));
    let general = Csr::from_triplets(16, 16, &[(0, 1, 1.0)]).unwrap();
    assert!(matches!(refused(&general, &ones), Error::InvalidArgument { .. }));
    // The same column twice is one, and none is none.
    let twice = Matrix::from_fn(16, 2, |_, _| 1.0);
    for space in [twice, Matrix::zeros(16, 0)] {
        let coarse = CoarseCorrection::new(&a, &space).unwrap();
        assert!(ConjugateGradient::default().solve_preconditioned(&a, &coarse, &right_hand_side(16)).is_ok());
        assert!(coarse.clone().with(&Matrix::<f64>::identity(15)).is_err());
        assert!(coarse.apply(&[0.0; 15], &mut [0.0; 16]).is_err());
        assert!(coarse.apply_block(&Matrix::zeros(16, 2), &mut Matrix::zeros(16, 3)).is_err());
    }
}
