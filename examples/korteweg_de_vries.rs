//! Two solitons that pass through one another: u_t + 6 u u_x + u_xxx = 0, a third derivative by nesting, against the
//! closed form of Hirota (1971).

use eigennet::differential::{Domain, Equation, Form, Side, field, relative_l2};
use eigennet::{Result, Seed, autodiff::Var, nn::Mlp, optim::LevenbergMarquardt, reference::Solitons};

const FAST: f64 = 1.6;

/// u and u_x, cumulants of the wave numbers: what the ends and the start are given.
fn solitons<'g>([x, t]: [Var<'g>; 2]) -> [Var<'g>; 2] {
    let [fast, slow] = [FAST, 1.0].map(|k| (k * x - k.powi(3) * t).exp());
    let both = ((FAST - 1.0) / (FAST + 1.0)).powi(2) * fast * slow;
    let moment = |n| (FAST.powi(n) * fast + slow + (FAST + 1.0).powi(n) * both) / (1.0 + fast + slow + both);
    let [mean, second, third] = [1, 2, 3].map(moment);
    [2.0 * (second - mean.square()), 2.0 * (third - 3.0 * mean * second + 2.0 * mean.powi(3))]
}

fn main() -> Result<()> {
    let domain = Domain::new(["x", "t"], [-8.0..8.0, -1.0..1.0])?;
    let form = Form::on(&domain)
        .dirichlet("x", Side::Lower, field(|x| solitons(x)[0]))
        .dirichlet("x", Side::Upper, field(|x| solitons(x)[0]))
        .neumann("x", Side::Upper, field(|x| solitons(x)[1]))
        .initial("t", field(|x| solitons(x)[0]))
        .build()?;
    let net = Mlp::new("net", [2, 16, 16, 1]);
    let waves = Equation::<f64>::record(&domain, |g, [x, t]| {
        let u = form.apply([x, t], |inputs| net.call(inputs));
        g.output("u", u);
        u.d(t) + 6.0 * u * u.d(x) + u.d(x).d(x).d(x)
    })?;
    let mut theta = waves.initial(Seed(0));
    let fit = LevenbergMarquardt { max_iterations: 300, ..LevenbergMarquardt::default() };
    println!("{}", fit.minimize(&mut waves.on(&domain.gauss([64, 24])?)?, &mut theta)?);

    let (grid, exact) = (domain.uniform::<f64>([201, 51])?, Solitons::new(&[[FAST, 0.0], [1.0, 0.0]])?);
    let exact: Vec<f64> = grid.points().chunks(2).map(|p| exact.value(p[0], p[1])).collect();
    println!("relative L2 error {:.1e}", relative_l2(&waves.solution("u", &theta)?.on(grid.points())?, &exact)?);
    Ok(())
}
