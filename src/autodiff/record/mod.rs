//! Recording: formulas of a closure, kept as a graph.

mod functions;
pub(crate) mod graph;
mod matrix;
pub(crate) mod output;
mod quadrature;
pub(crate) mod recording;
pub(crate) mod var;
