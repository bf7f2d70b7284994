//! What every neural eigensolver finds: functions that can be evaluated anywhere.

use std::sync::Arc;

use super::family::Family;
use super::sweep::Sweep;
use crate::autodiff::Function;
use crate::container::{Container, Element};
use crate::error::Error;
use crate::linalg::Matrix;
use crate::linalg::checks::symmetric_part;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// Values `[points, states]` and first derivatives, one such matrix for each coordinate.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionValues<T> {
    /// `[points, states]`
    pub values: Matrix<T>,
    /// One `[points, states]` for each coordinate.
    pub gradients: Vec<Matrix<T>>,
}

/// Learned eigenfunctions: trial functions with their parameters, combined linearly.
#[derive(Debug, Clone)]
pub struct Eigenfunctions<T> {
    pub(super) family: Arc<Family<T>>,
    /// The trial functions and their first derivatives.
    pub(super) trial: Function<T>,
    /// `[trial functions, states]`; `None` where the trial functions are the states.
    pub(super) coefficients: Option<Matrix<T>>,
    pub(super) values: Vec<f64>,
}

impl<T: Scalar> Eigenfunctions<T> {
    /// Number of states.
    pub fn states(&self) -> usize {
        self.coefficients.as_ref().map_or(self.family.count, Matrix::cols)
    }

    /// The eigenvalues in the solver's own order, as it last estimated them.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The trained parameters.
    pub fn parameters(&self) -> &[T] {
        self.trial.parameters()
    }

    /// The trial functions and their first derivatives, before they are combined.
    pub fn trial(&self) -> &Function<T> {
        &self.trial
    }

    /// The first so many, or all.
    #[inline(never)]
    pub(super) fn first(&self, states: usize) -> Self {
        let states = states.min(self.states());
        let coefficients = match &self.coefficients {
            Some(c) => c.submatrix(0..c.rows(), 0..states),
            None => Matrix::from_fn(self.family.count, states, |i, j| if i == j { T::one() } else { T::zero() }),
        };
        // All of the trial functions need no combination.
        let coefficients = Some(coefficients).filter(|_| self.coefficients.is_some() || states < self.family.count);
        let values = self.values[..states].to_vec();
        Eigenfunctions { coefficients, values, ..self.clone() }
    }

    /// Values and first derivatives at `points` `[n, dimension]`, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `points` holds whole points (at least one), [`Error::NonFinite`].
    pub fn evaluate(&self, points: &[T]) -> Result<FunctionValues<T>> {
        let mut matrices = match &self.coefficients {
            None => self.trial.evaluate(points)?,
            // The states are kept of each block, never the many trial functions of all points.
            Some(c) => self.trial.evaluate_mapped(points, |block| block.matmul(c))?,
        };
        let values = matrices.remove(0);
        Ok(FunctionValues { values, gradients: matrices })
    }

    /// One state at one point.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no such state; as [`evaluate`](Self::evaluate).
    pub fn at(&self, state: usize, point: &[T]) -> Result<T> {
        if state >= self.states() || point.len() != self.family.dimension {
            return Err(Error::invalid(
                "Eigenfunctions::at",
                format!(
                    "state {state} at {} coordinates; there are {} states of {} coordinates",
                    point.len(),
                    self.states(),
                    self.family.dimension
                ),
            ));
        }
        Ok(self.evaluate(point)?.values[(0, state)])
    }

    /// The matrices ⟨fᵢ, T fⱼ⟩ (weak form) and ⟨fᵢ, fⱼ⟩ of the states on a quadrature.
    ///
    /// # Errors
    /// [`Error::Shape`] if the quadrature has another dimension.
    #[inline(never)]
    pub fn matrices(&self, quadrature: &Quadrature<T>) -> Result<[Matrix<T>; 2]> {
        Error::same_shape("quadrature", &[quadrature.dimension()], &[self.family.dimension])?;
        let mut sweep = Sweep::new(self.family.clone(), self.trial.buffers())?;
        let [a, m] = sweep.forms(self.trial.parameters(), quadrature)?;
        match &self.coefficients {
            None => Ok([a, m]),
            Some(c) => {
                let ct = c.transpose();
                // Symmetric but for rounding, which large coefficients raise.
                let combined = |x: &Matrix<T>| Ok(symmetric_part(&ct.matmul(x)?.matmul(c)?));
                Ok([combined(&a)?, combined(&m)?])
            }
        }
    }

    /// The same functions rotated by a Rayleigh–Ritz step on `quadrature`: eigenvalues from the
    /// largest down, functions orthonormal there.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] if the functions are dependent.
    #[inline(never)]
    pub fn ritz(&self, quadrature: &Quadrature<T>) -> Result<Self> {
        let [a, m] = self.matrices(quadrature)?;
        let pairs = crate::linalg::generalized_symmetric_eigen(&a, &m)?;
        let k = self.states();
        let rotation = Matrix::from_fn(k, k, |i, j| pairs.vectors[(i, k - 1 - j)]);
        let values = (0..k).map(|j| Scalar::to_f64(pairs.values[k - 1 - j])).collect();
        let coefficients = match &self.coefficients {
            Some(c) => c.matmul(&rotation)?,
            None => rotation,
        };
        Ok(Eigenfunctions { coefficients: Some(coefficients), values, ..self.clone() })
    }
}

impl<T: Scalar + Element> Eigenfunctions<T> {
    /// The eigenfunctions whole, trial functions and operator as recorded: what [`load`](Self::load) needs in any
    /// other process.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self) -> Result<Container> {
        let mut out = Container::new();
        out.nest("trial", self.trial.save()?)?;
        let signs: Vec<f64> = self.family.terms.iter().map(|&(_, sign)| sign).collect();
        out.insert("signs", &[signs.len()], &signs)?;
        out.insert("eigenvalues", &[self.values.len()], &self.values)?;
        if let Some(c) = &self.coefficients {
            out.insert("coefficients", &[c.rows(), c.cols()], c.as_slice())?;
        }
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// As [`Function::load`]; [`Error::Corrupt`] for parts that do not fit together.
    pub fn load(container: &Container) -> Result<Self> {
        let trial = Function::load(&container.nested("trial"))?;
        let family = Family::new(trial.program().clone(), container.get::<f64>("signs")?, trial.dimension())?;
        let values = container.get::<f64>("eigenvalues")?.to_vec();
        let coefficients = match container.contains("coefficients") {
            true => {
                let entries = container.get::<T>("coefficients")?.to_vec();
                Some(Matrix::from_vec(family.count, values.len(), entries)?)
            }
            false if values.len() == family.count => None,
            false => return Err(Error::Corrupt { reason: "as many eigenvalues as functions are missing".to_string() }),
        };
        Ok(Eigenfunctions { family: Arc::new(family), trial, coefficients, values })
    }
}
