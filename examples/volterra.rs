//! An integral equation whose integral ends at x (Volterra), u(x) − ∫₀ˣ e^{−xs} u(s) ds = f(x), with f such that u = cos x.

use eigennet::autodiff::Initializer;
use eigennet::differential::{Domain, Equation, relative_l2};
use eigennet::{Result, Seed, nn::Mlp, optim::LevenbergMarquardt, quadrature::Quadrature};

fn main() -> Result<()> {
    const NODES: usize = 16;
    let domain = Domain::new(["x"], [0.0..3.0])?;
    let net = Mlp::new("net", [1, 12, 1]).weights(Initializer::GlorotUniform { gain: 2.0 });
    let rule = Quadrature::<f64>::gauss_legendre(NODES, 0.0..1.0)?;
    let volterra = Equation::<f64>::record(&domain, |g, [x]| {
        // s = x ξ, so that the integral is x ∫₀¹ … dξ: each point has nodes of its own, one in each column.
        let [xi, weights] = g.quadrature(&rule);
        let s = x * xi.transpose();
        let (u, u_at_s) = (net.call(domain.scaled([x])), net.call(domain.scaled([s.columns_to_heads(NODES)])));
        g.output("u", u);
        let integral = x * ((-x * s).exp() * u_at_s.heads_to_columns()).matmul(weights);
        let f = x.cos() - ((-x.square()).exp() * (x.sin() - x * x.cos()) + x) / (1.0 + x.square());
        u - integral - f
    })?;
    let mut theta = volterra.initial(Seed(0));
    let outcome = LevenbergMarquardt::default().minimize(&mut volterra.on(&domain.gauss([60])?)?, &mut theta)?;
    println!("{outcome}");

    let grid = domain.uniform::<f64>([1001])?;
    let exact: Vec<f64> = grid.points().iter().map(|x| x.cos()).collect();
    println!("relative L2 error {:.1e}", relative_l2(&volterra.solution("u", &theta)?.on(grid.points())?, &exact)?);
    Ok(())
}
