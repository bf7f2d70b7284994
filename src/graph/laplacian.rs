//! Graph Laplacians (von Luxburg 2007), D the diagonal matrix of degrees.

use crate::Scalar;
use crate::sparse::Csr;

/// Which Laplacian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Laplacian {
    /// D − W
    Unnormalized,
    /// I − D^(−½) W D^(−½)
    #[default]
    Symmetric,
    /// I − D⁻¹ W
    RandomWalk,
}

impl Laplacian {
    /// Of symmetric weights without a diagonal, and degrees that may be larger than their sums by what points weigh with
    /// themselves. The row of a point without neighbours is 0.
    #[inline(never)]
    pub(super) fn of<T: Scalar>(self, weights: &Csr<T>, degrees: &[T]) -> Csr<T> {
        let roots = reciprocal_roots(degrees);
        let mut out = Csr::empty(weights.cols(), weights.nnz() + weights.rows());
        for (i, (others, row)) in weights.row_iter().enumerate() {
            let entry = |(&j, &weight): (&u32, &T)| {
                let entry = match self {
                    Self::Unnormalized => weight,
                    Self::Symmetric => conjugated(weight, roots[i], roots[j as usize]),
                    Self::RandomWalk => share(weight, degrees[i]),
                };
                (j, -entry)
            };
            // D − W, whatever stands on the diagonal of W.
            let sum = row.iter().fold(T::zero(), |sum, &weight| sum + weight);
            let diagonal = match self {
                Self::Unnormalized => sum,
                _ => share(sum, degrees[i]),
            };
            let before = others.partition_point(|&j| (j as usize) < i);
            let entries = || others.iter().zip(row).map(entry);
            out.push_line(entries().take(before).chain([(i as u32, diagonal)]).chain(entries().skip(before)));
        }
        out
    }
}

/// w/d: a quotient, for the reciprocal of a subnormal degree overflows. 0 for a point without neighbours.
fn share<T: Scalar>(weight: T, degree: T) -> T {
    if degree > T::zero() { weight / degree } else { T::zero() }
}

/// 1/√dᵢ, which is finite whatever the degree; 0 for a point without neighbours.
pub(super) fn reciprocal_roots<T: Scalar>(degrees: &[T]) -> Vec<T> {
    degrees.iter().map(|&degree| if degree > T::zero() { degree.sqrt().recip() } else { T::zero() }).collect()
}

/// w/√(dᵢdⱼ) by the reciprocal roots of both, whose product may overflow: the larger one first, so that neither step does
/// and both ends give the same.
pub(super) fn conjugated<T: Scalar>(weight: T, a: T, b: T) -> T {
    weight * a.max(b) * a.min(b)
}

/// Σⱼ wᵢⱼ
pub(super) fn degrees<T: Scalar>(weights: &Csr<T>) -> Vec<T> {
    weights.row_iter().map(|(_, row)| row.iter().fold(T::zero(), |sum, &w| sum + w)).collect()
}
