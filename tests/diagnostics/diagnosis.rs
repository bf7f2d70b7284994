use eigennet::autodiff::{Rows, Var, record};
use eigennet::diagnostics::{Curvature, Diagnosis, Samples, Section, diagnose, weight_spectra};
use eigennet::differential::{Domain, Equation};
use eigennet::linalg::symmetric_eigenvalues;
use eigennet::nn::Mlp;
use eigennet::{Error, Seed};

use crate::{classifier, data, dense};

#[test]
fn one_call_has_every_section_and_each_figure_has_a_name_of_its_own() {
    let (program, _) = classifier::<f64>();
    let ([x, labels], at) = (data(30), program.initial(Seed(1)));
    let samples = Samples::new(30).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let report = diagnose(&program, &at, &samples).unwrap();
    assert_eq!(report.missing, []);
    assert_eq!(report.spectra().count(), 4);
    assert_eq!(report.weights.iter().map(|w| w.1.shape).collect::<Vec<_>>(), [[2, 5], [5, 4], [4, 3]]);
    assert_eq!(report.activations.iter().map(|a| a.0.as_str()).collect::<Vec<_>>(), ["features", "logits"]);
    let exact = symmetric_eigenvalues(&dense(&Curvature::hessian(&program, &at, &samples).unwrap())).unwrap();
    let figures = report.figures();
    let figure = |name: &str| figures.iter().find(|(own, _)| own == name).unwrap().1;
    assert!((figure("hessian.largest.1") - exact[exact.len() - 1]).abs() < 1e-10);
    assert!((figure("hessian.smallest.1") - exact[0]).abs() < 1e-10);
    let mut names: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), figures.len());
    let text = report.to_string();
    for section in
        ["weights", "activations", "gradients", "hessian", "gauss newton", "tangent kernel", "neural collapse"]
    {
        assert!(text.lines().any(|line| line.starts_with(section)), "{section}: {text}");
    }
    let stored = report.save().unwrap();
    assert_eq!(stored.text("names").unwrap().lines().count(), figures.len());
    assert_eq!(report, diagnose(&program, &at, &samples).unwrap());
}

#[test]
fn a_section_alone_and_what_a_program_lacks() {
    let program = record(|g| Mlp::new("net", [2, 4, 3]).members(2).call(g.input("x", Rows::named("batch"), 2)));
    let program = program.unwrap().compile::<f64>();
    let (x, at) = ([0.1, 0.2, -0.3, 0.4, 1.0, -1.0], program.initial(Seed(0)));
    let samples = Samples::new(3).unwrap().input("x", &x).unwrap();
    let all = diagnose(&program, &at, &samples).unwrap();
    let missing: Vec<Section> = all.missing.iter().map(|missing| missing.0).collect();
    assert_eq!(missing, [Section::Gradients, Section::Hessian, Section::Collapse]);
    assert!(all.tangent_kernel.is_some() && all.to_string().contains("left out"));
    // Each member of an ensemble has its own.
    let names: Vec<&str> = all.weights.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["net.0.weight[0]", "net.0.weight[1]", "net.1.weight[0]", "net.1.weight[1]"]);
    let only = Diagnosis { sections: vec![Section::Weights], ..Diagnosis::default() };
    let report = only.run(&program, &at, &samples).unwrap();
    assert!(report.weights.len() == 4 && report.activations.is_empty() && report.tangent_kernel.is_none());
    assert!(matches!(weight_spectra(program.parameters(), &at[1..]), Err(Error::Shape { .. })));
}

#[test]
fn networks_of_equations_are_programs_like_any_other() {
    let domain = Domain::new(["x", "y"], [0.0..1.0, 0.0..1.0]).unwrap();
    let net = Mlp::new("net", [2, 6, 1]);
    let equation = Equation::<f64>::record(&domain, |_, [x, y]| {
        let u = x * (1.0 - x) * y * (1.0 - y) * net.call(Var::concat(&[x, y]));
        u.laplacian([x, y]) + 1.0
    });
    let equation = equation.unwrap();
    let points = domain.gauss([5, 5]).unwrap();
    let at = equation.initial(Seed(0));
    let samples = Samples::new(25).unwrap().input("points", points.points()).unwrap().block(9).unwrap();
    let report = diagnose(equation.program(), &at, &samples).unwrap();
    assert_eq!(report.weights.len(), 1);
    assert!(report.tangent_kernel.unwrap().largest() > 0.0);
}

#[test]
fn hostile_parameters_labels_and_settings_are_refused() {
    let (program, _) = classifier::<f64>();
    let ([x, mut labels], at) = (data(6), program.initial(Seed(1)));
    let samples = Samples::new(6).unwrap().input("x", &x).unwrap();
    assert!(diagnose(&program, &at, &samples).is_err()); // no labels
    let with = samples.clone().input("label", &labels).unwrap();
    assert!(matches!(diagnose(&program, &at[1..], &with), Err(Error::Shape { .. })));
    let broken = vec![f64::NAN; at.len()];
    assert!(matches!(diagnose(&program, &broken, &with), Err(Error::NonFinite { .. })));
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let wrong = Diagnosis { learning_rate: rate, ..Diagnosis::default() };
        assert!(matches!(wrong.run(&program, &at, &with), Err(Error::InvalidArgument { .. })));
    }
    labels[0] = 0.5;
    let soft = samples.input("label", &labels).unwrap();
    assert!(matches!(diagnose(&program, &at, &soft), Err(Error::InvalidArgument { .. })));
    // One sample: a class has none.
    let [x, labels] = data(1);
    let one = Samples::new(1).unwrap().input("x", &x).unwrap().input("label", &labels).unwrap();
    let error = diagnose(&program, &at, &one).unwrap_err();
    assert!(error.to_string().contains("has no sample"), "{error}");
}
