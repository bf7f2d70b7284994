//! How far to go along a step: line searches on a sum of squares.

use crate::optim::line_search::{self, Found, Point, Wolfe};
use crate::optim::objective::is_curable;
use crate::optim::optimizer::fraction;
use crate::par::{dot, whole};
use crate::{Error, Scalar};

use super::{FitState, Residuals, Trial};

/// How the multiple `η` of a Gauss–Newton step is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum LineSearch {
    /// The first η of 1, ½, ¼, … with `f(θ + ηδ) ≤ f + c₁ η ∇f·δ` (Armijo, 1966).
    Armijo {
        /// c₁, in [0, ½); 1e-4 is usual.
        decrease: f64,
        /// The most η that are tried; 40 is usual.
        max_trials: usize,
    },
    /// An η that fulfils the strong Wolfe conditions (Wolfe, 1969); takes one product with the Jacobian
    /// a trial.
    StrongWolfe {
        /// c₁, in (0, ½); 1e-4 is usual.
        decrease: f64,
        /// c₂, in (c₁, 1); 0.9 is usual.
        curvature: f64,
        /// The most η that are tried; 40 is usual.
        max_trials: usize,
    },
    /// The best of η = 2⁻ᵏ, k = 0 … `halvings` (Müller and Zeinhofer, 2023): dear, but it finds short
    /// steps behind barriers.
    Grid {
        /// 30 is usual.
        halvings: u32,
    },
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Searched {
    /// η and f there; the trial point is in place and was evaluated last.
    Found(f64, f64),
    /// No η decreases f.
    Failed {
        /// Whether no η leads to finite residuals.
        all_outside: bool,
    },
}

impl LineSearch {
    pub(crate) fn check(self, name: &str) -> Result<(), Error> {
        let at_least_one = |trials: usize| match trials {
            0 => Err(Error::invalid(format!("max_trials of {name}"), "a line search needs at least one; 40 is usual")),
            _ => Ok(()),
        };
        match self {
            LineSearch::Armijo { decrease, max_trials } => {
                fraction(&format!("decrease of {name}"), decrease, 0.0, 0.5)?;
                at_least_one(max_trials)
            }
            LineSearch::StrongWolfe { decrease, curvature, max_trials } => {
                fraction(&format!("decrease of {name}"), decrease, f64::MIN_POSITIVE, 0.5)?;
                if decrease >= curvature {
                    let reason = "it must be above `decrease`; 0.9 is usual";
                    return Err(Error::invalid(format!("curvature of {name}"), reason));
                }
                fraction(&format!("curvature of {name}"), curvature, f64::MIN_POSITIVE, 1.0)?;
                at_least_one(max_trials)
            }
            LineSearch::Grid { halvings } if halvings > 1000 => {
                let reason = format!("2 to the minus {halvings} is nothing; 30 is usual");
                Err(Error::invalid(format!("halvings of {name}"), reason))
            }
            LineSearch::Grid { .. } => Ok(()),
        }
    }

    /// Searches along the step of `state`, along which f starts with slope `slope`.
    pub(crate) fn search<T, R>(self, residuals: &mut R, state: &mut FitState<T>, slope: f64) -> Result<Searched, Error>
    where
        T: Scalar,
        R: Residuals<T> + ?Sized,
    {
        match self {
            LineSearch::Armijo { decrease, max_trials } => {
                let (start, mut eta, mut inside, mut outside) = (state.value, 1.0, false, false);
                for _ in 0..max_trials {
                    match state.evaluate(residuals, T::of(eta))? {
                        Trial::Inside(value) => {
                            inside = true;
                            if value < start && value <= start + decrease * eta * slope {
                                return Ok(Searched::Found(eta, value));
                            }
                        }
                        Trial::Outside => outside = true,
                        Trial::Unmoved => break,
                    }
                    eta *= 0.5;
                }
                Ok(Searched::Failed { all_outside: outside && !inside })
            }
            LineSearch::Grid { halvings } => {
                let (mut best, mut last, mut eta, mut inside, mut outside) = (None, None, 1.0, false, false);
                let mut lowest = state.value;
                for _ in 0..=halvings {
                    match state.evaluate(residuals, T::of(eta))? {
                        Trial::Inside(value) => {
                            inside = true;
                            if value < lowest {
                                (lowest, best) = (value, Some(eta));
                            }
                        }
                        Trial::Outside => outside = true,
                        Trial::Unmoved => break,
                    }
                    last = Some(eta);
                    eta *= 0.5;
                }
                let Some(eta) = best else { return Ok(Searched::Failed { all_outside: outside && !inside }) };
                if best != last {
                    // What is accepted is evaluated last.
                    state.evaluate(residuals, T::of(eta))?;
                }
                Ok(Searched::Found(eta, lowest))
            }
            LineSearch::StrongWolfe { decrease, curvature, max_trials } => {
                let wolfe = Wolfe {
                    decrease,
                    curvature,
                    noise: 4.0 * T::EPSILON.to_f64() * state.value,
                    lowest: state.value,
                    evaluations: max_trials,
                };
                let origin = Point { step: 0.0, value: state.value, slope };
                let mut last = state.value;
                let found = wolfe.search(origin, 1.0, |eta| match state.evaluate(residuals, T::of(eta))? {
                    Trial::Inside(value) => {
                        last = value;
                        match slope_at_trial(residuals, state) {
                            Ok(slope) if slope.is_finite() => Ok(line_search::Trial::Inside(value, slope)),
                            Ok(_) => Ok(line_search::Trial::Outside),
                            Err(error) if is_curable(&error) => Ok(line_search::Trial::Outside),
                            Err(error) => Err(error),
                        }
                    }
                    Trial::Outside => Ok(line_search::Trial::Outside),
                    Trial::Unmoved => Ok(line_search::Trial::Unmoved),
                })?;
                match found {
                    Found::Accepted(eta) => Ok(Searched::Found(eta, last)),
                    Found::Decreased(eta) => Ok(match state.evaluate(residuals, T::of(eta))? {
                        Trial::Inside(value) => Searched::Found(eta, value),
                        _ => Searched::Failed { all_outside: false },
                    }),
                    Found::Failed { all_outside } => Ok(Searched::Failed { all_outside }),
                }
            }
        }
    }
}

/// φ′ = 2 r · J δ at the trial point.
fn slope_at_trial<T, R>(residuals: &mut R, state: &mut FitState<T>) -> Result<f64, Error>
where
    T: Scalar,
    R: Residuals<T> + ?Sized,
{
    let scratch = &mut state.scratch;
    let product = &mut scratch.large[0];
    product.resize(state.residual_count, T::zero());
    residuals.jacobian_vector(&scratch.parameters, &scratch.step, product)?;
    whole(residuals.reduction(), 2.0 * dot(&scratch.residuals, product))
}
