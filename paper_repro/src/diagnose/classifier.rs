//! A small classifier, and its training beyond zero error.

use std::ops::ControlFlow;

use eigennet::Scalar;
use eigennet::autodiff::{Program, Rows, record};
use eigennet::diagnostics::{Diagnosis, Figures, Samples, Section, SpectrumRecorder, SpectrumSettings};
use eigennet::nn::{Initializer, Linear};
use eigennet::optim::{Adam, Lbfgs, Observer, Schedule, StepReport, Trainer, objective};

use crate::experiment::Context;
use crate::failure::Failure;
use crate::preset::Preset;

/// Weight decay of the classifier, and of the features as if they were free: with both the minimum is finite, and where the
/// layers below can make any features, it is collapsed (Zhu et al., 2021). Those have a decay of their own, a trace of it.
const DECAY: f64 = 5e-3;
const DECAY_BELOW: f64 = 1e-7;

/// How long a network is trained.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Steps of Adam, then iterations of L-BFGS.
    pub steps: [usize; 2],
    /// Looks on the way.
    pub looks: usize,
}

impl Training {
    /// As the preset has it.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Quick => Training { steps: [600, 400], looks: 10 },
            Preset::Standard => Training { steps: [2000, 3000], looks: 25 },
            Preset::Paper => Training { steps: [4000, 20_000], looks: 50 },
        }
    }
}

/// Widths of the hidden layers, the features last.
pub fn widths(preset: Preset) -> Vec<usize> {
    if preset == Preset::Quick { vec![16, 16, 8] } else { vec![27, 27, 27, 27, 27, 8] }
}

/// A network of tanh layers with these widths, whose last are the features. Its result is the mean cross-entropy.
///
/// # Errors
/// None for widths that are not 0.
pub fn program<T: Scalar>(input: usize, hidden: &[usize], classes: usize) -> Result<Program<T>, Failure> {
    let recording = record(|g| {
        let batch = Rows::named("batch");
        let (mut h, label) = (g.input("x", batch, input), g.input("label", batch, classes));
        let mut width = input;
        for (layer, &next) in hidden.iter().enumerate() {
            let linear = Linear::new(format!("hidden.{layer}"), [width, next]);
            h = linear.weights(Initializer::GlorotUniform { gain: 5.0 / 3.0 }).call(h);
            // Features that are not bounded can take the place that the classifier wants.
            h = if layer + 1 < hidden.len() { h.tanh() } else { h };
            g.output(&if layer + 1 < hidden.len() { format!("hidden.{layer}") } else { "features".to_string() }, h);
            width = next;
        }
        let logits = Linear::new("classifier", [width, classes]).call(h);
        let losses = -(label * logits.log_softmax()).row_sum();
        g.output("objective", losses.mean() + 0.5 * DECAY * h.square().row_sum().mean());
        g.output("logits", logits);
        g.output("losses", losses);
        losses.mean()
    });
    Ok(recording?.compile())
}

/// What came of a training.
#[derive(Debug)]
pub struct Trained {
    /// The parameters.
    pub parameters: Vec<f64>,
    /// Steps, and figures there.
    pub history: Vec<(u64, Figures)>,
    /// Steps of Adam and iterations of L-BFGS that were made.
    pub steps: u64,
}

/// Trains by Adam, then by L-BFGS to the bottom, and looks at the Hessian's ends and the collapse on the way.
///
/// # Errors
/// Ctrl-C, and what the library says.
pub fn train(
    context: &Context,
    program: &Program<f64>,
    samples: &Samples<'_, f64>,
    start: &[f64],
    training: Training,
) -> Result<Trained, Failure> {
    let [first, second] = training.steps;
    let loss = program.select(&[program.output("objective")?])?;
    let mut decay = vec![DECAY_BELOW; start.len()];
    for block in ["classifier.weight", "classifier.bias"] {
        decay[loss.parameters().block(block)?.range()].fill(DECAY);
    }
    let mut ws = loss.workspace();
    for name in ["x", "label"] {
        ws.set(name, samples.get(name).unwrap_or(&[]))?;
    }
    let mut with_decay = |p: &[f64], gradient: &mut [f64]| {
        let value = loss.gradient(p, &mut ws, gradient)?;
        gradient.iter_mut().zip(p).zip(&decay).for_each(|((g, p), decay)| *g += decay * p);
        Ok(value + 0.5 * p.iter().zip(&decay).map(|(p, decay)| decay * p * p).sum::<f64>())
    };
    let spectrum = SpectrumSettings { largest: 1, probes: 0, tolerance: 1e-4, ..SpectrumSettings::default() };
    let look = Diagnosis { sections: vec![Section::Hessian, Section::Collapse], spectrum, ..Diagnosis::default() };
    let mut recorder = SpectrumRecorder::new(program, samples, look, (first / training.looks).max(1) as u64)?;
    recorder.look(0, start)?;

    let mut phase = context.progress.phase("training", (first + second) as u64);
    let mut parameters = start.to_vec();
    let trainer =
        Trainer { steps: first as u64, schedule: Schedule::cosine(0.01, first as u64)?, ..Trainer::default() };
    let mut observer = |report: &StepReport<'_, f64>| {
        phase.update(report.step, report.loss);
        let wish = recorder.on_step(report);
        if context.interrupted() { ControlFlow::Break(()) } else { wish }
    };
    let mut task = |_: u64, p: &[f64], gradient: &mut [f64]| with_decay(p, gradient);
    let _ = trainer.run(&mut task, &mut Adam::default(), &mut parameters, &mut observer)?;
    context.check_interrupt()?;
    let mut made = first as u64;
    let rounds = training.looks.min(second.max(1));
    for _ in 0..rounds {
        let lbfgs = Lbfgs { max_iterations: second / rounds, ..Lbfgs::default() };
        let mut objective = objective::from_fn(parameters.len(), &mut with_decay);
        let outcome = lbfgs.minimize(&mut objective, &mut parameters)?;
        made += outcome.iterations as u64;
        phase.update(made, outcome.value);
        recorder.look(made, &parameters)?;
        context.check_interrupt()?;
        if outcome.reason.is_converged() {
            break;
        }
    }
    phase.finish();
    Ok(Trained { parameters, history: recorder.finish()?, steps: made })
}
