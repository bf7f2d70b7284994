//! Points in a box: Gauss–Legendre, uniform, random, Latin hypercube, Halton.

use std::ops::Range;

use super::checks;
use super::domain::Domain;
use crate::quadrature::{MAX_POINTS, Quadrature};
use crate::{Error, Result, Scalar, Seed};

impl<const N: usize> Domain<N> {
    /// Gauss–Legendre points, the last coordinate running fastest. Between them a residual of few parameters
    /// is smaller than between equidistant ones; one of many can still vanish on them alone, which
    /// [`HeldOut`](crate::optim::HeldOut) tells.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a count of 0 or more points than memory is likely to hold, for more points along a
    /// coordinate than `T` has numbers there, as far from zero, and for weights that over- or underflow `T`.
    pub fn gauss<T: Scalar>(&self, counts: [usize; N]) -> Result<Quadrature<T>> {
        self.check_resolution::<T>(counts)?;
        Quadrature::rectangle(self.ranges(), &counts)
    }

    /// Equidistant points, both ends included (a single one lies in the middle), of equal weight.
    ///
    /// # Errors
    /// As [`gauss`](Self::gauss).
    pub fn uniform<T: Scalar>(&self, counts: [usize; N]) -> Result<Quadrature<T>> {
        self.check_resolution::<T>(counts)?;
        let factors = self.ranges().iter().zip(counts).map(|(range, n)| equidistant(range, n));
        Quadrature::tensor(&factors.collect::<Result<Vec<_>>>()?)
    }

    /// Independent uniform points of equal weight.
    ///
    /// # Errors
    /// As [`gauss`](Self::gauss).
    pub fn random<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        let mut stream = seed.stream("random points");
        self.unit(count, |_, x| x.iter_mut().for_each(|x| *x = stream.uniform()))
    }

    /// A Latin hypercube (McKay, Beckman and Conover, 1979): each coordinate has one point in each of
    /// `count` slices of equal width.
    ///
    /// # Errors
    /// As [`gauss`](Self::gauss).
    pub fn latin_hypercube<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        check_count(count)?;
        let mut stream = seed.stream("latin hypercube");
        let slices: [Vec<usize>; N] = std::array::from_fn(|_| {
            let mut order: Vec<usize> = (0..count).collect();
            stream.shuffle(&mut order);
            order
        });
        self.unit(count, |i, x| {
            for (x, slices) in x.iter_mut().zip(&slices) {
                *x = (slices[i] as f64 + stream.uniform::<f64>()) / count as f64;
            }
        })
    }

    /// The Halton sequence (Halton, 1960), shifted modulo 1 by a random vector (Cranley and Patterson,
    /// 1976): it fills the box more evenly than chance does. Good up to about ten coordinates.
    ///
    /// # Errors
    /// As [`gauss`](Self::gauss), and for more coordinates than it has bases (30).
    pub fn halton<T: Scalar>(&self, count: usize, seed: Seed) -> Result<Quadrature<T>> {
        if N > PRIMES.len() {
            let reason = format!("{N} coordinates; use latin_hypercube above {}", PRIMES.len());
            return Err(Error::invalid("halton", reason));
        }
        let mut stream = seed.stream("halton");
        let shift: [f64; N] = std::array::from_fn(|_| stream.uniform());
        self.unit(count, |i, x| {
            for ((x, &base), shift) in x.iter_mut().zip(&PRIMES).zip(shift) {
                *x = (radical_inverse(i as u64 + 1, base) + shift).fract();
            }
        })
    }

    /// `count` points of equal weight, drawn in the unit box.
    fn unit<T: Scalar>(&self, count: usize, mut draw: impl FnMut(usize, &mut [f64; N])) -> Result<Quadrature<T>> {
        check_count(count)?;
        self.check_resolution::<T>([side_of(count, N); N])?;
        let mut points = Vec::with_capacity(count * N);
        let mut x = [0.0; N];
        for i in 0..count {
            draw(i, &mut x);
            points.extend(x.iter().zip(self.ranges()).map(|(x, r)| T::of(r.start + (r.end - r.start) * x)));
        }
        equal_weights(points, self.volume(), N)
    }

    /// So many points along each coordinate do not coincide in `T`: its numbers in the range are no fewer.
    pub(super) fn check_resolution<T: Scalar>(&self, counts: [usize; N]) -> Result<()> {
        for ((name, range), n) in self.names().iter().zip(self.ranges()).zip(counts) {
            let far = range.start.abs().max(range.end.abs());
            // The step from one number to the next there.
            let step = T::EPSILON.to_f64() * far.log2().floor().exp2();
            if range.end - range.start < n as f64 * step {
                let reason = format!(
                    "{n} points along it in {range:?} coincide, as {} has a number every {step:.1e} there; measure {name:?} \
                     from the start of its range, or take f64",
                    T::NAME
                );
                return Err(Error::invalid(format!("range of {name:?}"), reason));
            }
        }
        Ok(())
    }
}

/// Points along a side of a grid of `count` points.
pub(super) fn side_of(count: usize, dimension: usize) -> usize {
    (count as f64).powf(1.0 / dimension as f64) as usize
}

/// Points `[n, dimension]` whose equal weights add up to `volume`.
pub(super) fn equal_weights<T: Scalar>(points: Vec<T>, volume: f64, dimension: usize) -> Result<Quadrature<T>> {
    let count = points.len() / dimension;
    let weight = T::of(volume / count as f64);
    let reason = format_args!(
        "{count} points of a volume of {volume:e}: beyond the normal numbers of {}; measure lengths in another unit, or take f64",
        T::NAME
    );
    Error::require(weight.is_normal(), "weights of points", reason)?;
    Quadrature::new(points, vec![weight; count], dimension)
}

const PRIMES: [u64; 30] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113,
];

pub(super) fn check_count(count: usize) -> Result<()> {
    checks::within("number of points", count, 1..=MAX_POINTS)
}

fn equidistant<T: Scalar>(range: &Range<f64>, n: usize) -> Result<Quadrature<T>> {
    check_count(n)?;
    let length = range.end - range.start;
    let at = |i: usize| if n == 1 { 0.5 } else { i as f64 / (n - 1) as f64 };
    equal_weights((0..n).map(|i| T::of(range.start + length * at(i))).collect(), length, 1)
}

/// The digits of `n` in `base`, mirrored at the point.
fn radical_inverse(mut n: u64, base: u64) -> f64 {
    let (mut value, mut place) = (0.0, 1.0 / base as f64);
    while n > 0 {
        value += (n % base) as f64 * place;
        n /= base;
        place /= base as f64;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::{Ball, Region};

    fn all<T: Scalar>(range: Range<f64>, n: usize) -> [Result<Quadrature<T>>; 5] {
        let domain = Domain::new(["t"], [range]).unwrap();
        let (gauss, uniform) = (domain.gauss([n]), domain.uniform([n]));
        [gauss, uniform, domain.random(n, Seed(0)), domain.latin_hypercube(n, Seed(0)), domain.halton(n, Seed(0))]
    }

    #[test]
    fn points_that_would_coincide_are_refused() {
        for start in [1e8, -1e8, 1e7] {
            for refused in all::<f32>(start..start + 1.0, 30) {
                let message = refused.unwrap_err().to_string();
                assert!(
                    message.contains("coincide") && message.contains("f64") && message.contains("\"t\""),
                    "{message}"
                );
            }
            assert!(all::<f64>(start..start + 1.0, 30).iter().all(Result::is_ok));
            let plane = Domain::new(["x", "t"], [0.0..1.0, start..start + 1.0]).unwrap();
            assert!(plane.gauss::<f32>([5, 5]).is_err() && plane.random::<f32>(400, Seed(0)).is_err());
            let (disk, ball) = (Region::disk([start, 0.0], 1.0).unwrap(), Ball::new([start, 0.0], 1.0).unwrap());
            assert!(disk.points::<f32>(400, Seed(0)).is_err() && ball.points::<f32>(400, Seed(0)).is_err());
            assert!(disk.grid::<f32>(20).is_err() && disk.boundary::<f32>(400).is_err());
            assert!(disk.points::<f64>(400, Seed(0)).is_ok());
        }
        assert!(all::<f64>(1e16..1e16 + 10.0, 30).iter().all(Result::is_err));
    }

    #[test]
    fn points_that_can_be_told_apart_are_given() {
        for (range, n) in [(0.0..1.0, 10_000), (1e4..1e4 + 1.0, 100), (1e-30..3e-30, 1000), (-5.0..0.0, 1)] {
            assert!(all::<f32>(range, n).iter().all(Result::is_ok));
        }
        let mut equidistant = all::<f32>(1e6..1e6 + 1.0, 16)[1].as_ref().unwrap().points().to_vec();
        equidistant.dedup();
        assert_eq!(equidistant.len(), 16);
    }

    #[test]
    fn weights_that_underflow_are_refused() {
        let tiny = Domain::new(["x", "y"], [0.0..1e-20, 0.0..1e-20]).unwrap();
        assert!(tiny.random::<f32>(10, Seed(0)).is_err() && tiny.uniform::<f32>([2, 2]).is_err());
        assert!(tiny.gauss::<f32>([2, 2]).is_err() && tiny.random::<f64>(10, Seed(0)).is_ok());
    }
}
