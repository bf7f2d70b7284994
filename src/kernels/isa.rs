//! The instruction sets the kernels are written for, and which of them this machine has.

use std::sync::OnceLock;

/// A set of vector instructions. Ordered: a later one is wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// What every machine of the compilation target has: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// AVX2 with fused multiply-add: 256-bit registers (x86-64 since 2013).
    Avx2Fma,
    /// AVX-512 F, BW, DQ and VL beside AVX2 and FMA: 512-bit registers.
    Avx512,
}

impl Isa {
    /// All of them, narrowest first.
    pub const ALL: [Isa; 3] = [Isa::Baseline, Isa::Avx2Fma, Isa::Avx512];

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        self <= Isa::widest()
    }

    /// The last one that this machine has. Asked once: every loop of the kernels wants to know.
    fn widest() -> Isa {
        static WIDEST: OnceLock<Isa> = OnceLock::new();
        *WIDEST.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                let wider = is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl");
                return if wider { Isa::Avx512 } else { Isa::Avx2Fma };
            }
            Isa::Baseline
        })
    }

    /// Those this machine has, narrowest first; never empty.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// The widest this machine has.
    pub fn best() -> Isa {
        // Only in this crate's own unit tests, which are run with every set in turn.
        #[cfg(test)]
        if let Some(isa) = tests::forced() {
            return isa;
        }
        Isa::widest()
    }
}

#[cfg(test)]
mod tests;
