//! −Δu = 1 on the L of three unit squares, u = 0 on its boundary: a network of random features cannot bend as u does at the
//! corners; functions that can are added to it. Against rational functions with poles that crowd outside the corners.

use eigennet::autodiff::{Rows, Var};
use eigennet::differential::{Equation, LinearLeastSquares, RandomFeatures, Region, relative_l2};
use eigennet::linalg::{Matrix, least_squares};
use eigennet::{Result, Seed};

/// The corners, the one that points inwards first, and the directions in which they open.
const CORNERS: [[f64; 2]; 6] = [[0.0, 0.0], [0.0, -1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, 0.0]];
const OPEN: [[f64; 2]; 6] = [[-1.0, 1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]];

/// r^{2/3} cos ⅔φ and its kin at the first corner, Re z² ln z at each: harmonic, φ measured from where the corner opens.
fn singular<'g>([x, y]: [Var<'g>; 2]) -> Vec<Var<'g>> {
    let polar = CORNERS.into_iter().zip(OPEN).map(|([a, b], [c, s])| {
        let (along, across) = (c * (x - a) + s * (y - b), c * (y - b) - s * (x - a));
        (0.5 * (along.square() + across.square()), across.atan2(along))
    });
    let polar: Vec<_> = polar.collect();
    let (square, angle) = polar[0];
    let powers = [2.0, 10.0, 14.0].map(|p: f64| square.powf(p / 6.0) * (p / 3.0 * angle).cos());
    let logarithms = polar
        .iter()
        .map(|&(square, angle)| square * (0.5 * square.ln() * (2.0 * angle).cos() - angle * (2.0 * angle).sin()));
    powers.into_iter().chain(logarithms).collect()
}

/// u at `points` `[n, 2]` and how far it is from 0 on the boundary: by the maximum principle no error is larger
/// (Gopal and Trefethen, 2019).
fn reference(points: &[f64]) -> Result<(Vec<f64>, f64)> {
    let outside = |k: usize, n: i32| {
        (1..=n).map(move |j| {
            let far = (4.0 * (f64::from(j).sqrt() - f64::from(n).sqrt())).exp();
            (CORNERS[k][0] - far * OPEN[k][0], CORNERS[k][1] - far * OPEN[k][1], far)
        })
    };
    let poles: Vec<(f64, f64, f64)> = (0..6).flat_map(|k| outside(k, if k == 0 { 70 } else { 20 })).collect();
    // Real and imaginary parts of d/(z − pole) and of (z/√2)ᵏ.
    let row = |x: f64, y: f64| -> Vec<f64> {
        let (r, angle) = (x.hypot(y) / 2f64.sqrt(), y.atan2(x));
        let powers =
            (0..24).flat_map(|k| <[f64; 2]>::from((f64::from(k) * angle).sin_cos()).map(|part| r.powi(k) * part));
        let fractions = poles.iter().flat_map(|(a, b, far)| {
            let (x, y) = (x - a, y - b);
            [x, y].map(|part| far * part / (x * x + y * y))
        });
        fractions.chain(powers).collect()
    };
    let sides = CORNERS.into_iter().zip(CORNERS.into_iter().cycle().skip(1));
    let edge: Vec<[f64; 2]> = sides
        .flat_map(|([a, b], [c, d])| {
            let near = (0..=120).map(|i| 0.5 * (-0.25 * f64::from(i)).exp()).flat_map(|t| [t, 1.0 - t]);
            near.map(move |t| [a + t * (c - a), b + t * (d - b)])
        })
        .collect();
    let particular = |x: f64, y: f64| -0.25 * (x * x + y * y);
    let rows: Vec<Vec<f64>> = edge.iter().map(|&[x, y]| row(x, y)).collect();
    let matrix = Matrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j]);
    let target = Matrix::from_fn(rows.len(), 1, |i, _| -particular(edge[i][0], edge[i][1]));
    let found = least_squares(&matrix, &target, Some(1e-14))?.solution;
    let u = |x: f64, y: f64| {
        row(x, y).iter().zip(found.as_slice()).fold(particular(x, y), |u, (function, factor)| u + function * factor)
    };
    let misfit = edge.iter().map(|&[x, y]| u(x, y).abs()).fold(0.0, f64::max);
    Ok((points.chunks(2).map(|p| u(p[0], p[1])).collect(), misfit))
}

fn main() -> Result<()> {
    let region = Region::polygon(&CORNERS)?;
    let domain = region.domain(["x", "y"])?;
    let (places, edge) = (region.points::<f64>(1000, Seed(1))?, region.boundary::<f64>(600)?);
    let (exact, misfit) = reference(places.points())?;
    println!("the reference is within {misfit:.0e}");
    let net = RandomFeatures { features: 500, ..RandomFeatures::default() };
    for count in [0, 1, 9] {
        let membrane = Equation::<f64>::record(&domain, |g, [x, y]| {
            let [u, at_edge] = [[x, y], g.coordinates("edge", Rows::named("edge"))].map(|x| {
                let corners = singular(x).into_iter().take(count).enumerate();
                corners.fold(net.call(domain.scaled(x)), |u, (k, s)| {
                    u + g.scalar_parameter(&format!("corner {k}"), 0.0) * s
                })
            });
            g.output("u", u);
            g.output("misfit", at_edge);
            u.laplacian([x, y]) + 1.0
        })?
        .with_condition("misfit", 100.0)?;
        let mut system = membrane.on(&region.grid(40)?)?;
        let mut theta = membrane.initial(Seed(0));
        let blocks = membrane.parameters().blocks().iter().filter(|block| !block.name.contains("hidden"));
        let solver = LinearLeastSquares { rcond: Some(1e-14) };
        let outcome =
            solver.solve(system.set("edge", edge.points())?, &mut theta, blocks.flat_map(|block| block.range()))?;
        let missed = relative_l2(&membrane.solution("u", &theta)?.on(places.points())?, &exact)?;
        println!("{outcome}\nrelative L2 error with {count} functions of the corners: {missed:.1e}");
    }
    Ok(())
}
