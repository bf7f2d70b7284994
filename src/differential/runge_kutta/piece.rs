//! The polynomial between two steps: y(t + θh) = y(t) + Σ_k c_k θ^k, its coefficients one vector after another,
//! `[DEGREE, d]`.

use crate::Scalar;

pub(super) const DEGREE: usize = 4;

/// Writes the cubic with these values and slopes at the ends of a step of length `h`, plus `quartic(j)` θ²(1 − θ)²
/// (Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, II.6).
pub(super) fn hermite<T: Scalar>(
    piece: &mut [T],
    h: T,
    ends: [&[T]; 2],
    slopes: [&[T]; 2],
    quartic: impl Fn(usize) -> T,
) {
    let d = ends[0].len();
    let (two, three) = (T::of(2.0), T::of(3.0));
    for j in 0..d {
        let rise = ends[1][j] - ends[0][j];
        let [first, last] = slopes.map(|slope| h * slope[j]);
        let q = quartic(j);
        let cs = [first, three * rise - two * first - last + q, first + last - two * rise - two * q, q];
        for (k, c) in cs.into_iter().enumerate() {
            piece[k * d + j] = c;
        }
    }
}

/// `out` = y(t + θh), from y(t) = `start`.
pub(super) fn evaluate<T: Scalar>(start: &[T], piece: &[T], theta: T, out: &mut [T]) {
    let d = start.len();
    for (j, out) in out.iter_mut().enumerate() {
        let horner = |sum: T, k: usize| (sum + piece[k * d + j]) * theta;
        *out = start[j] + (0..DEGREE).rev().fold(T::zero(), horner);
    }
}

/// The same polynomial over the part up to `theta` of its step.
pub(super) fn shorten<T: Scalar>(piece: &mut [T], theta: T) {
    let d = piece.len() / DEGREE;
    let mut scale = T::one();
    for (i, c) in piece.iter_mut().enumerate() {
        if i % d == 0 {
            scale *= theta;
        }
        *c *= scale;
    }
}
