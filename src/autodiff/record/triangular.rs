//! Triangular factors and what is solved with them.

use super::var::{Var, formulas};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;

formulas! {
    /// `L⁻¹ B` for a lower triangular L; what is above its diagonal is not read.
    pub solve_lower(l, b: Var<'g>) = l.solve(b, false);
    /// `L⁻ᵀ B` for a lower triangular L.
    pub solve_lower_transpose(l, b: Var<'g>) = l.solve(b, true);
    /// ln det of a symmetric positive definite matrix, by its Cholesky factor.
    pub log_determinant(a) = 2.0 * a.cholesky().diagonal().ln().sum();
}

impl<'g> Var<'g> {
    /// The lower Cholesky factor of a symmetric positive definite matrix. A replay fails with
    /// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) where it is not.
    #[track_caller]
    pub fn cholesky(self) -> Self {
        self.fixed("cholesky", |r, shape, rows| {
            (rows == shape.cols).then(|| r.tensors.push(Op::Cholesky, &[self.id], shape))
        })
    }

    #[track_caller]
    fn solve(self, b: Var<'g>, transposed: bool) -> Self {
        self.build_with(&[b], |r, l| {
            let right = r.tensors.shape(b.id);
            let square = l.fixed_rows() == Some(l.cols) && right.rows == l.rows && right.heads == l.heads;
            if !square {
                return Err(r.misfit("solve_lower", l, right));
            }
            Ok(r.tensors.push(Op::SolveTriangular { transposed }, &[self.id, b.id], right))
        })
    }

    /// `L⁻¹ y` for each row y of Y `[rows, k]`, that is `Y L⁻ᵀ`, for a lower triangular L `[k, k]`. With the Cholesky
    /// factor of YᵀY the columns become orthonormal, as in SpectralNet (Shaham et al., 2018) and spectral inference
    /// networks (Pfau et al., 2019).
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// let program = record(|g| {
    ///     let y = g.input("y", Rows::named("batch"), 2);
    ///     let z = y.transpose_matmul(y).cholesky().solve_lower_rows(y);
    ///     z.transpose_matmul(z)
    /// })?
    /// .compile::<f64>();
    /// let mut ws = program.workspace();
    /// ws.set("y", &[1.0, 2.0, 0.0, 1.0, 3.0, -1.0])?;
    /// program.evaluate(&[], &mut ws)?;
    /// let gram = ws.output("result")?;
    /// assert!((gram[0] - 1.0).abs() < 1e-14 && gram[1].abs() < 1e-14);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[track_caller]
    pub fn solve_lower_rows(self, y: Var<'g>) -> Self {
        let identity = self.fixed("solve_lower_rows", |r, shape, rows| {
            let one = r.tensors.constant(1.0);
            let ones = r.tensors.broadcast_to(one, Shape::fixed(rows, 1).with_heads(shape.heads));
            (rows == shape.cols).then(|| r.tensors.push(Op::DiagonalEmbed, &[ones], shape))
        });
        // The inverse of the small factor, so that the rows go through one product.
        y.matmul_transpose(self.solve_lower(identity))
    }
}
