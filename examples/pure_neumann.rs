//! Slopes at both ends leave a constant open, which the integral of the solution settles:
//! u″ = −9 sin 3x, u′(0) = 3, u′(2) = 3 cos 6, ∫ u dx = 0, against the closed form.

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, Form, Side, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt, quadrature::Quadrature};

fn main() -> Result<()> {
    let domain = Domain::new(["x"], [0.0..2.0])?;
    let form = Form::on(&domain).neumann("x", Side::Lower, 3.0).neumann("x", Side::Upper, 3.0 * 6f64.cos()).build()?;
    let net = Mlp::new("net", [form.feature_count(), 12, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let rule = Quadrature::<f64>::gauss_legendre(16, 0.0..2.0)?;
    let string = Equation::<f64>::record(&domain, |g, [x]| {
        // Not the mean over the equation's own points: Gauss points crowd at the ends.
        let [s, weights] = g.quadrature(&rule);
        let [u, u_at_s] = [x, s].map(|x| form.apply([x], |inputs| net.call(inputs)));
        g.output("u", u);
        g.output("integral", weights.transpose_matmul(u_at_s));
        u.d(x).d(x) + 9.0 * (3.0 * x).sin()
    })?
    .with_condition("integral", 1.0)?;
    let mut theta = string.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut string.on(&domain.gauss([80])?)?, &mut theta)?;
    println!("{outcome}");

    let grid = domain.uniform::<f64>([1001])?;
    let exact: Vec<f64> = grid.points().iter().map(|x| (3.0 * x).sin() - (1.0 - 6f64.cos()) / 6.0).collect();
    println!("relative L2 error {:.1e}", relative_l2(&string.solution("u", &theta)?.on(grid.points())?, &exact)?);
    Ok(())
}
