//! The weights of a graph, from neighbours that each point has for itself.

use super::affinity::Symmetrization;
use super::neighbors::Neighbors;
use crate::sparse::Csr;
use crate::{Result, Scalar};

/// −d²/(2ab), the logarithm of a weight.
pub(super) fn exponent<T: Scalar>(distance: T, a: T, b: T) -> T {
    if distance == T::zero() {
        return T::zero();
    }
    // Two quotients, for no square of either is sure to be a number.
    -T::of(0.5) * (distance / a) * (distance / b)
}

/// The weights of all pairs, each from both sides.
pub(super) fn symmetric<T: Scalar>(
    neighbors: &Neighbors<T>,
    symmetrization: Symmetrization,
    weight: impl Fn(usize, usize, T) -> T,
) -> Result<Csr<T>> {
    let n = neighbors.len();
    let mut pointers = Vec::with_capacity(n + 1);
    let (mut indices, mut values) = (Vec::with_capacity(neighbors.count()), Vec::with_capacity(neighbors.count()));
    pointers.push(0);
    let mut row: Vec<(u32, T)> = Vec::new();
    for (i, (others, distances)) in neighbors.iter().enumerate() {
        row.clear();
        row.extend(others.iter().zip(distances).map(|(&j, &distance)| (j, weight(i, j as usize, distance))));
        row.sort_unstable_by_key(|&(j, _)| j);
        indices.extend(row.iter().map(|&(j, _)| j));
        values.extend(row.iter().map(|&(_, w)| w));
        pointers.push(indices.len());
    }
    let own = Csr::from_parts(n, pointers, indices, values)?;
    let turned = own.transpose();
    let alone = match symmetrization {
        Symmetrization::Mean => T::of(0.5),
        Symmetrization::Either => T::one(),
        Symmetrization::Mutual => T::zero(),
    };
    let mut out = Csr::empty(n, 2 * own.nnz());
    for (a, b) in own.row_iter().zip(turned.row_iter()) {
        // Both sides give the same weight where both give one.
        let weights = merged(a, b).map(|(j, weight, both)| (j, if both { weight } else { alone * weight }));
        out.push_line(weights.filter(|&(_, weight)| weight != T::zero()));
    }
    Ok(out)
}

/// The entries of two rows by column, and whether both have one there.
fn merged<'a, T: Scalar>(a: (&'a [u32], &'a [T]), b: (&'a [u32], &'a [T])) -> impl Iterator<Item = (u32, T, bool)> {
    let (mut p, mut q) = (0, 0);
    std::iter::from_fn(move || {
        let (first, second) = (a.0.get(p), b.0.get(q));
        let next = *first.into_iter().chain(second).min()?;
        let (in_a, in_b) = (first == Some(&next), second == Some(&next));
        let value = if in_a { a.1[p] } else { b.1[q] };
        p += usize::from(in_a);
        q += usize::from(in_b);
        Some((next, value, in_a && in_b))
    })
}
