//! What elimination will do to a pattern, before any number is touched.

use super::Csr;
use super::ordering::minimum_degree;
use super::supernodes::Supernodes;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::compressed::check_permutation;

/// No parent: a root.
pub(super) const ROOT: u32 = u32::MAX;

/// The order of elimination, the elimination tree (Liu, 1990) and the sizes of the columns of `L` for a symmetric
/// pattern. It serves every matrix of that pattern, such as one matrix with several shifts.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbolic {
    /// Unknown `permutation[i]` is the i-th to be eliminated.
    pub(super) permutation: Vec<usize>,
    pub(super) supernodes: Supernodes,
    nnz: usize,
}

impl Symbolic {
    /// Analyses the pattern of `A + Aᵀ`, ordered by [`minimum_degree`].
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square.
    pub fn analyze<T: Scalar>(a: &Csr<T>) -> Result<Self, Error> {
        Self::with_order(a, &minimum_degree(a)?)
    }

    /// Analyses the pattern with an order of elimination of one's own. Unknowns may change places where that changes
    /// nothing in the factor but the numbering: the tree is put into postorder.
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square, [`Error::InvalidArgument`] if `order` is no permutation.
    pub fn with_order<T: Scalar>(a: &Csr<T>, order: &[usize]) -> Result<Self, Error> {
        let n = a.rows();
        if a.cols() != n {
            return Err(Error::shape("Symbolic::with_order", &[n, a.cols()], &[n, n]));
        }
        check_permutation("Symbolic::with_order", n, order)?;
        let parents = tree(a, order);
        let after = postorder(&parents);
        let permutation: Vec<usize> = after.iter().map(|&i| order[i as usize]).collect();
        let mut place = vec![0_u32; n];
        after.iter().enumerate().for_each(|(new, &old)| place[old as usize] = new as u32);
        let moved = |parent: u32| if parent == ROOT { ROOT } else { place[parent as usize] };
        let parents: Vec<u32> = after.iter().map(|&old| moved(parents[old as usize])).collect();
        let place = inverse(&permutation);
        let pointers = column_pointers(a, &permutation, &place, &parents);
        let supernodes = Supernodes::new(a, &permutation, &place, &parents, &pointers);
        Ok(Symbolic { permutation, supernodes, nnz: pointers[n] })
    }

    /// Unknown `permutation()[i]` is the i-th to be eliminated.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// Entries of `L` below its diagonal.
    pub fn factor_nnz(&self) -> usize {
        self.nnz
    }
}

pub(super) fn inverse(permutation: &[usize]) -> Vec<u32> {
    let mut place = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(new, &old)| place[old] = new as u32);
    place
}

/// The elimination tree of the permuted matrix, with path compression. Only the entries left of the diagonal are
/// read: row i of a symmetric pattern tells everything.
fn tree<T: Scalar>(a: &Csr<T>, order: &[usize]) -> Vec<u32> {
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
fn postorder(parents: &[u32]) -> Vec<u32> {
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
                    order.push(top);
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
fn column_pointers<T: Scalar>(a: &Csr<T>, permutation: &[usize], place: &[u32], parents: &[u32]) -> Vec<usize> {
    let n = permutation.len();
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
