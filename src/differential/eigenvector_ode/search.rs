//! The report's search: many networks, each from a random start.

use std::ops::ControlFlow;
use std::sync::Mutex;

use rayon::prelude::*;

use super::flow::EigenvectorFlow;
use super::measure::{PairError, compare};
use super::whole_interval::{TimeDerivative, WholeIntervalNetwork};
use crate::kernels::reduce::norm;
use crate::linalg::{SymmetricEigen, symmetric_eigen};
use crate::{Error, Result, Scalar, Seed};

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
#[non_exhaustive]
pub enum Landing<T> {
    /// On an eigenvector.
    Eigenvector(PairError<T>),
    /// On the zero vector, or on the way to it.
    Zero,
    /// On neither; this is the nearest in direction.
    Nowhere(PairError<T>),
}

/// One run of a [`RandomSearch`].
#[derive(Debug, Clone)]
pub struct SearchRun<T> {
    /// x₀ `[n]`.
    pub start: Vec<T>,
    /// x̃(t_f) `[n]`.
    pub end: Vec<T>,
    /// Its Rayleigh quotient (eq. 20); NaN for the zero vector.
    pub value: T,
    /// The loss at the end.
    pub loss: f64,
    /// Where that is.
    pub landing: Landing<T>,
}

/// What a [`RandomSearch`] found.
#[derive(Debug, Clone)]
pub struct SearchResult<T> {
    /// One for each start, in order.
    pub runs: Vec<SearchRun<T>>,
}

impl<T: Scalar> SearchResult<T> {
    /// The best run for each eigenvector found, by its place among the ascending eigenvalues.
    pub fn found(&self) -> Vec<(&SearchRun<T>, PairError<T>)> {
        let mut best: Vec<(&SearchRun<T>, PairError<T>)> = Vec::new();
        for run in &self.runs {
            let Landing::Eigenvector(error) = run.landing else { continue };
            match best.iter_mut().find(|(_, old)| old.index == error.index) {
                Some(old) if error.lambda_defect < old.1.lambda_defect => *old = (run, error),
                Some(_) => {}
                None => best.push((run, error)),
            }
        }
        best.sort_by_key(|(_, error)| error.index);
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

impl RandomSearch {
    /// Searches the eigenvectors of the flow's matrix. Runs are independent and made in parallel; the same
    /// seed gives the same bits on any number of threads. The observer is called with the number of epochs
    /// made by all runs together, and may end the search, which then returns the runs that were complete.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges; those of
    /// [`WholeIntervalNetwork::train`].
    pub fn run_observed<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        seed: Seed,
        observer: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> Result<SearchResult<T>> {
        if self.starts == 0 {
            return Err(Error::invalid("starts of RandomSearch", "0; give at least 1"));
        }
        let reference = symmetric_eigen(flow.matrix())?;
        let watch = Mutex::new((0, observer));
        // Every so many epochs are reported at once: runs seldom wait for one another.
        const BLOCK: u64 = 100;
        let step = |epoch: u64| {
            if !epoch.is_multiple_of(BLOCK) {
                return ControlFlow::Continue(());
            }
            // A run that panicked has told its own story; the count is no less good for it.
            let mut watch = watch.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            watch.0 += BLOCK;
            let (epochs, observer) = &mut *watch;
            observer(*epochs)
        };
        let run = |index: usize| self.single(flow, &reference, seed.numbered(index as u64), step);
        let runs: Vec<Option<SearchRun<T>>> = (0..self.starts).into_par_iter().map(run).collect::<Result<_>>()?;
        Ok(SearchResult { runs: runs.into_iter().flatten().collect() })
    }

    /// [`run_observed`](Self::run_observed) without an observer.
    ///
    /// # Errors
    /// As there.
    pub fn run<T: Scalar>(&self, flow: &EigenvectorFlow<T>, seed: Seed) -> Result<SearchResult<T>> {
        self.run_observed(flow, seed, |_| ControlFlow::Continue(()))
    }

    /// One start; `None` if the observer ended it.
    fn single<T: Scalar>(
        &self,
        flow: &EigenvectorFlow<T>,
        reference: &SymmetricEigen<T>,
        seed: Seed,
        step: impl Fn(u64) -> ControlFlow<()>,
    ) -> Result<Option<SearchRun<T>>> {
        let mut stream = seed.stream("start");
        let start: Vec<T> = (0..flow.order()).map(|_| stream.normal()).collect();
        let mut ended = false;
        let trained = self.network.train_observed(flow, &start, seed, |epoch, _| {
            let flow = step(epoch);
            ended = flow.is_break();
            flow
        })?;
        if ended {
            return Ok(None);
        }
        let (end, loss) = (trained.end()?, trained.loss());
        let value = flow.rayleigh_quotient(&end);
        let length = norm(&end);
        let landing = if length == T::zero() {
            Landing::Zero
        } else {
            let error = compare(value, &end, reference)?;
            if Scalar::to_f64(error.lambda_defect) <= self.accepted {
                Landing::Eigenvector(error)
            } else if Scalar::to_f64(length / norm(&start)) <= self.zero {
                Landing::Zero
            } else {
                Landing::Nowhere(error)
            }
        };
        Ok(Some(SearchRun { start, end, value, loss, landing }))
    }
}
