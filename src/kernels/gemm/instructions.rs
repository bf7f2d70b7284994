//! The microkernels of every instruction set.

use super::super::isa::Isa;
use super::interleave::{AHEAD_BYTES, interleaving};
use super::kernel::{AHEAD, Dots, Element, FEW, Interleave, Kernels, Panel, SLACK, row_blocks};
use super::microkernel::microkernels;
#[cfg(target_arch = "x86_64")]
use super::narrow::{four_rows, two_rows};

macro_rules! element {
    ($scalar:ty, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Element for $scalar {
            fn kernels(isa: Isa) -> &'static Kernels<$scalar> {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 if isa.is_available() => &$avx512::KERNELS,
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2Fma if isa.is_available() => &$avx2::KERNELS,
                    _ => &$portable::KERNELS,
                }
            }
        }
    };
}

element!(f32, avx512_f32, avx2_f32, portable_f32);
element!(f64, avx512_f64, avx2_f64, portable_f64);

/// Packing for the vectors of these names.
mod packing {
    use super::*;

    interleaving!(portable_f32, f32, 4, {}, [1, 2, 3, 4, 5, 6, 8]);
    interleaving!(portable_f64, f64, 2, {}, [1, 2, 3, 4, 5, 6, 8]);
    #[cfg(target_arch = "x86_64")]
    interleaving!(
        avx2_f32, f32, 8, { #[target_feature(enable = "avx2,fma")] },
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 32]
    );
    #[cfg(target_arch = "x86_64")]
    interleaving!(
        avx2_f64, f64, 4, { #[target_feature(enable = "avx2,fma")] },
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]
    );
}

/// The tiles that sixteen registers hold.
macro_rules! sixteen_registers {
    ($module:ident, $scalar:ty, $lanes:literal, $masks:literal, $attributes:tt) => {
        microkernels! {
            module $module, scalar $scalar, lanes $lanes, rows 6, narrow_rows 8, masks $masks, narrow [],
            attributes $attributes, packing $module,
            tiles [1 x 1, 1 x 2, 1 x 3, 1 x 4, 1 x 5, 1 x 6, 1 x 7, 1 x 8, 2 x 1, 2 x 2, 2 x 3, 2 x 4,
                   3 x 1, 3 x 2, 3 x 3, 3 x 4, 4 x 1, 4 x 2, 5 x 1, 5 x 2, 6 x 1, 6 x 2, 7 x 1, 8 x 1]
        }
    };
}

/// The tiles that thirty-two registers hold; packing by narrower vectors is as fast.
#[cfg(target_arch = "x86_64")]
macro_rules! thirty_two_registers {
    ($module:ident, $scalar:ty, $lanes:literal, $attributes:tt, $packing:ident, $narrow:tt) => {
        microkernels! {
            module $module, scalar $scalar, lanes $lanes, rows 14, narrow_rows 14, masks true, narrow $narrow,
            attributes $attributes, packing $packing,
            tiles [1 x 1, 1 x 2, 1 x 3, 1 x 4, 1 x 5, 1 x 6, 1 x 7, 1 x 8, 2 x 1, 2 x 2, 2 x 3, 2 x 4,
                   3 x 1, 3 x 2, 3 x 3, 3 x 4, 4 x 1, 4 x 2, 5 x 1, 5 x 2, 6 x 1, 6 x 2, 7 x 1, 7 x 2, 8 x 1, 8 x 2, 9 x 1, 9 x 2,
                   10 x 1, 10 x 2, 11 x 1, 11 x 2, 12 x 1, 12 x 2, 13 x 1, 13 x 2, 14 x 1, 14 x 2]
        }
    };
}

sixteen_registers!(portable_f32, f32, 4, false, {});
sixteen_registers!(portable_f64, f64, 2, false, {});

#[cfg(target_arch = "x86_64")]
sixteen_registers!(avx2_f32, f32, 8, true, { #[target_feature(enable = "avx2,fma")] });
#[cfg(target_arch = "x86_64")]
sixteen_registers!(avx2_f64, f64, 4, true, { #[target_feature(enable = "avx2,fma")] });
#[cfg(target_arch = "x86_64")]
thirty_two_registers!(
    avx512_f32, f32, 16, { #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")] }, avx2_f32,
    [4 by four_rows::panel]
);
#[cfg(target_arch = "x86_64")]
thirty_two_registers!(
    avx512_f64, f64, 8, { #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")] }, avx2_f64,
    [4 by two_rows::panel]
);
