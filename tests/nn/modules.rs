//! Modules against their definitions, with their derivatives, sample by sample too; hostile settings.

use eigennet::autodiff::{CheckOptions, Program, Rows, Var, Workspace, check_gradient, record};
use eigennet::differential::RandomFeatures;
use eigennet::nn::{BatchNorm, Dropout, Embedding, FourierFeatures, Initializer, LayerNorm, Linear, Mlp};
use eigennet::{Error, Seed};

fn rows() -> Rows {
    Rows::named("batch")
}

fn entries(count: usize, salt: f64) -> Vec<f64> {
    (0..count).map(|i| 2.0 * (12.9898 * (i as f64 + salt) + salt).sin()).collect()
}

/// A network of `x` `[rows, width]`.
fn compile(width: usize, network: impl for<'g> Fn(Var<'g>) -> Var<'g>) -> Program<f64> {
    record(|g| network(g.input("x", rows(), width))).expect("recorded").compile()
}

fn evaluated(program: &Program<f64>, theta: &[f64], ws: &mut Workspace<f64>) -> Vec<f64> {
    program.evaluate(theta, ws).expect("evaluated");
    ws.output("result").expect("a result").to_vec()
}

#[track_caller]
fn close(have: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(have.len(), want.len());
    for (k, (have, want)) in have.iter().zip(want).enumerate() {
        assert!((have - want).abs() <= tolerance * want.abs().max(1.0), "entry {k}: {have} for {want}");
    }
}

#[track_caller]
fn gradients_hold(program: &Program<f64>, ws: &mut Workspace<f64>) {
    let options = CheckOptions { hessian_vector: true, ..CheckOptions::default() };
    let theta = program.initial(Seed(3));
    let report = check_gradient(program, &theta, ws, &options).expect("checked");
    assert!(report.passed(), "{report}");
}

/// Mean and variance (divided by `n - less`) of each column.
fn statistics(x: &[f64], width: usize, less: usize) -> (Vec<f64>, Vec<f64>) {
    let rows = (x.len() / width) as f64;
    let column = |k: usize| x[k..].iter().step_by(width);
    let mean: Vec<f64> = (0..width).map(|k| column(k).sum::<f64>() / rows).collect();
    let spread = |k: usize| column(k).map(|v| (v - mean[k]).powi(2)).sum::<f64>() / (rows - less as f64);
    let variance = (0..width).map(spread).collect();
    (mean, variance)
}

#[test]
fn batches_are_normalised_by_their_own_statistics_and_later_by_running_ones() {
    let norm = BatchNorm::new("norm").momentum(0.25).epsilon(1e-3);
    let program = compile(2, |x| norm.call(x));
    let loss = compile(2, |x| norm.call(x).powi(3).mean());
    let theta = [2.0, -1.0, 0.5, 0.25]; // scale, shift
    let normal = |x: &[f64], (mean, variance): &(Vec<f64>, Vec<f64>)| -> Vec<f64> {
        let entry = |(i, v): (usize, &f64)| {
            let k = i % 2;
            theta[k] * (v - mean[k]) / (variance[k] + 1e-3).sqrt() + theta[2 + k]
        };
        x.iter().enumerate().map(entry).collect()
    };
    let [mut ws, mut steps] = [program.workspace(), loss.workspace()];
    let mut running = (vec![0.0; 2], vec![1.0; 2]);
    for step in 0..4 {
        let x = entries(2 * (5 + step), step as f64);
        ws.set("x", &x).expect("set").set_training(true);
        close(&evaluated(&program, &theta, &mut ws), &normal(&x, &statistics(&x, 2, 0)), 1e-13);
        // A gradient in training mode moves the running statistics.
        steps.set("x", &x).expect("set").set_training(true);
        loss.value_and_grad(&theta, &mut steps).expect("a gradient");
        let (mean, variance) = statistics(&x, 2, 1);
        for k in 0..2 {
            running.0[k] += 0.25 * (mean[k] - running.0[k]);
            running.1[k] += 0.25 * (variance[k] - running.1[k]);
        }
        close(steps.input("norm.mean").expect("a buffer"), &running.0, 1e-14);
        close(steps.input("norm.variance").expect("a buffer"), &running.1, 1e-14);
    }
    // Evaluation uses them and leaves them, and so does the frozen form, in training too.
    let x = entries(6, 0.3);
    let frozen = compile(2, |x| norm.clone().frozen().call(x));
    let mut cold = frozen.workspace();
    ws.set_buffers(&steps.buffers()).expect("set");
    cold.set_buffers(&steps.buffers()).expect("set");
    ws.set("x", &x).expect("set").set_training(false);
    cold.set("x", &x).expect("set").set_training(true);
    close(&evaluated(&program, &theta, &mut ws), &normal(&x, &running), 1e-14);
    close(&evaluated(&frozen, &theta, &mut cold), &normal(&x, &running), 1e-14);
    for training in [false, true] {
        steps.set_training(training);
        gradients_hold(&loss, &mut steps);
    }
}

#[test]
fn a_shared_normalisation_moves_with_each_call_and_heads_are_columns() {
    let norm = BatchNorm::new("norm").momentum(0.5);
    let twice = record(|g| {
        let [a, b] = ["a", "b"].map(|name| g.input(name, rows(), 1));
        (norm.call(a) - norm.call(b)).square().mean()
    });
    let twice = twice.expect("recorded").compile::<f64>();
    let mut ws = twice.workspace();
    ws.set("a", &[1.0, 3.0]).expect("set").set("b", &[5.0, 7.0]).expect("set").set_training(true);
    let (_, gradient) = twice.value_and_grad(&[1.0, 0.0], &mut ws).expect("a gradient");
    assert_eq!(ws.input("norm.mean").expect("a buffer"), [0.5 * (0.5 * 2.0) + 0.5 * 6.0]);
    assert_eq!(gradient[1], 0.0); // the shift cancels
    let heads = compile(4, |x| norm.call(x.columns_to_heads(2)).heads_to_columns() - norm.call(x));
    let mut ws = heads.workspace();
    ws.set("x", &entries(12, 0.1)).expect("set").set_training(true);
    close(&evaluated(&heads, &heads.initial(Seed(0)), &mut ws), &[0.0; 12], 0.0);
    // One row is its own mean, and everything stays finite.
    ws.set("x", &entries(4, 0.1)).expect("set");
    assert!(evaluated(&heads, &heads.initial(Seed(0)), &mut ws).iter().all(|v| *v == 0.0));
    let one = compile(1, |x| norm.call(x).sum());
    let mut ws = one.workspace();
    ws.set("x", &[3.0]).expect("set").set_training(true);
    assert_eq!(one.value_and_grad(&[2.0, 0.5], &mut ws).expect("a gradient"), (0.5, vec![0.0, 1.0]));
    assert_eq!(ws.input("norm.variance").expect("a buffer"), [0.5]);
}

#[test]
fn rows_are_normalised_by_their_own_statistics() {
    let norm = LayerNorm::new("norm").epsilon(1e-3);
    let program = compile(3, |x| norm.call(x));
    let theta = [2.0, -1.0, 3.0, 0.5, 0.25, 0.0];
    let x = entries(12, 0.7);
    let mut ws = program.workspace();
    ws.set("x", &x).expect("set");
    let expected: Vec<f64> = x
        .chunks(3)
        .flat_map(|row| {
            let (mean, variance) = statistics(row, 1, 0);
            let scale = 1.0 / (variance[0] + 1e-3).sqrt();
            (0..3).map(move |k| theta[k] * (row[k] - mean[0]) * scale + theta[3 + k]).collect::<Vec<_>>()
        })
        .collect();
    close(&evaluated(&program, &theta, &mut ws), &expected, 1e-14);
    let loss = compile(3, |x| norm.call(Linear::new("first", [3, 4]).call(x)).sin().mean());
    let mut ws = loss.workspace();
    ws.set("x", &x).expect("set");
    gradients_hold(&loss, &mut ws);
}

#[test]
fn features_are_of_the_kernel_they_sample() {
    let features = FourierFeatures { count: 20_000, deviation: 0.3, seed: Seed(5) };
    let program = record(|g| {
        let [x, y] = ["x", "y"].map(|name| features.call(g.input(name, rows(), 2)));
        (x * y).row_sum() / features.count as f64
    });
    let program = program.expect("recorded").compile::<f64>();
    let mut ws = program.workspace();
    let (x, y) = ([0.3, -0.4, 1.0, 0.0, 0.5, 0.5], [0.3, -0.4, 0.8, 0.1, -0.4, 0.2]);
    ws.set("x", &x).expect("set").set("y", &y).expect("set");
    // E cos 2πb(x − y) over normal b (Rahimi and Recht, 2007); the mean of so many deviates by 0.005.
    let kernel = |k: usize| {
        let d2 = (x[k] - y[k]).powi(2) + (x[k + 1] - y[k + 1]).powi(2);
        (-0.5 * (std::f64::consts::TAU * 0.3).powi(2) * d2).exp()
    };
    close(&evaluated(&program, &[], &mut ws), &[kernel(0), kernel(2), kernel(4)], 0.02);
    assert_eq!(program.parameters().len(), 0);
    // The same seed, the same features; of another they are others.
    let [a, b, c] = [5, 5, 6].map(|seed| {
        let program = compile(2, |x| FourierFeatures { count: 3, deviation: 1.0, seed: Seed(seed) }.call(x));
        let mut ws = program.workspace();
        ws.set("x", &x).expect("set");
        evaluated(&program, &[], &mut ws)
    });
    assert!(a == b && a != c && a.len() == 18);
    assert!(a.chunks(6).all(|row| (0..3).all(|k| (row[k].hypot(row[3 + k]) - 1.0).abs() < 1e-14)));
}

/// Every module that keeps the rows apart, row by row and along directions.
#[test]
fn gradients_of_each_sample() {
    let any = Initializer::Uniform { low: -1.0, high: 1.0 };
    let species = Embedding::new("species", [4, 3]).table(any);
    let features = FourierFeatures { count: 4, deviation: 0.2, seed: Seed(2) };
    let (dropout, norm, frozen) = (Dropout { rate: 0.4 }, LayerNorm::new("rows"), BatchNorm::new("batch").frozen());
    let net = Mlp::new("net", [8, 6, 2]).biases(any).activation_fn(move |x| dropout.call(x.tanh()));
    let losses = record(|g| {
        let kind = g.input("kind", rows(), 1);
        let known = species.call(kind) * g.input("x", rows(), 3);
        // The table is used twice; another one is a reshaped block.
        let other = species.call(1.0 - kind) + g.parameter("flat", [1, 12], any).reshape([4, 3]).gather(kind);
        let hidden = features.call(norm.call(known + other));
        let out = frozen.call(net.call(hidden));
        (out - 0.3).square().row_sum()
    });
    let losses = losses.expect("recorded").compile::<f64>();
    let mut ws = losses.workspace();
    let kinds: Vec<f64> = (0..9).map(|i| f64::from(i * i % 4)).collect();
    ws.set("kind", &kinds).expect("set").set("x", &entries(27, 0.4)).expect("set");
    ws.set_training(true).set_step(Seed(8), 3);
    let theta: Vec<f64> = entries(losses.parameters().len(), 1.9);
    let (_, jacobian) = losses.residual_jacobian(&theta, &mut ws).expect("a Jacobian");
    for k in 0..theta.len() {
        let unit: Vec<f64> = (0..theta.len()).map(|i| f64::from(i == k)).collect();
        let pushed = losses.push_forward(&theta, &unit, &mut ws).expect("a product");
        let along = pushed.tangent(losses.recording().result()).expect("a tangent");
        close(&(0..9).map(|i| jacobian[(i, k)]).collect::<Vec<_>>(), along, 1e-12);
    }
    // Rows of the table that no sample names have no gradient; kinds are 0 and 1.
    let table = losses.parameters().block("species.table").expect("a block").range();
    assert!((0..9).all(|i| jacobian.row(i)[table.clone()][6..].iter().all(|&v| v == 0.0)));

    let coupled = compile(2, |x| BatchNorm::new("norm").call(Linear::new("first", [2, 2]).call(x)).row_sum());
    let mut ws = coupled.workspace();
    ws.set("x", &entries(6, 0.2)).expect("set");
    // Rows that meet in batch statistics have their share of them in their Jacobian.
    ws.set_training(true);
    let theta = coupled.initial(Seed(0));
    let (_, jacobian) = coupled.residual_jacobian(&theta, &mut ws).expect("a Jacobian");
    for k in 0..theta.len() {
        let unit: Vec<f64> = (0..theta.len()).map(|i| f64::from(i == k)).collect();
        let pushed = coupled.push_forward(&theta, &unit, &mut ws).expect("a product");
        let along = pushed.tangent(coupled.recording().result()).expect("a tangent");
        close(&(0..3).map(|i| jacobian[(i, k)]).collect::<Vec<_>>(), along, 1e-11);
    }
    for index in [-1.0, 4.0, 0.5] {
        let program = compile(1, |x| species.call(x));
        let mut ws = program.workspace();
        ws.set("x", &[index]).expect("set");
        let error = program.evaluate(&program.initial(Seed(0)), &mut ws).expect_err("refused");
        assert!(error.to_string().contains("is not a row of a table of 4"), "{error}");
    }
}

#[test]
fn hostile_settings_are_refused_with_the_place() {
    type Build = for<'g> fn(Var<'g>) -> Var<'g>;
    let hostile: [(Build, &str); 24] = [
        (|x| Linear::new("a", [2, 0]).call(x), "parameter"),
        (|x| Linear::new("a", [0, 2]).call(x), "parameter"),
        (|x| Linear::new("a", [3, 2]).call(x), "matmul"),
        (|x| Linear::new("a", [2, 2]).members(0).call(x), "parameter"),
        (|x| Linear::new("a", [2, usize::MAX]).call(x), "parameter"),
        (|x| Mlp::new("a", [2, usize::MAX, 1]).call(x), "\"a.0.weight\""),
        (|x| Mlp::new("a", [2, 8, 1 << 40, 1]).call(x), "\"a.1.weight\""),
        (|x| Mlp::new("a", [2, 8, 0]).call(x), "\"a.1.weight\""),
        (|x| RandomFeatures { features: usize::MAX, ..Default::default() }.call(x), "\"features.hidden.weight\""),
        (|x| BatchNorm::new("a").epsilon(-1e-5).call(x), "epsilon of BatchNorm"),
        (|x| BatchNorm::new("a").epsilon(f64::NAN).call(x), "epsilon of BatchNorm"),
        (|x| BatchNorm::new("a").epsilon(0.0).call(x), "epsilon of BatchNorm"),
        (|x| BatchNorm::new("a").momentum(1.5).call(x), "momentum of BatchNorm"),
        (|x| BatchNorm::new("a").momentum(f64::NAN).call(x), "momentum of BatchNorm"),
        (|x| LayerNorm::new("a").epsilon(f64::INFINITY).call(x), "epsilon of LayerNorm"),
        (|x| LayerNorm::new("a").epsilon(-0.0).call(x), "epsilon of LayerNorm"),
        (|x| Dropout { rate: f64::NAN }.call(x), "dropout"),
        (|x| Dropout { rate: 1.0 }.call(x), "dropout"),
        (|x| Embedding::new("a", [0, 2]).call(x.columns(0..1)), "parameter"),
        (|x| Embedding::new("a", [2, 0]).call(x.columns(0..1)), "parameter"),
        (|x| Embedding::new("a", [2, 2]).call(x), "gather"),
        (|x| FourierFeatures { count: 0, deviation: 1.0, seed: Seed(0) }.call(x), "count of FourierFeatures"),
        (|x| FourierFeatures { count: usize::MAX, deviation: 1.0, seed: Seed(0) }.call(x), "count of FourierFeatures"),
        (|x| FourierFeatures { count: 1, deviation: f64::NAN, seed: Seed(0) }.call(x), "deviation of FourierFeatures"),
    ];
    for (k, (build, words)) in hostile.into_iter().enumerate() {
        let error = record(|g| build(g.input("x", rows(), 2))).expect_err("a mistake that went unnoticed");
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("nn/modules.rs"), "case {k}: {text}");
    }
    // After a mistake modules neither panic nor hide it.
    let error = record(|g| {
        let broken = g.input("x", rows(), 2).columns(3..9);
        let features = FourierFeatures { count: 2, deviation: 1.0, seed: Seed(0) };
        let deep =
            Mlp::new("net", [2, 2]).call(features.call(LayerNorm::new("b").call(BatchNorm::new("a").call(broken))));
        Embedding::new("c", [2, 2]).call(Dropout { rate: 2.0 }.call(deep))
    });
    assert!(matches!(error.expect_err("refused"), Error::Shape { operation: "columns", .. }));
}
