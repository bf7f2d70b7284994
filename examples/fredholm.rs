//! An integral equation of the second kind, Love's (1949) for a condenser of two discs,
//! u(x) − (1/π) ∫ u(s)/(1 + (x − s)²) ds = 1 on [−1, 1], against the method of Nyström (1930).

use std::f64::consts::PI;

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, relative_l2};
use eigennet::linalg::{Lu, Matrix};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt, quadrature::Quadrature};

fn main() -> Result<()> {
    let domain = Domain::new(["x"], [-1.0..1.0])?;
    let net = Mlp::new("net", [1, 12, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let rule = Quadrature::<f64>::gauss_legendre(20, -1.0..1.0)?;
    let love = Equation::<f64>::record(&domain, |g, [x]| {
        let [s, weights] = g.quadrature(&rule);
        let kernel = (PI * (1.0 + (x - s.transpose()).square())).recip();
        let u = net.call(x);
        g.output("u", u);
        u - kernel.matmul(weights * net.call(s)) - 1.0
    })?;
    let mut theta = love.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut love.on(&domain.gauss([60])?)?, &mut theta)?;
    println!("{outcome}");

    let fine = Quadrature::<f64>::gauss_legendre(40, -1.0..1.0)?;
    let (s, w) = (fine.points(), fine.weights());
    let kernel = |i: usize, j: usize| w[j] / (PI * (1.0 + (s[i] - s[j]).powi(2)));
    let system = Matrix::from_fn(40, 40, |i, j| if i == j { 1.0 - kernel(i, j) } else { -kernel(i, j) });
    let nystrom = Lu::factor(&system)?.solve(&Matrix::from_fn(40, 1, |_, _| 1.0))?;
    println!("relative L2 error {:.1e}", relative_l2(&love.solution("u", &theta)?.on(s)?, nystrom.as_slice())?);
    Ok(())
}
