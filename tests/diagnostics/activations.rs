use eigennet::Error;
use eigennet::autodiff::{Rows, record};
use eigennet::diagnostics::{Activations, Finding, Samples};

/// The input itself as an output.
fn of(x: &[f64], width: usize, block: usize) -> Result<Activations, Error> {
    let program = record(|g| g.input("x", Rows::named("batch"), width) + 0.0)?.compile::<f64>();
    let samples = Samples::new(x.len() / width)?.input("x", x)?.block(block)?;
    Activations::of(&program, program.recording().result(), &[], &samples)
}

#[test]
fn moments_are_those_of_the_definition_whatever_the_blocks() {
    // Columns: 0 … 9, its double, a constant.
    let x: Vec<f64> = (0..10).flat_map(|i| [f64::from(i), 2.0 * f64::from(i), 1e6]).collect();
    for block in [1, 3, 10, 99] {
        let found = of(&x, 3, block).unwrap();
        // The variance of 0 … 9 is 8.25; all of it lies along (1, 2, 0).
        assert!((found.covariance[0] - 5.0 * 8.25).abs() < 1e-9 && found.covariance[1].abs() < 1e-9, "{found:?}");
        assert!((found.mean - (4.5 + 9.0 + 1e6) / 3.0).abs() < 1e-6);
        assert!((found.deviation - (5.0_f64 * 8.25 / 3.0).sqrt()).abs() < 1e-9);
        assert_eq!(found.dead, 1);
        assert!((found.dimension() - 1.0).abs() < 1e-9);
        assert_eq!(found.verdicts()[0].finding, Finding::DeadUnits);
    }
}

#[test]
fn one_sample_and_equal_ones_have_no_dimension() {
    for x in [&[1.0, 2.0][..], &[1.0, 2.0, 1.0, 2.0]] {
        let found = of(x, 2, 4).unwrap();
        assert_eq!((found.dimension(), found.dead, found.deviation), (0.0, 2, 0.0));
    }
}

#[test]
fn outputs_without_a_row_for_each_sample_are_refused() {
    let program = record(|g| g.input("x", Rows::named("batch"), 2).mean()).unwrap().compile::<f64>();
    let samples = Samples::new(2).unwrap().input("x", &[1.0; 4]).unwrap();
    let found = Activations::of(&program, program.recording().result(), &[], &samples);
    assert!(matches!(found, Err(Error::Shape { .. })), "{found:?}");
}
