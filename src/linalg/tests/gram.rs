use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::linalg::{Cholesky, Gram, Matrix, gram, row_gram};
use crate::par::{run_threads, team, with_crew};
use crate::{Scalar, Seed, error::Error};

fn random<T: Scalar>(m: usize, n: usize, seed: u64) -> Matrix<T> {
    let mut stream = Seed(seed).stream("gram");
    Matrix::from_fn(m, n, |_, _| stream.normal())
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn check<T: Scalar>(m: usize, n: usize) {
    let a = random::<T>(m, n, (m * 1000 + n) as u64);
    for (half, whole) in [(gram(&a), a.t_matmul(&a)), (row_gram(&a), a.matmul_t(&a))] {
        let (half, whole) = (half.unwrap(), whole.unwrap());
        assert!(half.is_symmetric(T::zero()));
        let tolerance = T::of(4.0 * (m.max(n) as f64).sqrt()) * T::EPSILON * whole.max_abs().max(T::one());
        assert!(half.sub(&whole).unwrap().max_abs() <= tolerance, "[{m}, {n}]");
    }
}

#[test]
fn half_the_product_is_the_product() {
    for m in [0, 1, 2, 3, 7, 30, 49, 130] {
        for n in [0, 1, 2, 5, 8, 47, 48, 49, 97, 150] {
            check::<f64>(m, n);
            check::<f32>(m, n);
        }
    }
    // Long enough for several threads.
    check::<f64>(576, 337);
    check::<f32>(337, 576);
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    // Some are worth sharing with any threads, some with those that are awake, some with none.
    for (m, n) in [(500, 211), (576, 337), (100, 150), (20, 97), (5, 300), (40, 100)] {
        let a = random::<f64>(m, n, 3);
        let factors = || {
            let of_columns = gram(&a).unwrap().add(&Matrix::identity(n)).unwrap();
            (row_gram(&a).unwrap(), Cholesky::factor(&of_columns).unwrap(), of_columns)
        };
        let one = pool(1).install(factors);
        for threads in [2, 3] {
            assert!(one == pool(threads).install(factors), "[{m}, {n}]");
            assert!(one == pool(threads).install(|| with_crew(|_| factors())), "[{m}, {n}] with threads awake");
        }
    }
}

#[test]
fn processes_share_whatever_threads_each_has() {
    for (m, n) in [(100, 150), (500, 211)] {
        let a = random::<f64>(m, n, 4);
        let expected = gram(&a).unwrap();
        let shared = run_threads(2, || {
            let team = team().unwrap();
            pool(1 + team.rank()).install(|| {
                let mut out = Matrix::zeros(n, n);
                let mut gram = Gram::new();
                gram.share_with(Some(team.clone()));
                with_crew(|_| gram.columns(&a, &mut out)).unwrap();
                out
            })
        });
        for out in shared {
            assert!((0..n).all(|i| out.row(i)[..=i] == expected.row(i)[..=i]), "[{m}, {n}]");
        }
    }
}

#[test]
fn a_target_of_another_shape_is_an_error() {
    let a = random::<f64>(5, 4, 1);
    for (rows, cols) in [(5, 5), (4, 5), (0, 0)] {
        let error = Gram::new().columns(&a, &mut Matrix::zeros(rows, cols));
        assert!(matches!(error, Err(Error::Shape { .. })));
    }
    assert!(Gram::new().rows(&a, &mut Matrix::zeros(4, 4)).is_err());
    Gram::new().rows(&a, &mut Matrix::zeros(5, 5)).unwrap();
}

/// pᵀWp as the product of the rows times √w, added to what was there.
#[test]
fn weighted_rows() {
    fn check<T: Scalar>(rows: usize, n: usize) {
        let (p, seed) = (random::<T>(rows, n, 5), (rows + 100 * n) as u64);
        let weights: Vec<T> = (0..rows).map(|i| T::of(0.1 + (i % 7) as f64)).collect();
        let before = gram(&random::<T>(3, n, seed)).unwrap();
        let mut out = before.clone();
        let mut room = Gram::new();
        room.add_weighted(T::of(-2.0), p.as_slice(), &weights, &mut out).unwrap();
        assert!(out.is_symmetric(T::zero()));
        let roots = Matrix::from_fn(rows, n, |i, j| weights[i].sqrt() * p[(i, j)]);
        let expected = gram(&roots).unwrap();
        let expected = Matrix::from_fn(n, n, |i, j| before[(i, j)] - T::of(2.0) * expected[(i, j)]);
        let tolerance = T::of(100.0) * T::EPSILON * expected.max_abs().max(T::one());
        assert!(out.sub(&expected).unwrap().max_abs() <= tolerance, "[{rows}, {n}]");
        assert!(room.add_weighted(T::one(), p.as_slice(), &weights, &mut Matrix::zeros(n, n + 1)).is_err());
        assert!(room.add_weighted(T::one(), &[], &[T::one()], &mut out).is_err());
    }
    for (rows, n) in [(1, 1), (30, 4), (200, 9), (20, 60)] {
        check::<f64>(rows, n);
        check::<f32>(rows, n);
    }
}

#[test]
fn not_a_number_spreads() {
    let mut a = random::<f64>(60, 60, 1);
    a[(3, 50)] = f64::NAN;
    assert!(gram(&a).unwrap()[(50, 0)].is_nan());
}
