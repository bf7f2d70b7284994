//! Functions of one argument against closed forms of their derivatives, where arguments are extreme; interpolated
//! tables.

use eigennet::Scalar;
use eigennet::autodiff::{Interpolant, Program, Rows, Var, formula, multivariate, record};
use quickcheck::{QuickCheck, TestResult};

use super::errors::{mistake, rows, says};

type Entrywise = for<'g> fn(Var<'g>) -> Var<'g>;

/// φ, φ′ and φ″ at each x, by one program.
fn jets<T: Scalar>(function: impl for<'g> Fn(Var<'g>) -> Var<'g>, orders: usize, x: &[T]) -> Vec<Vec<T>> {
    let program: Program<T> = record(|g| {
        let x = g.coordinate("x", rows());
        let all = (1..orders).fold(vec![function(x)], |mut all, k| {
            all.push(all[k - 1].d(x));
            all
        });
        g.concat(&all)
    })
    .expect("recorded")
    .compile();
    let mut ws = program.workspace();
    ws.set("x", x).expect("set");
    program.evaluate(&[], &mut ws).expect("evaluated");
    ws.output("result").expect("a result").chunks(orders).map(<[T]>::to_vec).collect()
}

/// In units of rounding of what is expected, or of the smallest normal number.
fn gap<T: Scalar>(have: T, expected: f64) -> f64 {
    let (have, epsilon) = (have.to_f64(), T::EPSILON.to_f64());
    if have == expected || have.is_nan() && expected.is_nan() {
        return 0.0;
    }
    let gap = (have - expected).abs() / epsilon / expected.abs().max(T::min_positive_value().to_f64());
    if gap.is_nan() { f64::INFINITY } else { gap }
}

/// Values and derivatives at extreme arguments; 40 roundings are allowed, but the second derivatives of sinh and asin
/// are of order x, from terms of order 1.
#[test]
fn closed_forms_at_extreme_arguments() {
    type Closed = fn(f64) -> [f64; 3];
    let tiny = [1e-300, 1e-30, 1e-8, 1e-3, 0.1, 0.5, 0.9];
    let large = [1.0, 3.0, 20.0, 300.0, 700.0];
    let near_one = [0.99, 1.0 - 1e-8, 1.0 - 1e-15];
    let cases: [(&str, Entrywise, Closed, Vec<f64>); 6] = [
        (
            "tan",
            |x| x.tan(),
            |x| {
                let (y, q) = (x.tan(), 1.0 / x.cos().powi(2));
                [y, q, 2.0 * y * q]
            },
            [&tiny[..], &[1.5, std::f64::consts::FRAC_PI_2, 100.0]].concat(),
        ),
        (
            "asin",
            |x| x.asin(),
            |x| {
                let s = ((1.0 - x) * (1.0 + x)).sqrt();
                [x.asin(), 1.0 / s, x / s / s / s]
            },
            [&tiny[..], &near_one].concat(),
        ),
        (
            "acos",
            |x| x.acos(),
            |x| {
                let s = ((1.0 - x) * (1.0 + x)).sqrt();
                [(s).atan2(x), -1.0 / s, -x / s / s / s]
            },
            [&tiny[..], &near_one].concat(),
        ),
        (
            "atan",
            |x| x.atan(),
            |x| {
                let q = 1.0 / (1.0 + x * x);
                [x.atan(), q, -2.0 * x * q * q]
            },
            [&tiny[..], &large, &[1e10, 1e100]].concat(),
        ),
        ("sinh", |x| x.sinh(), |x| [x.sinh(), x.cosh(), x.sinh()], [&tiny[..], &large, &[710.0]].concat()),
        ("cosh", |x| x.cosh(), |x| [x.cosh(), x.sinh(), x.cosh()], [&tiny[..], &large, &[710.0]].concat()),
    ];
    for (name, function, closed, places) in cases {
        let x: Vec<f64> = places.iter().flat_map(|&x| [x, -x]).collect();
        for (x, jet) in x.iter().zip(jets(function, 3, &x)) {
            let expected = closed(*x);
            for (order, (have, want)) in jet.into_iter().zip(expected).enumerate() {
                let relative = gap(have, want);
                let fine = relative <= 40.0 || order == 2 && (have - want).abs() < 1e-15;
                assert!(fine, "{name}, order {order} at {x}: {have} for {want}, {relative} roundings");
            }
        }
        // In f32, where its arguments and values are in range.
        let x: Vec<f32> = x.iter().map(|&x| x as f32).filter(|x| x.abs() > 1e-30 && x.abs() < 85.0).collect();
        for (x, jet) in x.iter().zip(jets(function, 2, &x)) {
            if x.abs() < 1.0 || !name.starts_with('a') {
                let expected = closed(f64::from(*x));
                for (order, (have, want)) in jet.into_iter().zip(expected).enumerate() {
                    let relative = gap(have, want);
                    assert!(relative <= 40.0, "{name} in f32, order {order} at {x}: {have} for {want}, {relative}");
                }
            }
        }
    }
}

#[test]
fn special_values() {
    let half_pi = std::f64::consts::FRAC_PI_2;
    let cases: [(Entrywise, f64, f64, f64); 14] = [
        (|x| x.asin(), 1.0, half_pi, 0.0),
        (|x| x.asin(), -1.0, -half_pi, 0.0),
        (|x| x.asin(), 1.5, f64::NAN, f64::NAN),
        (|x| x.acos(), 1.0, 0.0, 0.0),
        (|x| x.acos(), -1.0, 2.0 * half_pi, 0.0),
        (|x| x.acos(), -1.0001, f64::NAN, f64::NAN),
        (|x| x.atan(), f64::MAX, half_pi, 0.0),
        (|x| x.sinh(), 0.0, 0.0, 1.0),
        (|x| x.sinh(), 800.0, f64::INFINITY, f64::INFINITY),
        (|x| x.sinh(), -800.0, f64::NEG_INFINITY, f64::INFINITY),
        (|x| x.cosh(), 0.0, 1.0, 0.0),
        // The ends of a clamp belong to it.
        (|x| x.clamp(-1.0, 2.0), 2.0, 2.0, 1.0),
        (|x| x.clamp(-1.0, 2.0), -1.0, -1.0, 1.0),
        (|x| x.clamp(-1.0, f64::INFINITY), -1.5, -1.0, 0.0),
    ];
    for (k, (function, x, value, slope)) in cases.into_iter().enumerate() {
        let jet = &jets(function, 2, &[x])[0];
        assert!(gap(jet[0], value) <= 1.0 && gap(jet[1], slope) <= 1.0, "case {k}: {jet:?} for {value}, {slope}");
    }
    for odd in [(|x| x.tan()) as Entrywise, |x| x.asin(), |x| x.atan(), |x| x.sinh(), |x| x.sign()] {
        let zero = jets(odd, 1, &[-0.0])[0][0];
        assert!(zero == 0.0, "{zero}");
    }
    let x = [-3.0, -0.5, 0.0, 1e-300, 7.0];
    assert_eq!(jets(|x| x.sign(), 1, &x).concat(), [-1.0, -1.0, 0.0, 1.0, 1.0]);
    assert_eq!(jets(|x| x.clamp(-1.0, 0.0), 1, &x).concat(), [-1.0, -0.5, 0.0, 0.0, 0.0]);
}

/// In parameters a step has slope 0, and a clamp passes gradients inside alone.
#[test]
fn steps_and_clamps_of_parameters() {
    let program = record(|g| {
        let [a, b] = [g.scalar_parameter("a", 0.3), g.scalar_parameter("b", 5.0)];
        a.sign() + 3.0 * a.clamp(-1.0, 1.0) + 7.0 * b.clamp(-1.0, 1.0)
    })
    .expect("recorded")
    .compile::<f64>();
    let (value, gradient) = program.value_and_grad(&[0.3, 5.0], &mut program.workspace()).expect("a gradient");
    assert!((value - 8.9).abs() < 1e-15);
    assert_eq!(gradient, [3.0, 0.0]);
}

#[test]
fn what_has_no_derivative_or_no_bounds_is_refused() {
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        x.sign().d(x)
    });
    says(&error, &["sign", "no further derivative"]);
    let error = mistake(|g| {
        let x = g.coordinate("x", rows());
        x.clamp(0.0, 1.0).d(x).d(x)
    });
    says(&error, &["second derivative"]);
    for (low, high) in [(1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::NAN)] {
        says(
            &mistake(|g| g.input("x", rows(), 1).clamp(low, high)),
            &["bounds of clamp", "low ≤ high", "functions.rs"],
        );
    }
    says(&mistake(|g| g.concat(&[])), &["concat", "at least one", "functions.rs"]);
    for (shape, entries) in [([2, 2], &[1.0, 2.0][..]), ([0, 3], &[]), ([usize::MAX, 2], &[1.0]), ([1, 1], &[f64::NAN])]
    {
        mistake(|g| g.matrix(shape, entries));
    }
}

/// Whole numbers are numbers, on either side.
#[test]
fn whole_numbers() {
    let [whole, real]: [Entrywise; 2] = [
        |x| (2 * x - 1) / 3 + (1 - x) * 4 - 6 / (x + 5),
        |x| (2.0 * x - 1.0) / 3.0 + (1.0 - x) * 4.0 - 6.0 / (x + 5.0),
    ];
    let difference = multivariate(|[x, y]| whole(x) - real(y));
    let zero = formula(|x| difference([x, x]) + difference([x, x]).d(x));
    assert_eq!(jets(zero, 1, &[0.3, -1.7]).concat(), [0.0, 0.0]);
}

#[test]
fn a_matrix_of_numbers_is_that_matrix() {
    let entries = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let program = record(|g| g.input("x", Rows::named("rows"), 2).matmul(g.matrix([2, 3], &entries)));
    let program = program.expect("recorded").compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 0.0, 0.0, 1.0]).expect("set");
    program.evaluate(&[], &mut ws).expect("evaluated");
    assert_eq!(ws.output("result").expect("a result"), entries);
}

/// What Fritsch and Carlson promise, for tables of any kind: the data are met, slopes have the sign of the data, and
/// nothing jumps, not even the slope.
#[test]
fn interpolants_meet_and_follow_their_data() {
    fn property(steps: Vec<(u8, i8)>) -> TestResult {
        if steps.is_empty() {
            return TestResult::discard();
        }
        let (mut x, mut y) = (vec![-1.5], vec![0.25]);
        for (k, (wide, high)) in steps.iter().enumerate() {
            x.push(x[k] + 0.01 + f64::from(*wide) / 100.0);
            // Flat pieces, and rises of very different height.
            y.push(y[k] + f64::from(high / 8) * 10f64.powi(i32::from(high % 8)));
        }
        let scale = y.iter().fold(1.0, |s: f64, v| s.max(v.abs()));
        let table = Interpolant::monotone(&x, &y).expect("a table");
        let at = |x: &[f64]| jets(|v| table.call(v), 2, x);
        for ((knot, value), jet) in x.iter().zip(&y).zip(at(&x)) {
            assert!((jet[0] - value).abs() <= 1e-15 * scale, "{} for {value} at {knot}", jet[0]);
        }
        let steepest = x.windows(2).zip(y.windows(2)).map(|(x, y)| ((y[1] - y[0]) / (x[1] - x[0])).abs());
        let steepest = steepest.fold(1.0, f64::max);
        for k in 0..steps.len() {
            let inside: Vec<f64> = (0..=16).map(|i| x[k] + (x[k + 1] - x[k]) * f64::from(i) / 16.0).collect();
            for (place, jet) in inside.iter().zip(at(&inside)) {
                let rise = y[k + 1] - y[k];
                let ok = if rise == 0.0 { jet[1].abs() } else { -jet[1] * rise.signum() };
                assert!(ok <= 1e-12 * steepest, "slope {} at {place} where the data rise by {rise}", jet[1]);
            }
        }
        // From the left of a knot as from the right.
        let left: Vec<f64> = x.iter().map(|x| x.next_down()).collect();
        for (a, b) in at(&left).iter().zip(at(&x)) {
            assert!((a[0] - b[0]).abs() <= 1e-12 * scale && (a[1] - b[1]).abs() <= 1e-11 * steepest, "{a:?} {b:?}");
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(60).quickcheck(property as fn(Vec<(u8, i8)>) -> TestResult);
}

/// Lines are met exactly, beyond their ends as well; ensembles and several columns go entry by entry.
#[test]
fn interpolated_lines_and_shapes() {
    let line = Interpolant::monotone(&[-1.0, 0.5, 2.0], &[3.0, 0.0, -3.0]).expect("a table");
    let x = [-10.0_f64, -1.0, 0.0, 0.5, 1.9, 2.0, 30.0];
    for (x, jet) in x.iter().zip(jets(|v| line.call(v), 3, &x)) {
        for (have, want) in jet.iter().zip([1.0 - 2.0 * x, -2.0, 0.0]) {
            assert!((have - want).abs() <= 1e-14 * x.abs().max(1.0), "{jet:?} at {x}");
        }
    }
    let program = record(|g| {
        let x = g.input("x", rows(), 4);
        (line.call(x) - (1.0 - 2.0 * x)).square().row_sum()
            + (line.call(x.columns_to_heads(2)).heads_to_columns() - line.call(x)).square().row_sum()
    })
    .expect("recorded")
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &super::comparison::entries(12, 0.3)).expect("set");
    program.evaluate(&[], &mut ws).expect("evaluated");
    assert!(ws.output("result").expect("a result").iter().all(|r| r.abs() < 1e-28));
}

#[test]
fn hostile_tables_are_refused() {
    let nan = f64::NAN;
    let cases: [(&[f64], &[f64], &str); 9] = [
        (&[], &[], "two or more"),
        (&[1.0], &[1.0], "two or more"),
        (&[0.0, 1.0], &[0.0], "shapes"),
        (&[0.0, 2.0, 1.0], &[0.0, 1.0, 2.0], "knot 2 does not lie above knot 1"),
        (&[0.0, 1.0, 1.0], &[0.0, 1.0, 2.0], "sort the table"),
        (&[0.0, nan], &[0.0, 1.0], "knots"),
        (&[0.0, 1.0], &[f64::INFINITY, 1.0], "values"),
        (&[0.0, 1e-300], &[0.0, 1e300], "overflow"),
        (&[-1e308, 1e308], &[0.0, 1.0], "overflow"),
    ];
    for (x, y, reason) in cases {
        says(&Interpolant::monotone(x, y).expect_err("refused"), &[reason]);
    }
}
