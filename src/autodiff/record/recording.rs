//! Recordings: what a closure computed, ready to be compiled; and parts of it.

use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::Layout;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::error::Error;

/// An input slot: data that the caller binds by name before a replay.
#[derive(Debug, Clone)]
pub(crate) struct InputSlot {
    pub name: String,
    pub shape: Shape,
    /// Starting values of a buffer; plain inputs have none.
    pub initial: Option<f64>,
}

/// A recorded computation, ready to be compiled to `f32` or `f64`.
#[derive(Debug, Clone)]
pub struct Recording {
    pub(crate) tensors: Tensors,
    pub(crate) inputs: Vec<InputSlot>,
    pub(crate) symbols: Vec<&'static str>,
    pub(crate) parameters: Layout,
    /// Named outputs; the closure's own result is the last.
    pub(crate) outputs: Vec<(String, NodeId)>,
    pub(crate) updates: Vec<(u32, NodeId)>,
    /// Inputs that have to be bound before a replay.
    pub(crate) required: Vec<bool>,
}

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

    /// The inputs, with the rows of the batch they belong to (`None` for fixed shapes) and their
    /// number of columns.
    pub fn input_names(&self) -> impl Iterator<Item = (&str, Option<&'static str>, usize)> {
        self.inputs.iter().map(|slot| {
            let rows = slot.shape.symbol().map(|s| self.symbols[s as usize]);
            (slot.name.as_str(), rows, slot.shape.cols)
        })
    }

    /// The rows of the batch that an output belongs to (`None` if it is shared by the batch), and its
    /// number of columns.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn output_shape(&self, name: &str) -> Result<(Option<&'static str>, usize), Error> {
        let shape = self.tensors.shape(self.output_id(name)?);
        Ok((shape.symbol().map(|s| self.symbols[s as usize]), shape.cols))
    }

    fn output_id(&self, name: &str) -> Result<NodeId, Error> {
        let found = self.outputs.iter().find(|(old, _)| old == name);
        found.map(|(_, id)| *id).ok_or_else(|| Error::UnknownName {
            name: name.to_string(),
            known: self.output_names().map(str::to_string).collect(),
        })
    }

    /// The inputs that an output is computed from, in the order in which they were recorded.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn inputs_of(&self, output: &str) -> Result<Vec<&str>, Error> {
        let reached = self.reached(&[self.output_id(output)?]);
        let names = self.inputs.iter().zip(reached).filter(|(_, reached)| *reached);
        Ok(names.map(|(slot, _)| slot.name.as_str()).collect())
    }

    fn reached(&self, targets: &[NodeId]) -> Vec<bool> {
        let mut needed = vec![false; self.tensors.len()];
        targets.iter().for_each(|id| needed[id.index()] = true);
        let mut inputs = vec![false; self.inputs.len()];
        // Operands come before what is made of them.
        for index in (0..needed.len()).rev() {
            if !needed[index] {
                continue;
            }
            let node = self.tensors.node(NodeId(index as u32));
            node.inputs.iter().for_each(|id| needed[id.index()] = true);
            if let Op::Input(slot) = node.op {
                inputs[slot as usize] = true;
            }
        }
        inputs
    }

    /// The same formulas with `outputs` alone, the last of which becomes the result. The parameter
    /// vector stays the same; only inputs that these outputs are computed from have to be bound.
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// let both = record(|g| {
    ///     g.output("double", 2.0 * g.input("x", Rows::named("x"), 1));
    ///     g.input("y", Rows::named("y"), 1).square()
    /// })?;
    /// let double = both.select(&["double"])?.compile::<f64>();
    /// let mut ws = double.workspace();
    /// ws.set("x", &[1.0, 2.0])?; // y is not needed
    /// double.evaluate(&[], &mut ws)?;
    /// assert_eq!(ws.output("result")?, [2.0, 4.0]);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::InvalidArgument`] for no output at all, and for [`RESULT`] before
    /// others, which would replace it.
    pub fn select(&self, outputs: &[&str]) -> Result<Recording, Error> {
        let Some(result) = outputs.last() else {
            return Err(Error::invalid("outputs of Recording::select", "name at least one"));
        };
        if outputs[..outputs.len() - 1].contains(&RESULT) {
            return Err(Error::invalid(
                "outputs of Recording::select",
                format!("{RESULT:?} can only be the last, as the last becomes the result; name it by Graph::output"),
            ));
        }
        let mut chosen = Vec::with_capacity(outputs.len() + 1);
        for name in outputs.iter().filter(|name| **name != RESULT) {
            chosen.push((name.to_string(), self.output_id(name)?));
        }
        chosen.push((RESULT.to_string(), self.output_id(result)?));
        let mut targets: Vec<NodeId> = chosen.iter().map(|(_, id)| *id).collect();
        targets.extend(self.updates.iter().map(|(_, id)| *id));
        Ok(Recording { required: self.reached(&targets), outputs: chosen, ..self.clone() })
    }

    pub(crate) fn result(&self) -> NodeId {
        self.outputs[self.outputs.len() - 1].1
    }

    /// Whether the result is one number, a loss.
    pub(crate) fn is_loss(&self) -> bool {
        let shape = self.tensors.shape(self.result());
        shape == Shape { heads: 1, rows: Extent::Fixed(1), cols: 1 }
    }
}
