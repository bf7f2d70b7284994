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
    let shape = |error: Error| assert!(matches!(error, Error::Shape { .. }), "{error}");
    let mut gradient = [0.0];
    for wrong in [&[][..], &[1.0, 2.0]] {
        shape(program.evaluate(wrong, &mut ws).unwrap_err());
        shape(program.forward(wrong, &mut ws).unwrap_err());
        shape(program.linearize(wrong, &mut ws).unwrap_err());
        shape(program.residual_jacobian(wrong, &mut ws).unwrap_err());
        shape(program.gradient(wrong, &mut ws, &mut gradient).unwrap_err());
        shape(program.hessian_vector(wrong, &[1.0], &mut ws, &mut gradient).unwrap_err());
        shape(program.hessian_vector(&[1.0], wrong, &mut ws, &mut gradient).unwrap_err());
        shape(program.push_forward(wrong, &[1.0], &mut ws).unwrap_err());
        shape(program.push_forward(&[1.0], wrong, &mut ws).unwrap_err());
        let mut room = wrong.to_vec();
        shape(program.gradient(&[1.0], &mut ws, &mut room).unwrap_err());
        shape(program.hessian_vector(&[1.0], &[1.0], &mut ws, &mut room).unwrap_err());
        shape(program.forward(&[1.0], &mut ws).unwrap().pull_back(&[], &mut room).unwrap_err());
        shape(program.linearize(&[1.0], &mut ws).unwrap().jacobian(|_| None, &mut room).unwrap_err());
        shape(program.linearize(&[1.0], &mut ws).unwrap().jacobian(|_| Some(wrong), &mut gradient).unwrap_err());
    }
    // A workspace belongs to one program and its selections.
    let (other, _) = bound();
    says(&other.evaluate(&[1.0], &mut ws).unwrap_err(), &["workspace"]);
    says(&other.forward(&[1.0], &mut ws).unwrap_err(), &["workspace"]);
    says(&other.linearize(&[1.0], &mut ws).unwrap_err(), &["workspace"]);
    says(&other.push_forward(&[1.0], &[1.0], &mut ws).unwrap_err(), &["workspace"]);
    says(&other.hessian_vector(&[1.0], &[1.0], &mut ws, &mut gradient).unwrap_err(), &["workspace"]);
    // Nothing of this has done harm.
    assert_eq!(program.gradient(&[0.5], &mut ws, &mut gradient).unwrap(), 0.625);
    assert_eq!(gradient, [2.5]);
}

#[test]
fn only_a_number_has_a_gradient() {
    let program = record(|g| g.input("x", rows(), 1) * g.scalar_parameter("a", 1.0)).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0]).unwrap();
    for error in [
        program.value_and_grad(&[1.0], &mut ws).unwrap_err(),
        program.value(&[1.0], &mut ws).unwrap_err(),
        program.hessian_vector(&[1.0], &[1.0], &mut ws, &mut [0.0]).unwrap_err(),
    ] {
        says(&error, &["mean()"]);
    }
    // The Jacobian of a number is its gradient.
    let (program, mut ws) = bound();
    let (loss, jacobian) = program.residual_jacobian(&[0.5], &mut ws).unwrap();
    assert_eq!((&loss[..], jacobian.as_slice()), (&[0.625][..], &[2.5][..]));
}

#[test]
fn cotangents_are_checked() {
    let (program, mut ws) = bound();
    let result = program.recording().result();
    let mut gradient = [7.0];
    let mut pass = program.forward(&[0.5], &mut ws).unwrap();
    for wrong in [&[][..], &[1.0, 2.0]] {
        let error = pass.pull_back(&[(result, wrong)], &mut gradient).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = pass.pull_back(&[(result, &[bad])], &mut gradient).unwrap_err();
        assert_eq!(error, Error::NonFinite { what: "cotangent".to_string(), index: 0 });
    }
    assert_eq!(gradient, [7.0], "what is refused writes nothing");
    pass.pull_back(&[], &mut gradient).unwrap();
    assert_eq!(gradient, [0.0], "who is not named counts 0");
    pass.pull_back(&[(result, &[1.0]), (result, &[1.0])], &mut gradient).unwrap();
    assert_eq!(gradient, [5.0], "who is named twice counts twice");
    pass.pull_back(&[(result, &[1.0])], &mut gradient).unwrap();
    assert_eq!(gradient, [2.5]);
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
