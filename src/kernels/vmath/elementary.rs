//! The constants of all functions.

use super::{erf, exp, log, logistic, tanh, trig};

/// The constants of every function of this folder.
pub trait Elementary:
    exp::Exponential + log::Logarithm + logistic::Logistic + tanh::HyperbolicTangent + trig::Circular + erf::ErrorFunction
{
}

impl Elementary for f32 {}
impl Elementary for f64 {}
