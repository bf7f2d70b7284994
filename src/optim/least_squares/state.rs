//! Everything a minimisation of a sum of squares needs to go on: saved and read back, it continues bit for bit.

use crate::container::Container;
use crate::linalg::Matrix;
use crate::optim::StopReason;
use crate::optim::first_gradient::FirstGradient;
use crate::optim::line_search::Trial;
use crate::optim::objective::{in_domain, is_curable};
use crate::optim::vector::{all_finite, check_finite, max_abs, place, relative_change};
use crate::par::dot;
use crate::{Error, Result, Scalar};

use super::{Damped, Residuals, multiply_transposed};

/// A minimisation of `f = Σ rᵢ²` between two iterations.
#[derive(Debug, Clone)]
pub struct FitState<T> {
    /// The method it belongs to.
    pub(crate) method: &'static str,
    pub(crate) parameters: Vec<T>,
    pub(crate) value: f64,
    /// max |∂f/∂θᵢ| where the run began.
    pub(crate) first_gradient: FirstGradient,
    pub(crate) damping: f64,
    /// The last change of the parameters, relative to their size; infinite before the first.
    pub(crate) moved: f64,
    /// The relative decrease predicted for the last step, or the first of those rejected in a row; infinite before
    /// there is one.
    pub(crate) predicted: f64,
    /// What a method with momentum remembers, `[p]`; else empty.
    pub(crate) momentum: Vec<T>,
    /// For a method that may climb: the lowest value seen, and where, `[p]`; else empty.
    pub(crate) lowest: f64,
    pub(crate) best: Vec<T>,
    /// Where points were last drawn anew, `[p]`; else empty.
    pub(crate) drawn_at: Vec<T>,
    pub(crate) counts: Counts,
    /// m.
    pub(crate) residual_count: usize,
    /// `2 Jᵀ r` and `r` at the parameters. They and what follows are recomputed after loading.
    pub(crate) gradient: Vec<T>,
    pub(crate) residuals: Vec<T>,
    pub(crate) scratch: Scratch<T>,
}

/// What the optimisers of [`Residuals`](super::Residuals) report after each iteration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FitProgress<'a, T> {
    /// Iterations made since the start, this one included.
    pub iteration: usize,
    /// Evaluations of the residuals since the start, with or without Jacobian.
    pub evaluations: usize,
    /// f = Σ rᵢ².
    pub value: f64,
    /// max |∂f/∂θᵢ|.
    pub gradient_norm: f64,
    /// The damping λ or μ that the next iteration starts with.
    pub damping: f64,
    /// Multiple of the computed step that was taken, 0 if it was rejected.
    pub step: f64,
    /// θ, `[p]`.
    pub parameters: &'a [T],
    /// Everything needed to go on from here: save it for a checkpoint.
    pub state: &'a FitState<T>,
}

/// How often what has happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Counts {
    pub iterations: u64,
    pub accepted: u64,
    pub evaluations: u64,
    /// Accepted steps in a row that decreased the value less than its tolerance.
    pub stalled: u64,
    /// Steps rejected in a row, and those of them that led outside the domain.
    pub rejected: u64,
    pub outside: u64,
    /// How often points were drawn anew.
    pub draws: u64,
}

/// What carries nothing from one iteration to the next but saves the recomputation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch<T> {
    /// Whether gradient and residuals are those of the parameters.
    pub linearized: bool,
    /// Whether the Jacobian is, too.
    pub dense: bool,
    /// Whether `damped` was prepared for the Jacobian.
    pub prepared: bool,
    pub jacobian: Matrix<T>,
    pub damped: Damped<T>,
    /// −Jᵀr, and the step, `[p]`.
    pub descent: Vec<T>,
    pub step: Vec<T>,
    /// A diagonal `[p]`, vectors `[p]` and `[m]`: room for a step and its corrections.
    pub scale: Vec<T>,
    pub small: [Vec<T>; 3],
    pub large: [Vec<T>; 2],
    /// The trial point, and r there.
    pub parameters: Vec<T>,
    pub residuals: Vec<T>,
}

impl<T: Scalar> FitState<T> {
    /// Evaluates `residuals` at `parameters`, the start.
    #[inline(never)]
    pub(crate) fn new(
        method: &'static str,
        residuals: &mut dyn Residuals<T>,
        parameters: &[T],
        damping: f64,
        dense: bool,
    ) -> Result<Self> {
        let (m, p) = (residuals.residual_count(), residuals.parameter_count());
        Error::same_shape("start of a fit", &[parameters.len()], &[p])?;
        check_finite(format_args!("parameters that {method} starts from"), parameters)?;
        let room = Vec::<T>::new().try_reserve_exact(m).is_ok();
        Error::require(room, "residual_count", format_args!("there is no memory for {m} residuals"))?;
        let mut state = FitState {
            parameters: parameters.to_vec(),
            damping,
            moved: f64::INFINITY,
            predicted: f64::INFINITY,
            ..Self::blank(method, m)
        };
        state.linearize(residuals, dense, false)?;
        state.first_gradient = FirstGradient::of(&state.gradient);
        state.value = value_of(&state.residuals);
        state.lowest = state.value;
        check_finite(format_args!("sum of the squared residuals where {method} starts"), &[state.value])?;
        Ok(state)
    }

    /// A state without parameters, of `m` residuals.
    fn blank(method: &'static str, m: usize) -> Self {
        FitState {
            method,
            parameters: Vec::new(),
            value: 0.0,
            first_gradient: FirstGradient::UNIT,
            damping: 0.0,
            moved: 0.0,
            predicted: 0.0,
            momentum: Vec::new(),
            lowest: 0.0,
            best: Vec::new(),
            drawn_at: Vec::new(),
            counts: Counts::default(),
            residual_count: m,
            gradient: Vec::new(),
            residuals: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// r, 2Jᵀr and (if `dense`) J at the parameters, all finite; r may be in the scratch already, `evaluated` last.
    ///
    /// # Errors
    /// [`Error::NonFinite`] where they are not, [`Error::Shape`] for a Jacobian of the wrong shape,
    /// and what the residuals answer.
    pub(crate) fn linearize(&mut self, residuals: &mut dyn Residuals<T>, dense: bool, evaluated: bool) -> Result<()> {
        let FitState { method, parameters, gradient, residuals: values, scratch, counts, .. } = self;
        let (m, p) = (self.residual_count, parameters.len());
        for vector in [&mut *gradient, &mut scratch.descent, &mut scratch.step, &mut scratch.parameters] {
            vector.resize(p, T::zero());
        }
        for vector in [&mut *values, &mut scratch.residuals] {
            vector.resize(m, T::zero());
        }
        (scratch.linearized, scratch.dense, scratch.prepared) = (false, false, false);
        counts.evaluations = counts.evaluations.saturating_add(u64::from(dense || !evaluated));
        let mut here = || -> Result<()> {
            if dense {
                residuals.residuals_and_jacobian(parameters, values, &mut scratch.jacobian)?;
                Error::same_shape("Residuals::residuals_and_jacobian", &scratch.jacobian.shape(), &[m, p])?;
                return multiply_transposed(&scratch.jacobian, values, gradient);
            }
            if evaluated {
                values.copy_from_slice(&scratch.residuals);
            } else {
                residuals.residuals(parameters, values)?;
            }
            residuals.jacobian_transpose_vector(parameters, values, gradient)
        };
        here()?;
        for (d, g) in scratch.descent.iter_mut().zip(&mut *gradient) {
            *d = -*g;
            *g = T::of(2.0) * *g;
        }
        // What is not finite anywhere shows in the gradient.
        if !all_finite(gradient) {
            check_finite(format_args!("residuals that {method} works on"), values)?;
            if dense {
                check_finite(format_args!("Jacobian that {method} works on"), scratch.jacobian.as_slice())?;
            }
            check_finite(format_args!("gradient that {method} works on"), gradient)?;
        }
        (scratch.linearized, scratch.dense) = (true, dense);
        Ok(())
    }

    /// Whether the points are to be drawn anew before the next iteration, after every `resample` of them.
    pub(crate) fn is_due(&self, resample: usize) -> bool {
        let due = self.counts.iterations.checked_div(resample as u64);
        due.is_some_and(|due| due > self.counts.draws)
    }

    /// Goes on at the same parameters, on points drawn anew: f is another, and what was remembered of it forgotten.
    pub(crate) fn draw_points(&mut self, residuals: &mut dyn Residuals<T>, dense: bool) -> Result<()> {
        residuals.draw_points(&self.parameters, self.counts.draws.saturating_add(1))?;
        self.drawn_at.clone_from(&self.parameters);
        self.counts.draws = self.counts.draws.saturating_add(1);
        (self.counts.stalled, self.counts.rejected, self.counts.outside) = (0, 0, 0);
        self.best.clear();
        self.linearize(residuals, dense, false)?;
        self.value = value_of(&self.residuals);
        self.lowest = self.value;
        Ok(())
    }

    /// Puts the trial point at `parameters + multiple · step`; whether that moves any parameter.
    pub(crate) fn place(&mut self, multiple: T) -> bool {
        let scratch = &mut self.scratch;
        place(&mut scratch.parameters, &self.parameters, multiple, &scratch.step)
    }

    /// f at `parameters + multiple · step`, with r in the scratch.
    pub(crate) fn evaluate(&mut self, residuals: &mut dyn Residuals<T>, multiple: T) -> Result<Trial<f64>> {
        if !self.place(multiple) {
            return Ok(Trial::Unmoved);
        }
        let scratch = &mut self.scratch;
        if !all_finite(&scratch.parameters) {
            return Ok(Trial::Outside);
        }
        self.counts.evaluations = self.counts.evaluations.saturating_add(1);
        let inside = in_domain(residuals.residuals(&scratch.parameters, &mut scratch.residuals))?;
        let value = inside.map_or(f64::NAN, |()| dot(&scratch.residuals, &scratch.residuals));
        Ok(if value.is_finite() { Trial::Inside(value) } else { Trial::Outside })
    }

    /// Makes the trial point, where f is `value` (`None`: not evaluated), the current one; `false` and back if
    /// residuals or derivatives are not finite there. Changes up to `tolerance · f` count as stalled.
    ///
    /// # Errors
    /// What the residuals answer that no shorter step can cure; the parameters are then the last good ones.
    pub(crate) fn accept(
        &mut self,
        residuals: &mut dyn Residuals<T>,
        value: Option<f64>,
        dense: bool,
        tolerance: f64,
    ) -> Result<bool> {
        std::mem::swap(&mut self.parameters, &mut self.scratch.parameters);
        if let Err(error) = self.linearize(residuals, dense, value.is_some()) {
            std::mem::swap(&mut self.parameters, &mut self.scratch.parameters);
            if !is_curable(&error) {
                return Err(error);
            }
            self.linearize(residuals, dense, false)?;
            return Ok(false);
        }
        let value = value.unwrap_or_else(|| value_of(&self.residuals));
        self.moved = relative_change(&self.scratch.parameters, &self.parameters);
        let least = tolerance.max(4.0 * T::EPSILON.to_f64());
        let stalled = (self.value - value).abs() <= least * self.value.max(value);
        let counts = &mut self.counts;
        counts.stalled = if stalled { counts.stalled.saturating_add(1) } else { 0 };
        counts.accepted = counts.accepted.saturating_add(1);
        (counts.rejected, counts.outside) = (0, 0);
        self.value = value;
        if value < self.lowest {
            self.lowest = value;
            if !self.best.is_empty() {
                self.best.copy_from_slice(&self.parameters);
            }
        }
        Ok(true)
    }

    /// Why no step was found, once it has become as short as can be.
    pub(crate) fn given_up(&self) -> StopReason {
        let predicted = self.predicted;
        if self.counts.outside > 0 && self.counts.outside >= self.counts.rejected {
            StopReason::NonFinite
        } else if predicted <= T::EPSILON.to_f64().sqrt() {
            // The value is wrong by more than its last digit, as residuals with cancellation are.
            StopReason::RoundingLimit
        } else {
            StopReason::NoDecrease { predicted }
        }
    }

    /// The decrease of f that the linear model predicts for the step `δ` of the damping μ:
    /// `|r|² − |r + Jδ|² = δᵀ(−Jᵀr) + μ δᵀδ`.
    pub(crate) fn predict(&self) -> f64 {
        let scratch = &self.scratch;
        dot(&scratch.step, &scratch.descent) + self.damping * dot(&scratch.step, &scratch.step)
    }

    /// θ, `[p]`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The parameters of the lowest value seen, `[p]`: the last ones, except for a method that may climb.
    pub fn best_parameters(&self) -> &[T] {
        if self.best.is_empty() { &self.parameters } else { &self.best }
    }

    /// f(θ) = Σ rᵢ².
    pub fn value(&self) -> f64 {
        self.value
    }

    /// max |∂f/∂θᵢ|; 0 after loading, until the minimisation goes on.
    pub fn gradient_norm(&self) -> f64 {
        max_abs(&self.gradient)
    }

    /// Iterations made.
    pub fn iterations(&self) -> usize {
        self.counts.iterations as usize
    }

    /// Writes the state, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    #[inline(never)]
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        container.insert_text(format!("{prefix}/method"), self.method)?;
        container.insert(format!("{prefix}/parameters"), &[self.parameters.len()], &self.parameters)?;
        container.insert(format!("{prefix}/momentum"), &[self.momentum.len()], &self.momentum)?;
        container.insert(format!("{prefix}/best"), &[self.best.len()], &self.best)?;
        container.insert_number(format!("{prefix}/residuals"), self.residual_count as u64)?;
        let measures = [self.value, self.lowest, self.damping, self.moved, self.predicted];
        container.insert(format!("{prefix}/measures"), &[5], &measures)?;
        self.first_gradient.save(container, prefix)?;
        container.insert(format!("{prefix}/drawn_at"), &[self.drawn_at.len()], &self.drawn_at)?;
        let Counts { iterations, accepted, evaluations, stalled, rejected, outside, draws } = self.counts;
        let counts = [iterations, accepted, evaluations, stalled, rejected, outside, draws];
        container.insert(format!("{prefix}/counts"), &[7], &counts)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`] or [`Error::Corrupt`] if the sections are
    /// missing, of another type, or do not fit together.
    #[inline(never)]
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let known = ["LevenbergMarquardt", "GaussNewton", "Spring"];
        let name = container.text(&get("method"))?;
        let method = known.into_iter().find(|known| *known == name).unwrap_or_default();
        Error::intact(!method.is_empty(), format_args!("an unknown method under {prefix}"))?;
        let parameters = container.get::<T>(&get("parameters"))?.to_vec();
        let momentum = container.get::<T>(&get("momentum"))?.to_vec();
        let best = container.get::<T>(&get("best"))?.to_vec();
        let residual_count = usize::try_from(container.number::<u64>(&get("residuals"))?).unwrap_or(usize::MAX);
        let [value, lowest, damping, moved, predicted] = container.array::<f64, 5>(&get("measures"))?;
        let first_gradient = FirstGradient::load(container, prefix)?;
        let drawn_at = container.get::<T>(&get("drawn_at"))?.to_vec();
        let [iterations, accepted, evaluations, stalled, rejected, outside, draws] =
            container.array::<u64, 7>(&get("counts"))?;
        let fit =
            [&momentum, &best, &drawn_at].iter().all(|vector| vector.is_empty() || vector.len() == parameters.len());
        Error::intact(fit, format_args!("vectors of different lengths under {prefix}"))?;
        let finite = [&parameters, &momentum, &best, &drawn_at].iter().all(|vector| all_finite(vector));
        let in_range = finite && [value, lowest, damping].iter().all(|v| v.is_finite() && *v >= 0.0);
        Error::intact(in_range, format_args!("a number out of range under {prefix}"))?;
        let counts = Counts { iterations, accepted, evaluations, stalled, rejected, outside, draws };
        let blank = Self::blank(method, residual_count);
        let state = FitState { parameters, value, first_gradient, damping, moved, predicted, momentum, ..blank };
        Ok(FitState { lowest, best, drawn_at, counts, ..state })
    }
}

/// Σ rᵢ² of the values of `residuals`, summed in `f64`.
pub(crate) fn value_of<T: Scalar>(values: &[T]) -> f64 {
    dot(values, values)
}
