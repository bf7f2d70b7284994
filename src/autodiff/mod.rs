//! Automatic differentiation over tensors: record once, compile, replay.
//!
//! [`record`] runs a closure once and keeps the formulas it writes with [`Var`]s. Input derivatives
//! up to second order are part of the formulas ([`Var::d`], [`Var::laplacian`]); numbers of rows are
//! symbols bound at replay. [`Recording::compile`] makes a [`Program`] for `f32` or `f64`, which
//! computes outputs, gradients, Jacobian- and Hessian-vector products and residual Jacobians in the
//! memory of a [`Workspace`].

mod aligned;
mod check;
mod chunk;
mod combination;
mod execute;
mod factor;
mod functions;
mod fuse;
mod graph;
mod jet;
mod matrix;
mod operation;
mod ops;
mod parameters;
mod plan;
mod program;
mod recording;
mod shape;
mod structural;
mod tensors;
mod transform;
mod var;
mod workspace;

pub use check::{CheckOptions, Deviation, GradientReport, check_gradient};
pub use graph::{Graph, record};
pub use parameters::{Initializer, Layout, ParameterBlock};
pub use program::Program;
pub use recording::{RESULT, Recording};
pub use shape::Rows;
pub use var::Var;
pub use workspace::Workspace;
