//! What the functions need of a type, all of them.

use super::{erf, log, logistic, powers, trig};

/// What every function of this folder needs.
pub trait Elementary:
    powers::Powers + log::Logarithm + logistic::Logistic + trig::Circular + erf::ErrorFunction
{
}

impl Elementary for f32 {}
impl Elementary for f64 {}
