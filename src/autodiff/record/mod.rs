//! Recording: formulas of a closure, kept as a graph.

mod coding;
pub(crate) mod formula;
mod functions;
pub(crate) mod graph;
pub(crate) mod interpolant;
mod matrix;
pub(crate) mod output;
mod quadrature;
pub(crate) mod recording;
mod stored;
mod triangular;
pub(crate) mod var;
