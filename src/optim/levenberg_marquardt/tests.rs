use super::*;
use crate::linalg::Matrix;
use crate::optim::residuals::from_fn;

fn rosenbrock<T: Scalar>() -> impl Residuals<T> {
    from_fn(2, 2, |x: &[T], r: &mut [T], jacobian: Option<&mut Matrix<T>>| {
        let ten = T::of(10.0);
        r.copy_from_slice(&[T::one() - x[0], ten * (x[1] - x[0] * x[0])]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[-T::one(), T::zero(), T::of(-20.0) * x[0], ten]);
        }
        Ok(())
    })
}

#[test]
fn rosenbrock_by_every_solver() {
    for solve in [Solve::Auto, Solve::Normal, Solve::Kernel, Solve::Qr] {
        for scaling in [Scaling::Identity, Scaling::MarquardtDiagonal] {
            let mut x = [-1.2, 1.0];
            let method = LevenbergMarquardt { solve, scaling, ..LevenbergMarquardt::default() };
            let outcome = method.minimize(&mut rosenbrock::<f64>(), &mut x).unwrap();
            assert!(outcome.reason.is_converged(), "{solve:?} {scaling:?} {outcome}");
            assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 1.0).abs() < 1e-12, "{x:?} {outcome}");
            assert!(outcome.iterations < 60, "{outcome}");
        }
    }
}
