//! One coordinate's share of a Hamiltonian, in a basis, and what all coordinates to one side add up to.

use crate::eigenfunctions::chain_operator::Link;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::Matrix;

/// The operators of one coordinate between the bonds of its two sides, W and W′ many.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub before: usize,
    pub behind: usize,
    /// Basis functions n of the bra.
    pub rows: usize,
    /// Basis functions of the ket: as many, but where an image is wanted in a larger basis.
    pub cols: usize,
    /// `[(n, W′), (W, n)]`
    pub forward: Matrix<f64>,
}

impl Site {
    /// From the matrices of the factors `[rows, cols]`, that of the identity last.
    pub fn new(link: &Link, factors: &[Matrix<f64>]) -> Self {
        let identity = factors.len() - 1;
        let [rows, cols] = factors[identity].shape();
        let (before, behind) = (link.before, link.behind);
        let mut forward = Matrix::zeros(rows * behind, before * cols);
        for &(w, v, coefficient, factor) in &link.entries {
            let matrix = &factors[factor.unwrap_or(identity)];
            for i in 0..rows {
                for j in 0..cols {
                    forward[(i * behind + v, w * cols + j)] += coefficient * matrix[(i, j)];
                }
            }
        }
        Site { before, behind, rows, cols, forward }
    }

    /// The same seen from the other end of the chain.
    pub fn mirrored(&self) -> Self {
        let Site { before, behind, rows, cols, .. } = *self;
        let entry = |a: usize, b: usize| {
            let ((i, w), (v, j)) = ((a / before, a % before), (b / cols, b % cols));
            self.forward[(i * behind + v, w * cols + j)]
        };
        let forward = Matrix::from_fn(rows * before, behind * cols, entry);
        Site { before: behind, behind: before, rows, cols, forward }
    }

    /// Σ over both bonds of a u_w v_w′ O: the operator on this coordinate `[n, n]` where the others weigh so.
    pub fn weighed(&self, u: &[f64], v: &[f64]) -> Matrix<f64> {
        let entry = |i: usize, j: usize| {
            let pairs = u.iter().enumerate().flat_map(|(w, a)| v.iter().enumerate().map(move |(x, b)| (w, x, a * b)));
            pairs.map(|(w, x, c)| c * self.forward[(i * self.behind + x, w * self.cols + j)]).sum()
        };
        Matrix::from_fn(self.rows, self.cols, entry)
    }
}

/// A tensor `[left, size, right]` of a train.
#[derive(Debug, Clone)]
pub(super) struct Core {
    pub left: usize,
    pub size: usize,
    pub right: usize,
    pub data: Vec<f64>,
}

impl Core {
    pub fn mirrored(&self) -> Self {
        let Core { left, size, right, ref data } = *self;
        let mut out = vec![0.0; data.len()];
        for a in 0..left {
            for i in 0..size {
                for b in 0..right {
                    out[(b * size + i) * left + a] = data[(a * size + i) * right + b];
                }
            }
        }
        Core { left: right, size, right: left, data: out }
    }
}

/// The Hamiltonian on all coordinates to the left (or, mirrored, to the right), between the functions of the bond there.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// Functions r of the bond.
    pub rank: usize,
    /// `[(r, W), r]`
    pub data: Matrix<f64>,
}

impl Environment {
    /// At the end of the chain.
    pub fn end() -> Self {
        Environment { rank: 1, data: Matrix::identity(1) }
    }

    pub fn bonds(&self) -> usize {
        self.data.rows() / self.rank
    }

    /// With one more coordinate.
    pub fn advanced(&self, site: &Site, core: &Core, packing: &mut Packing<f64>) -> Self {
        let Core { left, size, right, ref data } = *core;
        let image = half_applied(&self.data, site, data, right, packing);
        // [(l, n), r]ᵀ [(l, n), (W′, r)]
        let mut out = Matrix::zeros(right * site.behind, right);
        let bra = MatRef::row_major(data, left * size, right).transposed();
        let ket = MatRef::row_major(&image, left * size, site.behind * right);
        gemm(1.0, bra, ket, 0.0, &mut MatMut::row_major(out.as_mut_slice(), right, site.behind * right), packing);
        Environment { rank: right, data: out }
    }

    /// Σ_w c_w of its operators `[r, r]`.
    pub fn weighed(&self, c: &[f64]) -> Matrix<f64> {
        let bonds = self.bonds();
        let entry = |i: usize, j: usize| c.iter().enumerate().map(|(w, c)| c * self.data[(i * bonds + w, j)]).sum();
        Matrix::from_fn(self.rank, self.rank, entry)
    }
}

/// A tensor `[l, n, m]` with what is to its left and its own operators applied: `[r, n, W′, m]`, r the functions that
/// `left` `[(r, W), l]` leads to.
pub(super) fn half_applied(
    left: &Matrix<f64>,
    site: &Site,
    tensor: &[f64],
    right: usize,
    packing: &mut Packing<f64>,
) -> Vec<f64> {
    let (wide, block) = (site.cols * right, site.rows * site.behind * right);
    let mut applied = vec![0.0; left.rows() * wide];
    let ket = MatRef::row_major(tensor, left.cols(), wide);
    gemm(1.0, left.view(), ket, 0.0, &mut MatMut::row_major(&mut applied, left.rows(), wide), packing);
    let mut image = vec![0.0; left.rows() / site.before * block];
    for (ket, image) in applied.chunks_exact(site.before * wide).zip(image.chunks_exact_mut(block)) {
        let ket = MatRef::row_major(ket, site.before * site.cols, right);
        let mut out = MatMut::row_major(image, site.rows * site.behind, right);
        gemm(1.0, site.forward.view(), ket, 0.0, &mut out, packing);
    }
    image
}
