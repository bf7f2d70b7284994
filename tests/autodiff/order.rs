//! Derivatives of high order, and in many dimensions.

use eigennet::Seed;
use eigennet::autodiff::{CheckOptions, Initializer, Program, Rows, Var, check_gradient, record};
use eigennet::nn::{Activation, Mlp};
use eigennet::reference::OneHiddenLayer;

use super::comparison::entries;

#[track_caller]
fn close(have: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(have.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (i, (a, b)) in have.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "entry {i}: {a} {b}");
    }
}

/// All orders in which these derivatives can be written.
fn orders_of_writing(of: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = match of.len() {
        0 => vec![Vec::new()],
        n => (0..n)
            .flat_map(|k| {
                let rest = [&of[..k], &of[k + 1..]].concat();
                orders_of_writing(&rest).into_iter().map(move |tail| [&[of[k]][..], &tail].concat())
            })
            .collect(),
    };
    all.sort();
    all.dedup();
    all
}

/// The derivatives of a network of x, y and t in these orders of writing: bits of each, and of its Jacobian.
fn written(orders: &[Vec<usize>]) -> Vec<Vec<u64>> {
    let program = record(|g| {
        let point = g.coordinates::<3>("point", Rows::named("points"));
        let u = Mlp::new("net", [3, 6, 5, 1]).call(Var::concat(&point)) * (point[0] * point[2]).sin();
        let mut last = u;
        for (k, order) in orders.iter().enumerate() {
            last = order.iter().fold(u, |u, &axis| u.d(point[axis]));
            g.output(&format!("{k}"), last);
        }
        last
    })
    .unwrap()
    .compile::<f64>();
    let theta = program.initial(Seed(3));
    let mut ws = program.workspace();
    ws.set("point", &entries(30, 0.4)).unwrap();
    let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
    let each = |k: usize| {
        let one = program.select(&[program.output(&format!("{k}")).unwrap()]).unwrap();
        let (values, jacobian) = one.residual_jacobian(&theta, &mut ws).unwrap();
        [bits(&values), bits(jacobian.as_slice())].concat()
    };
    (0..orders.len()).map(each).collect()
}

#[test]
fn the_order_of_writing_does_not_matter() {
    for of in [&[0, 0, 1, 2][..], &[0, 1, 2], &[0, 0, 0, 1, 1]] {
        let orders = orders_of_writing(of);
        let together = written(&orders);
        assert!(together.iter().all(|bits| *bits == together[0]), "{of:?} in one recording");
        for order in orders {
            assert_eq!(written(&[order])[0], together[0], "{of:?} by itself");
        }
    }
}

/// A plate's equation with its full derivatives.
fn plate() -> Program<f64> {
    record(|g| {
        let [x, y] = g.coordinates("point", Rows::named("points"));
        let u = Mlp::new("net", [2, 7, 6, 1]).call(Var::concat(&[x, y]));
        let load = g.scalar_parameter("load", 0.3) * (x * y).cos();
        let residual = u.laplacian([x, y]).laplacian([x, y]) + u * u.d(x).d(x).d(x) - load;
        g.output("residual", residual);
        residual.square().mean()
    })
    .unwrap()
    .compile()
}

#[test]
fn a_residual_of_fourth_order_has_its_parameter_derivatives() {
    let program = plate();
    let theta = program.initial(Seed(7));
    let mut ws = program.workspace();
    ws.set("point", &entries(24, 0.8)).unwrap();
    let options = CheckOptions { hessian_vector: true, ..CheckOptions::default() };
    let report = check_gradient(&program, &theta, &mut ws, &options).unwrap();
    assert!(report.passed(), "{report}");
    assert!(report.gradient.is_some_and(|worst| worst.computed != 0.0));
    let direction = entries(theta.len(), 1.6);
    let output = program.output("residual").unwrap();
    let (_, jacobian) = program.select(&[output]).unwrap().residual_jacobian(&theta, &mut ws).unwrap();
    let product: Vec<f64> = jacobian
        .as_slice()
        .chunks(theta.len())
        .map(|row| row.iter().zip(&direction).map(|(a, b)| a * b).sum())
        .collect();
    let pushed = program.push_forward(&theta, &direction, &mut ws).unwrap();
    close(pushed.tangent(output).unwrap(), &product, 1e-12);
}

#[test]
fn the_highest_order_of_a_network_has_a_closed_form() {
    const HIDDEN: usize = 5;
    for (activation, tolerance) in [(Activation::Sin, 1e-12), (Activation::Tanh, 1e-6)] {
        let zero = Initializer::Constant(0.0);
        let program = record(|g| {
            let x = g.coordinate("x", Rows::named("points"));
            let z = x.affine(g.parameter("w", [1, HIDDEN], zero), g.parameter("b", [1, HIDDEN], zero));
            let mut u = activation.apply(z).matmul(g.parameter("v", [HIDDEN, 1], zero));
            for order in 1..=12 {
                u = u.d(x);
                g.output(&format!("{order}"), u);
            }
            u
        })
        .unwrap()
        .compile::<f64>();
        let theta = entries(3 * HIDDEN, 0.9);
        let (w, rest) = theta.split_at(HIDDEN);
        let oracle = OneHiddenLayer::new(activation, w.to_vec(), rest[..HIDDEN].to_vec(), rest[HIDDEN..].to_vec());
        let oracle = oracle.unwrap();
        let points = entries(9, 0.1);
        let mut ws = program.workspace();
        ws.set("x", &points).unwrap();
        program.evaluate(&theta, &mut ws).unwrap();
        for order in 1..=12 {
            let exact: Vec<f64> = points.iter().map(|&x| oracle.derivative(&[order], &[x]).unwrap()).collect();
            close(ws.output(&format!("{order}")).unwrap(), &exact, if order > 6 { tolerance } else { 1e-12 });
        }
    }
}

/// The gradient and the Laplacian of a network on R¹²⁸, against its own differences.
#[test]
fn one_hundred_and_twenty_eight_coordinates() {
    const N: usize = 128;
    let program = record(|g| {
        let x = g.coordinates_slice("points", Rows::named("points"), N);
        let u = Mlp::new("net", [N, 8, 8, 1]).call(g.concat(&x));
        g.output("gradient", g.concat(&x.iter().map(|&x| u.d(x)).collect::<Vec<_>>()));
        g.output("laplacian", u.laplacian(&x));
        u
    })
    .unwrap()
    .compile::<f64>();
    let [u, gradient, laplacian] = ["result", "gradient", "laplacian"].map(|name| program.output(name).unwrap());
    let theta = program.initial(Seed(4));
    let mut ws = program.workspace();
    let (point, h) = (entries(N, 0.3), 1e-4);
    // The point, then two neighbours along each coordinate.
    let mut points = point.clone();
    for k in 0..2 * N {
        let mut moved = point.clone();
        moved[k / 2] += if k % 2 == 0 { h } else { -h };
        points.extend(moved);
    }
    ws.set("points", &points).unwrap();
    let values = program.evaluate(&theta, &mut ws).unwrap();
    let (u, gradients) = (values.value(u).unwrap(), values.value(gradient).unwrap());
    let slopes: Vec<f64> = (0..N).map(|k| (u[2 * k + 1] - u[2 * k + 2]) / (2.0 * h)).collect();
    assert!(slopes.iter().any(|s| s.abs() > 1e-2));
    close(&gradients[..N], &slopes, 1e-8);
    // Differences of the gradient that was just found right.
    let bend = |k: usize| (gradients[(2 * k + 1) * N + k] - gradients[(2 * k + 2) * N + k]) / (2.0 * h);
    close(&values.value(laplacian).unwrap()[..1], &[(0..N).map(bend).sum()], 1e-8);
}
