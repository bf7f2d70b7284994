//! The report's search: many networks, each from a random start.

use std::sync::Mutex;
use std::time::Instant;

use eigennet::kernels::reduce::norm;
use rayon::prelude::*;

use super::errors::{PairError, compare};
use super::problem::Problem;
use super::whole_interval::{TimeDerivative, WholeIntervalNetwork};
use crate::experiment::Context;
use crate::failure::Failure;

/// Trains one [`WholeIntervalNetwork`] after another from standard normal starts and looks where x̃(t_f)
/// lands, as Table II of the report does.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomSearch {
    /// How many starts (default 30).
    pub starts: usize,
    /// The network (default the report's, with 5·10⁴ epochs and the derivative as published).
    pub network: WholeIntervalNetwork,
    /// Λ at or below this is an eigenvector (default 1e-3).
    pub accepted: f64,
    /// If it is none, ‖x̃(t_f)‖ at or below this times |x₀| is a collapse to the zero vector, which rests as
    /// well (default ¼; the flow itself keeps the length).
    pub zero: f64,
}

impl Default for RandomSearch {
    fn default() -> Self {
        let published = WholeIntervalNetwork {
            epochs: 50_000,
            derivative: TimeDerivative::SumAsPublished,
            ..WholeIntervalNetwork::default()
        };
        RandomSearch { starts: 30, network: published, accepted: 1e-3, zero: 0.25 }
    }
}

/// Where one start landed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Landing {
    /// On an eigenvector.
    Eigenvector(PairError),
    /// On the zero vector, or on the way to it.
    Zero,
    /// On neither; this is the nearest in direction.
    Nowhere(PairError),
}

/// One run of a [`RandomSearch`].
#[derive(Debug, Clone)]
pub struct SearchRun {
    /// |x̃(t_f)| / |x₀|.
    pub length: f64,
    /// The Rayleigh quotient of x̃(t_f) (eq. 20); NaN for the zero vector.
    pub value: f64,
    /// The loss at the end.
    pub loss: f64,
    /// Where that is.
    pub landing: Landing,
}

/// A finished search.
#[derive(Debug)]
pub struct Searched {
    pub search: RandomSearch,
    /// One for each start, in order.
    pub runs: Vec<SearchRun>,
    pub seconds: f64,
}

impl Searched {
    /// The best run for each eigenvector found, by its place among the ascending eigenvalues.
    pub fn found(&self) -> Vec<PairError> {
        let landed = |run: &SearchRun| match run.landing {
            Landing::Eigenvector(error) => Some(error),
            _ => None,
        };
        let mut best: Vec<PairError> = self.runs.iter().filter_map(landed).collect();
        best.sort_by(|a, b| a.index.cmp(&b.index).then(a.lambda_defect.total_cmp(&b.lambda_defect)));
        best.dedup_by_key(|error| error.index);
        best
    }

    /// How many runs ended in the zero vector.
    pub fn zeros(&self) -> usize {
        self.runs.iter().filter(|run| matches!(run.landing, Landing::Zero)).count()
    }

    /// How many ended neither there nor on an eigenvector.
    pub fn lost(&self) -> usize {
        self.runs.iter().filter(|run| matches!(run.landing, Landing::Nowhere(_))).count()
    }
}

/// Runs it. The starts are independent and made in parallel, each with a checkpoint of its own.
pub fn search(context: &Context, problem: &Problem, search: RandomSearch) -> Result<Searched, Failure> {
    // So many epochs are reported at once: runs seldom wait for one another.
    const BLOCK: u64 = 100;
    let begun = Instant::now();
    let name = format!("search{}", search.network.derivative.suffix());
    let phase = context.progress.phase(name.clone(), search.starts as u64 * search.network.epochs);
    let progress = Mutex::new((0, phase));
    let single = |index: usize| -> Result<SearchRun, Failure> {
        let seed = context.seed.child("search").numbered(index as u64);
        let mut stream = seed.stream("start");
        let start: Vec<f64> = (0..problem.flow.order()).map(|_| stream.normal()).collect();
        let name = format!("{name}-{}", index + 1);
        let trained = search.network.train(context, &name, &problem.flow, &start, seed, |epoch, _| {
            if epoch.is_multiple_of(BLOCK) {
                // A run that panicked has told its own story; the count is no less good for it.
                let (epochs, phase) = &mut *progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *epochs += BLOCK;
                phase.update(*epochs, f64::NAN);
            }
        })?;
        let end = trained.end()?;
        let length = norm(&end) / norm(&start);
        let value = problem.flow.rayleigh_quotient(&end);
        let landing = if length == 0.0 {
            Landing::Zero
        } else {
            match compare(value, &end, &problem.reference)? {
                error if error.lambda_defect <= search.accepted => Landing::Eigenvector(error),
                _ if length <= search.zero => Landing::Zero,
                error => Landing::Nowhere(error),
            }
        };
        Ok(SearchRun { length, value, loss: trained.loss(), landing })
    };
    let runs = (0..search.starts).into_par_iter().map(single).collect::<Result<_, _>>()?;
    Ok(Searched { search, runs, seconds: begun.elapsed().as_secs_f64() })
}
