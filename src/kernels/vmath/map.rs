//! Loops that apply one function to every entry.

use super::lane::Lane;
use super::trig::{Circular, sin_cos};
use super::{arithmetic, erf, exp, log, logistic, tanh};
use crate::kernels::dispatch::Kernel;

/// A function of one number.
pub trait Function<T> {
    /// Its value.
    fn at<const FMA: bool>(&self, x: T) -> T;
}

macro_rules! functions {
    ($($name:ident<$bound:path>($x:ident) = $value:expr;)*) => {
        $(
            pub struct $name;

            impl<T: $bound> Function<T> for $name {
                #[inline(always)]
                fn at<const FMA: bool>(&self, $x: T) -> T {
                    $value
                }
            }
        )*
    };
}

functions! {
    Neg<Lane>(x) = -x;
    Abs<Lane>(x) = x.abs();
    Sign<Lane>(x) = arithmetic::sign(x);
    Recip<Lane>(x) = T::one() / x;
    Square<Lane>(x) = x * x;
    Cube<Lane>(x) = x * x * x;
    Sqrt<Lane>(x) = x.sqrt();
    PowerOneHalf<Lane>(x) = arithmetic::power_one_half(x);
    Exp<exp::Exponential>(x) = exp::exp::<T, FMA>(x);
    Expm1<exp::Exponential>(x) = exp::expm1::<T, FMA>(x);
    Log<log::Logarithm>(x) = log::log::<T, FMA>(x);
    Log1p<log::Logarithm>(x) = log::log1p::<T, FMA>(x);
}

/// `out[i] = F(x[i])`.
pub struct Map<'a, T, F> {
    /// Arguments.
    pub x: &'a [T],
    /// Values.
    pub out: &'a mut [T],
    /// The function.
    pub function: F,
}

impl<T: Lane, F: Function<T>> Kernel for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (o, &x) in self.out.iter_mut().zip(self.x) {
            *o = self.function.at::<FMA>(x);
        }
    }
}

/// Entries per block of a function in two stages: a block stays in the first-level cache.
const BLOCK: usize = 512;

/// A function of one number in two stages. Each stage is a loop of its own: a processor looks ahead over so many
/// instructions and no more, and in long bodies it does not see the next iteration while one waits for results.
pub trait StagedFunction<T> {
    /// What the second stage starts from.
    fn first<const FMA: bool>(&self, x: T) -> T;
    /// Its value.
    fn second<const FMA: bool>(&self, x: T, intermediate: T) -> T;
}

macro_rules! staged_functions {
    ($($name:ident<$bound:path> = $m:ident::$second:ident, after $n:ident::$first:ident;)*) => {
        $(
            pub struct $name;

            impl<T: $bound> StagedFunction<T> for $name {
                #[inline(always)]
                fn first<const FMA: bool>(&self, x: T) -> T {
                    $n::$first::<T, FMA>(x)
                }

                #[inline(always)]
                fn second<const FMA: bool>(&self, x: T, intermediate: T) -> T {
                    $m::$second::<T, FMA>(x, intermediate)
                }
            }
        )*
    };
}

staged_functions! {
    Tanh<tanh::HyperbolicTangent> = tanh::tanh, after tanh::exp_of_twice_abs;
    Sigmoid<logistic::Logistic> = logistic::sigmoid, after exp::exp_of_minus_abs;
    Softplus<logistic::Logistic> = logistic::softplus, after exp::exp_of_minus_abs;
    Erf<erf::ErrorFunction> = erf::erf, after erf::log_erfc_of_abs;
}

/// `out[i] = F(x[i])` in two stages.
pub struct StagedMap<'a, T, F> {
    /// Arguments.
    pub x: &'a [T],
    /// Values.
    pub out: &'a mut [T],
    /// The function.
    pub function: F,
}

impl<T: Lane, F: StagedFunction<T>> Kernel for StagedMap<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for (x, out) in self.x.chunks(BLOCK).zip(self.out.chunks_mut(BLOCK)) {
            for (o, &x) in out.iter_mut().zip(x) {
                *o = self.function.first::<FMA>(x);
            }
            for (o, &x) in out.iter_mut().zip(x) {
                *o = self.function.second::<FMA>(x, *o);
            }
        }
    }
}

/// `(first[i], second[i]) = (softplus(x[i]), sigmoid(x[i]))`.
#[inline(always)]
pub fn softplus_sigmoid<T: logistic::Logistic, const FMA: bool>(x: &[T], first: &mut [T], second: &mut [T]) {
    let outs = first.chunks_mut(BLOCK).zip(second.chunks_mut(BLOCK));
    for (x, (first, second)) in x.chunks(BLOCK).zip(outs) {
        for (e, &x) in second.iter_mut().zip(x) {
            *e = exp::exp_of_minus_abs::<T, FMA>(x);
        }
        for ((p, &e), &x) in first.iter_mut().zip(&*second).zip(x) {
            *p = logistic::softplus::<T, FMA>(x, e);
        }
        for (q, &x) in second.iter_mut().zip(x) {
            *q = logistic::sigmoid::<T, FMA>(x, *q);
        }
    }
}

/// `out[i]` is what `pick` takes of (sin x[i], cos x[i]): first all of them as if the arguments were small, then those of
/// the large ones again by `exact`, one by one.
#[inline(always)]
pub fn sin_or_cos<T: Circular, const FMA: bool>(
    x: &[T],
    out: &mut [T],
    pick: impl Fn((T, T)) -> T,
    exact: impl Fn(T) -> T,
) {
    let mut large = false;
    for (o, &x) in out.iter_mut().zip(x) {
        large |= x.abs() > T::TRIG_LIMIT;
        *o = pick(sin_cos::<T, FMA>(x));
    }
    if large {
        for (o, &x) in out.iter_mut().zip(x).filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
            *o = exact(x);
        }
    }
}

/// Both, as [`sin_or_cos`].
#[inline(always)]
pub fn sin_and_cos<T: Circular, const FMA: bool>(x: &[T], sin: &mut [T], cos: &mut [T]) {
    let mut large = false;
    for ((p, q), &x) in sin.iter_mut().zip(cos.iter_mut()).zip(x) {
        large |= x.abs() > T::TRIG_LIMIT;
        (*p, *q) = sin_cos::<T, FMA>(x);
    }
    if large {
        for ((p, q), &x) in sin.iter_mut().zip(cos).zip(x).filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
            (*p, *q) = x.sin_cos();
        }
    }
}
