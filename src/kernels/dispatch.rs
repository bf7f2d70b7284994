//! One loop, compiled once for every instruction set and chosen at run time.
//!
//! A [`Kernel`] is a loop in plain Rust. [`run_on`] calls a copy of it that was compiled with the vector instructions
//! asked for, [`dispatch`] with the widest the machine has; the compiler does the vectorising.

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

/// Runs a loop with the widest instructions of this machine. It is written as a closure that is handed variables of its
/// own names, and may use the scalar type and the constant `FMA` named before it: `dispatch!(T, FMA, |x: &[T]| { … })`.
/// An instruction set may stand in front.
macro_rules! dispatch {
    ($scalar:ident, $fma:ident, |$($rest:tt)*) => {{
        let isa = $crate::kernels::isa::Isa::best();
        $crate::kernels::dispatch::dispatch!(isa, $scalar, $fma, |$($rest)*)
    }};
    ($isa:ident, $scalar:ident, $fma:ident, |$($name:ident: $type:ty),*| $body:block) => {
        $crate::kernels::dispatch::dispatch!($isa, $scalar, $fma, |$($name: $type),*| -> () $body)
    };
    ($isa:ident, $scalar:ident, $fma:ident, |$($name:ident: $type:ty),*| -> $output:ty $body:block) => {{
        struct Call<A>(A);

        impl<$scalar: $crate::kernels::Simd> $crate::kernels::dispatch::Kernel for Call<($($type,)*)> {
            type Output = $output;

            #[inline(always)]
            fn run<const $fma: bool>(self) -> $output {
                let Call(($($name,)*)) = self;
                $body
            }
        }

        $crate::kernels::dispatch::run_on($isa, Call(($($name,)*)))
    }};
}
pub(super) use dispatch;

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
