//! Finds sums such as u_t − κ u_xx in a recording: a linear differential operator of one function,
//! which the jets carry as one component instead of one for each term.

use std::collections::{HashMap, HashSet};

use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::{Binary, Unary};

/// Σ cᵢ ∂ᵢ + Σ cᵢⱼ ∂ᵢⱼ, i ≤ j; the first of the cᵢⱼ is 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Operator {
    pub first: Vec<(u16, f64)>,
    pub second: Vec<(u16, u16, f64)>,
}

impl Operator {
    fn add(&mut self, term: Term, factor: f64) {
        let mut entry = |i: u16, j: u16| match self.second.iter_mut().find(|s| (s.0, s.1) == (i, j)) {
            Some(old) => old.2 += factor,
            None => self.second.push((i, j, factor)),
        };
        match term {
            Term::First(i) => match self.first.iter_mut().find(|f| f.0 == i) {
                Some(old) => old.1 += factor,
                None => self.first.push((i, factor)),
            },
            Term::Mixed(i, j) => entry(i.min(j), i.max(j)),
            Term::Laplacian(mask) => (0..32).filter(|i| mask >> i & 1 == 1).for_each(|i| entry(i, i)),
        }
    }

    /// Whether it has terms of second order, none of which has cancelled, and nothing over- or underflows
    /// when it is normalised: not in `f32` either.
    fn is_balanced(&self) -> bool {
        let Some(unit) = self.second.first().map(|s| s.2.abs()) else { return false };
        let moderate = |factor: f64| (1e-15..=1e15).contains(&(factor.abs() / unit));
        self.second.iter().all(|s| moderate(s.2)) && self.first.iter().all(|f| f.1 == 0.0 || moderate(f.1))
    }

    /// Divides by the first coefficient of second order and returns it.
    fn normalize(&mut self) -> f64 {
        let scale = self.second.first().map_or(1.0, |s| s.2);
        self.first.iter_mut().for_each(|f| f.1 /= scale);
        self.second.iter_mut().for_each(|s| s.2 /= scale);
        scale
    }
}

#[derive(Clone, Copy)]
enum Term {
    First(u16),
    Mixed(u16, u16),
    Laplacian(u32),
}

/// A sum, as factors times operators of functions, and factors times other nodes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Combination {
    pub applied: Vec<(f64, Operator, NodeId)>,
    pub rest: Vec<(f64, NodeId)>,
}

/// The sums in `t` that are better carried as operators: those with two derivatives or more of one
/// function, of second order among them, and such that nobody else asks for those of second order.
pub(crate) fn combinations(t: &Tensors, wanted: &[NodeId]) -> HashMap<NodeId, Combination> {
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
        if let Some(combination) = combine(t, &uses, &terms) {
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

fn combine(t: &Tensors, uses: &[usize], terms: &[(f64, NodeId)]) -> Option<Combination> {
    let mut groups: Vec<(NodeId, Vec<usize>, Operator)> = Vec::new();
    for (k, &(factor, id)) in terms.iter().enumerate() {
        let Some((of, term)) = derivative(t, uses, id).filter(|_| factor.is_finite() && factor != 0.0) else {
            continue;
        };
        let place = groups.iter().position(|g| g.0 == of).unwrap_or_else(|| {
            groups.push((of, Vec::new(), Operator::default()));
            groups.len() - 1
        });
        groups[place].1.push(k);
        groups[place].2.add(term, factor);
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
fn derivative(t: &Tensors, uses: &[usize], id: NodeId) -> Option<(NodeId, Term)> {
    let node = t.node(id);
    let alone = uses[id.index()] == 1;
    match node.op {
        Op::Laplacian(mask) if alone => Some((node.inputs[0], Term::Laplacian(mask))),
        Op::Derivative(i) => match t.node(node.inputs[0]) {
            inner if matches!(inner.op, Op::Derivative(_)) => {
                let Op::Derivative(j) = inner.op else { return None };
                alone.then(|| (inner.inputs[0], Term::Mixed(i, j)))
            }
            _ => Some((node.inputs[0], Term::First(i))),
        },
        _ => None,
    }
}
