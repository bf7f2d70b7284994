//! Equations and conditions that hold integrals of the solution.

use eigennet::linalg::{Lu, Matrix};

use super::*;

/// Gauss–Legendre points on `range`.
fn gauss(points: usize, range: std::ops::Range<f64>) -> Quadrature<f64> {
    Quadrature::gauss_legendre(points, range).unwrap()
}

#[test]
fn love_against_nystrom() {
    let domain = Domain::new(["x"], [-1.0..1.0]).unwrap();
    let (net, rule) = (Mlp::new("net", [1, 12, 1]).weights(TWICE), gauss(20, -1.0..1.0));
    let love = Equation::record(&domain, |g, [x]| {
        let [s, weights] = g.quadrature(&rule);
        let kernel = (PI * (1.0 + (x - s.transpose()).square())).recip();
        let u = net.call(x);
        g.output("u", u);
        u - kernel.matmul(weights * net.call(s)) - 1.0
    })
    .unwrap();
    let fine = gauss(30, -1.0..1.0);
    let (s, w) = (fine.points(), fine.weights());
    let kernel = |i: usize, j: usize| w[j] / (PI * (1.0 + (s[i] - s[j]).powi(2)));
    let system = Matrix::identity(30).sub(&Matrix::from_fn(30, 30, kernel)).unwrap();
    let nystrom = Lu::factor(&system).unwrap().solve(&Matrix::from_fn(30, 1, |_, _| 1.0)).unwrap();
    for seed in 0..3 {
        let u = solve_from(Seed(seed), &love, love.on(&domain.gauss([60]).unwrap()).unwrap(), 1000);
        let missed = relative_l2(&u.on(s).unwrap(), nystrom.as_slice()).unwrap();
        assert!(missed < 3e-8, "seed {seed}: {missed:.1e}");
    }
}

#[test]
fn an_integral_that_ends_at_x() {
    // Volterra: s = x ξ, one column for each node ξ.
    let domain = Domain::new(["x"], [0.0..3.0]).unwrap();
    let (net, rule) = (Mlp::new("net", [1, 12, 1]).weights(TWICE), gauss(16, 0.0..1.0));
    let volterra = Equation::record(&domain, |g, [x]| {
        let [xi, weights] = g.quadrature(&rule);
        let s = x * xi.transpose();
        let (u, u_at_s) = (net.call(domain.scaled([x])), net.call(domain.scaled([s.columns_to_heads(16)])));
        g.output("u", u);
        let integral = x * ((-x * s).exp() * u_at_s.heads_to_columns()).matmul(weights);
        let f = x.cos() - ((-x.square()).exp() * (x.sin() - x * x.cos()) + x) / (1.0 + x.square());
        u - integral - f
    })
    .unwrap();
    for seed in 0..3 {
        let u = solve_from(Seed(seed), &volterra, volterra.on(&domain.gauss([60]).unwrap()).unwrap(), 1000);
        let missed = error(&u, &domain.uniform([101]).unwrap(), |p| p[0].cos());
        assert!(missed < 3e-8, "seed {seed}: {missed:.1e}");
    }
}

#[test]
fn slopes_at_both_ends_and_the_integral() {
    let domain = Domain::new(["x"], [0.0..2.0]).unwrap();
    let form = Form::on(&domain).neumann("x", Side::Lower, 3.0).neumann("x", Side::Upper, 3.0 * 6f64.cos());
    let form = form.build().unwrap();
    let (net, rule) = (Mlp::new("net", [form.feature_count(), 12, 1]).weights(TWICE), gauss(16, 0.0..2.0));
    let string = Equation::record(&domain, |g, [x]| {
        let [s, weights] = g.quadrature(&rule);
        let [u, u_at_s] = [x, s].map(|x| form.apply([x], |inputs| net.call(inputs)));
        g.output("u", u);
        g.output("integral", weights.transpose_matmul(u_at_s) - 0.5);
        u.d(x).d(x) + 9.0 * (3.0 * x).sin()
    })
    .unwrap()
    .with_condition("integral", 1.0)
    .unwrap();
    let constant = 0.25 - (1.0 - 6f64.cos()) / 6.0;
    for seed in 0..3 {
        let u = solve_from(Seed(seed), &string, string.on(&domain.gauss([80]).unwrap()).unwrap(), 1000);
        let missed = error(&u, &domain.uniform([101]).unwrap(), |p| (3.0 * p[0]).sin() + constant);
        assert!(missed < 3e-8, "seed {seed}: {missed:.1e}");
    }
}

#[test]
fn the_heat_content_in_place_of_a_boundary_condition() {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0]).unwrap();
    let start = field(|[x, _]| (0.5 * PI * x).cos());
    let form = Form::on(&domain).neumann("x", Side::Lower, 0.0).initial("t", start).build().unwrap();
    let net = Mlp::new("net", [form.feature_count(), 8, 8, 1]).weights(TWICE);
    let rule = gauss(10, 0.0..1.0);
    let rod = Equation::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        let ([s, weights], time) = (g.quadrature(&rule), g.coordinate("times", Rows::named("times")));
        let nodes = s.transpose().columns_to_heads(10);
        let along = form.apply([nodes, time], |inputs| net.call(inputs).columns_to_heads(10)).heads_to_columns();
        g.output("content", along.matmul(weights) - 2.0 / PI * (-0.25 * PI * PI * time).exp());
        u.d(t) - u.d(x).d(x)
    })
    .unwrap()
    .with_condition("content", 10.0)
    .unwrap();
    let mut system = rod.on(&domain.gauss([16, 16]).unwrap()).unwrap();
    system.set("times", gauss(12, 0.0..1.0).points()).unwrap();
    let u = solve(&rod, system, 300);
    let mode = |p: &[f64]| (0.5 * PI * p[0]).cos() * (-0.25 * PI * PI * p[1]).exp();
    let missed = error(&u, &domain.uniform([41, 41]).unwrap(), mode);
    assert!(missed < 1e-5, "{missed:.1e}");
}

#[test]
fn jacobians_through_integrals_are_those_of_differences() {
    // All the ways an integral can stand in a residual: a number, along the rows, by a kernel.
    let domain = Domain::new(["x"], [0.0..1.5]).unwrap();
    let (net, rule) = (Mlp::new("net", [1, 4, 1]), gauss(5, 0.0..1.0));
    let equation = Equation::record(&domain, |g, [x]| {
        let [s, weights] = g.quadrature(&rule);
        let (u, at_nodes) = (net.call(x), net.call(s));
        let inner = net.call((x * s.transpose()).columns_to_heads(5)).heads_to_columns();
        let kernel = (x * s.transpose()).cos().matmul(weights * at_nodes.square());
        g.output("number", weights.transpose_matmul(at_nodes.square()) - 1.0);
        u.d(x) * kernel + (inner * inner).matmul(weights) - u
    })
    .unwrap()
    .with_condition("number", 2.0)
    .unwrap();
    let mut system = equation.on(&domain.gauss([7]).unwrap()).unwrap();
    let mut theta = equation.initial(Seed(3));
    let (rows, columns) = (system.residual_count(), theta.len());
    let (mut residuals, mut jacobian) = (vec![0.0; rows], Matrix::zeros(rows, columns));
    system.residuals_and_jacobian(&theta, &mut residuals, &mut jacobian).unwrap();
    let (h, [mut above, mut below]) = (1e-5, [vec![0.0; rows], vec![0.0; rows]]);
    for j in 0..columns {
        let here = theta[j];
        theta[j] = here + h;
        system.residuals(&theta, &mut above).unwrap();
        theta[j] = here - h;
        system.residuals(&theta, &mut below).unwrap();
        theta[j] = here;
        for i in 0..rows {
            let slope: f64 = (above[i] - below[i]) / (2.0 * h);
            assert!((jacobian[(i, j)] - slope).abs() < 1e-8, "{i} {j}: {} {slope}", jacobian[(i, j)]);
        }
    }
}
