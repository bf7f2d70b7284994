//! What elimination will do to a pattern, before any number is touched.

use super::Csr;
use super::elimination_tree::{ROOT, column_pointers, inverse, postorder, tree};
use super::ordering::{order, symmetric_pattern};
use super::supernodes::Supernodes;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::compressed::check_permutation;

/// The order of elimination, the elimination tree (Liu, 1990) and the sizes of the columns of `L` for a symmetric
/// pattern. It serves every matrix of that pattern, such as one matrix with several shifts.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbolic {
    /// Unknown `permutation[i]` is the i-th to be eliminated.
    pub(super) permutation: Vec<usize>,
    pub(super) supernodes: Supernodes,
    nnz: usize,
    work: f64,
}

impl Symbolic {
    /// Analyses the pattern of `A + Aᵀ`, ordered by [`minimum_degree`](super::minimum_degree).
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square.
    pub fn analyze<T: Scalar>(a: &Csr<T>) -> Result<Self, Error> {
        let pattern = symmetric_pattern("Symbolic::analyze", a)?;
        Ok(Self::of(&pattern, &order(&pattern)))
    }

    /// Analyses the pattern of `A + Aᵀ` with an order of elimination of one's own. Unknowns may change places where that changes
    /// nothing in the factor but the numbering: the tree is put into postorder.
    ///
    /// # Errors
    /// [`Error::Shape`] if the matrix is not square, [`Error::InvalidArgument`] if `order` is no permutation.
    pub fn with_order<T: Scalar>(a: &Csr<T>, order: &[usize]) -> Result<Self, Error> {
        let pattern = symmetric_pattern("Symbolic::with_order", a)?;
        check_permutation("Symbolic::with_order", a.rows(), order)?;
        Ok(Self::of(&pattern, order))
    }

    /// Of a symmetric pattern: the tree is read from one half of it, the groups from the other.
    fn of<T: Scalar>(a: &Csr<T>, order: &[usize]) -> Self {
        let n = a.rows();
        let parents = tree(a, order);
        let after = postorder(&parents);
        let permutation: Vec<usize> = after.iter().map(|&i| order[i]).collect();
        let place = inverse(&after);
        let moved = |parent: u32| if parent == ROOT { ROOT } else { place[parent as usize] };
        let parents: Vec<u32> = after.iter().map(|&old| moved(parents[old])).collect();
        let pointers = column_pointers(a, &permutation, &parents);
        let supernodes = Supernodes::new(a, &permutation, &parents, &pointers);
        let work = pointers.windows(2).map(|p| ((p[1] - p[0]) as f64).powi(2)).sum();
        Symbolic { permutation, supernodes, nnz: pointers[n], work }
    }

    /// Unknown `permutation()[i]` is the i-th to be eliminated.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// Entries of `L` below its diagonal.
    pub fn factor_nnz(&self) -> usize {
        self.nnz
    }

    /// Multiplications a factorisation takes, but for lower orders: `Σ c²` over the lengths `c` of the columns of `L`.
    pub fn factor_work(&self) -> f64 {
        self.work
    }
}
