//! What an article on the spectra of networks reads from them, with thresholds.

use std::fmt;

use super::activations::Activations;
use super::collapse::NeuralCollapse;
use super::spectrum::Spectrum;
use super::weights::WeightSpectrum;
use crate::Scalar;

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
    /// The largest Hessian eigenvalues are beyond what a learning rate bears.
    SharpMinimum,
    /// Nearly all Hessian eigenvalues are small.
    FlatMinimum,
    /// The Hessian has eigenvalues well below 0: this is no minimum.
    NegativeCurvature,
    /// Few directions hold the covariance of the gradients.
    LowRankGradients,
    /// Many units say the same of every sample.
    DeadUnits,
    /// The features of each class are one point, and the class means a simplex.
    NeuralCollapse,
    /// Most of a residual lies where gradient descent does not get to.
    SlowDirections,
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
    /// The cure: for weights, gradients and Hessians the one that the article names.
    pub fn cure(&self) -> &'static str {
        match self.finding {
            Finding::Healthy => "none is needed",
            Finding::Exploding => "spectral normalisation, or a lower learning rate",
            Finding::Vanishing => "a larger start, normalisation between layers, or connections that skip some",
            Finding::RankCollapse => "wider layers, or regularisation",
            Finding::IllConditioned => "regularisation, normalisation between layers, or a second-order method",
            Finding::SharpMinimum => "a lower learning rate",
            Finding::FlatMinimum => "none: it is good for generalisation",
            Finding::NegativeCurvature => "train on: the loss falls along these directions",
            Finding::LowRankGradients => "none as such: watch for training that stands still",
            Finding::DeadUnits => "a lower learning rate, a smaller start, or an activation with a slope everywhere",
            Finding::NeuralCollapse => {
                "none: it is where training beyond zero error ends; features for other tasks are earlier"
            }
            Finding::SlowDirections => {
                "a second-order method (Levenberg–Marquardt, Gauss–Newton), or other weights of the terms"
            }
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
            Finding::SharpMinimum => "a sharp minimum: gradient descent at this learning rate diverges along it, λ₁ is",
            Finding::NegativeCurvature => {
                "no minimum yet: the smallest eigenvalue, relative to the largest in modulus, is"
            }
            Finding::FlatMinimum => "a flat minimum: the share of small eigenvalues is",
            Finding::LowRankGradients => "gradients of low rank: directions that share their covariance:",
            Finding::DeadUnits => "dead units: the share of those that say the same of every sample is",
            Finding::NeuralCollapse => "neural collapse: the largest of NC1, NC2 and NC3 is",
            Finding::SlowDirections => "gradient descent needs over 10⁴ steps: the share of ‖r‖² where λ < λ₁/10⁴ is",
        };
        write!(f, "{says} {figure:.3e} (threshold {threshold:.1e}); cure: {}", self.cure())
    }
}

/// Thresholds of the verdicts on weights: σ_max above and below, share of dead directions, condition number, and the factor
/// from 1 within which all is well. A healthy start for relu has σ_max = √2 (1 + √(out/in)) (He et al., 2015), which is 2.8
/// for a square matrix and 9.4 for one that widens thirtyfold: only what is above is said to explode.
const EXPLODING: f64 = 10.0;
const VANISHING: f64 = 0.5;
const COLLAPSED: f64 = 0.25;
const CONDITION: f64 = 1e3;
const NEAR: f64 = 2.0;
/// An eigenvalue is small below this, relative to the largest in modulus, and so large a share of them makes a flat minimum.
const SMALL: f64 = 1e-2;
const FLAT: f64 = 0.9;
/// An eigenvalue below minus this, relative to the largest in modulus, is more than what is left over at a minimum.
const NEGATIVE: f64 = 1e-2;
/// Fewer directions than this are few.
const FEW: f64 = 10.0;
/// More dead units than this are many.
const DEAD_UNITS: f64 = 0.25;
/// Measures of neural collapse below this have come close to 0.
const CLOSE: f64 = 0.1;

fn when(holds: bool, finding: Finding, figure: f64, threshold: f64) -> Option<Verdict> {
    holds.then_some(Verdict { finding, figure, threshold })
}

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
        let (norm, condition) = (self.norm(), self.condition());
        let dead = self.dead_directions() as f64 / self.values.len() as f64;
        let last = self.smallest();
        let farthest = norm.max(1.0 / norm).max(last.max(1.0 / last));
        let found = [
            when(norm > EXPLODING, Finding::Exploding, norm, EXPLODING),
            when(norm < VANISHING, Finding::Vanishing, norm, VANISHING),
            when(dead > COLLAPSED, Finding::RankCollapse, dead, COLLAPSED),
            when(condition > CONDITION && dead <= COLLAPSED, Finding::IllConditioned, condition, CONDITION),
            when(farthest <= NEAR, Finding::Healthy, farthest, NEAR),
        ];
        found.into_iter().flatten().collect()
    }
}

impl<T: Scalar> Spectrum<T> {
    /// What it says as that of a Hessian. Gradient descent with a learning rate η is stable along an eigenvector only for
    /// λ < 2/η (Cohen et al., 2021): what is above is sharp for it.
    pub fn hessian_verdicts(&self, learning_rate: f64) -> Vec<Verdict> {
        let (largest, bound, norm) = (self.largest(), 2.0 / learning_rate, self.norm());
        let (small, below) = (self.small(SMALL).unwrap_or(0.0), if norm > 0.0 { self.smallest() / norm } else { 0.0 });
        let found = [
            when(largest > bound, Finding::SharpMinimum, largest, bound),
            when(below < -NEGATIVE, Finding::NegativeCurvature, below, -NEGATIVE),
            when(small > FLAT && below >= -NEGATIVE, Finding::FlatMinimum, small, FLAT),
        ];
        found.into_iter().flatten().collect()
    }

    /// What it says as that of the covariance of gradients.
    pub fn gradient_verdicts(&self) -> Vec<Verdict> {
        let ratio = self.trace.map_or(f64::INFINITY, |trace| trace.participation_ratio());
        when(ratio < FEW, Finding::LowRankGradients, ratio, FEW).into_iter().collect()
    }
}

impl Activations {
    /// What they say of the layer.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let dead = self.dead as f64 / self.width as f64;
        when(dead > DEAD_UNITS, Finding::DeadUnits, dead, DEAD_UNITS).into_iter().collect()
    }
}

impl NeuralCollapse {
    /// Whether the features have collapsed: variation within classes, spread of norms and angles of the means, and the
    /// difference between means and classifier are all small.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let farthest = [self.within, self.norms, self.angles, self.duality].into_iter().fold(0.0, f64::max);
        when(farthest < CLOSE, Finding::NeuralCollapse, farthest, CLOSE).into_iter().collect()
    }
}
