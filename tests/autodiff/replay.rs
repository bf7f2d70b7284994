//! One recording on any number of rows and in both precisions; values that couple the rows of
//! a batch; dropout.

use eigennet::autodiff::{Graph, Initializer, Program, Rows, Var, Workspace, record};
use eigennet::{Scalar, Seed};

use super::comparison::entries;

/// Two hidden layers, `heads` networks side by side.
fn network<'g>(g: &'g Graph, x: Var<'g>, heads: usize) -> Var<'g> {
    let glorot = Initializer::GlorotUniform { gain: 1.0 };
    let w1 = g.parameter_heads("w1", [heads, x.width(), 7], glorot);
    let b1 = g.parameter_heads("b1", [heads, 1, 7], Initializer::Uniform { low: -1.0, high: 1.0 });
    let w2 = g.parameter_heads("w2", [heads, 7, 5], glorot);
    let w3 = g.parameter_heads("w3", [heads, 5, 1], glorot);
    x.affine(w1, b1).softplus().matmul(w2).tanh().matmul(w3).heads_to_columns()
}

fn equation() -> Program<f64> {
    let recording = record(|g| {
        let [x, t] = g.coordinates("point", Rows::named("points"));
        let u = (1.0 - t) * (3.0 * x).sin() + x * (1.0 - x) * t * network(g, Var::concat(&[x, t]), 3);
        g.output("u", u);
        let residual = u.d(t) - g.scalar_parameter("a", 0.7).exp() * u.laplacian([x, t]) * u;
        g.output("residual", residual);
        residual.square().mean()
    });
    recording.unwrap().compile()
}

/// Gradients by central differences of the loss.
fn differences(program: &Program<f64>, theta: &[f64], ws: &mut Workspace<f64>) -> Vec<f64> {
    let h = 1e-5;
    let mut moved = theta.to_vec();
    (0..theta.len())
        .map(|k| {
            moved[k] = theta[k] + h;
            let up = program.value(&moved, ws).unwrap();
            moved[k] = theta[k] - h;
            let down = program.value(&moved, ws).unwrap();
            moved[k] = theta[k];
            (up - down) / (2.0 * h)
        })
        .collect()
}

#[track_caller]
fn close<T: Scalar>(have: &[T], expected: &[T], tolerance: f64) {
    assert_eq!(have.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(Scalar::to_f64(*v).abs()));
    for (i, (a, b)) in have.iter().zip(expected).enumerate() {
        let gap = (Scalar::to_f64(*a) - Scalar::to_f64(*b)).abs();
        assert!(gap <= tolerance * scale, "entry {i}: {a:?} {b:?}");
    }
}

/// Gradient against differences, Hessian-vector product against differences of gradients, and Jacobian-vector
/// product against the gradient.
#[track_caller]
fn derivatives_hold(program: &Program<f64>, theta: &[f64], ws: &mut Workspace<f64>) {
    let (_, gradient) = program.value_and_grad(theta, ws).unwrap();
    close(&gradient, &differences(program, theta, ws), 2e-8);
    let v = entries(theta.len(), 4.4);
    let h = 1e-5;
    let along = |sign: f64| -> Vec<f64> { theta.iter().zip(&v).map(|(t, v)| t + sign * h * v).collect() };
    let up = program.value_and_grad(&along(1.0), ws).unwrap().1;
    let down = program.value_and_grad(&along(-1.0), ws).unwrap().1;
    let bend: Vec<f64> = up.iter().zip(&down).map(|(a, b)| (a - b) / (2.0 * h)).collect();
    let mut pulled = vec![0.0; theta.len()];
    program.hessian_vector(theta, &v, ws, &mut pulled).unwrap();
    close(&pulled, &bend, 2e-8);
    let slope: f64 = gradient.iter().zip(&v).map(|(g, v)| g * v).sum();
    let result = program.recording().result();
    close(program.push_forward(theta, &v, ws).unwrap().tangent(result).unwrap(), &[slope], 1e-11);
    program.forward(theta, ws).unwrap().pull_back(&[(result, &[1.0])], &mut pulled).unwrap();
    close(&pulled, &gradient, 1e-12);
    let (loss, jacobian) = program.residual_jacobian(theta, ws).unwrap();
    close(&loss, &[program.value(theta, ws).unwrap()], 1e-15);
    close(jacobian.as_slice(), &gradient, 1e-12);
}

#[test]
fn any_number_of_rows() {
    let program = equation();
    let theta = program.initial(Seed(2));
    let points = entries(2 * 10_000, 0.5);
    let mut ws = program.workspace();
    ws.set("point", &points).unwrap();
    program.evaluate(&theta, &mut ws).unwrap();
    let (u, residual) = (ws.output("u").unwrap().to_vec(), ws.output("residual").unwrap().to_vec());
    let (_, whole) = program.value_and_grad(&theta, &mut ws).unwrap();
    // The same workspace, smaller and smaller and large again.
    let mut sum = vec![0.0; theta.len()];
    for start in (0..10_000).step_by(100) {
        ws.set("point", &points[2 * start..2 * (start + 100)]).unwrap();
        program.evaluate(&theta, &mut ws).unwrap();
        close(ws.output("u").unwrap(), &u[3 * start..3 * (start + 100)], 1e-13);
        close(ws.output("residual").unwrap(), &residual[3 * start..3 * (start + 100)], 1e-13);
        let (_, part) = program.value_and_grad(&theta, &mut ws).unwrap();
        sum.iter_mut().zip(&part).for_each(|(s, p)| *s += p / 100.0);
    }
    close(&sum, &whole, 1e-12);
    for row in [0, 1, 17, 9_999] {
        ws.set("point", &points[2 * row..2 * (row + 1)]).unwrap();
        program.evaluate(&theta, &mut ws).unwrap();
        close(ws.output("u").unwrap(), &u[3 * row..3 * (row + 1)], 1e-13);
        close(ws.output("residual").unwrap(), &residual[3 * row..3 * (row + 1)], 1e-13);
    }
    ws.set("point", &points).unwrap();
    assert_eq!(program.value_and_grad(&theta, &mut ws).unwrap().1, whole, "a replay repeats its bits");
    // And in f32.
    let single = program.with_scalar::<f32>();
    let narrow = |v: &[f64]| v.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let mut ws = single.workspace();
    ws.set("point", &narrow(&points)).unwrap();
    single.evaluate(&narrow(&theta), &mut ws).unwrap();
    close(ws.output("u").unwrap(), &narrow(&u), 1e-5);
    close(ws.output("residual").unwrap(), &narrow(&residual), 1e-3);
    close(&single.value_and_grad(&narrow(&theta), &mut ws).unwrap().1, &narrow(&whole), 1e-3);
}

#[test]
fn values_that_couple_the_batch() {
    let program = record(|g| {
        let rows = Rows::named("rows");
        let x = g.input("x", rows, 3);
        let w = g.parameter("w", [3, 3], Initializer::Orthogonal { gain: 1.3 });
        let table = g.parameter("table", [4, 3], Initializer::Uniform { low: -1.0, high: 1.0 });
        let kind = g.input("kind", rows, 1);
        let y = x.matmul(w).tanh() + table.gather(kind);
        let gram = y.transpose_matmul(y);
        let l = gram.cholesky();
        let z = l.solve_lower(w);
        // A normalised batch, whitened by its own statistics.
        let centred = y - y.mean_rows();
        let normal = centred / (centred.square().mean_rows() + 1e-3).sqrt();
        gram.log_determinant()
            + gram.trace() / gram.norm()
            + z.square().sum()
            + l.solve_lower_transpose(w).sin().sum()
            + normal.exp().scatter_add(kind, 4).square().mean()
            + y.log_softmax().square().mean()
            + y.row_max().sum() * gram.transpose().reshape([1, 9]).columns(2..5).sum()
            + (normal.transpose_matmul(y).diagonal() * g.scalar_parameter("a", 0.3)).norm()
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(3));
    let mut ws = program.workspace();
    for rows in [20usize, 500] {
        let kinds: Vec<f64> = (0..rows).map(|i| (i * i % 4) as f64).collect();
        ws.set("x", &entries(3 * rows, 0.2)).unwrap().set("kind", &kinds).unwrap();
        // In units of the gradient's own size the differences are good to 1e-8.
        derivatives_hold(&program, &theta, &mut ws);
    }
}

#[test]
fn batches_of_their_own_length_and_none_at_all() {
    let program = record(|g| {
        let any = Initializer::Uniform { low: -1.0, high: 1.0 };
        let (w, v) = (g.parameter("w", [1, 8], any), g.parameter("v", [8, 1], any));
        let [x] = g.coordinates("inside", Rows::named("inside"));
        let edge = g.input("edge", Rows::named("edge"), 1);
        let inside = x.matmul(w).tanh().matmul(v);
        let outside = edge.matmul(w).tanh().matmul(v);
        (inside.d(x).d(x) + inside).square().mean()
            + outside.square().sum() * inside.mean().exp()
            + (w.matmul(v) - v.transpose().matmul_transpose(w)).square().sum()
            + w.transpose_matmul(w).trace().sqrt()
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(9));
    let mut ws = program.workspace();
    for (inside, edge) in [(30, 2), (1, 700), (700, 1)] {
        ws.set("inside", &entries(inside, 0.3)).unwrap().set("edge", &entries(edge, 0.7)).unwrap();
        derivatives_hold(&program, &theta, &mut ws);
    }
    let program = record(|g| g.scalar_parameter("a", 2.0).powi(3)).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    assert_eq!(program.value_and_grad(&[2.0], &mut ws).unwrap(), (8.0, vec![12.0]));
    let mut product = [0.0];
    program.hessian_vector(&[2.0], &[1.0], &mut ws, &mut product).unwrap();
    assert_eq!(product, [12.0]);
    // A loss that no parameter enters, and one without parameters.
    let program = record(|g| g.scalar_parameter("a", 2.0).stop_gradient() * 0.0 + 3.0).unwrap().compile::<f64>();
    assert_eq!(program.value_and_grad(&[2.0], &mut program.workspace()).unwrap(), (3.0, vec![0.0]));
    let program = record(|g| g.constant(3.0)).unwrap().compile::<f64>();
    assert_eq!(program.value_and_grad(&[], &mut program.workspace()).unwrap(), (3.0, vec![]));
}

#[test]
fn coordinates_pass_a_normalised_batch() {
    // The statistics are numbers to the coordinates, but not to the parameters.
    let program = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let n = network(g, Var::concat(&[x, y]), 2);
        let normal = (n - n.mean_rows()) / (n.square().mean_rows() + 0.1).sqrt();
        g.output("raw", n.laplacian([x, y]));
        g.output("scale", 1.0 / (n.square().mean_rows() + 0.1).sqrt());
        g.output("laplacian", normal.laplacian([x, y]));
        (normal.laplacian([x, y]) + normal.d(x)).square().mean() * normal.d(y).mean().exp()
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(8));
    let mut ws = program.workspace();
    ws.set("point", &entries(80, 0.6)).unwrap();
    program.evaluate(&theta, &mut ws).unwrap();
    let scale = ws.output("scale").unwrap().to_vec();
    let expected: Vec<f64> = ws.output("raw").unwrap().iter().enumerate().map(|(i, v)| v * scale[i % 2]).collect();
    close(ws.output("laplacian").unwrap(), &expected, 1e-13);
    derivatives_hold(&program, &theta, &mut ws);
}

#[test]
fn dropout_draws_one_mask_for_all_derivatives() {
    let program = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let w = g.parameter("w", [2, 40], Initializer::GlorotUniform { gain: 2.0 });
        let v = g.parameter("v", [40, 1], Initializer::GlorotUniform { gain: 2.0 });
        let hidden = Var::concat(&[x, y]).matmul(w).tanh();
        let kept = hidden.dropout(0.3);
        g.output("mask", kept / hidden);
        let u = kept.matmul(v);
        g.output("u", u);
        (u.laplacian([x, y]) + u).square().mean()
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(1));
    let mut ws = program.workspace();
    ws.set("point", &entries(2 * 500, 0.8)).unwrap();
    program.evaluate(&theta, &mut ws).unwrap();
    assert!(ws.output("mask").unwrap().iter().all(|&m| m == 1.0), "evaluation drops nothing");
    ws.set_training(true);
    let mask = |ws: &mut Workspace<f64>, step: u64| {
        ws.set_step(Seed(4), step);
        program.evaluate(&theta, ws).unwrap();
        ws.output("mask").unwrap().to_vec()
    };
    let (first, second, again) = (mask(&mut ws, 0), mask(&mut ws, 1), mask(&mut ws, 0));
    assert_eq!(first, again);
    let kept = |mask: &[f64]| mask.iter().filter(|&&m| m != 0.0).count() as f64 / mask.len() as f64;
    for mask in [&first, &second] {
        assert!(mask.iter().all(|&m| m == 0.0 || (m - 1.0 / 0.7).abs() < 1e-12));
        // Four standard deviations of a mean of 20 000 draws.
        assert!((kept(mask) - 0.7).abs() < 4.0 * (0.21f64 / 20_000.0).sqrt(), "{}", kept(mask));
    }
    let both = first.iter().zip(&second).filter(|(a, b)| **a != 0.0 && **b != 0.0).count() as f64 / 20_000.0;
    assert!((both - 0.49).abs() < 0.02, "steps are independent: {both}");
    ws.set_step(Seed(4), 3);
    derivatives_hold(&program, &theta, &mut ws);
}

#[test]
fn members_of_an_ensemble_drop_different_entries() {
    let program =
        record(|g| g.parameter_heads("w", [2, 30, 30], Initializer::Constant(1.0)).dropout(0.5).heads_to_columns())
            .unwrap()
            .compile::<f64>();
    let mut ws = program.workspace();
    ws.set_training(true);
    program.evaluate(&program.initial(Seed(0)), &mut ws).unwrap();
    let kept = ws.output("result").unwrap();
    let equal = kept.chunks(60).flat_map(|row| (0..30).map(move |j| row[j] == row[30 + j])).filter(|&e| e).count();
    assert!((350..550).contains(&equal), "{equal} of 900 entries agree");
}

/// u = v · tanh(W x + b) has closed-form derivatives in everything.
#[test]
fn closed_forms_of_one_hidden_layer() {
    const HIDDEN: usize = 6;
    let program = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let any = Initializer::Uniform { low: -1.0, high: 1.0 };
        let w = g.parameter("w", [2, HIDDEN], any);
        let b = g.parameter("b", [1, HIDDEN], any);
        let v = g.parameter("v", [HIDDEN, 1], any);
        let u = Var::concat(&[x, y]).affine(w, b).tanh().matmul(v);
        g.output("u_x", u.d(x));
        u.laplacian([x, y])
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(6));
    let (w, rest) = theta.split_at(2 * HIDDEN);
    let (b, v) = rest.split_at(HIDDEN);
    let points = entries(14, 0.1);
    let mut ws = program.workspace();
    ws.set("point", &points).unwrap();
    let (laplacian, jacobian) = program.residual_jacobian(&theta, &mut ws).unwrap();
    program.evaluate(&theta, &mut ws).unwrap();
    for (row, point) in points.chunks(2).enumerate() {
        let (mut slope, mut bend) = (0.0, 0.0);
        let mut gradient = vec![0.0; theta.len()];
        for k in 0..HIDDEN {
            let (wx, wy) = (w[k], w[HIDDEN + k]);
            let t = (wx * point[0] + wy * point[1] + b[k]).tanh();
            // φ′ = 1 − t², φ″ = −2tφ′, φ‴ = −2φ′(φ′ − 2t²)
            let d1 = 1.0 - t * t;
            let d2 = -2.0 * t * d1;
            let d3 = -2.0 * d1 * (d1 - 2.0 * t * t);
            let q = wx * wx + wy * wy;
            slope += v[k] * d1 * wx;
            bend += v[k] * d2 * q;
            gradient[k] = v[k] * (d3 * point[0] * q + 2.0 * d2 * wx);
            gradient[HIDDEN + k] = v[k] * (d3 * point[1] * q + 2.0 * d2 * wy);
            gradient[2 * HIDDEN + k] = v[k] * d3 * q;
            gradient[3 * HIDDEN + k] = d2 * q;
        }
        close(&[ws.output("u_x").unwrap()[row], laplacian[row]], &[slope, bend], 1e-14);
        close(jacobian.row(row), &gradient, 1e-14);
    }
}

#[test]
fn a_norm_at_the_origin_has_slope_zero() {
    let program = record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let r = Var::concat(&[x, y]).row_norm();
        g.output("slope", r.d(x));
        g.output("bend", r.laplacian([x, y]));
        r
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("point", &[0.0, 0.0, 3.0, 4.0]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    close(ws.output("result").unwrap(), &[0.0, 5.0], 1e-15);
    close(ws.output("slope").unwrap(), &[0.0, 0.6], 1e-15);
    // A norm has no second derivative at 0, and says so.
    let bend = ws.output("bend").unwrap();
    assert!(bend[0].is_nan(), "{}", bend[0]);
    close(&bend[1..], &[0.2], 1e-14);
}
