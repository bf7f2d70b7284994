//! Data, arguments and matrices that a replay cannot work with are errors, and nothing is lost.

use eigennet::Error;
use eigennet::autodiff::{Graph, Initializer, Program, Var, record};

use crate::errors::{rows, says};

fn fit(g: &Graph) -> Var<'_> {
    let x = g.input("x", rows(), 1);
    let a = g.scalar_parameter("a", 0.5);
    (a * x).square().mean()
}

fn bound() -> (Program<f64>, eigennet::autodiff::Workspace<f64>) {
    let program = record(fit).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0]).unwrap();
    (program, ws)
}

#[test]
fn data_is_checked() {
    let program = record(|g| {
        let x = g.input("x", rows(), 2);
        let y = g.input("y", rows(), 1);
        (x.row_sum() - y).square().mean() + g.fixed_input("scale", [1, 2]).sum()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    says(&program.evaluate(&[], &mut ws).unwrap_err(), &["\"x\"", "Workspace::set"]);
    assert!(matches!(ws.set("z", &[1.0]).unwrap_err(), Error::UnknownName { .. }));
    assert!(matches!(ws.set("x", &[]).unwrap_err(), Error::Shape { .. }));
    assert!(matches!(ws.set("x", &[1.0, 2.0, 3.0]).unwrap_err(), Error::Shape { .. }));
    assert!(matches!(ws.set("scale", &[1.0]).unwrap_err(), Error::Shape { .. }));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(ws.set("x", &[1.0, bad]).unwrap_err(), Error::NonFinite { what: "x".to_string(), index: 1 });
    }
    ws.set("scale", &[1.0, 1.0]).unwrap().set("x", &[1.0; 6]).unwrap().set("y", &[1.0; 2]).unwrap();
    says(&program.evaluate(&[], &mut ws).unwrap_err(), &["\"x\"", "\"y\"", "3", "2 rows"]);
    ws.set("y", &[1.0; 3]).unwrap();
    assert_eq!(program.value(&[], &mut ws).unwrap(), 3.0);
    assert!(ws.output("nothing").is_err());
}

#[test]
fn replays_check_their_arguments() {
    let (program, mut ws) = bound();
    let mut gradient = [0.0];
    for wrong in [&[][..], &[1.0, 2.0]] {
        assert!(matches!(program.evaluate(wrong, &mut ws).unwrap_err(), Error::Shape { .. }));
        assert!(matches!(program.gradient(wrong, &mut ws, &mut gradient).unwrap_err(), Error::Shape { .. }));
        assert!(matches!(program.hessian_vector(&[1.0], wrong, &mut ws).unwrap_err(), Error::Shape { .. }));
        assert!(matches!(program.jacobian_vector(&[1.0], wrong, &mut ws).unwrap_err(), Error::Shape { .. }));
        assert!(program.residual_jacobian(wrong, &mut ws).is_err());
        program.forward(&[1.0], &mut ws).unwrap();
        assert!(matches!(program.backward_from(wrong, &[], &mut ws, &mut gradient).unwrap_err(), Error::Shape { .. }));
    }
    assert!(matches!(program.gradient(&[1.0], &mut ws, &mut []).unwrap_err(), Error::Shape { .. }));
    // A workspace belongs to one program.
    let (other, _) = bound();
    says(&other.evaluate(&[1.0], &mut ws).unwrap_err(), &["workspace"]);
    says(&other.backward_from(&[1.0], &[], &mut ws, &mut gradient).unwrap_err(), &["workspace"]);
}

#[test]
fn only_a_number_has_a_gradient() {
    let program = record(|g| g.input("x", rows(), 1) * g.scalar_parameter("a", 1.0)).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0]).unwrap();
    for error in [
        program.value_and_grad(&[1.0], &mut ws).unwrap_err(),
        program.value(&[1.0], &mut ws).unwrap_err(),
        program.hessian_vector(&[1.0], &[1.0], &mut ws).unwrap_err(),
    ] {
        says(&error, &["mean()"]);
    }
    // And a number has no residual Jacobian.
    let (program, mut ws) = bound();
    says(&program.residual_jacobian(&[1.0], &mut ws).unwrap_err(), &["rows of a batch"]);
}

#[test]
fn backward_needs_forward() {
    let (program, mut ws) = bound();
    let mut gradient = [0.0];
    let backward =
        |ws: &mut _, gradient: &mut [f64]| program.backward_from(&[0.5], &[("result", &[1.0])], ws, gradient);
    says(&backward(&mut ws, &mut gradient).unwrap_err(), &["Program::forward"]);
    program.forward(&[0.5], &mut ws).unwrap();
    let unknown = program.backward_from(&[0.5], &[("u", &[1.0])], &mut ws, &mut gradient);
    assert!(matches!(unknown.unwrap_err(), Error::UnknownName { .. }));
    let long = program.backward_from(&[0.5], &[("result", &[1.0, 2.0])], &mut ws, &mut gradient);
    assert!(matches!(long.unwrap_err(), Error::Shape { .. }));
    let infinite = program.backward_from(&[0.5], &[("result", &[f64::INFINITY])], &mut ws, &mut gradient);
    assert!(matches!(infinite.unwrap_err(), Error::NonFinite { .. }));
    backward(&mut ws, &mut gradient).unwrap();
    assert_eq!(gradient, [2.5]);
    says(&backward(&mut ws, &mut gradient).unwrap_err(), &["Program::forward"]);
    program.forward(&[0.5], &mut ws).unwrap();
    ws.set("x", &[1.0, 3.0]).unwrap();
    says(&backward(&mut ws, &mut gradient).unwrap_err(), &["Program::forward"]);
}

#[test]
fn matrices_that_cannot_be_factored() {
    let program = record(|g| {
        let x = g.input("x", rows(), 2);
        let gram = x.transpose_matmul(x);
        gram.log_determinant()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0]).unwrap(); // one row: rank 1
    let error = program.value(&[], &mut ws).unwrap_err();
    assert_eq!(error, Error::NotPositiveDefinite { operation: "cholesky", pivot: 1 });
    // The workspace is none the worse for it.
    ws.set("x", &[1.0, 0.0, 0.0, 1.0]).unwrap();
    assert_eq!(program.value(&[], &mut ws).unwrap(), 0.0);

    let program = record(|g| {
        let l = g.parameter("l", [2, 2], Initializer::Constant(0.0));
        l.solve_lower(l).sum()
    })
    .unwrap()
    .compile::<f64>();
    let error = program.value(&[1.0, 0.0, 1.0, 0.0], &mut program.workspace()).unwrap_err();
    assert_eq!(error, Error::Singular { operation: "solve_lower", pivot: 1 });
}

#[test]
fn rows_out_of_the_table() {
    for scatter in [false, true] {
        let program = record(|g| {
            let index = g.input("index", rows(), 1);
            if scatter { index.scatter_add(index, 3).sum() } else { g.fixed_input("table", [3, 2]).gather(index).sum() }
        })
        .unwrap()
        .compile::<f64>();
        let mut ws = program.workspace();
        if !scatter {
            ws.set("table", &[1.0; 6]).unwrap();
        }
        for bad in [3.0, -1.0, 0.5, 1e300] {
            ws.set("index", &[0.0, bad]).unwrap();
            says(&program.value(&[], &mut ws).unwrap_err(), &["index", "table of 3"]);
        }
    }
}
