use quickcheck::{TestResult, quickcheck};

use super::ratios::orthogonality;
use super::symmetric_eigen::residual;
use crate::linalg::symmetric::divide_and_conquer::divide_and_conquer;
use crate::linalg::symmetric::rank_one_update::RankOneUpdate;
use crate::linalg::symmetric::tridiagonal_ql::implicit_ql;
use crate::linalg::{Matrix, SymmetricEigen};
use crate::rng::Stream;
use crate::{Scalar, Seed};

fn dense<T: Scalar>(d: &[T], e: &[T]) -> Matrix<T> {
    Matrix::from_fn(d.len(), d.len(), |i, j| match i.abs_diff(j) {
        0 => d[i],
        1 => e[i.min(j)],
        _ => T::zero(),
    })
}

/// Both methods on the same tridiagonal matrix.
fn check<T: Scalar>(name: &str, d: &[T], e: &[T]) {
    let (n, a) = (d.len(), dense(d, e));
    let run = |conquer: bool| {
        let (mut d, mut e) = (d.to_vec(), e.to_vec());
        let vectors = if conquer {
            divide_and_conquer(&mut d, &mut e, 0..n).expect("converges")
        } else {
            let mut vectors = Matrix::identity(n);
            implicit_ql(&mut d, &mut e, &mut vectors).expect("converges");
            vectors
        };
        SymmetricEigen { values: d, vectors: vectors.transpose() }
    };
    for eigen in [run(true), run(false)] {
        let (r, o) = (residual(&a, &eigen), orthogonality(&eigen.vectors));
        assert!(eigen.values.is_sorted() && r <= 10.0 && o <= 10.0, "{} {name} {n}: {r} {o}", T::NAME);
    }
}

fn check_all<T: Scalar>(n: usize) {
    let mut stream = Seed(3).stream("tridiagonal");
    let mut random = |_| stream.normal::<T>();
    let (d, e): (Vec<T>, Vec<T>) = ((0..n).map(&mut random).collect(), (1..n).map(&mut random).collect());
    check("random", &d, &e);
    check("small couplings", &d, &e.iter().map(|&v| v * T::EPSILON).collect::<Vec<_>>());
    check("large couplings", &d.iter().map(|&v| v * T::EPSILON).collect::<Vec<_>>(), &e);
    check("zero couplings", &d, &vec![T::zero(); n - 1]);
    check("constant", &vec![T::one(); n], &vec![T::one(); n - 1]);
    check("negative couplings", &vec![T::zero(); n], &vec![-T::one(); n - 1]);
    let middle = T::of(n as f64 / 2.0).floor();
    let wilkinson: Vec<T> = (0..n).map(|i| (T::of(i as f64) - middle).abs()).collect();
    check("wilkinson", &wilkinson, &vec![T::one(); n - 1]);
    let graded: Vec<T> = (0..n).map(|i| T::of(10f64.powf(-30.0 * i as f64 / n as f64))).collect();
    check("graded", &graded, &graded[1..]);
    let rising: Vec<T> = graded.iter().rev().copied().collect();
    check("graded the other way", &rising, &rising[1..]);
    check(
        "tiny",
        &d.iter().map(|&v| v * T::of(1e-30)).collect::<Vec<_>>(),
        &graded[1..].iter().map(|&v| v * T::of(1e-30)).collect::<Vec<_>>(),
    );
}

#[test]
fn both_tridiagonal_methods_on_hard_cases() {
    for n in [2, 31, 33, 65, 130] {
        check_all::<f64>(n);
        check_all::<f32>(n);
    }
}

/// `(poles, z, ρ)` with gaps and weights over many magnitudes, all above what deflation leaves.
fn update(k: usize, stream: &mut Stream) -> (Vec<f64>, Vec<f64>, f64) {
    let mut magnitude = |low: f64| 10f64.powf(stream.uniform_in(low, 0.0));
    let mut poles = vec![-1.0];
    for _ in 1..k {
        poles.push(poles[poles.len() - 1] + magnitude(-13.0));
    }
    let z: Vec<f64> = (0..k).map(|_| magnitude(-13.0)).collect();
    (poles, z, magnitude(-6.0))
}

quickcheck! {
    /// The eigenvalues interlace with the poles and the vectors are orthogonal, whatever the gaps.
    fn rank_one_update(seed: u64, order: u8) -> TestResult {
        let k = usize::from(order % 40) + 1;
        let (poles, z, rho) = update(k, &mut Seed(seed).stream("rank one"));
        let place: Vec<usize> = (0..k).rev().collect();
        let mut vectors = vec![0.0; k * k];
        let values = RankOneUpdate { poles: &poles, z: &z, rho }.solve(&place, &mut vectors);
        let bound = poles[k - 1] + rho * z.iter().map(|v| v * v).sum::<f64>() * (1.0 + 1e-14);
        let interlaced = (0..k).all(|i| {
            poles[i] <= values[i] && values[i] <= if i + 1 < k { poles[i + 1] } else { bound + 1e-15 }
        });
        let v = Matrix::from_vec(k, k, vectors).expect("square").transpose();
        let a = Matrix::from_fn(k, k, |i, j| {
            let (i, j) = (place[i], place[j]);
            (if i == j { poles[i] } else { 0.0 }) + rho * z[i] * z[j]
        });
        let r = residual(&a, &SymmetricEigen { values, vectors: v.clone() });
        TestResult::from_bool(interlaced && r <= 10.0 && orthogonality(&v) <= 10.0)
    }
}
