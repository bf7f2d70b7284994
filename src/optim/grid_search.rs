//! Settings of any kind, each tried on its own: grid search, and whatever else is a list of trainings.

mod file;
mod grid;
mod ranking;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Error, Result, Seed};

use super::Checkpoints;
use file::Finished;
pub use grid::Grid;
pub use ranking::{Ranking, Score, Trial};

/// Tries candidates side by side, as many at a time as there are threads, and ranks them by their scores.
///
/// A candidate is anything that can be printed: its words ([`Debug`]) are its name. Its seed is a child of the search's,
/// named so, and thus the same wherever it stands in the list, in whatever order candidates finish, and on any number of
/// threads. With a file, finished scores outlive the process: a search that was interrupted, or is given more candidates
/// later, trains what is missing.
///
/// ```
/// use std::ops::ControlFlow;
/// use eigennet::Seed;
/// use eigennet::optim::{Adam, FullBatch, Grid, GridSearch, Schedule, Trainer, objective};
///
/// #[derive(Debug, Clone)]
/// struct Settings {
///     rate: f64,
///     steps: u64,
/// }
/// let grid = Grid::new(Settings { rate: 0.0, steps: 50 })
///     .axis(&[1e-3, 1e-1, 1e9], |settings, &rate| settings.rate = rate)
///     .axis(&[50, 100], |settings, &steps| settings.steps = steps);
/// let train = |settings: &Settings, seed: Seed| {
///     let mut parabola = objective::from_fn(1, |x: &[f64], gradient: &mut [f64]| {
///         gradient[0] = 2.0 * (x[0] - 1.0);
///         Ok((x[0] - 1.0).powi(2))
///     });
///     let schedule = Schedule::cosine(settings.rate, settings.steps)?;
///     let trainer = Trainer { steps: settings.steps, schedule, ..Trainer::default() };
///     let mut x = [seed.stream("start").uniform()];
///     let outcome = trainer.run(&mut FullBatch(&mut parabola), &mut Adam::default(), &mut x, &mut ())?;
///     Ok(outcome.value)
/// };
/// let ranking = GridSearch::default().run("a parabola", grid.candidates(), train, &mut |_| ControlFlow::Continue(()))?;
/// println!("{ranking}");
/// let best = ranking.best().unwrap();
/// assert_eq!((best.candidate.rate, best.candidate.steps), (0.1, 100));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GridSearch {
    /// What the seeds of the candidates descend from.
    pub seed: Seed,
    /// Where to save finished scores, and after how many (default nowhere).
    pub checkpoints: Option<Checkpoints>,
}

impl GridSearch {
    /// Calls `train` for every candidate whose score is not in the file, and `observer` on this thread once for every
    /// trial, those of the file first. [`ControlFlow::Break`] ends the search: trainings that have begun are finished and
    /// kept, no other begins.
    ///
    /// What scores depend on besides candidate and seed is in the words of `fingerprint`; a file with another one, or of
    /// another seed, is refused. An error of `train` is a result as well and does not end the search. Threads of the pool
    /// that this is called in are shared out among the trainings.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no candidate, if two have the same words, if the file is of another search, or
    /// if the system gives no threads; those of reading and writing the file.
    ///
    /// # Panics
    /// If `train` does, once what is trained beside it has ended.
    pub fn run<'c, C, S>(
        &self,
        fingerprint: &str,
        candidates: &'c [C],
        train: impl Fn(&C, Seed) -> Result<S> + Sync,
        observer: &mut dyn FnMut(&Trial<'c, C>) -> ControlFlow<()>,
    ) -> Result<Ranking<'c, C>>
    where
        C: Debug + Sync,
        S: Into<Score>,
    {
        let names = names(candidates)?;
        let mut finished = Finished::open(self.checkpoints.clone(), fingerprint, self.seed)?;
        let seeds: Vec<Seed> = names.iter().map(|name| self.seed.child(name)).collect();
        let trial = |index: usize, result| Trial { candidate: &candidates[index], index, seed: seeds[index], result };
        let mut trials = Vec::with_capacity(candidates.len());
        let (mut open, mut stopped) = (Vec::new(), false);
        for (index, name) in names.iter().enumerate() {
            match finished.result(name) {
                Some(result) => {
                    let known = trial(index, result.clone());
                    stopped |= observer(&known).is_break();
                    trials.push(known);
                }
                None => open.push(index),
            }
        }
        let lanes = lanes(if stopped { 0 } else { open.len() })?;
        let mut open = open.into_iter();
        let mut written = Ok(());
        thread::scope(|scope| {
            let (sender, results) = mpsc::channel();
            // A lane is given one candidate at a time, and ends with the sender of its candidates.
            let lanes = lanes.iter().enumerate().map(|(lane, pool)| {
                let (candidate, own) = mpsc::channel::<usize>();
                let (sender, seeds, train) = (sender.clone(), &seeds, &train);
                scope.spawn(move || {
                    for index in own {
                        let result = pool.install(|| train(&candidates[index], seeds[index]).map(Into::into));
                        // The other end waits for all of them.
                        let _ = sender.send((lane, index, result.map_err(|error| error.to_string())));
                    }
                });
                open.next().and_then(|index| candidate.send(index).ok()).map(|()| candidate)
            });
            let mut lanes: Vec<Option<mpsc::Sender<usize>>> = lanes.collect();
            drop(sender);
            for (lane, index, result) in results {
                if written.is_ok() {
                    written = finished.add(&names[index], result.clone());
                }
                let new = trial(index, result);
                stopped |= observer(&new).is_break() || written.is_err();
                trials.push(new);
                let next = if stopped { None } else { open.next() };
                lanes[lane] =
                    lanes[lane].take().filter(|candidate| next.is_some_and(|index| candidate.send(index).is_ok()));
            }
        });
        written?;
        finished.save()?;
        Ok(Ranking::of(trials, candidates.len()))
    }
}

/// The words of each candidate, no two the same.
fn names<C: Debug>(candidates: &[C]) -> Result<Vec<String>> {
    Error::require(!candidates.is_empty(), "candidates of GridSearch", "there are none; give at least one")?;
    let names: Vec<String> = candidates.iter().map(|candidate| format!("{candidate:?}")).collect();
    let mut first = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        if let Some(earlier) = first.insert(name, index) {
            let reason = format!(
                "numbers {earlier} and {index} are both `{name}`, and would have one seed; leave one out, or add the number \
                 of the repetition to the candidate"
            );
            return Err(Error::invalid("candidates of GridSearch", reason));
        }
    }
    Ok(names)
}

/// Pools to train in, one a training at a time: together as many threads as there are here. A pool of its own keeps a
/// training from taking up the work of another while it waits, and holding both in memory.
fn lanes(open: usize) -> Result<Vec<ThreadPool>> {
    let threads = rayon::current_num_threads();
    let count = threads.min(open);
    let lane = |lane: usize| {
        let own = threads / count + usize::from(lane < threads % count);
        let pool = ThreadPoolBuilder::new().num_threads(own).build();
        pool.map_err(|error| Error::invalid("threads of GridSearch", format!("{error}; run it in a smaller pool")))
    };
    (0..count).map(lane).collect()
}
