//! Recording: a closure builds a graph once; the first mistake, with its place, is what
//! [`record`] returns.

use std::cell::RefCell;
use std::panic::Location;

use super::output::{Identity, Output};
use super::recording::{InputSlot, RESULT, Recording};
use super::var::Var;
use crate::autodiff::lower::{Recorded, lower};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::{Initializer, Layout};
use crate::autodiff::tensor::shape::{Rows, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Recorder {
    pub identity: Identity,
    pub tensors: Tensors,
    pub locations: Vec<&'static Location<'static>>,
    /// How many input derivatives lie beneath each node.
    pub orders: Vec<u8>,
    pub error: Option<Error>,
    pub inputs: Vec<InputSlot>,
    pub symbols: Vec<&'static str>,
    pub parameters: Layout,
    pub outputs: Vec<(String, NodeId)>,
    pub updates: Vec<(u32, NodeId)>,
    /// The coordinates of each Laplacian, ascending.
    pub sets: Vec<Vec<u16>>,
    /// The input and column of each coordinate.
    pub coordinates: Vec<(NodeId, u32)>,
    pub masks: u64,
}

impl Recorder {
    fn new() -> Self {
        Recorder {
            identity: Identity::fresh(),
            tensors: Tensors::default(),
            locations: Vec::new(),
            orders: Vec::new(),
            error: None,
            inputs: Vec::new(),
            symbols: Vec::new(),
            parameters: Layout::default(),
            outputs: Vec::new(),
            updates: Vec::new(),
            sets: Vec::new(),
            coordinates: Vec::new(),
            masks: 0,
        }
    }

    /// Notes where nodes that were just pushed were written, and their derivative order.
    fn settle(&mut self, location: &'static Location<'static>) -> Result<(), Error> {
        for index in self.locations.len()..self.tensors.len() {
            self.locations.push(location);
            let node = self.tensors.node(NodeId(index as u32));
            let entries = node.shape.heads.checked_mul(node.shape.cols);
            let entries = entries.and_then(|n| n.checked_mul(node.shape.fixed_rows().unwrap_or(1)));
            if entries.is_none_or(|n| n > MAX_ENTRIES) {
                return Err(Error::Shape {
                    operation: "a value of more than 2^32 entries",
                    left: node.shape.numbers(),
                    right: vec![1, 1],
                    location: Some(location),
                });
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

    fn symbol(&mut self, rows: Rows) -> u16 {
        let position = self.symbols.iter().position(|s| *s == rows.0).unwrap_or_else(|| {
            self.symbols.push(rows.0);
            self.symbols.len() - 1
        });
        position as u16
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

/// The most entries of a value, or of one row of a batch: more is a slip, not a model.
const MAX_ENTRIES: usize = 1 << 32;

impl Graph {
    /// Adds to the graph what is made of `operands`; after a mistake nothing is added any more and
    /// every result is poisoned.
    pub(crate) fn build(
        &self,
        location: &'static Location<'static>,
        operands: &[Var<'_>],
        add: impl FnOnce(&mut Recorder) -> Result<NodeId, Error>,
    ) -> Var<'_> {
        let mut recorder = self.inner.borrow_mut();
        let id = if recorder.error.is_some() {
            POISON
        } else {
            let built = self.owns(operands, location).and_then(|()| {
                let id = add(&mut recorder)?;
                recorder.settle(location)?;
                Ok(id)
            });
            match built {
                Ok(id) => id,
                Err(error) => {
                    recorder.error = Some(error);
                    POISON
                }
            }
        };
        Var { graph: self, id }
    }

    /// Notes a mistake in the caller's settings, which the recording then reports.
    #[track_caller]
    pub(crate) fn refuse(&self, what: &str, reason: &str) -> Var<'_> {
        let location = Location::caller();
        self.build(location, &[], |_| Err(Error::invalid(format!("{what} (at {location})"), reason)))
    }

    /// Refuses values of another recording.
    fn owns(&self, operands: &[Var<'_>], location: &'static Location<'static>) -> Result<(), Error> {
        if operands.iter().all(|v| std::ptr::eq(v.graph, self)) {
            return Ok(());
        }
        Err(Error::invalid(
            format!("operand (at {location})"),
            "it belongs to another recording; record the whole formula in one closure, or pass values between programs \
             as inputs",
        ))
    }

    pub(super) fn slot(
        recorder: &mut Recorder,
        name: &str,
        shape: Shape,
        initial: Option<Vec<f64>>,
        location: &'static Location<'static>,
    ) -> Result<NodeId, Error> {
        if shape.cols == 0 || shape.fixed_rows() == Some(0) {
            return Err(Error::Shape {
                operation: "input",
                left: shape.numbers(),
                right: vec![1],
                location: Some(location),
            });
        }
        let slot = match recorder.inputs.iter().position(|i| i.name == name) {
            Some(old) if recorder.inputs[old].shape == shape => old,
            Some(old) => {
                return Err(Error::Shape {
                    operation: "input recorded twice",
                    left: recorder.inputs[old].shape.numbers(),
                    right: shape.numbers(),
                    location: Some(location),
                });
            }
            None => {
                recorder.inputs.push(InputSlot { name: name.to_string(), shape, initial });
                recorder.inputs.len() - 1
            }
        };
        Ok(recorder.tensors.push(Op::Input(slot as u32), &[], shape))
    }

    /// Data `[rows, width]` that the caller binds by `name` before each replay. No input derivative
    /// is taken by it; for that use [`coordinates`](Self::coordinates).
    #[track_caller]
    pub fn input(&self, name: &str, rows: Rows, width: usize) -> Var<'_> {
        let location = Location::caller();
        self.build(location, &[], |r| {
            let symbol = r.symbol(rows);
            Self::slot(r, name, Shape::rows(symbol, width), None, location)
        })
    }

    /// Data of a fixed shape `[rows, cols]`, the same for all rows of a batch.
    #[track_caller]
    pub fn fixed_input(&self, name: &str, [rows, cols]: [usize; 2]) -> Var<'_> {
        let location = Location::caller();
        self.build(location, &[], |r| Self::slot(r, name, Shape::fixed(rows, cols), None, location))
    }

    /// State `[rows, cols]` that belongs to the model but is not trained, such as running
    /// statistics. It starts at `initial`, lives in the workspace, and changes by
    /// [`update`](Self::update).
    #[track_caller]
    pub fn buffer(&self, name: &str, [rows, cols]: [usize; 2], initial: f64) -> Var<'_> {
        let location = Location::caller();
        self.build(location, &[], |r| Self::slot(r, name, Shape::fixed(rows, cols), Some(vec![initial]), location))
    }

    /// Replaces a [`buffer`](Self::buffer) by `value` after each gradient taken in training mode.
    #[track_caller]
    pub fn update(&self, buffer: Var<'_>, value: Var<'_>) {
        let location = Location::caller();
        self.build(location, &[buffer, value], |r| {
            let (old, new) = (r.tensors.node(buffer.id), r.tensors.node(value.id));
            let slot = match old.op {
                Op::Input(slot) if r.inputs[slot as usize].initial.is_some() => slot,
                _ => return Err(Error::invalid("update", "the first argument has to be a buffer of this graph")),
            };
            if old.shape != new.shape {
                return Err(Error::Shape {
                    operation: "update",
                    left: old.shape.numbers(),
                    right: new.shape.numbers(),
                    location: Some(location),
                });
            }
            r.updates.push((slot, value.id));
            Ok(value.id)
        });
    }

    /// Data `[rows, N]` whose columns are coordinates: [`Var::d`] and [`Var::laplacian`]
    /// differentiate by them.
    #[track_caller]
    pub fn coordinates<const N: usize>(&self, name: &str, rows: Rows) -> [Var<'_>; N] {
        let location = Location::caller();
        let points = self.input(name, rows, N);
        std::array::from_fn(|column| self.coordinate_column(points, column, location))
    }

    /// [`coordinates`](Self::coordinates) where their number is known at run time only.
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// // Δ‖x‖² = 2n in n = 64 dimensions, one component whatever n is.
    /// let program = record(|g| {
    ///     let x = g.coordinates_slice("points", Rows::named("points"), 64);
    ///     let squared = x[1..].iter().fold(x[0].square(), |sum, x| sum + x.square());
    ///     squared.laplacian(&x)
    /// })?
    /// .compile::<f64>();
    /// let mut ws = program.workspace();
    /// ws.set("points", &[0.5; 64])?;
    /// program.evaluate(&[], &mut ws)?;
    /// assert_eq!(ws.output("result")?, [128.0]);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[track_caller]
    pub fn coordinates_slice(&self, name: &str, rows: Rows, count: usize) -> Vec<Var<'_>> {
        let location = Location::caller();
        if count > MAX_COORDINATES {
            let what = format!("coordinates (at {location})");
            return vec![self.refuse(&what, &format!("{count}; a graph holds at most {MAX_COORDINATES}"))];
        }
        let points = self.input(name, rows, count);
        (0..count).map(|column| self.coordinate_column(points, column, location)).collect()
    }

    fn coordinate_column<'g>(
        &'g self,
        points: Var<'g>,
        column: usize,
        location: &'static Location<'static>,
    ) -> Var<'g> {
        self.build(location, &[points], |r| {
            // The same column of the same input is the same coordinate.
            let key = (points.id, column as u32);
            let index = r.coordinates.iter().position(|&old| old == key).unwrap_or(r.coordinates.len());
            if index == r.coordinates.len() {
                r.coordinates.push(key);
            }
            if index >= MAX_COORDINATES {
                return Err(Error::invalid(
                    format!("coordinates (at {location})"),
                    format!("a graph holds at most {MAX_COORDINATES} coordinates; the rest may be plain inputs"),
                ));
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

    /// A trainable block `[rows, cols]` of the flat parameter vector. The same name gives the same
    /// block, so a layer called twice shares its weights.
    #[track_caller]
    pub fn parameter(&self, name: &str, [rows, cols]: [usize; 2], initializer: Initializer) -> Var<'_> {
        self.parameter_heads(name, [1, rows, cols], initializer)
    }

    /// A trainable block `[heads, rows, cols]`, one matrix for each member of an ensemble.
    #[track_caller]
    pub fn parameter_heads(&self, name: &str, shape: [usize; 3], initializer: Initializer) -> Var<'_> {
        let location = Location::caller();
        self.build(location, &[], |r| {
            let total = shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).filter(|&n| n > 0 && n <= MAX_ENTRIES);
            if total.is_none() {
                return Err(Error::Shape {
                    operation: "parameter",
                    left: shape.to_vec(),
                    right: vec![1, 1, 1],
                    location: Some(location),
                });
            }
            let position = match r.parameters.position(name) {
                Some(old) if r.parameters.blocks()[old].shape == shape => old,
                Some(old) => {
                    return Err(Error::Shape {
                        operation: "parameter recorded twice",
                        left: r.parameters.blocks()[old].shape.to_vec(),
                        right: shape.to_vec(),
                        location: Some(location),
                    });
                }
                None => r.parameters.add(name, shape, initializer),
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
        self.build(Location::caller(), &[], |r| Ok(r.tensors.constant(value)))
    }

    /// Makes a value readable after a replay: by the handle in a program's steps, by `name` for people and
    /// files. A name given twice is a mistake that the recording reports.
    #[track_caller]
    pub fn output(&self, name: &str, value: Var<'_>) -> Output {
        let location = Location::caller();
        let mut output = Output { index: u32::MAX, recording: self.inner.borrow().identity };
        self.build(location, &[value], |r| {
            if name == RESULT || r.outputs.iter().any(|(old, _)| old == name) {
                return Err(Error::invalid(
                    format!("output {name:?} (at {location})"),
                    "there is a value of this name already; give each its own",
                ));
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
        self.build(Location::caller(), &[], |r| Ok(r.tensors.push(Op::Training, &[], Shape::SCALAR)))
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
/// ws.set("x", &[0.0, 0.5, 1.0])?;
/// program.evaluate(&[], &mut ws)?;
/// assert!((ws.output("slope")?[0] - 2.0).abs() < 1e-15);
/// assert!(ws.output("result")?.iter().all(|r| r.abs() < 1e-14));
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
    let graph = Graph { inner: RefCell::new(Recorder::new()) };
    let result = build(&graph);
    // A result of another recording is a mistake like any other.
    let result = graph.build(Location::caller(), &[result], |_| Ok(result.id)).id;
    let recorder = graph.inner.into_inner();
    if let Some(error) = recorder.error {
        return Err(error);
    }
    let mut names: Vec<String> = recorder.outputs.iter().map(|(name, _)| name.clone()).collect();
    let mut wanted: Vec<NodeId> = recorder.outputs.iter().map(|(_, id)| *id).collect();
    names.push(RESULT.to_string());
    wanted.push(result);
    wanted.extend(recorder.updates.iter().map(|(_, id)| *id));
    let recorded = Recorded {
        tensors: &recorder.tensors,
        locations: &recorder.locations,
        sets: &recorder.sets,
        coordinates: &recorder.coordinates,
    };
    let (tensors, values) = lower(recorded, &wanted)?;
    let updates = recorder.updates.iter().zip(&values[names.len()..]).map(|(&(slot, _), &id)| (slot, id)).collect();
    Ok(Recording {
        identity: recorder.identity,
        tensors,
        inputs: recorder.inputs,
        symbols: recorder.symbols,
        coordinates: recorder
            .coordinates
            .iter()
            .map(|&(input, column)| (slot_of(&recorder.tensors, input), column))
            .collect(),
        parameters: recorder.parameters,
        outputs: names.into_iter().zip(values).collect(),
        updates,
    })
}

/// The slot of an input node.
fn slot_of(t: &Tensors, input: NodeId) -> u32 {
    match t.node(input).op {
        Op::Input(slot) => slot,
        op => unreachable!("a coordinate is a column of an input, not of {}", op.name()),
    }
}
