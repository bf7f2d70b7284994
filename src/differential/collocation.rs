//! An equation on points: a least-squares problem in the parameters.

mod held_out;
mod reading;

use super::between::Cells;
use super::domain::POINTS;
use super::equation::{Equation, Term};
use crate::autodiff::{Output, Workspace};
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::optim::least_squares::fit_matrix;
use crate::optim::{HeldOut, Objective, Residuals};
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
    workspace: Workspace<T>,
    /// Roots of the weights, one for each row of each term; `None` before the term's points are bound.
    roots: Vec<Option<Vec<T>>>,
    /// The points of the domain that it was given, and the cells between them, once they are asked for.
    points: Quadrature<T>,
    cells: Option<Cells>,
    /// How much points drawn anew crowd.
    crowding: f64,
    /// Whether Jacobians are asked for: residuals then keep what theirs takes.
    dense: bool,
    residuals: Vec<T>,
}

impl<T: Scalar> Equation<T> {
    /// The residuals on `points` of the domain, ready to be minimised. Each is multiplied by the root
    /// of its point's weight.
    ///
    /// # Errors
    /// [`Error::Shape`] if the points have another dimension than the domain.
    #[inline(never)]
    pub fn on(&self, points: &Quadrature<T>) -> Result<Collocation<T>> {
        Collocation::new(self, points)
    }
}

impl<T: Scalar> Collocation<T> {
    fn new(equation: &Equation<T>, points: &Quadrature<T>) -> Result<Self> {
        let shared = |term: &Term| term.rows.is_none().then(|| equal_roots(term.weight, term.height));
        let mut collocation = Collocation {
            workspace: equation.residuals.workspace(),
            roots: equation.terms.iter().map(shared).collect(),
            points: points.clone(),
            cells: None,
            crowding: 0.0,
            dense: false,
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
        self.bind(points)?;
        (self.points, self.cells) = (points.clone(), None);
        Ok(())
    }

    /// As [`move_to`](Self::move_to), for a while.
    fn bind(&mut self, points: &Quadrature<T>) -> Result<()> {
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
        self.workspace.set(POINTS, points.points())?;
        for (term, roots) in self.equation.terms.iter().zip(&mut self.roots) {
            if term.rows.as_deref() == Some(POINTS) {
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
    #[inline(never)]
    pub fn set(&mut self, input: &str, data: &[T]) -> Result<&mut Self> {
        if input == POINTS {
            return Err(Error::invalid(
                format!("input {POINTS:?}"),
                "the points of the domain have weights; call Collocation::move_to",
            ));
        }
        self.workspace.set(input, data)?;
        let found = self.equation.residuals.recording().input_names().find(|(name, ..)| *name == input);
        let Some((rows, width)) = found.and_then(|(_, rows, width)| Some((rows?, width))) else { return Ok(self) };
        let count = data.len() / width.max(1);
        for (term, roots) in self.equation.terms.iter().zip(&mut self.roots) {
            if term.rows.as_deref() == Some(rows) && rows != POINTS {
                *roots = Some(equal_roots(term.weight, count));
            }
        }
        Ok(self)
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
            (term.name.clone(), part.iter().map(|&r| Scalar::to_f64(r).powi(2)).sum::<f64>() / term.weight)
        });
        Ok(terms.collect())
    }

    fn count(&self) -> Result<usize> {
        let mut total = 0;
        for (term, roots) in self.equation.terms.iter().zip(&self.roots) {
            let Some(roots) = roots else {
                return Err(Error::invalid(
                    format!("condition {:?}", term.name),
                    format!(
                        "no data are bound to its rows {:?}; call Collocation::set first",
                        term.rows.as_deref().unwrap_or("")
                    ),
                ));
            };
            total += roots.len() * term.width;
        }
        Ok(total)
    }

    /// Refuses a vector that has not one entry for each residual.
    fn check_length(&self, operation: &'static str, length: usize) -> Result<()> {
        let total = self.count()?;
        if length == total { Ok(()) } else { Err(Error::shape(operation, &[length], &[total])) }
    }

    /// The scaled residuals of the last replay, into `residuals`.
    fn collect(&self, residuals: &mut [T]) -> Result<()> {
        let outside = collect(&self.equation.terms, &self.roots, |output| self.workspace.value(output), residuals)?;
        outside.map_or(Ok(()), |(term, index)| Err(self.not_finite(term, index)))
    }

    /// Says which residual at which point is not finite.
    fn not_finite(&self, term: usize, index: usize) -> Error {
        let term = &self.equation.terms[term];
        let row = index / term.width.max(1);
        let place = match term.rows.as_deref() {
            Some(POINTS) => {
                let names = self.equation.coordinates();
                let data = self.workspace.input(POINTS).unwrap_or(&[]);
                let point = data.chunks_exact(names.len()).nth(row).unwrap_or(&[]);
                let shown: Vec<String> = names.iter().zip(point).map(|(n, x)| format!("{n} = {x}")).collect();
                format!("point {row} ({})", shown.join(", "))
            }
            Some(rows) => format!("row {row} of {rows:?}"),
            None => format!("row {row}"),
        };
        Error::NonFinite { what: format!("residual {:?} at {place}", term.name), index }
    }
}

/// Writes the scaled values of all terms into `residuals`; returns the term and index of one that is not finite.
fn collect<'v, T: Scalar>(
    terms: &[Term],
    roots: &[Option<Vec<T>>],
    value: impl Fn(Output) -> Result<&'v [T]>,
    residuals: &mut [T],
) -> Result<Option<(usize, usize)>> {
    let mut rest = residuals;
    for (k, (term, roots)) in terms.iter().zip(roots).enumerate() {
        let Some(roots) = roots else { continue };
        let (part, after) = rest.split_at_mut(roots.len() * term.width);
        rest = after;
        scale(value(term.output)?, term.width, roots, part);
        if let Some(index) = part.iter().position(|v| !v.is_finite()) {
            return Ok(Some((k, index)));
        }
    }
    Ok(None)
}

/// The roots of equal weights of `count` rows, which add up to `weight`.
fn equal_roots<T: Scalar>(weight: f64, count: usize) -> Vec<T> {
    vec![T::of((weight / count as f64).sqrt()); count]
}

/// `out = values` `[rows, width]` times `roots` `[rows]`.
fn scale<T: Scalar>(values: &[T], width: usize, roots: &[T], out: &mut [T]) {
    let width = width.max(1);
    for ((out, values), &root) in out.chunks_exact_mut(width).zip(values.chunks_exact(width)).zip(roots) {
        out.iter_mut().zip(values).for_each(|(out, &v)| *out = root * v);
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
        self.check_length("residuals", residuals.len())?;
        let program = &self.equation.residuals;
        if self.dense {
            program.linearize(parameters, &mut self.workspace)?;
        } else {
            program.evaluate(parameters, &mut self.workspace)?;
        }
        self.collect(residuals)
    }

    fn residuals_and_jacobian(
        &mut self,
        parameters: &[T],
        residuals: &mut [T],
        jacobian: &mut Matrix<T>,
    ) -> Result<()> {
        self.check_length("residuals", residuals.len())?;
        fit_matrix(jacobian, residuals.len(), self.equation.parameters().len())?;
        self.dense = true;
        let roots = &self.roots;
        let mut linearized = self.equation.residuals.linearize(parameters, &mut self.workspace)?;
        linearized.jacobian(|term| roots[term].as_deref(), jacobian.as_mut_slice())?;
        self.collect(residuals)
    }

    #[inline(never)]
    fn jacobian_vector(&mut self, parameters: &[T], direction: &[T], product: &mut [T]) -> Result<()> {
        self.check_length("jacobian_vector", product.len())?;
        let pushed = self.equation.residuals.push_forward(parameters, direction, &mut self.workspace)?;
        let mut rest = product;
        for (term, roots) in self.equation.terms.iter().zip(&self.roots) {
            let Some(roots) = roots else { continue };
            let (part, after) = rest.split_at_mut(roots.len() * term.width);
            rest = after;
            scale(pushed.tangent(term.output)?, term.width, roots, part);
        }
        Ok(())
    }

    #[inline(never)]
    fn jacobian_transpose_vector(&mut self, parameters: &[T], cotangent: &[T], product: &mut [T]) -> Result<()> {
        self.check_length("jacobian_transpose_vector", cotangent.len())?;
        let (terms, roots) = (&self.equation.terms, &self.roots);
        let pass = self.equation.residuals.forward_once(parameters, &mut self.workspace)?;
        let (mut rest, mut term) = (cotangent, 0);
        let seed = |_, _: &[T], out: &mut [T]| {
            let (part, after) = rest.split_at(out.len());
            scale(part, terms[term].width, roots[term].as_deref().unwrap_or(&[]), out);
            (rest, term) = (after, term + 1);
        };
        pass.pull_back_with(seed, product)
    }

    #[inline(never)]
    fn sum_of_squares(&mut self, parameters: &[T], residuals: &mut [T], gradient: &mut [T]) -> Result<T> {
        self.check_length("sum_of_squares", residuals.len())?;
        let (terms, roots) = (&self.equation.terms, &self.roots);
        let pass = self.equation.residuals.forward_once(parameters, &mut self.workspace)?;
        if let Some((term, index)) = collect(terms, roots, |output| pass.value(output), residuals)? {
            drop(pass);
            return Err(self.not_finite(term, index));
        }
        let value = dot(residuals, residuals);
        let (mut rest, mut term) = (&*residuals, 0);
        let seed = |_, _: &[T], out: &mut [T]| {
            let (part, after) = rest.split_at(out.len());
            scale(part, terms[term].width, roots[term].as_deref().unwrap_or(&[]), out);
            out.iter_mut().for_each(|v| *v *= T::of(2.0));
            (rest, term) = (after, term + 1);
        };
        pass.pull_back_with(seed, gradient)?;
        Ok(value)
    }

    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        self.judge(parameters)
    }

    fn reading(&mut self, parameters: &[T]) -> Result<Option<Vec<T>>> {
        self.read(parameters)
    }

    fn draw_points(&mut self, parameters: &[T], draw: u64) -> Result<()> {
        self.draw(parameters, draw)
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

    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        self.judge(parameters)
    }
}
