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
    ($name:ident, $scalar:ty, { $(#[$attribute:meta])* }, $splat:path, $multiply_add:path, $first:path) => {
        /// xᵢ ← xᵢ a + a in every chain and lane; all end at the same fixed point a / (1 − a).
        ///
        /// # Safety
        /// The machine has the instruction set.
        $(#[$attribute])*
        pub(super) unsafe fn $name(a: $scalar) -> $scalar {
            let a = $splat(a);
            let mut x = [a; CHAINS];
            for _ in 0..ROUNDS {
                for x in &mut x {
                    *x = $multiply_add(*x, a, a);
                }
            }
            let mut sum = x[0];
            for &x in &x[1..] {
                sum = $multiply_add(x, a, sum);
            }
            $first(sum)
        }
    };
}

/// Plain Rust on vectors of 128 bits.
mod plain {
    pub fn splat<T: Copy, const N: usize>(x: T) -> [T; N] {
        [x; N]
    }

    #[inline(always)]
    pub fn multiply_add<T: num_traits::Float + std::ops::AddAssign, const N: usize>(
        a: [T; N],
        b: [T; N],
        mut c: [T; N],
    ) -> [T; N] {
        for ((c, a), b) in c.iter_mut().zip(a).zip(b) {
            *c = if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, *c) } else { a * b + *c };
        }
        c
    }

    pub fn first<T: Copy, const N: usize>(x: [T; N]) -> T {
        x[0]
    }
}

chains!(baseline_f32, f32, {}, plain::splat::<f32, 4>, plain::multiply_add, plain::first);
chains!(baseline_f64, f64, {}, plain::splat::<f64, 2>, plain::multiply_add, plain::first);

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, ROUNDS};
    use std::arch::x86_64::*;

    chains!(avx2_f32, f32, { #[target_feature(enable = "avx2,fma")] }, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32);
    chains!(avx2_f64, f64, { #[target_feature(enable = "avx2,fma")] }, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_cvtsd_f64);
    chains!(avx512_f32, f32, { #[target_feature(enable = "avx512f")] }, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32);
    chains!(avx512_f64, f64, { #[target_feature(enable = "avx512f")] }, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_cvtsd_f64);
}

impl Chains for f32 {
    fn chains(isa: Isa) -> Option<Chain<f32>> {
        let chain = match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Chain { run: x86::avx512_f32, lanes: 16 },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2Fma => Chain { run: x86::avx2_f32, lanes: 8 },
            _ => Chain { run: baseline_f32, lanes: 4 },
        };
        isa.is_available().then_some(chain)
    }
}

impl Chains for f64 {
    fn chains(isa: Isa) -> Option<Chain<f64>> {
        let chain = match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Chain { run: x86::avx512_f64, lanes: 8 },
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2Fma => Chain { run: x86::avx2_f64, lanes: 4 },
            _ => Chain { run: baseline_f64, lanes: 2 },
        };
        isa.is_available().then_some(chain)
    }
}
