//! Equations of high order, by nested derivatives.

use super::*;

#[test]
fn a_clamped_beam() {
    let domain = Domain::new(["x"], [0.0..1.0]).unwrap();
    let net = Mlp::new("net", [1, 12, 1]).weights(TWICE);
    let beam = Equation::record(&domain, |g, [x]| {
        let u = (x * (1.0 - x)).square() * net.call(domain.scaled([x]));
        g.output("u", u);
        u.d(x).d(x).d(x).d(x) - PI.powi(4) * (PI * x).sin()
    })
    .unwrap();
    for seed in 0..3 {
        let u = solve_from(Seed(seed), &beam, beam.on(&domain.gauss([60]).unwrap()).unwrap(), 1000);
        let exact = |p: &[f64]| (PI * p[0]).sin() - PI * p[0] * (1.0 - p[0]);
        let missed = error(&u, &domain.uniform([101]).unwrap(), exact);
        assert!(missed < 1e-9, "seed {seed}: {missed:.1e}");
    }
}
