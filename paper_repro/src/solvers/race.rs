//! A method on a matrix: its errors, its convergence, its time.

use std::time::Instant;

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
    let mut curve = Vec::new();
    let mut watch = |iteration: usize, values: &[f64]| {
        let error = errors(values, &problem.exact).into_iter().flatten().fold(0.0, f64::max);
        // A logarithmic axis has no zero: the last bit of the largest eigenvalue stands for it.
        curve.push((iteration as f64, error.max(1e-16)));
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
    Ok(Result { method: method.name, found, errors, curve, seconds, refusal })
}

/// The error of the value found for each exact eigenvalue (ascending). As many values as eigenvalues are compared in
/// order; of fewer, each belongs to the nearest eigenvalue still free.
fn errors(values: &[f64], exact: &[f64]) -> Vec<Option<f64>> {
    let mut out = vec![None; exact.len()];
    if values.len() == exact.len() {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        out.iter_mut().zip(sorted.iter().zip(exact)).for_each(|(slot, (v, e))| *slot = Some((v - e).abs()));
        return out;
    }
    for value in values {
        let free = (0..exact.len()).filter(|&i| out[i].is_none());
        let distance = |i: &usize| (value - exact[*i]).abs();
        if let Some(nearest) = free.min_by(|i, j| distance(i).total_cmp(&distance(j))) {
            out[nearest] = Some(distance(&nearest));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::errors;

    #[test]
    fn every_value_belongs_to_one_eigenvalue() {
        assert_eq!(errors(&[3.0, 1.5], &[1.0, 2.0]), [Some(0.5), Some(1.0)]);
        assert_eq!(errors(&[2.1, 2.2], &[1.0, 2.0, 3.0]), [None, Some(0.10000000000000009), Some(0.7999999999999998)]);
        assert_eq!(errors(&[], &[1.0]), [None]);
    }
}
