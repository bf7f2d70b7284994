//! Programs: a recording compiled for `f32` or `f64`, replayed on any number of rows.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::compiled::{Compiled, Kind, Made, require_loss};
use super::execute::Point;
use super::workspace::Workspace;
use crate::Scalar;
use crate::autodiff::plan::{Plan, Value};
use crate::autodiff::record::output::Output;
use crate::autodiff::record::recording::Recording;
use crate::autodiff::tensor::parameters::Layout;
use crate::error::Error;
use crate::linalg::Matrix;
use crate::rng::Seed;

const KINDS: usize = 7;

/// A recording compiled for one scalar type. It is `Sync`: share it, with a [`Workspace`] for each thread.
///
/// A loss is the closure's own result: [`gradient`](Self::gradient) and its kin differentiate it. For everything
/// else there are *passes*, which bind parameters and workspace until they are dropped, so that what belongs
/// together cannot be mixed: [`forward`](Self::forward) to pull cotangents back, [`linearize`](Self::linearize)
/// for Jacobians, [`push_forward`](Self::push_forward) for tangents. [`select`](Self::select) says which outputs
/// are computed; all selections share one workspace.
///
/// ```
/// use eigennet::autodiff::{Initializer, Rows, record};
/// // The residual of u' + u = 0 for u = e^{-a x}, and its gradient in a.
/// let program = record(|g| {
///     let x = g.coordinate("x", Rows::named("points"));
///     let a = g.scalar_parameter("a", 2.0);
///     let u = (-a * x).exp();
///     (u.d(x) + u).square().mean()
/// })?
/// .compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[0.0, 0.5, 1.0])?;
/// let (loss, gradient) = program.value_and_grad(&[1.0], &mut ws)?;
/// assert_eq!((loss, gradient[0]), (0.0, 0.0)); // a = 1 solves the equation
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Program<T> {
    pub(crate) compiled: Arc<Compiled>,
    /// The outputs that are computed.
    pub(crate) selected: Arc<[u32]>,
    plans: Arc<[OnceLock<Made>; KINDS]>,
    scalar: PhantomData<fn() -> T>,
}

impl Recording {
    /// Compiles to `f32` or `f64`, all outputs selected.
    #[inline(never)]
    pub fn compile<T: Scalar>(self) -> Program<T> {
        let selected = (0..self.outputs.len() as u32).collect();
        Program::of(Arc::new(Compiled::new(self)), selected)
    }
}

impl<T: Scalar> Program<T> {
    fn of(compiled: Arc<Compiled>, selected: Arc<[u32]>) -> Self {
        Program { compiled, selected, plans: Arc::default(), scalar: PhantomData }
    }

    /// The parameters and where each lies in the flat vector.
    pub fn parameters(&self) -> &Layout {
        &self.recording().parameters
    }

    /// What was recorded.
    pub fn recording(&self) -> &Recording {
        &self.compiled.recording
    }

    /// A starting parameter vector, by the initialisers that were recorded.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        self.parameters().initial(seed)
    }

    /// Memory for replays.
    pub fn workspace(&self) -> Workspace<T> {
        Workspace::new(self.compiled.clone())
    }

    /// The same recording for another scalar type.
    pub fn with_scalar<S: Scalar>(&self) -> Program<S> {
        Program::of(self.compiled.clone(), self.selected.clone())
    }

    /// The handle of the output of that name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the names there are.
    pub fn output(&self, name: &str) -> Result<Output, Error> {
        self.recording().output(name)
    }

    /// The program that computes these outputs only, the last of which is its result. What they do not need is
    /// not computed, and inputs that only others need may stay unbound. Parameters and workspace stay the same.
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// let both = record(|g| {
    ///     g.output("double", 2.0 * g.input("x", Rows::named("x"), 1));
    ///     g.input("y", Rows::named("y"), 1).square()
    /// })?
    /// .compile::<f64>();
    /// let double = both.output("double")?;
    /// let mut ws = both.workspace();
    /// ws.set("x", &[1.0, 2.0])?; // y is not needed
    /// assert_eq!(both.select(&[double])?.evaluate(&[], &mut ws)?.value(double)?, [2.0, 4.0]);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no output, one of another recording, and one named twice.
    pub fn select(&self, outputs: &[Output]) -> Result<Self, Error> {
        let mut selected = Vec::with_capacity(outputs.len());
        for &output in outputs {
            let index = self.recording().position(output)? as u32;
            if selected.contains(&index) {
                let name = &self.recording().outputs[index as usize].0;
                return Err(Error::invalid("outputs of Program::select", format!("{name:?} is named twice")));
            }
            selected.push(index);
        }
        if selected.is_empty() {
            return Err(Error::invalid("outputs of Program::select", "name at least one"));
        }
        Ok(Program::of(self.compiled.clone(), selected.into()))
    }

    /// The index of the last output, which losses and Hessians are those of.
    fn last(&self) -> usize {
        self.selected[self.selected.len() - 1] as usize
    }

    pub(crate) fn plan(&self, kind: Kind) -> Result<&Plan, Error> {
        let made = self.plans[kind as usize].get_or_init(|| self.compiled.plan(kind, &self.selected));
        made.as_ref().map(|plan| &**plan).map_err(Clone::clone)
    }

    /// Computes the outputs by the first phase of a plan; returns its other targets.
    pub(crate) fn run(&self, kind: Kind, at: Point<'_, T>, ws: &mut Workspace<T>) -> Result<&[Option<Value>], Error> {
        let (plan, selected) = (self.plan(kind)?, kind.computes(&self.selected));
        ws.start(&self.compiled, plan, at)?;
        let (outputs, rest) = plan.targets.split_at(selected.len());
        ws.publish(selected, outputs, at)?;
        Ok(rest)
    }

    pub(crate) fn check_length(&self, what: &'static str, vector: &[T]) -> Result<(), Error> {
        let expected = self.parameters().len();
        if vector.len() == expected { Ok(()) } else { Err(Error::shape(what, &[vector.len()], &[expected])) }
    }

    /// The loss.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), or if the result is not one number.
    pub fn value(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<T, Error> {
        require_loss(self.recording().shape(self.last()), "value")?;
        self.evaluate(parameters, ws)?;
        Ok(ws.at(self.last())[0])
    }

    /// The loss and its gradient in the parameters, written to `gradient`; allocates nothing after the first call.
    /// The loss is that of [`value`](Self::value) but for rounding: here products are put together in the order that costs
    /// less.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), if the result is not one number, or if `gradient` has the wrong length.
    pub fn gradient(&self, parameters: &[T], ws: &mut Workspace<T>, gradient: &mut [T]) -> Result<T, Error> {
        self.check_length("gradient", gradient)?;
        let at = Point { parameters, direction: &[] };
        let (blocks, updates) = self.run(Kind::Gradient, at, ws)?.split_at(self.parameters().blocks().len());
        self.collect_blocks(blocks, at, ws, gradient)?;
        ws.stage_updates(updates, at)?;
        ws.apply_updates();
        Ok(ws.at(self.last())[0])
    }

    /// [`gradient`](Self::gradient) into a fresh vector.
    ///
    /// # Errors
    /// As there.
    pub fn value_and_grad(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(T, Vec<T>), Error> {
        let mut gradient = vec![T::zero(); self.parameters().len()];
        let value = self.gradient(parameters, ws, &mut gradient)?;
        Ok((value, gradient))
    }

    /// The product of the loss's Hessian with `direction`, written to `product`; allocates nothing after the
    /// first call.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn hessian_vector(
        &self,
        parameters: &[T],
        direction: &[T],
        ws: &mut Workspace<T>,
        product: &mut [T],
    ) -> Result<(), Error> {
        self.check_length("direction of hessian_vector", direction)?;
        self.check_length("product of hessian_vector", product)?;
        let at = Point { parameters, direction };
        let blocks = self.run(Kind::HessianVector, at, ws)?;
        self.collect_blocks(blocks, at, ws, product)
    }

    /// The residuals `[rows · width]` (the result, row after row) and their Jacobian in the
    /// parameters, `[rows · width, parameters]`: a [`linearize`](Self::linearize) for a look. Residuals that
    /// share values, such as an integral or a mean, have their full Jacobian: ∂r/∂θ + ∂r/∂s · ∂s/∂θ.
    ///
    /// # Errors
    /// As [`linearize`](Self::linearize).
    pub fn residual_jacobian(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(Vec<T>, Matrix<T>), Error> {
        let result = self.select(&[Output { index: self.last() as u32, recording: self.recording().identity }])?;
        let mut linearized = result.linearize(parameters, ws)?;
        let residuals = linearized.at(0).to_vec();
        let mut jacobian = Matrix::zeros(residuals.len(), parameters.len());
        linearized.jacobian(|_| None, jacobian.as_mut_slice())?;
        Ok((residuals, jacobian))
    }

    /// Copies one value per parameter block to the flat vector `out`.
    pub(crate) fn collect_blocks(
        &self,
        values: &[Option<Value>],
        at: Point<'_, T>,
        ws: &Workspace<T>,
        out: &mut [T],
    ) -> Result<(), Error> {
        let blocks = self.parameters().blocks().iter().zip(values);
        ws.collect_all(blocks.map(|(block, value)| (block.range(), value.as_ref())), at, out)
    }
}
