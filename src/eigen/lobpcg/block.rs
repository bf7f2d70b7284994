//! Blocks of vectors with their images, and how they are kept orthonormal.

use std::ops::Range;

use super::super::basis::{column_norms, with_unit_columns};
use super::super::checks::Products;
use super::super::pairs::select;
use crate::Scalar;
use crate::error::Error;
use crate::linalg::checks::symmetric_part;
use crate::linalg::{Matrix, Span, SymmetricEigen, symmetric_eigen};

/// Rounds of orthogonalisation before what is left is taken as it is; two are usual.
const ROUNDS: usize = 5;

/// What is said of a mass that is not definite.
pub(super) const MASS: &str = "mass of Lobpcg";

/// Vectors `X` `[n, m]` with `A X` and, where there is a mass, `B X`.
#[derive(Clone)]
pub(super) struct Block<T> {
    pub(super) x: Matrix<T>,
    pub(super) ax: Matrix<T>,
    pub(super) bx: Option<Matrix<T>>,
}

impl<T: Scalar> Block<T> {
    pub(super) fn empty(n: usize, mass: bool) -> Self {
        let none = Matrix::zeros(n, 0);
        Block { x: none.clone(), ax: none.clone(), bx: mass.then_some(none) }
    }

    pub(super) fn width(&self) -> usize {
        self.x.cols()
    }

    /// `B X`, which is `X` without a mass.
    pub(super) fn bx(&self) -> &Matrix<T> {
        self.bx.as_ref().unwrap_or(&self.x)
    }

    /// The block `X C`.
    pub(super) fn times(&self, span: &Span, c: &Matrix<T>) -> Result<Self, Error> {
        let bx = self.bx.as_ref().map(|bx| span.times(bx, c)).transpose()?;
        Ok(Block { x: span.times(&self.x, c)?, ax: span.times(&self.ax, c)?, bx })
    }

    pub(super) fn columns(&self, range: Range<usize>) -> Self {
        let cut = |m: &Matrix<T>| m.submatrix(0..m.rows(), range.start.min(m.cols())..range.end.min(m.cols()));
        Block { x: cut(&self.x), ax: cut(&self.ax), bx: self.bx.as_ref().map(cut) }
    }
}

/// The columns of several blocks side by side. Images that are not there yet are left out.
pub(super) fn join<T: Scalar>(blocks: &[&Block<T>]) -> Result<Block<T>, Error> {
    let n = blocks.first().map_or(0, |b| b.x.rows());
    let beside = |parts: Vec<&Matrix<T>>| {
        let width = parts.iter().map(|m| m.cols()).sum();
        let mut data = Vec::with_capacity(n * width);
        for i in 0..n {
            parts.iter().for_each(|m| data.extend_from_slice(m.row(i)));
        }
        Matrix::from_vec(n, width, data)
    };
    let bx = blocks.iter().map(|b| b.bx.as_ref()).collect::<Option<Vec<_>>>().map(beside).transpose()?;
    let x = beside(blocks.iter().map(|b| &b.x).collect())?;
    Ok(Block { x, ax: beside(blocks.iter().map(|b| &b.ax).collect())?, bx })
}

/// The eigenpairs of `Sᵀ A S` for an orthonormal block `S`, ascending.
pub(super) fn rayleigh_ritz<T: Scalar>(span: &Span, s: &Block<T>) -> Result<SymmetricEigen<T>, Error> {
    symmetric_eigen(&symmetric_part(&span.t_matmul(&s.x, &s.ax)?))
}

/// The operators; `sign` turns the largest eigenvalues of `A` into the smallest of `sign · A`.
pub(super) struct Problem<'a, T> {
    pub(super) a: Products<'a, T>,
    pub(super) b: Option<Products<'a, T>>,
    pub(super) sign: T,
}

impl<T: Scalar> Problem<'_, T> {
    /// `sign · A X`.
    pub(super) fn image(&mut self, x: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let image = self.a.apply_block(x)?;
        Ok(if self.sign < T::zero() { image.scale(self.sign) } else { image })
    }

    /// A (`B`-)orthonormal basis of the span of `w` less that of the blocks, without the image under `A`.
    pub(super) fn orthonormalized(&mut self, w: Matrix<T>, against: &[&Block<T>]) -> Result<Block<T>, Error> {
        let against: Vec<_> = against.iter().map(|block| (&block.x, block.bx())).collect();
        let (x, bx) = orthonormalized(self.a.span(), w, &against, self.b.as_mut())?;
        Ok(Block { ax: Matrix::zeros(x.rows(), 0), x, bx })
    }

    /// `max ‖B x_j‖`.
    pub(super) fn largest_image(&mut self, x: &Matrix<T>) -> Result<T, Error> {
        let Some(b) = &mut self.b else { return Ok(T::one()) };
        let bx = b.apply_block(x)?;
        Ok(column_norms(self.a.span(), &bx).into_iter().fold(T::zero(), |a, b| a.max(b)))
    }
}

/// A (`B`-)orthonormal basis `X` of the span of `w` less that of blocks `(Y, B Y)`, and `B X`; the identity for `B` where
/// there is none.
pub(super) fn orthonormalized<T: Scalar>(
    span: &Span,
    mut w: Matrix<T>,
    against: &[(&Matrix<T>, &Matrix<T>)],
    mut b: Option<&mut Products<'_, T>>,
) -> Result<(Matrix<T>, Option<Matrix<T>>), Error> {
    let mut bw = None;
    for round in 0..ROUNDS {
        w = with_unit_columns(span, &w);
        for (y, by) in against {
            w = w.sub(&span.times(y, &span.t_matmul(by, &w)?)?)?;
        }
        // What cancelled all but rounding in the first round holds no direction.
        w = if round == 0 { without_small_columns(span, w) } else { w };
        bw = b.as_mut().map(|b| b.apply_block(&w)).transpose()?;
        let gram = span.t_matmul(&w, bw.as_ref().unwrap_or(&w))?;
        let Some((factor, smallest)) = inverse_root(&gram, b.is_some())? else {
            let none = Matrix::zeros(w.rows(), 0);
            return Ok((none.clone(), b.is_some().then_some(none)));
        };
        w = span.times(&w, &factor)?;
        bw = bw.map(|bw| span.times(&bw, &factor)).transpose()?;
        if round > 0 && smallest > T::of(0.9) {
            break;
        }
    }
    Ok((w, bw))
}

/// `F` with `Fᵀ G F = I` on all directions that are not lost in rounding, by the eigenvectors of the Gram matrix
/// `G` scaled to a unit diagonal (Stathopoulos and Wu, 2002), and how far from I the scaled G was: its smallest eigenvalue.
/// `None` if no direction is left.
fn inverse_root<T: Scalar>(gram: &Matrix<T>, mass: bool) -> Result<Option<(Matrix<T>, T)>, Error> {
    let m = gram.cols();
    let diagonal = gram.diagonal();
    if let Some(pivot) = diagonal.iter().position(|&d| mass && d <= T::zero()) {
        return Err(Error::NotPositiveDefinite { operation: MASS, pivot });
    }
    let scale: Vec<T> = diagonal.iter().map(|d| if *d > T::zero() { d.sqrt().recip() } else { T::zero() }).collect();
    let scaled = Matrix::from_fn(m, m, |i, j| {
        let half = T::of(0.5);
        (half * gram[(i, j)] + half * gram[(j, i)]) * scale[i] * scale[j]
    });
    let eigen = symmetric_eigen(&scaled)?;
    let largest = eigen.values.last().copied().unwrap_or(T::zero());
    let least = T::EPSILON * T::of(64.0 * m.max(1) as f64) * largest;
    if mass && eigen.values.iter().any(|&v| v < -least) {
        return Err(Error::NotPositiveDefinite { operation: MASS, pivot: 0 });
    }
    let kept: Vec<usize> = (0..m).filter(|&j| eigen.values[j] > least).collect();
    let Some(&first) = kept.first() else { return Ok(None) };
    let factor =
        Matrix::from_fn(m, kept.len(), |i, j| scale[i] * eigen.vectors[(i, kept[j])] / eigen.values[kept[j]].sqrt());
    Ok(Some((factor, eigen.values[first])))
}

/// Without the columns that were of norm one and have all but vanished.
fn without_small_columns<T: Scalar>(span: &Span, w: Matrix<T>) -> Matrix<T> {
    let least = T::EPSILON * T::of(16.0 * (span.total() as f64).sqrt());
    let norms = column_norms(span, &w);
    let kept: Vec<usize> = (0..w.cols()).filter(|&j| norms[j] > least).collect();
    if kept.len() == w.cols() { w } else { select(&w, &kept) }
}
