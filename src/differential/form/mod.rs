//! Trial solutions that meet their conditions by construction (Lagaris, Likas and Fotiadis, 1998).

mod axis;
mod builder;
mod check;
mod condition;
mod lift;
mod sample;
mod trial;

pub use builder::FormBuilder;
pub use condition::{Data, Side, field};
pub use trial::Form;
