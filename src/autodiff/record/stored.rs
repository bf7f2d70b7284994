//! Recordings as data: the graph itself is written beside the parameters, so that a model needs no source to
//! live on. What is read is checked as any file of unknown origin.

use super::coding::Coded;
use super::output::Identity;
use super::recording::{InputSlot, Recording};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::{Initializer, Layout};
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::autodiff::tensor::well_formed::is_well_formed;
use crate::container::Container;
use crate::error::Error;

/// Version of the coding of graphs.
const VERSION: u64 = 1;

fn insert_names<'a>(container: &mut Container, list: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut count = 0u64;
    for name in names {
        container.insert_text(format!("{list}/{count}"), name)?;
        count += 1;
    }
    container.insert_number(list, count)
}

fn names(container: &Container, list: &str) -> Result<Vec<String>, Error> {
    let count = container.number::<u64>(list)?;
    (0..count).map(|k| Ok(container.text(&format!("{list}/{k}"))?.to_string())).collect()
}

impl Recording {
    /// The recording as data, for [`load`](Self::load) in any other process.
    ///
    /// ```
    /// use eigennet::autodiff::{Recording, Rows, record};
    /// let recording = record(|g| g.scalar_parameter("a", 2.0) * g.input("x", Rows::named("x"), 1).sin())?;
    /// let program = Recording::load(&recording.save()?)?.compile::<f64>();
    /// let mut ws = program.workspace();
    /// ws.set("x", &[1.0])?;
    /// program.evaluate(&[2.0], &mut ws)?;
    /// assert_eq!(ws.output("result")?, [2.0 * 1f64.sin()]);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Container::insert`], for names of more than 65 535 bytes.
    pub fn save(&self) -> Result<Container, Error> {
        let mut out = Container::new();
        out.insert_number("version", VERSION)?;
        insert_names(&mut out, "symbols", self.symbols.iter().map(String::as_str))?;
        insert_names(&mut out, "inputs", self.inputs.iter().map(|i| i.name.as_str()))?;
        let shapes: Vec<u64> = self.inputs.iter().flat_map(|i| i.shape.encode()).collect();
        out.insert("input shapes", &[self.inputs.len(), 3], &shapes)?;
        let lengths: Vec<u64> = self.inputs.iter().map(|i| i.initial.as_ref().map_or(0, Vec::len) as u64).collect();
        out.insert("buffer lengths", &[lengths.len()], &lengths)?;
        let initial: Vec<f64> = self.inputs.iter().flat_map(|i| i.initial.iter().flatten().copied()).collect();
        out.insert("buffers", &[initial.len()], &initial)?;
        let blocks = self.parameters.blocks();
        insert_names(&mut out, "parameters", blocks.iter().map(|b| b.name.as_str()))?;
        let coded: Vec<[u64; 3]> = blocks.iter().map(|b| b.initializer.encode()).collect();
        let table = blocks.iter().zip(&coded).flat_map(|(b, c)| b.shape.map(|n| n as u64).into_iter().chain([c[0]]));
        out.insert("parameter blocks", &[blocks.len(), 4], &table.collect::<Vec<u64>>())?;
        let numbers: Vec<f64> = coded.iter().flat_map(|c| [c[1], c[2]]).map(f64::from_bits).collect();
        out.insert("initializers", &[blocks.len(), 2], &numbers)?;
        for (k, entries) in self.tensors.matrices().iter().enumerate() {
            out.insert(format!("matrix/{k}"), &[entries.len()], entries)?;
        }
        let mut graph = Vec::new();
        for (_, node) in self.tensors.nodes() {
            graph.extend(node.op.encode());
            graph.extend(node.shape.encode());
            graph.push(node.inputs.len() as u64);
            graph.extend(node.inputs.iter().map(|id| u64::from(id.0)));
        }
        out.insert("graph", &[graph.len()], &graph)?;
        insert_names(&mut out, "outputs", self.outputs.iter().map(|(name, _)| name.as_str()))?;
        let pairs = |pairs: &mut dyn Iterator<Item = [u32; 2]>| pairs.flatten().map(u64::from).collect::<Vec<u64>>();
        let outputs: Vec<u64> = self.outputs.iter().map(|(_, id)| id.0.into()).collect();
        out.insert("output nodes", &[outputs.len()], &outputs)?;
        let updates = pairs(&mut self.updates.iter().map(|&(slot, id)| [slot, id.0]));
        out.insert("updates", &[self.updates.len(), 2], &updates)?;
        let coordinates = pairs(&mut self.coordinates.iter().map(|&(slot, column)| [slot, column]));
        out.insert("coordinates", &[self.coordinates.len(), 2], &coordinates)?;
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`] or [`Error::Corrupt`] if sections are missing, of another
    /// type, or no graph that could have been recorded.
    pub fn load(container: &Container) -> Result<Recording, Error> {
        let version = container.number::<u64>("version")?;
        if version != VERSION {
            let reason = format!("a recording of version {version}; this crate reads version {VERSION}");
            return Err(Error::Corrupt { reason });
        }
        let symbols = names(container, "symbols")?;
        let mut recording = Recording {
            inputs: read_inputs(container, symbols.len())?,
            symbols,
            coordinates: pairs(container, "coordinates")?,
            parameters: read_parameters(container)?,
            updates: pairs(container, "updates")?.into_iter().map(|(slot, id)| (slot, NodeId(id))).collect(),
            identity: Identity::default(),
            tensors: Tensors::default(),
            outputs: Vec::new(),
        };
        let mut data = container.get::<u64>("graph")?;
        while !data.is_empty() {
            data = recording.read_node(data, container).ok_or_else(misfit)?;
        }
        let (names, nodes) = (names(container, "outputs")?, container.get::<u64>("output nodes")?);
        fits(!names.is_empty() && names.len() == nodes.len())?;
        for (name, &id) in names.into_iter().zip(nodes) {
            fits(recording.outputs.iter().all(|(old, _)| *old != name))?;
            recording.outputs.push((name, known(&recording.tensors, id).ok_or_else(misfit)?));
        }
        let Recording { tensors, inputs, updates, coordinates, .. } = &recording;
        fits(updates.iter().all(|&(slot, id)| {
            let value = known(tensors, id.0.into()).map(|id| tensors.shape(id));
            inputs.get(slot as usize).is_some_and(|i| i.initial.is_some() && value == Some(i.shape))
        }))?;
        let column = |&(slot, k): &(u32, u32)| inputs.get(slot as usize).is_some_and(|i| (k as usize) < i.shape.cols);
        fits(coordinates.len() <= usize::from(u16::MAX) && coordinates.iter().all(column))?;
        Ok(recording)
    }

    /// Reads one node; returns the data of those after it, or `None` if it is none.
    fn read_node<'d>(&mut self, data: &'d [u64], container: &Container) -> Option<&'d [u64]> {
        let (head, rest) = data.split_at_checked(7)?;
        let op = Op::decode(head[..3].try_into().ok()?)?;
        let shape = read_shape(&head[3..6], self.symbols.len())?;
        let (operands, rest) = rest.split_at_checked(usize::try_from(head[6]).ok()?)?;
        let t = &mut self.tensors;
        let operands: Vec<NodeId> = operands.iter().map(|&id| known(t, id)).collect::<Option<_>>()?;
        let shapes: Vec<Shape> = operands.iter().map(|&id| t.shape(id)).collect();
        let leaf = match op {
            Op::Input(slot) => self.inputs.get(slot as usize)?.shape == shape,
            Op::Parameter(block) => {
                let [heads, rows, cols] = self.parameters.blocks().get(block as usize)?.shape;
                shape == Shape::fixed(rows, cols).with_heads(heads)
            }
            Op::RowCount(symbol) => usize::from(symbol) < self.symbols.len() && shape == Shape::SCALAR,
            Op::Constant(_) | Op::Training => shape == Shape::SCALAR,
            Op::Dropout { keep, .. } => f64::from_bits(keep) > 0.0 && f64::from_bits(keep) <= 1.0,
            _ => true,
        };
        if !leaf || !is_well_formed(op, &shapes, shape) {
            return None;
        }
        let before = t.len();
        let id = match op {
            Op::Matrix(index) => {
                let entries = container.get::<f64>(&format!("matrix/{index}")).ok()?;
                let fits = shape.fixed_len() == Some(entries.len());
                fits.then(|| t.matrix(entries.into(), shape)).filter(|&id| t.node(id).op == op)?
            }
            _ => t.push(op, &operands, shape),
        };
        // A node that stands twice was not recorded: equal expressions are one.
        (id.index() == before).then_some(rest)
    }
}

/// The error of parts that do not fit together.
fn misfit() -> Error {
    Error::Corrupt { reason: "a recording that does not fit together".to_string() }
}

fn fits(condition: bool) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(misfit()) }
}

/// The node of that number, if there is one.
fn known(t: &Tensors, id: u64) -> Option<NodeId> {
    u32::try_from(id).ok().map(NodeId).filter(|id| id.index() < t.len())
}

fn read_shape(numbers: &[u64], symbols: usize) -> Option<Shape> {
    let shape = Shape::decode(numbers.try_into().ok()?)?;
    shape.symbol().is_none_or(|symbol| usize::from(symbol) < symbols).then_some(shape)
}

/// Pairs of numbers.
fn pairs(container: &Container, name: &str) -> Result<Vec<(u32, u32)>, Error> {
    let flat = container.get::<u64>(name)?;
    fits(flat.len().is_multiple_of(2))?;
    let pair = |pair: &[u64]| Some((u32::try_from(pair[0]).ok()?, u32::try_from(pair[1]).ok()?));
    flat.chunks(2).map(pair).collect::<Option<_>>().ok_or_else(misfit)
}

fn read_inputs(container: &Container, symbols: usize) -> Result<Vec<InputSlot>, Error> {
    let names = names(container, "inputs")?;
    let (shapes, lengths) = (container.get::<u64>("input shapes")?, container.get::<u64>("buffer lengths")?);
    let mut initial = container.get::<f64>("buffers")?;
    fits(shapes.len() == 3 * names.len() && lengths.len() == names.len())?;
    let slots = names.into_iter().zip(shapes.chunks(3)).zip(lengths).map(|((name, shape), &length)| {
        let shape = read_shape(shape, symbols)?;
        let (own, rest) = initial.split_at_checked(usize::try_from(length).ok()?)?;
        initial = rest;
        let fits = own.is_empty() || shape.fixed_len().is_some_and(|len| own.len() <= len);
        fits.then(|| InputSlot { name, shape, initial: (!own.is_empty()).then(|| own.to_vec()) })
    });
    slots.collect::<Option<_>>().ok_or_else(misfit)
}

fn read_parameters(container: &Container) -> Result<Layout, Error> {
    let names = names(container, "parameters")?;
    let (table, numbers) = (container.get::<u64>("parameter blocks")?, container.get::<f64>("initializers")?);
    fits(table.len() == 4 * names.len() && numbers.len() == 2 * names.len())?;
    let mut layout = Layout::default();
    for ((name, block), numbers) in names.iter().zip(table.chunks(4)).zip(numbers.chunks(2)) {
        let shape = read_shape(&block[..3], 0).ok_or_else(misfit)?;
        let initializer = Initializer::decode([block[3], numbers[0].to_bits(), numbers[1].to_bits()]);
        let (rows, len) = (shape.fixed_rows().unwrap_or(0), shape.fixed_len().unwrap_or(0));
        fits(layout.position(name).is_none() && layout.len().checked_add(len).is_some())?;
        layout.add(name, [shape.heads, rows, shape.cols], initializer.ok_or_else(misfit)?);
    }
    Ok(layout)
}

#[cfg(test)]
mod tests;
