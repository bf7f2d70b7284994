//! The heat equation in a cube: u_t = Δu in three dimensions, cold walls, against the exact decaying mode.

use std::f64::consts::PI;

use eigennet::differential::{Domain, Equation, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let domain = Domain::new(["x", "y", "z", "t"], [0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..0.1])?;
    let net = Mlp::new("net", [4, 20, 20, 1]);
    let heat = Equation::record(&domain, |g, [x, y, z, t]| {
        let start = (PI * x).sin() * (PI * y).sin() * (PI * z).sin();
        let walls = x * (1.0 - x) * y * (1.0 - y) * z * (1.0 - z);
        let u = start + 640.0 * walls * t * net.call(domain.scaled([x, y, z, t]));
        g.output("u", u);
        u.d(t) - u.laplacian([x, y, z])
    })?;
    let mut theta = heat.initial(Seed(0));
    let mut system = heat.on(&domain.halton(2500, Seed(1))?)?;
    let fit = LevenbergMarquardt { max_iterations: 150, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut system, &mut theta)?);

    let (u, test) = (heat.solution("u", &theta)?, domain.random(10_000, Seed(2))?);
    let mode = |p: &[f64]| p[..3].iter().map(|x| (PI * x).sin()).product::<f64>() * (-3.0 * PI * PI * p[3]).exp();
    let exact: Vec<f64> = test.points().chunks(4).map(mode).collect();
    println!("relative L2 error {:.1e}", relative_l2(&u.on(test.points())?, &exact)?);
    Ok(())
}
