//! An equation on points: a least-squares problem in the parameters.

use super::domain::POINTS;
use super::equation::Equation;
use crate::autodiff::Workspace;
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::optim::least_squares::fit_matrix;
use crate::optim::{Objective, Residuals};
use crate::quadrature::Quadrature;
use crate::{Error, Result, Scalar};

/// The residuals of an [`Equation`] on points, each multiplied by the root of its weight, term after
/// term and point after point: `Σ rᵢ²` is the loss.
///
/// On the domain the weights are those of the quadrature over its volume, so that the term is the
/// mean square residual; a condition has equal weights that add up to its own.
#[derive(Debug, Clone)]
pub struct Collocation<T> {
    equation: Equation<T>,
    /// For the program with all outputs.
    all: Workspace<T>,
    /// One for each term's own program.
    single: Vec<Workspace<T>>,
    /// Roots of the weights, one for each row of each term; `None` before the term's points are bound.
    roots: Vec<Option<Vec<T>>>,
    /// Cotangents of the terms, reused.
    cotangents: Vec<Vec<T>>,
    residuals: Vec<T>,
}

impl<T: Scalar> Collocation<T> {
    pub(super) fn new(equation: &Equation<T>, points: &Quadrature<T>) -> Result<Self> {
        let mut collocation = Collocation {
            all: equation.program.workspace(),
            single: equation.terms.iter().map(|t| t.program.workspace()).collect(),
            roots: vec![None; equation.terms.len()],
            cotangents: vec![Vec::new(); equation.terms.len()],
            residuals: Vec::new(),
            equation: equation.clone(),
        };
        collocation.move_to(points)?;
        Ok(collocation)
    }

    /// Goes to other points of the domain, as many as one likes: resampling. A fit that was under way
    /// starts anew (`start` or `minimize`, not `resume`): what it remembers belongs to the old points.
    ///
    /// # Errors
    /// As [`Equation::on`].
    pub fn move_to(&mut self, points: &Quadrature<T>) -> Result<()> {
        let dimension = self.equation.coordinates().len();
        if points.dimension() != dimension {
            return Err(Error::shape(
                "points of an equation",
                &[points.len(), points.dimension()],
                &[points.len(), dimension],
            ));
        }
        if let Some(index) = points.weights().iter().position(|w| *w < T::zero()) {
            return Err(Error::invalid(
                "weights of the points",
                format!("weight {index} is negative; a loss needs w ≥ 0"),
            ));
        }
        let total: f64 = points.weights().iter().map(|&w| w.to_f64()).sum();
        if total <= 0.0 {
            return Err(Error::invalid("weights of the points", "they add up to 0"));
        }
        self.bind(POINTS, points.points())?;
        for (term, roots) in self.equation.terms.iter().zip(&mut self.roots) {
            if term.rows == POINTS {
                let root = |&w: &T| T::of((term.weight * w.to_f64() / total).sqrt());
                *roots = Some(points.weights().iter().map(root).collect());
            }
        }
        Ok(())
    }

    /// Binds the points or data of an input that the closure declared, `[rows, width]`.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::Shape`], [`Error::NonFinite`]; [`Error::InvalidArgument`] for the
    /// points of the domain, which come with weights: [`move_to`](Self::move_to).
    pub fn set(&mut self, input: &str, data: &[T]) -> Result<&mut Self> {
        if input == POINTS {
            return Err(Error::invalid(
                format!("input {POINTS:?}"),
                "the points of the domain have weights; call Collocation::move_to",
            ));
        }
        self.bind(input, data)?;
        let found = self.equation.recording.input_names().find(|(name, ..)| *name == input);
        let Some((rows, width)) = found.and_then(|(_, rows, width)| Some((rows?, width))) else { return Ok(self) };
        let count = data.len() / width.max(1);
        for (term, roots) in self.equation.terms.iter().zip(&mut self.roots) {
            if term.rows == rows && rows != POINTS {
                *roots = Some(vec![T::of((term.weight / count as f64).sqrt()); count]);
            }
        }
        Ok(self)
    }

    fn bind(&mut self, input: &str, data: &[T]) -> Result<()> {
        self.all.set(input, data)?;
        for ws in &mut self.single {
            ws.set(input, data)?;
        }
        Ok(())
    }

    /// The equation.
    pub fn equation(&self) -> &Equation<T> {
        &self.equation
    }

    /// The mean square of each term's residuals, weights of the terms left out: the domain's first,
    /// then the conditions in the order in which they were added.
    ///
    /// # Errors
    /// Points that are not bound.
    pub fn mean_squares(&mut self, theta: &[T]) -> Result<Vec<(String, f64)>> {
        let mut residuals = vec![T::zero(); self.count()?];
        self.residuals(theta, &mut residuals)?;
        let mut at = 0;
        let terms = self.equation.terms.iter().zip(&self.roots).map(|(term, roots)| {
            let length = roots.as_ref().map_or(0, Vec::len) * term.width;
            let part = &residuals[at..at + length];
            at += length;
            (term.output.clone(), part.iter().map(|&r| Scalar::to_f64(r).powi(2)).sum::<f64>() / term.weight)
        });
        Ok(terms.collect())
    }

    fn count(&self) -> Result<usize> {
        let mut total = 0;
        for (term, roots) in self.equation.terms.iter().zip(&self.roots) {
            let Some(roots) = roots else {
                return Err(Error::invalid(
                    format!("condition {:?}", term.output),
                    format!("no data are bound to its rows {:?}; call Collocation::set first", term.rows),
                ));
            };
            total += roots.len() * term.width;
        }
        Ok(total)
    }

    /// Says which residual at which point is not finite.
    fn check_finite(&self, term: usize, values: &[T]) -> Result<()> {
        let Some(index) = values.iter().position(|v| !v.is_finite()) else { return Ok(()) };
        let Some(spec) = self.equation.terms.get(term) else { return Ok(()) };
        let row = index / spec.width.max(1);
        let place = match self.all.input(spec.rows) {
            Ok(data) if spec.rows == POINTS => {
                let names = self.equation.coordinates();
                let point = data.chunks_exact(names.len()).nth(row).unwrap_or(&[]);
                let shown: Vec<String> = names.iter().zip(point).map(|(n, x)| format!("{n} = {x}")).collect();
                format!("point {row} ({})", shown.join(", "))
            }
            _ => format!("row {row} of {:?}", spec.rows),
        };
        Err(Error::NonFinite { what: format!("residual {:?} at {place}", spec.output), index })
    }
}

/// `values` `[rows, width]` times `roots` `[rows]`.
fn scale<T: Scalar>(values: &mut [T], width: usize, roots: &[T]) {
    for (row, &root) in values.chunks_exact_mut(width.max(1)).zip(roots) {
        row.iter_mut().for_each(|v| *v *= root);
    }
}

impl<T: Scalar> Residuals<T> for Collocation<T> {
    fn parameter_count(&self) -> usize {
        self.equation.parameters().len()
    }

    fn residual_count(&self) -> usize {
        self.count().unwrap_or(0)
    }

    fn residuals(&mut self, parameters: &[T], residuals: &mut [T]) -> Result<()> {
        let total = self.count()?;
        if residuals.len() != total {
            return Err(Error::shape("residuals", &[residuals.len()], &[total]));
        }
        self.equation.program.evaluate(parameters, &mut self.all)?;
        self.collect(residuals)
    }

    fn residuals_and_jacobian(
        &mut self,
        parameters: &[T],
        residuals: &mut [T],
        jacobian: &mut Matrix<T>,
    ) -> Result<()> {
        let (total, columns) = (self.count()?, self.equation.parameters().len());
        if residuals.len() != total {
            return Err(Error::shape("residuals", &[residuals.len()], &[total]));
        }
        fit_matrix(jacobian, total, columns)?;
        let (mut left, mut rest) = (jacobian.as_mut_slice(), residuals);
        for index in 0..self.equation.terms.len() {
            let term = &self.equation.terms[index];
            let Some(roots) = &self.roots[index] else { continue };
            let rows = roots.len() * term.width;
            let (block, below) = left.split_at_mut(rows * columns);
            let (values, after) = rest.split_at_mut(rows);
            (left, rest) = (below, after);
            let ws = &mut self.single[index];
            term.program.residual_jacobian_into_slice(parameters, ws, block)?;
            values.copy_from_slice(ws.output(crate::autodiff::RESULT)?);
            scale(values, term.width, roots);
            scale(block, term.width * columns, roots);
            self.check_finite(index, values)?;
        }
        Ok(())
    }

    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        let total = self.count()?;
        if product.len() != total {
            return Err(Error::shape("jacobian_vector", &[product.len()], &[total]));
        }
        let mut rest = product;
        for (index, term) in self.equation.terms.iter().enumerate() {
            let Some(roots) = &self.roots[index] else { continue };
            let (part, after) = rest.split_at_mut(roots.len() * term.width);
            rest = after;
            term.program.jacobian_vector_into(parameters, direction, &mut self.single[index], part)?;
            scale(part, term.width, roots);
        }
        Ok(())
    }

    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        let total = self.count()?;
        if cotangent.len() != total {
            return Err(Error::shape("jacobian_transpose_vector", &[cotangent.len()], &[total]));
        }
        self.equation.program.forward(parameters, &mut self.all)?;
        self.pull_back(parameters, cotangent, product)
    }

    fn sum_of_squares(&mut self, parameters: &[T], residuals: &mut [T], gradient: &mut [T]) -> Result<T> {
        let total = self.count()?;
        if residuals.len() != total {
            return Err(Error::shape("sum_of_squares", &[residuals.len()], &[total]));
        }
        self.equation.program.forward(parameters, &mut self.all)?;
        self.collect(residuals)?;
        let value = dot(residuals, residuals);
        residuals.iter_mut().for_each(|r| *r *= T::of(2.0));
        self.pull_back(parameters, residuals, gradient)?;
        Ok(value)
    }
}

impl<T: Scalar> Collocation<T> {
    /// The residuals of the last replay of the program with all outputs, scaled.
    fn collect(&self, residuals: &mut [T]) -> Result<()> {
        let mut rest = residuals;
        for (index, term) in self.equation.terms.iter().enumerate() {
            let Some(roots) = &self.roots[index] else { continue };
            let (part, after) = rest.split_at_mut(roots.len() * term.width);
            rest = after;
            part.copy_from_slice(self.all.output(&term.output)?);
            scale(part, term.width, roots);
            self.check_finite(index, part)?;
        }
        Ok(())
    }

    fn pull_back(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        let mut rest = cotangent;
        for (index, term) in self.equation.terms.iter().enumerate() {
            let Some(roots) = &self.roots[index] else { continue };
            let (part, after) = rest.split_at(roots.len() * term.width);
            rest = after;
            let own = &mut self.cotangents[index];
            own.clear();
            own.extend_from_slice(part);
            scale(own, term.width, roots);
        }
        // One term is the rule, and needs no list on the heap.
        match (&self.equation.terms[..], &self.cotangents[..]) {
            ([term], [own]) => {
                self.equation.program.backward_from(parameters, &[(&term.output, own)], &mut self.all, product)
            }
            (terms, own) => {
                let named: Vec<(&str, &[T])> =
                    terms.iter().zip(own).map(|(term, own)| (term.output.as_str(), own.as_slice())).collect();
                self.equation.program.backward_from(parameters, &named, &mut self.all, product)
            }
        }
    }
}

/// `Σ rᵢ²` and its gradient `2 Jᵀr`, by one forward and one reverse pass.
impl<T: Scalar> Objective<T> for Collocation<T> {
    fn parameter_count(&self) -> usize {
        Residuals::parameter_count(self)
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        let total = self.count()?;
        let mut residuals = std::mem::take(&mut self.residuals);
        residuals.resize(total, T::zero());
        let value = self.sum_of_squares(parameters, &mut residuals, gradient);
        self.residuals = residuals;
        value
    }
}
