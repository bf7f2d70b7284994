//! What a tensor-network Ritz solve returns.

use std::sync::Arc;

use super::family::{Family, POINTS};
use crate::Result;
use crate::eigenfunctions::check::{Checked, Doubt};
use crate::eigenfunctions::wells::{Gaussian, Missed, overlap_rule};
use crate::error::Error;
use crate::linalg::Matrix;

/// Eigenfunctions as sums of products of networks, and how good they are.
#[derive(Debug, Clone)]
pub struct ProductFunctions<O> {
    pub(super) values: Vec<f64>,
    /// How the training ended.
    pub outcome: O,
    pub(super) checked: Checked,
    pub(super) missed: Option<Missed>,
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

    /// A state that none of these is and that comes before the last of them, if a Gaussian in a well of the potential tells
    /// of one, where the points of the training reach. Wells that all coordinates of a term make together are found in any
    /// dimension if they are no narrower than a 500th of where functions live; what several terms make, by some random points,
    /// which in many dimensions see only wide ones.
    pub fn missed(&self) -> Option<&Missed> {
        self.missed.as_ref()
    }

    /// The first level that is not to be trusted: as [`Checked::doubt`] tells, or behind a state that was
    /// [missed](Self::missed).
    pub fn doubt(&self) -> Option<Doubt> {
        let missed = self.missed.as_ref().and_then(|missed| self.checked.behind(&self.values, missed));
        [self.checked.doubt(&self.values), missed].into_iter().flatten().min_by_key(|doubt| doubt.level)
    }

    /// The overlaps with a Gaussian of norm 1; `None` where the functions have no values.
    pub(super) fn overlaps(&self, gaussian: &Gaussian) -> Option<Vec<f64>> {
        let rule = overlap_rule(81);
        let at = |xi: f64| gaussian.centre.iter().zip(&gaussian.widths).map(move |(c, s)| c + s * xi);
        let points: Vec<f64> = rule.iter().flat_map(|&(xi, _)| at(xi)).collect();
        let mut workspace = self.family.forms.workspace();
        workspace.set(POINTS, &points).ok()?;
        let values = self.family.forms.evaluate(&self.parameters, &mut workspace).ok()?;
        let p = self.family.products;
        let mut products = vec![1.0; p];
        for (&[f, _], width) in self.family.first.iter().zip(&gaussian.widths) {
            let f = values.value(f).ok()?;
            for (h, product) in products.iter_mut().enumerate() {
                let terms = rule.iter().enumerate().map(|(q, (_, weight))| weight * f[q * p + h]);
                *product *= width.sqrt() * terms.sum::<f64>();
            }
        }
        self.coefficients.transpose().matvec(&products).ok()
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
