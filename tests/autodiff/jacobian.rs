//! Jacobians row by row, also where the rows share values, against tangents; linearisations that are kept.

use eigennet::autodiff::{Graph, Initializer, Output, Program, Rows, Var, Workspace, record};
use eigennet::{Error, Seed};
use quickcheck::{QuickCheck, TestResult};

use super::comparison::{deviation, entries};
use super::errors::says;

/// Residuals of a batch whose rows meet in means, integrals, Gram matrices, tables and weights, as `bytes` say;
/// and outputs that are shared by the batch or belong to another.
fn shared<'g>(g: &'g Graph, bytes: &[u8]) -> Var<'g> {
    let rows = Rows::named("rows");
    let any = Initializer::Uniform { low: -1.0, high: 1.0 };
    let (x, kind) = (g.input("x", rows, 2), g.input("kind", rows, 1));
    let (w, b) = (g.parameter("w", [2, 2], any), g.parameter("b", [1, 2], any));
    let heads = g.parameter_heads("heads", [2, 2, 2], any);
    let table = g.parameter("table", [3, 2], any);
    let eye = g.fixed_input("eye", [2, 2]);
    let nodes = g.fixed_input("nodes", [3, 2]).affine(w, b).sin();
    let others = g.input("others", Rows::named("others"), 2).affine(w, b).tanh();
    let mut y = x.affine(w, b).tanh();
    let mut s = g.scalar_parameter("a", 0.4);
    for byte in bytes {
        let gram = y.transpose_matmul(y) + eye;
        match byte % 16 {
            0 => s = s + y.square().mean(),
            1 => y = y - y.mean_rows(),
            2 => y = y / (y.square().mean_rows() + 0.5).sqrt(),
            3 => s = s * nodes.sum().tanh(),
            4 => y = y.matmul(gram / gram.trace()),
            5 => y = y.matmul(w / w.norm()),
            6 => y = y.matmul(gram.cholesky().solve_lower(w)).tanh(),
            7 => y = y.matmul_transpose(nodes).columns(1..3),
            8 => y = y + nodes.rows(1..2) * nodes.row_max().sum(),
            9 => y = y.matmul_transpose(y.scatter_add(kind, 3).tanh()).columns(1..3),
            10 => y = y.matmul(heads).heads_to_columns().tanh().columns(1..3),
            11 => y = y * s.tanh(),
            12 => y = y + others.exp().mean_rows().matmul(w),
            13 => y = y.log_softmax().tanh(),
            14 => y = (y * y.matmul(heads).tanh().mean_rows()).heads_to_columns().columns(1..3),
            _ => y = y.sin() + (table * table.norm()).rows(0..1) + s.exp() * table.rows(1..2),
        }
    }
    g.output("number", s);
    g.output("matrix", nodes * s + y.mean());
    g.output("others", others * y.square().sum() / 10.0);
    y + s
}

fn bind(program: &Program<f64>) -> Workspace<f64> {
    let mut ws = program.workspace();
    ws.set("x", &entries(10, 0.2)).unwrap().set("kind", &[0.0, 2.0, 1.0, 2.0, 0.0]).unwrap();
    ws.set("others", &entries(6, 0.6)).unwrap().set("nodes", &entries(6, 0.9)).unwrap();
    ws.set("eye", &[1.0, 0.0, 0.0, 1.0]).unwrap();
    ws
}

fn outputs(program: &Program<f64>) -> Vec<Output> {
    ["number", "matrix", "others", "result"].map(|name| program.output(name).unwrap()).to_vec()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Compares the outputs in an order of their own; says what is wrong.
fn columns_are_tangents(bytes: &[u8]) -> Result<(), String> {
    let say = |e: Error| e.to_string();
    let program = record(|g| shared(g, bytes)).map_err(say)?.compile::<f64>();
    let mut order = outputs(&program);
    Seed(bytes.len() as u64).stream("order").shuffle(&mut order);
    order.truncate(1 + bytes.first().map_or(3, |byte| usize::from(byte / 16) % 4));
    let program = program.select(&order).map_err(say)?;
    let theta = program.initial(Seed(bytes.iter().map(|&b| u64::from(b)).sum()));
    let mut ws = bind(&program);
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(theta.len());
    for k in 0..theta.len() {
        let mut direction = vec![0.0; theta.len()];
        direction[k] = 1.0;
        let pushed = program.push_forward(&theta, &direction, &mut ws).map_err(say)?;
        columns.push(order.iter().flat_map(|&o| pushed.tangent(o).expect("a selected output").to_vec()).collect());
    }
    let len = columns[0].len();
    let expected: Vec<f64> = (0..len).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
    let check = |what: &str, have: &[f64], expected: &[f64]| match deviation(have, expected) {
        off if off <= 1e-11 => Ok(()),
        off => Err(format!("{what} deviates by {off:e} for {bytes:?}")),
    };
    let mut linearized = program.linearize(&theta, &mut ws).map_err(say)?;
    // The memory holds something else.
    let [mut first, mut second, mut weighted] = [(); 3].map(|()| vec![f64::NAN; expected.len()]);
    linearized.jacobian(|_| None, &mut first).map_err(say)?;
    check("Jacobian", &first, &expected)?;
    linearized.jacobian(|_| None, &mut second).map_err(say)?;
    if bits(&first) != bits(&second) {
        return Err(format!("a second Jacobian differs for {bytes:?}"));
    }
    let sizes: Vec<(usize, usize)> = order
        .iter()
        .map(|&o| {
            let (rows, width) = program.recording().output_shape(o).expect("an output of this recording");
            let len = linearized.value(o).expect("a selected output").len();
            // A matrix of three rows; a number.
            (rows.map_or(if len > 1 { 3 } else { 1 }, |_| len / width), width)
        })
        .collect();
    let weights: Vec<Vec<f64>> = sizes.iter().enumerate().map(|(k, &(rows, _))| entries(rows, k as f64)).collect();
    linearized.jacobian(|k| (k != 1).then_some(&weights[k][..]), &mut weighted).map_err(say)?;
    let factors = sizes.iter().zip(&weights).enumerate().flat_map(|(k, (&(_, width), weights))| {
        weights.iter().flat_map(move |&w| std::iter::repeat_n(if k == 1 { 1.0 } else { w }, width))
    });
    let scaled: Vec<f64> =
        factors.zip(expected.chunks(theta.len())).flat_map(|(f, row)| row.iter().map(move |v| f * v)).collect();
    check("weighted Jacobian", &weighted, &scaled)
}

#[test]
fn shared_values_have_their_jacobian() {
    fn property(bytes: Vec<u8>) -> TestResult {
        match columns_are_tangents(&bytes[..bytes.len().min(6)]) {
            Ok(()) => TestResult::passed(),
            Err(failure) => TestResult::error(failure),
        }
    }
    QuickCheck::new().tests(150).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

#[test]
fn every_way_to_share_has_its_jacobian() {
    for first in 0..16 {
        for second in 0..16 {
            columns_are_tangents(&[0xf0 + first, second]).unwrap();
        }
    }
}

/// r = x w − mean(x w) has the rows x − mean x, and the mean square of it the gradient that follows.
#[test]
fn a_centred_batch_has_centred_rows() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("rows"), 2);
        let y = x.matmul(g.parameter("w", [2, 2], Initializer::Constant(0.0)));
        let r = y - y.mean_rows();
        g.output("variance", r.square().mean_rows());
        r
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 3.0, 6.0]).unwrap();
    let w = [1.0, 0.5, 0.25, 2.0];
    let (r, jacobian) = program.residual_jacobian(&w, &mut ws).unwrap();
    assert_eq!(r, [-1.5, -4.5, 1.5, 4.5]);
    // Row after row by column after column: x − mean x is ∓(1, 2).
    let expected = [[-1.0, 0.0, -2.0, 0.0], [0.0, -1.0, 0.0, -2.0], [1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 2.0]];
    assert_eq!(jacobian.as_slice(), expected.concat());
    let variance = program.select(&[program.output("variance").unwrap()]).unwrap();
    let (values, jacobian) = variance.residual_jacobian(&w, &mut ws).unwrap();
    assert_eq!(values, [2.25, 20.25]);
    assert_eq!(jacobian.as_slice(), [[3.0, 0.0, 6.0, 0.0], [0.0, 9.0, 0.0, 18.0]].concat());
}

#[test]
fn what_has_no_jacobian_row_by_row_names_the_cure() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("rows"), 40);
        let w = g.parameter("w", [40, 40], Initializer::GlorotUniform { gain: 1.0 });
        x.matmul(w / w.norm())
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(1));
    let mut ws = program.workspace();
    ws.set("x", &entries(80, 0.1)).unwrap();
    says(&program.residual_jacobian(&theta, &mut ws).unwrap_err(), &["[40, 40]", "products with the Jacobian"]);
    let result = program.recording().result();
    let tangent = program.push_forward(&theta, &theta, &mut ws).unwrap().tangent(result).unwrap();
    // The map does not change when w is scaled.
    assert!(tangent.iter().all(|t| t.abs() < 1e-13));
    let mut gradient = vec![0.0; theta.len()];
    program.forward(&theta, &mut ws).unwrap().pull_back(&[(result, &[1.0; 80])], &mut gradient).unwrap();
    assert!(gradient.iter().any(|&v| v != 0.0));

    let table = record(|g| {
        g.parameter("table", [3, 1], Initializer::Constant(1.0)).gather(g.input("kind", Rows::named("rows"), 1))
    });
    let table = table.unwrap().compile::<f64>();
    let mut ws = table.workspace();
    ws.set("kind", &[2.0, 0.0]).unwrap();
    let (values, jacobian) = table.residual_jacobian(&[5.0, 6.0, 7.0], &mut ws).unwrap();
    assert_eq!((&values[..], jacobian.as_slice()), (&[7.0, 5.0][..], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0][..]));
    let ensemble = record(|g| {
        g.input("x", Rows::named("rows"), 1) * g.parameter_heads("w", [3, 1, 1], Initializer::Constant(1.0))
    });
    let ensemble = ensemble.unwrap().compile::<f64>();
    says(&ensemble.linearize(&[1.0; 3], &mut ensemble.workspace()).unwrap_err(), &["result", "heads_to_columns"]);
}

/// A linearisation that stands in the workspace is used again for the same data and parameters, and for nothing
/// else: each way to change them gives what a fresh workspace gives.
#[test]
fn a_linearisation_is_kept_until_something_changes() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("rows"), 2);
        let w = g.parameter("w", [2, 3], Initializer::GlorotUniform { gain: 1.0 });
        let state = g.buffer("state", [1, 3], 0.5);
        let y = x.matmul(w).tanh().dropout(0.4) * state;
        g.update(state, 0.5 * state + y.mean_rows());
        // The sign of a zero parameter matters, too.
        let turned = y + g.scalar_parameter("zero", 0.0).atan2(g.constant(-1.0)) * y.mean();
        g.output("turned", turned);
        (turned * g.training().exp()).square().mean()
    })
    .unwrap()
    .compile::<f64>();
    let output = program.output("turned").unwrap();
    let turned = program.select(&[output]).unwrap();
    let theta = program.initial(Seed(2));
    let (mut negative, mut moved) = (theta.clone(), theta.clone());
    negative[6] = -0.0;
    moved[0] += 1e-3;
    let points = [entries(8, 0.2), entries(8, 0.3), entries(14, 0.2)];
    let mut gradient = vec![0.0; theta.len()];
    let then = |_: &mut Workspace<f64>| Ok(());
    type Change<'a> = Box<dyn FnMut(&mut Workspace<f64>) -> Result<(), Error> + 'a>;
    let changes: Vec<(&str, &[f64], Change<'_>)> = vec![
        ("nothing", &theta, Box::new(|_| Ok(()))),
        ("data", &theta, Box::new(|ws| ws.set("x", &points[1]).map(|_| ()))),
        ("rows", &theta, Box::new(|ws| ws.set("x", &points[2]).map(|_| ()))),
        ("a buffer", &theta, Box::new(|ws| ws.set("state", &[1.0, 2.0, 3.0]).map(|_| ()))),
        ("training", &theta, Box::new(|ws| then(ws.set_training(false)))),
        ("step", &theta, Box::new(|ws| then(ws.set_step(Seed(5), 1)))),
        ("seed", &theta, Box::new(|ws| then(ws.set_step(Seed(6), 0)))),
        ("parameters", &moved, Box::new(|_| Ok(()))),
        ("the sign of a zero", &negative, Box::new(|_| Ok(()))),
        ("a replay elsewhere", &theta, Box::new(|ws| program.evaluate(&moved, ws).map(|_| ()))),
        ("another output", &theta, Box::new(|ws| program.linearize(&theta, ws).map(|_| ()))),
        ("a gradient", &theta, Box::new(|ws| program.gradient(&theta, ws, &mut gradient).map(|_| ()))),
        ("a pass", &theta, Box::new(|ws| turned.forward(&theta, ws).map(|_| ()))),
        (
            "a failure",
            &theta,
            Box::new(|ws| turned.evaluate(&[], ws).err().map(drop).ok_or(Error::invalid("it", "ran"))),
        ),
    ];
    let mut seen = Vec::new();
    for (what, at, mut change) in changes {
        let mut run = |kept: bool| -> Result<Vec<u64>, Error> {
            let mut ws = program.workspace();
            ws.set("x", &points[0])?.set_training(true).set_step(Seed(5), 0);
            if kept {
                turned.linearize(&theta, &mut ws)?;
            }
            change(&mut ws)?;
            let mut linearized = turned.linearize(at, &mut ws)?;
            let values = linearized.value(output)?.to_vec();
            let mut jacobian = vec![f64::NAN; values.len() * theta.len()];
            linearized.jacobian(|_| None, &mut jacobian)?;
            Ok(bits(&[values, jacobian].concat()))
        };
        let (kept, fresh) = (run(true).unwrap(), run(false).unwrap());
        assert_eq!(kept, fresh, "{what}");
        seen.push((what, fresh));
    }
    // What should change the Jacobian does.
    for (what, bits) in &seen[1..9] {
        assert_ne!(*bits, seen[0].1, "{what}");
    }
}

/// A call that is refused leaves the linearisation as it was.
#[test]
fn a_refused_jacobian_spoils_nothing() {
    let program = record(|g| shared(g, &[2, 6])).unwrap().compile::<f64>();
    let result = program.select(&[program.recording().result()]).unwrap();
    let theta = program.initial(Seed(4));
    let mut ws = bind(&program);
    let (_, expected) = result.residual_jacobian(&theta, &mut bind(&program)).unwrap();
    let expected = expected.into_vec();
    let mut linearized = result.linearize(&theta, &mut ws).unwrap();
    let mut have = vec![f64::NAN; expected.len()];
    for _ in 0..2 {
        assert!(matches!(linearized.jacobian(|_| None, &mut have[1..]).unwrap_err(), Error::Shape { .. }));
        assert!(matches!(linearized.jacobian(|_| Some(&[1.0; 4]), &mut have).unwrap_err(), Error::Shape { .. }));
        linearized.jacobian(|_| None, &mut have).unwrap();
        assert_eq!(bits(&have), bits(&expected));
    }
    // Weights that are no numbers are the caller's: they reach their own rows and no others.
    let weights = [1.0, f64::NAN, 1.0, 0.0, 1.0];
    linearized.jacobian(|_| Some(&weights), &mut have).unwrap();
    let width = 2 * theta.len();
    assert!(have[..width].iter().chain(&have[2 * width..]).all(|v| v.is_finite()));
    assert!(have[width..2 * width].iter().any(|v| v.is_nan()));
    assert!(have[3 * width..4 * width].iter().all(|&v| v == 0.0));
}
