//! Recordings: what a closure computed, ready to be compiled.

use super::output::{Identity, Output};
use crate::autodiff::lower::{Place, Recorded, lower};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::Layout;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::error::Error;

/// An input slot: data that the caller binds by name before a replay.
#[derive(Debug, Clone)]
pub(crate) struct InputSlot {
    pub name: String,
    pub shape: Shape,
    /// Starting values of a buffer, repeated to its length; plain inputs have none.
    pub initial: Option<Vec<f64>>,
}

/// A recorded computation, ready to be compiled to `f32` or `f64`.
#[derive(Debug, Clone)]
pub struct Recording {
    pub(crate) identity: Identity,
    pub(crate) tensors: Tensors,
    pub(crate) inputs: Vec<InputSlot>,
    pub(crate) symbols: Vec<String>,
    /// The input slot and column of each coordinate.
    pub(crate) coordinates: Vec<(u32, u32)>,
    pub(crate) parameters: Layout,
    /// Named outputs, the closure's own result last (but for what was added later).
    pub(crate) outputs: Vec<(String, NodeId)>,
    pub(crate) updates: Vec<(u32, NodeId)>,
}

/// The highest order of an input derivative: the formulas grow exponentially with it.
pub(crate) const MAX_ORDER: u8 = 12;

/// Name of the closure's own result among the outputs.
pub const RESULT: &str = "result";

impl Recording {
    /// The parameters and where each lies in the flat vector.
    pub fn parameters(&self) -> &Layout {
        &self.parameters
    }

    /// The names of the outputs, the closure's own result last.
    pub fn output_names(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|(name, _)| name.as_str())
    }

    /// The inputs, with the rows of the batch they belong to (`None` for fixed shapes) and their number of columns.
    pub fn input_names(&self) -> impl Iterator<Item = (&str, Option<&str>, usize)> {
        self.inputs.iter().map(|slot| {
            let rows = slot.shape.symbol().map(|s| self.symbols[s as usize].as_str());
            (slot.name.as_str(), rows, slot.shape.cols)
        })
    }

    /// The handle of the closure's own result.
    pub fn result(&self) -> Output {
        let index = self.outputs.iter().position(|(name, _)| name == RESULT).unwrap_or(0);
        Output { index: index as u32, recording: self.identity }
    }

    /// The handle of the output of that name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the names there are.
    pub fn output(&self, name: &str) -> Result<Output, Error> {
        match self.outputs.iter().position(|(old, _)| old == name) {
            Some(index) => Ok(Output { index: index as u32, recording: self.identity }),
            None => Err(Error::UnknownName {
                name: name.to_string(),
                known: self.output_names().map(str::to_string).collect(),
            }),
        }
    }

    /// Where an output stands among all.
    pub(crate) fn position(&self, output: Output) -> Result<usize, Error> {
        let index = output.index as usize;
        if output.recording == self.identity && index < self.outputs.len() {
            return Ok(index);
        }
        Err(Error::invalid("output", "it belongs to another recording; ask this one's program by Program::output"))
    }

    pub(crate) fn shape(&self, index: usize) -> Shape {
        self.tensors.shape(self.outputs[index].1)
    }

    /// The rows of the batch that an output belongs to (`None` if it is shared by the batch), and its
    /// number of columns.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an output of another recording.
    pub fn output_shape(&self, output: Output) -> Result<(Option<&str>, usize), Error> {
        let shape = self.shape(self.position(output)?);
        Ok((shape.symbol().map(|s| self.symbols[s as usize].as_str()), shape.cols))
    }

    /// The number of rows of an output that is shared by the batch; 0 for others.
    pub(crate) fn fixed_rows(&self, output: Output) -> Result<usize, Error> {
        Ok(self.shape(self.position(output)?).fixed_rows().unwrap_or(0))
    }

    /// The inputs that an output is computed from, in the order in which they were recorded.
    ///
    /// # Errors
    /// As [`output_shape`](Self::output_shape).
    pub fn inputs_of(&self, output: Output) -> Result<Vec<&str>, Error> {
        let reached = self.reached(&[self.outputs[self.position(output)?].1]);
        let names = self.inputs.iter().zip(reached).filter(|(_, reached)| *reached);
        Ok(names.map(|(slot, _)| slot.name.as_str()).collect())
    }

    /// The recording with one more output, `name`: the derivative of `of` along columns of its points, such as
    /// `[0, 0, 1]` for u_xxt. Handles stay good.
    ///
    /// # Errors
    /// [`Error::Derivative`] if `of` has no such derivative, or a column is no coordinate; [`Error::InvalidArgument`]
    /// for an output of another recording, and a name that is taken.
    pub fn with_derivative(&self, name: &str, of: Output, along: &[usize]) -> Result<Recording, Error> {
        let source = self.outputs[self.position(of)?].1;
        if self.outputs.iter().any(|(old, _)| old == name) {
            return Err(Error::invalid(format!("output {name:?}"), "there is a value of this name already"));
        }
        let refuse = |reason: String| Error::Derivative { operation: "output".to_string(), reason, location: None };
        if along.len() > usize::from(MAX_ORDER) {
            return Err(refuse(format!("order {}; the highest is {MAX_ORDER}", along.len())));
        }
        let reached = self.reached(&[source]);
        let mut recording = self.clone();
        let (mut node, shape) = (source, self.tensors.shape(source));
        for &column in along {
            let known = |&(slot, own): &(u32, u32)| reached[slot as usize] && own as usize == column;
            let index = self.coordinates.iter().position(known).ok_or_else(|| {
                refuse(format!("column {column} of its points is no coordinate; record them by Graph::coordinates"))
            })?;
            node = recording.tensors.push(Op::Derivative(index as u16), &[node], shape);
        }
        recording.outputs.push((name.to_string(), node));
        recording.lowered(&[], &[])
    }

    /// With plain formulas in place of the input derivatives. Of the graph as it was recorded there are given where
    /// each node was written, and the coordinates of each Laplacian.
    pub(super) fn lowered(mut self, locations: &[Place], sets: &[Vec<u16>]) -> Result<Recording, Error> {
        let wanted: Vec<NodeId> = self.outputs.iter().map(|o| o.1).chain(self.updates.iter().map(|u| u.1)).collect();
        let recorded = Recorded { tensors: &self.tensors, locations, sets, coordinates: &self.coordinates };
        let (tensors, values) = lower(recorded, &wanted)?;
        let nodes = self.outputs.iter_mut().map(|o| &mut o.1).chain(self.updates.iter_mut().map(|u| &mut u.1));
        nodes.zip(values).for_each(|(node, value)| *node = value);
        Ok(Recording { tensors, ..self })
    }

    /// The inputs that `targets` are computed from.
    pub(crate) fn reached(&self, targets: &[NodeId]) -> Vec<bool> {
        let mut inputs = vec![false; self.inputs.len()];
        let needed = self.tensors.ancestors(targets);
        for (_, node) in self.tensors.nodes().filter(|(id, _)| needed[id.index()]) {
            if let Op::Input(slot) = node.op {
                inputs[slot as usize] = true;
            }
        }
        inputs
    }
}
