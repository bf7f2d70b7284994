//! Spectra over the course of a training.

use std::ops::ControlFlow;

use super::diagnosis::Diagnosis;
use super::report::{Figures, Report};
use super::samples::Samples;
use crate::autodiff::Program;
use crate::optim::{Observer, StepReport};
use crate::{Error, Result, Scalar};

/// An observer that looks at a network every so many steps. What a look costs is said by the sections and the settings of
/// its [`Diagnosis`]; a product with the Hessian costs about three gradients of all samples.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::diagnostics::{Diagnosis, Samples, Section, SpectrumRecorder, SpectrumSettings};
/// use eigennet::nn::Mlp;
/// use eigennet::optim::{Adam, Trainer};
/// let program = record(|g| {
///     let (x, y) = (g.input("x", Rows::named("batch"), 1), g.input("y", Rows::named("batch"), 1));
///     (Mlp::new("net", [1, 6, 1]).call(x) - y).square().mean()
/// })?
/// .compile::<f64>();
/// let (x, y) = ([-1.0, 0.0, 1.0], [1.0, 0.0, 1.0]);
/// let samples = Samples::new(3)?.input("x", &x)?.input("y", &y)?;
/// // The two ends of the Hessian alone.
/// let spectrum = SpectrumSettings { largest: 1, probes: 0, ..SpectrumSettings::default() };
/// let look = Diagnosis { sections: vec![Section::Hessian], spectrum, ..Diagnosis::default() };
/// let mut recorder = SpectrumRecorder::new(&program, &samples, look, 20)?;
/// let mut ws = program.workspace();
/// ws.set("x", &x)?.set("y", &y)?;
/// let mut task = |_: u64, p: &[f64], gradient: &mut [f64]| program.gradient(p, &mut ws, gradient);
/// let mut parameters = program.initial(Seed(0));
/// let _ = Trainer { steps: 60, ..Trainer::default() }
///     .run(&mut task, &mut Adam::default(), &mut parameters, &mut recorder)?;
/// let sharpness = recorder.series("hessian.largest.1");
/// assert_eq!(sharpness.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [20, 40, 60]);
/// recorder.finish()?;
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct SpectrumRecorder<'a, T> {
    program: &'a Program<T>,
    samples: &'a Samples<'a, T>,
    diagnosis: Diagnosis,
    every: u64,
    history: Vec<(u64, Figures)>,
    failed: Option<Error>,
}

impl<'a, T: Scalar> SpectrumRecorder<'a, T> {
    /// Looks at `program` every `every` steps.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for 0 steps.
    pub fn new(program: &'a Program<T>, samples: &'a Samples<'a, T>, diagnosis: Diagnosis, every: u64) -> Result<Self> {
        Error::require(every > 0, "every of SpectrumRecorder", "0 steps between two looks; give 1 or more")?;
        Ok(SpectrumRecorder { program, samples, diagnosis, every, history: Vec::new(), failed: None })
    }

    /// Looks now, at what is called this step: the start of a training, which observers do not see, is step 0.
    ///
    /// # Errors
    /// As [`Diagnosis::run`].
    pub fn look(&mut self, step: u64, parameters: &[T]) -> Result<Report<T>> {
        let report = self.diagnosis.run(self.program, parameters, self.samples)?;
        self.history.push((step, report.figures()));
        Ok(report)
    }

    /// Steps and the [figures](Report::figures) there.
    pub fn history(&self) -> &[(u64, Figures)] {
        &self.history
    }

    /// A figure over the steps.
    pub fn series(&self, name: &str) -> Vec<(u64, f64)> {
        let at = |(step, figures): &(u64, Figures)| {
            figures.iter().find(|(own, _)| own == name).map(|&(_, value)| (*step, value))
        };
        self.history.iter().filter_map(at).collect()
    }

    /// Why a look ended the training, if one did.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn finish(self) -> Result<Vec<(u64, Figures)>> {
        self.failed.map_or(Ok(self.history), Err)
    }
}

impl<T: Scalar> Observer<T> for SpectrumRecorder<'_, T> {
    fn on_step(&mut self, report: &StepReport<'_, T>) -> ControlFlow<()> {
        if !report.step.is_multiple_of(self.every) {
            return ControlFlow::Continue(());
        }
        match self.look(report.step, report.parameters) {
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}
