//! Points of a box that lie in a part of it.

use crate::differential::domain::Domain;
use crate::differential::points::{check_count, equal_weights, side_of};
use crate::quadrature::{MAX_POINTS, Quadrature};
use crate::{Error, Result, Scalar, Seed};

/// So many points of the box are tried for each that is wanted.
const TRIES: usize = 10_000;

/// `count` points of equal weight that satisfy `inside`, from Halton points of the box.
pub(super) fn rejected<T: Scalar, const N: usize>(
    domain: &Domain<N>,
    count: usize,
    seed: Seed,
    volume: f64,
    inside: impl Fn(&[f64]) -> bool,
) -> Result<Quadrature<T>> {
    check_count(count)?;
    domain.check_resolution::<T>([side_of(count, N); N])?;
    let share = (volume / domain.volume()).clamp(1e-6, 1.0);
    let mut tried = ((count as f64 / share * 1.1) as usize + 64).min(MAX_POINTS);
    loop {
        let candidates = domain.halton::<f64>(tried, seed)?;
        let kept = candidates.points().chunks_exact(N).filter(|p| inside(p)).take(count);
        let points: Vec<T> = kept.flatten().map(|&x| T::of(x)).collect();
        if points.len() == count * N {
            return equal_weights(points, volume, N);
        }
        if tried >= MAX_POINTS || tried / TRIES > count {
            let found = points.len() / N;
            let reason = format!("only {found} of {count} were found in {tried} tries; the region is too thin");
            return Err(Error::invalid("points of a region", reason));
        }
        tried = (2 * tried).min(MAX_POINTS);
    }
}
