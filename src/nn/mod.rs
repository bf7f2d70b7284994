//! Networks over the autodiff.

mod activation;
mod linear;
mod mlp;
mod name;

pub use crate::autodiff::{Initializer, Layout, ParameterBlock};
pub use activation::Activation;
pub use linear::Linear;
pub use mlp::Mlp;
pub use name::Name;
