//! Functions known by their values on a quadrature, with the inner product of L².

use std::ops::Range;

use crate::error::Error;
use crate::kernels::reduce::{axpy, dot, max_abs};
use crate::linalg::Matrix;
use crate::{Result, Scalar};

/// A row of functions f₀ … f_{k−1} by their values on the points of a quadrature, with ⟨f, g⟩ = Σ w f g.
///
/// Everything is held and summed in f64, whatever the functions were computed in.
///
/// ```
/// use eigennet::{eigenfunctions::functions::Functions, quadrature::Quadrature};
/// let rule = Quadrature::<f64>::gauss_legendre(8, -1.0..1.0)?;
/// let powers: Vec<f64> = rule.points().iter().flat_map(|&x| [1.0, x, x * x]).collect();
/// let gram = Functions::new(&powers, rule.weights())?.gram();
/// assert!((gram[(0, 2)] - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Functions {
    /// `[functions, points]`
    rows: Matrix<f64>,
    weights: Vec<f64>,
}

impl Functions {
    /// From `values` `[points, functions]`, row after row, and `weights` `[points]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there are no points or no functions, or a weight is negative; [`Error::Shape`] if
    /// the values do not fill whole rows; [`Error::NonFinite`] for a NaN or an infinity.
    #[inline(never)]
    pub fn new<T: Scalar>(values: &[T], weights: &[T]) -> Result<Self> {
        let points = weights.len();
        if points == 0 || values.is_empty() {
            return Err(Error::invalid(
                "Functions",
                format!("{} values on {points} points; give at least one function and one point", values.len()),
            ));
        }
        if !values.len().is_multiple_of(points) {
            return Err(Error::shape("Functions::new", &[values.len()], &[points, values.len() / points]));
        }
        Error::check_finite("values of Functions", values)?;
        Error::check_finite("weights of Functions", weights)?;
        if let Some(i) = weights.iter().position(|&w| w < T::zero()) {
            return Err(Error::invalid(
                "weights of Functions",
                format!("weight {i} is negative, so ⟨f, f⟩ may be; use a rule with positive weights"),
            ));
        }
        let count = values.len() / points;
        let rows = Matrix::from_fn(count, points, |j, i| Scalar::to_f64(values[i * count + j]));
        Ok(Functions { rows, weights: weights.iter().map(|&w| Scalar::to_f64(w)).collect() })
    }

    /// Number of functions k.
    pub fn count(&self) -> usize {
        self.rows.rows()
    }

    /// Number of points n.
    pub fn points(&self) -> usize {
        self.weights.len()
    }

    /// The values of function `j` on all points.
    ///
    /// # Panics
    /// If there is no such function.
    pub fn function(&self, j: usize) -> &[f64] {
        self.rows.row(j)
    }

    /// All values, `[points, functions]`.
    pub fn values(&self) -> Matrix<f64> {
        self.rows.transpose()
    }

    /// The weights of the points.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Some of the functions.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the range is empty or reaches beyond the functions.
    pub fn select(&self, range: Range<usize>) -> Result<Functions> {
        if range.is_empty() || range.end > self.count() {
            return Err(Error::invalid(
                "Functions::select",
                format!("{range:?} of {} functions; give a range of at least one of them", self.count()),
            ));
        }
        let rows = Matrix::from_fn(range.len(), self.points(), |j, i| self.rows[(range.start + j, i)]);
        Ok(Functions { rows, weights: self.weights.clone() })
    }

    /// The linear combinations Σⱼ fⱼ c[j, m], `coefficients` `[functions, combinations]`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a row of coefficients for each function.
    pub fn combine(&self, coefficients: &Matrix<f64>) -> Result<Functions> {
        if coefficients.rows() != self.count() {
            return Err(Error::shape(
                "Functions::combine",
                &[self.count()],
                &[coefficients.rows(), coefficients.cols()],
            ));
        }
        let mut rows = Matrix::zeros(coefficients.cols(), self.points());
        for m in 0..coefficients.cols() {
            for j in 0..self.count() {
                axpy(coefficients[(j, m)], self.rows.row(j), rows.row_mut(m));
            }
        }
        Ok(Functions { rows, weights: self.weights.clone() })
    }

    /// The Gram matrix ⟨fᵢ, fⱼ⟩, `[k, k]`, exactly symmetric.
    pub fn gram(&self) -> Matrix<f64> {
        self.symmetric_products(|_| 1.0)
    }

    /// The matrix ⟨fᵢ, c fⱼ⟩ for a function c given at the points, whose length is checked before.
    pub(super) fn gram_with(&self, c: &[f64]) -> Matrix<f64> {
        self.symmetric_products(|i| c[i])
    }

    fn symmetric_products(&self, c: impl Fn(usize) -> f64) -> Matrix<f64> {
        let k = self.count();
        let weighted = Matrix::from_fn(k, self.points(), |j, i| self.weights[i] * c(i) * self.rows[(j, i)]);
        let mut products = Matrix::zeros(k, k);
        for i in 0..k {
            for j in i..k {
                products[(i, j)] = dot(weighted.row(i), self.rows.row(j));
                products[(j, i)] = products[(i, j)];
            }
        }
        products
    }

    /// fᵢ and gᵢ as two functions.
    pub(super) fn pair(f: &Functions, g: &Functions, i: usize) -> Result<Functions> {
        let data = [f.function(i), g.function(i)].concat();
        Ok(Functions { rows: Matrix::from_vec(2, f.points(), data)?, weights: f.weights.clone() })
    }

    /// The overlaps ⟨fᵢ, gⱼ⟩, `[k, k of other]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the two live on different numbers of points.
    pub fn overlaps(&self, other: &Functions) -> Result<Matrix<f64>> {
        self.check_points("Functions::overlaps", other)?;
        Ok(Matrix::from_fn(self.count(), other.count(), |i, j| self.inner(self.rows.row(i), other.rows.row(j))))
    }

    /// The norms √⟨fᵢ, fᵢ⟩, scaled on the way, so that no square over- or underflows.
    pub fn norms(&self) -> Vec<f64> {
        (0..self.count())
            .map(|j| {
                let row = self.rows.row(j);
                let scale = max_abs(row);
                if scale == 0.0 {
                    return 0.0;
                }
                scale * row.iter().zip(&self.weights).map(|(f, w)| w * (f / scale).powi(2)).sum::<f64>().sqrt()
            })
            .collect()
    }

    /// Each function divided by its norm.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a function of norm 0.
    pub fn normalized(&self) -> Result<Functions> {
        self.divided_by(&self.norms())
    }

    /// Each function divided by a number of its own.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if a divisor is 0 or not finite.
    pub fn divided_by(&self, norms: &[f64]) -> Result<Functions> {
        let mut rows = self.rows.clone();
        for (j, &norm) in norms.iter().enumerate() {
            if !(norm > 0.0 && norm.is_finite()) {
                return Err(Error::invalid(
                    format!("function {j}"),
                    format!("its norm is {norm}; a function that vanished or overflowed has no direction to measure"),
                ));
            }
            rows.row_mut(j).iter_mut().for_each(|v| *v /= norm);
        }
        Ok(Functions { rows, weights: self.weights.clone() })
    }

    /// The values `[points, functions]`, each row times √w: columns whose products are the inner products.
    pub(super) fn columns(&self) -> Matrix<f64> {
        let roots: Vec<f64> = self.weights.iter().map(|w| w.sqrt()).collect();
        Matrix::from_fn(self.points(), self.count(), |i, j| roots[i] * self.rows.row(j)[i])
    }

    pub(super) fn check_points(&self, operation: &'static str, other: &Functions) -> Result<()> {
        if self.points() == other.points() {
            Ok(())
        } else {
            Err(Error::shape(operation, &[self.points()], &[other.points()]))
        }
    }

    fn inner(&self, f: &[f64], g: &[f64]) -> f64 {
        f.iter().zip(g).zip(&self.weights).map(|((f, g), w)| w * f * g).sum()
    }
}
