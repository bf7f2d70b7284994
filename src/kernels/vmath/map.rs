//! Loops that apply one function to every entry.

use super::lane::Lane;
use super::trig::{Circular, sin_cos};
use super::{exp, logistic};

/// Entries per block of a function in two stages: a block stays in the first-level cache.
const BLOCK: usize = 512;

/// `out[i] = function(x[i])`.
#[inline(always)]
pub fn map<T: Lane>(x: &[T], out: &mut [T], function: impl Fn(T) -> T) {
    for (o, &x) in out.iter_mut().zip(x) {
        *o = function(x);
    }
}

/// `out[i] = second(x[i], first(x[i]))`. Each stage is a loop of its own: a processor looks ahead over so many
/// instructions and no more, and in long bodies it does not see the next iteration while one waits for results.
#[inline(always)]
pub fn staged_map<T: Lane>(x: &[T], out: &mut [T], first: impl Fn(T) -> T, second: impl Fn(T, T) -> T) {
    for (x, out) in x.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        for (o, &x) in out.iter_mut().zip(x) {
            *o = first(x);
        }
        for (o, &x) in out.iter_mut().zip(x) {
            *o = second(x, *o);
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
