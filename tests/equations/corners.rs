//! Corners that point inwards, at which no derivative of the solution is bounded.

use eigennet::differential::{LinearLeastSquares, RandomFeatures};

use super::*;

/// r^{2/3} cos ⅔φ + eˣ sin y about the inner corner of the L, φ measured from where it opens: harmonic.
fn harmonic<'g>([x, y]: [Var<'g>; 2]) -> [Var<'g>; 2] {
    let (along, across) = (y - x, x + y);
    let square = 0.5 * (along.square() + across.square());
    [square.powf(1.0 / 3.0) * (2.0 / 3.0 * across.atan2(along)).cos(), x.exp() * y.sin()]
}

#[test]
fn laplace_on_an_l_with_and_without_the_function_of_its_corner() {
    let corners = [[0.0, 0.0], [0.0, -1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, 0.0]];
    let region = Region::polygon(&corners).unwrap();
    let domain = region.domain(["x", "y"]).unwrap();
    let net = RandomFeatures { features: 300, ..RandomFeatures::default() };
    let missed = [false, true].map(|added| {
        let laplace = Equation::<f64>::record(&domain, |g, [x, y]| {
            let edge = g.coordinates("edge", Rows::named("edge"));
            let factor = g.scalar_parameter("corner", 0.0);
            let [u, at_edge] = [[x, y], edge].map(|x| {
                let smooth = net.call(domain.scaled(x));
                if added { smooth + factor * harmonic(x)[0] } else { smooth }
            });
            let [singular, smooth] = harmonic(edge);
            g.output("u", u);
            g.output("misfit", at_edge - singular - smooth);
            u.laplacian([x, y])
        })
        .unwrap()
        .with_condition("misfit", 100.0)
        .unwrap();
        let mut system = laplace.on(&region.grid(32).unwrap()).unwrap();
        system.set("edge", region.boundary(400).unwrap().points()).unwrap();
        let mut theta = laplace.initial(Seed(0));
        let blocks = laplace.parameters().blocks().iter().filter(|block| !block.name.contains("hidden"));
        let unknowns: Vec<usize> = blocks.flat_map(|block| block.range()).collect();
        LinearLeastSquares { rcond: Some(1e-14) }.solve(&mut system, &mut theta, unknowns).unwrap();
        let exact = |p: &[f64]| {
            let (along, across) = (p[1] - p[0], p[0] + p[1]);
            let angle = across.atan2(along);
            (along.hypot(across) / 2f64.sqrt()).powf(2.0 / 3.0) * (angle / 1.5).cos() + p[0].exp() * p[1].sin()
        };
        error(&laplace.solution("u", &theta).unwrap(), &region.points(500, Seed(1)).unwrap(), exact)
    });
    assert!(missed[0] > 1e-3 && missed[0] < 0.1 && missed[1] < 1e-8, "{missed:?}");
}
