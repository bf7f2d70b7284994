//! Recording: formulas of a closure, kept as a graph.

mod functions;
pub(crate) mod graph;
mod matrix;
pub(crate) mod output;
pub(crate) mod recording;
mod stored;
pub(crate) mod var;
