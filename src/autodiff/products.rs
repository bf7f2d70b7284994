//! Jacobians, Gauss–Newton matrices and Hessians as linear operators: known by their products, never formed.

use super::replay::program::Program;
use super::replay::workspace::Workspace;
use crate::error::Error;
use crate::linalg::{LinearOperator, Pool, Symmetry};
use crate::{Result, Scalar};

/// What is multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matrix {
    Jacobian,
    GaussNewton,
    Hessian,
}

/// A matrix of derivatives in the parameters at fixed parameters and data, as a [`LinearOperator`]. Products may run side
/// by side; each borrows a workspace.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::eigen;
/// // f = (a − 1)² + 10 (b − a²)² at its minimum: the sharpest direction.
/// let program = record(|g| {
///     let [a, b] = [g.scalar_parameter("a", 1.0), g.scalar_parameter("b", 1.0)];
///     (a - 1.0).square() + 10.0 * (b - a.square()).square()
/// })?
/// .compile::<f64>();
/// let hessian = program.hessian(&[1.0, 1.0], &program.workspace())?;
/// let sharpest = eigen::largest(&hessian, 1).solve()?.values()[0].re;
/// assert!((sharpest - (51.0 + 2561f64.sqrt())).abs() < 1e-9);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct Products<'p, T> {
    matrix: Matrix,
    program: &'p Program<T>,
    parameters: Vec<T>,
    /// With the data bound; what is lent is a copy of it.
    workspace: Workspace<T>,
    pool: Pool<(Workspace<T>, Vec<T>)>,
    /// Entries of all selected outputs.
    entries: usize,
}

impl<T: Scalar> Program<T> {
    /// J = ∂r/∂θ of all selected outputs, one below the other, at `parameters` and the data bound in `ws`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn jacobian(&self, parameters: &[T], ws: &Workspace<T>) -> Result<Products<'_, T>> {
        self.products(Matrix::Jacobian, parameters, ws)
    }

    /// The Gauss–Newton matrix JᵀJ of all selected outputs.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn gauss_newton(&self, parameters: &[T], ws: &Workspace<T>) -> Result<Products<'_, T>> {
        self.products(Matrix::GaussNewton, parameters, ws)
    }

    /// The Hessian of the loss.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn hessian(&self, parameters: &[T], ws: &Workspace<T>) -> Result<Products<'_, T>> {
        self.value(parameters, &mut ws.clone())?;
        self.products(Matrix::Hessian, parameters, ws)
    }

    fn products(&self, matrix: Matrix, parameters: &[T], ws: &Workspace<T>) -> Result<Products<'_, T>> {
        let mut workspace = ws.clone();
        self.evaluate(parameters, &mut workspace)?;
        let entries = self.selected.iter().map(|&k| workspace.at(k as usize).len()).sum();
        let parameters = parameters.to_vec();
        Ok(Products { matrix, program: self, parameters, workspace, pool: Pool::default(), entries })
    }
}

impl<T: Scalar> Products<'_, T> {
    fn lend(&self, work: impl FnOnce(&mut Workspace<T>, &mut Vec<T>) -> Result<()>) -> Result<()> {
        self.pool.lend(|| (self.workspace.clone(), Vec::new()), |(ws, room)| work(ws, room))
    }

    /// `J x` into `y` `[entries]`.
    fn push(&self, ws: &mut Workspace<T>, x: &[T], y: &mut [T]) -> Result<()> {
        self.program.push_forward(&self.parameters, x, ws)?;
        let mut rest = y;
        for &k in &*self.program.selected {
            let tangent = &ws.tangents[k as usize];
            let (part, after) = rest.split_at_mut(tangent.len());
            part.copy_from_slice(tangent);
            rest = after;
        }
        Ok(())
    }

    /// `Jᵀ x` into `y`, for `x` `[entries]`.
    fn pull(&self, ws: &mut Workspace<T>, x: &[T], y: &mut [T]) -> Result<()> {
        let mut rest = x;
        let seed = |_, _: &[T], out: &mut [T]| {
            let (part, after) = rest.split_at(out.len());
            out.copy_from_slice(part);
            rest = after;
        };
        self.program.forward_once(&self.parameters, ws)?.pull_back_with(seed, y)
    }

    fn check(&self, x: &[T], y: &[T], sizes: [usize; 2]) -> Result<()> {
        let given = [y.len(), x.len()];
        if given == sizes { Ok(()) } else { Err(Error::shape("product with a matrix of derivatives", &given, &sizes)) }
    }
}

impl<T: Scalar> LinearOperator<T> for Products<'_, T> {
    fn rows(&self) -> usize {
        if self.matrix == Matrix::Jacobian { self.entries } else { self.parameters.len() }
    }

    fn cols(&self) -> usize {
        self.parameters.len()
    }

    fn symmetry(&self) -> Symmetry {
        if self.matrix == Matrix::Jacobian { Symmetry::General } else { Symmetry::Symmetric }
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        self.check(x, y, [self.rows(), self.cols()])?;
        self.lend(|ws, room| match self.matrix {
            Matrix::Jacobian => self.push(ws, x, y),
            Matrix::GaussNewton => {
                room.resize(self.entries, T::zero());
                self.push(ws, x, room)?;
                self.pull(ws, room, y)
            }
            Matrix::Hessian => self.program.hessian_vector(&self.parameters, x, ws, y),
        })
    }

    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<()> {
        if self.matrix != Matrix::Jacobian {
            return self.apply(x, y);
        }
        self.check(x, y, [self.cols(), self.rows()])?;
        self.lend(|ws, _| self.pull(ws, x, y))
    }
}
