use super::*;
use crate::Seed;
use crate::linalg::least_squares;

fn random<T: Scalar>(m: usize, n: usize, rank: usize) -> Matrix<T> {
    let mut stream = Seed(9).stream("entries");
    let left = Matrix::from_fn(m, rank, |_, _| stream.normal());
    let right = Matrix::from_fn(rank, n, |_, _| stream.normal());
    left.matmul(&right).unwrap()
}

#[test]
fn agrees_with_the_singular_values_at_any_rank() {
    fn check<T: Scalar>(tolerance: f64) {
        for (m, n, rank) in [(30, 12, 12), (30, 12, 5), (12, 30, 12), (12, 30, 3), (1, 1, 1), (8, 8, 8), (9, 4, 0)] {
            let (a, b) = (random::<T>(m, n, rank), random::<T>(m, 2, 2));
            let rcond = Some(T::of(1e-5));
            let (found, expected) = (minimum_norm(&a, &b, rcond).unwrap(), least_squares(&a, &b, rcond).unwrap());
            assert_eq!(found.rank, expected.rank, "{m} {n} {rank}");
            let difference = found.solution.sub(&expected.solution).unwrap().max_abs();
            let scale = 1.0 + Scalar::to_f64(expected.solution.max_abs());
            assert!(Scalar::to_f64(difference) < tolerance * scale, "{m} {n} {rank}: {difference}");
        }
    }
    check::<f64>(1e-11);
    check::<f32>(2e-3);
}

#[test]
fn hostile_arguments_are_errors() {
    let a = Matrix::from_vec(2, 1, vec![1.0, f64::NAN]).unwrap();
    let b = Matrix::from_vec(2, 1, vec![1.0, 1.0]).unwrap();
    assert!(matches!(minimum_norm(&a, &b, None), Err(Error::NonFinite { .. })));
    assert!(minimum_norm(&b, &a, None).is_err());
    assert!(minimum_norm(&b, &b, Some(f64::NAN)).is_err());
    assert!(matches!(minimum_norm(&b, &Matrix::zeros(3, 1), None), Err(Error::Shape { .. })));
    let tiny = Matrix::from_vec(1, 1, vec![1e-300]).unwrap();
    assert!(minimum_norm(&tiny, &Matrix::from_vec(1, 1, vec![1e300]).unwrap(), None).is_err());
}

#[test]
fn the_least_image_of_what_a_functional_takes_to_one() {
    fn check<T: Scalar>(tolerance: f64) {
        // A = diag(1, 10, 1000) turned: c·x = 1 for c along a column of the rotation costs its entry, for any mixture less.
        let turn = crate::linalg::Qr::factor(&random::<T>(3, 3, 3)).unwrap().thin_q().unwrap();
        let sizes = [1.0, 10.0, 1000.0];
        let stretched = Matrix::from_fn(3, 3, |i, j| T::of(sizes[i]) * turn[(j, i)]);
        let least = |a: &Matrix<T>, c: &[T], rcond: f64| {
            Scalar::to_f64(OrthogonalFactors::of(a, Some(T::of(rcond))).unwrap().least_image(a, c).unwrap())
        };
        for (k, size) in sizes.into_iter().enumerate() {
            let c: Vec<T> = (0..3).map(|i| turn[(i, k)]).collect();
            assert!((least(&stretched, &c, 1e-6) / size - 1.0).abs() < tolerance, "{size}");
        }
        let both: Vec<T> = (0..3).map(|i| turn[(i, 0)] + turn[(i, 1)]).collect();
        let expected = (1.0_f64 + 0.01).sqrt().recip();
        assert!((least(&stretched, &both, 1e-6) / expected - 1.0).abs() < tolerance);
        // A direction that is zero costs nothing, unless the functional does not see it.
        let pair = Matrix::from_vec(1, 2, vec![T::one(), T::one()]).unwrap();
        assert!(least(&pair, &[T::one(), -T::one()], 1e-6) < tolerance);
        assert!((least(&pair, &[T::one(), T::one()], 1e-6) - 1.0).abs() < tolerance);
    }
    check::<f64>(1e-10);
    check::<f32>(1e-3);
}
