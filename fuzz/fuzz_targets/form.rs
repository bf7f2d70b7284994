//! Conditions at the ends of a box, with the data of one smooth function, so that they agree: the form meets them for an
//! arbitrary network, at points of its own; what contradicts is refused. Regions of disks and rectangles: the area is
//! what inclusion and exclusion ask for, and the distance vanishes on the boundary and nowhere else.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Seed;
use eigennet::autodiff::{Rows, Var, record};
use eigennet::differential::{Domain, Form, Region, Side, field};
use eigennet::nn::Mlp;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Clone, Copy, PartialEq, Arbitrary)]
enum End {
    Free,
    Value,
    Slope,
    /// α u + β u′ in eighths.
    Robin(i8, i8),
    Both,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Case {
    /// Lower and upper end of x, then of y.
    ends: [[End; 2]; 2],
    /// Harmonics of x if it is periodic, which has no ends then.
    harmonics: Option<u8>,
    ranges: [(i8, u8); 2],
    /// The function c₀ + c₁ a(x) + c₂ b(y) + c₃ a(x) b(y).
    c: [i8; 4],
    seed: u8,
    contradict: bool,
    shapes: [(bool, i8, i8, u8, u8); 2],
}

impl End {
    /// The conditions [α, β] there.
    fn conditions(self) -> Vec<[f64; 2]> {
        match self {
            End::Free | End::Robin(0, 0) => Vec::new(),
            End::Value => vec![[1.0, 0.0]],
            End::Slope => vec![[0.0, 1.0]],
            End::Robin(a, b) => vec![[f64::from(a) / 8.0, f64::from(b) / 8.0]],
            End::Both => vec![[1.0, 0.0], [0.0, 1.0]],
        }
    }
}

/// The function and its derivative along an axis, in plain formulas: no derivative is taken.
#[derive(Clone, Copy)]
struct Truth {
    c: [f64; 4],
    /// Wave number of a periodic x.
    wave: Option<(f64, f64)>,
}

impl Truth {
    fn a<'g>(self, x: Var<'g>) -> [Var<'g>; 2] {
        match self.wave {
            Some((start, k)) => [((x - start) * k).sin(), ((x - start) * k).cos() * k],
            None => [x.sin() + 0.25 * x.square(), x.cos() + 0.5 * x],
        }
    }

    fn b<'g>(self, y: Var<'g>) -> [Var<'g>; 2] {
        [(0.5 * y).cos() + y, 1.0 - 0.5 * (0.5 * y).sin()]
    }

    /// α w + β ∂w along the axis.
    fn data<'g>(self, [x, y]: [Var<'g>; 2], axis: usize, [alpha, beta]: [f64; 2]) -> Var<'g> {
        let ([a, da], [b, db], c) = (self.a(x), self.b(y), self.c);
        let value = c[0] + c[1] * a + c[2] * b + c[3] * (a * b);
        let slope = if axis == 0 { c[1] * da + c[3] * (da * b) } else { c[2] * db + c[3] * (a * db) };
        alpha * value + beta * slope
    }
}

fuzz_target!(|case: Case| {
    form(&case);
    region(&case);
});

const AXES: [&str; 2] = ["x", "y"];

fn form(case: &Case) {
    let ranges = case.ranges.map(|(start, length)| {
        let start = f64::from(start) / 32.0;
        start..start + 0.25 + f64::from(length) / 64.0
    });
    let domain = Domain::new(AXES, ranges.clone()).expect("good ranges");
    let periodic = case.harmonics.map(|h| usize::from(h % 4) + 1);
    let wave = periodic.map(|_| (ranges[0].start, std::f64::consts::TAU / (ranges[0].end - ranges[0].start)));
    let truth = Truth { c: case.c.map(|c| f64::from(c) / 32.0), wave };
    let mut builder = Form::on(&domain);
    if let Some(harmonics) = periodic {
        builder = builder.periodic("x", harmonics);
    }
    let mut conditions = Vec::new();
    for (axis, ends) in case.ends.iter().enumerate().filter(|(axis, _)| *axis > 0 || periodic.is_none()) {
        for (end, side) in ends.iter().zip([Side::Lower, Side::Upper]) {
            conditions.extend(end.conditions().into_iter().map(|coefficients| (axis, side, coefficients)));
        }
    }
    // A value on one face that is off by 1 where a value on another is not.
    let values = |axis: usize| conditions.iter().position(|c| c.0 == axis && c.2 == [1.0, 0.0]);
    let wrong = values(0).filter(|_| case.contradict && values(1).is_some());
    for (index, &(axis, side, [alpha, beta])) in conditions.iter().enumerate() {
        let off = if wrong == Some(index) { 1.0 } else { 0.0 };
        let data = field(move |x| truth.data(x, axis, [alpha, beta]) + off);
        builder = match [alpha, beta] {
            [1.0, 0.0] => builder.dirichlet(AXES[axis], side, data),
            [0.0, 1.0] => builder.neumann(AXES[axis], side, data),
            _ => builder.robin(AXES[axis], side, [alpha, beta], data),
        };
    }
    let lifted = builder.clone().lift(move |x| truth.data(x, 0, [1.0, 0.0])).build();
    let built = builder.build();
    if wrong.is_some() {
        assert!(lifted.is_err() && built.is_err(), "a contradiction taken");
        return;
    }
    let lifted = lifted.expect("a lift that meets all");
    meets(&domain, &lifted, truth, &conditions, case.seed);
    let sloping = |axis: usize| conditions.iter().any(|c| c.0 == axis && c.2[1] != 0.0);
    match built {
        Ok(form) => meets(&domain, &form, truth, &conditions, case.seed),
        // Slopes of slopes are needed at an edge, where they may vary.
        Err(error) => assert!(sloping(0) && sloping(1) && error.to_string().contains("lift"), "{error}"),
    }
}

/// The conditions at random points of their faces, and periodicity, for a random network.
fn meets(domain: &Domain<2>, form: &Form<2>, truth: Truth, conditions: &[(usize, Side, [f64; 2])], seed: u8) {
    let network = Mlp::new("net", [form.feature_count(), 5, 1]);
    let program = record(|g| {
        let x: [Var<'_>; 2] = g.coordinates("points", Rows::named("points"));
        let u = form.apply(x, |features| network.call(features));
        for (index, &(axis, _, coefficients)) in conditions.iter().enumerate() {
            let [alpha, beta] = coefficients;
            g.output(&format!("found {index}"), alpha * u + beta * u.d(x[axis]));
            g.output(&format!("wanted {index}"), truth.data(x, axis, coefficients));
        }
        g.concat(&[u, u.d(x[0]), u.d(x[1])])
    });
    let program = program.expect("smooth").compile::<f64>();
    let mut theta = program.initial(Seed(seed.into()));
    theta.iter_mut().for_each(|p| *p *= 2.0);
    let mut ws = program.workspace();
    let drawn = domain.random::<f64>(16, Seed(u64::from(seed) + 1)).expect("a good count");
    let on = |axis: usize, place: f64| {
        let mut points = drawn.points().to_vec();
        points.chunks_exact_mut(2).for_each(|point| point[axis] = place);
        points
    };
    for (index, &(axis, side, [alpha, beta])) in conditions.iter().enumerate() {
        let range = &domain.ranges()[axis];
        let place = if side == Side::Lower { range.start } else { range.end };
        ws.set("points", &on(axis, place)).expect("points");
        program.evaluate(&theta, &mut ws).expect("finite");
        let u = ws.output("result").expect("u").iter().fold(1.0_f64, |m, v| m.max(v.abs()));
        let (found, wanted) = (ws.output(&format!("found {index}")), ws.output(&format!("wanted {index}")));
        for (found, wanted) in found.expect("an output").iter().zip(wanted.expect("an output")) {
            let size = (alpha.abs() + beta.abs() / (range.end - range.start)) * u + beta.abs() * u + wanted.abs();
            assert!((found - wanted).abs() <= 1e-7 * size, "condition {index} on axis {axis}: {found} for {wanted}");
        }
    }
    if truth.wave.is_some() {
        let mut at = |place: f64| {
            ws.set("points", &on(0, place)).expect("points");
            program.evaluate(&theta, &mut ws).expect("finite");
            ws.output("result").expect("u").to_vec()
        };
        let range = &domain.ranges()[0];
        let (low, high) = (at(range.start), at(range.end));
        let size = low.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
        low.iter().zip(&high).for_each(|(a, b)| assert!((a - b).abs() <= 1e-9 * size, "not periodic: {a}, {b}"));
    }
}

fn region(case: &Case) {
    let shapes = case.shapes.map(|(disk, x, y, w, h)| {
        let (center, [w, h]) = ([f64::from(x) / 16.0, f64::from(y) / 16.0], [w, h].map(|v| 0.5 + f64::from(v) / 16.0));
        let region =
            if disk { Region::disk(center, w) } else { Region::rectangle(center, [center[0] + w, center[1] + h]) };
        let area = if disk { std::f64::consts::PI * w * w } else { w * h };
        (region.expect("of some size"), area)
    });
    let [(a, area), (b, other)] = shapes;
    let close = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-6 * (area + other);
    assert!(close(a.area(), area) && close(b.area(), other), "areas {} and {}", a.area(), b.area());
    // Where the shapes touch, or hardly overlap, there may be nothing to make a region of.
    let made = [a.union(&b), a.intersection(&b), a.difference(&b)];
    let common = made[1].as_ref().map_or(0.0, Region::area);
    let wanted = [area + other - common, common, area - common];
    let holds: [fn(bool, bool) -> bool; 3] = [|a, b| a || b, |a, b| a && b, |a, b| a && !b];
    for ((made, wanted), holds) in made.iter().zip(wanted).zip(holds) {
        let Ok(region) = made else {
            assert!(wanted <= 1e-6 * (area + other), "refused, of area {wanted}");
            continue;
        };
        assert!(close(region.area(), wanted), "area {} for {wanted}", region.area());
        let domain = region.domain(AXES).expect("a box");
        let program = record(|g| region.distance(g.coordinates("points", Rows::named("points"))));
        let program = program.expect("smooth").compile::<f64>();
        let mut ws = program.workspace();
        let mut distances = |points: &[f64]| {
            ws.set("points", points).expect("points");
            program.evaluate(&[], &mut ws).expect("finite");
            ws.output("result").expect("a distance").to_vec()
        };
        let size = domain.ranges().iter().map(|r| r.end - r.start).fold(0.0, f64::max);
        let edge = region.boundary::<f64>(24).expect("a boundary");
        for (point, distance) in edge.points().chunks_exact(2).zip(distances(edge.points())) {
            assert!(distance.abs() <= 1e-6 * size, "distance {distance:e} at {point:?} of the boundary");
        }
        // Of a sliver that takes less than a millionth of the box around it no points need be found.
        let sliver = region.area() < 1e-6 * domain.volume();
        let inside = match region.points::<f64>(24, Seed(case.seed.into())) {
            Err(_) if sliver => continue,
            inside => inside.expect("points inside"),
        };
        for (point, distance) in inside.points().chunks_exact(2).zip(distances(inside.points())) {
            let point = [point[0], point[1]];
            assert!(region.contains(point) && holds(a.contains(point), b.contains(point)), "{point:?} is outside");
            assert!(distance > 0.0 && distance <= size, "distance {distance:e} at {point:?}");
        }
    }
}
