//! What a grid search returns.

use std::cmp::Ordering;
use std::fmt;
use std::result;

use crate::Seed;
use crate::container::Container;

/// How well a candidate did, lower being better, and what else is to be known of it. A number is a score.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Score {
    /// What is ranked by.
    pub value: f64,
    /// Whatever `train` has put into it: curves, parameters, other measures. It is saved with the score.
    pub record: Container,
}

impl From<f64> for Score {
    fn from(value: f64) -> Self {
        Score { value, record: Container::new() }
    }
}

/// A candidate and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial<'c, C> {
    /// What was tried.
    pub candidate: &'c C,
    /// Its place in the list.
    pub index: usize,
    /// The seed it was trained with.
    pub seed: Seed,
    /// Its score, or the words of the error it ended with.
    pub result: result::Result<Score, String>,
}

impl<C> Trial<'_, C> {
    /// The score, if there is one.
    pub fn score(&self) -> Option<f64> {
        self.result.as_ref().ok().map(|score| score.value)
    }

    /// Numbers, then NaN, then failures; lower first, and what was listed first where that is the same.
    fn order(&self, other: &Self) -> Ordering {
        let class = |score: Option<f64>| match score {
            Some(value) if !value.is_nan() => 0,
            Some(_) => 1,
            None => 2,
        };
        let (a, b) = (self.score(), other.score());
        let by_value = a.zip(b).and_then(|(a, b)| a.partial_cmp(&b)).unwrap_or(Ordering::Equal);
        class(a).cmp(&class(b)).then(by_value).then(self.index.cmp(&other.index))
    }
}

/// All trials, the best first. Displays as a table.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Ranking<'c, C> {
    /// By score, ascending; then those whose score is NaN, then those that failed.
    pub trials: Vec<Trial<'c, C>>,
    /// Candidates that were not tried, because the search was ended.
    pub untried: usize,
}

impl<'c, C> Ranking<'c, C> {
    pub(super) fn of(mut trials: Vec<Trial<'c, C>>, candidates: usize) -> Self {
        trials.sort_by(Trial::order);
        Ranking { untried: candidates - trials.len(), trials }
    }

    /// The best trial: `None` if all failed or scored NaN.
    pub fn best(&self) -> Option<&Trial<'c, C>> {
        self.trials.first().filter(|trial| trial.score().is_some_and(|value| !value.is_nan()))
    }

    /// The trials in the order of the candidates.
    pub fn in_order(&self) -> Vec<&Trial<'c, C>> {
        let mut trials: Vec<_> = self.trials.iter().collect();
        trials.sort_by_key(|trial| trial.index);
        trials
    }
}

impl<C: fmt::Debug> fmt::Display for Ranking<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>4}  {:>12}  candidate", "rank", "score")?;
        for (place, Trial { candidate, result, .. }) in self.trials.iter().enumerate() {
            match result {
                Ok(score) => writeln!(f, "{:>4}  {:>12.5e}  {candidate:?}", place + 1, score.value)?,
                Err(failure) => writeln!(f, "{:>4}  {:>12}  {candidate:?}: {failure}", place + 1, "failed")?,
            }
        }
        if self.untried > 0 {
            writeln!(f, "{} not tried", self.untried)?;
        }
        Ok(())
    }
}
