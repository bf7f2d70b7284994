//! Automatic differentiation over tensors: record once, compile, replay.
//!
//! [`record`] runs a closure once and keeps the formulas it writes with [`Var`]s. Input derivatives are part of the
//! formulas ([`Var::d`], [`Var::laplacian`]); numbers of rows are symbols bound at replay. [`Recording::compile`] makes
//! a [`Program`] for `f32` or `f64`, which computes outputs, gradients, Jacobian- and Hessian-vector products and
//! residual Jacobians in the memory of a [`Workspace`].
//!
//! The folders are the phases, each on those before it: `tensor` (the plain graph), `transform` (tangent and
//! transpose), `lower` (input derivatives become plain formulas), `record`, `plan`, `replay`.

mod check;
mod function;
mod lower;
mod plan;
mod products;
mod record;
mod replay;
mod tensor;
mod transform;

pub use check::{CheckOptions, Deviation, GradientReport, check_gradient};
pub use function::Function;
pub use products::Products;
pub use record::formula::{formula, multivariate};
pub use record::graph::{Graph, record};
pub use record::interpolant::Interpolant;
pub use record::output::Output;
pub use record::recording::{RESULT, Recording};
pub use record::var::Var;
pub use replay::buffers::Buffers;
pub use replay::pass::{Linearized, Pass, PassOnce, Pushed, Values};
pub use replay::program::Program;
pub use replay::workspace::Workspace;
pub use tensor::parameters::{Initializer, Layout, ParameterBlock};
pub use tensor::shape::Rows;
