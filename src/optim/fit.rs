//! From a problem that knows its starting point to what was trained, in one call.

use std::fmt;
use std::ops::Deref;

use super::Outcome;
use crate::Seed;

/// A problem that knows where to start and what its parameters mean, such as an equation on points.
pub trait Trainable<T> {
    /// What parameters make of it.
    type Trained;

    /// The parameters to start from, `[p]`.
    fn initial(&self, seed: Seed) -> Vec<T>;

    /// What `parameters` `[p]` make of it.
    fn trained(&self, parameters: Vec<T>) -> Self::Trained;
}

/// What was trained, and how that ended; it reads as what was trained and displays as the outcome.
#[derive(Debug, Clone)]
#[must_use]
pub struct Fit<S> {
    /// How it ended.
    pub outcome: Outcome,
    /// What was trained.
    pub trained: S,
}

impl<S> Deref for Fit<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.trained
    }
}

impl<S> fmt::Display for Fit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outcome.fmt(f)
    }
}
