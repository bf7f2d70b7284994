//! u_t + u u_x + u_xx + u_xxxx = 0, periodic: u_xxxx nested, or by order reduction, w = u_xx; against a Fourier method.

use eigennet::differential::runge_kutta::{Integrator, Radau};
use eigennet::differential::{Domain, Equation, Form, field, fourier::FourierGrid, relative_l2};
use eigennet::{Result, Seed, autodiff::Var, nn::Mlp, optim::LevenbergMarquardt};

fn main() -> Result<()> {
    let length = 4.0 * std::f64::consts::PI;
    let domain = Domain::new(["x", "t"], [0.0..length, 0.0..1.0])?;
    let waves = |a: f64| Form::on(&domain).periodic("x", 2).initial("t", field(move |[x, _]| a * (0.5 * x).cos()));
    let (u_form, w_form) = (waves(1.0).build()?, waves(-0.25).build()?);
    let grid = FourierGrid::new(32, 0.0..length)?;
    let (slope, stiff) = (grid.derivative(1), grid.derivative(2).add(&grid.derivative(4))?);
    let product = |row: &[f64], u: &[f64]| row.iter().zip(u).map(|(a, u)| a * u).sum::<f64>();
    let rate = |_: f64, u: &[f64], rate: &mut [f64]| {
        (0..32).for_each(|i| rate[i] = -u[i] * product(slope.row(i), u) - product(stiff.row(i), u));
    };
    let initial: Vec<f64> = grid.points().iter().map(|x| (0.5 * x).cos()).collect();
    let reference = Radau { rtol: 1e-10, atol: 1e-12, ..Radau::default() }.integrate(rate, 0.0..1.0, &initial)?;
    let ends: Vec<f64> = grid.points().iter().flat_map(|&x| [x, 1.0]).collect();

    for nested in [true, false] {
        let net = Mlp::new("net", [u_form.feature_count(), 16, 16, if nested { 1 } else { 2 }]);
        let flame = Equation::<f64>::record(&domain, |g, [x, t]| {
            let columns = net.call(u_form.features([x, t]));
            let u = u_form.apply([x, t], |_| columns.columns(0..1));
            g.output("u", u);
            let w = if nested { u.d(x).d(x) } else { w_form.apply([x, t], |_| columns.columns(1..2)) };
            let flow = u.d(t) + u * u.d(x) + w + w.d(x).d(x);
            if nested { flow } else { Var::concat(&[flow, w - u.d(x).d(x)]) }
        })?;
        let (mut theta, begin) = (flame.initial(Seed(0)), std::time::Instant::now());
        let fit = LevenbergMarquardt { max_iterations: 200, ..LevenbergMarquardt::default() };
        println!("{}", fit.minimize(&mut flame.on(&domain.gauss([48, 24])?)?, &mut theta)?);
        let error = relative_l2(&flame.solution("u", &theta)?.on(&ends)?, reference.end())?;
        let name = if nested { "nested" } else { "order reduction" };
        println!("{name}: relative L2 error at the end {error:.1e}, {:.1?}", begin.elapsed());
    }
    Ok(())
}
