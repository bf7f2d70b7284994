//! Eigenproblems of operators.

pub mod alignment;
pub mod comparison;
pub mod functions;
pub mod metrics;
pub mod radial;
pub mod sampler;

mod chain_operator;
mod check;
mod coordinate;
mod domain;
mod family;
mod function_box;
mod line_basis;
mod nested_lora;
mod nested_omm;
mod nesting;
mod neural_ef;
mod neural_ritz;
mod neural_svd;
mod operator;
mod outlook;
mod rayleigh_ritz;
mod sampled_operator;
mod separable;
mod separable_wells;
mod solution;
mod spin;
mod stochastic;
mod sweep;
mod tensor_network;
mod tensor_train;
mod trial;
mod wells;

pub use check::{Beyond, Checked, CutLevel, Doubt, DoubtReason, RimShift, Solution};
pub use coordinate::Coordinate;
pub use domain::Domain;
pub use line_basis::LineBasis;
pub use nested_lora::{GramEstimate, NestedLora, OffDiagonalWeight};
pub use nested_omm::NestedOmm;
pub use nesting::Nesting;
pub use neural_ef::NeuralEf;
pub use neural_ritz::{NeuralRitz, RitzObjective};
pub use neural_svd::{NeuralSvd, SingularFunctions, SingularSolution, SvdObjective, SvdTask};
pub use operator::{Potential, Schrodinger, SelfAdjoint, WeakTerm, distance, radius, squared_radius};
pub use rayleigh_ritz::RitzLoss;
pub use sampled_operator::SampledOperator;
pub use separable::{Factor, SeparableSum};
pub use solution::{Eigenfunctions, FunctionValues};
pub use spin::Spin;
pub use stochastic::{
    Form, Mixing, Moments, NeuralEigensolver, Rule, StochasticMethod, StochasticTask, StochasticTraining,
};
pub use tensor_network::{ProductFunctions, ProductObjective, TensorNetwork};
pub use tensor_train::{TensorTrain, TensorTrains, TrainSweep};
pub use trial::{Envelope, Sharing, Trial, TrialFunctions};
pub use wells::Missed;
