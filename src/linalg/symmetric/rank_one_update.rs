//! Eigenvalues and eigenvectors of a diagonal matrix plus one of rank one, the vectors numerically orthogonal (Gu and
//! Eisenstat, 1994).

use rayon::prelude::*;

use crate::Scalar;
use crate::kernels::poles::divide_into;
use crate::kernels::reduce::dot;
use crate::linalg::secular::{MIN_WORK, Poles, SecularEquation};

/// `D + ρ z zᵀ` with `ρ > 0`, the entries of `D` strictly ascending and no entry of `z` negligible.
#[derive(Debug)]
pub(crate) struct RankOneUpdate<'a, T> {
    pub(crate) poles: &'a [T],
    pub(crate) z: &'a [T],
    pub(crate) rho: T,
}

impl<T: Scalar> RankOneUpdate<'_, T> {
    /// The eigenvalues, ascending, `[k]`; row `i` of `vectors` `[k, k]` becomes the eigenvector of
    /// value `i`, its entry `j` at place `place[j]`.
    pub(crate) fn solve(&self, place: &[usize], vectors: &mut [T]) -> Vec<T> {
        let k = self.poles.len();
        if k == 0 {
            return Vec::new();
        }
        let equation = SecularEquation { poles: Poles::At(self.poles), z: self.z, rho: self.rho };
        let roots = equation.roots(vectors);
        let exact = equation.exact_z(vectors);
        vectors.par_chunks_mut(k).with_min_len(MIN_WORK.div_ceil(k)).for_each_init(
            || vec![T::zero(); k],
            |scratch, row| {
                divide_into(&exact, row);
                let inverse_norm = dot(row, row).sqrt().recip();
                for (&entry, &to) in row.iter().zip(place) {
                    scratch[to] = entry * inverse_norm;
                }
                row.copy_from_slice(scratch);
            },
        );
        roots.into_iter().map(|(origin, tau)| self.poles[origin] + tau).collect()
    }
}
