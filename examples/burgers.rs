//! Burgers' equation u_t + u u_x = ν u_xx with ν = 0.01/π, whose slope at x = 0 grows to 150, against Cole and Hopf.

use std::f64::consts::PI;

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, Form, Side, field, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt, quadrature::Quadrature, reference::Burgers};

fn main() -> Result<()> {
    let nu = 0.01 / PI;
    let domain = Domain::new(["x", "t"], [-1.0..1.0, 0.0..1.0])?;
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, 0.0)
        .dirichlet("x", Side::Upper, 0.0)
        .initial("t", field(|[x, _]| -(PI * x).sin()))
        .build()?;
    let net = Mlp::new("net", [2, 20, 20, 20, 1]).weights(Initializer::GlorotUniform { gain: 1.5 });
    let burgers = Equation::<f64>::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t) + u * u.d(x) - nu * u.d(x).d(x)
    })?;
    // Points crowd where the layer will be: x = sinh 6s / sinh 6.
    let s = Quadrature::gauss_legendre(80, -1.0..1.0)?;
    let x = s.mapped(|s| ((6.0 * s).sinh() / 6f64.sinh(), 6.0 * (6.0 * s).cosh() / 6f64.sinh()))?;
    let mut system = burgers.on(&Quadrature::tensor(&[x, Quadrature::gauss_legendre(24, 0.0..1.0)?])?)?;
    let mut theta = burgers.initial(Seed(0));
    let fit = LevenbergMarquardt { max_iterations: 400, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut system, &mut theta)?);

    let (u, grid, exact) = (burgers.solution("u", &theta)?, domain.uniform::<f64>([201, 51])?, Burgers::new(nu)?);
    let exact: Vec<f64> = grid.points().chunks(2).map(|p| exact.value(p[0], p[1])).collect();
    println!("relative L2 error {:.1e}", relative_l2(&u.on(grid.points())?, &exact)?);
    Ok(())
}
