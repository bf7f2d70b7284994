//! Random expressions, and every operation by itself, against the oracle.

use quickcheck::{QuickCheck, TestResult};

use super::comparison::{compare, report};
use super::expression::{Bytes, Expression, FUNCTIONS};
use super::fourth_order;

type Comparison = fn(&Expression) -> Result<(), String>;

/// Compares what `bytes` say.
fn verdict(bytes: &[u8], budget: usize, compare: Comparison) -> TestResult {
    let expression = Expression::read(&mut Bytes(bytes), budget);
    match compare(&expression) {
        Ok(()) => TestResult::passed(),
        Err(failure) => TestResult::error(report(&expression, &failure)),
    }
}

#[test]
fn random_expressions_agree_with_dual_numbers() {
    fn property(bytes: Vec<u8>) -> TestResult {
        verdict(&bytes, 4, compare)
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

#[test]
fn fourth_order_agrees_with_dual_numbers() {
    fn property(bytes: Vec<u8>) -> TestResult {
        verdict(&bytes, 3, fourth_order::compare)
    }
    QuickCheck::new().tests(100).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

/// Every function and every pairing, on arguments that move with coordinates, data and parameters.
fn every_operation() -> Vec<Expression> {
    // [11, 2, 1, 1, 2]: a transposed layer of width 3 with bias over the point.
    let argument = [11u8, 2, 1, 1, 2];
    let mut all: Vec<Vec<u8>> = Vec::new();
    for function in 0..FUNCTIONS {
        for extra in [0u8, 3, 5, 7, 200] {
            match (function, extra) {
                (17 | 18, _) => all.push([&[0, function, extra][..], &argument].concat()),
                (_, 0) => all.push([&[0, function][..], &argument].concat()),
                _ => {}
            }
        }
    }
    for pairing in 0..8u8 {
        all.push([&[4, pairing][..], &argument, &[11, 2, 0, 0, 3]].concat());
    }
    for other in [
        &[8u8, 11, 0, 0, 0, 2, 11, 2, 0, 1, 2, 11, 2, 0, 1, 3][..],
        &[9, 11, 1, 0, 0, 2, 5, 1],
        &[10, 1, 1, 11, 2, 0, 1, 2],
        &[12, 2, 2, 0, 11, 1, 0, 1, 2],
        &[12, 2, 2, 1, 11, 1, 0, 1, 2],
        &[13, 2, 11, 1, 0, 1, 2],
    ] {
        all.push(other.to_vec());
    }
    all.iter().map(|bytes| Expression::read(&mut Bytes(bytes), 2)).collect()
}

fn all_agree(compare: Comparison) {
    let failure = |e: &Expression| compare(e).err().map(|failure| report(e, &failure));
    let failures: Vec<String> = every_operation().iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn every_operation_agrees_with_dual_numbers() {
    all_agree(compare);
}

#[test]
fn every_operation_agrees_to_fourth_order() {
    all_agree(fourth_order::compare);
}
