//! Linear and quadratic equations for a polynomial, Σ cₖ u⁽ᵏ⁾ + γ u² = f with conditions at the start: residuals,
//! Jacobian and its products are those computed by hand; a fit does not raise its loss, reports what it is, on its points
//! and between them; one that the polynomial can solve is solved.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Seed;
use eigennet::autodiff::{Initializer, Rows, Var};
use eigennet::differential::{Collocation, Domain, Equation};
use eigennet::linalg::Matrix;
use eigennet::optim::{LevenbergMarquardt, Residuals};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    /// cₖ in quarters.
    coefficients: Vec<i8>,
    /// γ in eighths; 0 is linear.
    square: i8,
    /// Of the polynomial that solves it, in sixteenths.
    solution: Vec<i8>,
    /// Of f, beside what the solution asks for.
    surplus: i8,
    start: i8,
    length: u8,
    points: (u8, u8),
    weight: u8,
    seed: u8,
    iterations: u8,
    poison: Option<(u8, f64)>,
}

/// Coefficients of powers of s ∈ [−1, 1].
type Polynomial = Vec<f64>;

fn at(p: &[f64], s: f64) -> f64 {
    p.iter().rev().fold(0.0, |sum, c| sum * s + c)
}

/// dp/dt with ds/dt = `rate`.
fn derivative(p: &[f64], rate: f64) -> Polynomial {
    p.iter().enumerate().skip(1).map(|(j, c)| rate * j as f64 * c).collect()
}

fn derivatives(p: &[f64], rate: f64) -> impl Iterator<Item = Polynomial> {
    std::iter::successors(Some(p.to_vec()), move |p| Some(derivative(p, rate)))
}

struct Problem {
    coefficients: Vec<f64>,
    square: f64,
    solution: Polynomial,
    surplus: f64,
    rate: f64,
}

impl Problem {
    /// Number of initial conditions.
    fn order(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// L p(s), without the square.
    fn linear(&self, p: &[f64], s: f64) -> f64 {
        self.coefficients.iter().zip(derivatives(p, self.rate)).map(|(c, p)| c * at(&p, s)).sum()
    }

    fn residual(&self, p: &[f64], s: f64) -> f64 {
        let whole = |p: &[f64]| self.linear(p, s) + self.square * at(p, s).powi(2);
        whole(p) - whole(&self.solution) - self.surplus
    }

    /// The slopes of the residual along the coefficients of p.
    fn slope(&self, p: &[f64], j: usize, s: f64) -> f64 {
        let mut power = vec![0.0; j + 1];
        power[j] = 1.0;
        self.linear(&power, s) + 2.0 * self.square * at(p, s) * at(&power, s)
    }
}

/// Horner's scheme.
fn recorded<'g>(p: &[f64], s: Var<'g>) -> Var<'g> {
    p.iter().rev().fold(0.0 * s, |sum, &c| sum * s + c)
}

/// Σ θⱼ sʲ.
fn trial(s: Var<'_>, m: usize) -> Var<'_> {
    let theta = s.graph().parameter("theta", [1, m], Initializer::Uniform { low: -1.0, high: 1.0 });
    (0..m).map(|j| theta.columns(j..j + 1) * s.powi(j as i32)).reduce(|a, b| a + b).expect("two at least")
}

fn close(what: &str, found: &[f64], expected: &[f64], size: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-11 * size, "{what} {i}: {a} for {b}, size {size}");
    }
}

fuzz_target!(|case: Case| {
    let sixteenths = |v: &i8| f64::from(*v) / 16.0;
    let mut coefficients: Vec<f64> = case.coefficients.iter().take(4).map(|&c| f64::from(c) / 4.0).collect();
    while coefficients.last() == Some(&0.0) {
        coefficients.pop();
    }
    let solution: Polynomial = case.solution.iter().take(6).map(sixteenths).collect();
    let m = solution.len();
    if coefficients.is_empty() || m < 2 || m < coefficients.len() {
        return;
    }
    let (start, length) = (f64::from(case.start) / 16.0, 0.5 + f64::from(case.length % 64) / 16.0);
    let problem = Problem {
        coefficients,
        square: f64::from(case.square) / 8.0,
        solution,
        surplus: f64::from(case.surplus / 64),
        rate: 2.0 / length,
    };
    let order = problem.order();
    let domain = Domain::new(["t"], [start..start + length]).expect("a good range");
    let (weight, conditions) = (f64::from(case.weight % 16) + 0.25, order > 0);
    let initial: Vec<f64> = derivatives(&problem.solution, problem.rate).map(|p| at(&p, -1.0)).take(order).collect();

    let mut whole = vec![0.0; 2 * m - 1];
    for (c, p) in problem.coefficients.iter().zip(derivatives(&problem.solution, problem.rate)) {
        p.iter().enumerate().for_each(|(j, v)| whole[j] += c * v);
    }
    for (i, a) in problem.solution.iter().enumerate() {
        problem.solution.iter().enumerate().for_each(|(j, b)| whole[i + j] += problem.square * a * b);
    }
    whole[0] += problem.surplus;
    let equation = Equation::<f64>::record(&domain, |g, [t]| {
        let u = trial(domain.scaled([t]), m);
        g.output("u", u);
        if conditions {
            let edge: Var<'_> = g.coordinate("edge", Rows::named("edge"));
            let along = std::iter::successors(Some(trial(domain.scaled([edge]), m)), |u| Some(u.d(edge)));
            let gaps: Vec<_> = along.zip(&initial).map(|(u, &value)| u - value).collect();
            g.output("initial", g.concat(&gaps));
        }
        let along = std::iter::successors(Some(u), |u| Some(u.d(t)));
        let terms = along.zip(&problem.coefficients).map(|(u, &c)| c * u);
        terms.reduce(|a, b| a + b).expect("one at least") + problem.square * u.square()
            - recorded(&whole, domain.scaled([t]))
    });
    let mut equation = equation.expect("well formed");
    if conditions {
        equation = equation.with_condition("initial", weight).expect("an output");
    }
    let count = m + order + usize::from(case.points.0 % 24);
    let seed = Seed(case.seed.into());
    let points = match case.points.1 % 4 {
        0 => domain.gauss([count]),
        1 => domain.uniform([count]),
        2 => domain.latin_hypercube(count, seed),
        _ => domain.halton(count, seed),
    };
    let points = points.expect("a good count");
    let mut collocation: Collocation<f64> = equation.on(&points).expect("of one dimension");
    let mut theta = equation.initial(seed);
    if conditions {
        assert!(collocation.residuals(&theta, &mut [0.0]).is_err(), "no edge is bound");
        collocation.set("edge", &[start]).expect("a point");
    }
    if let Some((place, value)) = case.poison {
        theta[usize::from(place) % m] = value;
        let mut r = vec![0.0; collocation.residual_count()];
        let computed = collocation.residuals(&theta, &mut r);
        assert!(computed.is_err() || r.iter().all(|r| r.is_finite()), "a residual is not finite");
        assert!(computed.is_err() || value.is_finite(), "{value} as a parameter");
        return;
    }

    // By hand.
    let total: f64 = points.weights().iter().sum();
    let place = |t: f64| problem.rate * (t - start) - 1.0;
    let rows: Vec<(f64, f64)> =
        points.points().iter().zip(points.weights()).map(|(&t, w)| (place(t), (w / total).sqrt())).collect();
    let own = |p: &[f64]| rows.iter().map(|(s, root)| root * problem.residual(p, *s)).collect::<Vec<f64>>();
    let at_edge = |p: &[f64]| {
        let values = derivatives(p, problem.rate).map(|p| at(&p, -1.0)).zip(&initial);
        values.map(|(value, wanted)| weight.sqrt() * (value - wanted)).collect::<Vec<f64>>()
    };
    let all = |p: &[f64]| [own(p), at_edge(p)].concat();
    let jacobian = |p: &[f64]| {
        let mut entries: Vec<f64> = Vec::new();
        rows.iter().for_each(|(s, root)| entries.extend((0..m).map(|j| root * problem.slope(p, j, *s))));
        for k in 0..order {
            let unit = |j: usize| (0..m).map(|i| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
            let value = |j: usize| derivatives(&unit(j), problem.rate).nth(k).map_or(0.0, |p| at(&p, -1.0));
            entries.extend((0..m).map(|j| weight.sqrt() * value(j)));
        }
        entries
    };
    let (expected, slopes) = (all(&theta), jacobian(&theta));
    let size = slopes.iter().chain(&expected).chain(&whole).fold(1.0_f64, |s, v| s.max(v.abs())) * count as f64;
    let mut r = vec![0.0; collocation.residual_count()];
    collocation.residuals(&theta, &mut r).expect("finite");
    close("residual", &r, &expected, size);
    let mut matrix = Matrix::zeros(0, 0);
    collocation.residuals_and_jacobian(&theta, &mut r, &mut matrix).expect("finite");
    close("residual", &r, &expected, size);
    close("slope", matrix.as_slice(), &slopes, size);
    let direction: Vec<f64> = (0..m).map(|j| 1.0 - 0.3 * j as f64).collect();
    let mut product = vec![0.0; r.len()];
    collocation.jacobian_vector(&theta, &direction, &mut product).expect("finite");
    let along = slopes.chunks_exact(m).map(|row| row.iter().zip(&direction).map(|(a, b)| a * b).sum::<f64>());
    close("J v", &product, &along.collect::<Vec<_>>(), size);
    let mut gradient = vec![0.0; m];
    let value = collocation.sum_of_squares(&theta, &mut r, &mut gradient).expect("finite");
    close("loss", &[value], &[expected.iter().map(|r| r * r).sum()], size * size);
    let down = (0..m).map(|j| slopes.chunks_exact(m).zip(&expected).map(|(row, r)| 2.0 * row[j] * r).sum::<f64>());
    close("gradient", &gradient, &down.collect::<Vec<_>>(), size * size);

    let solvable = problem.square == 0.0 && problem.surplus == 0.0;
    let max_iterations = if solvable { 200 } else { usize::from(case.iterations % 20) };
    let method = LevenbergMarquardt { max_iterations, ..LevenbergMarquardt::default() };
    let outcome = method.minimize(&mut collocation, &mut theta).expect("finite where it starts");
    let square = |r: &[f64]| r.iter().map(|r| r * r).sum::<f64>();
    let (loss, rounding) = (square(&all(&theta)), 1e-13 * size * size);
    assert!((outcome.value - loss).abs() <= rounding, "loss {} for {loss}", outcome.value);
    assert!(outcome.value <= value + rounding, "the loss has risen from {value} to {}", outcome.value);
    let held_out = outcome.held_out.expect("points that can be moved");
    let trained = square(&own(&theta)).sqrt();
    assert!((held_out.trained - trained).abs() <= 1e-9 * size, "{held_out:?} for {trained}");
    let most = (0..=4000).map(|i| problem.residual(&theta, f64::from(i) / 2000.0 - 1.0).abs()).fold(0.0, f64::max);
    assert!(held_out.elsewhere <= 1.001 * most + 1e-9 * size, "{held_out:?}, at most {most}");
    if solvable {
        assert!(loss <= 1e-9 * (1.0 + value) + rounding, "{outcome}: loss {loss:e}");
    }
    let u = equation.solution("u", &theta).expect("an output");
    let slope = u.derivative(&[0]).expect("smooth");
    for t in [start, start + 0.3 * length, start + length] {
        let p = derivative(&theta, problem.rate);
        close(
            "u, u′",
            &[u.at(&[t]).unwrap(), slope.at(&[t]).unwrap()],
            &[at(&theta, place(t)), at(&p, place(t))],
            size,
        );
    }
});
