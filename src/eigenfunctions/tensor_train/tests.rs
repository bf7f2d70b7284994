//! Against dense Kronecker products, exact levels, and themselves in other bases.

use super::site::{Environment, Site};
use super::*;
use crate::eigenfunctions::check::DoubtReason;
use crate::eigenfunctions::separable::Factor;
use crate::kernels::gemm::Packing;
use crate::linalg::symmetric_eigenvalues;
use crate::reference::coupled_oscillators;

/// Couplings of neighbours, of all, and of three at once, with functions that are no polynomials.
fn mixed(dimension: usize) -> SeparableSum {
    let [bump, wave] = [Factor::function(|x| (-x * x).exp()), Factor::function(|x| (1.3 * x).sin())];
    let mut h = SeparableSum::kinetic(dimension, 0.5).plus(0.25, &[]).unwrap();
    for i in 0..dimension {
        h = h.plus(0.5 + 0.1 * i as f64, &[(i, Factor::Power(2))]).unwrap();
        for j in 0..i {
            h = h.plus(0.2 / (1 + i + j) as f64, &[(i, wave.clone()), (j, bump.clone())]).unwrap();
        }
    }
    if dimension > 2 {
        h = h.plus(-0.3, &[(2, bump.clone()), (0, wave), (1, bump)]).unwrap();
    }
    h
}

fn kronecker(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let [p, q] = b.shape();
    Matrix::from_fn(a.rows() * p, a.cols() * q, |i, j| a[(i / p, j / q)] * b[(i % p, j % q)])
}

/// Term by term, as it is written.
fn dense(h: &SeparableSum, bases: &[LineBasis]) -> Matrix<f64> {
    let size: usize = bases.iter().map(LineBasis::len).product();
    let mut sum = Matrix::zeros(size, size);
    for term in &h.terms {
        let mut product = Matrix::from_diagonal(&[term.coefficient]);
        for (coordinate, basis) in bases.iter().enumerate() {
            let own = term.factors.iter().find(|&&(at, _)| at == coordinate);
            let own = own.map(|&(_, place)| basis.matrices(&h.factors, 1.0).unwrap()[place].clone());
            product = kronecker(&product, &own.unwrap_or_else(|| Matrix::identity(basis.len())));
        }
        sum = sum.add(&product).unwrap();
    }
    sum
}

fn oscillators(dimension: usize, size: usize) -> Vec<LineBasis> {
    (0..dimension).map(|i| LineBasis::hermite(size + i % 2, 0.1 * i as f64, 1.0).unwrap()).collect()
}

#[test]
fn the_chain_is_the_sum_of_products() {
    for dimension in 1..=4 {
        let (h, bases) = (mixed(dimension), oscillators(dimension, 3));
        let mut packing = Packing::new();
        // One tensor of full rank after the other: the environment of the identity is H itself.
        let mut left = Environment::end();
        for (link, basis) in links(&h).unwrap().iter().zip(&bases) {
            let mut matrices = basis.matrices(&h.factors, 1.0).unwrap();
            matrices.push(Matrix::identity(basis.len()));
            let (rank, size) = (left.rank, basis.len());
            let data = Matrix::identity(rank * size).into_vec();
            let core = Core { left: rank, size, right: rank * size, data };
            left = left.advanced(&Site::new(link, &matrices), &core, &mut packing);
        }
        let exact = dense(&h, &bases);
        let difference = left.data.sub(&exact).unwrap();
        assert!(difference.max_abs() < 1e-13 * exact.max_abs(), "{dimension}: {difference:?}");
    }
}

#[test]
fn a_cut_has_as_many_bonds_as_its_rank() {
    let most = |h: &SeparableSum| links(h).unwrap().iter().map(|link| link.behind).max();
    let frequencies: Vec<f64> = (1..=20).map(f64::from).collect();
    // What is done, what has not begun, and Σ x; of Hénon–Heiles' chain x² with λ x + λ²/8 x² after it.
    assert_eq!(most(&SeparableSum::coupled_oscillators(&frequencies, 0.1)), Some(3));
    assert_eq!(most(&SeparableSum::henon_heiles(20, 0.1)), Some(3));
    assert_eq!(most(&SeparableSum::kinetic(20, 1.0)), Some(2));
}

#[test]
fn levels_are_those_of_the_dense_matrix() {
    for dimension in 1..=3 {
        let (h, bases) = (mixed(dimension), oscillators(dimension, 7));
        let exact = symmetric_eigenvalues(&dense(&h, &bases)).unwrap();
        for seed in 0..3 {
            // All functions and no truncation: nothing is lost.
            let solver = TensorTrain { states: 4, truncation: 0.0, seed: Seed(seed), ..TensorTrain::default() };
            let solved = solver.solve(&h, &bases).unwrap();
            for (value, exact) in solved.values().iter().zip(&exact) {
                assert!((value - exact).abs() < 1e-9, "{dimension}: {value} for {exact}");
            }
        }
    }
}

#[test]
fn normal_modes_are_found_and_bounded() {
    let frequencies: Vec<f64> = (1..=6).map(|i| (f64::from(i) / 2.0).sqrt()).collect();
    let h = SeparableSum::coupled_oscillators(&frequencies, 0.1);
    let exact = coupled_oscillators(&frequencies, 0.1, 5).unwrap();
    let solved_with = |functions| {
        let bases = vec![LineBasis::hermite(functions + 4, 0.0, 1.0).unwrap(); 6];
        TensorTrain { states: 5, functions, ..TensorTrain::default() }.solve(&h, &bases).unwrap()
    };
    let [coarse, fine] = [5, 11].map(solved_with);
    for solved in [&coarse, &fine] {
        let figures = solved.values().iter().zip(&exact).zip(solved.error_bounds()).zip(&solved.checked().residuals);
        for (((value, exact), bound), residual) in figures {
            let error = value - exact;
            // From above, and within what the residual says.
            assert!(error > -1e-9 && error <= bound && bound <= *residual, "{error} {bound} {residual}");
        }
        assert_eq!(solved.doubt(), None);
    }
    let error = |solved: &TensorTrains| solved.values()[4] - exact[4];
    assert!(error(&fine) < 1e-8 && error(&coarse) > 100.0 * error(&fine), "{} {}", error(&fine), error(&coarse));
}

#[test]
fn what_its_basis_cannot_hold_is_doubted() {
    // Unbounded from below: as many functions, as low a level.
    let h = SeparableSum::kinetic(2, 1.0).plus(-1.0, &[(0, Factor::Power(4)), (1, Factor::Power(2))]).unwrap();
    let bases = vec![LineBasis::hermite(12, 0.0, 1.0).unwrap(); 2];
    let solved = TensorTrain { states: 2, ..TensorTrain::default() }.solve(&h, &bases).unwrap();
    assert!(solved.doubt().is_some(), "{:?}", solved.checked());
    // A well far from where the functions are.
    let h = SeparableSum::kinetic(1, 1.0).plus(1.0, &[(0, Factor::function(|x| (x - 12.0).powi(2)))]).unwrap();
    let far = TensorTrain::default().solve(&h, &bases[..1]).unwrap();
    assert!((far.values()[0] - 1.0).abs() > 1.0 && far.doubt().is_some(), "{:?}", far.values());
    // Too small a rank for what is entangled: the residual says by how much.
    let frequencies = [1.0; 8];
    let h = SeparableSum::coupled_oscillators(&frequencies, 0.9);
    let bases = vec![LineBasis::hermite(12, 0.0, 1.0).unwrap(); 8];
    let solver = TensorTrain { rank: 2, ..TensorTrain::default() };
    assert!(matches!(solver.solve(&h, &bases), Err(Error::NoConvergence { .. })));
    let small = TensorTrain { rank: 8, tolerance: 1e-5, ..solver }.solve(&h, &bases).unwrap();
    let error = small.values()[0] - coupled_oscillators(&frequencies, 0.9, 1).unwrap()[0];
    assert!(error > 1e-6 && error < small.checked().residuals[0], "{error} {:?}", small.checked());
}

#[test]
fn functions_are_those_of_the_levels() {
    // In a box: products of sines, of which the lowest is 2 sin πx sin πy.
    let bases = vec![LineBasis::sine(6, 0.0..1.0).unwrap(), LineBasis::sine(6, 0.0..1.0).unwrap()];
    let solved =
        TensorTrain { states: 3, ..TensorTrain::default() }.solve(&SeparableSum::kinetic(2, 1.0), &bases).unwrap();
    let pi = std::f64::consts::PI;
    for (value, exact) in solved.values().iter().zip([2.0, 5.0, 5.0]) {
        assert!((value - exact * pi * pi).abs() < 1e-10, "{value}");
    }
    let at = Matrix::from_vec(2, 2, vec![0.3, 0.6, 0.1, 0.9]).unwrap();
    let psi = solved.evaluate(&at).unwrap();
    let ground = |x: f64, y: f64| 2.0 * (pi * x).sin() * (pi * y).sin();
    let sign = psi[(0, 0)].signum();
    assert!((sign * psi[(0, 0)] - ground(0.3, 0.6)).abs() < 1e-10, "{psi:?}");
    assert!((sign * psi[(1, 0)] - ground(0.1, 0.9)).abs() < 1e-10, "{psi:?}");
    assert!(solved.evaluate(&Matrix::zeros(1, 3)).is_err());
    assert!(solved.evaluate(&Matrix::from_fn(1, 2, |_, _| f64::NAN)).is_err());
}

#[test]
fn what_makes_no_problem_is_refused() {
    let bases = vec![LineBasis::hermite(4, 0.0, 1.0).unwrap(); 2];
    let (h, solver) = (mixed(2), TensorTrain::default());
    assert!(solver.solve(&h, &bases).is_ok());
    for refused in [
        TensorTrain { states: 0, ..solver },
        TensorTrain { states: 17, ..solver },
        TensorTrain { states: usize::MAX, ..solver },
        TensorTrain { functions: 0, ..solver },
        TensorTrain { rank: 0, ..solver },
        TensorTrain { rank: usize::MAX, functions: usize::MAX, ..solver },
        TensorTrain { sweeps: 0, ..solver },
        TensorTrain { tolerance: f64::NAN, ..solver },
        TensorTrain { truncation: -1.0, ..solver },
        TensorTrain { truncation: f64::NAN, ..solver },
    ] {
        let error = refused.solve(&h, &bases).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{refused:?}: {error}");
    }
    assert!(solver.solve(&h, &bases[..1]).is_err());
    assert!(solver.solve(&SeparableSum::new(0), &[]).is_err());
    assert!(solver.solve(&SeparableSum::new(2), &bases).is_err());
    let impatient = TensorTrain { states: 4, sweeps: 1, tolerance: 0.0, ..solver };
    assert!(matches!(impatient.solve(&h, &bases), Err(Error::NoConvergence { .. })));
    // Not a number at a point, or infinite at one.
    for bad in [Factor::function(f64::sqrt), Factor::function(|x| 1.0 / x), Factor::function(|_| f64::INFINITY)] {
        let h = SeparableSum::kinetic(2, 1.0).plus(1.0, &[(1, bad)]).unwrap();
        assert!(matches!(solver.solve(&h, &bases), Err(Error::InvalidArgument { .. })));
    }
    let h = SeparableSum::new(2);
    assert!(h.clone().plus(f64::NAN, &[]).is_err());
    assert!(h.clone().plus(1.0, &[(2, Factor::Kinetic)]).is_err());
    assert!(h.plus(1.0, &[(1, Factor::Kinetic), (1, Factor::Power(1))]).is_err());
    assert!(LineBasis::hermite(0, 0.0, 1.0).is_err() && LineBasis::hermite(501, 0.0, 1.0).is_err());
    assert!(LineBasis::hermite(3, f64::NAN, 1.0).is_err() && LineBasis::hermite(3, 0.0, 0.0).is_err());
    assert!(LineBasis::sine(3, 1.0..1.0).is_err() && LineBasis::sine(3, 0.0..f64::INFINITY).is_err());
}

#[test]
fn bases_are_orthonormal_and_know_their_operators() {
    for (basis, exact) in [
        // −ℓ² d²/dx² + (x − c)²/ℓ² has the eigenvalues 1, 3, 5, …
        (LineBasis::hermite(500, 2.0, 0.5).unwrap(), vec![1.0, 3.0, 5.0]),
        (LineBasis::hermite(3, 2.0, 0.5).unwrap(), vec![1.0, 3.0, 5.0]),
    ] {
        let square = Factor::function(|x| (x - 2.0).powi(2) / 0.25);
        let [one, kinetic, square] = &basis.matrices(&[Factor::Power(0), Factor::Kinetic, square], 1.0).unwrap()[..]
        else {
            panic!()
        };
        let unit = one.sub(&Matrix::identity(basis.len())).unwrap();
        assert!(unit.max_abs() < 1e-11, "{}", unit.max_abs());
        let sum = kinetic.scale(0.25).add(square).unwrap();
        for (k, exact) in exact.iter().enumerate() {
            assert!((sum[(k, k)] - exact).abs() < 1e-10, "{k}: {}", sum[(k, k)]);
        }
    }
    let sines = LineBasis::sine(40, -1.0..2.0).unwrap();
    let matrices = sines.matrices(&[Factor::Power(0), Factor::Kinetic], 1.0).unwrap();
    assert!(matrices[0].sub(&Matrix::identity(40)).unwrap().max_abs() < 1e-12);
    let wave = (40.0 * std::f64::consts::PI / 3.0).powi(2);
    assert!((matrices[1][(39, 39)] / wave - 1.0).abs() < 1e-12);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let (h, bases) = (mixed(3), oscillators(3, 6));
    let solve = || TensorTrain { states: 3, ..TensorTrain::default() }.solve(&h, &bases).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let (one, many) = (solve(), pool.install(solve));
    assert_eq!(one.values(), many.values());
    assert_eq!(one.checked(), many.checked());
}

/// ½Σ(−∂² + x²) − D Π e^(−(xᵢ − a)²): what acts on a coordinate alone has its lowest state at 0, the whole in the well.
fn with_a_well(d: usize, depth: f64, a: f64) -> SeparableSum {
    let mut h = SeparableSum::kinetic(d, 0.5);
    for i in 0..d {
        h = h.plus(0.5, &[(i, Factor::Power(2))]).unwrap();
    }
    let well = Factor::function(move |x: f64| (-(x - a).powi(2)).exp());
    h.plus(-depth, &(0..d).map(|i| (i, well.clone())).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_lowest_state_is_found_in_a_well_beside_the_middle() {
    let solver = TensorTrain { states: 1, functions: 28, truncation: 1e-8, ..TensorTrain::default() };
    let bases = vec![LineBasis::hermite(40, 0.0, 1.0).unwrap(); 2];
    let solved = solver.solve(&with_a_well(2, 60.0, 5.0), &bases).unwrap();
    let (value, error) = (solved.values()[0], solved.error_bounds()[0]);
    // What the product of Gaussians of the best centre and width has bounds the lowest level from above. Forty functions
    // about 0 hold the state at 5 to some tenths, which the bound says.
    let bound = -24.74;
    assert!(value < 0.98 * bound && value - error < bound, "{value} ± {error}");
    assert!(solved.missed().is_none(), "{:?}", solved.missed());
}

#[test]
fn a_well_that_no_function_holds_is_doubted() {
    // One function of each coordinate, whose rank and count hold one product: two states at the origin, where the well is not.
    let h = with_a_well(2, 60.0, 5.0);
    let solver = TensorTrain { functions: 1, ..TensorTrain::default() };
    let solved = solver.solve(&h, &vec![LineBasis::hermite(40, 0.0, 1.0).unwrap(); 2]).unwrap();
    let doubt = solved.doubt().unwrap();
    assert!(doubt.level == 0 && doubt.reason == DoubtReason::Missed && doubt.checked < -24.7, "{doubt}");
    let missed = solved.missed().unwrap();
    assert!(missed.centre.iter().all(|x| (x - 4.8).abs() < 0.3), "{missed}");
    // A well so shallow that the lowest state stays in the middle is none.
    let shallow =
        TensorTrain::default().solve(&with_a_well(2, 8.0, 5.0), &vec![LineBasis::hermite(40, 0.0, 1.0).unwrap(); 2]);
    let shallow = shallow.unwrap();
    assert!((shallow.values()[0] - 1.0).abs() < 1e-3 && shallow.doubt().is_none(), "{:?}", shallow.values());
}
