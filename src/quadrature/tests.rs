use super::*;

#[test]
fn gauss_legendre_is_exact_to_its_degree_and_not_beyond() {
    for n in 1..=24_i32 {
        let rule = Quadrature::<f64>::gauss_legendre(n as usize, -1.0..1.0).unwrap();
        for k in 0..2 * n {
            let want = if k % 2 == 0 { 2.0 / f64::from(k + 1) } else { 0.0 };
            let got = rule.integrate(|x| x[0].powi(k));
            assert!((got - want).abs() < 2e-15, "n {n}, degree {k}: {got} against {want}");
        }
        // ∫ x^(2n) misses by 2/(2n + 1) (n!)⁴ 2^(2n) … > 0.
        let beyond = 2.0 / f64::from(2 * n + 1) - rule.integrate(|x| x[0].powi(2 * n));
        assert!(beyond > 0.0 && (n > 20 || beyond > 1e-13));
    }
}

#[test]
fn intervals_whose_weights_underflow_are_refused() {
    for end in [1e-46, 1e-40] {
        assert!(
            matches!(Quadrature::<f32>::gauss_legendre(4, 0.0..end), Err(Error::InvalidArgument { .. })),
            "{end:e}"
        );
    }
    assert!(Quadrature::<f32>::gauss_legendre(4, 0.0..1e-30).is_ok());
}

#[test]
fn the_three_point_rule_is_the_known_one() {
    let rule = Quadrature::<f64>::gauss_legendre(3, -1.0..1.0).unwrap();
    let root = 0.6_f64.sqrt();
    for (got, want) in rule.points().iter().zip([-root, 0.0, root]) {
        assert!((got - want).abs() < 2e-16);
    }
    for (got, want) in rule.weights().iter().zip([5.0 / 9.0, 8.0 / 9.0, 5.0 / 9.0]) {
        assert!((got - want).abs() < 4e-16);
    }
}

#[test]
fn thousands_of_points_keep_full_precision() {
    for n in [500, 1001, 4096] {
        let rule = Quadrature::<f64>::gauss_legendre(n, 0.0..1.0).unwrap();
        assert!(rule.points().windows(2).all(|p| p[0] < p[1]));
        assert!(rule.weights().iter().all(|&w| w > 0.0));
        assert!((rule.weights().iter().sum::<f64>() - 1.0).abs() < 1e-14);
        // Legendre's ∫ P_n² = 2/(2n + 1) tests degree n; high powers test the ends.
        for k in [2, n - 1, 2 * n - 1] {
            let want = 1.0 / (k + 1) as f64;
            let got = rule.integrate(|x| x[0].powf(k as f64));
            assert!((got / want - 1.0).abs() < 1e-12, "{n} {k}: {}", got / want - 1.0);
        }
        // The first node against the zero j₀₁ of the Bessel function: θ₁ = j₀₁/√((n + ½)² + 1/12).
        let half = n as f64 + 0.5;
        let theta = 2.404_825_557_695_773 / (half * half + 1.0 / 12.0).sqrt();
        let first = (0.5 * theta).sin().powi(2);
        assert!((rule.points()[0] / first - 1.0).abs() < 1e-9, "{n}: {}", rule.points()[0] / first - 1.0);
    }
}

#[test]
fn products_integrate_products() {
    let rule = Quadrature::<f64>::rectangle(&[0.0..1.0, -1.0..2.0, 3.0..5.0], &[3, 4, 2]).unwrap();
    assert_eq!((rule.len(), rule.dimension()), (24, 3));
    // ∫x⁵ ∫y⁶ ∫z³ = 1/6 · (2⁷ + 1)/7 · (5⁴ − 3⁴)/4
    let got = rule.integrate(|x| x[0].powi(5) * x[1].powi(6) * x[2].powi(3));
    let want = 1.0 / 6.0 * (129.0 / 7.0) * 136.0;
    assert!((got / want - 1.0).abs() < 1e-14);
    assert_eq!(rule.point(1)[..2], rule.point(0)[..2]);
}

#[test]
fn polar_grids_integrate_over_the_disk() {
    for grid in [PolarGrid::training(), PolarGrid::independent()] {
        let rule = grid.build::<f64>().unwrap();
        assert_eq!(rule.len(), grid.radial * grid.angular);
        let r = |x: &[f64]| x[0].hypot(x[1]);
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-12, "{got} against {want}");
        close(rule.integrate(|_| 1.0), PI * 1e4);
        close(rule.integrate(|x| (-r(x)).exp()), TAU);
        close(rule.integrate(|x| (-r(x)).exp() / r(x)), TAU);
        // ∫ x² e^(−r) = π 3!, and every harmonic below the angular degree vanishes.
        close(rule.integrate(|x| x[0] * x[0] * (-r(x)).exp()), 6.0 * PI);
        for k in 1..grid.angular {
            let harmonic = rule.integrate(|x| (k as f64 * x[1].atan2(x[0])).cos() * (-r(x)).exp());
            assert!(harmonic.abs() < 1e-12, "{k}: {harmonic}");
        }
    }
}

#[test]
fn the_two_grids_share_no_radius() {
    let radii = |grid: PolarGrid| -> Vec<f64> {
        let rule = grid.build::<f64>().unwrap();
        rule.points().chunks(2).step_by(grid.angular).map(|x| x[0].hypot(x[1])).collect()
    };
    let (a, b) = (radii(PolarGrid::training()), radii(PolarGrid::independent()));
    assert!(a.iter().all(|r| b.iter().all(|s| (r / s - 1.0).abs() > 1e-6)));
}

#[test]
fn single_precision_rounds_the_double_rule() {
    let rule = PolarGrid::training().build::<f32>().unwrap();
    let mass = rule.integrate(|x| (-x[0].hypot(x[1])).exp());
    assert!((mass / std::f32::consts::TAU - 1.0).abs() < 1e-5);
}

#[test]
fn hostile_input_is_refused() {
    let invalid = |r: Result<Quadrature<f64>>| assert!(matches!(r, Err(Error::InvalidArgument { .. })));
    invalid(Quadrature::gauss_legendre(0, 0.0..1.0));
    invalid(Quadrature::gauss_legendre(usize::MAX, 0.0..1.0));
    for bad in [1.0..1.0, 2.0..1.0, f64::NAN..1.0, 0.0..f64::INFINITY, f64::MIN..f64::MAX] {
        invalid(Quadrature::gauss_legendre(3, bad));
    }
    invalid(Quadrature::tensor(&[]));
    invalid(Quadrature::rectangle(&[0.0..1.0, 0.0..1.0], &[1 << 13, 1 << 14]));
    assert!(matches!(Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..1.0], &[3]), Err(Error::Shape { .. })));
    invalid(PolarGrid { radius: 0.0, ..PolarGrid::training() }.build());
    invalid(PolarGrid { rotation: f64::NAN, ..PolarGrid::training() }.build());
    invalid(PolarGrid { angular: 0, ..PolarGrid::training() }.build());
    invalid(PolarGrid { radial: 0, ..PolarGrid::training() }.build());
    invalid(PolarGrid { radial: usize::MAX, ..PolarGrid::training() }.build());
    invalid(Quadrature::new(vec![], vec![], 0));
    assert!(matches!(Quadrature::new(vec![1.0], vec![1.0], 2), Err(Error::Shape { .. })));
    assert!(matches!(Quadrature::new(vec![f64::NAN], vec![1.0], 1), Err(Error::NonFinite { .. })));
}

#[test]
fn a_second_rule_has_the_same_integral_by_other_points() {
    let line = Quadrature::<f64>::gauss_legendre(12, -1.0..2.0).unwrap();
    let layer = line.mapped(|s| (s.powi(3), 3.0 * s * s)).unwrap();
    let plane = Quadrature::tensor(&[line.clone(), layer.clone()]).unwrap();
    let disk = PolarGrid { radius: 3.0, radial: 12, angular: 24, rotation: 0.0 }.build::<f64>().unwrap();
    for rule in [line, layer, plane, disk] {
        let second = rule.independent().unwrap();
        assert!(second.len() > rule.len() && second.dimension() == rule.dimension());
        let f = |x: &[f64]| (0.05 * x.iter().sum::<f64>()).exp();
        assert!((second.integrate(f) / rule.integrate(f) - 1.0).abs() < 1e-9);
        assert!(rule.points().iter().all(|x| !second.points().contains(x)));
    }
    // Nothing is asked of the middle, where |x| has no second derivative.
    for n in 1..20 {
        let second = Quadrature::<f64>::gauss_legendre(n, -1.0..1.0).unwrap().independent().unwrap();
        assert!(second.points().iter().all(|x| *x != 0.0), "{n}");
    }
    assert_eq!(Quadrature::new(vec![0.5], vec![1.0], 1).unwrap().independent(), None);
}

#[test]
fn refined_rules_resolve_what_coarse_ones_do_not() {
    let side = || Quadrature::<f64>::gauss_legendre(6, -1.0..1.0).unwrap();
    let square = Quadrature::tensor(&[side(), side()]).unwrap();
    let wave = |x: &[f64]| (8.0 * x[0]).cos() * (8.0 * x[1]).cos();
    let exact = (8.0_f64.sin() / 4.0).powi(2);
    let error = |rule: &Quadrature<f64>| (rule.integrate(wave) - exact).abs();
    let finer = square.refined(3.0).unwrap();
    assert!(finer.len() == 18 * 18 && error(&square) > 1e-2 && error(&finer) < 1e-12);
    // And can be refined and checked again; by at least a point.
    assert!(finer.independent().is_some() && finer.refined(1.0).unwrap().len() == 19 * 19);
    // Nothing is known of points that were given or mapped.
    assert_eq!(Quadrature::new(vec![0.5], vec![1.0], 1).unwrap().refined(2.0), None);
    assert_eq!(side().mapped(|s| (s.powi(3), 3.0 * s * s)).unwrap().refined(2.0), None);
    assert_eq!(square.refined(1e9), None);
}

#[test]
fn spherical_grids_integrate_over_the_ball() {
    let grid = SphericalGrid { radius: 2.0, radial: 12, polar: 4, angular: 7, rotation: 0.3 };
    let rule = grid.build::<f64>().unwrap();
    // ∫ x² = ∫ z² = 4π R⁵/15, ∫ x z = 0, ∫ x⁴ = 4π R⁷/35.
    let unit = 4.0 * PI * 32.0 / 15.0;
    let near = |f: &dyn Fn(&[f64]) -> f64, want: f64| assert!((rule.integrate(f) - want).abs() < 1e-12 * unit);
    near(&|x| x[0] * x[0], unit);
    near(&|x| x[2] * x[2], unit);
    near(&|x| x[0] * x[2], 0.0);
    near(&|x| x[0].powi(4), 4.0 * PI * 128.0 / 35.0);
    let second = rule.independent().unwrap();
    assert!((second.integrate(|x| x[1] * x[1]) - unit).abs() < 1e-12 * unit);
    for bad in [
        SphericalGrid { radius: 0.0, ..grid },
        SphericalGrid { radius: f64::NAN, ..grid },
        SphericalGrid { polar: 0, ..grid },
        SphericalGrid { radial: usize::MAX, ..grid },
        SphericalGrid { rotation: f64::INFINITY, ..grid },
    ] {
        assert!(matches!(bad.build::<f64>(), Err(Error::InvalidArgument { .. })), "{bad:?}");
    }
}

#[test]
fn elliptic_grids_integrate_over_the_ellipse() {
    let grid = EllipticGrid { focus: 1.5, radius: 2.5, radial: 16, angular: 9, rotation: 0.3 };
    let rule = grid.build::<f64>().unwrap();
    // Semi-axes 2.5 and 2: ∫ 1 = π a b, ∫ x² = π a³ b/4, ∫ y² = π a b³/4.
    let area = PI * 5.0;
    let near = |rule: &Quadrature<f64>, f: &dyn Fn(&[f64]) -> f64, want: f64| {
        assert!((rule.integrate(f) - want).abs() < 1e-12 * area, "{} {want}", rule.integrate(f));
    };
    near(&rule, &|_| 1.0, area);
    near(&rule, &|x| x[0] * x[0], area * 6.25 / 4.0);
    near(&rule, &|x| x[1] * x[1], area);
    near(&rule, &|x| x[0] * x[1], 0.0);
    // With the product of the distances from the foci below, nothing is left but 1: the area in μ and ν.
    let distance = |x: &[f64], side: f64| (x[0] - side).hypot(x[1]);
    near(&rule, &|x| (distance(x, 1.5) * distance(x, -1.5)).recip(), TAU * (2.5_f64 / 1.5).acosh());
    near(&rule.independent().unwrap(), &|x| x[1] * x[1], area);
    for bad in [
        EllipticGrid { focus: 0.0, ..grid },
        EllipticGrid { focus: 2.5, ..grid },
        EllipticGrid { focus: 1e-200, ..grid },
        EllipticGrid { radius: f64::NAN, ..grid },
        EllipticGrid { radial: usize::MAX, ..grid },
        EllipticGrid { angular: 0, ..grid },
        EllipticGrid { rotation: f64::INFINITY, ..grid },
    ] {
        assert!(matches!(bad.build::<f64>(), Err(Error::InvalidArgument { .. })), "{bad:?}");
    }
}

#[test]
fn absurd_requests_are_refused_at_once() {
    let many = Quadrature::<f64>::new(vec![0.0; 1 << 20], vec![1.0; 1 << 20], 1).unwrap();
    let wide = Quadrature::<f64>::new(vec![0.0; 1 << 16], vec![1.0], 1 << 16).unwrap();
    let endless = Quadrature::<f64>::new(vec![], vec![], usize::MAX).unwrap();
    let refused = [
        ("no points", Quadrature::<f64>::gauss_legendre(0, 0.0..1.0).is_err()),
        ("2^60 points", Quadrature::<f64>::gauss_legendre(1 << 60, 0.0..1.0).is_err()),
        ("hours of nodes", Quadrature::<f64>::gauss_legendre(MAX_POINTS, 0.0..1.0).is_err()),
        ("too many of a product", Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..1.0], &[1 << 14, 1 << 14]).is_err()),
        ("NaN", Quadrature::<f64>::gauss_legendre(3, f64::NAN..1.0).is_err()),
        ("subnormal length", Quadrature::<f64>::gauss_legendre(3, 0.0..5e-324).is_err()),
        ("infinite length", Quadrature::<f64>::gauss_legendre(3, -1e308..1e308).is_err()),
        ("beyond f32", Quadrature::<f32>::gauss_legendre(3, 0.0..1e300).is_err()),
        ("2^36 coordinates", Quadrature::tensor(&[many, wide]).is_err()),
        ("dimensions beyond count", Quadrature::tensor(&[endless.clone(), endless]).is_err()),
        ("an area of 0", PolarGrid { radius: 1e-300, ..PolarGrid::default() }.build::<f64>().is_err()),
        ("f32 weights", PolarGrid { radius: 1e30, ..PolarGrid::default() }.build::<f32>().is_err()),
    ];
    for (what, refused) in refused {
        assert!(refused, "{what}");
    }
}

#[test]
fn weights_beyond_the_range_are_refused() {
    let square = |side: f64| Quadrature::<f32>::rectangle(&[0.0..side, 0.0..side], &[2, 2]);
    for side in [1e20, 1e-20] {
        let refused = square(side).unwrap_err();
        assert!(matches!(refused, Error::InvalidArgument { .. }) && refused.to_string().contains("f64"), "{refused}");
    }
    assert!(Quadrature::<f32>::rectangle(&[0.0..1e-15, 0.0..1e-15, 0.0..1e-15], &[3, 3, 3]).is_err());
    for side in [1e15, 1e-15] {
        let sum: f32 = square(side).unwrap().weights().iter().sum();
        assert!((sum / (side * side) as f32 - 1.0).abs() < 1e-6);
    }
    // Weights of zero are one's own affair.
    let own = Quadrature::new(vec![0.0f32, 1.0], vec![0.0, 1.0], 1).unwrap();
    assert_eq!(Quadrature::tensor(&[own.clone(), own]).unwrap().weights(), [0.0, 0.0, 0.0, 1.0]);
}
