//! A clamped beam under a load, u⁗ = π⁴ sin πx with u = u′ = 0 at both ends (Euler and Bernoulli), against the closed form.

use std::f64::consts::PI;

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let domain = Domain::new(["x"], [0.0..1.0])?;
    let net = Mlp::new("net", [1, 12, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let beam = Equation::<f64>::record(&domain, |g, [x]| {
        let u = (x * (1.0 - x)).square() * net.call(domain.scaled([x]));
        g.output("u", u);
        u.d(x).d(x).d(x).d(x) - PI.powi(4) * (PI * x).sin()
    })?;
    let mut theta = beam.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut beam.on(&domain.gauss([60])?)?, &mut theta)?;
    println!("{outcome}");

    let grid = domain.uniform::<f64>([1001])?;
    let exact: Vec<f64> = grid.points().iter().map(|x| (PI * x).sin() - PI * x * (1.0 - x)).collect();
    println!("relative L2 error {:.1e}", relative_l2(&beam.solution("u", &theta)?.on(grid.points())?, &exact)?);
    Ok(())
}
