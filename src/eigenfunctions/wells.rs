//! Where a level may hide: Gaussians in the wells of a potential, which bound the lowest levels from above.
//!
//! A solver knows a potential where its own points and functions are. So it is looked at where they may not be: from the
//! lowest of many samples a Gaussian g falls into its well, and E(g) = ⟨g, Hg⟩/⟨g, g⟩. With the states ψ of H taken out
//! of it, (E(g) − Σ Eₛ cₛ²)/(1 − Σ cₛ²) for cₛ = ⟨ψₛ, g⟩, g is a trial function beside them: if that is below the last of
//! their levels, one was missed. And where no function of the solver reaches, what the Gaussian is above its well's own level
//! is no excuse: two equal wells have one level each, and a solver that knows one of them has half of what there is.

use std::fmt;

/// A Gaussian beside the states of a solve whose level comes before that of the last, or cannot be told from it where no
/// function of the solver reaches: a state was missed.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed {
    /// Its level, the states taken out of it; where no function of the solver reaches, less what a Gaussian there is off.
    pub value: f64,
    /// Where it lies.
    pub centre: Vec<f64>,
    /// The width s of e^(−x²/2s²) in each coordinate.
    pub widths: Vec<f64>,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missed { value, centre, widths } = self;
        write!(
            f,
            "a missed state: a Gaussian about {centre:.3?} of the widths {widths:.2?} has {value:.6e}, beyond the states found"
        )
    }
}

/// e^(−Σ (xᵢ − cᵢ)²/2sᵢ²).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gaussian {
    pub centre: Vec<f64>,
    pub widths: Vec<f64>,
}

/// A Gaussian whose energy no neighbour is below.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Well {
    pub at: Gaussian,
    pub energy: f64,
    /// About how far that is above the level of the well, or more; 0 where that is not known.
    pub above: f64,
}

impl Well {
    /// What it tells of states that have no part in this one.
    pub fn missed(&self, value: f64) -> Missed {
        let Gaussian { centre, widths } = self.at.clone();
        Missed { value, centre, widths }
    }
}

/// Points of the rules along a line for a rough and for a full [`Accuracy`]: two each, for a Gaussian that fits the gaps of
/// one does not fit those of the other.
pub(super) const COARSE: [usize; 2] = [21, 18];
pub(super) const EXACT: [usize; 2] = [81, 64];
/// How far a Gaussian reaches, in its widths.
pub(super) const REACH: f64 = 5.0;
/// Starts of a search, and how far apart they are at least, in the region.
const STARTS: usize = 12;
const APART: f64 = 1.0 / 64.0;
/// The least width that is tried, as a power of ½ of the unit.
const NARROWEST: i32 = 14;
/// Rounds of a descent, and the step at which it has ended, in the width.
const ROUNDS: usize = 40;
const FINE: f64 = 0.1;
/// By how much less than the last level, by both, is less; and what has to be left of a Gaussian beside the states.
const MARGIN: f64 = 1e-3;
const LEFT: f64 = 0.1;

/// The points, d coordinates after d, with the least potential that are not near one another, in the lengths of a region;
/// what is no number is passed over.
pub(super) fn lowest(points: &[f64], potential: &[f64], lengths: &[f64]) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..potential.len()).filter(|&i| potential[i].is_finite()).collect();
    order.sort_by(|&i, &j| potential[i].total_cmp(&potential[j]));
    let mut starts: Vec<&[f64]> = Vec::with_capacity(STARTS);
    for i in order {
        let point = &points[i * lengths.len()..][..lengths.len()];
        let near = |start: &&[f64]| start.iter().zip(point).zip(lengths).all(|((a, b), l)| (a - b).abs() < APART * l);
        if starts.len() < STARTS && !starts.iter().any(near) {
            starts.push(point);
        }
    }
    starts.into_iter().map(<[f64]>::to_vec).collect()
}

/// How well an energy is integrated: in a descent, or where what it says counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accuracy {
    Rough,
    Full,
}

/// The wells that descents from some points end in, the lowest first; `energy` is infinite, or NaN, where there is none.
pub(super) fn wells(
    starts: Vec<Vec<f64>>,
    unit: &[f64],
    energy: &mut dyn FnMut(&Gaussian, Accuracy) -> f64,
) -> Vec<Well> {
    let mut found: Vec<Well> = Vec::new();
    for centre in starts {
        let of_width = |power: i32| Gaussian {
            centre: centre.clone(),
            widths: unit.iter().map(|u| u * 0.5_f64.powi(power)).collect(),
        };
        let widths = (0..=NARROWEST)
            .map(of_width)
            .map(|at| (energy(&at, Accuracy::Rough), at))
            .filter(|(energy, _)| energy.is_finite());
        let Some((start, at)) = widths.min_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
        let at = descent(at, start, energy);
        let energy = energy(&at, Accuracy::Full);
        let same = |well: &Well| {
            let pairs = well.at.centre.iter().zip(&at.centre).zip(&at.widths);
            pairs.into_iter().all(|((a, b), width)| (a - b).abs() < *width)
        };
        if energy.is_finite() && !found.iter().any(same) {
            found.push(Well { at, energy, above: 0.0 });
        }
    }
    found.sort_by(|a, b| a.energy.total_cmp(&b.energy));
    found
}

/// Coordinate by coordinate, and all widths at once, while that helps; the steps in the widths.
fn descent(mut at: Gaussian, mut least: f64, energy: &mut dyn FnMut(&Gaussian, Accuracy) -> f64) -> Gaussian {
    let mut step = 1.0;
    for _ in 0..ROUNDS {
        let before = least;
        let mut attempt = |change: &dyn Fn(&mut Gaussian), at: &mut Gaussian| {
            let mut next = at.clone();
            change(&mut next);
            let value = energy(&next, Accuracy::Rough);
            let lower = value < least;
            if lower {
                (*at, least) = (next, value);
            }
            lower
        };
        for i in 0..at.centre.len() {
            let _ = attempt(&|g| g.centre[i] += step * g.widths[i], &mut at)
                || attempt(&|g| g.centre[i] -= step * g.widths[i], &mut at);
        }
        let factor = 1.0 + 0.5 * step;
        let _ = attempt(&|g| g.widths.iter_mut().for_each(|s| *s *= factor), &mut at)
            || attempt(&|g| g.widths.iter_mut().for_each(|s| *s /= factor), &mut at);
        if before - least <= MARGIN * step * least.abs() {
            step *= 0.5;
            if step < FINE {
                break;
            }
        }
    }
    at
}

/// The wells that hold a level before the last of `levels`, ascending, whose functions leave these residuals: each as a
/// trial function beside them, the lowest first. `overlaps` are those of its Gaussian of norm 1 with the states, and
/// `reached` whether the functions that the states are made of hold it: else its level need not be lower to be missed.
pub(super) fn missed<'a>(
    wells: &'a [Well],
    levels: &[f64],
    residuals: &[f64],
    mut overlaps: impl FnMut(&Gaussian) -> Option<Vec<f64>>,
    mut reached: impl FnMut(&Gaussian) -> bool,
) -> Vec<(&'a Well, f64)> {
    let Some(&last) = levels.last() else { return Vec::new() };
    let beside = |well: &'a Well| {
        // What is taken out of a Gaussian only lowers what lies above the levels.
        let c = overlaps(&well.at)?;
        let left = left(&c);
        if left.is_nan() || left < LEFT {
            return None;
        }
        let taken: f64 = levels.iter().zip(&c).map(|(level, c)| level * c * c).sum();
        let unsure: f64 = residuals.iter().zip(&c).map(|(residual, c)| 2.0 * residual * c.abs()).sum();
        let value = (well.energy - taken + unsure) / left;
        let own = residuals.last().copied().unwrap_or(0.0).min(last.abs());
        let margin = MARGIN * (last.abs() + value.abs());
        if value < last - margin - own {
            return Some((well, value));
        }
        let (equal, level) = (last + 0.5 * margin, value - well.above);
        (level < equal && !reached(&well.at)).then_some((well, level))
    };
    let mut all: Vec<_> = wells.iter().filter_map(beside).collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all
}

/// What of a Gaussian of norm 1 is beside functions that have these overlaps with it.
fn left(overlaps: &[f64]) -> f64 {
    1.0 - overlaps.iter().map(|c| c * c).sum::<f64>()
}

/// Whether functions with these overlaps hold a Gaussian of norm 1.
pub(super) fn held(overlaps: &[f64]) -> bool {
    left(overlaps) < LEFT
}

/// The larger of what two rules say, which is no number if one of them is none.
pub(super) fn larger([a, b]: [f64; 2]) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// Points ξ of so many and weights of norm 1 for means over e^(−ξ²), in the widths: the trapezoidal rule.
pub(super) fn rule(count: usize, reach: f64) -> Vec<(f64, f64)> {
    let step = 2.0 * reach / (count - 1) as f64;
    let points: Vec<f64> = (0..count).map(|i| step * i as f64 - reach).collect();
    let sum: f64 = points.iter().map(|xi| (-xi * xi).exp()).sum();
    points.into_iter().map(|xi| (xi, (-xi * xi).exp() / sum)).collect()
}

/// Points ξ and weights with ⟨f, g⟩ = √s Σ w f(c + sξ) for the Gaussian g of norm 1 in one coordinate.
pub(super) fn overlap_rule(count: usize) -> Vec<(f64, f64)> {
    let norm = std::f64::consts::PI.sqrt().sqrt();
    rule(count, REACH).into_iter().map(|(xi, weight)| (xi, norm * weight * (0.5 * xi * xi).exp())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The oscillator ½(−∂² + x²) in d coordinates, and a well of depth D beside it, by its own formula.
    fn oscillator_with_well(depth: f64, a: f64) -> impl Fn(&Gaussian) -> f64 {
        move |g| {
            let (mut sum, mut product) = (0.0, 1.0);
            for (c, s) in g.centre.iter().zip(&g.widths) {
                sum += 0.25 / (s * s) + 0.5 * (0.5 * s * s + c * c);
                product *= (-(c - a).powi(2) / (1.0 + s * s)).exp() / (1.0 + s * s).sqrt();
            }
            sum - depth * product
        }
    }

    #[test]
    fn gaussians_fall_into_their_wells() {
        let energy = oscillator_with_well(60.0, 5.0);
        let starts = vec![vec![1.5, -1.0], vec![4.5, 5.5], vec![5.2, 4.7]];
        let found = wells(starts, &[1.0; 2], &mut |g, _| energy(g));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].energy < -24.7 && (found[1].energy - 1.0).abs() < 0.01, "{found:?}");
        // In other units the same: a law of the search, not of the energy.
        let scaled = |g: &Gaussian| {
            let by = |v: &[f64]| v.iter().map(|v| v / 1e3).collect();
            1e6 * energy(&Gaussian { centre: by(&g.centre), widths: by(&g.widths) })
        };
        let starts = vec![vec![4500.0, 5500.0]];
        let large = wells(starts, &[1e3; 2], &mut |g, _| scaled(g));
        assert!((large[0].energy / 1e6 / found[0].energy - 1.0).abs() < 1e-3, "{large:?}");
    }

    #[test]
    fn a_state_is_missed_only_beside_those_that_are_known() {
        let at = |x: f64| Gaussian { centre: vec![x], widths: vec![1.0] };
        let well = [Well { at: at(3.0), energy: -2.0, above: 0.1 }];
        let missed = |levels: &[f64], c: Option<&[f64]>, reached: bool| {
            let residuals = vec![0.0; levels.len()];
            missed(&well, levels, &residuals, |_| c.map(<[f64]>::to_vec), |_| reached).len()
        };
        let with = |levels: &[f64], c: &[f64]| missed(levels, Some(c), true);
        assert_eq!(with(&[1.0], &[0.0]), 1);
        // It is the state itself; it lies above; it is one of two that share the well; half of it is missing.
        assert_eq!(with(&[-2.0], &[1.0]), 0);
        assert_eq!(with(&[-2.5], &[0.0]), 0);
        assert_eq!(with(&[-2.0, -1.99999], &[0.7, 0.7]), 0);
        assert_eq!(with(&[-2.0, 4.0], &[0.7, 0.0]), 1);
        assert!(larger([f64::NAN, 1.0]).is_nan() && larger([1.0, f64::NAN]).is_nan() && larger([1.0, 2.0]) == 2.0);
        assert_eq!(missed(&[1.0], None, true) + missed(&[1.0], Some(&[f64::NAN]), true), 0);
        // An equal well, and one that is no higher for all that a Gaussian tells, where no function reaches.
        for (level, beyond_reach) in [(-2.0, 1), (-2.09, 1), (-2.2, 0)] {
            assert_eq!(missed(&[level], Some(&[0.0]), false), beyond_reach, "{level}");
            assert_eq!(missed(&[level], Some(&[0.0]), true), 0, "{level}");
        }
        assert!(held(&[0.96, 0.1]) && !held(&[0.5, 0.5]) && !held(&[f64::NAN]));
    }

    #[test]
    fn starts_are_the_lowest_apart() {
        let points: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.1).collect();
        let v: Vec<f64> = points
            .iter()
            .map(|x| if *x == 0.0 { f64::NAN } else { (x - 40.0).abs().min((x - 70.0).abs() - 1.0) })
            .collect();
        let starts = lowest(&points, &v, &[100.0]);
        assert!((starts[0][0] - 70.0).abs() < 0.2 && starts.iter().any(|x| (x[0] - 40.0).abs() < 0.2), "{starts:?}");
        assert!(starts.iter().all(|x| x[0] > 0.0) && starts.len() == 12);
    }
}
