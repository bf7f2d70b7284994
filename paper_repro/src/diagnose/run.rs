//! The classifier before and after its training.

use eigennet::diagnostics::{Curvature, Diagnosis, Report, Samples, SpectrumSettings};
use eigennet::linalg::Matrix;

use super::classifier::{self, Trained, Training};
use super::data::Data;
use super::dense::Compared;
use super::equation::{self, Slow};
use super::{Diagnose, Method, report};
use crate::experiment::{Context, Outcome};
use crate::failure::Failure;
use crate::preset::Preset;

/// A network at one time.
#[derive(Debug)]
pub struct Look {
    /// `"initial"` or `"trained"`.
    pub when: &'static str,
    /// What was found.
    pub report: Report<f64>,
    /// The Hessian against the dense one.
    pub compared: Option<Compared>,
    /// `[samples, features]`
    pub features: Matrix<f64>,
    /// The share of samples whose class is found.
    pub accuracy: f64,
    /// The mean cross-entropy.
    pub loss: f64,
}

/// All of a run.
#[derive(Debug)]
pub struct Found {
    /// The points.
    pub data: Data,
    /// Number of parameters.
    pub parameters: usize,
    /// Before and after the training.
    pub looks: [Look; 2],
    /// The training.
    pub trained: Trained,
    /// An equation's network.
    pub slow: Option<Slow>,
}

/// Trains, and looks before and after.
///
/// # Errors
/// Ctrl-C, an input that cannot be read, and what the library says.
pub fn run(options: &Diagnose, context: &Context) -> Result<Outcome, Failure> {
    let points = if context.preset == Preset::Quick { 150 } else { 600 };
    let data = match &options.input {
        Some(path) => Data::read(path)?,
        None => Data::spirals(points, context.seed),
    };
    let classes = data.one_hot.cols();
    let program = classifier::program::<f64>(data.points.cols(), &classifier::widths(context.preset), classes)?;
    let samples =
        Samples::new(data.labels.len())?.input("x", data.points.as_slice())?.input("label", data.one_hot.as_slice())?;
    let sections = Method::ALL.into_iter().filter(|&method| options.shows(method)).map(Method::section).collect();
    let spectrum = SpectrumSettings { seed: context.seed, ..SpectrumSettings::default() };
    let diagnosis = Diagnosis { sections, spectrum, ..Diagnosis::default() };
    let look = |when: &'static str, parameters: &[f64]| -> Result<Look, Failure> {
        let report = diagnosis.run(&program, parameters, &samples)?;
        let loss = program.select(&[program.recording().result()])?;
        let compared = match options.shows(Method::Hessian) {
            true => Some(Compared::of(context, &Curvature::hessian(&loss, parameters, &samples)?)?),
            false => None,
        };
        let mut ws = program.workspace();
        ws.set("x", data.points.as_slice())?.set("label", data.one_hot.as_slice())?;
        let values = program.evaluate(parameters, &mut ws)?;
        let features = values.value(program.output("features")?)?;
        let features = Matrix::from_vec(data.labels.len(), features.len() / data.labels.len(), features.to_vec())?;
        let logits = values.value(program.output("logits")?)?;
        let right = logits.chunks_exact(classes).zip(&data.labels).filter(|(row, label)| {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row[**label] == largest
        });
        let accuracy = right.count() as f64 / data.labels.len() as f64;
        let loss = values.value(program.recording().result())?[0];
        Ok(Look { when, report, compared, features, accuracy, loss })
    };
    let start = program.initial(context.seed);
    let before = look("initial", &start)?;
    let trained = classifier::train(context, &program, &samples, &start, Training::of(context.preset))?;
    let after = look("trained", &trained.parameters)?;
    let slow = options.shows(Method::TangentKernel).then(|| equation::slow(context)).transpose()?;
    context.metrics_ready();
    let found = Found { parameters: start.len(), data, looks: [before, after], trained, slow };
    report::outcome(context, &found)
}
