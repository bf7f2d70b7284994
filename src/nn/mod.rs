//! Networks over the autodiff.

mod activation;
mod mlp;

pub use crate::autodiff::{Initializer, Layout, ParameterBlock};
pub use activation::Activation;
pub use mlp::Mlp;
