//! Tests of `eigennet::autodiff` from outside.

mod dual;
mod errors;
mod expression;
mod oracle;
