//! One call for everything that spectra say of a network.

use super::activations::Activations;
use super::collapse::NeuralCollapse;
use super::curvature::{Curvature, OutputLoss};
use super::report::{Report, Section};
use super::samples::Samples;
use super::spectrum::{Spectrum, SpectrumSettings};
use super::weights::WeightSpectrum;
use crate::autodiff::{Layout, Output, Program};
use crate::error::Error;
use crate::linalg::Matrix;
use crate::{Result, Scalar};

/// What the sections ask a program for, by name.
const LOSSES: &str = "losses";
const LOGITS: &str = "logits";
const FEATURES: &str = "features";
const LABEL: &str = "label";

/// What to look at, and at what cost. Any recorded program will do; the report has what the program gives:
///
/// | section | what it takes |
/// |---|---|
/// | weights | parameter blocks with more than one row and column |
/// | activations | outputs `[rows, width]`; name those of hidden layers by [`Graph::output`](crate::autodiff::Graph::output) |
/// | gradient covariance | an output `"losses"` `[rows, 1]` |
/// | Hessian | a result that is one number, the mean loss of the samples |
/// | Gauss–Newton, beside it | an output `"logits"` that goes into a cross-entropy |
/// | tangent kernel | an output `"logits"`, or a result `[rows, width]`: outputs of any network, residuals of any equation |
/// | neural collapse | `"features"` `[rows, d]`, `"logits"` `[rows, classes]`, an input `"label"` `[rows, classes]` (one-hot), and a last layer of weights `[d, classes]` |
///
/// Samples go through the program a block at a time. What couples the rows of a batch, such as batch statistics, then
/// couples those of a block; take one block of all of them.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::diagnostics::{Diagnosis, Samples, Section};
/// use eigennet::nn::Mlp;
/// let program = record(|g| {
///     let (x, y) = (g.input("x", Rows::named("batch"), 1), g.input("y", Rows::named("batch"), 1));
///     (Mlp::new("net", [1, 8, 1]).call(x) - y).square().mean()
/// })?
/// .compile::<f64>();
/// let (x, y) = ([0.0, 0.5, 1.0], [0.0, 0.25, 1.0]);
/// let samples = Samples::new(3)?.input("x", &x)?.input("y", &y)?;
/// let only = Diagnosis { sections: vec![Section::Weights, Section::Hessian], ..Diagnosis::default() };
/// let report = only.run(&program, &program.initial(Seed(0)), &samples)?;
/// assert!(report.hessian.is_some() && report.gradients.is_none());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// What to look at (default everything).
    pub sections: Vec<Section>,
    /// What is computed of each spectrum.
    pub spectrum: SpectrumSettings,
    /// The learning rate that the largest Hessian eigenvalue is judged by (default 0.1).
    pub learning_rate: f64,
}

impl Default for Diagnosis {
    fn default() -> Self {
        let sections = Section::ALL.to_vec();
        Diagnosis { sections, spectrum: SpectrumSettings::default(), learning_rate: 0.1 }
    }
}

/// A [`Diagnosis`] of everything that the program has.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::diagnostics::{Samples, diagnose};
/// use eigennet::nn::{Linear, Mlp};
/// let program = record(|g| {
///     let (x, label) = (g.input("x", Rows::named("batch"), 2), g.input("label", Rows::named("batch"), 2));
///     let features = Mlp::new("net", [2, 6, 3]).call(x).tanh();
///     let logits = Linear::new("classifier", [3, 2]).call(features);
///     let losses = -(label * logits.log_softmax()).row_sum();
///     for (name, value) in [("features", features), ("logits", logits), ("losses", losses)] {
///         g.output(name, value);
///     }
///     losses.mean()
/// })?
/// .compile::<f64>();
/// let x = [0.0, 1.0, 1.0, 0.0, -1.0, 0.2, 0.3, -1.0];
/// let label = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
/// let samples = Samples::new(4)?.input("x", &x)?.input("label", &label)?;
/// let report = diagnose(&program, &program.initial(Seed(0)), &samples)?;
/// assert_eq!((report.weights.len(), report.missing.len()), (3, 0));
/// println!("{report}");
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Diagnosis::run`].
#[inline(never)]
pub fn diagnose<T: Scalar>(program: &Program<T>, parameters: &[T], samples: &Samples<'_, T>) -> Result<Report<T>> {
    Diagnosis::default().run(program, parameters, samples)
}

/// The spectra of all weight matrices among parameters: blocks of more than one row and column, each member of an
/// ensemble by itself.
///
/// # Errors
/// [`Error::Shape`] for parameters that do not fit, and as [`WeightSpectrum::of`].
#[inline(never)]
pub fn weight_spectra<T: Scalar>(layout: &Layout, parameters: &[T]) -> Result<Vec<(String, WeightSpectrum)>> {
    Error::same_shape("parameters of weight_spectra", &[parameters.len()], &[layout.len()])?;
    let mut out = Vec::new();
    for block in layout.blocks() {
        let [heads, rows, cols] = block.shape;
        if rows < 2 || cols < 2 {
            continue;
        }
        for (head, entries) in parameters[block.range()].chunks_exact(rows * cols).enumerate() {
            let name = if heads == 1 { block.name.clone() } else { format!("{}[{head}]", block.name) };
            out.push((name, WeightSpectrum::of(&Matrix::from_vec(rows, cols, entries.to_vec())?)?));
        }
    }
    Ok(out)
}

impl Diagnosis {
    /// Looks at a program with these parameters and samples.
    ///
    /// # Errors
    /// [`Error::Shape`] for parameters and outputs that do not fit, [`Error::NonFinite`], [`Error::InvalidArgument`] for
    /// settings outside their ranges and labels that are not one-hot; inputs that are missing; and what the program
    /// reports. What a program does not have is no error: [`Report::missing`] says it.
    #[inline(never)]
    pub fn run<T: Scalar>(
        &self,
        program: &Program<T>,
        parameters: &[T],
        samples: &Samples<'_, T>,
    ) -> Result<Report<T>> {
        Error::same_shape("parameters of Diagnosis", &[parameters.len()], &[program.parameters().len()])?;
        Error::check_finite("parameters of Diagnosis", parameters)?;
        let positive = self.learning_rate > 0.0 && self.learning_rate.is_finite();
        let reason = format_args!("{}; give a positive number", self.learning_rate);
        Error::require(positive, "learning_rate of Diagnosis", reason)?;
        let look = Look { program, parameters, samples, settings: &self.spectrum };
        let mut report = Report {
            weights: Vec::new(),
            activations: Vec::new(),
            gradients: None,
            hessian: None,
            gauss_newton: None,
            tangent_kernel: None,
            collapse: None,
            missing: Vec::new(),
            learning_rate: self.learning_rate,
        };
        for &section in &self.sections {
            let lacks = match section {
                Section::Weights => {
                    report.weights = weight_spectra(program.parameters(), parameters)?;
                    report.weights.is_empty().then_some("there is no matrix among the parameters")
                }
                Section::Activations => {
                    report.activations = look.activations()?;
                    report.activations.is_empty().then_some("no output has a row for each sample")
                }
                Section::Gradients => {
                    report.gradients = look.gradients()?;
                    report.gradients.is_none().then_some("it takes an output \"losses\" [rows, 1]")
                }
                Section::Hessian => {
                    report.hessian = look.hessian()?;
                    report.gauss_newton = look.gauss_newton()?;
                    report.hessian.is_none().then_some("it takes a result that is one number")
                }
                Section::TangentKernel => {
                    report.tangent_kernel = look.tangent_kernel()?;
                    report
                        .tangent_kernel
                        .is_none()
                        .then_some("it takes an output \"logits\", or a result [rows, width]")
                }
                Section::Collapse => {
                    report.collapse = look.collapse()?;
                    let lacks = "it takes \"features\", \"logits\", \"label\" and a last layer [features, classes]";
                    report.collapse.is_none().then_some(lacks)
                }
            };
            report.missing.extend(lacks.map(|lacks| (section, lacks.to_string())));
        }
        Ok(report)
    }
}

/// A program with what it is looked at with.
struct Look<'a, T> {
    program: &'a Program<T>,
    parameters: &'a [T],
    samples: &'a Samples<'a, T>,
    settings: &'a SpectrumSettings,
}

impl<T: Scalar> Look<'_, T> {
    /// The output of that name, if it has rows.
    fn batch(&self, name: &str) -> Option<(Output, usize)> {
        let output = self.program.output(name).ok()?;
        let (rows, width) = self.program.recording().output_shape(output).ok()?;
        rows.map(|_| (output, width))
    }

    fn activations(&self) -> Result<Vec<(String, Activations)>> {
        let names = self.program.recording().output_names().filter(|name| *name != LOSSES);
        let found = names.filter_map(|name| Some((name, self.batch(name)?.0)));
        let look = |(name, output): (&str, Output)| {
            Ok((name.to_string(), Activations::of(self.program, output, self.parameters, self.samples)?))
        };
        found.map(look).collect()
    }

    fn gradients(&self) -> Result<Option<Spectrum<T>>> {
        let Some((losses, 1)) = self.batch(LOSSES) else { return Ok(None) };
        let covariance = Curvature::gradient_covariance(self.program, losses, self.parameters, self.samples)?;
        Spectrum::of(&covariance, self.settings).map(Some)
    }

    fn hessian(&self) -> Result<Option<Spectrum<T>>> {
        let recording = self.program.recording();
        let result = recording.result();
        if recording.output_shape(result)? != (None, 1) || recording.fixed_rows(result)? != 1 {
            return Ok(None);
        }
        let program = self.program.select(&[result])?;
        let hessian = Curvature::hessian(&program, self.parameters, self.samples)?;
        Spectrum::of(&hessian, self.settings).map(Some)
    }

    fn gauss_newton(&self) -> Result<Option<Spectrum<T>>> {
        let Some((logits, _)) = self.batch(LOGITS) else { return Ok(None) };
        self.of_outputs(logits, OutputLoss::CrossEntropy).map(Some)
    }

    fn tangent_kernel(&self) -> Result<Option<Spectrum<T>>> {
        let recording = self.program.recording();
        let result = recording.output_shape(recording.result())?.0.map(|_| recording.result());
        let Some(output) = self.batch(LOGITS).map(|(logits, _)| logits).or(result) else { return Ok(None) };
        self.of_outputs(output, OutputLoss::Squares).map(Some)
    }

    fn of_outputs(&self, output: Output, loss: OutputLoss) -> Result<Spectrum<T>> {
        Spectrum::of(
            &Curvature::gauss_newton(self.program, output, loss, self.parameters, self.samples)?,
            self.settings,
        )
    }

    fn collapse(&self) -> Result<Option<NeuralCollapse>> {
        let (Some((features, d)), Some((logits, classes)), Some(one_hot)) =
            (self.batch(FEATURES), self.batch(LOGITS), self.samples.get(LABEL))
        else {
            return Ok(None);
        };
        let last = self.program.parameters().blocks().iter().rfind(|block| block.shape == [1, d, classes]);
        let Some(last) = last else { return Ok(None) };
        let weights = Matrix::from_vec(d, classes, self.parameters[last.range()].to_vec())?;
        let n = self.samples.rows();
        let program = self.program.select(&[features, logits])?;
        let mut workspace = program.workspace();
        let (mut all_features, mut all_logits) = (Vec::with_capacity(n * d), Vec::with_capacity(n * classes));
        for rows in self.samples.blocks() {
            self.samples.bind(rows, &mut workspace)?;
            let values = program.evaluate(self.parameters, &mut workspace)?;
            all_features.extend_from_slice(values.value(features)?);
            all_logits.extend_from_slice(values.value(logits)?);
        }
        let (features, logits) = (Matrix::from_vec(n, d, all_features)?, Matrix::from_vec(n, classes, all_logits)?);
        let labels = labels(one_hot, n, classes)?;
        NeuralCollapse::measure(&features, &labels, &weights.transpose(), &logits).map(Some)
    }
}

/// Where the 1 of each row is.
fn labels<T: Scalar>(one_hot: &[T], rows: usize, classes: usize) -> Result<Vec<usize>> {
    Error::same_shape("label of neural collapse", &[one_hot.len()], &[rows * classes])?;
    let place = |(i, row): (usize, &[T])| {
        let ones = row.iter().filter(|&&v| v == T::one()).count();
        let zeros = row.iter().filter(|&&v| v == T::zero()).count();
        let reason = format_args!("row {i} is not one-hot; give a 1 for its class and 0 for all others");
        Error::require((ones, zeros) == (1, classes - 1), "label of neural collapse", reason)?;
        Ok(row.iter().position(|&v| v == T::one()).unwrap_or(0))
    };
    one_hot.chunks_exact(classes).enumerate().map(place).collect()
}
