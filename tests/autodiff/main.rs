//! Tests of `eigennet::autodiff` from outside.

mod check;
mod comparison;
mod dual;
mod errors;
mod expression;
mod oracle;
mod replay;
