//! Some of the points of a graph, and the edges between them.

use crate::Scalar;
use crate::graph::laplacian::degrees;
use crate::linalg::Matrix;
use crate::sparse::Csr;

/// Points, the weights between them, and what each point weighs in means.
#[derive(Debug, Clone)]
pub(super) struct Part<T> {
    pub points: Matrix<T>,
    /// With those of points with themselves.
    pub weights: Csr<T>,
    pub degrees: Vec<T>,
    /// The divisor that makes sums over the graph means: Σ dᵢ, or how many points there are.
    pub total: T,
    pub normalized: bool,
}

impl<T: Scalar> Part<T> {
    /// The points `rows`, ascending, of all.
    #[inline(never)]
    pub fn of(weights: &Csr<T>, points: &Matrix<T>, rows: &[usize], normalized: bool) -> Self {
        const NONE: u32 = u32::MAX;
        let mut places = vec![NONE; weights.rows()];
        rows.iter().enumerate().for_each(|(place, &i)| places[i] = place as u32);
        let mut own = Csr::empty(rows.len(), weights.nnz());
        for &i in rows {
            let (others, row) = weights.row(i);
            let inside = others.iter().zip(row).map(|(&j, &w)| (places[j as usize], w));
            own.push_line(inside.filter(|&(j, w)| j != NONE && w > T::zero()));
        }
        let points = Matrix::from_fn(rows.len(), points.cols(), |i, j| points[(rows[i], j)]);
        let degrees = degrees(&own);
        let total = match normalized {
            true => degrees.iter().fold(T::zero(), |sum, &d| sum + d),
            false => T::of(rows.len() as f64),
        };
        Part { points, weights: own, degrees, total, normalized }
    }

    pub fn len(&self) -> usize {
        self.points.rows()
    }

    /// What point i weighs in means.
    pub fn mass(&self, i: usize) -> T {
        if self.normalized { self.degrees[i] / self.total } else { self.total.recip() }
    }

    pub fn masses(&self) -> Vec<T> {
        (0..self.len()).map(|i| self.mass(i)).collect()
    }
}
