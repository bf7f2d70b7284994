//! One axis of a form: a factor that meets the homogeneous conditions, and a network's features.

use std::f64::consts::TAU;
use std::ops::Range;

use super::condition::{Condition, Side};
use crate::autodiff::Var;
use crate::{Error, Result};

/// With s, r the distances from the lower and upper end over the length of the range:
///
/// B = c sᵖ rᵠ (1 + |λ₀| h(s))^{sign λ₀} (1 + |λ₁| h(r))^{sign λ₁},  h(d) = d − d²/2.
///
/// p counts the conditions at the lower end if u is prescribed there, alone or with its slope. Where
/// α u + β u′ = 0 alone is to hold, λ makes α B + β B′ vanish, and a network N of the features has
/// N′ = 0 there, so that B N meets the condition. As h(0) = 0, h′(0) = 1 and h′(1) = 0, the
/// ends do not disturb each other, and the last two factors vanish nowhere. c makes the maximum of B 1.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    start: f64,
    end: f64,
    powers: [i32; 2],
    /// Logarithmic derivative by the distance from that end, of its own factor.
    bends: [f64; 2],
    /// Ends at which the features have zero slope.
    flat: [bool; 2],
    /// Harmonics of a periodic axis, else 0.
    harmonics: usize,
    scale: f64,
}

impl Axis {
    /// `conditions` are those of this axis.
    pub fn new<const N: usize>(range: &Range<f64>, conditions: &[&Condition<N>], harmonics: usize) -> Result<Self> {
        let Range { start, end } = *range;
        let mut axis = Axis { start, end, powers: [0; 2], bends: [0.0; 2], flat: [false; 2], harmonics, scale: 1.0 };
        let ends = [Side::Lower, Side::Upper];
        let at = |end: usize| conditions.iter().filter(move |c| c.side == ends[end]);
        for end in 0..2 {
            let count = at(end).count();
            axis.flat[end] = count == 1 && at(end).all(|c| c.slope != 0.0);
            axis.powers[end] = if axis.flat[end] { 0 } else { count as i32 };
        }
        for end in 0..2 {
            if let (true, Some(c)) = (axis.flat[end], at(end).next()) {
                // (ln B)′ by the distance from this end; the other end's power falls at the rate 1.
                let inward = if end == 0 { -1.0 } else { 1.0 };
                let wanted = inward * c.value * (axis.end - axis.start) / c.slope;
                if !wanted.is_finite() {
                    let reason = format!("the ratio of {} to {} is too large; use dirichlet", c.value, c.slope);
                    return Err(Error::invalid(c.name.clone(), reason));
                }
                axis.bends[end] = wanted + f64::from(axis.powers[1 - end]);
            }
        }
        let highest = (0..=256).map(|i| axis.plain(f64::from(i) / 256.0)).fold(0.0, f64::max);
        axis.scale = 1.0 / highest;
        Ok(axis)
    }

    /// B with c = 1, for numbers.
    fn plain(&self, s: f64) -> f64 {
        let distances = [s, 1.0 - s];
        let mut product = 1.0;
        for (end, d) in distances.into_iter().enumerate() {
            let bend = 1.0 + self.bends[end].abs() * (d - 0.5 * d * d);
            product *= d.powi(self.powers[end]) * if self.bends[end] < 0.0 { 1.0 / bend } else { bend };
        }
        product
    }

    /// s and r: each is exactly 0 at its end.
    fn distances<'g>(&self, x: Var<'g>) -> [Var<'g>; 2] {
        let inverse = 1.0 / (self.end - self.start);
        [(x - self.start) * inverse, (self.end - x) * inverse]
    }

    /// B; `None` where it is 1.
    pub fn factor<'g>(&self, x: Var<'g>) -> Option<Var<'g>> {
        let mut product: Option<Var<'g>> = None;
        for (end, d) in self.distances(x).into_iter().enumerate() {
            let mut times = |factor: Var<'g>| product = Some(product.map_or(factor, |p| p * factor));
            if self.powers[end] > 0 {
                times(d.powi(self.powers[end]));
            }
            if self.bends[end] != 0.0 {
                let bend = 1.0 + self.bends[end].abs() * (d - 0.5 * d.square());
                times(if self.bends[end] < 0.0 { bend.recip() } else { bend });
            }
        }
        product.map(|p| p * self.scale)
    }

    /// What the network sees of this coordinate, in about [−1, 1].
    ///
    /// A smooth function with zero slope at an end is a smooth function of d² and d³; with zero slope
    /// at both, of s²(3 − 2s) and s²r²: nothing is lost.
    pub fn features<'g>(&self, x: Var<'g>, features: &mut Vec<Var<'g>>) {
        let [s, r] = self.distances(x);
        if self.harmonics > 0 {
            for k in 1..=self.harmonics {
                let angle = s * (TAU * k as f64);
                features.extend([angle.sin(), angle.cos()]);
            }
            return;
        }
        let from_one = |d: Var<'g>| [2.0 * d.square() - 1.0, 2.0 * d.powi(3) - 1.0];
        let of_both = || [2.0 * s.square() * (1.0 + 2.0 * r) - 1.0, 32.0 * (s * r).square() - 1.0];
        match self.flat {
            [false, false] => features.push(s - r),
            [true, false] => features.extend(from_one(s)),
            [false, true] => features.extend(from_one(r)),
            [true, true] => features.extend(of_both()),
        }
    }

    pub fn feature_count(&self) -> usize {
        match self.flat {
            _ if self.harmonics > 0 => 2 * self.harmonics,
            [false, false] => 1,
            _ => 2,
        }
    }
}
