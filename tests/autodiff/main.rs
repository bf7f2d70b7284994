//! Tests of `eigennet::autodiff` from outside.

mod buffers;
mod check;
mod comparison;
mod deep;
mod dual;
mod errors;
mod exponentials;
mod expression;
mod first_layers;
mod fourth_order;
mod function;
mod functions;
mod jacobian;
mod one_hidden_layer;
mod operators;
mod oracle;
mod order;
mod passes;
mod products;
mod replay;
mod replay_errors;
mod silence;
mod solve_rows;
mod threads;
