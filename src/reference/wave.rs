//! The exact solution of the wave equation in one dimension.

use std::ops::Range;

use crate::quadrature::Quadrature;
use crate::{Error, Result};

/// u_tt = c² u_xx from u(x, 0) = f(x), u_t(x, 0) = g(x), on the whole line or on a string held at zero at both ends, by
/// the formula of d'Alembert (1747):
///
/// ```text
/// u(x, t) = ½ [f(x − ct) + f(x + ct)] + 1/(2c) ∫_{x−ct}^{x+ct} g
/// ```
///
/// On a string f and g are continued to odd functions of period twice its length.
///
/// ```
/// use eigennet::reference::WaveSolution;
/// use std::f64::consts::PI;
/// let string = WaveSolution::on_string(2.0, 0.0..1.0, |x| (PI * x).sin(), |_| 0.0)?;
/// assert!((string.value(0.3, 0.7) - (PI * 0.3).sin() * (2.0 * PI * 0.7).cos()).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WaveSolution<F, G> {
    speed: f64,
    string: Option<Range<f64>>,
    displacement: F,
    velocity: G,
    rule: Quadrature<f64>,
}

/// Gauss–Legendre points on each piece of the integral of g.
const POINTS: usize = 32;
/// The most pieces the integral is cut into.
const MAX_PIECES: f64 = 64.0;

impl<F: Fn(f64) -> f64, G: Fn(f64) -> f64> WaveSolution<F, G> {
    /// On the whole line, with speed c.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the speed is positive and finite.
    pub fn on_line(speed: f64, displacement: F, velocity: G) -> Result<Self> {
        if !(speed > 0.0 && speed.is_finite()) {
            return Err(Error::invalid("speed of WaveSolution", format!("{speed} is not positive; give c, not c²")));
        }
        let rule = Quadrature::gauss_legendre(POINTS, 0.0..1.0)?;
        Ok(WaveSolution { speed, string: None, displacement, velocity, rule })
    }

    /// On a string over `interval`, held at zero at both ends; f and g are only asked there.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless the speed is positive, the interval finite and f zero at its ends.
    pub fn on_string(speed: f64, interval: Range<f64>, displacement: F, velocity: G) -> Result<Self> {
        let Range { start, end } = interval;
        if !(start < end && (end - start).is_finite()) {
            return Err(Error::invalid(
                "interval of WaveSolution",
                format!("{start}..{end} is no string; give start < end"),
            ));
        }
        for x in [start, end] {
            let value = displacement(x);
            if value.is_nan() || value.abs() > 1e-8 {
                let reason = format!("f({x}) = {value}, but the string is held at 0 there; make the two agree");
                return Err(Error::invalid("displacement of WaveSolution", reason));
            }
        }
        Ok(WaveSolution { string: Some(start..end), ..Self::on_line(speed, displacement, velocity)? })
    }

    /// u(x, t), t of any sign. The integral of g is by Gauss–Legendre rules on pieces of the string's length, or of
    /// length at most one on the line: exact to rounding for smooth g.
    pub fn value(&self, x: f64, t: f64) -> f64 {
        let reach = self.speed * t;
        let moved =
            0.5 * (self.continued(&self.displacement, x - reach) + self.continued(&self.displacement, x + reach));
        moved + self.integral(x - reach, x + reach) / (2.0 * self.speed)
    }

    /// `function` at `x`, reflected into the string.
    fn continued(&self, function: &impl Fn(f64) -> f64, x: f64) -> f64 {
        let Some(Range { start, end }) = &self.string else { return function(x) };
        let length = end - start;
        let place = (x - start).rem_euclid(2.0 * length);
        if place <= length { function(start + place) } else { -function(end - (place - length)) }
    }

    /// ∫ g from `from` to `to`, cut where the continuation has its corners.
    fn integral(&self, from: f64, to: f64) -> f64 {
        if from == to || !(to - from).is_finite() {
            return if from == to { 0.0 } else { f64::NAN };
        }
        let (low, high, sign) = if from < to { (from, to, 1.0) } else { (to, from, -1.0) };
        let cuts: Vec<f64> = match &self.string {
            Some(Range { start, end }) => {
                let length = end - start;
                // A whole period of an odd function has no integral.
                let high = low + (high - low) % (2.0 * length);
                let first = ((low - start) / length).floor() + 1.0;
                let corners = (0..3).map(|i| start + (first + f64::from(i)) * length).filter(|x| *x < high);
                std::iter::once(low).chain(corners).chain([high]).collect()
            }
            None => {
                let pieces = (high - low).ceil().clamp(1.0, MAX_PIECES) as u32;
                let cut = |i| low + (high - low) * f64::from(i) / f64::from(pieces);
                (0..=pieces).map(cut).collect()
            }
        };
        let piece =
            |a: f64, b: f64| (b - a) * self.rule.integrate(|s| self.continued(&self.velocity, a + (b - a) * s[0]));
        sign * cuts.windows(2).map(|pair| piece(pair[0], pair[1])).sum::<f64>()
    }
}

#[cfg(test)]
mod tests;
