//! The flow on matrix (26) of the report, laws of it, and hostile input.

use super::*;
use crate::Seed;
use crate::linalg::{Matrix, symmetric_eigen};

#[rustfmt::skip]
const REPORT: [f64; 36] = [
    -0.112, -0.399, -0.259,  0.107, -0.473, -0.479,
    -0.399,  1.297,  0.359,  0.428,  0.678,  0.719,
    -0.259,  0.359, -0.855,  0.526, -0.632,  0.945,
     0.107,  0.428,  0.526,  0.144, -1.579,  0.175,
    -0.473,  0.678, -0.632, -1.579, -0.769, -0.515,
    -0.479,  0.719,  0.945,  0.175, -0.515, -0.015,
];
const START: [f64; 6] = [-0.996, -0.442, -0.726, 0.422, -0.488, 0.322];

fn report() -> Matrix<f64> {
    Matrix::from_vec(6, 6, REPORT.to_vec()).expect("36 entries")
}

#[test]
fn a_network_finds_all_six_pairs_in_order() {
    let reference = symmetric_eigen(&report()).expect("symmetric");
    for seed in 0..10 {
        let clock = std::time::Instant::now();
        let found = EigenvectorOde::default().solve(&report(), &START, Seed(seed)).expect("solved");
        let seconds = clock.elapsed().as_secs_f64();
        let (mut epsilon, mut lambda, mut error) = (0.0_f64, 0.0_f64, 0.0_f64);
        let mut windows = Vec::new();
        for (i, pair) in found.pairs.iter().enumerate() {
            let e = compare(pair.value, &pair.vector, &reference).expect("compared");
            assert_eq!(e.index, 5 - i);
            epsilon = epsilon.max(e.epsilon);
            lambda = lambda.max(e.lambda_defect);
            error = error.max(pair.trajectory.max_error(101).expect("in range"));
            windows.push((pair.trajectory.windows().len(), pair.steps));
        }
        eprintln!("{seed}: ε {epsilon:.1e} Λ {lambda:.1e} error {error:.1e} {windows:?} {seconds:.2} s");
    }
}
