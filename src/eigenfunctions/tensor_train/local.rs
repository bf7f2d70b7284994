//! The eigenproblem of one core, all others held fixed.

use super::site::{Environment, Site, half_applied};
use crate::Result;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::checks::symmetric_part;
use crate::linalg::{EigenRange, Matrix, Qr, symmetric_eigen, symmetric_eigen_range};

/// The least denominator of a preconditioner, by the spread of the levels.
const FLOOR: f64 = 0.05;

/// H between the tensors `[l, n, r]` of one coordinate: left ⊗ own ⊗ right, summed over the bonds.
pub(super) struct Local<'a> {
    pub left: &'a Environment,
    pub site: &'a Site,
    /// Mirrored.
    pub right: &'a Environment,
}

/// The part of H that acts on one of the three alone, diagonal: what preconditions the rest.
pub(super) struct Diagonal {
    /// Eigenvectors of the left, own and right parts.
    vectors: [Matrix<f64>; 3],
    /// Σ of their eigenvalues `[l n r]`.
    values: Vec<f64>,
}

impl Local<'_> {
    pub fn shape(&self) -> [usize; 3] {
        [self.left.rank, self.site.rows, self.right.rank]
    }

    /// H X, for X `[l n r, s]`.
    pub fn apply(&self, x: &Matrix<f64>, packing: &mut Packing<f64>) -> Result<Matrix<f64>> {
        let ([l, n, r], s) = (self.shape(), x.cols());
        let wide = self.site.behind * r;
        let image = half_applied(&self.left.data, self.site, x.as_slice(), r * s, packing);
        let mut out = Matrix::zeros(x.rows(), s);
        let environment = MatRef::row_major(self.right.data.as_slice(), r, wide).transposed();
        for state in 0..s {
            // [(l, n), (W′, r)] · [(W′, r), r] of one state, the states being innermost.
            let ket = MatRef::new(&image[state..], l * n, wide, wide * s, s)?;
            let mut to = MatMut::new(&mut out.as_mut_slice()[state..], l * n, r, r * s, s)?;
            gemm(1.0, ket, environment, 0.0, &mut to, packing);
        }
        Ok(out)
    }

    /// `u` and `v` are the weights of the bonds that stand for the identity on everything before and behind.
    pub fn diagonal(&self, [u, u_behind]: [&[f64]; 2], [v, v_behind]: [&[f64]; 2]) -> Result<Diagonal> {
        let parts = [self.left.weighed(v), self.site.weighed(u, v_behind), self.right.weighed(u_behind)];
        let mut pairs = Vec::with_capacity(3);
        for part in parts {
            pairs.push(symmetric_eigen(&symmetric_part(&part))?);
        }
        let [l, n, r] = self.shape();
        let mut values = Vec::with_capacity(l * n * r);
        for a in &pairs[0].values {
            for b in &pairs[1].values {
                values.extend(pairs[2].values.iter().map(|c| a + b + c));
            }
        }
        let mut vectors = pairs.into_iter().map(|pair| pair.vectors);
        let vectors = [(); 3].map(|()| vectors.next().unwrap_or_else(|| Matrix::zeros(0, 0)));
        Ok(Diagonal { vectors, values })
    }

    /// The lowest `states` pairs by block Davidson from the columns of `start`, `steps` times enlarged by preconditioned
    /// residuals; stops where those are below `accuracy` of the level.
    pub fn solve(
        &self,
        start: &Matrix<f64>,
        states: usize,
        diagonal: &Diagonal,
        steps: usize,
        accuracy: f64,
        packing: &mut Packing<f64>,
    ) -> Result<(Vec<f64>, Matrix<f64>)> {
        let size = start.rows();
        let states = states.min(size);
        let mut basis = Qr::factor(start)?.thin_q()?;
        let mut image = self.apply(&basis, packing)?;
        let mut step = 0;
        loop {
            let small = symmetric_part(&basis.t_matmul(&image)?);
            let pairs = symmetric_eigen_range(&small, &EigenRange::Indices(0..states.min(small.rows())))?;
            let x = basis.matmul(&pairs.vectors)?;
            let residual = image.matmul(&pairs.vectors)?;
            let residual = Matrix::from_fn(size, x.cols(), |i, j| residual[(i, j)] - pairs.values[j] * x[(i, j)]);
            let largest = (0..x.cols()).map(|j| column_norm(&residual, j)).fold(0.0, f64::max);
            let all = basis.cols() == size;
            if (step >= steps || largest <= accuracy * pairs.values[0].abs() || all) && x.cols() == states {
                return Ok((pairs.values, x));
            }
            step += 1;
            if basis.cols() + x.cols() > size {
                basis = Matrix::identity(size);
                image = self.apply(&basis, packing)?;
                continue;
            }
            let more = diagonal.solve(&residual, &pairs.values)?;
            let more = orthogonal(&basis, more)?;
            let more_image = self.apply(&more, packing)?;
            basis = beside(&basis, &more);
            image = beside(&image, &more_image);
        }
    }
}

impl Diagonal {
    /// (D − λ)⁻¹ R, column by column (Davidson, 1975); no denominator is below a share of what the levels spread over.
    fn solve(&self, r: &Matrix<f64>, levels: &[f64]) -> Result<Matrix<f64>> {
        let mut coefficients = self.turned(r, true)?;
        let spread = levels[levels.len() - 1] - levels[0];
        let floor = (FLOOR * spread).max(1e-3 * levels[0].abs());
        for (i, value) in self.values.iter().enumerate() {
            let row = coefficients.row_mut(i).iter_mut().zip(levels);
            row.for_each(|(c, level)| *c /= (value - level).max(floor));
        }
        self.turned(&coefficients, false)
    }

    /// Into the eigenvectors of the parts, or back.
    fn turned(&self, x: &Matrix<f64>, into: bool) -> Result<Matrix<f64>> {
        let mut data = x.as_slice().to_vec();
        let mut before = 1;
        let total = data.len();
        let mut packing = Packing::new();
        let mut out = vec![0.0; total];
        for u in &self.vectors {
            let (n, behind) = (u.rows(), total / (before * u.rows()));
            let turn = if into { u.view().transposed() } else { u.view() };
            for (from, to) in data.chunks_exact(n * behind).zip(out.chunks_exact_mut(n * behind)) {
                gemm(
                    1.0,
                    turn,
                    MatRef::row_major(from, n, behind),
                    0.0,
                    &mut MatMut::row_major(to, n, behind),
                    &mut packing,
                );
            }
            std::mem::swap(&mut data, &mut out);
            before *= n;
        }
        Matrix::from_vec(x.rows(), x.cols(), data)
    }
}

pub(super) fn column_norm(a: &Matrix<f64>, j: usize) -> f64 {
    (0..a.rows()).map(|i| a[(i, j)] * a[(i, j)]).sum::<f64>().sqrt()
}

/// The columns of `more` made orthonormal, and orthogonal to those of `basis`.
fn orthogonal(basis: &Matrix<f64>, mut more: Matrix<f64>) -> Result<Matrix<f64>> {
    for _ in 0..2 {
        more = more.sub(&basis.matmul(&basis.t_matmul(&more)?)?)?;
        more = Qr::factor(&more)?.thin_q()?;
    }
    Ok(more)
}

fn beside(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let n = a.cols();
    Matrix::from_fn(a.rows(), n + b.cols(), |i, j| if j < n { a[(i, j)] } else { b[(i, j - n)] })
}
