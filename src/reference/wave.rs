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
/// The most pieces the integral is cut into to begin with, on the line, and on each length of a string.
const MAX_PIECES: f64 = 4096.0;
const STRING_PIECES: u32 = 8;
/// The most halvings.
const HALVINGS: u32 = 1 << 16;
/// The most of ∫ |g| that may be left unresolved.
const UNRESOLVED: f64 = 1e-6;

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
    /// [`Error::InvalidArgument`] unless the speed is positive, the interval finite and f zero at its ends, to 1e-8 of its
    /// largest value.
    pub fn on_string(speed: f64, interval: Range<f64>, displacement: F, velocity: G) -> Result<Self> {
        let Range { start, end } = interval;
        if !(start < end && (end - start).is_finite()) {
            return Err(Error::invalid(
                "interval of WaveSolution",
                format!("{start}..{end} is no string; give start < end"),
            ));
        }
        let inside = (1..64).map(|k| start + (end - start) * f64::from(k) / 64.0);
        let size = inside.map(|x| displacement(x).abs()).fold(0.0, f64::max);
        for x in [start, end] {
            let value = displacement(x);
            if value.is_nan() || value.abs() > 1e-8 * size {
                let reason = format!("f({x}) = {value}, but the string is held at 0 there; make the two agree");
                return Err(Error::invalid("displacement of WaveSolution", reason));
            }
        }
        Ok(WaveSolution { string: Some(start..end), ..Self::on_line(speed, displacement, velocity)? })
    }

    /// u(x, t), t of any sign. The integral of g is by Gauss–Legendre rules on eighths of the string's length, or on pieces
    /// of length one on the line (longer beyond 4096), halved until the halves agree with the whole: exact to rounding,
    /// but for a g that is zero at all points of a piece. NaN where g is not resolved to a millionth after 65 536 halvings.
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
                let cuts: Vec<f64> = std::iter::once(low).chain(corners).chain([high]).collect();
                let between = |pair: &[f64]| {
                    let [from, to] = [pair[0], pair[1]];
                    (0..STRING_PIECES).map(move |k| from + (to - from) * f64::from(k) / f64::from(STRING_PIECES))
                };
                cuts.windows(2).flat_map(between).chain([high]).collect()
            }
            None => {
                let pieces = (high - low).ceil().clamp(1.0, MAX_PIECES) as u32;
                let cut = |i| low + (high - low) * f64::from(i) / f64::from(pieces);
                (0..=pieces).map(cut).collect()
            }
        };
        let mut found = Found { sum: 0.0, size: 0.0, unresolved: 0.0, halvings: HALVINGS };
        for pair in cuts.windows(2) {
            self.resolve(pair[0], pair[1], self.piece(pair[0], pair[1]), &mut found);
        }
        if found.unresolved <= UNRESOLVED * found.size { sign * found.sum } else { f64::NAN }
    }

    /// ∫ g and ∫ |g| from a to b by one rule.
    fn piece(&self, a: f64, b: f64) -> [f64; 2] {
        let (mut sum, mut size) = (0.0, 0.0);
        for (s, w) in self.rule.points().iter().zip(self.rule.weights()) {
            let value = (b - a) * w * self.continued(&self.velocity, a + (b - a) * s);
            sum += value;
            size += value.abs();
        }
        [sum, size]
    }

    /// Adds ∫ g from a to b, of which one rule makes `whole`, in halves that agree with their whole to the rounding of the
    /// points.
    fn resolve(&self, a: f64, b: f64, whole: [f64; 2], found: &mut Found) {
        let middle = a + 0.5 * (b - a);
        let [left, right] = [self.piece(a, middle), self.piece(middle, b)];
        let (sum, size) = (left[0] + right[0], left[1] + right[1]);
        let apart = (sum - whole[0]).abs();
        let agree = apart <= 16.0 * f64::EPSILON * (1.0 + a.abs().max(b.abs()) / (b - a)) * size;
        if agree || found.halvings == 0 || !apart.is_finite() {
            found.sum += sum;
            found.size += size;
            found.unresolved += if agree { 0.0 } else { apart };
            return;
        }
        found.halvings -= 1;
        self.resolve(a, middle, left, found);
        self.resolve(middle, b, right, found);
    }
}

/// What has been found of an integral.
struct Found {
    sum: f64,
    /// ∫ |g|
    size: f64,
    /// By how much halves and wholes differ that were taken as they are.
    unresolved: f64,
    halvings: u32,
}

#[cfg(test)]
mod tests;
