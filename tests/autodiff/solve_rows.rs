//! Rows divided by a triangular factor, which may itself come from the rows.

use eigennet::autodiff::{CheckOptions, Initializer, Program, check_gradient, record};
use eigennet::{Error, Seed};

use super::comparison::entries;
use super::dual::{Dual, Number};
use super::errors::{mistake, rows, says};

const WIDTH: usize = 3;
const COUNT: usize = 7;

/// Columns orthonormalised by their own batch, under a residual of second order.
fn orthonormal(loss: bool) -> Program<f64> {
    let any = Initializer::Uniform { low: -1.0, high: 1.0 };
    let recording = record(|g| {
        let x = g.coordinate("x", rows());
        let y = x.affine(g.parameter("w", [1, WIDTH], any), g.parameter("b", [1, WIDTH], any)).tanh();
        let l = (y.transpose_matmul(y) / COUNT as f64).cholesky();
        let z = l.solve_lower_rows(y);
        g.output("gram", z.transpose_matmul(z) / COUNT as f64);
        g.output("back", z.matmul_transpose(l) - y);
        let residual = z.sin() + z.d(x) * z - 0.3 * z.d(x).d(x);
        if loss { residual.square().mean() } else { residual }
    });
    recording.expect("recorded").compile()
}

/// The same residuals in numbers of any nesting; θ = (w, b).
fn oracle<N: Number>(x: &[f64], theta: &[N]) -> Vec<N> {
    let zero = N::of(0.0);
    let jets: Vec<[[N; WIDTH]; 3]> = x
        .iter()
        .map(|&x| {
            let x: Dual<Dual<N>> = Dual { re: Dual { re: N::of(x), du: N::of(1.0) }, du: Dual::of(1.0) };
            let constant = |v: N| Dual { re: Dual { re: v, du: zero }, du: Dual::of(0.0) };
            let y: [Dual<Dual<N>>; WIDTH] =
                std::array::from_fn(|k| (x * constant(theta[k]) + constant(theta[WIDTH + k])).tanh());
            [y.map(|y| y.re.re), y.map(|y| y.re.du), y.map(|y| y.du.du)]
        })
        .collect();
    // Cholesky, column after column, by its definition.
    let mut l = [[zero; WIDTH]; WIDTH];
    for j in 0..WIDTH {
        for i in j..WIDTH {
            let gram = jets.iter().fold(zero, |sum, jet| sum + jet[0][i] * jet[0][j]) / N::of(x.len() as f64);
            let rest = (0..j).fold(gram, |rest, k| rest - l[i][k] * l[j][k]);
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
        }
    }
    let solve = |y: [N; WIDTH]| {
        let mut z = [zero; WIDTH];
        for i in 0..WIDTH {
            z[i] = (0..i).fold(y[i], |rest, k| rest - l[i][k] * z[k]) / l[i][i];
        }
        z
    };
    let residuals = jets.iter().flat_map(|jet| {
        let [z, first, second] = jet.map(solve);
        (0..WIDTH).map(move |k| z[k].sin() + first[k] * z[k] - N::of(0.3) * second[k])
    });
    residuals.collect()
}

fn close(have: &[f64], want: &[f64]) {
    assert_eq!(have.len(), want.len());
    let scale = want.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
    for (have, want) in have.iter().zip(want) {
        assert!((have - want).abs() <= 1e-11 * scale, "{have} for {want}");
    }
}

#[test]
fn orthonormal_columns_and_their_derivatives_agree_with_dual_numbers() {
    let x = entries(COUNT, 0.4);
    let [theta, direction] = [entries(2 * WIDTH, 2.3), entries(2 * WIDTH, 5.1)];
    let program = orthonormal(false);
    let mut ws = program.workspace();
    ws.set("x", &x).expect("set");
    program.evaluate(&theta, &mut ws).expect("evaluated");
    close(ws.output("result").expect("a result"), &oracle(&x, &theta));
    let identity: Vec<f64> = (0..WIDTH * WIDTH).map(|i| f64::from(i % (WIDTH + 1) == 0)).collect();
    close(ws.output("gram").expect("a result"), &identity);
    close(ws.output("back").expect("a result"), &[0.0; COUNT * WIDTH]);

    let along: Vec<Dual<f64>> = theta.iter().zip(&direction).map(|(&re, &du)| Dual { re, du }).collect();
    let result = program.recording().result();
    let pushed = program.push_forward(&theta, &direction, &mut ws).expect("a product");
    let jv = pushed.tangent(result).expect("a tangent").to_vec();
    close(&jv, &oracle(&x, &along).iter().map(|r| r.du).collect::<Vec<_>>());
    // The rows meet in the factor, and its share is in the Jacobian of each.
    let (_, jacobian) = program.residual_jacobian(&theta, &mut ws).expect("a Jacobian");
    close(&jacobian.matvec(&direction).expect("fits"), &jv);

    let program = orthonormal(true);
    let mut ws = program.workspace();
    ws.set("x", &x).expect("set");
    let n = (COUNT * WIDTH) as f64;
    let (mut gradient, mut curvature) = (Vec::new(), Vec::new());
    for k in 0..theta.len() {
        let moved: Vec<Dual<Dual<f64>>> = (0..theta.len())
            .map(|i| Dual { re: Dual { re: theta[i], du: direction[i] }, du: Dual::of(f64::from(i == k)) })
            .collect();
        let loss = oracle(&x, &moved).into_iter().fold(Dual::of(0.0), |sum, r| sum + r * r);
        gradient.push(loss.du.re / n);
        curvature.push(loss.du.du / n);
    }
    close(&program.value_and_grad(&theta, &mut ws).expect("a gradient").1, &gradient);
    let mut product = vec![0.0; theta.len()];
    program.hessian_vector(&theta, &direction, &mut ws, &mut product).expect("a product");
    close(&product, &curvature);
}

/// A factor of its own, one for each head, and per-sample derivatives of the rows.
#[test]
fn rows_by_a_trainable_factor() {
    let any = Initializer::Uniform { low: 0.5, high: 1.0 };
    let program = |loss: bool| -> Program<f64> {
        let recording = record(|g| {
            let w = g.parameter("w", [2, 6], any);
            let y = g.input("y", rows(), 2).matmul(w).columns_to_heads(2);
            let l = g.parameter_heads("l", [2, 3, 3], any);
            // What is above the diagonal is not read.
            let z = l.solve_lower_rows(y);
            let l0 = g.matrix([3, 3], &[2.0, 7.0, 7.0, 1.0, 0.5, 7.0, -1.0, 0.3, 4.0]);
            if loss { z.sin().sum() } else { l0.solve_lower_rows(y.head(0)) }
        });
        recording.expect("recorded").compile()
    };
    let losses = program(true);
    let theta = losses.initial(Seed(1));
    let mut ws = losses.workspace();
    ws.set("y", &entries(10, 0.2)).expect("set");
    let options = CheckOptions { hessian_vector: true, ..CheckOptions::default() };
    let report = check_gradient(&losses, &theta, &mut ws, &options).expect("checked");
    assert!(report.passed(), "{report}");
    let (_, gradient) = losses.value_and_grad(&theta, &mut ws).expect("a gradient");
    assert!([1, 2, 5, 10, 11, 14].iter().all(|k| gradient[12 + k] == 0.0), "{gradient:?}");

    let single = program(false);
    let mut ws = single.workspace();
    ws.set("y", &entries(10, 0.2)).expect("set");
    let (_, jacobian) = single.residual_jacobian(&theta, &mut ws).expect("a Jacobian");
    for k in 0..theta.len() {
        let unit: Vec<f64> = (0..theta.len()).map(|i| f64::from(i == k)).collect();
        let pushed = single.push_forward(&theta, &unit, &mut ws).expect("a product");
        let column = pushed.tangent(single.recording().result()).expect("a tangent");
        close(&(0..15).map(|i| jacobian[(i, k)]).collect::<Vec<_>>(), column);
    }
}

#[test]
fn factors_that_do_not_fit_are_refused() {
    let wide = mistake(|g| g.matrix([1, 2], &[1.0, 2.0]).solve_lower_rows(g.input("y", rows(), 2)));
    assert!(matches!(wide, Error::Shape { operation: "solve_lower_rows", .. }), "{wide}");
    let narrow = mistake(|g| g.matrix([2, 2], &[1.0; 4]).solve_lower_rows(g.input("y", rows(), 3)));
    assert!(matches!(narrow, Error::Shape { operation: "matmul", .. }), "{narrow}");
    let batch = mistake(|g| {
        let y = g.input("y", rows(), 2);
        y.solve_lower_rows(y)
    });
    says(&batch, &["solve_lower_rows", "solve_rows.rs"]);
    let program = record(|g| g.matrix([2, 2], &[1.0, 0.0, 1.0, 0.0]).solve_lower_rows(g.input("y", rows(), 2)));
    let program = program.expect("recorded").compile::<f64>();
    let mut ws = program.workspace();
    ws.set("y", &[1.0, 2.0]).expect("set");
    let singular = program.evaluate(&[], &mut ws).expect_err("singular");
    assert!(matches!(singular, Error::Singular { pivot: 1, .. }), "{singular}");
}
