//! The 2-D hydrogen atom: NestedLoRA's experiment, with neural Ritz, the exact spectrum and a
//! classical solver beside it.

mod options;
mod report;
pub mod settings;
mod solve;

use eigennet::eigenfunctions::{Form, GramEstimate, Nesting, OffDiagonalWeight};

use crate::cli::Preset;
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
pub use options::{Hydrogen, Method, NestingOption};
use settings::Grids;

impl Experiment for Hydrogen {
    const NAME: &'static str = "hydrogen";
    const TITLE: &'static str = "The hydrogen atom in two dimensions";
    const ABOUT: &'static str = "The lowest states of ∇² + 1/r in the plane, found by neural networks (NestedLoRA of \
                                 Ryu et al. and neural Ritz), next to the exact spectrum and a classical solver.";

    fn check(&self) -> Result<(), Failure> {
        if self.nesting.is_some() && self.method == Method::NeuralRitz {
            return Err(Failure::Usage(
                "--nesting is for NestedLoRA; leave it out, or add --method nested-lora".into(),
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
        let mut solved = Vec::new();
        let mut variants = Vec::new();
        let lora = settings::nested_lora(context.preset, self.states, nesting, &grids);
        if self.method != Method::NeuralRitz {
            solved.push(solve::nested_lora(context, "nested-lora", &lora, &grids, &panels)?);
            if self.method == Method::NestedLora && context.preset == Preset::Standard {
                variants = self.variants(context, nesting, &grids)?;
            }
        }
        let ritz = settings::neural_ritz(context.preset, self.states, &grids);
        if self.method != Method::NestedLora {
            solved.push(solve::neural_ritz(context, &ritz, &grids, &panels)?);
        }
        context.metrics_ready();
        report::outcome(self, context, &grids, &lora, &ritz, &solved, &variants)
    }
}

impl Hydrogen {
    /// The four gradients of NestedLoRA, and the paper's off-diagonal weight, side by side.
    fn variants(&self, context: &Context, nesting: Nesting, grids: &Grids) -> Result<Vec<report::Variant>, Failure> {
        let base = eigennet::eigenfunctions::NestedLora {
            steps: 4000,
            ..settings::nested_lora(context.preset, self.states, nesting, grids)
        };
        let mut out = Vec::new();
        for form in [Form::Strong, Form::Weak] {
            for gram in [GramEstimate::Shared, GramEstimate::Independent] {
                let solver = eigennet::eigenfunctions::NestedLora { form, gram, ..base.clone() };
                let checkpoint = format!("gradient-{}", out.len() + 1);
                out.push(report::Variant::of("grows to 2", &checkpoint, context, &solver, grids)?);
            }
        }
        let plain = eigennet::eigenfunctions::NestedLora { off_diagonal: OffDiagonalWeight::PLAIN, ..base };
        out.push(report::Variant::of("1, as published", "gradient-plain", context, &plain, grids)?);
        Ok(out)
    }
}
