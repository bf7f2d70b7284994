//! Eigenfunctions of many operators by every method, up to 64 dimensions.

mod family;
mod measure;
mod problem;
mod report;
mod ritz;
mod solve;
mod stochastic;
mod well;

use clap::{Args, ValueEnum};

use crate::cli::{self, Preset};
use crate::experiment::{Context, Experiment, Outcome};
use crate::failure::Failure;
pub use family::Parameters;
pub use problem::Operator;

/// A way to eigenfunctions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Sums of products of networks of one coordinate each, exact integrals
    TensorNetwork,
    /// Functional tensor trains, by alternating eigenproblems (classical)
    TensorTrain,
    /// Networks of all coordinates, combined by Rayleigh and Ritz; up to three coordinates
    NeuralRitz,
    /// Low-rank approximation, nested (NeuralSVD); up to three coordinates, on random batches, as all that follow
    NestedLora,
    /// Orbital minimisation of the resolvent, nested
    NestedOmm,
    /// Spectral inference networks: masked gradients of the trace
    Spin,
    /// Rayleigh quotients with a penalty on what couples them
    NeuralEf,
}

impl Method {
    fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_string())
    }
}

/// The options of `operators`.
#[derive(Debug, Clone, Args)]
pub struct Operators {
    /// Method to run [default: all]
    #[arg(long, value_enum)]
    pub method: Option<Method>,

    /// Operator to solve [default: those that take seconds]
    #[arg(long, value_enum)]
    pub operator: Option<Operator>,

    /// Number of lowest states to find [default: as suits the operator]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = cli::whole::<usize>(1..=30))]
    pub states: Option<usize>,

    /// What makes an operator a family
    #[command(flatten)]
    pub parameters: Parameters,
}

impl Experiment for Operators {
    const NAME: &'static str = "operators";
    const TITLE: &'static str = "Operators of one to 64 dimensions";
    const ABOUT: &'static str = "The lowest states of Hamiltonians by sums of products of networks, by networks of all \
                                 coordinates and, classical beside them, by tensor trains: potentials of one to three \
                                 coordinates whose levels are known, and problems where no grid can go.";

    fn check(&self) -> Result<(), Failure> {
        if let (Some(method), Some(operator)) = (self.method, self.operator)
            && !operator.suits(method)
        {
            let methods = Method::value_variants().iter().filter(|&&method| operator.suits(method));
            let methods = methods.map(|method| method.name()).collect::<Vec<_>>().join(", ");
            let text = format!("--method {}: not for {}; take {methods}", method.name(), operator.name());
            return Err(Failure::Usage(text));
        }
        if self.states.is_some() && self.operator.is_none() {
            return Err(Failure::Usage("--states is for one operator; add --operator".to_string()));
        }
        self.parameters.check(self.operator)
    }

    fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let operators = match self.operator {
            Some(operator) => vec![operator],
            None if context.preset == Preset::Quick => {
                use Operator::{Box5d, Henon5d, Hydrogen2d, Morse1d, Oscillator2d, PoschlTeller1d, Quartic2d};
                vec![Morse1d, PoschlTeller1d, Oscillator2d, Quartic2d, Box5d, Henon5d, Hydrogen2d]
            }
            None => {
                let all = Operator::value_variants().iter().copied();
                all.filter(|operator| !matches!(operator, Operator::Henon20d | Operator::Coupled64d)).collect()
            }
        };
        let methods = self.method.map_or(Method::value_variants().to_vec(), |method| vec![method]);
        let mut solved = Vec::new();
        for operator in operators {
            let problem = self.parameters.of(operator).problem(self.states, context.preset)?;
            let suited: Vec<Method> = methods.iter().copied().filter(|&method| operator.suits(method)).collect();
            if suited.is_empty() {
                continue;
            }
            let reference = solve::reference(context, &problem)?;
            let mut found = Vec::new();
            for method in suited {
                context.check_interrupt()?;
                found.push(solve::run(context, &problem, method)?);
            }
            solved.push(measure::measured(problem, reference, found)?);
        }
        context.metrics_ready();
        report::outcome(self, context, &solved)
    }
}
