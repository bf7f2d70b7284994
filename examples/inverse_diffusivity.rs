//! An unknown diffusivity from noisy measurements: u_t = κ u_xx, κ is trained beside the network.

use std::f64::consts::PI;

use eigennet::autodiff::Rows;
use eigennet::differential::{Domain, Equation};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let (kappa, noise) = (0.3, 0.01);
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
    let net = Mlp::new("net", [2, 12, 12, 1]);
    let rod = Equation::<f64>::record(&domain, |g, [x, t]| {
        let places = [[x, t], g.coordinates("seen at", Rows::named("data"))];
        let [u, at_data] = places.map(|[x, t]| (PI * x).sin() + x * (1.0 - x) * t * net.call(domain.scaled([x, t])));
        g.output("misfit", at_data - g.input("seen", Rows::named("data"), 1));
        u.d(t) - g.scalar_parameter("kappa", 1.0) * u.d(x).d(x)
    })?
    .with_condition("misfit", 100.0)?;

    // 200 measurements with one per cent of noise.
    let (places, mut random) = (domain.random(200, Seed(1))?, Seed(2).into_stream());
    let truth = |p: &[f64]| (PI * p[0]).sin() * (-kappa * PI * PI * p[1]).exp();
    let seen: Vec<f64> = places.points().chunks(2).map(|p| truth(p) + noise * random.normal::<f64>()).collect();
    let mut system = rod.on(&domain.gauss([16, 16])?)?;
    system.set("seen at", places.points())?.set("seen", &seen)?;
    let mut theta = rod.initial(Seed(0));
    let fit = LevenbergMarquardt { max_iterations: 200, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut system, &mut theta)?);
    println!("diffusivity {:.4}, true {kappa}", rod.coefficient("kappa", &theta)?);
    Ok(())
}
