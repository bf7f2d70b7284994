//! Explicit seeds and independent random streams.

#[cfg(test)]
mod tests;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::scalar::Scalar;

/// A seed. The same seed gives the same bits on any number of threads.
///
/// ```
/// use eigennet::Seed;
/// let mut a = Seed(7).stream("weights");
/// let mut b = Seed(7).stream("weights");
/// assert_eq!(a.uniform::<f64>(), b.uniform::<f64>());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed of its own for a named purpose: streams of different names are independent.
    pub fn child(self, name: &str) -> Seed {
        // FNV-1a over the name, then one round of SplitMix64's finaliser over both words.
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        Seed(mix(self.0 ^ mix(hash)))
    }

    /// A seed of its own for a numbered purpose, such as a training step.
    pub fn numbered(self, index: u64) -> Seed {
        Seed(mix(self.0 ^ mix(index.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }

    /// The random stream of [`child`](Self::child)`(name)`.
    pub fn stream(self, name: &str) -> Stream {
        self.child(name).into_stream()
    }

    /// The random stream of this very seed.
    pub fn into_stream(self) -> Stream {
        Stream(Xoshiro256PlusPlus::seed_from_u64(self.0))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): a bijection that scatters all bits.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers (xoshiro256++, Blackman and Vigna, 2019).
#[derive(Debug, Clone)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Uniform on `[0, 1)`.
    pub fn uniform<T: Scalar>(&mut self) -> T {
        // The largest number below 1: `f32` would round up to 1.
        T::of(self.0.random::<f64>()).min(T::one() - T::epsilon() / T::of(2.0))
    }

    /// Uniform on `[low, high)`, whatever rounding says; `low` where that is empty.
    pub fn uniform_in<T: Scalar>(&mut self, low: T, high: T) -> T {
        let (u, width) = (self.uniform::<T>(), high - low);
        // The width of an interval may overflow though its ends do not.
        let x = if width.is_finite() { low + width * u } else { low * (T::one() - u) + high * u };
        if x < high { x } else { low }
    }

    /// Standard normal, by the polar method of Marsaglia and Bray (1964).
    pub fn normal<T: Scalar>(&mut self) -> T {
        loop {
            let u = 2.0 * self.0.random::<f64>() - 1.0;
            let v = 2.0 * self.0.random::<f64>() - 1.0;
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return T::of(u * (-2.0 * s.ln() / s).sqrt());
            }
        }
    }

    /// −1 or 1, one as likely as the other.
    pub(crate) fn sign(&mut self) -> f64 {
        if self.uniform::<f64>() < 0.5 { -1.0 } else { 1.0 }
    }

    /// Uniform on `0..bound`; 0 for an empty range.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }

    /// Shuffles in place (Fisher and Yates).
    pub fn shuffle<V>(&mut self, values: &mut [V]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }
}
