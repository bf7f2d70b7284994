//! The correction equation, solved approximately by GMRES (Saad and Schultz, 1986).

use super::super::basis::Basis;
use super::super::checks::Products;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;
use crate::linalg::{LinearOperator, Lu, Matrix, Span};

/// `(I − QQᵀ)(A − θ I)(I − QQᵀ) t = −r`, `t ⊥ Q`, with an optional preconditioner `K ≈ (A − σ I)⁻¹`.
pub(super) struct Equation<'a, T> {
    a: Products<'a, T>,
    shift: T,
    against: &'a Basis<T>,
    preconditioner: Option<Projected<'a, T>>,
}

/// A preconditioner restricted to the complement of `Q`: `K − K Q (Qᵀ K Q)⁻¹ Qᵀ K` (Sleijpen and van der Vorst, 1996).
struct Projected<'a, T> {
    operator: &'a dyn LinearOperator<T>,
    images: Basis<T>,
    inner: Lu<T>,
}

impl<'a, T: Scalar> Equation<'a, T> {
    pub(super) fn new(
        a: &'a dyn LinearOperator<T>,
        shift: T,
        against: &'a Basis<T>,
        preconditioner: Option<&'a dyn LinearOperator<T>>,
    ) -> Result<Self, Error> {
        let preconditioner = preconditioner.map(|p| Projected::new(p, against)).transpose()?;
        Ok(Equation { a: Products::new("the operator", a), shift, against, preconditioner })
    }

    /// At most `steps` steps, fewer in the first of several attempts at one pair: the residual falls by `2^-attempt`.
    /// Adds the products made to `products`.
    #[inline(never)]
    pub(super) fn solve(
        mut self,
        residual: &[T],
        steps: usize,
        attempt: usize,
        products: &mut usize,
    ) -> Result<Vec<T>, Error> {
        let n = residual.len();
        let mut right: Vec<T> = residual.iter().map(|&v| -v).collect();
        self.precondition(&mut right)?;
        if steps == 0 {
            return Ok(right);
        }
        let target = T::of(0.5f64.powi(attempt.min(40) as i32));
        let span = Span::whole(n);
        let size = span.normalize(&mut right);
        let mut krylov = Basis::new(n);
        krylov.push(&right);
        // Upper triangle of the rotated Hessenberg matrix, column by column, and the rotated right-hand side.
        let mut columns: Vec<Vec<T>> = Vec::new();
        let mut rotations: Vec<(T, T)> = Vec::new();
        let mut rotated = vec![T::one()];
        for j in 0..steps.min(n) {
            let v = krylov.row(j);
            let mut w = self.a.apply(v)?;
            axpy(-self.shift, v, &mut w);
            self.precondition(&mut w)?;
            let mut column = krylov.remove_from(&mut w);
            let next = span.normalize(&mut w);
            for (i, &(c, s)) in rotations.iter().enumerate() {
                (column[i], column[i + 1]) = (c * column[i] + s * column[i + 1], c * column[i + 1] - s * column[i]);
            }
            let radius = column[j].hypot(next);
            if radius == T::zero() {
                break;
            }
            let (c, s) = (column[j] / radius, next / radius);
            column[j] = radius;
            let last = rotated[j];
            rotated[j] = c * last;
            rotated.push(-s * last);
            rotations.push((c, s));
            columns.push(column);
            if (s * last).abs() <= target || next <= T::EPSILON * radius {
                break;
            }
            krylov.push(&w);
        }
        *products += self.a.count;
        let m = columns.len();
        let mut y = rotated[..m].to_vec();
        for i in (0..m).rev() {
            y[i] /= columns[i][i];
            let value = y[i];
            for (above, entry) in y[..i].iter_mut().zip(&columns[i]) {
                *above -= value * *entry;
            }
        }
        let mut solution = krylov.combination(&y);
        if m == 0 || solution.iter().any(|v| !v.is_finite()) {
            solution = right;
        }
        solution.iter_mut().for_each(|v| *v *= size);
        self.against.remove_from(&mut solution);
        Ok(solution)
    }

    /// `x ← K x` in the complement of `Q`, or only the projection.
    fn precondition(&self, x: &mut Vec<T>) -> Result<(), Error> {
        self.against.remove_from(x);
        if let Some(preconditioner) = &self.preconditioner {
            *x = preconditioner.apply(x, self.against)?;
            self.against.remove_from(x);
        }
        Ok(())
    }
}

impl<'a, T: Scalar> Projected<'a, T> {
    fn new(operator: &'a dyn LinearOperator<T>, against: &Basis<T>) -> Result<Self, Error> {
        let mut counted = Products::new("the preconditioner", operator);
        let mut images = Basis::new(operator.rows());
        for q in against.rows() {
            images.push(&counted.apply(q)?);
        }
        let m = against.len();
        let mut inner = Matrix::zeros(m, m);
        for (j, image) in images.rows().enumerate() {
            against.coefficients(image).into_iter().enumerate().for_each(|(i, v)| inner[(i, j)] = v);
        }
        Ok(Projected { operator, images, inner: Lu::factor(&inner)? })
    }

    fn apply(&self, x: &[T], against: &Basis<T>) -> Result<Vec<T>, Error> {
        let mut image = Products::new("the preconditioner", self.operator).apply(x)?;
        let right = against.coefficients(&image);
        // Where Qᵀ K Q is singular the plain projection has to do.
        if let Ok(c) = self.inner.substitute(&Matrix::from_vec(right.len(), 1, right)?) {
            for (&c, q) in c.as_slice().iter().zip(self.images.rows()) {
                axpy(-c, q, &mut image);
            }
        }
        Ok(image)
    }
}
