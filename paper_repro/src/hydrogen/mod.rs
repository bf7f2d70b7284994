//! The 2-D hydrogen atom: NestedLoRA's experiment, with its rivals, neural Ritz, the exact spectrum and a
//! classical solver beside it.

mod methods;
mod options;
mod report;
pub mod settings;
mod solve;

use eigennet::eigenfunctions::{Form, GramEstimate, NestedLora, Nesting, OffDiagonalWeight, StochasticTraining};

use crate::cli::Preset;
use crate::experiment::{Context, Experiment, Note, Outcome};
use crate::failure::Failure;
use methods::Kind;
pub use options::{Hydrogen, Method, NestingOption};
use settings::Grids;

impl Experiment for Hydrogen {
    const NAME: &'static str = "hydrogen";
    const TITLE: &'static str = "The hydrogen atom in two dimensions";
    const ABOUT: &'static str = "The lowest states of ∇² + 1/r in the plane, found by neural networks (NestedLoRA of \
                                 Ryu et al. and neural Ritz), next to the exact spectrum and a classical solver.";

    fn check(&self) -> Result<(), Failure> {
        let nested = matches!(self.method, Method::NestedLora | Method::NestedOmm | Method::All);
        if self.nesting.is_some() && !nested {
            return Err(Failure::Usage(
                "--nesting is for NestedLoRA and NestedOMM; leave it out, or add --method nested-lora".into(),
            ));
        }
        Ok(())
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let grids = Grids::for_states(self.states);
        let nesting = match self.nesting {
            Some(NestingOption::Joint) => Nesting::Joint,
            Some(NestingOption::Sequential) | None => Nesting::Sequential,
        };
        let panels = report::panel_points(self.states);
        let kinds = match self.method {
            Method::NeuralRitz => Vec::new(),
            Method::NestedLora | Method::All => vec![Kind::NestedLora(nesting)],
            Method::Spin => vec![Kind::Spin],
            Method::NeuralEf => vec![Kind::NeuralEf],
            Method::NestedOmm => vec![Kind::NestedOmm(nesting)],
            Method::Comparison => vec![
                Kind::Spin,
                Kind::NeuralEf,
                Kind::NestedLora(Nesting::Joint),
                Kind::NestedLora(Nesting::Sequential),
                Kind::NestedOmm(Nesting::Sequential),
            ],
        };
        let (mut solved, mut lost) = (Vec::new(), Vec::new());
        for kind in kinds {
            let method = match self.method {
                Method::Comparison => kind.compared(context.preset, self.states, &grids),
                _ => kind.alone(context.preset, self.states, &grids),
            };
            match solve::stochastic(context, &method, &grids, &panels) {
                // A rival that runs away costs its own row alone.
                Err(Failure::Library(error)) if self.method == Method::Comparison => {
                    lost.push(format!("{}: {error}", method.name));
                }
                row => solved.push(row?),
            }
        }
        let mut variants = Vec::new();
        if self.method == Method::NestedLora && context.preset == Preset::Standard {
            variants = self.variants(context, nesting, &grids)?;
        }
        if matches!(self.method, Method::NeuralRitz | Method::All | Method::Comparison) {
            let ritz = settings::neural_ritz(context.preset, self.states, &grids);
            solved.push(solve::neural_ritz(context, &ritz, &grids, &panels)?);
        }
        context.metrics_ready();
        let outcome = report::outcome(self, context, &grids, &solved, &variants)?;
        Ok(lost.into_iter().fold(outcome, |outcome, why| outcome.note(Note::warning(why))))
    }
}

impl Hydrogen {
    /// The four gradients of NestedLoRA, and the paper's off-diagonal weight, side by side.
    fn variants(&self, context: &Context, nesting: Nesting, grids: &Grids) -> Result<Vec<report::Variant>, Failure> {
        let mut base = settings::nested_lora(context.preset, self.states, nesting, grids);
        base.training.steps = 2000;
        let mut out = Vec::new();
        for form in [Form::Strong, Form::Weak] {
            for gram in [GramEstimate::Shared, GramEstimate::Independent] {
                let training = StochasticTraining { form, ..base.training.clone() };
                let solver = NestedLora { training, gram, ..base.clone() };
                let checkpoint = format!("gradient-{}", out.len() + 1);
                out.push(report::Variant::of("grows to 2", &checkpoint, context, &solver, grids)?);
            }
        }
        let plain = NestedLora { off_diagonal: OffDiagonalWeight::PLAIN, ..base };
        out.push(report::Variant::of("1, as published", "gradient-plain", context, &plain, grids)?);
        Ok(out)
    }
}
