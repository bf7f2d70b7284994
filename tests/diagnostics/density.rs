use eigennet::diagnostics::{Spectrum, SpectrumSettings, spectral_density, trace};
use eigennet::linalg::{LinearOperator, Matrix, Symmetry, gram, symmetric_eigen};
use eigennet::{Error, Seed};

fn symmetric(n: usize) -> Matrix<f64> {
    let mut random = Seed(1).into_stream();
    gram(&Matrix::from_fn(2 * n, n, |_, _| random.normal())).unwrap().scale(1.0 / n as f64)
}

#[test]
fn trace_and_density_agree_with_the_eigenvalues_to_their_own_errors() {
    let a = symmetric(60);
    let values = symmetric_eigen(&a).unwrap().values;
    let (sum, squares) = (values.iter().sum::<f64>(), values.iter().map(|v| v * v).sum::<f64>());
    let found = trace(&a, 400, Seed(2)).unwrap();
    assert!((found.trace - sum).abs() < 4.0 * found.error && found.error < 0.02 * sum, "{found:?} {sum}");
    assert!((found.squares / squares - 1.0).abs() < 0.1);
    let ratio = found.participation_ratio();
    assert!((ratio / (sum * sum / squares) - 1.0).abs() < 0.1, "{ratio}");
    let density = spectral_density(&a, 60, 30, Seed(3)).unwrap();
    assert!((density.moment(0) - 1.0).abs() < 1e-12);
    assert!(
        (density.moment(1) - sum / 60.0).abs() < 0.05
            && (density.share(0.0..=1.0) - values.iter().filter(|v| **v <= 1.0).count() as f64 / 60.0).abs() < 0.1
    );
    let area: f64 = (-400..1600).map(|k| density.at(0.01 * f64::from(k), 0.1) * 0.01).sum();
    assert!((area - 1.0).abs() < 1e-3, "{area}");
}

#[test]
fn few_different_eigenvalues_end_the_recurrence_early() {
    let density = spectral_density(&Matrix::<f64>::identity(50), 3, 20, Seed(0)).unwrap();
    assert!(density.nodes.len() == 3 && density.nodes.iter().all(|(v, _)| (v - 1.0).abs() < 1e-14));
    let zero = spectral_density(&Matrix::<f32>::zeros(5, 5), 1, 20, Seed(0)).unwrap();
    assert_eq!(zero.nodes, [(0.0, 1.0)]);
}

/// Three errors hold the trace, of few probes and small orders too, and two probes that are equal are not taken for certain.
#[test]
fn few_probes_state_errors_that_hold() {
    let swap = Matrix::from_vec(2, 2, vec![0.0, 1.0, 1.0, 0.0]).unwrap();
    let star = Matrix::from_fn(12, 12, |i, j| f64::from(u8::from((i == 0) != (j == 0))));
    let ones = Matrix::from_fn(12, 12, |_, _| 1.0);
    for (name, a) in [("swap", swap), ("star", star), ("ones", ones), ("random", symmetric(30))] {
        let exact: f64 = a.diagonal().iter().sum();
        for probes in [2, 3, 5, 8] {
            let found = |seed: u64| trace(&a, probes, Seed(seed)).unwrap();
            let beyond = (0..1000).filter(|&seed| (found(seed).trace - exact).abs() > 3.0 * found(seed).error).count();
            assert!(beyond <= 40, "{name}, {probes} probes: {beyond} of 1000 are beyond three errors");
            assert!((0..1000).all(|seed| found(seed).error > 0.0), "{name}, {probes} probes");
        }
        // And what is stated is no more than the law with many probes: √(2 Σ_{i≠j} aᵢⱼ² / m).
        let beside = a.as_slice().iter().map(|v| v * v).sum::<f64>() - a.diagonal().iter().map(|v| v * v).sum::<f64>();
        let mean = (0..20).map(|seed| trace(&a, 200, Seed(seed)).unwrap().error.powi(2)).sum::<f64>() / 20.0;
        assert!((mean / (2.0 * beside / 200.0) - 1.0).abs() < 0.1, "{name}: {mean} {beside}");
    }
}

#[test]
fn traces_out_of_range_are_refused_and_zero_is_zero() {
    for unit in [1e200, 1e308, 1e-200] {
        let refused = trace(&Matrix::from_diagonal(&[unit, unit]), 2, Seed(0));
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{refused:?}");
    }
    for unit in [1e-100, 1e100] {
        let found = trace(&Matrix::from_diagonal(&[unit, unit]), 2, Seed(0)).unwrap();
        assert!((found.participation_ratio() - 2.0).abs() < 1e-12);
    }
    let zero = trace(&Matrix::<f64>::zeros(3, 3), 2, Seed(0)).unwrap();
    assert_eq!([zero.trace, zero.error, zero.squares, zero.participation_ratio()], [0.0; 4]);
}

#[test]
fn more_probes_and_steps_than_anybody_means_are_refused_or_cut() {
    let a = symmetric(4);
    for many in [usize::MAX, usize::MAX >> 1, 1 << 62] {
        assert!(matches!(trace(&a, many, Seed(0)), Err(Error::InvalidArgument { .. })));
        assert!(matches!(spectral_density(&a, many, many, Seed(0)), Err(Error::InvalidArgument { .. })));
        let settings = SpectrumSettings { probes: many, ..SpectrumSettings::default() };
        assert!(matches!(Spectrum::of(&a, &settings), Err(Error::InvalidArgument { .. })));
        let settings = SpectrumSettings { largest: many, smallest: many, ..SpectrumSettings::default() };
        assert_eq!(Spectrum::of(&a, &settings).unwrap().bottom.values.len(), 4);
        assert_eq!(spectral_density(&a, 1, many, Seed(0)).unwrap().nodes.len(), 4);
    }
}

#[test]
#[should_panic(expected = "give a positive one")]
fn a_density_has_a_width() {
    spectral_density(&symmetric(4), 1, 3, Seed(0)).unwrap().at(0.0, -1.0);
}

#[test]
fn hostile_numbers_are_refused() {
    let a = symmetric(4);
    assert!(matches!(trace(&a, 1, Seed(0)), Err(Error::InvalidArgument { .. })));
    assert!(matches!(spectral_density(&a, 0, 3, Seed(0)), Err(Error::InvalidArgument { .. })));
    assert!(matches!(spectral_density(&a.scale(f64::NAN), 1, 3, Seed(0)), Err(Error::NonFinite { .. })));
}

/// Says it is symmetric.
struct Liar(Matrix<f64>);

impl LinearOperator<f64> for Liar {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn cols(&self) -> usize {
        self.0.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
}

#[test]
fn what_is_not_square_symmetric_or_a_number_is_refused() {
    // All its eigenvalues are 1.
    let jordan = Matrix::from_fn(50, 50, |i, j| match j.wrapping_sub(i) {
        0 => 1.0,
        1 => 10.0,
        _ => 0.0,
    });
    let both = |operator: &dyn LinearOperator<f64>| {
        let density = spectral_density(operator, 2, 5, Seed(0)).map(drop).unwrap_err();
        [trace(operator, 2, Seed(0)).map(drop).unwrap_err(), density]
    };
    for error in [both(&jordan), both(&Liar(jordan.clone()))].as_flattened() {
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    }
    for error in both(&Matrix::from_fn(2, 3, |_, _| 1.0)) {
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
    for error in both(&symmetric(3).scale(f64::NAN)) {
        assert!(matches!(error, Error::NonFinite { .. }), "{error}");
    }
    assert!(both(&Matrix::zeros(0, 0)).iter().all(|error| matches!(error, Error::InvalidArgument { .. })));
}
