//! Tests of `eigennet::autodiff` from outside.

mod check;
mod dual;
mod errors;
mod expression;
mod oracle;
mod replay;
