//! Recording: a closure builds a graph once; the first mistake, with its place, is what [`record`] returns.

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

use super::output::{Identity, Output};
use super::recording::{InputSlot, RESULT, Recording};
use super::var::{Built, Var};
use crate::autodiff::lower::Place;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::{Initializer, Layout};
use crate::autodiff::tensor::shape::{Rows, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors, intern};
use crate::autodiff::tensor::well_formed::MAX_ENTRIES;
use crate::error::Error;

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub identity: Identity,
    pub tensors: Tensors,
    /// Of what is being recorded.
    location: Option<Place>,
    locations: Vec<Place>,
    /// How many input derivatives lie beneath each node.
    pub orders: Vec<u8>,
    error: Option<Error>,
    pub inputs: Vec<InputSlot>,
    pub symbols: Vec<String>,
    parameters: Layout,
    /// Whose the parameters and buffers of modules are.
    owners: HashMap<String, Arc<()>>,
    outputs: Vec<(String, NodeId)>,
    updates: Vec<(u32, NodeId)>,
    /// The coordinates of each Laplacian, ascending.
    pub sets: Vec<Vec<u16>>,
    /// The input slot and column of each coordinate.
    coordinates: Vec<(u32, u32)>,
    pub masks: u64,
}

impl Recorder {
    /// What was written, with its place.
    pub fn here(&self, what: &str) -> String {
        self.location.map_or_else(|| what.to_string(), |place| format!("{what} (at {place})"))
    }

    /// [`Error::InvalidArgument`] at the place that is being recorded.
    pub fn invalid(&self, what: &str, reason: impl Into<String>) -> Error {
        Error::invalid(self.here(what), reason)
    }

    /// [`Error::Shape`] at the place that is being recorded.
    pub fn unfit(&self, operation: &'static str, left: &[usize], right: &[usize]) -> Error {
        Error::Shape { operation, left: left.to_vec(), right: right.to_vec(), location: self.location }
    }

    /// The error of operands that do not fit together.
    pub fn misfit(&self, operation: &'static str, a: Shape, b: Shape) -> Error {
        match (a.symbol(), b.symbol()) {
            (Some(i), Some(j)) if i != j => {
                let (first, second) = (&self.symbols[i as usize], &self.symbols[j as usize]);
                let reason = "batches meet only after a sum or mean over rows";
                self.invalid(operation, format!("the operands have rows {first:?} and {second:?}; {reason}"))
            }
            _ => self.unfit(operation, &a.numbers(), &b.numbers()),
        }
    }

    /// [`Error::Derivative`] at the place that is being recorded.
    pub fn indifferentiable(&self, op: Op, reason: &str) -> Error {
        Error::Derivative { operation: op.name().to_string(), reason: reason.to_string(), location: self.location }
    }

    /// Notes where nodes that were just pushed were written, and their derivative order.
    fn settle(&mut self) -> Result<(), Error> {
        for index in self.locations.len()..self.tensors.len() {
            self.locations.extend(self.location);
            let node = self.tensors.node(NodeId(index as u32));
            if !node.shape.is_moderate() {
                return Err(self.unfit("a value of more than 2^32 entries", &node.shape.numbers(), &[1, 1]));
            }
            let own = match node.op {
                Op::Derivative(_) => 1,
                Op::Laplacian(_) => 2,
                _ => 0,
            };
            let inner = node.inputs.iter().map(|i| self.orders[i.index()]).max().unwrap_or(0);
            // A value shared by the batch is a number to whatever follows.
            self.orders.push(if node.shape.symbol().is_none() { 0 } else { inner.saturating_add(own) });
        }
        Ok(())
    }

    /// What was built, or a poisoned value and the reason kept.
    fn finish(&mut self, built: Built) -> NodeId {
        built.and_then(|id| self.settle().map(|()| id)).unwrap_or_else(|error| {
            self.error = Some(error);
            POISON
        })
    }

    /// Input slot `name`: an old one if it is alike.
    pub fn slot(&mut self, name: &str, shape: Shape, initial: Option<Vec<f64>>) -> Built {
        if shape.cols == 0 || shape.fixed_rows() == Some(0) {
            return Err(self.unfit("input", &shape.numbers(), &[1]));
        }
        let slot = match self.inputs.iter().position(|i| i.name == name) {
            None => {
                self.inputs.push(InputSlot { name: name.to_string(), shape, initial });
                self.inputs.len() - 1
            }
            Some(old) if self.inputs[old].shape != shape => {
                return Err(self.unfit("input recorded twice", &self.inputs[old].shape.numbers(), &shape.numbers()));
            }
            Some(old) if self.inputs[old].initial != initial => {
                let reason = "it was recorded before as another kind of value, or with another start; give one of them \
                              another name";
                return Err(self.invalid(&format!("input or buffer {name:?}"), reason));
            }
            Some(old) => old,
        };
        Ok(self.tensors.push(Op::Input(slot as u32), &[], shape))
    }
}

impl Recorder {
    /// What has been recorded, or its first mistake.
    fn into_recording(self, result: NodeId) -> Result<Recording, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Recorder { identity, tensors, inputs, symbols, coordinates, parameters, mut outputs, updates, .. } = self;
        outputs.push((RESULT.to_string(), result));
        Recording { identity, tensors, inputs, symbols, coordinates, parameters, outputs, updates }
            .lowered(&self.locations, &self.sets)
    }
}

/// A graph under construction; handed to the closure of [`record`].
#[derive(Debug)]
pub struct Graph {
    pub(crate) inner: RefCell<Recorder>,
}

pub(crate) const POISON: NodeId = NodeId(u32::MAX);

/// The most coordinates of a graph: more is a slip, not a model.
const MAX_COORDINATES: usize = 1 << 14;

impl Graph {
    /// Adds to the graph what is made of `operands`; after a mistake nothing is added any more and
    /// every result is poisoned.
    #[track_caller]
    pub(crate) fn build(&self, operands: &[Var<'_>], add: impl FnOnce(&mut Recorder) -> Built) -> Var<'_> {
        self.build_at(Location::caller(), operands, add)
    }

    pub(super) fn build_at(
        &self,
        location: Place,
        operands: &[Var<'_>],
        add: impl FnOnce(&mut Recorder) -> Built,
    ) -> Var<'_> {
        let id = match self.begin(location, operands) {
            Some(mut recorder) => {
                let built = add(&mut recorder);
                recorder.finish(built)
            }
            None => POISON,
        };
        Var { graph: self, id }
    }

    /// The recorder, if nothing is wrong so far nor with these operands.
    fn begin(&self, location: Place, operands: &[Var<'_>]) -> Option<RefMut<'_, Recorder>> {
        let mut recorder = self.inner.borrow_mut();
        if recorder.error.is_some() {
            return None;
        }
        recorder.location = Some(location);
        if operands.iter().all(|v| std::ptr::eq(v.graph, self)) {
            return Some(recorder);
        }
        let reason = "it belongs to another recording; record the whole formula in one closure, or pass values between \
                      programs as inputs";
        recorder.error = Some(recorder.invalid("operand", reason));
        None
    }

    /// Notes a mistake in the caller's settings, which the recording then reports.
    #[track_caller]
    pub(crate) fn refuse(&self, what: &str, reason: &str) -> Var<'_> {
        self.build(&[], |r| Err(r.invalid(what, reason)))
    }

    /// Data `[rows, width]` that the caller binds by `name` before each replay. It has no input
    /// derivative, unless a formula says by `stop_gradient` that it is constant; for coordinates use
    /// [`coordinates`](Self::coordinates).
    #[track_caller]
    pub fn input(&self, name: &str, rows: Rows, width: usize) -> Var<'_> {
        self.build(&[], |r| {
            let symbol = intern(&mut r.symbols, rows.0.to_string());
            r.slot(name, Shape::rows(symbol as u16, width), None)
        })
    }

    /// Data of a fixed shape `[rows, cols]`, the same for all rows of a batch.
    #[track_caller]
    pub fn fixed_input(&self, name: &str, [rows, cols]: [usize; 2]) -> Var<'_> {
        self.build(&[], |r| r.slot(name, Shape::fixed(rows, cols), None))
    }

    /// State `[rows, cols]` that belongs to the model but is not trained, such as running statistics. It starts at
    /// `initial`, lives in the workspace, and changes by [`update`](Self::update).
    #[track_caller]
    pub fn buffer(&self, name: &str, [rows, cols]: [usize; 2], initial: f64) -> Var<'_> {
        self.build(&[], |r| r.slot(name, Shape::fixed(rows, cols), Some(vec![initial])))
    }

    /// Replaces a [`buffer`](Self::buffer) by `value` after each gradient taken in training mode. Of several updates of
    /// one buffer the last counts.
    #[track_caller]
    pub fn update(&self, buffer: Var<'_>, value: Var<'_>) {
        self.build(&[buffer, value], |r| {
            let (old, new) = (r.tensors.node(buffer.id), r.tensors.node(value.id));
            let slot = match old.op {
                Op::Input(slot) if r.inputs[slot as usize].initial.is_some() => slot,
                _ => return Err(Error::invalid("update", "the first argument has to be a buffer of this graph")),
            };
            if old.shape != new.shape {
                return Err(r.unfit("update", &old.shape.numbers(), &new.shape.numbers()));
            }
            match r.updates.iter_mut().find(|update| update.0 == slot) {
                Some(update) => update.1 = value.id,
                None => r.updates.push((slot, value.id)),
            }
            Ok(value.id)
        });
    }

    /// What a buffer will hold after the updates so far.
    #[track_caller]
    pub(crate) fn updated<'g>(&'g self, buffer: Var<'g>) -> Var<'g> {
        self.build(&[buffer], |r| {
            let update = r.updates.iter().find(|update| r.tensors.node(buffer.id).op == Op::Input(update.0));
            Ok(update.map_or(buffer.id, |update| update.1))
        })
    }

    /// Notes that a parameter or buffer belongs to a module; what another one of that name has recorded is refused.
    #[track_caller]
    pub(crate) fn claim(&self, name: &str, owner: &Arc<()>) {
        let same = |known: &mut Arc<()>| Arc::ptr_eq(known, owner);
        if !same(self.inner.borrow_mut().owners.entry(name.to_string()).or_insert_with(|| owner.clone())) {
            let reason = "another module has recorded this name; give one of them another name, or call the same module \
                          value twice to share";
            self.refuse(&format!("parameter {name:?}"), reason);
        }
    }

    /// Data `[rows, N]` whose columns are coordinates: [`Var::d`] and [`Var::laplacian`] differentiate by them.
    #[track_caller]
    pub fn coordinates<const N: usize>(&self, name: &str, rows: Rows) -> [Var<'_>; N] {
        let location = Location::caller();
        let points = self.input(name, rows, N);
        std::array::from_fn(|column| self.coordinate_column(points, column, location))
    }

    /// [`coordinates`](Self::coordinates) where their number is known at run time only.
    ///
    /// ```
    /// use eigennet::autodiff::{Function, Rows, record};
    /// // Δ‖x‖² = 2n in n = 64 dimensions, one component whatever n is.
    /// let program = record(|g| {
    ///     let x = g.coordinates_slice("points", Rows::named("points"), 64);
    ///     x[1..].iter().fold(x[0].square(), |sum, x| sum + x.square()).laplacian(&x)
    /// })?
    /// .compile::<f64>();
    /// let laplacian = Function::new(&program, &[program.recording().result()], &[])?;
    /// assert_eq!(laplacian.at(&[0.5; 64])?, 128.0);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[track_caller]
    pub fn coordinates_slice(&self, name: &str, rows: Rows, count: usize) -> Vec<Var<'_>> {
        let location = Location::caller();
        if count > MAX_COORDINATES {
            return vec![self.refuse("coordinates", &format!("{count}; a graph holds at most {MAX_COORDINATES}"))];
        }
        let points = self.input(name, rows, count);
        (0..count).map(|column| self.coordinate_column(points, column, location)).collect()
    }

    fn coordinate_column<'g>(&'g self, points: Var<'g>, column: usize, location: Place) -> Var<'g> {
        self.build_at(location, &[points], |r| {
            let Op::Input(slot) = r.tensors.node(points.id).op else { unreachable!("points are an input") };
            // The same column of the same input is the same coordinate.
            let index = intern(&mut r.coordinates, (slot, column as u32));
            if index >= MAX_COORDINATES {
                let reason =
                    format!("a graph holds at most {MAX_COORDINATES} coordinates; the rest may be plain inputs");
                return Err(r.invalid("coordinates", reason));
            }
            let op = Op::Coordinate { index: index as u16, column: column as u32 };
            let shape = r.tensors.shape(points.id).with_cols(1);
            Ok(r.tensors.push(op, &[points.id], shape))
        })
    }

    /// One coordinate `[rows, 1]`.
    #[track_caller]
    pub fn coordinate(&self, name: &str, rows: Rows) -> Var<'_> {
        let [x] = self.coordinates::<1>(name, rows);
        x
    }

    /// A trainable block `[rows, cols]` of the flat parameter vector. The same name gives the same block; another shape
    /// or initialiser under that name is a mistake that the recording reports.
    #[track_caller]
    pub fn parameter(&self, name: &str, [rows, cols]: [usize; 2], initializer: Initializer) -> Var<'_> {
        self.parameter_heads(name, [1, rows, cols], initializer)
    }

    /// A trainable block `[heads, rows, cols]`, one matrix for each member of an ensemble.
    #[track_caller]
    pub fn parameter_heads(&self, name: &str, shape: [usize; 3], initializer: Initializer) -> Var<'_> {
        self.build(&[], |r| {
            let total = shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
            if !total.is_some_and(|n| n > 0 && n as u64 <= MAX_ENTRIES) {
                let [heads, rows, cols] = shape;
                let reason = format!(
                    "its shape is [{heads}, {rows}, {cols}]; give every width, and the members, at least 1, and a block no \
                     more than {MAX_ENTRIES} entries"
                );
                return Err(r.invalid(&format!("parameter {name:?}"), reason));
            }
            if !initializer.is_proper() {
                let reason = format!(
                    "it starts as {initializer:?}; give numbers that are finite as f32, low ≤ high, deviation ≥ 0"
                );
                return Err(r.invalid(&format!("parameter {name:?}"), reason));
            }
            let position = match r.parameters.position(name) {
                None => r.parameters.add(name, shape, initializer),
                Some(old) if r.parameters.blocks()[old].shape != shape => {
                    return Err(r.unfit("parameter recorded twice", &r.parameters.blocks()[old].shape, &shape));
                }
                Some(old) if r.parameters.blocks()[old].initializer != initializer => {
                    let reason = "it was recorded before with another initialiser; give it another name, or the same \
                                  initialiser to share it";
                    return Err(r.invalid(&format!("parameter {name:?}"), reason));
                }
                Some(old) => old,
            };
            let shape = Shape::fixed(shape[1], shape[2]).with_heads(shape[0]);
            Ok(r.tensors.push(Op::Parameter(position as u32), &[], shape))
        })
    }

    /// A trainable number.
    #[track_caller]
    pub fn scalar_parameter(&self, name: &str, initial: f64) -> Var<'_> {
        self.parameter(name, [1, 1], Initializer::Constant(initial))
    }

    /// A number.
    #[track_caller]
    pub fn constant(&self, value: f64) -> Var<'_> {
        self.build(&[], |r| Ok(r.tensors.constant(value)))
    }

    /// Makes a value readable after a replay: by the handle in a program's steps, by `name` for people and
    /// files. A name given twice is a mistake that the recording reports.
    #[track_caller]
    pub fn output(&self, name: &str, value: Var<'_>) -> Output {
        let mut output = Output { index: u32::MAX, recording: self.inner.borrow().identity };
        self.build(&[value], |r| {
            if name == RESULT || r.outputs.iter().any(|(old, _)| old == name) {
                let reason = "there is a value of this name already; give each its own";
                return Err(r.invalid(&format!("output {name:?}"), reason));
            }
            output.index = r.outputs.len() as u32;
            r.outputs.push((name.to_string(), value.id));
            Ok(value.id)
        });
        output
    }

    /// 1 while training, 0 while evaluating (`Workspace::set_training`).
    #[track_caller]
    pub fn training(&self) -> Var<'_> {
        self.build(&[], |r| Ok(r.tensors.push(Op::Training, &[], Shape::SCALAR)))
    }
}

/// Runs `build` once and records what it computes. The value it returns is the result: a loss
/// `[1, 1]`, or residuals `[rows, width]`.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// // u = sin(2x), u_x and u_xx at any number of points
/// let program = record(|g| {
///     let x = g.coordinate("x", Rows::named("points"));
///     let u = (2.0 * x).sin();
///     g.output("slope", u.d(x));
///     u.d(x).d(x) + 4.0 * u
/// })?
/// .compile::<f64>();
/// let mut ws = program.workspace();
/// let values = program.evaluate(&[], ws.set("x", &[0.0, 0.5, 1.0])?)?;
/// assert!((values.value(program.output("slope")?)?[0] - 2.0).abs() < 1e-15);
/// assert!(values.value(program.recording().result())?.iter().all(|r| r.abs() < 1e-14));
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// The first mistake in the closure, with the place where it was written.
#[track_caller]
pub fn record<F>(build: F) -> Result<Recording, Error>
where
    F: for<'g> FnOnce(&'g Graph) -> Var<'g>,
{
    let graph = Graph { inner: RefCell::default() };
    let result = build(&graph);
    // A result of another recording is a mistake like any other.
    let result = graph.build(&[result], |_| Ok(result.id)).id;
    graph.inner.into_inner().into_recording(result)
}
