//! Regions against winding numbers, Green's theorem against counting, distances against geometry.

use std::f64::consts::{PI, TAU};

use super::*;
use crate::Seed;
use crate::autodiff::{RESULT, Var, record};
use crate::differential::{Equation, POINTS};
use crate::nn::Mlp;
use crate::optim::Lbfgs;

const ELL: [[f64; 2]; 6] = [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.0, 2.0], [0.0, 2.0]];

/// The halves of the unit square.
const TRIANGLES: [[[f64; 2]; 3]; 2] = [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]];

fn star() -> Vec<[f64; 2]> {
    (0..10)
        .map(|k| {
            let (radius, angle) = (if k % 2 == 0 { 3.0 } else { 1.1 }, TAU * f64::from(k) / 10.0);
            [1.0 + radius * angle.cos(), radius * angle.sin()]
        })
        .collect()
}

/// Regions with their areas.
fn regions() -> Vec<(&'static str, Region, f64)> {
    let disk = |x, y, r| Region::disk([x, y], r).unwrap();
    let rectangle = |a, b| Region::rectangle(a, b).unwrap();
    let unit = rectangle([0.0, 0.0], [1.0, 1.0]);
    let lens = 2.0 * PI / 3.0 - 0.75f64.sqrt();
    let ell = Region::polygon(&ELL).unwrap();
    let clockwise: Vec<[f64; 2]> = ELL.iter().rev().copied().chain([ELL[5]]).collect();
    vec![
        ("disk", disk(0.3, -0.2, 0.7), 0.49 * PI),
        ("square", unit.clone(), 1.0),
        ("L", ell.clone(), 3.0),
        ("clockwise L", Region::polygon(&clockwise).unwrap(), 3.0),
        ("star", Region::polygon(&star()).unwrap(), 5.0 * 3.0 * 1.1 * (TAU / 10.0).sin()),
        ("lens", disk(0.0, 0.0, 1.0).intersection(&disk(1.0, 0.0, 1.0)).unwrap(), lens),
        ("two disks", disk(0.0, 0.0, 1.0).union(&disk(1.0, 0.0, 1.0)).unwrap(), TAU - lens),
        ("moon", disk(0.0, 0.0, 1.0).difference(&disk(1.0, 0.0, 1.0)).unwrap(), PI - lens),
        ("ring", disk(0.0, 0.0, 1.0).difference(&disk(0.0, 0.0, 0.4)).unwrap(), 0.84 * PI),
        ("plate", ell.difference(&disk(0.5, 1.5, 0.2)).unwrap(), 3.0 - 0.04 * PI),
        ("plate with a quarter hole", unit.difference(&disk(0.0, 0.0, 0.5)).unwrap(), 1.0 - PI / 16.0),
        ("stadium", unit.union(&disk(1.0, 0.5, 0.5)).unwrap(), 1.0 + PI / 8.0),
        ("neighbours", unit.union(&rectangle([1.0, 0.0], [2.0, 1.0])).unwrap(), 2.0),
        ("notch", unit.difference(&rectangle([0.5, 0.25], [1.0, 0.75])).unwrap(), 0.75),
        ("apart", unit.union(&disk(3.0, 3.0, 0.5)).unwrap(), 1.0 + PI / 4.0),
        ("itself", ell.union(&ell).unwrap(), 3.0),
        ("inside", unit.intersection(&disk(0.5, 0.5, 0.5)).unwrap(), PI / 4.0),
        (
            "bridge",
            unit.difference(&disk(0.0, 0.5, 0.3)).unwrap().difference(&disk(1.0, 0.5, 0.3)).unwrap(),
            1.0 - 0.09 * PI,
        ),
        (
            "triangles",
            Region::polygon(&TRIANGLES[0]).unwrap().union(&Region::polygon(&TRIANGLES[1]).unwrap()).unwrap(),
            1.0,
        ),
        (
            "triangles with a quarter hole",
            Region::polygon(&TRIANGLES[0])
                .and_then(|half| half.union(&Region::polygon(&TRIANGLES[1])?)?.difference(&disk(0.0, 0.0, 0.5)))
                .unwrap(),
            1.0 - PI / 16.0,
        ),
        ("tiny", Region::rectangle([1e-6, 0.0], [2e-6, 1e-6]).unwrap(), 1e-12),
    ]
}

/// The distance, its gradient and its Laplacian.
fn distances(region: &Region, points: &[f64]) -> Vec<[f64; 4]> {
    let domain = region.domain(["x", "y"]).unwrap();
    let program = record(|g| {
        let [x, y] = domain.coordinates(g);
        let phi = region.distance([x, y]);
        Var::concat(&[phi, phi.d(x), phi.d(y), phi.laplacian([x, y])])
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set(POINTS, points).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    ws.output(RESULT).unwrap().chunks(4).map(|row| [row[0], row[1], row[2], row[3]]).collect()
}

#[test]
fn distances_vanish_on_the_boundary_alone() {
    for (name, region, area) in regions() {
        let size = region.size();
        assert!((region.area() / area - 1.0).abs() < 1e-9, "{name}: {} {area}", region.area());
        let boundary = region.boundary::<f64>(200).unwrap();
        assert!((boundary.weights().iter().sum::<f64>() - region.perimeter()).abs() < 1e-12 * region.perimeter());
        for (p, [phi, ..]) in boundary.points().chunks(2).zip(distances(&region, boundary.points())) {
            assert!(phi.abs() < 1e-12 * size, "{name} at {p:?}: {phi}");
        }
        let inside = region.points::<f64>(400, Seed(1)).unwrap();
        for (p, jet) in inside.points().chunks(2).zip(distances(&region, inside.points())) {
            assert!(region.contains([p[0], p[1]]));
            assert!(jet[0] > 0.0 && jet.iter().all(|v| v.is_finite()), "{name} at {p:?}: {jet:?}");
        }
        // The slope inwards is 1.
        for side in region.boundary.iter() {
            let (middle, left) = (side.piece.at(0.5), side.piece.left(0.5));
            let step = if side.left { 1e-6 * size } else { -1e-6 * size };
            let p = [middle[0] + step * left[0], middle[1] + step * left[1]];
            assert!(region.contains(p), "{name}");
            let [phi, dx, dy, _] = distances(&region, &p)[0];
            let slope = (dx * left[0] + dy * left[1]) * step.signum();
            assert!((slope - 1.0).abs() < 1e-3 && (phi / step.abs() - 1.0).abs() < 1e-3, "{name}: {slope} {phi}");
        }
        // Corners have values, too.
        let corners: Vec<f64> = region.boundary.iter().flat_map(|side| side.piece.at(0.0)).collect();
        assert!(distances(&region, &corners).iter().all(|jet| jet[0].abs() < 1e-9 * size), "{name}");
        if name == "L" {
            let domain = region.domain(["x", "y"]).unwrap();
            let program = record(|g| region.distance(domain.coordinates(g))).unwrap().compile::<f32>();
            let mut ws = program.workspace();
            ws.set(POINTS, &corners.iter().map(|&x| x as f32).collect::<Vec<_>>()).unwrap();
            program.evaluate(&[], &mut ws).unwrap();
            assert!(ws.output(RESULT).unwrap().iter().all(|phi| phi.abs() < 1e-6));
        }
        // Counting agrees with Green's theorem.
        let grid = region.grid::<f64>(100).unwrap();
        let cells: f64 = region.bounds.iter().map(|r| r.end - r.start).product();
        assert!((grid.len() as f64 / 1e4 - area / cells).abs() < 0.02, "{name}: {}", grid.len());
        assert!((grid.weights().iter().sum::<f64>() - area).abs() < 1e-9 * area);
    }
}

#[test]
fn thin_parts_have_both_sides() {
    let [disk, inner] = [1.0, 1.0 - 1e-7].map(|radius| Region::disk([0.0, 0.0], radius).unwrap());
    let unit = Region::rectangle([0.0, 0.0], [1.0, 1.0]).unwrap();
    for width in [1e-5, 1e-6, 4e-7, 1e-7, 1e-9] {
        let slit = unit.difference(&Region::rectangle([0.5, 0.3], [0.5 + width, 0.7]).unwrap()).unwrap();
        assert!((slit.area() - (1.0 - 0.4 * width)).abs() < 1e-14, "{width}: {}", slit.area());
        assert!((slit.perimeter() - (4.8 + 2.0 * width)).abs() < 1e-14, "{width}: {}", slit.perimeter());
        assert!(distances(&slit, &[0.5, 0.5])[0][0].abs() < 1e-14);
        // And joined once more: what was thin stays so.
        let both = slit.union(&Region::rectangle([2.0, 0.0], [9.0, 1.0]).unwrap()).unwrap();
        assert!((both.perimeter() - slit.perimeter() - 16.0).abs() < 1e-13);
        let wire = disk.union(&Region::rectangle([0.0, -0.5 * width], [3.0, 0.5 * width]).unwrap()).unwrap();
        assert!((wire.perimeter() - (TAU + 4.0)).abs() < 2.0 * width, "{width}: {}", wire.perimeter());
        assert!(wire.domain(["x", "y"]).unwrap().ranges()[0].end == 3.0);
    }
    let ring = disk.difference(&inner).unwrap();
    assert!((ring.area() / (TAU * 1e-7) - 1.0).abs() < 1e-6 && (ring.perimeter() - 2.0 * TAU).abs() < 1e-6);
    // Thinner than what is told apart: all, nothing, or refused, not something between.
    let thinner = Region::disk([0.0, 0.0], 1.0 - 1e-12).unwrap();
    assert!(disk.difference(&thinner).unwrap_err().to_string().contains("nothing is left"));
    let half = |low: f64, high: f64| Region::rectangle([low, 0.0], [high, 1.0]).unwrap();
    let gap = half(0.0, 0.3).union(&half(0.3 + 1e-9, 0.6)).unwrap();
    assert!((gap.perimeter() - 5.2).abs() < 1e-8);
    let along = gap.difference(&Region::rectangle([0.3, 0.5], [1e3, 2.0]).unwrap());
    assert!(along.unwrap_err().to_string().contains("comes closer"));
}

#[test]
fn regions_far_from_the_origin_are_those_near_it() {
    for off in [0.0, 1e6, 1e7, -1e8] {
        let at = |x: f64, y: f64| [off + x, off + y];
        let unit = Region::rectangle(at(0.0, 0.0), at(1.0, 1.0)).unwrap();
        let near = |found: f64, exact: f64| {
            assert!((found - exact).abs() < 1e-14 + 1e-15 * off.abs(), "{off}: {found} {exact}");
        };
        near(unit.area(), 1.0);
        let triangle = Region::polygon(&[at(0.0, 0.5), at(0.25, 0.0), at(1.0, 0.75)]).unwrap();
        near(triangle.area(), 0.28125);
        near(triangle.points::<f64>(100, Seed(0)).unwrap().weights().iter().sum(), 0.28125);
        near(Region::disk(at(0.0, 0.0), 1.0).unwrap().area(), PI);
        let hole = Region::disk(at(0.5, 0.5), 0.25).unwrap();
        near(unit.difference(&hole).unwrap().area(), 1.0 - PI / 16.0);
        let corner = Region::disk(at(0.0, 0.0), 0.5).unwrap();
        let cut = unit.difference(&corner).unwrap();
        near(cut.area(), 1.0 - PI / 16.0);
        near(cut.perimeter(), 3.0 + PI / 4.0);
        near(unit.union(&Region::rectangle(at(1.0, 0.0), at(2.0, 1.0)).unwrap()).unwrap().perimeter(), 6.0);
    }
    let far = Region::disk([1e13, 0.0], 1.0).unwrap_err().to_string();
    assert!(far.contains("far from the origin"), "{far}");
}

#[test]
fn polygons_contain_what_they_wind_around() {
    for vertices in [ELL.to_vec(), star()] {
        let region = Region::polygon(&vertices).unwrap();
        let mut stream = Seed(5).stream("points");
        for _ in 0..2000 {
            let p = [stream.uniform_in(-2.5, 4.5), stream.uniform_in(-3.5, 3.5)];
            let angle = |v: &[f64; 2]| (v[1] - p[1]).atan2(v[0] - p[0]);
            let turns: f64 = (0..vertices.len())
                .map(|i| {
                    let turn = angle(&vertices[(i + 1) % vertices.len()]) - angle(&vertices[i]);
                    turn - TAU * (turn / TAU).round()
                })
                .sum();
            assert_eq!(region.contains(p), turns.abs() > PI, "{p:?}");
        }
    }
}

#[test]
fn what_is_no_region_is_refused() {
    let refused = |made: Result<Region>, word: &str| {
        let message = made.unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200] {
        refused(Region::disk([0.0, 0.0], radius), "radius");
    }
    refused(Region::disk([f64::NAN, 0.0], 1.0), "finite");
    refused(Region::polygon(&[]), "give 3");
    refused(Region::polygon(&[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]), "give 3");
    refused(Region::polygon(&[[0.0, 0.0], [1.0, 0.0], [f64::NAN, 1.0]]), "not finite");
    refused(Region::polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), "coincide");
    refused(Region::polygon(&[[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]), "");
    refused(Region::polygon(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), "meets edge");
    refused(Region::polygon(&[[0.0, 0.0], [2.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), "fold back");
    refused(Region::polygon(&[[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), "meets edge");
    refused(Region::polygon(&vec![[0.0, 0.0]; 5000]), "1000");
    refused(Region::polygon(&[[0.0, 0.0], [1e300, 0.0], [0.0, 1e300]]), "too much");
    refused(Region::rectangle([0.0, 0.0], [0.0, 1.0]), "");
    let (a, b) = (Region::disk([0.0, 0.0], 1.0).unwrap(), Region::disk([5.0, 0.0], 1.0).unwrap());
    refused(a.intersection(&b), "nothing is left");
    refused(a.difference(&a), "nothing is left");
    assert!(a.points::<f64>(0, Seed(0)).is_err() && a.boundary::<f64>(0).is_err() && a.grid::<f64>(0).is_err());
    assert!(a.points::<f64>(usize::MAX, Seed(0)).is_err() && a.grid::<f64>(usize::MAX).is_err());
    assert!(Ball::<0>::new([], 1.0).is_err() && Ball::new([0.0; 3], -1.0).is_err());
}

#[test]
fn balls_of_all_dimensions() {
    assert_eq!(Ball::new([0.0], 1.5).unwrap().volume(), 3.0);
    assert!((Ball::new([0.0; 3], 2.0).unwrap().volume() - 32.0 / 3.0 * PI).abs() < 1e-13);
    assert!((Ball::new([0.0; 4], 1.0).unwrap().volume() - PI * PI / 2.0).abs() < 1e-13);
    let ball = Ball::new([1.0, 2.0, 3.0], 2.0).unwrap();
    let domain = ball.domain(["x", "y", "z"]).unwrap();
    let program = record(|g| ball.distance(domain.coordinates(g))).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    let sphere = ball.boundary::<f64>(50, Seed(0)).unwrap();
    ws.set(POINTS, sphere.points()).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    assert!(ws.output(RESULT).unwrap().iter().all(|phi| phi.abs() < 1e-14));
    assert!((sphere.weights().iter().sum::<f64>() - 16.0 * PI).abs() < 1e-12);
}

#[test]
fn poisson_in_a_ring() {
    let hole = 0.4f64;
    let ring = Region::disk([0.0, 0.0], 1.0).unwrap();
    let ring = ring.difference(&Region::disk([0.0, 0.0], hole).unwrap()).unwrap();
    let domain = ring.domain(["x", "y"]).unwrap();
    let net = Mlp::new("net", [2, 16, 1]);
    let poisson = Equation::<f64>::record(&domain, |g, [x, y]| {
        let u = ring.distance([x, y]) * net.call(domain.scaled([x, y]));
        g.output("u", u);
        u.laplacian([x, y]) + 4.0
    })
    .unwrap();
    let mut theta = poisson.initial(Seed(0));
    let mut loss = poisson.on(&ring.points(200, Seed(0)).unwrap()).unwrap();
    let outcome = Lbfgs { max_iterations: 1500, ..Lbfgs::default() }.minimize(&mut loss, &mut theta).unwrap();
    let u = poisson.solution("u", &theta).unwrap();
    let points = ring.points::<f64>(300, Seed(9)).unwrap();
    let (mut error, mut norm) = (0.0, 0.0);
    for (p, got) in points.points().chunks(2).zip(u.on(points.points()).unwrap()) {
        let r = p[0].hypot(p[1]);
        let exact = 1.0 - r * r - (1.0 - hole * hole) * r.ln() / hole.ln();
        error += (got - exact).powi(2);
        norm += exact * exact;
    }
    assert!((error / norm).sqrt() < 1e-2, "{}: {}", (error / norm).sqrt(), outcome.reason);
}
