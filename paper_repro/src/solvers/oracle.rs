//! Eigenvalues to the last bit, by a route no solver takes: the exact characteristic polynomial of a matrix of whole
//! numbers, and bisection of its roots in doubled precision.

use crate::failure::Failure;

/// The eigenvalues of a matrix of whole numbers `[n, n]` over a common denominator, ascending, right to the last bit or
/// next to it, if they are real and distinct.
///
/// # Errors
/// Numbers so large that the polynomial leaves 128 bits, or eigenvalues that are not real and distinct.
pub fn eigenvalues(numerators: &[i64], denominator: i64) -> Result<Vec<f64>, Failure> {
    let n = numerators.len().isqrt();
    let matrix: Vec<i128> = numerators.iter().copied().map(i128::from).collect();
    let failed = |what: &str| Failure::Other(format!("the oracle: {what}"));
    let polynomial = characteristic_polynomial(&matrix, n).ok_or_else(|| failed("a coefficient leaves 128 bits"))?;
    // Every eigenvalue lies within the largest row sum.
    let bound = matrix.chunks(n.max(1)).map(|row| row.iter().map(|v| v.abs()).sum::<i128>()).max().unwrap_or(0) + 1;
    let at = |x: f64| evaluate(&polynomial, x);
    // A grid so fine that whole numbers fall on it only by chance, and roots do not share a cell.
    let cells = 1 << 16;
    let node = |i: i32| bound as f64 * (2.0 * (f64::from(i) + 0.345) / f64::from(cells) - 1.0);
    let mut roots = Vec::with_capacity(n);
    for i in -1..cells {
        let (mut low, mut high) = (node(i), node(i + 1));
        let sign = at(low);
        if sign * at(high) >= 0.0 {
            continue;
        }
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if at(middle) * sign > 0.0 { low = middle } else { high = middle }
        }
        roots.push(0.5 * (low + high) / denominator as f64);
    }
    if roots.len() == n { Ok(roots) } else { Err(failed("the eigenvalues are not real and distinct")) }
}

/// Coefficients of `det(x I − A)`, that of `xⁿ` first, by the recursion of Faddeev and Le Verrier: `M ← A (M + c I)`,
/// `c = −tr M / k`. Every division is exact.
fn characteristic_polynomial(a: &[i128], n: usize) -> Option<Vec<i128>> {
    let mut coefficients = vec![1i128];
    let mut m = vec![0i128; n * n];
    for k in 1..=n {
        let last = *coefficients.last()?;
        for i in 0..n {
            m[i * n + i] = m[i * n + i].checked_add(last)?;
        }
        let mut product = vec![0i128; n * n];
        for i in 0..n {
            for j in 0..n {
                for l in 0..n {
                    let term = a[i * n + l].checked_mul(m[l * n + j])?;
                    product[i * n + j] = product[i * n + j].checked_add(term)?;
                }
            }
        }
        m = product;
        let trace = (0..n).try_fold(0i128, |sum, i| sum.checked_add(m[i * n + i]))?;
        coefficients.push(-(trace / k as i128));
    }
    Some(coefficients)
}

/// The value of a polynomial by Horner's rule in doubled precision (Dekker, 1971), rounded.
fn evaluate(coefficients: &[i128], x: f64) -> f64 {
    let (mut high, mut low) = (0.0f64, 0.0f64);
    for &c in coefficients {
        // (high + low) · x, with the product's rounding error by a fused multiply-add.
        let product = high * x;
        let product_error = high.mul_add(x, -product) + low * x;
        // A coefficient in two parts: 106 bits.
        let upper = c as f64;
        let lower = (c - upper as i128) as f64;
        let sum = product + upper;
        let part = sum - product;
        let sum_error = (product - (sum - part)) + (upper - part);
        let rest = sum_error + product_error + lower;
        high = sum + rest;
        low = rest - (high - sum);
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_exact() {
        assert_eq!(characteristic_polynomial(&[6, 2, 3, 7], 2), Some(vec![1, -13, 36]));
        assert_eq!(characteristic_polynomial(&[0, 0, 6, 1, 0, -11, 0, 1, 6], 3), Some(vec![1, -6, 11, -6]));
        assert_eq!(characteristic_polynomial(&[i128::MAX / 2; 9], 3), None);
    }

    #[test]
    fn roots_are_right_to_the_last_bit() {
        assert_eq!(eigenvalues(&[6, 2, 3, 7], 1).expect("real"), [4.0, 9.0]);
        assert_eq!(eigenvalues(&[3, 1, 0, 2], 1).expect("real"), [2.0, 3.0]);
        let values = eigenvalues(&[4, 2, 2, 5], 2).expect("real");
        for (value, exact) in values.iter().zip([(9.0 - 17f64.sqrt()) / 4.0, (9.0 + 17f64.sqrt()) / 4.0]) {
            assert!((value - exact).abs() <= f64::EPSILON * exact, "{values:?}");
        }
        assert!(eigenvalues(&[0, -1, 1, 0], 1).is_err(), "±i");
        assert!(eigenvalues(&[2, 0, 0, 2], 1).is_err(), "2 twice");
        assert_eq!(eigenvalues(&[], 1).expect("none"), [0.0; 0]);
    }
}
