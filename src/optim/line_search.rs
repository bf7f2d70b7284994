//! A line search for the strong Wolfe conditions that keeps working below the rounding error of the function.
//!
//! Along a descent direction, φ(α) = f(x + αd), the step α is accepted once φ(α) ≤ φ(0) + c₁αφ′(0) and |φ′(α)| ≤
//! c₂|φ′(0)|. It is bracketed and then narrowed down by safeguarded cubic interpolation (Nocedal and Wright, 2006,
//! algorithms 3.5 and 3.6; the safeguard that the bracket has to shrink by a third in two trials is from Moré and
//! Thuente, 1994). Near a minimum the differences of φ drown in rounding long before those of φ′ do: there values that
//! differ by less than the noise count as equal, and the derivative alone decides, which is the approximate Wolfe
//! condition (2c₁−1)φ′(0) ≥ φ′(α) ≥ c₂φ′(0) of Hager and Zhang (2005). A trial where φ is not finite lies outside the
//! domain and shortens the step.

#[cfg(test)]
mod tests;

use crate::Result;

/// The factor by which a trial outside the domain shortens the step, and the narrowest part of the
/// bracket on either side that a trial leaves.
const BACK: f64 = 0.2;
const MARGIN: f64 = 0.05;

/// What the search is to fulfil.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wolfe {
    /// c₁
    pub decrease: f64,
    /// c₂
    pub curvature: f64,
    /// Differences of φ up to this are rounding.
    pub noise: f64,
    /// The lowest φ seen so far: with noise allowed, values may not creep up from there.
    pub lowest: f64,
    /// The most evaluations.
    pub evaluations: usize,
}

/// φ at one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub step: f64,
    pub value: f64,
    pub slope: f64,
}

/// What is found at a trial step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trial<V> {
    Inside(V),
    /// Outside the domain.
    Outside,
    /// The step is so short that it changes no parameter.
    Unmoved,
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// This step fulfils the conditions and was evaluated last.
    Accepted(f64),
    /// This step decreases φ enough, but the curvature condition was not reached. Another one was evaluated after it.
    Decreased(f64),
    /// φ still descended where it had swamped what it was at the start: it has no minimum this way.
    Unbounded,
    /// No step was found; all trials were outside the domain, or not.
    Failed { all_outside: bool },
}

impl Wolfe {
    /// Searches from φ(0) (`origin`, with negative slope), trying the step `first` first; `evaluate` gives φ and φ′.
    pub(super) fn search(
        &self,
        origin: Point,
        first: f64,
        mut evaluate: impl FnMut(f64) -> Result<Trial<(f64, f64)>>,
    ) -> Result<Found> {
        // The best point so far, and the other end of the bracket: known, or merely outside.
        let mut low = origin;
        let mut high: Option<Point> = None;
        let mut wall = f64::INFINITY;
        let mut decreased = None;
        let mut all_outside = true;
        let mut step = first;
        let mut widths = [f64::INFINITY; 2];

        for _ in 0..self.evaluations {
            let (value, slope) = match evaluate(step)? {
                Trial::Inside(found) => found,
                Trial::Outside => {
                    wall = step;
                    step = low.step + BACK * (step - low.step);
                    if step <= low.step {
                        break;
                    }
                    continue;
                }
                Trial::Unmoved if high.is_none() && wall.is_infinite() && step < 1e300 => {
                    step *= 1e4;
                    continue;
                }
                Trial::Unmoved => break,
            };
            all_outside = false;
            let trial = Point { step, value, slope };
            let armijo = value <= origin.value + self.decrease * step * origin.slope;
            let level = (value - origin.value).abs() <= self.noise && value <= self.lowest + self.noise;
            if (armijo || level) && slope.abs() <= self.curvature * -origin.slope {
                return Ok(Found::Accepted(step));
            }
            if armijo && decreased.is_none_or(|best: Point| value < best.value) {
                decreased = Some(trial);
            }

            if !(armijo || level) || value > low.value + self.noise {
                high = Some(trial);
            } else {
                // The minimum lies on the side to which φ descends from the trial.
                let towards_high = high.map_or(1.0, |h| h.step - low.step);
                if slope * towards_high >= 0.0 {
                    high = Some(low);
                }
                let previous = std::mem::replace(&mut low, trial);
                if high.is_none() {
                    if step > first / f64::EPSILON && value < -origin.value.abs() / f64::EPSILON {
                        return Ok(Found::Unbounded);
                    }
                    step = expand(previous, low, wall);
                    if !step.is_finite() || step <= low.step {
                        break;
                    }
                    continue;
                }
            }
            let Some(end) = high else { break };
            let width = (end.step - low.step).abs();
            if width <= f64::EPSILON * low.step.max(end.step) {
                break;
            }
            step =
                if width > 0.66 * widths[0] { low.step + 0.5 * (end.step - low.step) } else { self.narrow(low, end) };
            widths = [widths[1], width];
        }
        Ok(match decreased {
            Some(point) if point.value < origin.value => Found::Decreased(point.step),
            _ => Found::Failed { all_outside: all_outside && wall.is_finite() },
        })
    }

    /// A step inside the bracket.
    fn narrow(&self, low: Point, high: Point) -> f64 {
        let width = high.step - low.step;
        let measurable = (high.value - low.value).abs() > self.noise;
        let guess = if measurable { cubic_minimum(low, high) } else { None };
        let guess = guess.or_else(|| secant(low, high)).unwrap_or(low.step + 0.5 * width);
        let (a, b) = (low.step + MARGIN * width, high.step - MARGIN * width);
        guess.clamp(a.min(b), a.max(b))
    }
}

/// The next step beyond `last`, where φ still descends.
fn expand(previous: Point, last: Point, wall: f64) -> f64 {
    let stride = last.step - previous.step;
    let guess = secant(previous, last).filter(|guess| *guess > last.step).unwrap_or(f64::INFINITY);
    let step = guess.clamp(last.step + 1.1 * stride, last.step + 4.0 * stride);
    if step < wall { step } else { last.step + 0.5 * (wall - last.step) }
}

/// The minimiser of the cubic through two values and slopes.
fn cubic_minimum(a: Point, b: Point) -> Option<f64> {
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step);
    let d2 = (b.step - a.step).signum() * (d1 * d1 - a.slope * b.slope).sqrt();
    let step = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2));
    step.is_finite().then_some(step)
}

/// Where the straight line through two slopes vanishes, if φ is convex along it.
fn secant(a: Point, b: Point) -> Option<f64> {
    let curvature = (b.slope - a.slope) / (b.step - a.step);
    let step = a.step - a.slope / curvature;
    (curvature > 0.0 && step.is_finite()).then_some(step)
}
