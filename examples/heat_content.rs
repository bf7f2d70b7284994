//! A rod of which one end is insulated, and the other unknown: what is known is its heat content at all times (Cannon, 1963).
//! u_t = u_xx, u_x(0, t) = 0, ∫₀¹ u dx = (2/π) e^{−π²t/4}, against the exact decaying mode.

use std::f64::consts::PI;

use eigennet::autodiff::{Initializer, Rows};
use eigennet::differential::{Domain, Equation, Form, Side, field, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt, quadrature::Quadrature};

fn main() -> Result<()> {
    const NODES: usize = 12;
    let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
    let start = field(|[x, _]| (0.5 * PI * x).cos());
    let form = Form::on(&domain).neumann("x", Side::Lower, 0.0).initial("t", start).build()?;
    let net = Mlp::new("net", [form.feature_count(), 10, 10, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let rule = Quadrature::<f64>::gauss_legendre(NODES, 0.0..1.0)?;
    let rod = Equation::<f64>::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        // u at each of the times (a row) and each node (a column).
        let ([s, weights], time) = (g.quadrature(&rule), g.coordinate("times", Rows::named("times")));
        let nodes = s.transpose().columns_to_heads(NODES);
        let along = form.apply([nodes, time], |inputs| net.call(inputs).columns_to_heads(NODES)).heads_to_columns();
        g.output("content", along.matmul(weights) - 2.0 / PI * (-0.25 * PI * PI * time).exp());
        u.d(t) - u.d(x).d(x)
    })?
    .with_condition("content", 10.0)?;
    let mut system = rod.on(&domain.gauss([20, 20])?)?;
    system.set("times", Quadrature::gauss_legendre(16, 0.0..1.0)?.points())?;
    let mut theta = rod.initial(Seed(0));
    println!("{}", LevenbergMarquardt::default().minimize(&mut system, &mut theta)?);

    let (u, grid) = (rod.solution("u", &theta)?, domain.uniform::<f64>([101, 101])?);
    let mode = |p: &[f64]| (0.5 * PI * p[0]).cos() * (-0.25 * PI * PI * p[1]).exp();
    let exact: Vec<f64> = grid.points().chunks(2).map(mode).collect();
    println!("relative L2 error {:.1e}", relative_l2(&u.on(grid.points())?, &exact)?);
    Ok(())
}
