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
    Sqrt<Lane>(x) = x.sqrt();
    Exp<exp::Exponential>(x) = exp::exp::<T, FMA>(x);
    Expm1<exp::Exponential>(x) = exp::expm1::<T, FMA>(x);
    Log<log::Logarithm>(x) = log::log::<T, FMA>(x);
    Log1p<log::Logarithm>(x) = log::log1p::<T, FMA>(x);
    Tanh<tanh::HyperbolicTangent>(x) = tanh::tanh::<T, FMA>(x);
    Sigmoid<exp::Exponential>(x) = logistic::sigmoid::<T, FMA>(x);
    Softplus<logistic::Logistic>(x) = logistic::softplus::<T, FMA>(x);
    Erf<erf::ErrorFunction>(x) = erf::erf::<T, FMA>(x);
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

/// `(first[i], second[i]) = (softplus(x[i]), sigmoid(x[i]))`.
pub struct SoftplusSigmoid<'a, T> {
    /// Arguments.
    pub x: &'a [T],
    /// Values of softplus.
    pub first: &'a mut [T],
    /// Values of sigmoid.
    pub second: &'a mut [T],
}

impl<T: logistic::Logistic> Kernel for SoftplusSigmoid<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        for ((p, q), &x) in self.first.iter_mut().zip(self.second).zip(self.x) {
            (*p, *q) = logistic::softplus_sigmoid::<T, FMA>(x);
        }
    }
}

/// `sin[i]`, `cos[i]`, or both; the result says whether any argument was beyond the limit of the fast path.
pub struct SinCos<'a, T> {
    /// Arguments.
    pub x: &'a [T],
    /// Which of the two, and where to.
    pub out: Wanted<'a, T>,
}

/// Which of sine and cosine is wanted, and where to.
pub enum Wanted<'a, T> {
    /// The sine.
    Sin(&'a mut [T]),
    /// The cosine.
    Cos(&'a mut [T]),
    /// Both.
    Both(&'a mut [T], &'a mut [T]),
}

impl<T: Circular> Kernel for SinCos<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        // First all of them as if they were small, then the large ones again, one by one.
        let mut large = false;
        match self.out {
            Wanted::Sin(sin) => {
                for (o, &x) in sin.iter_mut().zip(self.x) {
                    large |= x.abs() > T::TRIG_LIMIT;
                    *o = sin_cos::<T, FMA>(x).0;
                }
                if large {
                    for (o, &x) in sin.iter_mut().zip(self.x).filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
                        *o = x.sin();
                    }
                }
            }
            Wanted::Cos(cos) => {
                for (o, &x) in cos.iter_mut().zip(self.x) {
                    large |= x.abs() > T::TRIG_LIMIT;
                    *o = sin_cos::<T, FMA>(x).1;
                }
                if large {
                    for (o, &x) in cos.iter_mut().zip(self.x).filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
                        *o = x.cos();
                    }
                }
            }
            Wanted::Both(sin, cos) => {
                for ((p, q), &x) in sin.iter_mut().zip(cos.iter_mut()).zip(self.x) {
                    large |= x.abs() > T::TRIG_LIMIT;
                    (*p, *q) = sin_cos::<T, FMA>(x);
                }
                if large {
                    for ((p, q), &x) in sin.iter_mut().zip(cos).zip(self.x).filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
                        (*p, *q) = x.sin_cos();
                    }
                }
            }
        }
    }
}
