//! Singular values and vectors of a diagonal matrix under a full first row, the vectors numerically orthogonal (Gu and
//! Eisenstat, 1995).

use rayon::prelude::*;

use crate::Scalar;
use crate::kernels::poles::divide_into;
use crate::linalg::secular::{MIN_WORK, Poles, SecularEquation};

/// The matrix with first row `z` and diagonal `(z_0, d_1, …)` below: `d_0 = 0`, the entries of `d`
/// strictly ascending, no entry of `z` negligible, and all of unit size.
#[derive(Debug)]
pub(crate) struct BorderedDiagonal<'a, T> {
    pub(crate) d: &'a [T],
    pub(crate) z: &'a [T],
}

impl<T: Scalar> BorderedDiagonal<'_, T> {
    /// The singular values, ascending, `[k]`; row `i` of `left` and of `right` `[k, k]` becomes the
    /// singular vector of value `i`, its entry `j` at place `place[j]`.
    #[inline(never)]
    pub(crate) fn solve(&self, place: &[usize], left: &mut [T], right: &mut [T]) -> Vec<T> {
        let k = self.d.len();
        if k == 0 {
            return Vec::new();
        }
        // Its roots are the squares of the singular values.
        let equation = SecularEquation { poles: Poles::AtSquares(self.d), z: self.z, rho: T::one() };
        let roots = equation.roots(right);
        let exact = equation.exact_z(right);
        let rows = right.par_chunks_mut(k).zip(left.par_chunks_mut(k)).with_min_len(MIN_WORK.div_ceil(k));
        rows.for_each_init(
            || vec![T::zero(); k],
            |scratch, (right, left)| {
                divide_into(&exact, right);
                let (mut right_norm, mut left_norm) = (T::zero(), T::one());
                for (&entry, &d) in right.iter().zip(self.d) {
                    right_norm += entry * entry;
                    left_norm += (d * entry) * (d * entry);
                }
                let (right_norm, left_norm) = (right_norm.sqrt(), left_norm.sqrt());
                for ((&entry, &d), &to) in right.iter().zip(self.d).zip(place) {
                    scratch[to] = entry / right_norm;
                    left[to] = d * entry / left_norm;
                }
                left[place[0]] = -left_norm.recip();
                right.copy_from_slice(scratch);
            },
        );
        let value = |(origin, tau): (usize, T)| {
            let d = self.d[origin];
            d + tau / (d + (d * d + tau).max(T::zero()).sqrt())
        };
        roots.into_iter().map(value).collect()
    }
}
