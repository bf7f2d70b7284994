//! −Δu = f on the unit square, u = 0 on its edge, against the exact sin πx sin 2πy.

use std::f64::consts::PI;

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0])?;
    let net = Mlp::new("net", [2, 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let poisson = Equation::<f64>::record(&domain, |g, [x, y]| {
        let u = x * (1.0 - x) * y * (1.0 - y) * net.call(domain.scaled([x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 5.0 * PI * PI * (PI * x).sin() * (2.0 * PI * y).sin()
    })?;
    let mut theta = poisson.initial(Seed(0));
    let mut system = poisson.on(&domain.gauss([28, 28])?)?;
    let fit = LevenbergMarquardt { max_iterations: 300, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut system, &mut theta)?);

    let (u, grid) = (poisson.solution("u", &theta)?, domain.uniform::<f64>([101, 101])?);
    let exact: Vec<f64> = grid.points().chunks(2).map(|p| (PI * p[0]).sin() * (2.0 * PI * p[1]).sin()).collect();
    println!("relative L2 error {:.1e}", relative_l2(&u.on(grid.points())?, &exact)?);
    Ok(())
}
