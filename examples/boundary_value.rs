//! A boundary-value problem with a slope prescribed at one end: u″ + u = x, u(0) = 1, u′(2) = 0, against the closed form.

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, Form, Side, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let domain = Domain::new(["x"], [0.0..2.0])?;
    let form = Form::on(&domain).dirichlet("x", Side::Lower, 1.0).neumann("x", Side::Upper, 0.0).build()?;
    let net = Mlp::new("net", [form.feature_count(), 12, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let beam = Equation::<f64>::record(&domain, |g, [x]| {
        let u = form.apply([x], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(x).d(x) + u - x
    })?;
    let mut theta = beam.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut beam.on(&domain.gauss([60])?)?, &mut theta)?;
    println!("{outcome}");

    // u = x + cos x + c sin x, with 1 − sin 2 + c cos 2 = 0.
    let c = (2f64.sin() - 1.0) / 2f64.cos();
    let grid = domain.uniform::<f64>([1001])?;
    let exact: Vec<f64> = grid.points().iter().map(|x| x + x.cos() + c * x.sin()).collect();
    println!("relative L2 error {:.1e}", relative_l2(&beam.solution("u", &theta)?.on(grid.points())?, &exact)?);
    Ok(())
}
