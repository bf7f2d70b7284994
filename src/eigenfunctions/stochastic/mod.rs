//! Eigensolvers that train trial functions on random batches.
//!
//! Their losses know a batch by two small matrices, Σ = ⟨f, f⟩ and Π = ⟨f, T f⟩, so the cotangent of the function values
//! is `f A + T f B` with two small matrices more. A [`Rule`] makes A and B of Σ and Π, and is all that a method is: batches,
//! both forms of T, pull-backs, running estimates, checkpoints and the check at the end are the same for all.

mod jacobian;
mod rule;
mod solver;
mod task;
mod training;

pub use rule::{Mixing, Moments, Rule};
pub use solver::{NeuralEigensolver, StochasticMethod};
pub use task::StochasticTask;
pub use training::{Form, StochasticTraining};

pub(super) use rule::{averaging_weight, follow};
pub(super) use training::{adam, trainer};
