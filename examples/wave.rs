//! A plucked string: u_tt = u_xx, u = 0 at both ends, u and u_t given at t = 0, against the exact standing waves.

use std::f64::consts::PI;

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, Form, Side, field, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, 0.0)
        .dirichlet("x", Side::Upper, 0.0)
        .initial("t", field(|[x, _]| (PI * x).sin() + 0.5 * (2.0 * PI * x).sin()))
        .initial_velocity("t", 0.0)
        .build()?;
    let net = Mlp::new("net", [form.feature_count(), 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let string = Equation::<f64>::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t).d(t) - u.d(x).d(x)
    })?;
    let mut theta = string.initial(Seed(0));
    let mut system = string.on(&domain.gauss([28, 28])?)?;
    let fit = LevenbergMarquardt { max_iterations: 500, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut system, &mut theta)?);

    let (u, grid) = (string.solution("u", &theta)?, domain.uniform([101, 101])?);
    let mode = |k: f64, p: &[f64]| (k * PI * p[0]).sin() * (k * PI * p[1]).cos();
    let exact: Vec<f64> = grid.points().chunks(2).map(|p| mode(1.0, p) + 0.5 * mode(2.0, p)).collect();
    println!("relative L2 error {:.1e}", relative_l2(&u.on(grid.points())?, &exact)?);
    Ok(())
}
