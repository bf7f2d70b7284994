//! What a tensor-network Ritz solve returns.

use std::sync::Arc;

use super::family::{Family, POINTS};
use crate::Result;
use crate::eigenfunctions::check::{Checked, Doubt};
use crate::error::Error;
use crate::linalg::Matrix;

/// Eigenfunctions as sums of products of networks, and how good they are.
#[derive(Debug, Clone)]
pub struct ProductFunctions<O> {
    pub(super) values: Vec<f64>,
    /// How the training ended.
    pub outcome: O,
    pub(super) checked: Checked,
    pub(super) family: Arc<Family>,
    pub(super) parameters: Vec<f64>,
    /// `[products, states]`
    pub(super) coefficients: Matrix<f64>,
}

impl<O> ProductFunctions<O> {
    /// The levels, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The levels by a denser rule, and the residuals ‖Hψ − Eψ‖/‖ψ‖ by 4096 random points, which the training has not used.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The first level that is not to be trusted, as [`Checked::doubt`] tells.
    pub fn doubt(&self) -> Option<Doubt> {
        self.checked.doubt(&self.values)
    }

    /// The states at points `[rows, d]`: `[rows, states]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn evaluate(&self, points: &Matrix<f64>) -> Result<Matrix<f64>> {
        Error::same_shape("ProductFunctions::evaluate", &[points.cols()], &[self.family.first.len()])?;
        Error::check_finite("points of ProductFunctions", points.as_slice())?;
        let mut workspace = self.family.forms.workspace();
        workspace.set(POINTS, points.as_slice())?;
        let values = self.family.forms.evaluate(&self.parameters, &mut workspace)?;
        let mut products = Matrix::from_fn(points.rows(), self.family.products, |_, _| 1.0);
        for &[f, _] in &self.family.first {
            products.as_mut_slice().iter_mut().zip(values.value(f)?).for_each(|(product, f)| *product *= f);
        }
        products.matmul(&self.coefficients)
    }
}
