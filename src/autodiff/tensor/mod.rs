//! The plain tensor graph at the ground: values, their shapes, operations and parameters.

pub(crate) mod operation;
pub(crate) mod parameters;
mod reassociate;
pub(crate) mod shape;
mod simplify;
pub(crate) mod tensors;
pub(crate) mod well_formed;
