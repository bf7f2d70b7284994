//! Matrices of a loss over all samples, known by their products with vectors.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::samples::Samples;
use crate::autodiff::{Output, Program, Workspace};
use crate::error::Error;
use crate::linalg::{LinearOperator, Symmetry};
use crate::{Result, Scalar};

/// The loss that a model's outputs go through, for the [generalised Gauss–Newton matrix](Curvature::gauss_newton).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLoss {
    /// Half the square of each output: residuals.
    Squares,
    /// −ln of the softmax of the label's output: logits.
    CrossEntropy,
}

/// What is summed over the samples.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    /// The Hessian of the mean loss, which is the program's result.
    Hessian,
    /// Jᵀ H J for the outputs' Jacobian J and the Hessian H of a loss of them.
    GaussNewton(Output, OutputLoss),
    /// The covariance of the gradients of single samples, whose losses are the output.
    Gradients(Output),
}

/// A symmetric matrix `[parameters, parameters]` of a program over all samples: a mean over blocks, made one at a time. It
/// is a [`LinearOperator`], so that all solvers of [`eigen`](crate::eigen) take it.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::diagnostics::{Curvature, Samples};
/// use eigennet::eigen;
/// // A linear model's Hessian is XᵀX/n.
/// let program = record(|g| {
///     let x = g.input("x", Rows::named("batch"), 2);
///     let w = g.parameter("w", [2, 1], eigennet::autodiff::Initializer::Constant(0.0));
///     0.5 * x.matmul(w).square().mean()
/// })?
/// .compile::<f64>();
/// let x = [1.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 2.0];
/// let samples = Samples::new(4)?.input("x", &x)?.block(3)?;
/// let hessian = Curvature::hessian(&program, &[0.0, 0.0], &samples)?;
/// let sharpest = eigen::largest(&hessian, 1).solve()?.values()[0].re;
/// assert!((sharpest - 2.0).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct Curvature<'p, T> {
    program: Program<T>,
    term: Term,
    parameters: Vec<T>,
    samples: &'p Samples<'p, T>,
    /// ḡ, of the covariance.
    mean: Vec<T>,
    room: Mutex<Room<T>>,
}

/// Memory that products share.
#[derive(Debug)]
struct Room<T> {
    workspace: Workspace<T>,
    product: Vec<T>,
    middle: Vec<T>,
}

impl<'p, T: Scalar> Curvature<'p, T> {
    /// The Hessian of the mean of the program's result, which is the mean loss of a block.
    ///
    /// # Errors
    /// [`Error::Shape`] for parameters that do not fit, and as [`Program::value`].
    #[inline(never)]
    pub fn hessian(program: &Program<T>, parameters: &[T], samples: &'p Samples<'p, T>) -> Result<Self> {
        let mut made = Self::new(program.clone(), Term::Hessian, parameters, samples)?;
        let Room { workspace, .. } = made.room.get_mut().unwrap_or_else(PoisonError::into_inner);
        samples.bind(first(samples), workspace)?;
        made.program.value(parameters, workspace)?;
        Ok(made)
    }

    /// The generalised Gauss–Newton matrix `Σ Jᵢᵀ Hᵢ Jᵢ / n` of an output `[rows, width]` and the loss that it goes
    /// through (Schraudolph, 2002). With [`OutputLoss::Squares`] it is JᵀJ/n, whose eigenvalues are also those of the
    /// neural tangent kernel JJᵀ, divided by n (Jacot, Gabriel and Hongler, 2018).
    ///
    /// # Errors
    /// As [`hessian`](Self::hessian); [`Error::InvalidArgument`] for an output of another recording.
    #[inline(never)]
    pub fn gauss_newton(
        program: &Program<T>,
        output: Output,
        loss: OutputLoss,
        parameters: &[T],
        samples: &'p Samples<'p, T>,
    ) -> Result<Self> {
        Self::new(program.select(&[output])?, Term::GaussNewton(output, loss), parameters, samples)
    }

    /// The covariance `Σ (gᵢ − ḡ)(gᵢ − ḡ)ᵀ / n` of the gradients of single samples, whose losses `[rows, 1]` are the
    /// output.
    ///
    /// # Errors
    /// As [`gauss_newton`](Self::gauss_newton).
    #[inline(never)]
    pub fn gradient_covariance(
        program: &Program<T>,
        losses: Output,
        parameters: &[T],
        samples: &'p Samples<'p, T>,
    ) -> Result<Self> {
        let mut made = Self::new(program.select(&[losses])?, Term::Gradients(losses), parameters, samples)?;
        made.mean = made.mean_gradient(losses)?;
        Ok(made)
    }

    fn new(program: Program<T>, term: Term, parameters: &[T], samples: &'p Samples<'p, T>) -> Result<Self> {
        Error::same_shape("parameters of Curvature", &[parameters.len()], &[program.parameters().len()])?;
        Error::check_finite("parameters of Curvature", parameters)?;
        let room =
            Room { workspace: program.workspace(), product: vec![T::zero(); parameters.len()], middle: Vec::new() };
        Ok(Curvature {
            program,
            term,
            parameters: parameters.to_vec(),
            samples,
            mean: Vec::new(),
            room: Mutex::new(room),
        })
    }

    fn mean_gradient(&self, losses: Output) -> Result<Vec<T>> {
        let mut sum = vec![T::zero(); self.parameters.len()];
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let Room { workspace, product, .. } = &mut *room;
        for rows in self.samples.blocks() {
            self.samples.bind(rows.clone(), workspace)?;
            let pass = self.program.forward_once(&self.parameters, workspace)?;
            Error::same_shape("losses of the samples", &[pass.value(losses)?.len()], &[rows.len()])?;
            pass.pull_back_with(|_, _, out| out.fill(T::one()), product)?;
            sum.iter_mut().zip(&*product).for_each(|(sum, &g)| *sum += g);
        }
        let n = T::of(self.samples.rows() as f64);
        sum.iter_mut().for_each(|v| *v /= n);
        Ok(sum)
    }

    /// Adds the product of a block's part, times its number of rows.
    fn add_block(&self, rows: Range<usize>, x: &[T], room: &mut Room<T>, y: &mut [T]) -> Result<()> {
        let Room { workspace, product, middle } = room;
        self.samples.bind(rows.clone(), workspace)?;
        let scale = match self.term {
            Term::Hessian => {
                self.program.hessian_vector(&self.parameters, x, workspace, product)?;
                T::of(rows.len() as f64)
            }
            Term::GaussNewton(output, _) | Term::Gradients(output) => {
                let pushed = self.program.push_forward(&self.parameters, x, workspace)?;
                middle.clear();
                middle.extend_from_slice(pushed.tangent(output)?);
                if let Term::GaussNewton(_, OutputLoss::CrossEntropy) = self.term {
                    softmax_hessian(pushed.value(output)?, rows.len(), middle);
                }
                let pass = self.program.forward_once(&self.parameters, workspace)?;
                pass.pull_back_with(|_, _, out| out.copy_from_slice(middle), product)?;
                T::one()
            }
        };
        y.iter_mut().zip(&*product).for_each(|(y, &v)| *y += scale * v);
        Ok(())
    }
}

fn first<T: Scalar>(samples: &Samples<'_, T>) -> Range<usize> {
    samples.blocks().next().unwrap_or(0..0)
}

/// `t ← (diag p − p pᵀ) t` for each row, with p the softmax of its logits.
fn softmax_hessian<T: Scalar>(logits: &[T], rows: usize, tangents: &mut [T]) {
    let width = logits.len() / rows;
    for (logits, tangent) in logits.chunks_exact(width).zip(tangents.chunks_exact_mut(width)) {
        let largest = logits.iter().fold(T::neg_infinity(), |m, &v| m.max(v));
        let total = logits.iter().fold(T::zero(), |sum, &v| sum + (v - largest).exp());
        let share = |v: T| (v - largest).exp() / total;
        let mean = logits.iter().zip(&*tangent).fold(T::zero(), |sum, (&v, &t)| sum + share(v) * t);
        logits.iter().zip(tangent).for_each(|(&v, t)| *t = share(v) * (*t - mean));
    }
}

impl<T: Scalar> LinearOperator<T> for Curvature<'_, T> {
    fn rows(&self) -> usize {
        self.parameters.len()
    }

    fn cols(&self) -> usize {
        self.parameters.len()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    #[inline(never)]
    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        let n = self.parameters.len();
        Error::same_shape("product with Curvature", &[x.len(), y.len()], &[n, n])?;
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        y.fill(T::zero());
        if matches!(self.term, Term::Gradients(_)) && self.samples.rows() == 1 {
            // A single gradient is its own mean; the difference of the two would be rounding.
            return Ok(());
        }
        self.samples.blocks().try_for_each(|rows| self.add_block(rows, x, &mut room, y))?;
        let samples = T::of(self.samples.rows() as f64);
        y.iter_mut().for_each(|v| *v /= samples);
        if let Term::Gradients(_) = self.term {
            let along = crate::par::dot(&self.mean, x);
            y.iter_mut().zip(&self.mean).for_each(|(y, &mean)| *y -= T::of(along) * mean);
        }
        Ok(())
    }
}
