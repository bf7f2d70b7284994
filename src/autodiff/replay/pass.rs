//! Passes: a program with the parameters and the workspace that it ran with.

use super::compiled::Kind;
use super::execute::Point;
use super::program::Program;
use super::workspace::Workspace;
use crate::Scalar;
use crate::autodiff::plan::{Plan, Value};
use crate::autodiff::record::output::Output;
use crate::error::Error;

impl<T: Scalar> Program<T> {
    /// Computes the outputs.
    ///
    /// # Errors
    /// Unbound or misfitting inputs, a parameter vector of the wrong length, or a matrix operation
    /// that fails (such as Cholesky).
    pub fn evaluate<'a>(&self, parameters: &[T], ws: &'a mut Workspace<T>) -> Result<Values<'a, T>, Error> {
        self.run(Kind::Evaluate, Point { parameters, direction: &[] }, ws)?;
        Ok(Values { ws })
    }

    /// Computes the outputs and keeps what it takes to pull cotangents back, any number of times. In training
    /// mode, buffers take on their new values when the pass is dropped.
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// let program = record(|g| g.scalar_parameter("a", 1.0) * g.input("x", Rows::named("x"), 1).sin())?.compile::<f64>();
    /// let result = program.recording().result();
    /// let mut ws = program.workspace();
    /// ws.set("x", &[0.5, 1.0])?;
    /// let mut pass = program.forward(&[3.0], &mut ws)?;
    /// let mut gradient = [0.0];
    /// for (k, x) in [0.5, 1.0_f64].into_iter().enumerate() {
    ///     let mut cotangent = [0.0; 2];
    ///     cotangent[k] = 1.0;
    ///     pass.pull_back(&[(result, &cotangent)], &mut gradient)?; // row k alone
    ///     assert!((gradient[0] - x.sin()).abs() < 1e-15);
    /// }
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn forward<'a>(&'a self, parameters: &'a [T], ws: &'a mut Workspace<T>) -> Result<Pass<'a, T>, Error> {
        self.pass(Kind::PullBack, parameters, ws)
    }

    /// [`forward`](Self::forward) for a single pull-back, which computes in the memory of the values it has used: the
    /// faster one for a step of training.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn forward_once<'a>(&'a self, parameters: &'a [T], ws: &'a mut Workspace<T>) -> Result<PassOnce<'a, T>, Error> {
        self.pass(Kind::PullBackOnce, parameters, ws).map(PassOnce)
    }

    fn pass<'a>(&'a self, kind: Kind, parameters: &'a [T], ws: &'a mut Workspace<T>) -> Result<Pass<'a, T>, Error> {
        let at = Point { parameters, direction: &[] };
        let (updates, blocks) = self.run(kind, at, ws)?.split_at(self.recording().updates.len());
        ws.stage_updates(updates, at)?;
        Ok(Pass { program: self, plan: self.plan(kind)?, blocks, at, ws })
    }

    /// Computes the outputs and keeps what their Jacobian takes. A second call with the same parameters and data
    /// computes nothing again.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), or [`Error::Derivative`] where an operation has no Jacobian row by row.
    pub fn linearize<'a>(&'a self, parameters: &'a [T], ws: &'a mut Workspace<T>) -> Result<Linearized<'a, T>, Error> {
        let (plan, at) = (self.plan(Kind::Jacobian)?, Point { parameters, direction: &[] });
        if !ws.is_linearized(&self.compiled, &self.selected, parameters) {
            self.run(Kind::Jacobian, at, ws)?;
            ws.keep_linearized(&self.selected, parameters);
        }
        Ok(Linearized { program: self, plan, at, ws })
    }

    /// Computes the outputs and their tangents `J v` along `direction` in parameter space.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn push_forward<'a>(
        &self,
        parameters: &[T],
        direction: &[T],
        ws: &'a mut Workspace<T>,
    ) -> Result<Pushed<'a, T>, Error> {
        self.check_length("direction", direction)?;
        let at = Point { parameters, direction };
        let tangents = self.run(Kind::PushForward, at, ws)?;
        ws.publish_tangents(&self.selected, tangents, at)?;
        Ok(Pushed { ws })
    }
}

/// The outputs of an [evaluation](Program::evaluate).
#[derive(Debug)]
pub struct Values<'a, T> {
    ws: &'a Workspace<T>,
}

impl<'a, T: Scalar> Values<'a, T> {
    /// An output, `[rows, width]` row after row (head after head in an ensemble).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an output of another recording, or one that is not selected.
    pub fn value(&self, output: Output) -> Result<&'a [T], Error> {
        self.ws.value(output)
    }
}

/// A [forward pass](Program::forward): outputs whose cotangents can be pulled back, as often as wanted. It keeps
/// its workspace until it is dropped, so that nothing comes between:
///
/// ```compile_fail,E0499
/// use eigennet::autodiff::{Rows, record};
/// let program = record(|g| g.input("x", Rows::named("x"), 1) * g.scalar_parameter("a", 1.0))?.compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[1.0])?;
/// let mut pass = program.forward(&[3.0], &mut ws)?;
/// ws.set("x", &[2.0])?; // what is pulled back belongs to x = 1
/// pass.pull_back(&[], &mut [0.0])?;
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct Pass<'a, T: Scalar> {
    program: &'a Program<T>,
    plan: &'a Plan,
    /// The targets that are the gradient.
    blocks: &'a [Option<Value>],
    at: Point<'a, T>,
    ws: &'a mut Workspace<T>,
}

impl<T: Scalar> Pass<'_, T> {
    /// An output, as [`Values::value`].
    ///
    /// # Errors
    /// As there.
    pub fn value(&self, output: Output) -> Result<&[T], Error> {
        self.ws.value(output)
    }

    /// The gradient of Σ ⟨cotangent, output⟩ over the outputs named, each cotangent shaped as its output; those
    /// not named count 0.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for outputs that are not selected, [`Error::Shape`] for misfitting lengths,
    /// [`Error::NonFinite`] for NaN and infinities.
    pub fn pull_back(&mut self, cotangents: &[(Output, &[T])], gradient: &mut [T]) -> Result<(), Error> {
        for &(output, cotangent) in cotangents {
            let value = self.ws.value(output)?;
            if cotangent.len() != value.len() {
                return Err(Error::shape("pull_back", &[cotangent.len()], &[value.len()]));
            }
            Error::check_finite("cotangent", cotangent)?;
        }
        let identity = self.program.recording().identity;
        self.pull_back_with(
            |output, _, out| {
                let of = |given: &&(Output, &[T])| given.0.index == output.index && given.0.recording == identity;
                cotangents.iter().filter(of).for_each(|(_, given)| {
                    out.iter_mut().zip(*given).for_each(|(to, &from)| *to += from);
                });
            },
            gradient,
        )
    }

    /// [`pull_back`](Self::pull_back) with cotangents that `fill(output, value, cotangent)` writes in place, from
    /// zeros, for each selected output in order.
    ///
    /// # Errors
    /// [`Error::Shape`] if `gradient` has the wrong length.
    pub fn pull_back_with(
        &mut self,
        mut fill: impl FnMut(Output, &[T], &mut [T]),
        gradient: &mut [T],
    ) -> Result<(), Error> {
        self.program.check_length("gradient", gradient)?;
        let recording = self.program.recording().identity;
        for &index in &*self.program.selected {
            let (value, cotangent) = self.ws.value_and_cotangent(index as usize);
            fill(Output { index, recording }, value, cotangent);
        }
        self.ws.finish(self.plan, self.at)?;
        self.program.collect_blocks(self.blocks, self.at, self.ws, gradient)
    }
}

/// A [pass](Program::forward_once) that one pull-back uses up.
///
/// ```compile_fail,E0382
/// use eigennet::autodiff::record;
/// let program = record(|g| g.scalar_parameter("a", 1.0).sin())?.compile::<f64>();
/// let (mut ws, mut gradient) = (program.workspace(), [0.0]);
/// let pass = program.forward_once(&[3.0], &mut ws)?;
/// pass.pull_back_with(|_, _, cotangent| cotangent.fill(1.0), &mut gradient)?;
/// pass.pull_back_with(|_, _, cotangent| cotangent.fill(2.0), &mut gradient)?; // its values are gone
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct PassOnce<'a, T: Scalar>(Pass<'a, T>);

impl<T: Scalar> PassOnce<'_, T> {
    /// An output, as [`Values::value`].
    ///
    /// # Errors
    /// As there.
    pub fn value(&self, output: Output) -> Result<&[T], Error> {
        self.0.value(output)
    }

    /// As [`Pass::pull_back_with`].
    ///
    /// # Errors
    /// As there.
    pub fn pull_back_with(mut self, fill: impl FnMut(Output, &[T], &mut [T]), gradient: &mut [T]) -> Result<(), Error> {
        self.0.pull_back_with(fill, gradient)
    }
}

impl<T: Scalar> Drop for Pass<'_, T> {
    fn drop(&mut self) {
        self.ws.apply_updates();
    }
}

/// Outputs at some parameters, [ready](Program::linearize) for their Jacobian.
#[derive(Debug)]
pub struct Linearized<'a, T> {
    program: &'a Program<T>,
    plan: &'a Plan,
    at: Point<'a, T>,
    ws: &'a mut Workspace<T>,
}

impl<T: Scalar> Linearized<'_, T> {
    /// An output, as [`Values::value`].
    ///
    /// # Errors
    /// As there.
    pub fn value(&self, output: Output) -> Result<&[T], Error> {
        self.ws.value(output)
    }

    /// The value of selected output number `k`.
    pub(crate) fn at(&self, k: usize) -> &[T] {
        self.ws.at(self.program.selected[k] as usize)
    }

    /// The Jacobian of all selected outputs in the parameters, one below the other, each `[rows · width,
    /// parameters]`, into `jacobian`, row after row. `weights(k)` multiplies the rows of output number `k`, `[rows]`;
    /// `None` leaves them as they are.
    ///
    /// # Errors
    /// [`Error::Shape`] if the slice or the weights have another length.
    pub fn jacobian<'w>(&mut self, weights: impl Fn(usize) -> Option<&'w [T]>, jacobian: &mut [T]) -> Result<(), Error>
    where
        T: 'w,
    {
        let (selected, recording) = (&*self.program.selected, self.program.recording());
        if !self.ws.is_linearized(&self.program.compiled, selected, self.at.parameters) {
            // A Jacobian was taken already, and has used up what stood in the arenas.
            self.program.run(Kind::Jacobian, self.at, self.ws)?;
        }
        let total = recording.parameters.len();
        let residuals: usize = selected.iter().map(|&k| self.ws.at(k as usize).len()).sum();
        if Some(jacobian.len()) != residuals.checked_mul(total) {
            return Err(Error::shape("jacobian", &[jacobian.len()], &[residuals, total]));
        }
        for (k, &index) in selected.iter().enumerate() {
            let rows = self.ws.rows_of(recording.shape(index as usize), index as usize);
            let slot = self.ws.cotangent(index as usize);
            match weights(k) {
                Some(weights) if weights.len() == rows => slot.extend_from_slice(weights),
                Some(weights) => return Err(Error::shape("weights of a Jacobian", &[weights.len()], &[rows])),
                None => slot.resize(rows, T::one()),
            }
        }
        self.ws.forget();
        self.ws.finish(self.plan, self.at)?;
        let mut rest = jacobian;
        let mut pieces = &self.plan.targets[selected.len()..];
        for &index in selected {
            let (out, below) = rest.split_at_mut(self.ws.at(index as usize).len() * total);
            pieces = self.collect_rows(index as usize, pieces, out)?;
            rest = below;
        }
        Ok(())
    }

    /// Copies the derivatives of one output to `out`; returns the targets of those after it.
    fn collect_rows<'p>(
        &self,
        index: usize,
        pieces: &'p [Option<Value>],
        out: &mut [T],
    ) -> Result<&'p [Option<Value>], Error> {
        let recording = self.program.recording();
        let (blocks, total) = (recording.parameters.blocks(), recording.parameters.len());
        let shape = recording.shape(index);
        // A batch has a piece for each column, which serves all its rows; a shared value one for each entry.
        let columns = shape.symbol().map_or_else(|| shape.fixed_len().unwrap_or(1), |_| shape.cols);
        let (own, after) = pieces.split_at(columns * blocks.len());
        let places = (0..columns).flat_map(|column| blocks.iter().map(move |block| (column, block)));
        let places = places.zip(own);
        let Some(symbol) = shape.symbol() else {
            for ((column, block), piece) in places {
                let out = &mut out[column * total..][block.range()];
                match piece {
                    Some(value) => self.ws.collect(value, self.at, out)?,
                    // The memory may hold something else.
                    None => out.fill(T::zero()),
                }
            }
            return Ok(after);
        };
        self.ws.fill_rows(symbol, columns * total, self.at, out, &|values, out| {
            for ((column, block), piece) in places.clone() {
                let rows = out.chunks_exact_mut(total).skip(column).step_by(columns).map(|row| &mut row[block.range()]);
                let Some(value) = piece else {
                    rows.for_each(|row| row.fill(T::zero()));
                    continue;
                };
                // Each head has some entries of every row.
                let (heads, width) = (value.shape.heads, value.shape.cols);
                for (i, row) in rows.enumerate() {
                    for (head, entries) in (0..heads).zip(row.chunks_exact_mut(width)) {
                        entries.copy_from_slice(&values.get(value, head)[i * width..][..width]);
                    }
                }
            }
        })?;
        Ok(after)
    }
}

/// Outputs and their [tangents](Program::push_forward).
#[derive(Debug)]
pub struct Pushed<'a, T> {
    ws: &'a Workspace<T>,
}

impl<'a, T: Scalar> Pushed<'a, T> {
    /// An output, as [`Values::value`].
    ///
    /// # Errors
    /// As there.
    pub fn value(&self, output: Output) -> Result<&'a [T], Error> {
        self.ws.value(output)
    }

    /// The tangent of an output, shaped as it.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn tangent(&self, output: Output) -> Result<&'a [T], Error> {
        self.ws.value(output)?;
        Ok(&self.ws.tangents[output.index as usize])
    }
}
