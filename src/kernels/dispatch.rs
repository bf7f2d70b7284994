//! One loop, compiled once for every instruction set and chosen at run time.
//!
//! A [`Kernel`] is a loop in plain Rust. [`run`] calls a copy of it that was compiled with the widest vector
//! instructions the machine has; the compiler does the vectorising.

use super::isa::Isa;

/// Whether the compilation target itself has fused multiply-add.
const BASELINE_FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

/// A loop to compile for every instruction set.
pub(super) trait Kernel {
    /// What it returns.
    type Output;

    /// The loop. Must be `#[inline(always)]`, and so must be what it calls, to be compiled with the caller's
    /// instructions. `FMA` says whether `mul_add` is one instruction.
    fn run<const FMA: bool>(self) -> Self::Output;
}

/// Runs the kernel with the widest instructions of this machine.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    run_on(Isa::best(), kernel)
}

/// Runs the kernel with given instructions; with the baseline's if the machine does not have them.
#[inline]
pub(super) fn run_on<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has been asked for every feature the function is compiled with.
        Isa::Avx512 if isa.is_available() => unsafe { avx512(kernel) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2Fma if isa.is_available() => unsafe { avx2(kernel) },
        _ => kernel.run::<BASELINE_FMA>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true>()
}
