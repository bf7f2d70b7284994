//! Loops that apply one function to every entry.

use super::lane::Lane;

/// Entries per block of a function in two stages: a block stays in the first-level cache.
pub const BLOCK: usize = 512;

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
