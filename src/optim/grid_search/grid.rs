//! The product of some values of each of several settings.

/// Every combination of the values of each axis, the last axis varying fastest.
///
/// ```
/// use eigennet::optim::{AdamSettings, Grid};
/// let grid = Grid::new(AdamSettings::default())
///     .axis(&[0.9, 0.95], |adam, &beta1| adam.beta1 = beta1)
///     .axis(&[0.99, 0.999, 0.9999], |adam, &beta2| adam.beta2 = beta2);
/// assert_eq!(grid.candidates().len(), 6);
/// assert_eq!((grid.candidates()[1].beta1, grid.candidates()[1].beta2), (0.9, 0.999));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Grid<C> {
    candidates: Vec<C>,
}

impl<C: Clone> Grid<C> {
    /// The one candidate that nothing has been varied of.
    pub fn new(base: C) -> Self {
        Grid { candidates: vec![base] }
    }

    /// Each candidate so far with each of `values`, which `set` puts into it.
    #[must_use]
    pub fn axis<V>(self, values: &[V], set: impl Fn(&mut C, &V)) -> Self {
        let with = |candidate: &C, value: &V| {
            let mut candidate = candidate.clone();
            set(&mut candidate, value);
            candidate
        };
        let product = self.candidates.iter().flat_map(|candidate| values.iter().map(|value| with(candidate, value)));
        Grid { candidates: product.collect() }
    }

    /// The combinations.
    pub fn candidates(&self) -> &[C] {
        &self.candidates
    }

    /// The combinations, to keep.
    pub fn into_candidates(self) -> Vec<C> {
        self.candidates
    }
}
