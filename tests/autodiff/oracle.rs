//! Random expressions, and every operation by itself, against the oracle.

use quickcheck::{QuickCheck, TestResult};

use super::comparison::{compare, report};
use super::expression::{Bytes, Expression, FUNCTIONS};

#[test]
fn random_expressions_agree_with_dual_numbers() {
    fn property(bytes: Vec<u8>) -> TestResult {
        let expression = Expression::read(&mut Bytes(&bytes), 4);
        match compare(&expression) {
            Ok(()) => TestResult::passed(),
            Err(failure) => TestResult::error(report(&expression, &failure)),
        }
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

/// Every function and every pairing, on arguments that move with coordinates, data and parameters.
#[test]
fn every_operation_agrees_with_dual_numbers() {
    let layer = |bytes: &[u8]| Expression::read(&mut Bytes(bytes), 2);
    // [11, 2, 1, 1, 2]: a transposed layer of width 3 with bias over the point.
    let argument = [11u8, 2, 1, 1, 2];
    let mut failures = Vec::new();
    let mut try_one = |expression: Expression| {
        if let Err(failure) = compare(&expression) {
            failures.push(report(&expression, &failure));
        }
    };
    for function in 0..FUNCTIONS {
        for extra in [0u8, 3, 5, 7, 200] {
            let mut bytes = vec![0, function];
            if matches!(function, 17 | 18) {
                bytes.push(extra);
            } else if extra != 0 {
                continue;
            }
            bytes.extend(argument);
            try_one(layer(&bytes));
        }
    }
    for pairing in 0..8u8 {
        let mut bytes = vec![4, pairing];
        bytes.extend(argument);
        bytes.extend([11, 2, 0, 0, 3]);
        try_one(layer(&bytes));
    }
    for other in [
        &[8u8, 11, 0, 0, 0, 2, 11, 2, 0, 1, 2, 11, 2, 0, 1, 3][..],
        &[9, 11, 1, 0, 0, 2, 5, 1],
        &[10, 1, 1, 11, 2, 0, 1, 2],
        &[12, 2, 2, 0, 11, 1, 0, 1, 2],
        &[12, 2, 2, 1, 11, 1, 0, 1, 2],
        &[13, 2, 11, 1, 0, 1, 2],
    ] {
        try_one(layer(other));
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n\n"));
}
