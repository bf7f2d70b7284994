//! Equations and their collocation: derivatives against finite differences, laws, bad input.

mod forms;
mod random_features;

use eigennet::autodiff::{Rows, Var};
use eigennet::differential::{Collocation, Domain, Equation};
use eigennet::linalg::Matrix;
use eigennet::nn::{Activation, Mlp};
use eigennet::optim::{Objective, Residuals};
use eigennet::{Error, Seed};

/// Two equations on the domain, a soft condition and a data term, with an unknown coefficient.
fn system() -> (Collocation<f64>, Vec<f64>) {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..2.0]).unwrap();
    let net = Mlp::new("net", [2, 7, 2]);
    let equation = Equation::record(&domain, |g, [x, t]| {
        let k = g.scalar_parameter("k", 0.7);
        let both = net.call(domain.scaled([x, t]));
        let (u, w) = (both.columns(0..1), both.columns(1..2));
        g.output("u", u);
        let [xe, te] = g.coordinates("edge", Rows::named("edge"));
        g.output("edge", net.call(domain.scaled([xe, te])).columns(0..1) - xe.sin());
        let [xd, td] = g.coordinates("seen at", Rows::named("data"));
        let seen = g.input("seen", Rows::named("data"), 1);
        g.output("misfit", net.call(domain.scaled([xd, td])).columns(0..1) - seen);
        Var::concat(&[u.d(t) - k * w.d(x), w - u.d(x)])
    })
    .unwrap();
    let equation = equation.with_condition("edge", 3.0).unwrap().with_condition("misfit", 0.5).unwrap();
    let theta = equation.initial(Seed(3));
    let mut system = equation.on(&domain.gauss([4, 3]).unwrap()).unwrap();
    system.set("edge", &[0.0, 0.0, 0.3, 0.0, 0.9, 0.0, 1.0, 1.0, 1.0, 2.0]).unwrap();
    system.set("seen at", &[0.1, 0.2, 0.4, 0.9]).unwrap();
    system.set("seen", &[1.0, -1.0]).unwrap();
    (system, theta)
}

#[test]
fn jacobian_products_and_gradient_agree_with_finite_differences() {
    let (mut system, theta) = system();
    let (m, p) = (system.residual_count(), theta.len());
    assert_eq!(m, 2 * 12 + 5 + 2);
    let (mut r, mut j) = (vec![0.0; m], Matrix::default());
    system.residuals_and_jacobian(&theta, &mut r, &mut j).unwrap();
    let mut again = vec![0.0; m];
    system.residuals(&theta, &mut again).unwrap();
    assert!(r.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-14));

    let step = 1e-6;
    let (mut plus, mut minus) = (vec![0.0; m], vec![0.0; m]);
    for k in 0..p {
        let mut moved = theta.clone();
        moved[k] += step;
        system.residuals(&moved, &mut plus).unwrap();
        moved[k] -= 2.0 * step;
        system.residuals(&moved, &mut minus).unwrap();
        for i in 0..m {
            let slope = (plus[i] - minus[i]) / (2.0 * step);
            assert!((slope - j.row(i)[k]).abs() < 1e-8, "residual {i}, parameter {k}: {slope} {}", j.row(i)[k]);
        }
    }

    let v: Vec<f64> = (0..p).map(|k| (k as f64).sin()).collect();
    let w: Vec<f64> = (0..m).map(|k| (k as f64).cos()).collect();
    let (mut jv, mut jw, mut gradient) = (vec![0.0; m], vec![0.0; p], vec![0.0; p]);
    system.jacobian_vector(&theta, &v, &mut jv).unwrap();
    system.jacobian_transpose_vector(&theta, &w, &mut jw).unwrap();
    let value = system.value_and_gradient(&theta, &mut gradient).unwrap();
    let (wanted, transposed) = (j.matvec(&v).unwrap(), j.transpose());
    assert!(jv.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(jw.iter().zip(&transposed.matvec(&w).unwrap()).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(gradient.iter().zip(&transposed.matvec(&r).unwrap()).all(|(a, b)| (a - 2.0 * b).abs() < 1e-12));
    assert!((value - r.iter().map(|r| r * r).sum::<f64>()).abs() < 1e-13);

    let parts = system.mean_squares(&theta).unwrap();
    let weighted = parts[0].1 + 3.0 * parts[1].1 + 0.5 * parts[2].1;
    assert!((weighted - value).abs() < 1e-13, "{parts:?}");
}

#[test]
fn what_cannot_be_computed_is_said() {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 3, 1]);
    let relu = Mlp::new("net", [2, 3, 1]).activation(Activation::Relu);
    let second = Equation::<f64>::record(&domain, |_, [x, t]| relu.call(domain.scaled([x, t])).d(x).d(x));
    let message = second.unwrap_err().to_string();
    assert!(message.contains("max") && message.contains("differential/main.rs"), "{message}");

    let summed = Equation::<f64>::record(&domain, |_, [x, t]| net.call(domain.scaled([x, t])).square().mean());
    assert!(summed.unwrap_err().to_string().contains("point by point"));
    let untrained = Equation::<f64>::record(&domain, |_, [x, t]| x - t);
    assert!(untrained.unwrap_err().to_string().contains("no parameters"));

    let log = Equation::<f64>::record(&domain, |_, [x, t]| net.call(domain.scaled([x, t])) * (x - 0.5).ln()).unwrap();
    let theta = log.initial(Seed(0));
    let mut system = log.on(&domain.uniform([3, 2]).unwrap()).unwrap();
    let mut r = vec![0.0; system.residual_count()];
    let message = system.residuals(&theta, &mut r).unwrap_err().to_string();
    assert!(message.contains("point 0 (x = 0, t = 0)"), "{message}");

    let wrong = Domain::new(["x"], [0.0..1.0]).unwrap().gauss([5]).unwrap();
    assert!(matches!(log.on(&wrong), Err(Error::Shape { .. })));
    assert!(matches!(log.clone().with_condition("nothing", 1.0), Err(Error::UnknownName { .. })));
    assert!(log.clone().with_condition("result", 1.0).is_err());
    assert!(log.solution("result", &[f64::NAN; 13]).is_err());
    assert!(log.solution("result", &theta[1..]).is_err());
    assert!(log.solution("result", &theta).unwrap().at(&[0.5]).is_err());
    assert!(matches!(log.coefficient("k", &theta), Err(Error::UnknownName { .. })));
}

#[test]
fn a_condition_without_its_points_is_an_error_and_not_ignored() {
    let (system, theta) = system();
    let equation = system.equation().clone();
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..2.0]).unwrap();
    let mut bare = equation.on(&domain.gauss([3, 3]).unwrap()).unwrap();
    let message = bare.mean_squares(&theta).unwrap_err().to_string();
    assert!(message.contains("\"edge\"") && message.contains("Collocation::set"), "{message}");
    assert!(equation.clone().with_condition("u", -1.0).is_err());
    assert!(equation.solution("misfit", &theta).unwrap_err().to_string().contains("seen"));
    let u = equation.solution("u", &theta).unwrap();
    let points: Vec<f64> = (0..10_000).map(|i| i as f64 / 10_000.0).collect();
    assert_eq!(u.on(&points).unwrap().len(), 5000);
    assert!((u.at(&points[8..10]).unwrap() - u.on(&points).unwrap()[4]).abs() < 1e-15);
}

#[test]
fn points_fill_their_box() {
    let domain = Domain::new(["x", "y"], [-1.0..1.0, 2.0..5.0]).unwrap();
    let rules = [
        domain.gauss::<f64>([8, 8]).unwrap(),
        domain.uniform([8, 8]).unwrap(),
        domain.random(64, Seed(1)).unwrap(),
        domain.latin_hypercube(64, Seed(1)).unwrap(),
        domain.halton(64, Seed(1)).unwrap(),
    ];
    for (k, rule) in rules.iter().enumerate() {
        assert_eq!(rule.len(), 64);
        assert!(rule.points().chunks(2).all(|p| (-1.0..=1.0).contains(&p[0]) && (2.0..=5.0).contains(&p[1])));
        assert!((rule.weights().iter().sum::<f64>() - 6.0).abs() < 1e-12);
        // ∫ x² + y = 2 + 21
        let error = (rule.integrate(|p| p[0] * p[0] + p[1]) - 23.0).abs();
        let bound = [1e-12, 2.0, 3.0, 0.6, 0.6][k];
        assert!(error < bound, "rule {k}: {error}");
    }
    // One point in each slice of each coordinate; none of it by chance.
    for axis in 0..2 {
        let mut slices: Vec<usize> = rules[3]
            .points()
            .chunks(2)
            .map(|p| (((p[axis] - [-1.0, 2.0][axis]) / [2.0, 3.0][axis]) * 64.0) as usize)
            .collect();
        slices.sort_unstable();
        assert_eq!(slices, (0..64).collect::<Vec<_>>());
    }
    assert_eq!(domain.halton::<f64>(64, Seed(1)).unwrap(), rules[4]);
    assert_ne!(domain.halton::<f64>(64, Seed(2)).unwrap(), rules[4]);
    assert!(domain.random::<f64>(0, Seed(0)).is_err());
    assert!(domain.uniform::<f64>([3, usize::MAX]).is_err());
}

#[test]
fn tiny_coefficients_of_an_operator_stay_finite() {
    fn check<T: eigennet::Scalar>(tiny: f64) {
        let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
        let equation = Equation::<T>::record(&domain, |g, [x, t]| {
            let u = g.scalar_parameter("k", 2.0) * x.square() * t;
            u.d(t) - tiny * u.d(x).d(x)
        })
        .unwrap();
        let points = domain.gauss([3, 2]).unwrap();
        let mut system = equation.on(&points).unwrap();
        let mut residuals = vec![T::zero(); 6];
        system.residuals(&[T::of(2.0)], &mut residuals).unwrap();
        let exact = (0..6).map(|i| 2.0 * eigennet::Scalar::to_f64(points.point(i)[0]).powi(2)).map(|r| r * r);
        let found = residuals.iter().zip(points.weights()).map(|(r, w)| eigennet::Scalar::to_f64(*r * *r / *w));
        assert!(found.zip(exact).all(|(a, b)| (a - b).abs() < 1e-5 * b), "{tiny:e}");
    }
    check::<f64>(1e-320);
    check::<f32>(1e-42);
}

#[test]
fn linear_solves_refuse_residuals_that_break() {
    use eigennet::differential::LinearLeastSquares;
    use eigennet::optim::least_squares::from_fn;
    let solve = LinearLeastSquares::default();
    // Affine at 0, but NaN where the solution would be.
    let mut root = from_fn(1, 1, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r[0] = (1.0 - x[0]).sqrt() + 2.0;
        if let Some(j) = jacobian {
            j[(0, 0)] = -0.5;
        }
        Ok(())
    });
    let mut theta = [0.25];
    assert!(solve.solve(&mut root, &mut theta, 0..1).is_err());
    assert_eq!(theta, [0.25]);
    // A Jacobian of another shape.
    let mut narrow = from_fn(2, 2, |_: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.fill(1.0);
        if let Some(j) = jacobian {
            *j = Matrix::zeros(2, 1);
        }
        Ok(())
    });
    assert!(matches!(solve.solve(&mut narrow, &mut [0.0; 2], 0..2), Err(Error::Shape { .. })));
    assert!(matches!(solve.solve(&mut narrow, &mut [0.0; 3], 0..2), Err(Error::Shape { .. })));
}

#[test]
fn a_value_shared_by_all_points_is_no_function_of_them() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let equation = Equation::<f64>::record(&domain, |g, [x]| {
        let k = g.scalar_parameter("k", 2.0);
        g.output("k", k);
        g.output("mean", (k * x).mean());
        k * x
    })
    .unwrap();
    for shared in ["k", "mean"] {
        assert!(matches!(equation.solution(shared, &[2.0]), Err(Error::InvalidArgument { .. })), "{shared}");
    }
}

#[test]
fn the_points_of_the_domain_are_moved_and_not_set() {
    let (mut system, theta) = system();
    assert!(matches!(system.set("points", &[0.5, 0.5]), Err(Error::InvalidArgument { .. })));
    let mut residuals = vec![0.0; system.residual_count()];
    system.residuals(&theta, &mut residuals).unwrap(); // as before
}

#[test]
fn a_jacobian_beyond_memory_is_an_error() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let net = Mlp::new("net", [1, 1500, 1500, 1]);
    let equation = Equation::<f64>::record(&domain, |_, [x]| net.call(x)).unwrap();
    let mut system = equation.on(&domain.uniform([1 << 20]).unwrap()).unwrap();
    let theta = vec![0.0; equation.parameters().len()];
    let mut residuals = vec![0.0; system.residual_count()];
    let refused = system.residuals_and_jacobian(&theta, &mut residuals, &mut Matrix::default());
    assert!(matches!(refused, Err(Error::InvalidArgument { .. })));
}

#[test]
fn overflow_is_an_error_and_not_an_answer() {
    use eigennet::differential::finite_difference::Diffusion;
    let spike = |x: f64| if x == 0.5 { 1.5e308 } else { 0.0 };
    assert!(matches!(Diffusion::default().solve(spike, &[0.1]), Err(Error::NonFinite { .. })));
}

#[test]
fn grids_without_points_are_refused() {
    use eigennet::differential::method_of_lines::{SpaceGrid, method_of_lines};
    use eigennet::differential::runge_kutta::DormandPrince;
    struct Nothing;
    impl SpaceGrid<f64> for Nothing {
        fn points(&self) -> &[f64] {
            &[]
        }
        fn derivatives(&self, _: &[f64], _: &mut [f64], _: &mut [f64]) {}
        fn constrain_rate(&self, _: &mut [f64]) {}
        fn end_values(&self) -> [Option<f64>; 2] {
            [Some(0.0); 2]
        }
    }
    assert!(method_of_lines(&Nothing, |p| p.u_xx, |x| x, 0.0..1.0, &DormandPrince::default()).is_err());
}

#[test]
fn absurd_networks_are_refused() {
    use eigennet::differential::{Marching, RandomFeatures};
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    for features in [0, usize::MAX, usize::MAX / 2] {
        let net = RandomFeatures { features, ..RandomFeatures::default() };
        assert!(Equation::<f64>::record(&domain, |_, [x]| net.call(x)).is_err(), "{features}");
        let marching = Marching { hidden: features, ..Marching::default() };
        assert!(marching.solve(0.0..1.0, &[1.0], Seed(0), |_, _, y| -y).is_err(), "{features}");
        let marching = Marching { nodes: features, ..Marching::default() };
        assert!(marching.solve(0.0..1.0, &[1.0], Seed(0), |_, _, y| -y).is_err(), "{features}");
    }
}

#[test]
fn room_of_another_size_is_an_error() {
    let (mut system, theta) = system();
    let mut gradient = vec![0.0; theta.len()];
    for length in [0, 3, 1000] {
        let refused = system.sum_of_squares(&theta, &mut vec![0.0; length], &mut gradient);
        assert!(matches!(refused, Err(Error::Shape { .. })), "{length}");
    }
}

#[test]
fn a_negative_cutoff_is_refused() {
    use eigennet::differential::RandomFeatures;
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    for rcond in [-1.0, f64::NAN, f64::INFINITY] {
        let net = RandomFeatures { features: 3, rcond, ..RandomFeatures::default() };
        let equation = Equation::<f64>::record(&domain, |_, [x]| net.call(x) - x).unwrap();
        let mut system = equation.on(&domain.gauss([10]).unwrap()).unwrap();
        assert!(net.solve(&mut system, equation.parameters(), &mut equation.initial(Seed(0))).is_err(), "{rcond}");
    }
}

#[test]
fn relative_errors_of_any_size() {
    use eigennet::differential::relative_l2;
    for size in [1e-200, 1.0, 1e200] {
        let error = relative_l2(&[3.0 * size, 5.0 * size], &[3.0 * size, 4.0 * size]).unwrap();
        assert!((error - 0.2).abs() < 1e-14, "{size:e}: {error}");
    }
}
