//! Transforms of the plain graph: the tangent (forward mode) and the transpose (reverse mode). Both extend the graph
//! they work on, so they compose: a Hessian-vector product is the tangent of the transpose.

pub(crate) mod ops;

use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::error::Error;
use ops::Applied;
pub(crate) use ops::Reverse;

fn refusal(op: Op, reason: String) -> Error {
    Error::Derivative { operation: op.name().to_string(), reason, location: None }
}

/// Which nodes up to `last` depend on any of `sources`.
fn dependents(t: &Tensors, sources: &[NodeId], last: usize) -> Vec<bool> {
    let mut depends = vec![false; last + 1];
    for source in sources {
        if let Some(flag) = depends.get_mut(source.index()) {
            *flag = true;
        }
    }
    for (id, node) in t.nodes().take(last + 1) {
        if node.op != Op::Stop && node.inputs.iter().any(|i| depends[i.index()]) {
            depends[id.index()] = true;
        }
    }
    depends
}

/// The tangents of `outputs` when each `(source, tangent)` moves; `None` where zero.
///
/// # Errors
/// [`Error::Derivative`] where an operation has no tangent.
pub(crate) fn tangents(
    t: &mut Tensors,
    outputs: &[NodeId],
    sources: &[(NodeId, NodeId)],
) -> Result<Vec<Option<NodeId>>, Error> {
    let Some(last) = outputs.iter().map(|o| o.index()).max() else { return Ok(Vec::new()) };
    let needed = t.ancestors(outputs);
    let mut dots: Vec<Option<NodeId>> = vec![None; last + 1];
    for &(source, dot) in sources {
        if let Some(slot) = dots.get_mut(source.index()) {
            *slot = Some(dot);
        }
    }
    for index in 0..=last {
        if !needed[index] || dots[index].is_some() {
            continue;
        }
        let id = NodeId(index as u32);
        let node = t.node(id).clone();
        let inner: Vec<Option<NodeId>> = node.inputs.iter().map(|i| dots[i.index()]).collect();
        let applied = Applied { op: node.op, inputs: &node.inputs, value: id, shape: node.shape };
        dots[index] = ops::tangent(t, applied, &inner).map_err(|reason| refusal(node.op, reason))?;
    }
    Ok(outputs.iter().map(|o| dots[o.index()]).collect())
}

/// The cotangents of `sources` when each `(output, cotangent)` is given; `None` where zero.
///
/// # Errors
/// [`Error::Derivative`] where an operation has no transpose.
pub(crate) fn cotangents(
    t: &mut Tensors,
    outputs: &[(NodeId, NodeId)],
    sources: &[NodeId],
) -> Result<Vec<Option<NodeId>>, Error> {
    reverse(t, outputs, sources, Reverse::Batch, &mut Vec::new())
}

/// Cotangents that keep the rows of the batch apart.
pub(crate) struct RowCotangents {
    /// Of each source, `[rows, entries]`; what runs through `shared` is left out.
    pub sources: Vec<Option<NodeId>>,
    /// Shared values in which rows meet or that have no such form, with their cotangents `[rows, entries]`.
    pub shared: Vec<(NodeId, NodeId)>,
}

/// [`cotangents`] row by row.
///
/// # Errors
/// [`Error::Derivative`] where an operation has no transpose, or none that keeps the rows apart.
pub(crate) fn row_cotangents(
    t: &mut Tensors,
    output: (NodeId, NodeId),
    sources: &[NodeId],
) -> Result<RowCotangents, Error> {
    let mut shared = Vec::new();
    let sources = reverse(t, &[output], sources, Reverse::PerSample, &mut shared)?;
    Ok(RowCotangents { sources, shared })
}

fn reverse(
    t: &mut Tensors,
    outputs: &[(NodeId, NodeId)],
    sources: &[NodeId],
    mode: Reverse,
    shared: &mut Vec<(NodeId, NodeId)>,
) -> Result<Vec<Option<NodeId>>, Error> {
    let Some(last) = outputs.iter().map(|(o, _)| o.index()).max() else { return Ok(vec![None; sources.len()]) };
    let depends = dependents(t, sources, last);
    let mut bars: Vec<Option<NodeId>> = vec![None; last + 1];
    for &(output, bar) in outputs {
        bars[output.index()] = ops::plus(t, bars[output.index()], Some(bar));
    }
    for index in (0..=last).rev() {
        let (Some(bar), true) = (bars[index], depends[index]) else { continue };
        let id = NodeId(index as u32);
        let node = t.node(id).clone();
        let applied = Applied { op: node.op, inputs: &node.inputs, value: id, shape: node.shape };
        let moving = || node.inputs.iter().enumerate().filter(|(_, input)| depends[input.index()]);
        if mode == Reverse::PerSample && moving().any(|(k, _)| !ops::keeps_rows_apart(t, &applied, k)) {
            if node.shape.symbol().is_some() {
                let reason = "has no Jacobian row by row; use products with it (GaussNewton or Lbfgs) instead";
                return Err(refusal(node.op, reason.to_string()));
            }
            shared.push((id, bar));
            continue;
        }
        for (k, input) in moving() {
            let bar = ops::transpose(t, applied, bar, k, mode).map_err(|reason| refusal(node.op, reason))?;
            bars[input.index()] = ops::gather(t, bars[input.index()], bar);
        }
    }
    Ok(sources.iter().map(|s| bars.get(s.index()).copied().flatten()).collect())
}
