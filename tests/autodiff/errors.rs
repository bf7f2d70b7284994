//! Mistakes in a recording are errors that say where they were made and what to write instead; none is a panic.

use eigennet::Error;
use eigennet::autodiff::{Graph, Initializer, Rows, Var, record};

const ROWS: &str = "rows";

pub fn rows() -> Rows {
    Rows::named(ROWS)
}

/// The error of a closure that makes a mistake.
#[track_caller]
pub fn mistake<F>(build: F) -> Error
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
pub fn says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
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
fn order_thirteen_names_the_cure() {
    type Build = for<'g> fn(Var<'g>) -> Var<'g>;
    let twelfth: [Build; 3] = [
        |x| (0..12).fold(x.sin(), |u, _| u.d(x)),
        |x| (0..6).fold(x.sin(), |u, _| u.laplacian([x])),
        // Also where other operations lie between.
        |x| (0..2).fold(x * (0..10).fold(x.sin(), |u, _| u.d(x)), |u, _| u.d(x)),
    ];
    for (build, value) in twelfth.into_iter().zip([0.5f64.sin(), 0.5f64.sin(), 0.5 * 0.5f64.sin() - 2.0 * 0.5f64.cos()])
    {
        let program = record(|g| build(g.coordinate("x", rows()))).unwrap().compile::<f64>();
        let mut ws = program.workspace();
        ws.set("x", &[0.5]).unwrap();
        program.evaluate(&[], &mut ws).unwrap();
        assert!((ws.output("result").unwrap()[0] - value).abs() < 1e-14);
        for more in [(|u, x| u.d(x)) as for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>, |u, x| (u * x).laplacian([x])] {
            let error = mistake(|g| {
                let x = g.coordinate("x", rows());
                more(build(x), x)
            });
            says(&error, &["orders above 12", "auxiliary output", "errors.rs:"]);
        }
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
    derivative_refused(&error, "greater_equal", "no further derivative");
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

/// What has no derivative of some order says so where it was written, also when the order comes of nesting.
#[test]
fn each_kink_has_its_order() {
    type Build = for<'g> fn(Var<'g>) -> Var<'g>;
    let kinks: [(&str, usize, Build); 4] = [
        ("max", 1, |x| x.relu()),
        ("max", 1, |x| x.leaky_relu(0.2)),
        ("abs", 1, |x| x.abs()),
        ("elu", 2, |x| x.elu(1.0)),
    ];
    for (name, order, kink) in kinks {
        let nested = |order: usize| {
            record(|g| {
                let x = g.coordinate("x", rows());
                // Another function above, and another derivative beneath.
                (0..order - 1).fold(kink(x.sin().d(x)).exp().d(x), |u, _| (x * u).d(x))
            })
        };
        assert!(nested(order).is_ok(), "{name}: order {order} exists");
        let error = nested(order + 1).expect_err("a derivative that does not exist");
        derivative_refused(&error, name, "derivative");
        says(&error, &["errors.rs:"]);
    }
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
fn no_part_at_all_is_a_mistake_that_is_recorded() {
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        x + g.concat(&[])
    });
    says(&error, &["concat", "at least one part", "errors.rs:"]);
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
    for name in ["u", "result"] {
        let error = mistake(|g| {
            let x = g.coordinate("x", rows());
            g.output("u", x);
            g.output(name, x.square());
            x
        });
        says(&error, &[name, "errors.rs:", "of this name already"]);
    }
    // The same coordinate fetched twice is the same coordinate.
    let program = record(|g| g.coordinate("x", rows()).square().d(g.coordinate("x", rows()))).unwrap().compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[3.0]).unwrap();
    program.evaluate(&[], &mut ws).unwrap();
    assert_eq!(ws.output("result").unwrap(), [6.0]);
}

#[test]
fn too_many_and_too_large() {
    for count in [1, 33, 16_384] {
        assert!(record(|g| g.coordinates_slice("x", rows(), count)[count - 1]).is_ok());
    }
    for count in [16_385, 1 << 40, usize::MAX] {
        says(&mistake(|g| g.coordinates_slice("x", rows(), count)[0]), &["16384", "errors.rs:"]);
    }
    mistake(|g| {
        assert!(g.coordinates_slice("x", rows(), 0).is_empty());
        g.constant(0.0)
    });
    // The limit is the graph's, not that of one input.
    let error = mistake(|g| {
        let first = g.coordinates_slice("x", rows(), 16_384);
        first[0] + g.coordinate("y", rows())
    });
    says(&error, &["16384", "errors.rs:"]);
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
