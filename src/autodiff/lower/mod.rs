//! Input derivatives become plain formulas.

mod combination;
mod jet;

pub(crate) use jet::lower;
