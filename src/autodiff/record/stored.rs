//! Recordings as data: the graph itself is written beside the parameters, so that a model needs no source to
//! live on. What is read is checked as any file of unknown origin.

use super::coding::{decode, decode_initializer, decode_shape, encode, encode_initializer, encode_shape, triple};
use super::output::Identity;
use super::recording::{InputSlot, Recording};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::parameters::Layout;
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
        let shapes: Vec<u64> = self.inputs.iter().flat_map(|i| encode_shape(i.shape)).collect();
        out.insert("input shapes", &[self.inputs.len(), 3], &shapes)?;
        let lengths: Vec<u64> = self.inputs.iter().map(|i| i.initial.as_ref().map_or(0, Vec::len) as u64).collect();
        out.insert("buffer lengths", &[lengths.len()], &lengths)?;
        let initial: Vec<f64> = self.inputs.iter().flat_map(|i| i.initial.iter().flatten().copied()).collect();
        out.insert("buffers", &[initial.len()], &initial)?;
        let blocks = self.parameters.blocks();
        insert_names(&mut out, "parameters", blocks.iter().map(|b| b.name.as_str()))?;
        let coded: Vec<(u64, [f64; 2])> = blocks.iter().map(|b| encode_initializer(b.initializer)).collect();
        let table = blocks.iter().zip(&coded).flat_map(|(b, c)| b.shape.map(|n| n as u64).into_iter().chain([c.0]));
        out.insert("parameter blocks", &[blocks.len(), 4], &table.collect::<Vec<u64>>())?;
        let numbers: Vec<f64> = coded.iter().flat_map(|c| c.1).collect();
        out.insert("initializers", &[blocks.len(), 2], &numbers)?;
        for (k, entries) in self.tensors.matrices().iter().enumerate() {
            out.insert(format!("matrix/{k}"), &[entries.len()], entries)?;
        }
        let mut graph = Vec::new();
        for (_, node) in self.tensors.nodes() {
            graph.extend(encode(node.op));
            graph.extend(encode_shape(node.shape));
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
        read(container)?.ok_or_else(|| Error::Corrupt { reason: "a recording that does not fit together".to_string() })
    }
}

/// Pairs of indices below the bounds.
fn pairs(container: &Container, name: &str) -> Result<Option<Vec<(u32, u32)>>, Error> {
    let flat = container.get::<u64>(name)?;
    let pair = |pair: &[u64]| Some((u32::try_from(pair[0]).ok()?, u32::try_from(pair[1]).ok()?));
    Ok(if flat.len().is_multiple_of(2) { flat.chunks(2).map(pair).collect() } else { None })
}

/// The recording, or `None` if its parts do not fit together.
fn read(container: &Container) -> Result<Option<Recording>, Error> {
    let symbols = names(container, "symbols")?;
    let Some(inputs) = read_inputs(container, symbols.len())? else { return Ok(None) };
    let Some(parameters) = read_parameters(container)? else { return Ok(None) };
    let Some(tensors) = read_graph(container, &inputs, &parameters, symbols.len())? else {
        return Ok(None);
    };
    let node = |id: u64| usize::try_from(id).ok().filter(|&id| id < tensors.len()).map(|id| NodeId(id as u32));
    let outputs = names(container, "outputs")?;
    let nodes: Option<Vec<NodeId>> = container.get::<u64>("output nodes")?.iter().map(|&id| node(id)).collect();
    let (Some(nodes), Some(updates), Some(coordinates)) =
        (nodes, pairs(container, "updates")?, pairs(container, "coordinates")?)
    else {
        return Ok(None);
    };
    let fits = |&(slot, id): &(u32, u32)| {
        let (buffer, value) = (inputs.get(slot as usize), node(id.into()));
        buffer
            .zip(value)
            .is_some_and(|(buffer, value)| buffer.initial.is_some() && buffer.shape == tensors.shape(value))
    };
    let column =
        |&(slot, column): &(u32, u32)| inputs.get(slot as usize).is_some_and(|i| (column as usize) < i.shape.cols);
    let distinct = (1..outputs.len()).all(|k| !outputs[..k].contains(&outputs[k]));
    if outputs.is_empty()
        || outputs.len() != nodes.len()
        || !distinct
        || !updates.iter().all(fits)
        || coordinates.len() > usize::from(u16::MAX)
        || !coordinates.iter().all(column)
    {
        return Ok(None);
    }
    Ok(Some(Recording {
        identity: Identity::fresh(),
        outputs: outputs.into_iter().zip(nodes).collect(),
        updates: updates.into_iter().map(|(slot, id)| (slot, NodeId(id))).collect(),
        tensors,
        inputs,
        symbols,
        coordinates,
        parameters,
    }))
}

fn read_inputs(container: &Container, symbols: usize) -> Result<Option<Vec<InputSlot>>, Error> {
    let names = names(container, "inputs")?;
    let (shapes, lengths) = (container.get::<u64>("input shapes")?, container.get::<u64>("buffer lengths")?);
    let mut initial = container.get::<f64>("buffers")?;
    if shapes.len() != 3 * names.len() || lengths.len() != names.len() {
        return Ok(None);
    }
    let slots = names.into_iter().zip(shapes.chunks(3)).zip(lengths).map(|((name, shape), &length)| {
        let shape = decode_shape(triple(shape)?, symbols)?;
        let (own, rest) = initial.split_at_checked(usize::try_from(length).ok()?)?;
        initial = rest;
        let fits = own.is_empty() || shape.fixed_len().is_some_and(|len| own.len() <= len);
        fits.then(|| InputSlot { name, shape, initial: (!own.is_empty()).then(|| own.to_vec()) })
    });
    Ok(slots.collect())
}

fn read_parameters(container: &Container) -> Result<Option<Layout>, Error> {
    let names = names(container, "parameters")?;
    let (table, numbers) = (container.get::<u64>("parameter blocks")?, container.get::<f64>("initializers")?);
    if table.len() != 4 * names.len() || numbers.len() != 2 * names.len() {
        return Ok(None);
    }
    let mut layout = Layout::default();
    let mut total = 0usize;
    for ((name, block), numbers) in names.iter().zip(table.chunks(4)).zip(numbers.chunks(2)) {
        let shape = decode_shape([block[0], block[1], block[2]], 0);
        let initializer = decode_initializer(block[3], [numbers[0], numbers[1]]);
        let (Some(shape), Some(initializer)) = (shape, initializer) else { return Ok(None) };
        let (Some(rows), Some(len)) = (shape.fixed_rows(), shape.fixed_len()) else { return Ok(None) };
        let Some(sum) = total.checked_add(len) else { return Ok(None) };
        total = sum;
        if layout.position(name).is_some() {
            return Ok(None);
        }
        layout.add(name, [shape.heads, rows, shape.cols], initializer);
    }
    Ok(Some(layout))
}

fn read_graph(
    container: &Container,
    inputs: &[InputSlot],
    parameters: &Layout,
    symbols: usize,
) -> Result<Option<Tensors>, Error> {
    let mut data = container.get::<u64>("graph")?;
    let mut t = Tensors::default();
    while !data.is_empty() {
        match read_node(data, &mut t, container, inputs, parameters, symbols) {
            Some(rest) => data = rest,
            None => return Ok(None),
        }
    }
    Ok(Some(t))
}

/// Reads one node into `t`; returns the data of those after it, or `None` if it is none.
fn read_node<'d>(
    data: &'d [u64],
    t: &mut Tensors,
    container: &Container,
    inputs: &[InputSlot],
    parameters: &Layout,
    symbols: usize,
) -> Option<&'d [u64]> {
    let (head, rest) = data.split_at_checked(7)?;
    let (op, shape) = (decode(triple(&head[..3])?)?, decode_shape(triple(&head[3..6])?, symbols)?);
    let (operands, rest) = rest.split_at_checked(usize::try_from(head[6]).ok()?)?;
    let known = |&id: &u64| usize::try_from(id).ok().filter(|&id| id < t.len()).map(|id| NodeId(id as u32));
    let operands: Vec<NodeId> = operands.iter().map(known).collect::<Option<_>>()?;
    let shapes: Vec<Shape> = operands.iter().map(|&id| t.shape(id)).collect();
    let leaf = match op {
        Op::Input(slot) => inputs.get(slot as usize)?.shape == shape,
        Op::Parameter(block) => {
            let [heads, rows, cols] = parameters.blocks().get(block as usize)?.shape;
            shape == Shape::fixed(rows, cols).with_heads(heads)
        }
        Op::RowCount(symbol) => usize::from(symbol) < symbols && shape == Shape::SCALAR,
        Op::Constant(_) | Op::Training => shape == Shape::SCALAR,
        _ => true,
    };
    let before = t.len();
    if !leaf || !is_well_formed(op, &shapes, shape) {
        return None;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::{Graph, Initializer, Rows, Var, record};
    use crate::container::Kind;

    /// A recording with most of what there is.
    fn everything(g: &Graph) -> Var<'_> {
        let [x, t] = g.coordinates("points", Rows::named("points"));
        let glorot = Initializer::GlorotUniform { gain: 1.0 };
        let w = g.parameter_heads("w", [3, 2, 8], glorot);
        let v = g.parameter_heads("v", [3, 8, 1], Initializer::Orthogonal { gain: 2.0 });
        let u = Var::concat(&[x, t]).matmul(w).softplus().dropout(0.1).elu(1.0).matmul(v).heads_to_columns();
        let mean = g.buffer("mean", [1, 3], 0.5);
        g.update(mean, 0.9 * mean + 0.1 * u.mean_rows());
        let gram = u.transpose_matmul(u) + g.fixed_input("ridge", [3, 3]);
        let table = g.parameter("table", [4, 2], Initializer::HeNormal);
        g.output("row", table.gather(g.input("index", Rows::named("index"), 1)).log_softmax());
        g.output("u", u.d(t) - u.laplacian([x, t]));
        let rotated = u.matmul(g.matrix([3, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
        gram.log_determinant() + (rotated - mean).square().mean()
    }

    #[test]
    fn what_was_read_is_what_was_written() {
        let recording = record(everything).unwrap();
        let saved = recording.save().unwrap();
        let read = Recording::load(&Container::from_bytes(&saved.to_bytes()).unwrap()).unwrap();
        assert_eq!(read.save().unwrap().to_bytes(), saved.to_bytes());
        let [ours, theirs] = [recording, read].map(|r| {
            let program = r.compile::<f64>();
            let theta = program.initial(crate::Seed(3));
            let mut ws = program.workspace();
            ws.set("points", &[0.1, 0.2, -0.4, 0.8, 0.3, 0.9]).unwrap().set_training(true);
            ws.set("ridge", &[9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]).unwrap();
            (program.value_and_grad(&theta, &mut ws).unwrap(), ws.input("mean").unwrap().to_vec())
        });
        assert_eq!(ours, theirs);
    }

    /// `saved` with another graph.
    fn with_graph(saved: &Container, graph: &[u64]) -> Container {
        let mut out = Container::new();
        for name in saved.names() {
            let shape = saved.shape(name).unwrap();
            match saved.kind(name).unwrap() {
                _ if name == "graph" => out.insert(name, &[graph.len()], graph).unwrap(),
                Kind::Utf8 => out.insert_text(name, saved.text(name).unwrap()).unwrap(),
                Kind::F64 => out.insert(name, shape, saved.get::<f64>(name).unwrap()).unwrap(),
                _ => out.insert(name, shape, saved.get::<u64>(name).unwrap()).unwrap(),
            }
        }
        out
    }

    #[test]
    fn a_damaged_graph_is_refused_or_runs() {
        let saved = record(everything).unwrap().save().unwrap();
        let graph = saved.get::<u64>("graph").unwrap().to_vec();
        let mut refused = 0;
        for at in 0..graph.len() {
            for value in [0, 1, 2, 7, u64::MAX, graph[at].wrapping_add(1), graph[at] ^ (1 << 20)] {
                if value == graph[at] {
                    continue;
                }
                let mut data = graph.clone();
                data[at] = value;
                let damaged = with_graph(&saved, &data);
                match Recording::load(&damaged) {
                    Err(_) => refused += 1,
                    Ok(recording) => {
                        let program = recording.compile::<f64>();
                        let theta = program.initial(crate::Seed(0));
                        let mut ws = program.workspace();
                        ws.set("points", &[0.1, 0.2, -0.4, 0.8]).unwrap();
                        ws.set("index", &[0.0, 3.0]).unwrap();
                        ws.set("ridge", &[9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0]).unwrap();
                        let _ = program.evaluate(&theta, &mut ws);
                        let _ = program.value_and_grad(&theta, &mut ws);
                    }
                }
            }
        }
        assert!(refused > 2 * graph.len(), "{refused} of {}", graph.len());
    }
}
