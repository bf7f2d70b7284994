use eigennet::diagnostics::{spectral_density, trace};
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
