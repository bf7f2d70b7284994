//! A recording and the plans that were made of it, one for each operation and choice of outputs.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use crate::autodiff::plan::{Plan, Request, plan};
use crate::autodiff::record::recording::Recording;
use crate::autodiff::tensor::operation::{Axis, Op};
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::autodiff::transform::{cotangents, row_cotangents, tangents};
use crate::error::Error;

/// What a replay computes. The targets of its plan are the selected outputs, then what stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Nothing more.
    Evaluate,
    /// The new values of buffers; in a second phase the gradient, block by block, for given cotangents.
    PullBack,
    /// The same, with a second phase that may be run only once.
    PullBackOnce,
    /// The gradient of the last output, which is one number, block by block; the new values of buffers. The
    /// other outputs are left out.
    Gradient,
    /// The tangents of the outputs for a direction in parameter space.
    PushForward,
    /// The curvature of the last output along a direction, block by block. The other outputs are left out.
    HessianVector,
    /// In a second phase, for each output, each of its columns (entries, if it is shared by the batch) and
    /// each block the derivative, row by row and flattened.
    Jacobian,
}

impl Kind {
    /// Which of the selected outputs are computed.
    pub fn computes(self, selected: &[u32]) -> &[u32] {
        let last_alone = matches!(self, Kind::Gradient | Kind::HessianVector);
        if last_alone { &selected[selected.len() - 1..] } else { selected }
    }
}

/// The most entries of shared values whose Jacobian is unrolled.
const MAX_SHARED: usize = 1024;

/// A plan, or why there is none.
pub(crate) type Made = Result<Arc<Plan>, Error>;

#[derive(Debug)]
pub(crate) struct Compiled {
    pub recording: Recording,
    plans: Mutex<HashMap<(Kind, Vec<u32>), Made>>,
}

impl Compiled {
    pub fn new(recording: Recording) -> Self {
        Compiled { recording, plans: Mutex::default() }
    }

    /// The plan that computes `kind` for the outputs `selected`.
    pub fn plan(&self, kind: Kind, selected: &[u32]) -> Made {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, kind.computes(selected).to_vec());
        if let Some(made) = plans.get(&key) {
            return made.clone();
        }
        let made = self.build(kind, &key.1).map(Arc::new);
        plans.insert(key, made.clone());
        made
    }

    /// The slot of the cotangent of an output (of the weights of its rows, in a Jacobian), by its index.
    pub fn cotangent_slot(&self, output: usize) -> usize {
        self.recording.inputs.len() + output
    }

    /// The slot of a 1 that is known in the second phase only.
    pub fn unit_slot(&self) -> usize {
        self.cotangent_slot(self.recording.outputs.len())
    }

    fn build(&self, kind: Kind, selected: &[u32]) -> Result<Plan, Error> {
        let recording = &self.recording;
        let outputs: Vec<NodeId> = selected.iter().map(|&k| recording.outputs[k as usize].1).collect();
        // A buffer follows data that these outputs read; what follows other data stays as it is.
        let read = recording.reached(&outputs);
        let follows = |id: NodeId| {
            let needed = recording.reached(&[id]).into_iter().zip(&read).zip(&recording.inputs);
            needed.into_iter().all(|((needed, &read), input)| !needed || read || input.initial.is_some())
        };
        let follows: Vec<bool> = recording.updates.iter().map(|&(_, id)| follows(id)).collect();
        let computed: Vec<NodeId> = outputs.iter().copied().chain(recording.updates.iter().map(|u| u.1)).collect();
        let (mut t, computed) = match kind {
            // Rows of a Jacobian stop at values that they share: few and small ones.
            Kind::Evaluate | Kind::Jacobian => (recording.tensors.clone(), computed),
            _ => recording.tensors.reassociated(&computed),
        };
        let (outputs, updates) = computed.split_at(outputs.len());
        let last = outputs[outputs.len() - 1];
        let updates = || updates.iter().zip(&follows).map(|(&id, &follows)| follows.then_some(id));
        let mut targets: Vec<Option<NodeId>> = outputs.iter().copied().map(Some).collect();
        match kind {
            Kind::Evaluate => {}
            Kind::Gradient => {
                targets.extend(gradient(&mut t, recording, last)?);
                targets.extend(updates());
            }
            Kind::HessianVector => {
                let gradient = gradient(&mut t, recording, last)?;
                let sources = directions(&mut t, recording);
                let present: Vec<NodeId> = gradient.iter().copied().flatten().collect();
                let mut dots = tangents(&mut t, &present, &sources)?.into_iter();
                let curvature: Vec<_> = gradient.iter().map(|g| g.and_then(|_| dots.next().flatten())).collect();
                targets.extend(fill_blocks(&mut t, recording, curvature));
            }
            Kind::PushForward => {
                let sources = directions(&mut t, recording);
                let dots = tangents(&mut t, outputs, &sources)?;
                for (&output, dot) in outputs.iter().zip(dots) {
                    let shape = t.shape(output);
                    targets.push(dot.map(|dot| t.broadcast_to(dot, shape)));
                }
            }
            Kind::PullBack | Kind::PullBackOnce => {
                targets.extend(updates());
                let mut seeds = Vec::with_capacity(outputs.len());
                for (&k, &output) in selected.iter().zip(outputs) {
                    let shape = t.shape(output);
                    let slot = self.cotangent_slot(k as usize) as u32;
                    seeds.push((output, t.push(Op::Input(slot), &[], shape)));
                }
                let sources = blocks(&mut t, recording);
                let bars = cotangents(&mut t, &seeds, &sources)?;
                targets.extend(fill_blocks(&mut t, recording, bars));
            }
            Kind::Jacobian => {
                let unit = t.push(Op::Input(self.unit_slot() as u32), &[], Shape::SCALAR);
                for (&k, &output) in selected.iter().zip(outputs) {
                    let shape = t.shape(output);
                    if shape.heads != 1 {
                        return Err(Error::invalid(
                            format!("Jacobian of output {:?}", recording.outputs[k as usize].0),
                            format!("it has shape {shape}; put its heads side by side by Var::heads_to_columns"),
                        ));
                    }
                    let weights = Op::Input(self.cotangent_slot(k as usize) as u32);
                    let weights = t.push(weights, &[], shape.with_cols(1));
                    targets.extend(match shape.rows {
                        Extent::Rows(_) => rows_of_batch(&mut t, recording, output, weights, unit)?,
                        Extent::Fixed(_) => rows_of_shared(&mut t, recording, output, weights)?,
                    });
                }
            }
        }
        Ok(plan(&Request {
            tensors: &t,
            symbols: recording.symbols.len(),
            parameters: recording.parameters.blocks().iter().map(|b| b.offset).collect(),
            first_cotangent: recording.inputs.len() as u32,
            repeated: kind == Kind::PullBack,
            targets: &targets,
        }))
    }
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

fn gradient(t: &mut Tensors, recording: &Recording, loss: NodeId) -> Result<Vec<Option<NodeId>>, Error> {
    require_loss(t.shape(loss), "gradient")?;
    let one = t.constant(1.0);
    let sources = blocks(t, recording);
    let bars = cotangents(t, &[(loss, one)], &sources)?;
    Ok(fill_blocks(t, recording, bars))
}

pub(crate) fn require_loss(shape: Shape, operation: &'static str) -> Result<(), Error> {
    if shape == Shape::SCALAR {
        return Ok(());
    }
    Err(Error::invalid(
        operation,
        format!("the result has shape {shape}, not one number; end the recording with .square().mean() or .sum()"),
    ))
}

/// For each column of an output with the rows of a batch and each block the derivative, `[rows, entries]` (`[heads,
/// rows, entries / heads]`), each row times its weight: ∂r/∂θ + Σ ∂r/∂s · ∂s/∂θ over the values s that the rows share.
fn rows_of_batch(
    t: &mut Tensors,
    recording: &Recording,
    output: NodeId,
    weights: NodeId,
    unit: NodeId,
) -> Result<Vec<Option<NodeId>>, Error> {
    let shape = t.shape(output);
    let sources = blocks(t, recording);
    let mut shared_rows: HashMap<NodeId, Vec<Option<NodeId>>> = HashMap::new();
    let mut pieces = Vec::with_capacity(shape.cols * sources.len());
    for column in 0..shape.cols {
        let seed = t.pad(weights, Axis::Cols, column, shape);
        let bars = row_cotangents(t, (output, seed), &sources)?;
        let mut column = Vec::with_capacity(sources.len());
        for (bar, &source) in bars.sources.into_iter().zip(&sources) {
            let block = t.shape(source);
            let entries = block.fixed_rows().unwrap_or(1) * block.cols;
            let flat = Shape { heads: block.heads, rows: shape.rows, cols: entries };
            column.push(bar.map(|b| t.broadcast_to(b, flat)));
        }
        for (value, bar) in bars.shared {
            let of = t.shape(value);
            let entries = of.fixed_rows().unwrap_or(1) * of.cols;
            let bar = t.broadcast_to(bar, Shape { heads: of.heads, rows: shape.rows, cols: entries });
            let bar = t.heads_to_cols(bar);
            let rows = match shared_rows.entry(value) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(jacobian_of_shared(t, recording, value, unit)?),
            };
            for ((piece, &rows), &source) in column.iter_mut().zip(&*rows).zip(&sources) {
                let Some(rows) = rows else { continue };
                let product = t.matmul(bar, rows, false, false);
                let heads = t.shape(source).heads;
                let product = t.cols_to_heads(product, heads);
                *piece = Some(match *piece {
                    Some(direct) => t.add(direct, product),
                    None => product,
                });
            }
        }
        pieces.extend(column);
    }
    Ok(pieces)
}

/// The derivatives `[entries, entries of the block]` of a shared value in each block.
fn jacobian_of_shared(
    t: &mut Tensors,
    recording: &Recording,
    value: NodeId,
    unit: NodeId,
) -> Result<Vec<Option<NodeId>>, Error> {
    let entries = unrolled(t, recording, value, |_, _| unit)?;
    let count = recording.parameters.blocks().len();
    let mut rows = Vec::with_capacity(count);
    for (block, parameters) in recording.parameters.blocks().iter().enumerate() {
        let column: Vec<Option<NodeId>> = entries.iter().skip(block).step_by(count).copied().collect();
        if column.iter().all(Option::is_none) {
            rows.push(None);
            continue;
        }
        let flat = Shape::fixed(1, parameters.len());
        let zero = t.constant(0.0);
        let parts: Vec<NodeId> = column
            .into_iter()
            .map(|entry| match entry {
                Some(entry) => {
                    let shape = t.shape(entry);
                    let row = Shape::fixed(1, shape.fixed_rows().unwrap_or(1) * shape.cols).with_heads(shape.heads);
                    let row = t.push(Op::Reshape, &[entry], row);
                    t.heads_to_cols(row)
                }
                None => t.broadcast_to(zero, flat),
            })
            .collect();
        rows.push(Some(match parts[..] {
            [only] => only,
            _ => t.push(Op::Concat(Axis::Rows), &parts, Shape::fixed(parts.len(), parameters.len())),
        }));
    }
    Ok(rows)
}

/// For each entry of an output shared by the batch and each block the derivative, shaped as the block.
fn rows_of_shared(
    t: &mut Tensors,
    recording: &Recording,
    output: NodeId,
    weights: NodeId,
) -> Result<Vec<Option<NodeId>>, Error> {
    unrolled(t, recording, output, |t, row| t.slice(weights, Axis::Rows, row, 1))
}

/// One reverse pass for each entry of a shared value, heads before rows before columns.
fn unrolled(
    t: &mut Tensors,
    recording: &Recording,
    value: NodeId,
    mut seed: impl FnMut(&mut Tensors, usize) -> NodeId,
) -> Result<Vec<Option<NodeId>>, Error> {
    let shape = t.shape(value);
    let rows = shape.fixed_rows().unwrap_or(1);
    if rows * shape.row_len() > MAX_SHARED {
        return Err(Error::invalid(
            "Jacobian",
            format!(
                "it runs through a value of shape {shape} that the rows share; above {MAX_SHARED} entries use products \
                 with the Jacobian (GaussNewton or Lbfgs) instead"
            ),
        ));
    }
    let sources = blocks(t, recording);
    let mut pieces = Vec::new();
    for (head, row, column) in (0..shape.heads)
        .flat_map(|head| (0..rows).flat_map(move |row| (0..shape.cols).map(move |column| (head, row, column))))
    {
        let one = seed(t, row);
        let one = t.pad(one, Axis::Cols, column, Shape::fixed(1, shape.cols));
        let one = t.pad(one, Axis::Rows, row, Shape::fixed(rows, shape.cols));
        let one = t.pad(one, Axis::Heads, head, shape);
        let bars = cotangents(t, &[(value, one)], &sources)?;
        pieces.extend(fill_blocks(t, recording, bars));
    }
    Ok(pieces)
}
