//! The elimination tree of a symmetric pattern (Liu, 1990).

use super::Csr;
use crate::Scalar;

/// No parent: a root.
pub(super) const ROOT: u32 = u32::MAX;

/// Where in a permutation each number stands.
pub(super) fn inverse(permutation: &[usize]) -> Vec<u32> {
    let mut place = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(new, &old)| place[old] = new as u32);
    place
}

/// The elimination tree of the permuted matrix, with path compression. Only the entries left of the diagonal are
/// read: row i of a symmetric pattern tells everything.
pub(super) fn tree<T: Scalar>(a: &Csr<T>, order: &[usize]) -> Vec<u32> {
    let place = inverse(order);
    let mut parents = vec![ROOT; order.len()];
    let mut ancestors = vec![ROOT; order.len()];
    for (i, &row) in order.iter().enumerate() {
        for &column in a.row(row).0 {
            let mut j = place[column as usize];
            while j != ROOT && (j as usize) < i {
                let above = std::mem::replace(&mut ancestors[j as usize], i as u32);
                if above == ROOT {
                    parents[j as usize] = i as u32;
                }
                j = above;
            }
        }
    }
    parents
}

/// The nodes, children before their parents and every subtree without a gap.
pub(super) fn postorder(parents: &[u32]) -> Vec<usize> {
    let n = parents.len();
    let mut first_child = vec![ROOT; n];
    let mut sibling = vec![ROOT; n];
    for i in (0..n).rev() {
        if parents[i] != ROOT {
            sibling[i] = std::mem::replace(&mut first_child[parents[i] as usize], i as u32);
        }
    }
    let mut order = Vec::with_capacity(n);
    let mut stack = Vec::new();
    for root in (0..n).filter(|&i| parents[i] == ROOT) {
        stack.push(root as u32);
        while let Some(&top) = stack.last() {
            match std::mem::replace(&mut first_child[top as usize], ROOT) {
                ROOT => {
                    order.push(top as usize);
                    stack.pop();
                }
                child => {
                    first_child[top as usize] = sibling[child as usize];
                    stack.push(child);
                }
            }
        }
    }
    order
}

/// Row i of `L` is the part of the tree that leads from the entries of row i of `A` up to i; walking all rows counts
/// the columns.
pub(super) fn column_pointers<T: Scalar>(a: &Csr<T>, permutation: &[usize], parents: &[u32]) -> Vec<usize> {
    let n = permutation.len();
    let place = inverse(permutation);
    let mut counts = vec![0_usize; n + 1];
    let mut seen = vec![ROOT; n];
    for (i, &row) in permutation.iter().enumerate() {
        seen[i] = i as u32;
        for &column in a.row(row).0 {
            let mut j = place[column as usize] as usize;
            while j < i && seen[j] != i as u32 {
                counts[j + 1] += 1;
                seen[j] = i as u32;
                j = parents[j] as usize;
            }
        }
    }
    for j in 0..n {
        counts[j + 1] += counts[j];
    }
    counts
}
