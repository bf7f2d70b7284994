//! Scratch memory of operators.

use std::sync::{Mutex, PoisonError};

/// Workspaces lent out for one product each.
///
/// A [`LinearOperator`](super::LinearOperator) multiplies through `&self`, and from several threads at once. One that
/// needs scratch memory keeps it here: every product gets a workspace of its own, made only if none is idle. Taking one
/// and giving it back is all that is locked, never the work between; as soon as there are as many as products that run
/// side by side, none is made any more. What a product gives must not depend on what its workspace held.
///
/// ```
/// use eigennet::linalg::{LinearOperator, Matrix, Pool, Symmetry};
/// use eigennet::Error;
///
/// /// `AᵀA`, never formed.
/// struct Normal { a: Matrix<f64>, images: Pool<Vec<f64>> }
///
/// impl LinearOperator<f64> for Normal {
///     fn rows(&self) -> usize { self.a.cols() }
///     fn cols(&self) -> usize { self.a.cols() }
///     fn symmetry(&self) -> Symmetry { Symmetry::Symmetric }
///     fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
///         self.images.lend(|| vec![0.0; self.a.rows()], |image| {
///             self.a.apply(x, image)?;
///             self.a.apply_transposed(image, y)
///         })
///     }
/// }
/// let normal = Normal { a: Matrix::from_vec(1, 2, vec![1.0, 2.0])?, images: Pool::default() };
/// let mut y = [0.0; 2];
/// normal.apply(&[1.0, 1.0], &mut y)?;
/// assert_eq!(y, [3.0, 6.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Pool<W> {
    idle: Mutex<Vec<W>>,
}

impl<W> Default for Pool<W> {
    /// No workspace yet.
    fn default() -> Self {
        Pool { idle: Mutex::default() }
    }
}

impl<W> Pool<W> {
    /// Runs `work` on a workspace that nobody else has meanwhile: an idle one, or one made by `make`.
    ///
    /// # Panics
    /// If `make` or `work` does; the pool stays usable, without that workspace.
    pub fn lend<R>(&self, make: impl FnOnce() -> W, work: impl FnOnce(&mut W) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut workspace = taken.unwrap_or_else(make);
        let result = work(&mut workspace);
        idle().push(workspace);
        result
    }
}

#[cfg(test)]
mod tests;
