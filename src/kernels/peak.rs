//! The machine's limit: how many multiply-adds a second its vector units do, with nothing to load.

use super::isa::Isa;
use std::time::{Duration, Instant};

/// Accumulators that run side by side: more than latency times units on every machine so far
/// (4 × 2), and few enough for the 16 registers of AVX2.
const CHAINS: usize = 12;
/// Rounds between two looks at the clock.
const ROUNDS: usize = 20_000;

/// Most multiply-adds a second that one core does with the vectors of `isa`, in GFLOP/s (a
/// multiply-add counts as two): the best of many short runs of independent chains within `duration`.
///
/// It is 0 where the machine lacks `isa`. Measure it in the same process as, and close to, what is
/// to be compared with it: clocks change.
///
/// ```
/// use eigennet::kernels::{isa::Isa, peak::fma_peak};
/// use std::time::Duration;
///
/// let peak = fma_peak::<f64>(Isa::best(), Duration::from_millis(5));
/// assert!(peak > 0.0);
/// ```
pub fn fma_peak<T: Chains + num_traits::Float>(isa: Isa, duration: Duration) -> f64 {
    let Some(Chain { run, lanes }) = T::chains(isa) else { return 0.0 };
    let flops = (2 * CHAINS * ROUNDS * lanes) as f64;
    let start = Instant::now();
    let mut best = 0.0f64;
    loop {
        let from = Instant::now();
        // SAFETY: `chains` hands out only what this machine can run.
        std::hint::black_box(unsafe { run(std::hint::black_box(T::from(0.5).unwrap_or(T::one()))) });
        best = best.max(flops / from.elapsed().as_secs_f64() / 1e9);
        if start.elapsed() >= duration {
            return best;
        }
    }
}

/// Which chains of multiply-adds measure a type.
pub trait Chains: Sized {
    /// The chains in the vectors of `isa`, if this machine has it.
    fn chains(isa: Isa) -> Option<Chain<Self>>;
}

/// Chains of multiply-adds, and the lanes of their vectors.
pub struct Chain<T> {
    run: unsafe fn(T) -> T,
    lanes: usize,
}

macro_rules! chains {
    ($module:ident, $scalar:ty, $lanes:literal, { $(#[$attribute:meta])* }) => {
        mod $module {
            use super::{CHAINS, Chain, ROUNDS};
            use crate::kernels::vectors::$module as vector;

            pub const CHAIN: Chain<$scalar> = Chain { run, lanes: $lanes };

            /// xᵢ ← xᵢ a + a in every chain and lane; all end at the same fixed point a / (1 − a).
            ///
            /// # Safety
            /// The machine has the instruction set.
            $(#[$attribute])*
            unsafe fn run(a: $scalar) -> $scalar {
                let a = vector::splat(a);
                let mut x = [a; CHAINS];
                for _ in 0..ROUNDS {
                    for x in &mut x {
                        *x = vector::multiply_add(*x, a, a);
                    }
                }
                let mut sum = x[0];
                for &x in &x[1..] {
                    sum = vector::multiply_add(x, a, sum);
                }
                vector::sum(sum)
            }
        }
    };
}

chains!(portable_f32, f32, 4, {});
chains!(portable_f64, f64, 2, {});
#[cfg(target_arch = "x86_64")]
chains!(avx2_f32, f32, 8, { #[target_feature(enable = "avx2,fma")] });
#[cfg(target_arch = "x86_64")]
chains!(avx2_f64, f64, 4, { #[target_feature(enable = "avx2,fma")] });
#[cfg(target_arch = "x86_64")]
chains!(avx512_f32, f32, 16, { #[target_feature(enable = "avx512f")] });
#[cfg(target_arch = "x86_64")]
chains!(avx512_f64, f64, 8, { #[target_feature(enable = "avx512f")] });

macro_rules! measured {
    ($scalar:ty, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Chains for $scalar {
            fn chains(isa: Isa) -> Option<Chain<$scalar>> {
                let chain = match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => $avx512::CHAIN,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2Fma => $avx2::CHAIN,
                    _ => $portable::CHAIN,
                };
                isa.is_available().then_some(chain)
            }
        }
    };
}

measured!(f32, avx512_f32, avx2_f32, portable_f32);
measured!(f64, avx512_f64, avx2_f64, portable_f64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Simd;
    use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};

    /// The best GFLOP/s of products of this order.
    fn product<T: Simd>(n: usize) -> f64 {
        let (a, b, mut c) = (vec![T::one(); n * n], vec![T::one(); n * n], vec![T::zero(); n * n]);
        let mut packing = Packing::new();
        let mut best = 0.0f64;
        for _ in 0..10 {
            let from = Instant::now();
            let (a, b) = (MatRef::row_major(&a, n, n), MatRef::row_major(&b, n, n));
            gemm(T::one(), a, b, T::zero(), &mut MatMut::row_major(&mut c, n, n), &mut packing);
            best = best.max((2 * n * n * n) as f64 / from.elapsed().as_secs_f64() / 1e9);
        }
        best
    }

    fn check<T: Simd>() {
        for isa in Isa::ALL {
            let peak = fma_peak::<T>(isa, Duration::from_millis(5));
            assert_eq!(peak > 0.0, isa.is_available(), "{isa:?}: {peak}");
            assert!(peak.is_finite(), "{isa:?}: {peak}");
        }
        // Clocks change and neighbours come: what is to hold has several tries.
        let reached = || fma_peak::<T>(Isa::best(), Duration::from_millis(50)) >= 0.9 * product::<T>(256);
        assert!((0..5).any(|_| reached()), "a product is faster than the peak");
    }

    #[test]
    fn no_product_is_faster() {
        check::<f32>();
        check::<f64>();
    }
}
