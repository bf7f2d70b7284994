//! Arbitrary expressions against nested dual numbers: values, input derivatives, gradients, Jacobians
//! and Hessian-vector products. A failure prints the recording that shows it, ready to be pasted.
#![no_main]

#[path = "../../tests/autodiff/comparison.rs"]
mod comparison;
#[path = "../../tests/autodiff/dual.rs"]
mod dual;
#[path = "../../tests/autodiff/expression/mod.rs"]
mod expression;

use expression::{Bytes, Expression};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let expression = Expression::read(&mut Bytes(bytes), 4);
    if let Err(failure) = comparison::compare(&expression) {
        panic!("{}", comparison::report(&expression, &failure));
    }
});
