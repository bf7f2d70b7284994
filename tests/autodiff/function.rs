//! Outputs as plain functions of points.

use eigennet::autodiff::{Function, Initializer, Program, Rows, Var, record};
use eigennet::{Error, Seed};

use super::comparison::entries;
use super::errors::says;

/// Values of several kinds: functions of points, of others, of both, and shared by all.
fn program() -> Program<f64> {
    record(|g| {
        let [x, y] = g.coordinates("points", Rows::named("points"));
        let w = g.parameter("w", [2, 3], Initializer::Uniform { low: -1.0, high: 1.0 });
        let state = g.buffer("state", [1, 3], 2.0);
        let u = Var::concat(&[x, y]).matmul(w).tanh().dropout(0.5) * state;
        let others = g.input("others", Rows::named("others"), 1);
        g.output("u", u);
        g.output("slope", u.row_sum().d(x));
        g.output("others", others * w.sum());
        g.output("both", u + g.input("data", Rows::named("points"), 1));
        g.output("shared", u.mean_rows());
        g.output("number", w.norm());
        u.square().mean() + others.square().mean()
    })
    .unwrap()
    .compile()
}

#[test]
fn a_function_is_its_outputs_on_any_points() {
    let program = program();
    let [u, slope] = ["u", "slope"].map(|name| program.output(name).unwrap());
    let theta = program.initial(Seed(1));
    let function = Function::new(&program, &[u, slope], &theta).unwrap();
    assert_eq!((function.dimension(), function.width(), function.parameters()), (2, 3, &theta[..]));
    // More points than are replayed at a time.
    for count in [1, 7, 10_000] {
        let points = entries(2 * count, 0.4);
        let mut ws = program.workspace();
        ws.set("points", &points).unwrap();
        let both = program.select(&[slope, u]).unwrap();
        let expected = both.evaluate(&theta, &mut ws).unwrap();
        let values = function.evaluate(&points).unwrap();
        assert_eq!(values[0].as_slice(), expected.value(u).unwrap());
        assert_eq!(values[1].as_slice(), expected.value(slope).unwrap());
        assert_eq!((values[0].rows(), values[0].cols(), values[1].cols()), (count, 3, 1));
        assert_eq!(function.on(&points).unwrap(), values[0].as_slice());
        assert_eq!(function.at(&points[..2]).unwrap(), values[0][(0, 0)]);
    }
    let turned = Function::new(&program, &[slope, u], &theta).unwrap();
    assert_eq!(turned.width(), 1);
    assert_eq!(turned.at(&[0.1, 0.2]).unwrap(), function.evaluate(&[0.1, 0.2]).unwrap()[1][(0, 0)]);
}

#[test]
fn what_is_no_function_of_points_is_refused() {
    let program = program();
    let theta = program.initial(Seed(1));
    let of = |name: &str| program.output(name).unwrap();
    let refusal = |outputs: &[&str]| {
        let outputs: Vec<_> = outputs.iter().map(|name| of(name)).collect();
        Function::new(&program, &outputs, &theta).unwrap_err()
    };
    says(&refusal(&[]), &["at least one"]);
    says(&refusal(&["u", "u"]), &["\"u\"", "twice"]);
    for shared in ["shared", "number", "result"] {
        says(&refusal(&["u", shared]), &[shared, "shared by all points"]);
    }
    says(&refusal(&["both"]), &["both", "points", "data"]);
    says(&refusal(&["u", "others"]), &["others", "no function of them"]);
    assert!(Function::new(&program, &[of("others")], &theta).is_ok());
    let foreign = self::program().output("u").unwrap();
    says(&Function::new(&program, &[foreign], &theta).unwrap_err(), &["another recording"]);
    for wrong in [&theta[1..], &[]] {
        assert!(matches!(Function::new(&program, &[of("u")], wrong).unwrap_err(), Error::Shape { .. }));
    }
    for bad in [f64::NAN, f64::INFINITY] {
        let mut theta = theta.clone();
        theta[3] = bad;
        let error = Function::new(&program, &[of("u")], &theta).unwrap_err();
        assert!(matches!(error, Error::NonFinite { index: 3, .. }), "{error}");
    }
}

#[test]
fn points_are_checked() {
    let program = program();
    let function = Function::new(&program, &[program.output("u").unwrap()], &program.initial(Seed(1))).unwrap();
    for wrong in [&[][..], &[1.0], &[1.0, 2.0, 3.0], &[1.0; 4]] {
        assert!(matches!(function.at(wrong).unwrap_err(), Error::Shape { .. }));
    }
    for wrong in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
        assert!(matches!(function.evaluate(wrong).unwrap_err(), Error::Shape { .. }));
        assert!(matches!(function.on(wrong).unwrap_err(), Error::Shape { .. }));
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(function.at(&[0.0, bad]).unwrap_err(), Error::NonFinite { index: 1, .. }));
    }
}

#[test]
fn derivatives_of_derivatives_are_those_of_higher_order() {
    let program = record(|g| {
        let [x, y] = g.coordinates("points", Rows::named("points"));
        // A name that derivatives have too.
        g.output("derivative of a function", x);
        (x * y).sin()
    })
    .unwrap()
    .compile::<f64>();
    let function = Function::new(&program, &[program.recording().result()], &[]).unwrap();
    let points = entries(12, 0.7);
    let mut repeated = function.clone();
    for order in 1..=4 {
        let along: Vec<usize> = (0..order).map(|k| k % 2).collect();
        repeated = repeated.derivative(&along[order - 1..]).unwrap();
        if order == 2 {
            repeated = Function::load(&repeated.save().unwrap()).unwrap();
        }
        let [got, want] = [&repeated, &function.derivative(&along).unwrap()].map(|f| f.on(&points).unwrap());
        assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-13), "{order}: {got:?} {want:?}");
    }
    assert!(repeated.derivative(&[2]).is_err());
}
