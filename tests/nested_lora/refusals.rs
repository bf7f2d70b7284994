//! Settings and problems that make no training.

use super::*;

#[test]
fn settings_that_do_not_fit_are_told() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let weight = |last, begin, end| NestedLora { off_diagonal: OffDiagonalWeight { last, begin, end }, ..hydrogen() };
    for (solver, words) in [
        (NestedLora { states: 0, ..hydrogen() }, "positive"),
        (NestedLora { batch: 0, ..hydrogen() }, "positive"),
        (NestedLora { batch: usize::MAX, ..hydrogen() }, "at most"),
        (NestedLora { states: 1 << 20, batch: 1, ..hydrogen() }, "at most"),
        (NestedLora { rate: f64::NAN, ..hydrogen() }, "1 or less"),
        (NestedLora { rate: 1e30, ..hydrogen() }, "1 or less"),
        (NestedLora { rate: -1.0, ..hydrogen() }, ""),
        (NestedLora { average: 1.5, ..hydrogen() }, ""),
        (NestedLora { trial: TrialFunctions { length: -1.0, ..hydrogen().trial }, ..hydrogen() }, "length"),
        (weight(f64::NAN, 0.0, 1.0), "off_diagonal"),
        (weight(0.0, 0.0, 1.0), "off_diagonal"),
        (weight(2.0, 0.6, 0.3), "off_diagonal"),
    ] {
        let error = solver.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn hostile_problems_are_told() {
    let sampler = TruncatedGaussian::new(16.0, 50.0).expect("a sampler");
    let three = Schrodinger::oscillator(3);
    let error = hydrogen().solve::<f64>(&three, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
    let nan = Schrodinger::new(2, |x| (-1.0 - x[0].square()).sqrt());
    for form in [Form::Strong, Form::Weak] {
        let solver = NestedLora { form, ..hydrogen() };
        let error = solver.solve::<f64>(&nan, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
    }
    // A sampler that breaks its word is told, not believed.
    let broken = Exact(vec![f64::NAN; 128], vec![1.0; 64]);
    let error = hydrogen().solve(&Schrodinger::hydrogen(), &broken, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
}
