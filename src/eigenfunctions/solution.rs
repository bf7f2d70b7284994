//! What every neural eigensolver returns: functions that can be evaluated anywhere.

use std::sync::Arc;

use super::operator::SelfAdjoint;
use super::trial::TrialFunctions;
use crate::autodiff::{Program, Rows, Var, record};
use crate::container::Container;
use crate::error::Error;
use crate::linalg::Matrix;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// The trial functions of a solver as programs: values, first derivatives, and the operator.
#[derive(Debug)]
pub(super) struct Family<T> {
    /// `"f"`, and the terms of the weak form `"term0"`, `"term1"`, …
    pub weak: Program<T>,
    /// `"f"` and `"Tf"`.
    pub strong: Program<T>,
    /// `"f"` alone.
    pub values: Program<T>,
    /// `"f"` and its first derivatives `"d0"`, `"d1"`, …
    pub slopes: Program<T>,
    /// Signs of the weak terms.
    pub signs: Vec<f64>,
    pub dimension: usize,
    pub count: usize,
}

pub(super) const POINTS: &str = "points";

impl<T: Scalar> Family<T> {
    pub fn record(operator: &dyn SelfAdjoint, trial: &TrialFunctions, count: usize) -> Result<Self> {
        let dimension = operator.dimension();
        if !(1..=3).contains(&dimension) {
            return Err(Error::invalid(
                "dimension of the operator",
                format!("{dimension}; trial functions are built for 1 to 3 coordinates"),
            ));
        }
        if count == 0 {
            return Err(Error::invalid("number of functions", "0; ask for at least one state"));
        }
        trial.check()?;
        let signs = std::cell::RefCell::new(Vec::new());
        let weak = record(|g| {
            let x = coordinates(g, dimension);
            let f = trial.record(g, &x, count);
            let terms = operator.weak(g, &x, f);
            for (k, term) in terms.iter().enumerate() {
                g.output(&format!("term{k}"), term.value.broadcast_as(f));
            }
            *signs.borrow_mut() = terms.iter().map(|t| t.sign).collect();
            g.output("f", f);
            f
        })?;
        let strong = record(|g| {
            let x = coordinates(g, dimension);
            let f = trial.record(g, &x, count);
            g.output("Tf", operator.strong(g, &x, f).broadcast_as(f));
            g.output("f", f);
            f
        })?;
        let values = record(|g| {
            let f = trial.record(g, &coordinates(g, dimension), count);
            g.output("f", f);
            f
        })?;
        let slopes = record(|g| {
            let x = coordinates(g, dimension);
            let f = trial.record(g, &x, count);
            for (k, &x) in x.iter().enumerate() {
                g.output(&format!("d{k}"), f.d(x));
            }
            g.output("f", f);
            f
        })?;
        let (weak, strong, slopes) = (weak.compile(), strong.compile(), slopes.compile());
        Ok(Family { weak, strong, slopes, values: values.compile(), signs: signs.into_inner(), dimension, count })
    }
}

fn coordinates<'g>(g: &'g crate::autodiff::Graph, dimension: usize) -> Vec<Var<'g>> {
    let rows = Rows::named(POINTS);
    match dimension {
        1 => g.coordinates::<1>(POINTS, rows).to_vec(),
        2 => g.coordinates::<2>(POINTS, rows).to_vec(),
        _ => g.coordinates::<3>(POINTS, rows).to_vec(),
    }
}

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
    pub(super) parameters: Vec<T>,
    /// `[trial functions, states]`; `None` where the trial functions are the states.
    pub(super) coefficients: Option<Matrix<T>>,
    pub(super) values: Vec<f64>,
}

/// Points evaluated at a time: bounds the memory of an evaluation.
const BLOCK: usize = 2048;

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
        &self.parameters
    }

    /// Values and first derivatives at `points` `[n, dimension]`, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `points` holds whole points (at least one), [`Error::NonFinite`].
    pub fn evaluate(&self, points: &[T]) -> Result<FunctionValues<T>> {
        let (dimension, count) = (self.family.dimension, self.family.count);
        if points.is_empty() || !points.len().is_multiple_of(dimension) {
            return Err(Error::shape("Eigenfunctions::evaluate", &[points.len()], &[1, dimension]));
        }
        let program = &self.family.slopes;
        let mut ws = program.workspace();
        let n = points.len() / dimension;
        let mut outputs = vec![Vec::with_capacity(n * count); dimension + 1];
        for block in points.chunks(BLOCK * dimension) {
            ws.set(POINTS, block)?;
            program.evaluate(&self.parameters, &mut ws)?;
            outputs[0].extend_from_slice(ws.output("f")?);
            for (k, out) in outputs[1..].iter_mut().enumerate() {
                out.extend_from_slice(ws.output(&format!("d{k}"))?);
            }
        }
        let mut matrices = Vec::with_capacity(outputs.len());
        for out in outputs {
            let trial = Matrix::from_vec(n, count, out)?;
            matrices.push(match &self.coefficients {
                Some(c) => trial.matmul(c)?,
                None => trial,
            });
        }
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
    pub fn matrices(&self, quadrature: &Quadrature<T>) -> Result<[Matrix<T>; 2]> {
        let [a, m] = assemble(&self.family, &self.parameters, quadrature)?;
        match &self.coefficients {
            None => Ok([a, m]),
            Some(c) => {
                let ct = c.transpose();
                Ok([ct.matmul(&a)?.matmul(c)?, ct.matmul(&m)?.matmul(c)?])
            }
        }
    }

    /// The same functions rotated by a Rayleigh–Ritz step on `quadrature`: eigenvalues from the
    /// largest down, functions orthonormal there.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] if the functions are dependent.
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

    /// Stores parameters, coefficients and eigenvalues; the settings of the solver that made them
    /// rebuild the networks.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self, container: &mut Container) -> Result<()>
    where
        T: crate::container::Element,
    {
        container.insert("parameters", &[self.parameters.len()], &self.parameters)?;
        container.insert("values", &[self.values.len()], &self.values)?;
        if let Some(c) = &self.coefficients {
            container.insert("coefficients", &[c.rows(), c.cols()], c.as_slice())?;
        }
        Ok(())
    }
}

/// A = Σ sign ∫ p pᵀ and M = ∫ f fᵀ of all trial functions.
pub(super) fn assemble<T: Scalar>(
    family: &Family<T>,
    parameters: &[T],
    quadrature: &Quadrature<T>,
) -> Result<[Matrix<T>; 2]> {
    if quadrature.dimension() != family.dimension {
        return Err(Error::shape("quadrature", &[quadrature.dimension()], &[family.dimension]));
    }
    let (n, d) = (family.count, family.dimension);
    let mut ws = family.weak.workspace();
    let (mut a, mut m) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    let mut weighted = Vec::new();
    for (points, weights) in quadrature.points().chunks(BLOCK * d).zip(quadrature.weights().chunks(BLOCK)) {
        ws.set(POINTS, points)?;
        family.weak.evaluate(parameters, &mut ws)?;
        add_gram(T::one(), ws.output("f")?, weights, &mut weighted, &mut m);
        for (k, &sign) in family.signs.iter().enumerate() {
            add_gram(T::of(sign), ws.output(&format!("term{k}"))?, weights, &mut weighted, &mut a);
        }
    }
    Ok([a, m])
}

/// `out += factor · pᵀ W p` for `p` `[points, functions]`.
pub(super) fn add_gram<T: Scalar>(factor: T, p: &[T], weights: &[T], weighted: &mut Vec<T>, out: &mut Matrix<T>) {
    use crate::kernels::gemm::{MatRef, Packing, gemm};
    let n = out.cols();
    weigh(p, weights, weighted);
    let left = MatRef::row_major(p, weights.len(), n).transposed();
    let right = MatRef::row_major(weighted, weights.len(), n);
    gemm(factor, left, right, T::one(), &mut out.view_mut(), &mut Packing::new());
}

/// `out = W p`: each row of `p` times its weight.
pub(super) fn weigh<T: Scalar>(p: &[T], weights: &[T], out: &mut Vec<T>) {
    let n = p.len() / weights.len().max(1);
    out.clear();
    for (row, &w) in p.chunks_exact(n.max(1)).zip(weights) {
        out.extend(row.iter().map(|&v| w * v));
    }
}
