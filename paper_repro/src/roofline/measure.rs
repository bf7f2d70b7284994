//! Time per step: the median of batches of steps, warmed up; and the machine's limit on the same threads.

use std::time::{Duration, Instant};

use eigennet::Scalar;
use eigennet::kernels::isa::Isa;
use eigennet::kernels::peak::fma_peak;
use eigennet::par::{decide, with_crew};

use crate::experiment::Context;
use crate::failure::Failure;

/// Work that is done in steps.
pub trait Steps {
    /// Does so many steps, on the threads of the current pool.
    ///
    /// # Errors
    /// What the library says.
    fn run(&mut self, steps: usize) -> Result<(), Failure>;
}

/// Batches that a budget is divided into: more tell the median better, fewer let the clock be read less often.
const BATCHES: f64 = 16.0;
/// The fewest batches whose median means anything.
const FEWEST: usize = 3;
/// What is too slow for the fewest batches ends after so many budgets.
const PATIENCE: f64 = 3.0;

/// Seconds of one step: the median of batches within a budget of seconds, after batches that grow to their length and
/// warm up the caches, the clock and the memory.
///
/// # Errors
/// [`Failure::Interrupted`], and those of the steps.
pub fn seconds_per_step(context: &Context, steps: &mut dyn Steps, budget: f64) -> Result<f64, Failure> {
    // As in a training.
    with_crew(|crew| {
        let mut batch = |count: usize| -> Result<f64, Failure> {
            context.check_interrupt()?;
            crew.call();
            let from = Instant::now();
            steps.run(count)?;
            Ok(from.elapsed().as_secs_f64())
        };
        let mut count = 1;
        while decide(batch(count)? < budget / BATCHES / 2.0)? {
            count *= 2;
        }
        let (mut seconds, begun) = (Vec::new(), Instant::now());
        loop {
            seconds.push(batch(count)? / count as f64);
            let spent = begun.elapsed().as_secs_f64();
            if decide(spent >= budget && seconds.len() >= FEWEST || spent >= PATIENCE * budget)? {
                return Ok(median(&mut seconds));
            }
        }
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { 0.5 * (values[middle - 1] + values[middle]) } else { values[middle] }
}

/// The FMA peak of the widest instruction set on all threads of the current pool at once, in GFLOP/s.
pub fn peak<T: Scalar>(duration: Duration) -> f64 {
    rayon::broadcast(|_| fma_peak::<T>(Isa::best(), duration)).iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!(median(&mut [7.0]), 7.0);
    }

    #[test]
    fn the_peak_is_positive_and_finite() {
        let peak = peak::<f64>(Duration::from_millis(2));
        assert!(peak > 0.0 && peak.is_finite(), "{peak}");
    }
}
