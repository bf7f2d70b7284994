//! What an article on the spectra of networks reads from them, with thresholds.

use std::fmt;

use super::weights::WeightSpectrum;

/// What a spectrum says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// All singular values are near 1.
    Healthy,
    /// σ_max is well above 1: signals and gradients grow from layer to layer.
    Exploding,
    /// σ_max is below 1: they fade.
    Vanishing,
    /// Many directions are dead: the layer uses few dimensions.
    RankCollapse,
    /// σ_max/σ_min is large: some directions were learned much better than others.
    IllConditioned,
    /// Few Hessian eigenvalues stand far above the others.
    SharpMinimum,
    /// Nearly all Hessian eigenvalues are small.
    FlatMinimum,
    /// Few directions hold the covariance of the gradients.
    LowRankGradients,
}

/// A finding with the figure that it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// What was found.
    pub finding: Finding,
    /// The figure.
    pub figure: f64,
    /// What it was compared with.
    pub threshold: f64,
}

impl Verdict {
    /// The cure that the article names.
    pub fn cure(&self) -> &'static str {
        match self.finding {
            Finding::Healthy => "none is needed",
            Finding::Exploding => "spectral normalisation, or a lower learning rate",
            Finding::Vanishing => "a larger start, normalisation between layers, or connections that skip some",
            Finding::RankCollapse => "wider layers, or regularisation",
            Finding::IllConditioned => "regularisation, normalisation between layers, or a second-order method",
            Finding::SharpMinimum => "a lower learning rate",
            Finding::FlatMinimum => "none: it is good for generalisation",
            Finding::LowRankGradients => "none as such: watch for training that stands still",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { figure, threshold, .. } = self;
        let says = match self.finding {
            Finding::Healthy => "healthy: all singular values near 1, the farthest by a factor of",
            Finding::Exploding => "gradients may explode: σ_max is",
            Finding::Vanishing => "gradients may vanish: σ_max is",
            Finding::RankCollapse => "rank collapse: the share of dead directions is",
            Finding::IllConditioned => "some directions were learned far better than others: the condition number is",
            Finding::SharpMinimum => "a sharp minimum: the largest eigenvalue over the mean of all is",
            Finding::FlatMinimum => "a flat minimum: the share of small eigenvalues is",
            Finding::LowRankGradients => "gradients of low rank: directions that share their covariance",
        };
        write!(f, "{says} {figure:.3e} (threshold {threshold:.1e}); cure: {}", self.cure())
    }
}

/// Thresholds of the verdicts on weights: σ_max above and below, share of dead directions, condition number, and the factor
/// from 1 within which all is well.
const EXPLODING: f64 = 2.0;
const VANISHING: f64 = 0.5;
const COLLAPSED: f64 = 0.25;
const CONDITION: f64 = 1e3;
const NEAR: f64 = 2.0;

impl WeightSpectrum {
    /// What the spectrum says, the gravest first.
    ///
    /// ```
    /// use eigennet::diagnostics::{Finding, WeightSpectrum};
    /// use eigennet::linalg::Matrix;
    /// let rank_one = Matrix::from_fn(8, 8, |i, j| (i + 1) as f64 * (j + 1) as f64);
    /// let verdicts = WeightSpectrum::of(&rank_one)?.verdicts();
    /// assert!(verdicts.iter().any(|v| v.finding == Finding::RankCollapse), "{verdicts:?}");
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    pub fn verdicts(&self) -> Vec<Verdict> {
        let mut out = Vec::new();
        let mut note = |wrong: bool, finding, figure, threshold| {
            if wrong {
                out.push(Verdict { finding, figure, threshold });
            }
        };
        let dead = self.dead_directions() as f64 / self.values.len() as f64;
        note(self.norm() > EXPLODING, Finding::Exploding, self.norm(), EXPLODING);
        note(self.norm() < VANISHING, Finding::Vanishing, self.norm(), VANISHING);
        note(dead > COLLAPSED, Finding::RankCollapse, dead, COLLAPSED);
        note(self.condition() > CONDITION && dead <= COLLAPSED, Finding::IllConditioned, self.condition(), CONDITION);
        let last = self.values[self.values.len() - 1];
        let farthest = self.norm().max(1.0 / self.norm()).max(last.max(1.0 / last));
        note(farthest <= NEAR, Finding::Healthy, farthest, NEAR);
        out
    }
}
