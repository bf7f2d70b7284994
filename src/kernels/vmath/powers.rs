//! Powers of e over slices, by the way that is fastest with the instructions at hand.

use super::exp::{Argument, exp, exp_of_minus_abs};
use super::map::map;
#[cfg(target_arch = "x86_64")]
use super::table::{powers_f32, powers_f64};
use super::tanh::{HyperbolicTangent, exp_of_twice_abs};
use crate::kernels::isa::Isa;

/// Slices of powers of e.
pub trait Powers: HyperbolicTangent {
    /// By a table in registers, where the instructions have such; whether they have.
    fn by_table(isa: Isa, argument: Argument, x: &[Self], out: &mut [Self]) -> bool;
}

macro_rules! powers {
    ($scalar:ident, $by_table:ident) => {
        impl Powers for $scalar {
            #[inline(always)]
            fn by_table(isa: Isa, argument: Argument, x: &[Self], out: &mut [Self]) -> bool {
                #[cfg(target_arch = "x86_64")]
                if isa == Isa::Avx512 && isa.is_available() {
                    // SAFETY: the machine has been asked for every feature the function is compiled with.
                    unsafe { $by_table(argument, x, out) };
                    return true;
                }
                let _ = (isa, argument, x, out);
                false
            }
        }
    };
}

powers!(f32, powers_f32);
powers!(f64, powers_f64);

/// `out[i]` = e to the power of the argument at `x[i]`.
#[inline(always)]
pub fn powers<T: Powers, const FMA: bool>(isa: Isa, argument: Argument, x: &[T], out: &mut [T]) {
    if T::by_table(isa, argument, x, out) {
        return;
    }
    match argument {
        Argument::Itself => map(x, out, exp::<T, FMA>),
        Argument::MinusAbs => map(x, out, exp_of_minus_abs::<T, FMA>),
        Argument::TwiceAbs => map(x, out, exp_of_twice_abs::<T, FMA>),
    }
}
