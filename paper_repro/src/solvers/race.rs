//! A method on a matrix: its errors, its convergence, its time.

use std::time::Instant;

use eigennet::linalg::Complex;
use eigennet::{Error, Seed};

use super::methods::{Found, Method};
use super::problems::Problem;
use crate::failure::Failure;

/// How one method did on one matrix.
#[derive(Debug)]
pub struct Result {
    /// Name of the method.
    pub method: &'static str,
    /// What it found, unless the matrix is none of its.
    pub found: Option<Found>,
    /// Its eigenvalues beside the exact ones, each with its error, in ascending order of the exact ones; `None` where no
    /// eigenvalue found belongs.
    pub errors: Vec<Option<f64>>,
    /// Iteration, and the largest error of the eigenvalues as they then stood.
    pub curve: Vec<(f64, f64)>,
    /// Iterations until the first pair stood, of a method that finds one after another.
    pub first_pair: Option<usize>,
    /// Seconds of one solution, the best of several.
    pub seconds: f64,
    /// Why there is nothing, in the library's words.
    pub refusal: Option<String>,
}

impl Result {
    /// The largest error, if anything was found.
    pub fn largest_error(&self) -> Option<f64> {
        self.errors.iter().flatten().copied().reduce(f64::max)
    }
}

/// Solutions are repeated for so long, so that a time of microseconds means something.
const REPEAT: f64 = 4e-3;

/// Runs the method.
///
/// # Errors
/// Whatever is neither a matrix outside the method's domain nor an iteration that did not converge.
pub fn run(method: &Method, problem: &Problem, seed: Seed) -> std::result::Result<Result, Failure> {
    let (mut curve, mut first_pair) = (Vec::new(), None);
    let mut watch = |iteration: usize, values: &[f64]| {
        if values.len() == 2 && first_pair.is_none() && problem.exact.len() > 2 && iteration > 1 {
            first_pair = Some(iteration - 1);
        }
        let error = unordered_errors(values, &problem.exact).into_iter().fold(0.0, f64::max);
        // A logarithmic axis has no zero: a few last bits of the largest eigenvalue stand for it.
        curve.push((iteration as f64, error.max(1e-15)));
    };
    let (found, refusal) = match (method.solve)(&problem.matrix, seed, &mut watch) {
        Ok(found) => (Some(found), None),
        Err(error @ (Error::InvalidArgument { .. } | Error::Unconverged(_) | Error::NoConvergence { .. })) => {
            (None, Some(error.to_string()))
        }
        Err(error) => return Err(error.into()),
    };
    let mut seconds = f64::INFINITY;
    let begun = Instant::now();
    while found.is_some() && (seconds.is_infinite() || begun.elapsed().as_secs_f64() < REPEAT) {
        let once = Instant::now();
        // It succeeded before, and the same seed gives the same bits.
        (method.solve)(&problem.matrix, seed, &mut |_, _| ())?;
        seconds = seconds.min(once.elapsed().as_secs_f64());
    }
    let errors = found.as_ref().map_or(Vec::new(), |found| errors(&found.values, &problem.exact));
    Ok(Result { method: method.name, found, errors, curve, first_pair, seconds, refusal })
}

/// The error of the value found for each exact eigenvalue (ascending). Where values are fewer, they claim to be the
/// largest.
fn errors(values: &[Complex<f64>], exact: &[f64]) -> Vec<Option<f64>> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.re.total_cmp(&a.re));
    let mut out = vec![None; exact.len()];
    for (value, (slot, exact)) in sorted.iter().zip(out.iter_mut().zip(exact).rev()) {
        *slot = Some((*value - Complex::from_real(*exact)).abs());
    }
    out
}

/// The errors of values on their way: each belongs to the nearest eigenvalue still free.
fn unordered_errors(values: &[f64], exact: &[f64]) -> Vec<f64> {
    let mut free = exact.to_vec();
    let error = |value: &f64| {
        let distance = |i: &usize| (value - free[*i]).abs();
        let nearest = (0..free.len()).min_by(|i, j| distance(i).total_cmp(&distance(j)))?;
        Some((value - free.remove(nearest)).abs())
    };
    values.iter().filter_map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_belongs_to_one_eigenvalue() {
        let real = |values: &[f64]| values.iter().copied().map(Complex::from_real).collect::<Vec<_>>();
        assert_eq!(errors(&real(&[3.0, 1.5]), &[1.0, 2.0]), [Some(0.5), Some(1.0)]);
        assert_eq!(errors(&real(&[2.0]), &[1.0, 2.5]), [None, Some(0.5)]);
        assert_eq!(errors(&[Complex::new(1.0, 2.0)], &[1.0]), [Some(2.0)]);
        assert_eq!(errors(&[], &[1.0]), [None]);
        assert_eq!(unordered_errors(&[2.5, 2.5], &[1.0, 2.0, 3.5]), [0.5, 1.0]);
    }
}
