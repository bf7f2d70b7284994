//! Mistakes are errors that say where they were made and what to write instead; none is a panic.

use eigennet::Error;
use eigennet::autodiff::{Graph, Initializer, Program, Rows, Var, record};

const ROWS: &str = "rows";

fn rows() -> Rows {
    Rows::named(ROWS)
}

/// The error of a closure that makes a mistake.
#[track_caller]
fn mistake<F>(build: F) -> Error
where
    F: for<'g> FnOnce(&'g Graph) -> Var<'g>,
{
    record(build).expect_err("a mistake that went unnoticed")
}

#[track_caller]
fn derivative_refused(error: &Error, operation: &str, reason: &str) {
    match error {
        Error::Derivative { operation: o, reason: r, .. } => {
            assert_eq!(o, operation);
            assert!(r.contains(reason), "{error}");
        }
        other => panic!("not a derivative error: {other}"),
    }
}

#[track_caller]
fn says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

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
fn derivatives_are_taken_along_coordinates_only() {
    let error = mistake(|g| {
        let x = g.input("x", rows(), 1);
        x.square().d(x)
    });
    derivative_refused(&error, "input", "Graph::coordinates");
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        (x * x).laplacian([x + 0.0 * x])
    });
    derivative_refused(&error, "add", "Graph::coordinates");
}

#[test]
fn third_order_names_the_cure() {
    for build in [
        |g: &Graph| -> Result<(), Error> {
            let x = g.coordinate("x", rows());
            x.sin().d(x).d(x).d(x);
            Ok(())
        },
        |g: &Graph| {
            let x = g.coordinate("x", rows());
            x.sin().laplacian([x]).d(x);
            Ok(())
        },
        |g: &Graph| {
            let x = g.coordinate("x", rows());
            (x * x.sin().d(x)).laplacian([x]);
            Ok(())
        },
    ] {
        let error = mistake(|g| {
            let _ = build(g);
            g.constant(0.0)
        });
        says(&error, &["order 2", "auxiliary output"]);
    }
}

#[test]
fn no_second_order_through_kinks() {
    type Kink = for<'g> fn(Var<'g>) -> Var<'g>;
    let kinks: [(&str, Kink); 6] = [
        ("max", |x| x.relu()),
        ("max", |x| x.leaky_relu(0.1)),
        ("abs", |x| x.abs()),
        ("max", |x| x.max(0.5 * x)),
        ("min", |x| x.min(0.5 * x)),
        ("row_max", |x| Var::concat(&[x, 2.0 * x]).row_max()),
    ];
    for (name, kink) in kinks {
        let error = mistake(|g| {
            let x = g.coordinate("x", rows());
            kink(x.sin()).d(x).d(x)
        });
        derivative_refused(&error, name, "second");
        says(&error, &["errors.rs:"]);
        let error = mistake(|g| {
            let x = g.coordinate("x", rows());
            kink(x.sin()).laplacian([x])
        });
        derivative_refused(&error, name, "second");
        let first = record(|g| {
            let x = g.coordinate("x", rows());
            kink(x.sin()).d(x)
        });
        assert!(first.is_ok(), "{name}: first order exists");
    }
}

#[test]
fn steps_have_no_derivative() {
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        x.greater_equal(g.constant(0.0)).d(x)
    });
    derivative_refused(&error, "greater_equal", "step function");
    // As the condition of a selection they are welcome, to second order.
    assert!(
        record(|g| {
            let x = g.coordinate("x", rows());
            x.greater_equal(g.constant(0.0)).select(x.sin(), x.exp()).d(x).d(x) + x.elu(1.0).laplacian([x])
        })
        .is_ok()
    );
}

#[test]
fn a_mean_over_the_batch_is_a_number() {
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        x.square().mean().d(x)
    });
    derivative_refused(&error, "div", "differentiate before");
    says(&error, &["errors.rs:"]);
}

#[test]
fn per_sample_jacobian_refuses_batch_coupling_by_name() {
    let program = record(|g| {
        let x = g.input("x", rows(), 2);
        let w = g.parameter("w", [2, 2], Initializer::GlorotUniform { gain: 1.0 });
        let y = x.matmul(w);
        y - y.mean_rows()
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let theta = [1.0, 0.5, 0.25, 2.0];
    let error = program.residual_jacobian(&theta, &mut ws).unwrap_err();
    derivative_refused(&error, "sum", "couples the rows");
    // The other products do exist.
    assert!(program.jacobian_vector(&theta, &theta, &mut ws).is_ok());
}

#[test]
fn misfits_say_where_they_were_written() {
    let line = line!() + 4;
    let error = mistake(|g| {
        let x = g.input("x", rows(), 3);
        let w = g.parameter("w", [2, 4], Initializer::Constant(0.0));
        x.matmul(w)
    });
    says(&error, &["matmul", "[2, 4]", &format!("errors.rs:{line}:")]);
    type Build = for<'g> fn(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>;
    let misfits: [(&str, Build); 20] = [
        ("add", |_, x, w| x.columns(0..2) + w.rows(0..1)),
        ("concat", |_, x, w| Var::concat(&[x, w])),
        ("where", |_, x, w| x.select(w, w)),
        ("columns", |_, x, _| x.columns(2..5)),
        ("columns", |_, x, _| x.columns(1..1)),
        ("rows", |_, x, _| x.rows(0..1)),
        ("rows", |_, _, w| w.rows(1..9)),
        ("head", |_, x, _| x.head(1)),
        ("columns_to_heads", |_, x, _| x.columns_to_heads(2)),
        ("columns_to_heads", |_, x, _| x.columns_to_heads(0)),
        ("transpose", |_, x, _| x.transpose()),
        ("reshape", |_, _, w| w.reshape([3, 4])),
        ("reshape", |_, _, w| w.reshape([usize::MAX, 2])),
        ("broadcast", |_, x, w| x.broadcast_as(w)),
        ("gather", |_, x, w| x.gather(w)),
        ("scatter_add", |_, x, w| x.scatter_add(w, 3)),
        ("diagonal", |_, _, w| w.trace()),
        ("cholesky", |_, _, w| w.cholesky()),
        ("solve_lower", |_, _, w| w.solve_lower(w)),
        ("matmul", |_, x, w| w.transpose_matmul(x)),
    ];
    for (name, build) in misfits {
        let error = mistake(|g| {
            let x = g.input("x", rows(), 3);
            let w = g.parameter("w", [2, 4], Initializer::Constant(0.0));
            build(g, x, w)
        });
        assert!(matches!(error, Error::Shape { operation, .. } if operation == name), "{name}: {error}");
        says(&error, &["errors.rs:"]);
    }
}

#[test]
fn the_first_mistake_is_reported() {
    let error = mistake(|g| {
        let x = g.input("x", rows(), 3);
        let broken = x.columns(7..9);
        // Nothing of this panics or hides the first mistake.
        let worse = Var::concat(&[broken, x]).matmul(broken).cholesky().d(x).laplacian([x, broken]);
        let [a, b] = g.coordinates("p", rows());
        g.output("worse", worse.gather(a).select(b, broken).dropout(7.0));
        assert_eq!((worse.width(), worse.heads()), (0, 0));
        worse.mean()
    });
    assert!(matches!(error, Error::Shape { operation: "columns", .. }), "{error}");
}

#[test]
fn two_batches_do_not_mix() {
    let error = mistake(|g| {
        let x = g.input("x", Rows::named("inside"), 1);
        let y = g.input("y", Rows::named("boundary"), 1);
        x + y
    });
    says(&error, &["inside", "boundary", "errors.rs:"]);
    let error = mistake(|g| {
        let x = g.input("x", Rows::named("inside"), 2);
        x.transpose_matmul(g.input("y", Rows::named("boundary"), 2))
    });
    says(&error, &["inside", "boundary"]);
}

#[test]
fn values_of_another_recording_are_refused() {
    let error = mistake(|outer| {
        // Its id lies beyond the inner graph's nodes.
        let foreign = (0..50).fold(outer.coordinate("x", rows()), |x, _| x.sin());
        let builds: [for<'g> fn(&'g Graph, Var<'g>, Var<'g>) -> Var<'g>; 9] = [
            |_, own, foreign| own + foreign,
            |_, own, foreign| Var::concat(&[own, foreign]),
            |_, own, foreign| own.select(own, foreign),
            |_, own, foreign| own.d(foreign),
            |_, own, foreign| own.laplacian([foreign]),
            |_, own, foreign| own.matmul(foreign),
            |_, own, foreign| own.gather(foreign),
            |_, _, foreign| foreign,
            |g, own, foreign| {
                g.output("foreign", foreign);
                own
            },
        ];
        for build in builds {
            // The compiler lets no such value be the result; an output it cannot watch.
            let error = mistake(|inner| {
                let own = inner.coordinate("x", rows());
                inner.output("mixed", build(inner, own, foreign));
                own
            });
            says(&error, &["another recording"]);
        }
        foreign.columns(3..9)
    });
    assert!(matches!(error, Error::Shape { operation: "columns", .. }), "{error}");
}

#[test]
fn names_mean_one_thing() {
    let error = mistake(|g| {
        g.parameter("w", [2, 2], Initializer::Constant(0.0));
        g.parameter("w", [2, 3], Initializer::Constant(0.0))
    });
    assert!(matches!(error, Error::Shape { operation: "parameter recorded twice", .. }), "{error}");
    let error = mistake(|g| {
        g.input("x", rows(), 2);
        g.input("x", rows(), 3)
    });
    assert!(matches!(error, Error::Shape { operation: "input recorded twice", .. }), "{error}");
    // The same coordinate fetched twice is the same coordinate.
    let program = record(|g| g.coordinate("x", rows()).square().d(g.coordinate("x", rows()))).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[3.0]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    assert_eq!(ws.output("result").unwrap(), [6.0]);
}

#[test]
fn too_many_and_too_large() {
    let error = mistake(|g| g.coordinates::<33>("x", rows())[0]);
    says(&error, &["32 coordinates"]);
    assert!(record(|g| g.coordinates::<32>("x", rows())[31]).is_ok());
    for width in [0, usize::MAX, 1 << 40] {
        mistake(|g| g.input("x", rows(), width));
        mistake(|g| g.fixed_input("x", [width, 3]));
        mistake(|g| g.fixed_input("x", [3, width]));
        mistake(|g| g.buffer("x", [width, usize::MAX], 0.0));
        mistake(|g| g.parameter("x", [width, 2], Initializer::Constant(0.0)));
        mistake(|g| g.parameter_heads("x", [2, 2, width], Initializer::Constant(0.0)));
        mistake(|g| g.input("x", rows(), 1).scatter_add(g.input("x", rows(), 1), width));
    }
    mistake(|g| {
        let x = g.coordinate("x", rows());
        x.laplacian([])
    });
    mistake(|g| {
        let x = g.coordinate("x", rows());
        x.laplacian([x, x])
    });
    for rate in [-0.1, 1.0, f64::NAN] {
        mistake(|g| g.input("x", rows(), 1).dropout(rate));
    }
    mistake(|g| {
        let x = g.input("x", rows(), 1);
        g.update(x, x);
        x
    });
    mistake(|g| {
        let state = g.buffer("state", [1, 2], 0.0);
        g.update(state, g.constant(1.0));
        state
    });
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
