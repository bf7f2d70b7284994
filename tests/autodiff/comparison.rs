//! An expression through the library and through nested dual numbers: values, input derivatives, and
//! everything in the parameters of a residual that mixes them.

use eigennet::Scalar;
use eigennet::autodiff::{Program, Var, Workspace, record};

use super::dual::{Dual, Number};
use super::expression::{Block, DATA, Expression, Formula, POINT, Row, source};

const ROWS: usize = 3;

/// Fixed entries in ±1, none at a kink.
pub fn entries(count: usize, salt: f64) -> Vec<f64> {
    (0..count).map(|i| (12.9898 * (i as f64 + salt) + salt).sin()).collect()
}

/// All components of a value `[width]` at one point.
struct Jet<N> {
    value: Vec<N>,
    first: [Vec<N>; POINT],
    second: [[Vec<N>; POINT]; POINT],
}

/// Where the jet of an expression is wanted.
pub struct Place {
    pub point: [f64; POINT],
    pub data: [f64; DATA],
}

/// A point for each row.
pub fn places() -> Vec<Place> {
    let coordinates = entries(ROWS * POINT, 0.37);
    let data = entries(ROWS * DATA, 0.71);
    let place = |i: usize| Place {
        point: std::array::from_fn(|k| coordinates[i * POINT + k]),
        data: std::array::from_fn(|k| data[i * DATA + k]),
    };
    (0..ROWS).map(place).collect()
}

fn jet<N: Number>(expression: &Expression, place: &Place, parameters: &[N]) -> Jet<N> {
    let parameters: Vec<Dual<Dual<N>>> = parameters.iter().map(|&p| constant(constant(p))).collect();
    let along = |i: usize, j: usize| -> Block<Dual<Dual<N>>> {
        let point = std::array::from_fn(|k| Dual {
            re: Dual { re: N::of(place.point[k]), du: N::of(f64::from(k == i)) },
            du: Dual::of(f64::from(k == j)),
        });
        expression.eval(&Row::new(point, place.data, &parameters))
    };
    let both: [[Block<Dual<Dual<N>>>; POINT]; POINT] = std::array::from_fn(|i| std::array::from_fn(|j| along(i, j)));
    Jet {
        value: both[0][0].entries.iter().map(|v| v.re.re).collect(),
        first: std::array::from_fn(|i| both[i][0].entries.iter().map(|v| v.re.du).collect()),
        second: std::array::from_fn(|i| std::array::from_fn(|j| both[i][j].entries.iter().map(|v| v.du.du).collect())),
    }
}

fn constant<N: Number>(value: N) -> Dual<N> {
    Dual { re: value, du: N::of(0.0) }
}

/// The residual both sides compute: it mixes all components that exist.
fn residual<N: Number>(jet: &Jet<N>, kinked: bool) -> Vec<N> {
    let mix = |k: usize| {
        let (u, ux, uy) = (jet.value[k], jet.first[0][k], jet.first[1][k]);
        let low = u.sin() + N::of(0.5) * ux * u - uy;
        if kinked {
            return low;
        }
        let (uxx, uyx, uyy) = (jet.second[0][0][k], jet.second[1][0][k], jet.second[1][1][k]);
        low + (uxx + uyy) * N::of(0.3) - uyx * ux + uyy
    };
    (0..jet.value.len()).map(mix).collect()
}

fn compile(expression: &Expression, loss: bool) -> Program<f64> {
    let kinked = expression.smoothness() < 2;
    let recording = record(|g| {
        let formula = Formula::new(g);
        let [x, y] = formula.point;
        let u: Var<'_> = expression.eval(&formula);
        g.output("u", u);
        g.output("u0", u.d(x));
        g.output("u1", u.d(y));
        let mut residual = u.sin() + 0.5 * u.d(x) * u - u.d(y);
        if !kinked {
            g.output("u00", u.d(x).d(x));
            g.output("u01", u.d(x).d(y));
            g.output("u11", u.d(y).d(y));
            g.output("laplacian", u.laplacian([x, y]));
            residual = residual + 0.3 * u.laplacian([x, y]) - u.d(y).d(x) * u.d(x) + u.d(y).d(y);
        }
        if loss { residual.square().mean() } else { residual }
    });
    recording.expect("expressions are well formed").compile()
}

pub fn bind<T: Scalar>(program: &Program<T>, places: &[Place]) -> Workspace<T> {
    let mut ws = program.workspace();
    let point: Vec<T> = places.iter().flat_map(|p| p.point).map(T::of).collect();
    let data: Vec<T> = places.iter().flat_map(|p| p.data).map(T::of).collect();
    ws.set("point", &point).unwrap().set("data", &data).unwrap();
    ws
}

/// The largest deviation in units of the scale of what is expected.
pub fn deviation<T: Scalar>(have: &[T], expected: &[f64]) -> f64 {
    assert_eq!(have.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    have.iter().zip(expected).fold(0.0, |worst: f64, (a, b)| {
        let gap = (Scalar::to_f64(*a) - b).abs() / scale;
        // A NaN is as wrong as can be.
        if gap.is_nan() { f64::INFINITY } else { worst.max(gap) }
    })
}

/// Compares everything; the name and size of the worst deviation per tolerance, if any is too large.
pub fn compare(expression: &Expression) -> Result<(), String> {
    let kinked = expression.smoothness() < 2;
    let tolerance = 1e-9;
    let places = places();
    let program = compile(expression, false);
    let mut ws = bind(&program, &places);
    let count = program.parameters().len();
    let (theta, direction) = (entries(count, 2.31), entries(count, 5.77));
    let jets: Vec<Jet<f64>> = places.iter().map(|p| jet(expression, p, &theta)).collect();
    let stacked = |of: &dyn Fn(&Jet<f64>) -> Vec<f64>| -> Vec<f64> { jets.iter().flat_map(of).collect() };

    let mut expected = vec![
        ("u", stacked(&|j| j.value.clone())),
        ("u0", stacked(&|j| j.first[0].clone())),
        ("u1", stacked(&|j| j.first[1].clone())),
    ];
    if !kinked {
        expected.push(("u00", stacked(&|j| j.second[0][0].clone())));
        expected.push(("u01", stacked(&|j| j.second[0][1].clone())));
        expected.push(("u11", stacked(&|j| j.second[1][1].clone())));
        let sum = |j: &Jet<f64>| j.second[0][0].iter().zip(&j.second[1][1]).map(|(a, b)| a + b).collect();
        expected.push(("laplacian", stacked(&sum)));
    }
    let residuals = stacked(&|j| residual(j, kinked));
    expected.push(("result", residuals.clone()));
    let check = |what: &str, have: f64, tolerance: f64| -> Result<(), String> {
        if have <= tolerance { Ok(()) } else { Err(format!("{what} deviates by {have:e}")) }
    };
    let say = |e: eigennet::Error| e.to_string();

    program.evaluate(&theta, &mut ws).map_err(say)?;
    for (name, values) in &expected {
        check(name, deviation(ws.output(name).map_err(say)?, values), tolerance)?;
    }
    let single = program.with_scalar::<f32>();
    let mut small = bind(&single, &places);
    let rounded: Vec<f32> = theta.iter().map(|&v| v as f32).collect();
    single.evaluate(&rounded, &mut small).map_err(say)?;
    let scale = expected.iter().flat_map(|(_, v)| v).fold(1.0f64, |m, v| m.max(v.abs()));
    for (name, values) in &expected {
        let own = values.iter().fold(1.0f64, |m, v| m.max(v.abs()));
        check(&format!("{name} in f32"), deviation(small.output(name).map_err(say)?, values) * own / scale, 1e-3)?;
    }

    // The Jacobian, column by column, and everything that follows from it.
    let columns: Vec<Vec<f64>> = (0..count)
        .map(|k| {
            let moved: Vec<Dual<f64>> =
                theta.iter().enumerate().map(|(i, &v)| Dual { re: v, du: f64::from(i == k) }).collect();
            places.iter().flat_map(|p| residual(&jet(expression, p, &moved), kinked)).map(|r| r.du).collect()
        })
        .collect();
    if count > 0 {
        let (r, jacobian) = program.residual_jacobian(&theta, &mut ws).map_err(say)?;
        check("residual", deviation(&r, &residuals), tolerance)?;
        let flat: Vec<f64> = (0..r.len()).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
        check("residual Jacobian", deviation(jacobian.as_slice(), &flat), tolerance)?;
    }
    let product = |cotangent: &[f64]| -> Vec<f64> {
        columns.iter().map(|c| c.iter().zip(cotangent).map(|(a, b)| a * b).sum()).collect()
    };
    let along: Vec<f64> =
        (0..residuals.len()).map(|i| columns.iter().zip(&direction).map(|(c, v)| c[i] * v).sum()).collect();
    let result = program.recording().result();
    let pushed = program.push_forward(&theta, &direction, &mut ws).map_err(say)?;
    check("pushed value", deviation(pushed.value(result).map_err(say)?, &residuals), tolerance)?;
    check("tangent", deviation(pushed.tangent(result).map_err(say)?, &along), tolerance)?;

    let cotangent = entries(residuals.len(), 9.13);
    let mut pulled = vec![0.0; count];
    let mut pass = program.forward(&theta, &mut ws).map_err(say)?;
    pass.pull_back(&[(result, &cotangent)], &mut pulled).map_err(say)?;
    check("pull_back", deviation(&pulled, &product(&cotangent)), tolerance)?;

    // The loss Σ r²/n: its gradient and Hessian-vector product.
    let n = residuals.len() as f64;
    let losses = compile(expression, true);
    let mut ws = bind(&losses, &places);
    let gradient = product(&residuals.iter().map(|r| 2.0 * r / n).collect::<Vec<_>>());
    let (loss, have) = losses.value_and_grad(&theta, &mut ws).map_err(say)?;
    check("loss", deviation(&[loss], &[residuals.iter().map(|r| r * r).sum::<f64>() / n]), tolerance)?;
    check("gradient", deviation(&have, &gradient), tolerance)?;
    let single = losses.with_scalar::<f32>();
    let (_, have) = single.value_and_grad(&rounded, &mut bind(&single, &places)).map_err(say)?;
    let own = gradient.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    check("gradient in f32", deviation(&have, &gradient) * own / (scale * scale).max(own), 1e-3)?;
    let curvature: Vec<f64> = (0..count)
        .map(|k| {
            let moved: Vec<Dual<Dual<f64>>> = (0..count)
                .map(|i| Dual { re: Dual { re: theta[i], du: direction[i] }, du: Dual::of(f64::from(i == k)) })
                .collect();
            let r = places.iter().flat_map(|p| residual(&jet(expression, p, &moved), kinked));
            r.map(|r| (r * r).du.du).sum::<f64>() / n
        })
        .collect();
    let mut have = vec![0.0; count];
    losses.hessian_vector(&theta, &direction, &mut ws, &mut have).map_err(say)?;
    check("Hessian-vector product", deviation(&have, &curvature), 10.0 * tolerance)
}

/// The name of a failure and a program that shows it.
pub fn report(expression: &Expression, failure: &str) -> String {
    format!("{failure}\n{expression:?}\n{}", source(expression))
}
