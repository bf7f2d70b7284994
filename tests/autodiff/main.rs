//! Tests of `eigennet::autodiff` from outside.

mod check;
mod comparison;
mod dual;
mod errors;
mod expression;
mod fourth_order;
mod functions;
mod one_hidden_layer;
mod operators;
mod oracle;
mod order;
mod replay;
mod replay_errors;
mod solve_rows;
