//! Input derivatives become plain formulas.

mod combination;
mod jet;
mod operator;

pub(crate) use jet::{Place, Recorded, lower};
