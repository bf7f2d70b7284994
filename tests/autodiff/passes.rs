//! Passes bind parameters and workspace; selections share one workspace in any order.

use eigennet::autodiff::{Graph, Initializer, Output, Program, Rows, Var, Workspace, record};
use eigennet::{Error, Seed};
use quickcheck::{QuickCheck, TestResult};

use super::comparison::entries;
use super::errors::says;

/// An equation inside, a condition on an edge, their means, and a loss.
fn equation<'g>(g: &'g Graph) -> Var<'g> {
    let any = Initializer::Uniform { low: -1.0, high: 1.0 };
    let (w, b, v) = (g.parameter("w", [2, 6], any), g.parameter("b", [1, 6], any), g.parameter("v", [6, 2], any));
    let net = |p: [Var<'g>; 2]| Var::concat(&p).affine(w, b).tanh().matmul(v);
    let [x, y] = g.coordinates("inside", Rows::named("inside"));
    let edge = net(g.coordinates("edge", Rows::named("edge"))) - g.input("data", Rows::named("edge"), 1);
    let u = net([x, y]);
    let residual = u.laplacian([x, y]) + u * u.d(x) - u.mean_rows();
    g.output("u", u);
    g.output("residual", residual);
    g.output("edge", edge);
    g.output("gram", u.transpose_matmul(u));
    g.output("weights", w.matmul(v));
    residual.square().mean() + edge.square().mean()
}

const NAMES: [&str; 6] = ["u", "residual", "edge", "gram", "weights", "result"];

fn compiled() -> (Program<f64>, [Output; 6], Vec<f64>) {
    let program = record(equation).unwrap().compile::<f64>();
    let outputs = NAMES.map(|name| program.output(name).unwrap());
    let theta = program.initial(Seed(3));
    (program, outputs, theta)
}

fn bind(ws: &mut Workspace<f64>, inside: usize, edge: usize) {
    ws.set("inside", &entries(2 * inside, 0.1)).unwrap();
    ws.set("edge", &entries(2 * edge, 0.3)).unwrap().set("data", &entries(edge, 0.7)).unwrap();
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn one_pass_is_pulled_back_in_any_order() {
    let (program, [u, residual, edge, gram, weights, loss], theta) = compiled();
    // One shard, and several.
    for inside in [5, 20_000] {
        let mut ws = program.workspace();
        bind(&mut ws, inside, 4);
        let (on_u, on_residual, on_edge) = (entries(2 * inside, 0.2), entries(2 * inside, 0.4), entries(8, 0.5));
        let named: [&[(Output, &[f64])]; 6] = [
            &[(u, &on_u)],
            &[(residual, &on_residual), (edge, &on_edge)],
            &[(loss, &[1.0])],
            &[(gram, &[1.0, -0.5, 0.25, 2.0]), (u, &on_u), (weights, &[0.1, 0.2, 0.3, 0.4])],
            &[],
            &[(edge, &on_edge)],
        ];
        let mut gradient = vec![f64::NAN; theta.len()];
        let fresh: Vec<Vec<u64>> = named
            .iter()
            .map(|cotangents| {
                let mut ws = program.workspace();
                bind(&mut ws, inside, 4);
                program.forward(&theta, &mut ws).unwrap().pull_back(cotangents, &mut gradient).unwrap();
                bits(&gradient)
            })
            .collect();
        assert!(fresh[4].iter().all(|&bits| bits == 0));
        let mut pass = program.forward(&theta, &mut ws).unwrap();
        let values = bits(pass.value(residual).unwrap());
        for k in [0, 1, 2, 3, 4, 5, 5, 3, 1, 4, 0, 0, 2, 5, 1, 3] {
            gradient.fill(f64::NAN);
            pass.pull_back(named[k], &mut gradient).unwrap();
            assert_eq!(bits(&gradient), fresh[k], "cotangents {k} on {inside} rows");
            // The same by hand, from what the pass shows.
            gradient.fill(f64::NAN);
            pass.pull_back_with(
                |output, value, cotangent| {
                    assert!(value.len() == cotangent.len() && cotangent.iter().all(|&c| c == 0.0));
                    let given = named[k].iter().filter(|(of, _)| *of == output);
                    given.for_each(|(_, given)| cotangent.copy_from_slice(given));
                },
                &mut gradient,
            )
            .unwrap();
            assert_eq!(bits(&gradient), fresh[k], "cotangents {k} on {inside} rows, by hand");
        }
        assert_eq!(bits(pass.value(residual).unwrap()), values, "values stay");
        drop(pass);
        // In the memory of what was used.
        for (k, cotangents) in named.iter().enumerate() {
            let pass = program.forward_once(&theta, &mut ws).unwrap();
            assert_eq!(bits(pass.value(residual).unwrap()), values);
            let fill = |output, _: &[f64], cotangent: &mut [f64]| {
                let given = cotangents.iter().filter(|(of, _)| *of == output);
                given.for_each(|(_, given)| cotangent.copy_from_slice(given));
            };
            pass.pull_back_with(fill, &mut gradient).unwrap();
            assert_eq!(bits(&gradient), fresh[k], "cotangents {k} on {inside} rows, once");
        }
    }
}

/// The loss's own gradient is that of its outputs, pulled back.
#[test]
fn a_loss_is_pulled_back_through_its_residuals() {
    let (program, [_, residual, edge, .., loss], theta) = compiled();
    let both = program.select(&[edge, residual]).unwrap();
    let mut ws = program.workspace();
    bind(&mut ws, 300, 40);
    let mut gradient = vec![0.0; theta.len()];
    let value = program.gradient(&theta, &mut ws, &mut gradient).unwrap();
    let mut pulled = vec![0.0; theta.len()];
    let mut pass = both.forward(&theta, &mut ws).unwrap();
    let mut mean_square = 0.0;
    pass.pull_back_with(
        |_, r, cotangent| {
            let n = r.len() as f64;
            mean_square += r.iter().map(|r| r * r).sum::<f64>() / n;
            cotangent.iter_mut().zip(r).for_each(|(c, r)| *c = 2.0 * r / n);
        },
        &mut pulled,
    )
    .unwrap();
    assert!(pass.value(loss).is_err());
    assert!((mean_square - value).abs() < 1e-13 * value);
    assert!(gradient.iter().zip(&pulled).all(|(a, b)| (a - b).abs() < 1e-11 * (1.0 + a.abs())));
}

/// What one step computes, as bits.
fn step(program: &Program<f64>, last: usize, what: u8, theta: &[f64], ws: &mut Workspace<f64>) -> Vec<u64> {
    let outputs: Vec<Output> = NAMES.iter().filter_map(|name| program.output(name).ok()).collect();
    let mut room = vec![f64::NAN; theta.len()];
    let mut seen: Vec<f64> = Vec::new();
    match what % 6 {
        0 => {
            program.evaluate(theta, ws).unwrap();
        }
        1 => {
            let mut pass = program.forward(theta, ws).unwrap();
            for factor in [1.0, -2.0] {
                pass.pull_back_with(
                    |_, value, cotangent| cotangent.iter_mut().zip(value).for_each(|(c, v)| *c = factor * v.sin()),
                    &mut room,
                )
                .unwrap();
                seen.extend(&room);
            }
        }
        2 => {
            let mut linearized = program.linearize(theta, ws).unwrap();
            let entries: usize = outputs.iter().filter_map(|&o| linearized.value(o).ok()).map(<[f64]>::len).sum();
            let mut jacobian = vec![f64::NAN; entries * theta.len()];
            linearized.jacobian(|_| None, &mut jacobian).unwrap();
            seen.extend(jacobian);
        }
        3 => {
            let pushed = program.push_forward(theta, &entries(theta.len(), 1.1), ws).unwrap();
            outputs.iter().filter_map(|&o| pushed.tangent(o).ok()).for_each(|tangent| seen.extend(tangent));
        }
        // Of a loss only.
        4 if last == 5 => seen.push(program.gradient(theta, ws, &mut room).unwrap()),
        _ if last == 5 => program.hessian_vector(theta, &entries(theta.len(), 1.2), ws, &mut room).unwrap(),
        _ => {
            says(&program.gradient(theta, ws, &mut room).unwrap_err(), &["mean()"]);
            return Vec::new(); // the outputs are still those of the step before
        }
    }
    seen.extend(&room);
    NAMES.iter().filter_map(|name| ws.output(name).ok()).for_each(|value| seen.extend(value));
    bits(&seen)
}

#[test]
fn selections_share_a_workspace_in_any_order() {
    fn property(bytes: Vec<u8>) -> TestResult {
        let (program, outputs, theta) = compiled();
        let other = entries(theta.len(), 0.6);
        let orders = [&[0usize, 1][..], &[2], &[5], &[4, 1], &[3, 2, 0], &[0, 1, 2, 3, 4, 5], &[1, 5], &[4]];
        let selections = orders.map(|order| {
            (program.select(&order.iter().map(|&k| outputs[k]).collect::<Vec<_>>()).unwrap(), order[order.len() - 1])
        });
        let mut ws = program.workspace();
        let (mut inside, mut edge) = (3, 2);
        bind(&mut ws, inside, edge);
        for step_bytes in bytes.chunks(2).take(16) {
            let &[a, b] = step_bytes else { continue };
            match b / 16 % 4 {
                0 => inside = [1, 3, 40, 300][usize::from(b / 64)],
                1 => edge = [2, 1, 64, 7][usize::from(b / 64)],
                _ => {}
            }
            // Bound anew now and then, so that linearisations stand meanwhile.
            if b / 16 % 4 < 2 {
                bind(&mut ws, inside, edge);
            }
            let (selection, last) = &selections[usize::from(a % 8)];
            let at = if a / 64 == 0 { &other } else { &theta };
            let mut fresh = program.workspace();
            bind(&mut fresh, inside, edge);
            if step(selection, *last, b, at, &mut ws) != step(selection, *last, b, at, &mut fresh) {
                return TestResult::error(format!("outputs {:?}, step {b}", orders[usize::from(a % 8)]));
            }
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(60).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

#[test]
fn what_a_selection_does_not_need_may_be_unbound() {
    let (program, [u, residual, edge, gram, weights, loss], theta) = compiled();
    let full = {
        let mut ws = program.workspace();
        bind(&mut ws, 5, 4);
        let values = program.evaluate(&theta, &mut ws).unwrap();
        NAMES.map(|name| bits(values.value(program.output(name).unwrap()).unwrap()))
    };
    let inputs = |output: Output| program.recording().inputs_of(output).unwrap();
    for (k, output) in [u, residual, edge, gram, weights, loss].into_iter().enumerate() {
        let one = program.select(&[output]).unwrap();
        let mut ws = program.workspace();
        for (name, data) in [("inside", entries(10, 0.1)), ("edge", entries(8, 0.3)), ("data", entries(4, 0.7))] {
            if inputs(output).contains(&name) {
                says(&one.evaluate(&theta, &mut ws).unwrap_err(), &["Workspace::set"]);
                ws.set(name, &data).unwrap();
            }
        }
        assert_eq!(bits(one.evaluate(&theta, &mut ws).unwrap().value(output).unwrap()), full[k]);
        let mut gradient = vec![0.0; theta.len()];
        one.forward(&theta, &mut ws).unwrap().pull_back(&[], &mut gradient).unwrap();
        one.push_forward(&theta, &theta, &mut ws).unwrap();
        one.linearize(&theta, &mut ws).unwrap();
        assert_eq!(program.evaluate(&theta, &mut ws).is_ok(), inputs(output).len() == 3);
    }
    assert!(inputs(weights).is_empty());
    assert_eq!(inputs(edge), ["edge", "data"]);
}

#[test]
fn outputs_belong_to_their_recording() {
    let (program, [u, residual, ..], theta) = compiled();
    let (twin, [foreign, ..], _) = compiled();
    let mut ws = program.workspace();
    bind(&mut ws, 5, 4);
    let refused = |error: Error| says(&error, &["another recording"]);
    refused(program.evaluate(&theta, &mut ws).unwrap().value(foreign).unwrap_err());
    refused(program.push_forward(&theta, &theta, &mut ws).unwrap().tangent(foreign).unwrap_err());
    refused(program.linearize(&theta, &mut ws).unwrap().value(foreign).unwrap_err());
    refused(program.select(&[u, foreign]).unwrap_err());
    refused(program.recording().inputs_of(foreign).unwrap_err());
    refused(program.recording().output_shape(foreign).unwrap_err());
    let mut gradient = vec![7.0; theta.len()];
    let mut pass = program.forward(&theta, &mut ws).unwrap();
    refused(pass.pull_back(&[(u, &[0.0; 10]), (foreign, &[0.0; 10])], &mut gradient).unwrap_err());
    assert!(gradient.iter().all(|&g| g == 7.0));
    drop(pass);
    refused(twin.select(&[u]).unwrap_err());
    // The same recording in another precision knows its outputs.
    let single = program.with_scalar::<f32>();
    assert!(single.select(&[u]).is_ok() && single.output("u").unwrap() == u);

    // Those of the recording that were left out say how to have them.
    let one = program.select(&[u]).unwrap();
    let left_out = |error: Error| says(&error, &["residual", "select"]);
    left_out(one.evaluate(&theta, &mut ws).unwrap().value(residual).unwrap_err());
    left_out(one.push_forward(&theta, &theta, &mut ws).unwrap().tangent(residual).unwrap_err());
    left_out(one.linearize(&theta, &mut ws).unwrap().value(residual).unwrap_err());
    let mut pass = one.forward(&theta, &mut ws).unwrap();
    left_out(pass.pull_back(&[(residual, &[0.0; 10])], &mut gradient).unwrap_err());
    says(&program.select(&[]).unwrap_err(), &["at least one"]);
    says(&program.select(&[u, residual, u]).unwrap_err(), &["\"u\"", "twice"]);
    assert!(matches!(program.output("nothing").unwrap_err(), Error::UnknownName { known, .. } if known == NAMES));
}

/// A handle is what the closure was given, whatever is recorded after it.
#[test]
fn handles_leave_the_closure() {
    let mut handle = None;
    let recording = record(|g| {
        let x = g.input("x", Rows::named("x"), 1);
        handle = Some(g.output("double", 2.0 * x));
        g.output("half", 0.5 * x);
        x.square()
    })
    .unwrap();
    let double = handle.unwrap();
    assert_eq!(recording.output("double").unwrap(), double);
    assert_eq!(recording.output_shape(double).unwrap(), (Some("x"), 1));
    let copy = recording.clone();
    for recording in [recording, copy] {
        let program = recording.compile::<f64>();
        let mut ws = program.workspace();
        ws.set("x", &[1.5]).unwrap();
        assert_eq!(program.evaluate(&[], &mut ws).unwrap().value(double).unwrap(), [3.0]);
    }
}
