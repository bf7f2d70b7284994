//! Eigenproblems of operators.

pub mod alignment;
pub mod comparison;
pub mod functions;
pub mod metrics;
pub mod radial;
pub mod sampler;

mod check;
mod line_basis;
mod nested_lora;
mod neural_ritz;
mod operator;
mod separable;
mod solution;
mod tensor_train;
mod trial;

pub use check::{Checked, Doubt, Solution};
pub use line_basis::LineBasis;
pub use nested_lora::{Form, GramEstimate, NestedLora, NestedLoraTask, Nesting, OffDiagonalWeight};
pub use neural_ritz::{NeuralRitz, RitzLoss, RitzObjective};
pub use operator::{Potential, Schrodinger, SelfAdjoint, WeakTerm, radius, squared_radius};
pub use separable::{Factor, SeparableSum};
pub use solution::{Eigenfunctions, FunctionValues};
pub use tensor_train::{TensorTrain, TensorTrains, TrainSweep};
pub use trial::{Envelope, Sharing, Trial, TrialFunctions};
