//! How far to go along a step: line searches on a sum of squares.

use crate::optim::line_search::{Found, Point, Trial, Wolfe};
use crate::optim::objective::in_domain;
use crate::optim::settings::{fraction, trials, wolfe};
use crate::par::dot;
use crate::{Error, Result, Scalar};

use super::{FitState, Residuals};

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
    /// An η that fulfils the strong Wolfe conditions (Wolfe, 1969); takes one product with the Jacobian a trial.
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
    pub(crate) fn check(self, name: &str) -> Result<()> {
        match self {
            LineSearch::Armijo { decrease, max_trials } => {
                fraction(&format!("decrease of {name}"), decrease, 0.0, 0.5)?;
                trials(name, max_trials)
            }
            LineSearch::StrongWolfe { decrease, curvature, max_trials } => wolfe(name, decrease, curvature, max_trials),
            LineSearch::Grid { halvings } => {
                let what = format_args!("halvings of {name}");
                Error::require(
                    halvings <= 1000,
                    what,
                    format_args!("2 to the minus {halvings} is nothing; 30 is usual"),
                )
            }
        }
    }

    /// Searches along the step of `state`, along which f starts with slope `slope`.
    pub(crate) fn search<T: Scalar>(
        self,
        residuals: &mut dyn Residuals<T>,
        state: &mut FitState<T>,
        slope: f64,
    ) -> Result<Searched> {
        match self {
            LineSearch::Armijo { decrease, max_trials } => halve(residuals, state, max_trials, Some(decrease), slope),
            LineSearch::Grid { halvings } => halve(residuals, state, halvings as usize + 1, None, slope),
            LineSearch::StrongWolfe { decrease, curvature, max_trials } => {
                let noise = 4.0 * T::EPSILON.to_f64() * state.value;
                let wolfe = Wolfe { decrease, curvature, noise, lowest: state.value, evaluations: max_trials };
                let origin = Point { step: 0.0, value: state.value, slope };
                let mut last = state.value;
                let found = wolfe.search(origin, 1.0, |eta| {
                    let value = match state.evaluate(residuals, T::of(eta))? {
                        Trial::Inside(value) => value,
                        Trial::Outside => return Ok(Trial::Outside),
                        Trial::Unmoved => return Ok(Trial::Unmoved),
                    };
                    last = value;
                    let slope = in_domain(slope_at_trial(residuals, state))?.filter(|slope| slope.is_finite());
                    Ok(slope.map_or(Trial::Outside, |slope| Trial::Inside((value, slope))))
                })?;
                match found {
                    Found::Accepted(eta) => Ok(Searched::Found(eta, last)),
                    Found::Decreased(eta) => Ok(match state.evaluate(residuals, T::of(eta))? {
                        Trial::Inside(value) => Searched::Found(eta, value),
                        _ => Searched::Failed { all_outside: false },
                    }),
                    // Of squares, whose sum ends at 0, none is.
                    Found::Unbounded => Ok(Searched::Failed { all_outside: false }),
                    Found::Failed { all_outside } => Ok(Searched::Failed { all_outside }),
                }
            }
        }
    }
}

/// The first of η = 1, ½, ¼, … with enough of a `decrease`, if given, else that with the lowest f.
fn halve<T: Scalar>(
    residuals: &mut dyn Residuals<T>,
    state: &mut FitState<T>,
    trials: usize,
    decrease: Option<f64>,
    slope: f64,
) -> Result<Searched> {
    let (start, mut lowest, mut best, mut last) = (state.value, state.value, None, None);
    let (mut eta, mut inside, mut outside) = (1.0, false, false);
    for _ in 0..trials {
        match state.evaluate(residuals, T::of(eta))? {
            Trial::Inside(value) => {
                inside = true;
                if value < lowest && decrease.is_none_or(|decrease| value <= start + decrease * eta * slope) {
                    (lowest, best) = (value, Some(eta));
                }
            }
            Trial::Outside => outside = true,
            Trial::Unmoved => break,
        }
        last = Some(eta);
        if decrease.is_some() && best.is_some() {
            break;
        }
        eta *= 0.5;
    }
    let Some(eta) = best else { return Ok(Searched::Failed { all_outside: outside && !inside }) };
    if best != last {
        // What is accepted is evaluated last.
        state.evaluate(residuals, T::of(eta))?;
    }
    Ok(Searched::Found(eta, lowest))
}

/// φ′ = 2 r · J δ at the trial point.
fn slope_at_trial<T: Scalar>(residuals: &mut dyn Residuals<T>, state: &mut FitState<T>) -> Result<f64> {
    let scratch = &mut state.scratch;
    let product = &mut scratch.large[0];
    product.resize(state.residual_count, T::zero());
    residuals.jacobian_vector(&scratch.parameters, &scratch.step, product)?;
    Ok(2.0 * dot(&scratch.residuals, product))
}
