//! Input derivatives become plain formulas.

mod combination;
mod jet;
mod lowering;
mod operator;

pub(crate) use jet::{Place, Recorded};
pub(crate) use lowering::lower;
