//! Loops over functions that come from one evaluation, for those of them that are wanted.

use super::Outputs;
use super::exp::Argument;
use super::lane::Lane;
use super::logistic::{Logistic, sigmoid_and_slope, softplus};
use super::map::BLOCK;
use super::powers::{Powers, powers};
use super::tanh::tanh_and_slope;
use super::trig::{Circular, sin_cos};
use crate::kernels::isa::Isa;

/// The wanted ones of softplus, σ and σ′.
#[inline(always)]
pub fn logistic<T: Logistic + Powers, const FMA: bool>(isa: Isa, x: &[T], outs: Outputs<'_, T>) {
    for (x, [mut softplus_of, mut sigmoid, mut slope]) in blocks(x, outs) {
        start([&mut softplus_of, &mut sigmoid, &mut slope], |out| powers::<T, FMA>(isa, Argument::MinusAbs, x, out));
        if let Some(out) = softplus_of {
            match slope.as_deref().or(sigmoid.as_deref()) {
                Some(e) => out.iter_mut().zip(e).zip(x).for_each(|((o, &e), &x)| *o = softplus::<T, FMA>(x, e)),
                None => out.iter_mut().zip(x).for_each(|(o, &x)| *o = softplus::<T, FMA>(x, *o)),
            }
        }
        finish(x, [sigmoid, slope], sigmoid_and_slope::<T, FMA>);
    }
}

/// The wanted ones of tanh and tanh′.
#[inline(always)]
pub fn hyperbolic<T: Powers, const FMA: bool>(isa: Isa, x: &[T], outs: Outputs<'_, T>) {
    for (x, [mut tanh, mut slope, _]) in blocks(x, outs) {
        start([&mut tanh, &mut slope], |out| powers::<T, FMA>(isa, Argument::TwiceAbs, x, out));
        finish(x, [tanh, slope], tanh_and_slope::<T, FMA>);
    }
}

/// The wanted ones of sin and cos: first all of them as if the arguments were small, then those of the large ones again
/// by the standard library, one by one.
#[inline(always)]
pub fn circular<T: Circular, const FMA: bool>(x: &[T], [mut sin, mut cos, _]: Outputs<'_, T>) {
    let mut large = false;
    finish(x, [sin.as_deref_mut(), cos.as_deref_mut()], |x, _| {
        large |= x.abs() > T::TRIG_LIMIT;
        sin_cos::<T, FMA>(x)
    });
    if large {
        for (i, &x) in x.iter().enumerate().filter(|(_, x)| x.abs() > T::TRIG_LIMIT) {
            let (sin_x, cos_x) = x.sin_cos();
            sin.as_deref_mut().into_iter().for_each(|out| out[i] = sin_x);
            cos.as_deref_mut().into_iter().for_each(|out| out[i] = cos_x);
        }
    }
}

/// Work in stages goes block by block, as in [`staged_map`](super::map::staged_map).
#[inline(always)]
fn blocks<'a, T>(x: &'a [T], outs: Outputs<'a, T>) -> impl Iterator<Item = (&'a [T], Outputs<'a, T>)> {
    let mut outs = outs.map(|out| out.map(|out| out.chunks_mut(BLOCK)));
    x.chunks(BLOCK).map(move |x| (x, outs.each_mut().map(|out| out.as_mut().and_then(Iterator::next))))
}

/// The first stage, for all: written to the last that is wanted.
#[inline(always)]
fn start<T, const N: usize>(outs: [&mut Option<&mut [T]>; N], stage: impl FnOnce(&mut [T])) {
    if let Some(last) = outs.into_iter().rev().find_map(Option::as_deref_mut) {
        stage(last);
    }
}

/// The second stage, of two functions: from x and what [`start`] wrote.
#[inline(always)]
fn finish<T: Lane>(x: &[T], outs: [Option<&mut [T]>; 2], mut both: impl FnMut(T, T) -> (T, T)) {
    match outs {
        [Some(first), Some(second)] => {
            first.iter_mut().zip(second).zip(x).for_each(|((p, q), &x)| (*p, *q) = both(x, *q));
        }
        [Some(first), None] => first.iter_mut().zip(x).for_each(|(p, &x)| *p = both(x, *p).0),
        [None, Some(second)] => second.iter_mut().zip(x).for_each(|(q, &x)| *q = both(x, *q).1),
        [None, None] => {}
    }
}
