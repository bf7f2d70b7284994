//! Whether what is left to gain can still be told from rounding.

#[cfg(test)]
mod tests;

use crate::optim::line_search::Trial;
use crate::optim::objective::in_domain;
use crate::{Result, Scalar};

use super::{FitState, Method, Residuals};

/// A step that gains what less damping promises; the trial point is in place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LessDamped {
    pub damping: f64,
    /// The relative decrease of f that it promises.
    pub predicted: f64,
    /// f at its end.
    pub value: f64,
}

impl<T: Scalar> FitState<T> {
    /// Whether the fit is as good as the arithmetic allows: the linear model promises less than rounding does to f.
    pub(crate) fn is_rounding(&mut self, residuals: &mut dyn Residuals<T>) -> Result<bool> {
        Ok(self.predicted * self.value <= self.noise(residuals)?)
    }

    /// What a change of every parameter in its last digit does to f, |f(θ + ε) − f(θ)| ≤ 2 |r| |Δr| + |Δr|², and the
    /// rounding of f itself.
    fn noise(&mut self, residuals: &mut dyn Residuals<T>) -> Result<f64> {
        let FitState { parameters, residuals: here, scratch, .. } = self;
        for (i, (trial, &parameter)) in scratch.parameters.iter_mut().zip(&*parameters).enumerate() {
            let sign = if i % 2 == 0 { T::one() } else { -T::one() };
            *trial = parameter + sign * T::EPSILON * parameter;
        }
        let inside = in_domain(residuals.residuals(&scratch.parameters, &mut scratch.residuals))?;
        let squares = here.iter().zip(&scratch.residuals).map(|(&a, &b)| (a - b).to_f64().powi(2));
        let square = inside.map_or(f64::NAN, |()| squares.sum());
        Ok(4.0 * T::EPSILON.to_f64() * self.value + 2.0 * (self.value * square).sqrt() + square)
    }

    /// A damped step promises little where little is left to gain, but also where the damping is large for JᵀJ, of
    /// which it says nothing. So the damping is sought, below that of the state, where a step promises what can be told
    /// from rounding; and if the step then gains half of that, it was the damping. The state is left as it was.
    pub(crate) fn less_damped(
        &mut self,
        method: &(impl Method<T> + ?Sized),
        residuals: &mut dyn Residuals<T>,
    ) -> Result<Option<LessDamped>> {
        let (present, evaluations) = (self.damping, self.counts.evaluations);
        let found = self.search_below(present, method, residuals);
        (self.damping, self.counts.evaluations) = (present, evaluations);
        found
    }

    fn search_below(
        &mut self,
        present: f64,
        method: &(impl Method<T> + ?Sized),
        residuals: &mut dyn Residuals<T>,
    ) -> Result<Option<LessDamped>> {
        let enough = (4.0 * self.noise(residuals)? / self.value).max(T::EPSILON.to_f64().sqrt());
        let (mut low, mut high) = (T::min_positive_value().to_f64(), present);
        // The promise falls with the damping. NaN, and noise beyond f, promise nothing.
        let sought = enough < 1.0 && low < high;
        if !sought || self.promises_less(enough, low, method, residuals)? {
            return Ok(None);
        }
        while high > 10.0 * low {
            let middle = low.sqrt() * high.sqrt();
            match self.promises_less(enough, middle, method, residuals)? {
                true => high = middle,
                false => low = middle,
            }
        }
        self.damping = low;
        let Some(predicted) = method.straight_step(residuals, self)? else { return Ok(None) };
        Ok(match self.evaluate(residuals, T::one())? {
            Trial::Inside(value) if value <= self.value - 0.5 * predicted * self.value => {
                Some(LessDamped { damping: low, predicted, value })
            }
            _ => None,
        })
    }

    /// Whether the step for a damping that the arithmetic bears promises less than that.
    fn promises_less(
        &mut self,
        enough: f64,
        damping: f64,
        method: &(impl Method<T> + ?Sized),
        residuals: &mut dyn Residuals<T>,
    ) -> Result<bool> {
        self.damping = damping;
        Ok(method.straight_step(residuals, self)?.is_some_and(|predicted| predicted < enough))
    }
}
