use eigennet::diagnostics::{Curvature, Finding, Samples, Spectrum, SpectrumSettings};
use eigennet::linalg::{LinearOperator, Matrix, Qr, symmetric_eigenvalues};
use eigennet::{Error, Scalar, Seed};

use crate::{classifier, data, dense};

/// A symmetric matrix with these eigenvalues.
fn with(values: &[f64]) -> Matrix<f64> {
    let (n, mut random) = (values.len(), Seed(7).into_stream());
    let q = Qr::factor(&Matrix::from_fn(n, n, |_, _| random.normal())).unwrap().thin_q().unwrap();
    let a = q.matmul(&Matrix::from_diagonal(values)).unwrap().matmul_t(&q).unwrap();
    Matrix::from_fn(n, n, |i, j| 0.5 * (a[(i, j)] + a[(j, i)]))
}

/// Products only, so that no dense solver is chosen for the entries.
struct Hidden<T>(Matrix<T>);

impl<T: Scalar> LinearOperator<T> for Hidden<T> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn symmetry(&self) -> eigennet::linalg::Symmetry {
        eigennet::linalg::Symmetry::Symmetric
    }
    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
}

#[test]
fn ends_traces_and_shares_are_those_of_the_eigenvalues_and_residuals_hold() {
    let mut values: Vec<f64> = (0..300).map(|i| 1e-3 * f64::from(i)).collect();
    values.extend([10.0, 8.0, 5.0, -2.0, -1.0]);
    let exact = |k: usize| [10.0, 8.0, 5.0][k];
    let settings = SpectrumSettings { largest: 3, smallest: 2, probes: 30, ..SpectrumSettings::default() };
    let found = Spectrum::of(&Hidden(with(&values)), &settings).unwrap();
    for k in 0..3 {
        let off = (found.top.values[k] - exact(k)).abs();
        assert!(off < 1e-8 && off <= found.top.residuals[k] + 1e-12, "{found}");
    }
    assert!((found.bottom.values[0] + 2.0).abs() < 1e-8 && (found.bottom.values[1] + 1.0).abs() < 1e-8);
    assert!(found.top.converged && found.bottom.converged);
    let trace = found.trace.unwrap();
    assert!((trace.trace - values.iter().sum::<f64>()).abs() < 4.0 * trace.error);
    let small = values.iter().filter(|v| v.abs() <= 0.1).count() as f64 / values.len() as f64;
    assert!((found.small(0.01).unwrap() - small).abs() < 0.1);
    let findings = |rate: f64| found.hessian_verdicts(rate).iter().map(|v| v.finding).collect::<Vec<_>>();
    assert_eq!(findings(1.0), [Finding::SharpMinimum, Finding::NegativeCurvature]);
    assert_eq!(findings(0.1), [Finding::NegativeCurvature]);
}

#[test]
fn flat_and_low_rank_spectra_are_told() {
    let mut values = vec![1e-5; 300];
    values[0] = 1.0;
    let found = Spectrum::of(&Hidden(with(&values)), &SpectrumSettings::default()).unwrap();
    assert_eq!(found.hessian_verdicts(0.1)[0].finding, Finding::FlatMinimum);
    assert_eq!(found.gradient_verdicts()[0].finding, Finding::LowRankGradients);
    let even = Spectrum::of(&Hidden(Matrix::<f64>::identity(300)), &SpectrumSettings::default()).unwrap();
    assert!(even.hessian_verdicts(0.1).is_empty() && even.gradient_verdicts().is_empty());
    assert!((even.stable_rank().unwrap() - 300.0).abs() < 1e-6);
}

#[test]
fn a_classifier_in_both_precisions_against_the_dense_hessian() {
    let (program, _) = classifier::<f64>();
    let ([x, labels], at) = (data(40), program.initial(Seed(1)));
    let samples = Samples::new(40).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let exact = symmetric_eigenvalues(&dense(&Curvature::hessian(&program, &at, &samples).unwrap())).unwrap();
    let (single, _) = classifier::<f32>();
    let [x, labels] = data(40);
    let samples = Samples::new(40).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let at: Vec<f32> = at.iter().map(|&v| v as f32).collect();
    let found =
        Spectrum::of(&Curvature::hessian(&single, &at, &samples).unwrap(), &SpectrumSettings::default()).unwrap();
    let scale = exact[exact.len() - 1];
    assert!(found.top.values.iter().zip(exact.iter().rev()).all(|(v, e)| (v - e).abs() < 1e-5 * scale), "{found}");
    assert!((found.smallest() - exact[0]).abs() < 1e-5 * scale);
}

#[test]
fn work_that_is_cut_short_says_so_and_hostile_operators_are_refused() {
    let values: Vec<f64> = (0..400).map(|i| 1.0 + 1e-6 * f64::from(i)).collect();
    let a = Hidden(with(&values));
    let short = SpectrumSettings { restarts: 1, probes: 0, tolerance: 1e-13, ..SpectrumSettings::default() };
    // Beyond order 1500 no dense solver steps in; with restarts given it never does.
    let found = Spectrum::of(&a, &short).unwrap();
    assert!(!found.top.converged && found.trace.is_none() && found.small(0.1).is_none());
    assert!(found.to_string().contains("not converged"), "{found}");
    assert!(found.top.values.iter().zip(&found.top.residuals).all(|(v, r)| (v - 1.0).abs() < 1e-3 && *r < 1e-3));
    let few = SpectrumSettings { largest: 9, ..SpectrumSettings::default() };
    assert_eq!(Spectrum::of(&Matrix::<f64>::identity(3), &few).unwrap().top.values.len(), 3);
    let one = Spectrum::of(&Matrix::<f32>::identity(1), &SpectrumSettings::default()).unwrap();
    assert_eq!((one.largest(), one.smallest()), (1.0, 1.0));
    let zero = Spectrum::of(&Matrix::<f64>::zeros(3, 3), &SpectrumSettings::default()).unwrap();
    assert_eq!((zero.norm(), zero.stable_rank()), (0.0, None));
    let of = |a: &Matrix<f64>, settings: &SpectrumSettings| Spectrum::of(a, settings).unwrap_err();
    let default = SpectrumSettings::default();
    assert!(matches!(of(&Matrix::zeros(0, 0), &default), Error::InvalidArgument { .. }));
    let none = SpectrumSettings { largest: 0, ..SpectrumSettings::default() };
    assert!(matches!(of(&Matrix::identity(3), &none), Error::InvalidArgument { .. }));
    // A matrix of NaN is not symmetric; an operator that says it is has products that are not finite.
    let nan = Matrix::identity(3).scale(f64::NAN);
    assert!(matches!(of(&nan, &default), Error::InvalidArgument { .. }));
    assert!(matches!(Spectrum::of(&Hidden(nan), &default), Err(Error::NonFinite { .. })));
}
