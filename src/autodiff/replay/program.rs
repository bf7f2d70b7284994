//! Programs: a recording compiled for `f32` or `f64`, replayed on any number of rows.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::workspace::Workspace;
use crate::Scalar;
use crate::autodiff::plan::{Plan, Request, Value, plan};
use crate::autodiff::record::recording::Recording;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::parameters::Layout;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::autodiff::transform::Reverse;
use crate::autodiff::transform::{cotangents, tangents};
use crate::error::Error;
use crate::rng::Seed;

/// What a replay computes; each has a plan of its own, made when first asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Evaluate,
    Gradient,
    JacobianVector,
    HessianVector,
    ResidualJacobian,
    Pullback,
}

const KINDS: usize = 6;

/// A recording compiled for one scalar type. It is `Sync`: share it, with a [`Workspace`] for each
/// thread.
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
#[derive(Debug)]
pub struct Program<T> {
    pub(crate) recording: Arc<Recording>,
    plans: [OnceLock<Result<Plan, Error>>; KINDS],
    scalar: PhantomData<fn() -> T>,
}

impl Recording {
    /// Compiles to `f32` or `f64`.
    pub fn compile<T: Scalar>(self) -> Program<T> {
        Program { recording: Arc::new(self), plans: Default::default(), scalar: PhantomData }
    }
}

impl<T: Scalar> Program<T> {
    /// The parameters and where each lies in the flat vector.
    pub fn parameters(&self) -> &Layout {
        &self.recording.parameters
    }

    /// A starting parameter vector, by the initialisers that were recorded.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        self.recording.parameters.initial(seed)
    }

    /// Memory for replays.
    pub fn workspace(&self) -> Workspace<T> {
        Workspace::new(self.recording.clone(), KINDS)
    }

    /// The same recording for another scalar type.
    pub fn with_scalar<S: Scalar>(&self) -> Program<S> {
        Program { recording: self.recording.clone(), plans: Default::default(), scalar: PhantomData }
    }

    fn plan(&self, kind: Kind) -> Result<&Plan, Error> {
        let made = self.plans[kind as usize].get_or_init(|| self.build(kind));
        made.as_ref().map_err(Clone::clone)
    }

    fn build(&self, kind: Kind) -> Result<Plan, Error> {
        let recording = &*self.recording;
        let mut t = recording.tensors.clone();
        let outputs: Vec<NodeId> = recording.outputs.iter().map(|(_, id)| *id).collect();
        let result = recording.result();
        // Outputs that are not wanted are left out of the plan, not only unread.
        let only_result: Vec<Option<NodeId>> =
            (0..outputs.len()).map(|k| (k + 1 == outputs.len()).then_some(result)).collect();
        let all: Vec<Option<NodeId>> = outputs.iter().copied().map(Some).collect();
        let targets = match kind {
            Kind::Evaluate => all,
            Kind::Gradient => {
                let gradient = gradient(&mut t, recording)?;
                let updates = recording.updates.iter().map(|(_, id)| Some(*id));
                only_result.into_iter().chain(gradient).chain(updates).collect()
            }
            Kind::HessianVector => {
                let gradient = gradient(&mut t, recording)?;
                let sources = directions(&mut t, recording);
                let present: Vec<NodeId> = gradient.iter().copied().flatten().collect();
                let mut dots = tangents(&mut t, &present, &sources)?.into_iter();
                let curvature: Vec<_> = gradient.iter().map(|g| g.and_then(|_| dots.next().flatten())).collect();
                let curvature = fill_blocks(&mut t, recording, curvature);
                only_result.into_iter().chain(curvature).collect()
            }
            Kind::JacobianVector => {
                let sources = directions(&mut t, recording);
                let dots = tangents(&mut t, &outputs, &sources)?;
                let full = outputs.iter().zip(dots).map(|(&output, dot)| {
                    let shape = t.shape(output);
                    dot.map(|dot| t.broadcast_to(dot, shape))
                });
                let dots: Vec<_> = full.collect();
                all.into_iter().chain(dots).collect()
            }
            Kind::ResidualJacobian => {
                let rows = residual_rows(&mut t, recording)?;
                only_result.into_iter().chain(rows).collect()
            }
            Kind::Pullback => {
                let mut seeds = Vec::with_capacity(outputs.len());
                for (k, &output) in outputs.iter().enumerate() {
                    let slot = (recording.inputs.len() + k) as u32;
                    let shape = t.shape(output);
                    seeds.push((output, t.push(Op::Input(slot), &[], shape)));
                }
                let sources = blocks(&mut t, recording);
                let bars = cotangents(&mut t, &seeds, &sources, Reverse::Batch)?;
                let bars = fill_blocks(&mut t, recording, bars);
                all.into_iter().chain(bars).collect()
            }
        };
        Ok(plan(&Request {
            tensors: &t,
            symbols: recording.symbols.len(),
            parameters: recording.parameters.blocks().iter().map(|b| b.offset).collect(),
            first_cotangent: recording.inputs.len() as u32,
            targets: &targets,
        }))
    }

    pub(crate) fn replay(
        &self,
        kind: Kind,
        parameters: &[T],
        direction: &[T],
        ws: &mut Workspace<T>,
    ) -> Result<&Plan, Error> {
        ws.belongs_to(&self.recording)?;
        let plan = self.plan(kind)?;
        ws.forward_done = false;
        ws.prepare(plan, kind as usize, parameters)?;
        ws.run(plan, kind as usize, 0..plan.second_phase, parameters, direction)?;
        let outputs = self.recording.outputs.len();
        ws.publish(kind as usize, &plan.targets[..outputs], parameters, direction);
        Ok(plan)
    }

    /// Copies one value per parameter block to the flat vector `out`.
    fn collect_blocks(
        &self,
        kind: Kind,
        values: &[Option<Value>],
        parameters: &[T],
        direction: &[T],
        ws: &Workspace<T>,
        out: &mut [T],
    ) {
        for (block, value) in self.recording.parameters.blocks().iter().zip(values) {
            let target = &mut out[block.range()];
            match value {
                Some(value) => ws.collect(kind as usize, value, parameters, direction, target),
                None => target.fill(T::zero()),
            }
        }
    }

    pub(crate) fn check_direction(&self, what: &'static str, direction: &[T]) -> Result<(), Error> {
        let expected = self.recording.parameters.len();
        if direction.len() == expected { Ok(()) } else { Err(Error::shape(what, &[direction.len()], &[expected])) }
    }

    /// Computes all outputs; read them with [`Workspace::output`].
    ///
    /// # Errors
    /// Unbound or misfitting inputs, a parameter vector of the wrong length, or a matrix operation
    /// that fails (such as Cholesky).
    pub fn evaluate(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(), Error> {
        self.replay(Kind::Evaluate, parameters, &[], ws).map(|_| ())
    }

    /// The loss.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), or if the result is not one number.
    pub fn value(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<T, Error> {
        require_loss(&self.recording, "value")?;
        self.evaluate(parameters, ws)?;
        Ok(ws.result()[0])
    }

    /// The loss and its gradient in the parameters, written to `gradient`; allocates nothing after
    /// the first call.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), if the result is not one number, or if `gradient` has the
    /// wrong length.
    pub fn gradient(&self, parameters: &[T], ws: &mut Workspace<T>, gradient: &mut [T]) -> Result<T, Error> {
        self.check_direction("gradient", gradient)?;
        let plan = self.replay(Kind::Gradient, parameters, &[], ws)?;
        let (outputs, blocks) = (self.recording.outputs.len(), self.recording.parameters.blocks().len());
        let values = &plan.targets[outputs..outputs + blocks];
        self.collect_blocks(Kind::Gradient, values, parameters, &[], ws, gradient);
        for (index, value) in plan.targets[outputs + blocks..].iter().enumerate() {
            let Some(value) = value else { continue };
            let mut out = std::mem::take(&mut ws.updates[index]);
            out.resize(ws.len_of(Kind::Gradient as usize, value), T::zero());
            ws.collect(Kind::Gradient as usize, value, parameters, &[], &mut out);
            ws.updates[index] = out;
        }
        ws.apply_updates();
        Ok(ws.result()[0])
    }

    /// [`gradient`](Self::gradient) into a fresh vector.
    ///
    /// # Errors
    /// As there.
    pub fn value_and_grad(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(T, Vec<T>), Error> {
        let mut gradient = vec![T::zero(); self.recording.parameters.len()];
        let value = self.gradient(parameters, ws, &mut gradient)?;
        Ok((value, gradient))
    }

    /// The product of the loss's Hessian with `direction`.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn hessian_vector(&self, parameters: &[T], direction: &[T], ws: &mut Workspace<T>) -> Result<Vec<T>, Error> {
        self.check_direction("hessian_vector", direction)?;
        let plan = self.replay(Kind::HessianVector, parameters, direction, ws)?;
        let mut out = vec![T::zero(); direction.len()];
        let values = &plan.targets[self.recording.outputs.len()..];
        self.collect_blocks(Kind::HessianVector, values, parameters, direction, ws, &mut out);
        Ok(out)
    }

    /// Computes all outputs and keeps what a backward pass needs; then compute cotangents of your
    /// own and call [`backward_from`](Self::backward_from).
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn forward(&self, parameters: &[T], ws: &mut Workspace<T>) -> Result<(), Error> {
        self.replay(Kind::Pullback, parameters, &[], ws)?;
        ws.forward_done = true;
        Ok(())
    }

    /// The gradient of Σ ⟨cotangent, output⟩ over the outputs named, after
    /// [`forward`](Self::forward) with the same parameters; outputs not named count 0.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] without a forward pass since the last change of the inputs (one
    /// forward pass serves one backward pass); unknown names and misfitting lengths.
    pub fn backward_from(
        &self,
        parameters: &[T],
        cotangents: &[(&str, &[T])],
        ws: &mut Workspace<T>,
        gradient: &mut [T],
    ) -> Result<(), Error> {
        self.check_direction("gradient", gradient)?;
        self.check_direction("parameters", parameters)?;
        ws.belongs_to(&self.recording)?;
        if !ws.forward_done {
            return Err(Error::invalid(
                "backward_from",
                "call Program::forward first: each backward pass uses up one forward pass",
            ));
        }
        let plan = self.plan(Kind::Pullback)?;
        ws.clear_cotangents();
        for (name, cotangent) in cotangents {
            let index = ws.set_cotangent(name, cotangent)?;
            let expected = ws.output(&self.recording.outputs[index].0)?.len();
            if cotangent.len() != expected {
                return Err(Error::shape("backward_from", &[cotangent.len()], &[expected]));
            }
        }
        ws.forward_done = false;
        let kind = Kind::Pullback as usize;
        ws.run(plan, kind, plan.second_phase..plan.stages.len(), parameters, &[])?;
        let values = &plan.targets[self.recording.outputs.len()..];
        self.collect_blocks(Kind::Pullback, values, parameters, &[], ws, gradient);
        Ok(())
    }
}

fn require_loss(recording: &Recording, operation: &'static str) -> Result<(), Error> {
    if recording.is_loss() {
        return Ok(());
    }
    let shape = recording.tensors.shape(recording.result());
    Err(Error::invalid(
        operation,
        format!("the result has shape {shape}, not one number; end the recording with .square().mean() or .sum()"),
    ))
}

fn blocks(t: &mut Tensors, recording: &Recording) -> Vec<NodeId> {
    let blocks = recording.parameters.blocks().iter().enumerate();
    blocks.map(|(k, b)| t.push(Op::Parameter(k as u32), &[], block_shape(b.shape))).collect()
}

fn block_shape([heads, rows, cols]: [usize; 3]) -> Shape {
    Shape::fixed(rows, cols).with_heads(heads)
}

/// Each parameter with its direction.
fn directions(t: &mut Tensors, recording: &Recording) -> Vec<(NodeId, NodeId)> {
    let sources = blocks(t, recording);
    let directions = sources.into_iter().enumerate().map(|(k, source)| {
        let shape = t.shape(source);
        (source, t.push(Op::Direction(k as u32), &[], shape))
    });
    directions.collect()
}

/// Derivatives may be smaller than the blocks they belong to; targets may not.
fn fill_blocks(t: &mut Tensors, recording: &Recording, values: Vec<Option<NodeId>>) -> Vec<Option<NodeId>> {
    let shapes = recording.parameters.blocks().iter().map(|b| block_shape(b.shape));
    values.into_iter().zip(shapes).map(|(value, shape)| value.map(|v| t.broadcast_to(v, shape))).collect()
}

fn gradient(t: &mut Tensors, recording: &Recording) -> Result<Vec<Option<NodeId>>, Error> {
    require_loss(recording, "gradient")?;
    let one = t.constant(1.0);
    let sources = blocks(t, recording);
    let bars = cotangents(t, &[(recording.result(), one)], &sources, Reverse::Batch)?;
    Ok(fill_blocks(t, recording, bars))
}

/// For each column of the result and each parameter block the derivative, row by row, flattened.
fn residual_rows(t: &mut Tensors, recording: &Recording) -> Result<Vec<Option<NodeId>>, Error> {
    let result = recording.result();
    let shape = t.shape(result);
    if shape.symbol().is_none() || shape.heads != 1 {
        return Err(Error::invalid(
            "residual_jacobian",
            format!("the result has shape {shape}; it has to have the rows of a batch and one head"),
        ));
    }
    let sources = blocks(t, recording);
    let mut pieces = Vec::new();
    for column in 0..shape.cols {
        let one = t.constant(1.0);
        let unit = Shape { heads: 1, rows: shape.rows, cols: 1 };
        let one = t.broadcast_to(one, unit);
        let seed = t.pad(one, Axis::Cols, column, shape);
        let bars = cotangents(t, &[(result, seed)], &sources, Reverse::PerSample)?;
        for (bar, &source) in bars.into_iter().zip(&sources) {
            let block = t.shape(source);
            let flat =
                Shape { heads: block.heads, rows: shape.rows, cols: block.fixed_rows().unwrap_or(1) * block.cols };
            pieces.push(bar.map(|b| t.broadcast_to(b, flat)));
        }
    }
    Ok(pieces)
}
