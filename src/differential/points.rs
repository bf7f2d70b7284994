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
    /// [`Error::InvalidArgument`] for a count of 0 or more points than memory is likely to hold.
    pub fn gauss<T: Scalar>(&self, counts: [usize; N]) -> Result<Quadrature<T>> {
        Quadrature::rectangle(self.ranges(), &counts)
    }

    /// Equidistant points, both ends included (a single one lies in the middle), of equal weight.
    ///
    /// # Errors
    /// As [`gauss`](Self::gauss).
    pub fn uniform<T: Scalar>(&self, counts: [usize; N]) -> Result<Quadrature<T>> {
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
        let mut points = Vec::with_capacity(count * N);
        let mut x = [0.0; N];
        for i in 0..count {
            draw(i, &mut x);
            points.extend(x.iter().zip(self.ranges()).map(|(x, r)| T::of(r.start + (r.end - r.start) * x)));
        }
        equal_weights(points, self.volume(), N)
    }
}

/// Points `[n, dimension]` whose equal weights add up to `volume`.
pub(super) fn equal_weights<T: Scalar>(points: Vec<T>, volume: f64, dimension: usize) -> Result<Quadrature<T>> {
    let count = points.len() / dimension;
    Quadrature::new(points, vec![T::of(volume / count as f64); count], dimension)
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
