//! Triangular systems with a few unknowns and many right-hand sides.

use super::Simd;
use super::dispatch::{Kernel, run_on};
use super::extent::fits;
use super::isa::Isa;

/// The most unknowns that are solved for in one pass.
pub const UNKNOWNS: usize = 8;
/// Right-hand sides side by side.
const LANES: usize = 8;

/// Overwrites `B` with the solution of `L X = B`, for `L` `[m, m]` lower triangular in the rows of `lower`,
/// `m = lower.len()`. Row `i` of `B` `[m, width]` starts at `b[i * stride]`; `backward` numbers the rows of `B` from
/// the last to the first, as an upper triangle wants it.
///
/// # Panics
/// If `m` is 0 or above [`UNKNOWNS`], or `b` too short.
pub fn substitute<T: Simd>(lower: &[[T; UNKNOWNS]], b: &mut [T], stride: usize, width: usize, backward: bool) {
    substitute_on(Isa::best(), lower, b, stride, width, backward);
}

fn substitute_on<T: Simd>(isa: Isa, lower: &[[T; UNKNOWNS]], b: &mut [T], stride: usize, width: usize, backward: bool) {
    let m = lower.len();
    assert!((1..=UNKNOWNS).contains(&m), "substitute: {m} unknowns");
    assert!(width <= stride && fits(b.len(), m, width, stride, 1), "substitute: right-hand sides too short");
    if width == 0 {
        return;
    }
    match m {
        1 => substitute_rows::<T, 1>(isa, lower, b, stride, width, backward),
        2 => substitute_rows::<T, 2>(isa, lower, b, stride, width, backward),
        3 => substitute_rows::<T, 3>(isa, lower, b, stride, width, backward),
        4 => substitute_rows::<T, 4>(isa, lower, b, stride, width, backward),
        5 => substitute_rows::<T, 5>(isa, lower, b, stride, width, backward),
        6 => substitute_rows::<T, 6>(isa, lower, b, stride, width, backward),
        7 => substitute_rows::<T, 7>(isa, lower, b, stride, width, backward),
        _ => substitute_rows::<T, UNKNOWNS>(isa, lower, b, stride, width, backward),
    }
}

fn substitute_rows<T: Simd, const M: usize>(
    isa: Isa,
    lower: &[[T; UNKNOWNS]],
    b: &mut [T],
    stride: usize,
    width: usize,
    backward: bool,
) {
    let mut rows = b.chunks_mut(stride);
    let mut rows: [&mut [T]; M] = std::array::from_fn(|_| match rows.next() {
        Some(row) => &mut row[..width],
        None => &mut [],
    });
    if backward {
        rows.reverse();
    }
    run_on(isa, Substitute { lower: std::array::from_fn(|i| std::array::from_fn(|j| lower[i][j])), rows });
}

struct Substitute<'a, T, const M: usize> {
    lower: [[T; M]; M],
    rows: [&'a mut [T]; M],
}

impl<T: Simd, const M: usize> Kernel for Substitute<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(self) {
        let Substitute { lower, mut rows } = self;
        let width = rows[0].len();
        let whole = width / LANES * LANES;
        for at in (0..whole).step_by(LANES) {
            let mut x = [[T::zero(); LANES]; M];
            for (x, row) in x.iter_mut().zip(&rows) {
                x.copy_from_slice(&row[at..at + LANES]);
            }
            solve::<T, M, FMA>(&lower, &mut x);
            for (x, row) in x.iter().zip(&mut rows) {
                row[at..at + LANES].copy_from_slice(x);
            }
        }
        if whole < width {
            let mut x = [[T::zero(); LANES]; M];
            for (x, row) in x.iter_mut().zip(&rows) {
                x[..width - whole].copy_from_slice(&row[whole..]);
            }
            solve::<T, M, FMA>(&lower, &mut x);
            for (x, row) in x.iter().zip(&mut rows) {
                row[whole..].copy_from_slice(&x[..width - whole]);
            }
        }
    }
}

#[inline(always)]
fn solve<T: Simd, const M: usize, const FMA: bool>(lower: &[[T; M]; M], x: &mut [[T; LANES]; M]) {
    for i in 0..M {
        let mut sum = x[i];
        for j in 0..i {
            let (factor, known) = (-lower[i][j], x[j]);
            sum = std::array::from_fn(|lane| factor.fused::<FMA>(known[lane], sum[lane]));
        }
        x[i] = std::array::from_fn(|lane| sum[lane] / lower[i][i]);
    }
}

#[cfg(test)]
mod tests;
