//! Finds sums such as u_t − κ u_xx in a recording: a linear differential operator of one function,
//! which the jets carry as one component instead of one for each term.

use std::collections::{HashMap, HashSet};

use super::operator::Operator;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::{Node, NodeId, Tensors};
use crate::kernels::vmath::{Binary, Unary};

/// A sum, as factors times operators of functions, and factors times other nodes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Combination {
    pub applied: Vec<(f64, Operator, NodeId)>,
    pub rest: Vec<(f64, NodeId)>,
}

/// The sums in `t` that are better carried as operators: those with two derivatives or more of one
/// function, of second order among them, and such that nobody else asks for those of second order.
pub(crate) fn combinations(t: &Tensors, sets: &[Vec<u16>], wanted: &[NodeId]) -> HashMap<NodeId, Combination> {
    let mut uses = vec![0usize; t.len()];
    wanted.iter().for_each(|id| uses[id.index()] += 1);
    for (_, node) in t.nodes() {
        node.inputs.iter().for_each(|id| uses[id.index()] += 1);
    }
    let mut found = HashMap::new();
    let mut inside = HashSet::new();
    for index in (0..t.len()).rev() {
        let root = NodeId(index as u32);
        if inside.contains(&root) || !matches!(t.node(root).op, Op::Binary(Binary::Add | Binary::Sub)) {
            continue;
        }
        let mut terms = Vec::new();
        flatten(t, &uses, root, &mut inside, &mut terms);
        if let Some(combination) = combine(t, sets, &uses, &terms) {
            found.insert(root, combination);
        }
    }
    found
}

/// The terms of a sum with their factors, through sums and multiples that only it reads.
fn flatten(t: &Tensors, uses: &[usize], root: NodeId, inside: &mut HashSet<NodeId>, terms: &mut Vec<(f64, NodeId)>) {
    let shape = t.shape(root);
    let mut pending = vec![(1.0, root)];
    while let Some((factor, id)) = pending.pop() {
        let node = t.node(id);
        let own = node.shape == shape && (id == root || uses[id.index()] == 1);
        let constant = |k: usize| t.constant_value(node.inputs[k]);
        let parts = match node.op {
            Op::Binary(Binary::Add) if own => vec![(factor, node.inputs[1]), (factor, node.inputs[0])],
            Op::Binary(Binary::Sub) if own => vec![(-factor, node.inputs[1]), (factor, node.inputs[0])],
            Op::Unary(Unary::Neg) if own => vec![(-factor, node.inputs[0])],
            Op::Binary(Binary::Mul) if own => match (constant(0), constant(1)) {
                (Some(c), _) => vec![(c * factor, node.inputs[1])],
                (_, Some(c)) => vec![(c * factor, node.inputs[0])],
                _ => Vec::new(),
            },
            Op::Binary(Binary::Div) if own => match constant(1) {
                Some(c) if c != 0.0 => vec![(factor / c, node.inputs[0])],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        if parts.is_empty() {
            terms.push((factor, id));
        } else {
            inside.insert(id);
            pending.extend(parts);
        }
    }
}

fn combine(t: &Tensors, sets: &[Vec<u16>], uses: &[usize], terms: &[(f64, NodeId)]) -> Option<Combination> {
    let mut groups: Vec<(NodeId, Vec<usize>, Operator)> = Vec::new();
    for (k, &(factor, id)) in terms.iter().enumerate() {
        let Some((of, derivative)) = derivative(t, sets, uses, id).filter(|_| factor.is_finite() && factor != 0.0)
        else {
            continue;
        };
        let place = groups.iter().position(|g| g.0 == of).unwrap_or_else(|| {
            groups.push((of, Vec::new(), Operator::default()));
            groups.len() - 1
        });
        groups[place].1.push(k);
        groups[place].2.add(&derivative, factor);
    }
    groups.retain(|(_, members, operator)| members.len() > 1 && operator.is_balanced());
    if groups.is_empty() {
        return None;
    }
    let taken: HashSet<usize> = groups.iter().flat_map(|g| g.1.iter().copied()).collect();
    let rest = terms.iter().enumerate().filter(|(k, _)| !taken.contains(k)).map(|(_, &term)| term).collect();
    let applied = groups
        .into_iter()
        .map(|(of, _, mut operator)| {
            let scale = operator.normalize();
            (scale, operator, of)
        })
        .collect();
    Some(Combination { applied, rest })
}

/// The function and its derivative that a node is.
fn derivative(t: &Tensors, sets: &[Vec<u16>], uses: &[usize], id: NodeId) -> Option<(NodeId, Operator)> {
    let node = t.node(id);
    let alone = uses[id.index()] == 1;
    match node.op {
        Op::Laplacian(set) if alone => Some((node.inputs[0], Operator::laplacian(&sets[set as usize]))),
        Op::Derivative(i) => match *t.node(node.inputs[0]) {
            Node { op: Op::Derivative(j), ref inputs, .. } => alone.then(|| (inputs[0], Operator::mixed(i, j))),
            _ => Some((node.inputs[0], Operator::first(i))),
        },
        _ => None,
    }
}
