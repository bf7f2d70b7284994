//! Oscillators with a bilinear coupling of all pairs.

use super::lowest_sums;
use crate::linalg::checks::room;
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Error, Result};

/// The lowest `states` levels of H = Σ ωᵢ/2 (−∂ᵢ² + xᵢ²) + c Σ_{i<j} xᵢxⱼ, ascending: E = Σ f_k (n_k + ½), with the normal
/// frequencies f_k, the square roots of the eigenvalues of √D M √D, D = diag(ω), M = D + c(𝟏𝟏ᵀ − I).
///
/// Source: normal modes, as in Goldstein, *Classical Mechanics* (2002), §6.3.
///
/// ```
/// use eigennet::reference::coupled_oscillators;
/// // Without coupling: ½ + 1, and quanta of 1 and 2 more.
/// assert_eq!(coupled_oscillators(&[1.0, 2.0], 0.0, 4)?, [1.5, 2.5, 3.5, 3.5]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] unless all frequencies are positive, and where the coupling is so strong that there is no
/// lowest level, or none up to rounding: a square of a normal frequency is not positive; and for more states than memory
/// holds.
pub fn coupled_oscillators(frequencies: &[f64], coupling: f64, states: usize) -> Result<Vec<f64>> {
    let sound =
        !frequencies.is_empty() && frequencies.iter().all(|f| f.is_normal() && *f > 0.0) && coupling.is_finite();
    Error::require(sound, "coupled_oscillators", "give positive frequencies, one at least, and a coupling")?;
    let d = frequencies.len();
    let entry = |i: usize, j: usize| if i == j { frequencies[i] } else { coupling };
    let matrix = Matrix::from_fn(d, d, |i, j| (frequencies[i] * frequencies[j]).sqrt() * entry(i, j));
    let squares = symmetric_eigen(&matrix)?.values;
    let reason = "the coupling is so strong that the energy has no bound from below; take a weaker one";
    // At the critical coupling the smallest is 0, of which rounding leaves something.
    let rounding = 8.0 * d as f64 * f64::EPSILON * squares.iter().fold(0.0, |most, &square| square.max(most));
    Error::require(squares.iter().all(|&square| square > rounding), "coupled_oscillators", reason)?;
    let normal: Vec<f64> = squares.iter().map(|square| square.sqrt()).collect();
    let ground = 0.5 * normal.iter().sum::<f64>();
    let ladder = |frequency: &f64| {
        let mut ladder = room("states of coupled_oscillators", [1, states])?;
        ladder.extend((0..states).map(|n| n as f64 * frequency));
        Ok(ladder)
    };
    let quanta = normal.iter().map(ladder).collect::<Result<Vec<Vec<f64>>>>()?;
    Ok(lowest_sums(&quanta, states)?.iter().map(|sum| ground + sum).collect())
}
