//! A function that meets the conditions: transfinite interpolation (Gordon and Hall, 1973).

use std::collections::BTreeMap;

use super::condition::{Condition, Function, Side};
use super::sample::{places, sample};
use crate::autodiff::Var;
use crate::differential::domain::Domain;
use crate::linalg::{Matrix, pseudo_inverse, sort_places};
use crate::{Error, Result};

/// Each of so many coordinates triples the terms of the interpolation.
const MAX_LEVELS: usize = 6;

const ADVICE: &str = "give the inhomogeneous part yourself: FormBuilder::lift";

/// Ends at which a derivative along their axis is taken.
type Ends = Vec<(usize, Side)>;

/// The inhomogeneous part A of a form.
#[derive(Debug, Clone)]
pub(super) enum Lift<const N: usize> {
    Own(Function<N>),
    /// A_k = A_{k−1} + Σ ℓ(x_k) (data − C A_{k−1}), axis after axis, C the condition's functional.
    Transfinite {
        levels: Vec<Level>,
        /// Derivatives of data at edges, by condition and ends: numbers, as autodiff cannot
        /// differentiate at a place that it does not evaluate.
        slopes: BTreeMap<(usize, Ends), f64>,
    },
}

/// An axis with the conditions it has, each with the coefficients of its polynomial in s.
#[derive(Debug, Clone)]
pub(super) struct Level {
    axis: usize,
    blends: Vec<(usize, Vec<f64>)>,
}

impl Level {
    pub fn new<const N: usize>(domain: &Domain<N>, conditions: &[Condition<N>], axis: usize) -> Result<Option<Level>> {
        let own: Vec<usize> = (0..conditions.len()).filter(|&i| conditions[i].axis == axis).collect();
        if own.is_empty() {
            return Ok(None);
        }
        let polynomials = blending(own.iter().map(|&i| &conditions[i]), domain.length(axis))?;
        Ok(Some(Level { axis, blends: own.into_iter().zip(polynomials).collect() }))
    }
}

/// For each condition the polynomial in s with value 1 under it and 0 under the others: of the least
/// degree that is well determined (two Neumann ends need 2), and then with the least coefficients.
fn blending<'a, const N: usize>(
    conditions: impl Iterator<Item = &'a Condition<N>> + Clone,
    length: f64,
) -> Result<Vec<Vec<f64>>> {
    let count = conditions.clone().count();
    let mut found = Err(Error::invalid("conditions of an axis", format!("{count}; an axis takes up to 4")));
    for degree in count.saturating_sub(1)..4 {
        let mut rows = Vec::new();
        let mut sizes = Vec::new();
        for c in conditions.clone() {
            let slope = c.slope / length;
            let size = c.value.abs().max(slope.abs());
            sizes.push(size);
            let functional = |power: usize| match c.side {
                Side::Lower => [c.value, slope].get(power).copied().unwrap_or(0.0),
                Side::Upper => c.value + power as f64 * slope,
            };
            rows.extend((0..=degree).map(|power| functional(power) / size));
        }
        let matrix = Matrix::from_vec(count, degree + 1, rows)?;
        let inverse = pseudo_inverse(&matrix, None)?;
        let identity = matrix.matmul(&inverse)?;
        let defect = |i: usize, j: usize| (identity[(i, j)] - f64::from(u8::from(i == j))).abs();
        let exact = (0..count).all(|i| (0..count).all(|j| defect(i, j) < 1e-12));
        let tame = inverse.as_slice().iter().all(|c| c.abs() < 20.0);
        if exact {
            // What is 0 but for rounding is 0.
            let tidy = |c: f64| if c.abs() < 1e-14 { 0.0 } else { c };
            let column = |j: usize| (0..=degree).map(|i| tidy(inverse[(i, j)]) / sizes[j]).collect();
            found = Ok((0..count).map(column).collect());
        }
        if exact && tame {
            break;
        }
    }
    found
}

impl<const N: usize> Lift<N> {
    /// Transfinite interpolation. Axes whose data are 0 go first, as they add nothing; then those with conditions on
    /// slopes, as they see derivatives of what went before; among them those whose data are numbers.
    pub fn transfinite(domain: &Domain<N>, conditions: &[Condition<N>]) -> Result<Self> {
        let of = |axis: usize| conditions.iter().filter(move |c| c.axis == axis);
        let mut axes: Vec<usize> = (0..N).collect();
        let turn = |axis: usize| {
            let slopes = of(axis).any(|c| c.slope != 0.0);
            let functions = of(axis).any(|c| c.is_function());
            match of(axis).all(|c| c.is_zero()) {
                true => 0,
                false if slopes => 1 + u8::from(functions),
                false => 3 + u8::from(functions),
            }
        };
        sort_places(&mut axes, &|a, b| turn(a).cmp(&turn(b)));
        let mut levels = Vec::new();
        for &axis in axes.iter().filter(|&&axis| !of(axis).all(|c| c.is_zero())) {
            levels.extend(Level::new(domain, conditions, axis)?);
        }
        if levels.len() > MAX_LEVELS {
            let reason = format!(
                "{} coordinates have data that are not 0, which takes over 3^{MAX_LEVELS} terms; {ADVICE}",
                levels.len()
            );
            return Err(Error::invalid("conditions of a form", reason));
        }
        let mut needed = Vec::new();
        walk(&levels, conditions, levels.len(), &Ends::new(), &mut needed);
        let mut slopes = BTreeMap::new();
        for (index, ends) in needed {
            if conditions[index].is_function() && !slopes.contains_key(&(index, ends.clone())) {
                let slope = slope_at_edge(domain, &conditions[index], &ends)?;
                slopes.insert((index, ends), slope);
            }
        }
        Ok(Lift::Transfinite { levels, slopes })
    }

    /// A at `x`; `None` where it is 0.
    #[inline(never)]
    pub fn at<'g>(&self, domain: &Domain<N>, conditions: &[Condition<N>], x: [Var<'g>; N]) -> Option<Var<'g>> {
        match self {
            Lift::Own(function) => Some(function.at(x)),
            Lift::Transfinite { levels, slopes } => {
                let walk = Interpolation { domain, conditions, levels, slopes };
                walk.partial(levels.len(), x, &Ends::new())
            }
        }
    }
}

struct Interpolation<'a, const N: usize> {
    domain: &'a Domain<N>,
    conditions: &'a [Condition<N>],
    levels: &'a [Level],
    slopes: &'a BTreeMap<(usize, Ends), f64>,
}

impl<const N: usize> Interpolation<'_, N> {
    /// ∂ⁿA_k along `ends`, whose axes come after the first k and are at these ends in `x`.
    fn partial<'g>(&self, k: usize, x: [Var<'g>; N], ends: &Ends) -> Option<Var<'g>> {
        let level = self.levels.get(k.checked_sub(1)?)?;
        let mut sum = self.partial(k - 1, x, ends);
        let s = (x[level.axis] - self.domain.ranges()[level.axis].start) * (1.0 / self.domain.length(level.axis));
        for (index, blend) in &level.blends {
            let c = &self.conditions[*index];
            let y = c.at_end(x);
            let mut gap = if ends.is_empty() {
                c.data_at(y)
            } else {
                self.slopes.get(&(*index, ends.clone())).filter(|&&slope| slope != 0.0).map(|&slope| s.number(slope))
            };
            let mut less = |factor: f64, below: Option<Var<'g>>| {
                if let Some(below) = below {
                    gap = Some(gap.map_or(-factor * below, |gap| gap - factor * below));
                }
            };
            if c.value != 0.0 {
                less(c.value, self.partial(k - 1, y, ends));
            }
            if c.slope != 0.0 {
                less(c.slope, self.partial(k - 1, y, &with_end(ends, c)));
            }
            if let Some(gap) = gap {
                let term = polynomial(blend, s) * gap;
                sum = Some(sum.map_or(term, |sum| sum + term));
            }
        }
        sum
    }
}

fn with_end<const N: usize>(ends: &Ends, c: &Condition<N>) -> Ends {
    let mut more = ends.clone();
    more.push((c.axis, c.side));
    more.sort_unstable();
    more
}

/// The derivatives of data that [`Interpolation::partial`] will ask for.
fn walk<const N: usize>(
    levels: &[Level],
    conditions: &[Condition<N>],
    k: usize,
    ends: &Ends,
    needed: &mut Vec<(usize, Ends)>,
) {
    let Some(level) = k.checked_sub(1).and_then(|k| levels.get(k)) else { return };
    walk(levels, conditions, k - 1, ends, needed);
    for (index, _) in &level.blends {
        let c = &conditions[*index];
        if !ends.is_empty() {
            needed.push((*index, ends.clone()));
        }
        if c.slope != 0.0 {
            walk(levels, conditions, k - 1, &with_end(ends, c), needed);
        }
    }
}

/// The derivative of a condition's data along `ends`, there: a number, or else an error.
fn slope_at_edge<const N: usize>(domain: &Domain<N>, c: &Condition<N>, ends: &Ends) -> Result<f64> {
    let refuse = |reason: String| Err(Error::invalid(c.name.clone(), reason));
    let mut fixed: Vec<(usize, f64)> =
        ends.iter().map(|&(axis, side)| (axis, side.of(&domain.ranges()[axis]))).collect();
    let edge = places(fixed.iter().map(|&(axis, x)| (&domain.names()[axis], x)));
    if ends.len() > 2 {
        return refuse(format!("its derivative along {edge} is needed; {ADVICE}"));
    }
    fixed.push(c.face());
    let data = sample(domain, &[c.face()], |x| c.data_at(c.at_end(x)).unwrap_or(x[0]).broadcast_as(x[0]))?;
    let lengths: f64 = ends.iter().map(|&(axis, _)| domain.length(axis)).product();
    // Of data of this size the derivative has rounding, where it is 0.
    let size = data.size() / lengths;
    let derived = sample(domain, &fixed, |x| {
        let value = c.data_at(c.at_end(x)).unwrap_or(x[0]);
        ends.iter().fold(value.broadcast_as(x[0]), |value, &(axis, _)| value.d(x[axis]))
    })?;
    if derived.values.iter().any(|v| !v.is_finite()) {
        return refuse(format!("its data have no finite derivative at {edge}"));
    }
    let low = derived.values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = derived.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if high - low > 1e-9 * low.abs().max(high.abs()).max(1e-3 * size) {
        return refuse(format!("the derivative of its data at {edge} varies along this edge; {ADVICE}"));
    }
    Ok(low)
}

/// Horner's scheme; `coefficients` are not empty.
fn polynomial<'g>(coefficients: &[f64], s: Var<'g>) -> Var<'g> {
    let mut terms = coefficients.iter().rev().copied().skip_while(|&c| c == 0.0);
    let leading = s.number(terms.next().unwrap_or(0.0));
    terms.fold(leading, |sum, c| if c == 0.0 { sum * s } else { sum * s + c })
}
