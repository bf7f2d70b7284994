//! Fusion: a run of pointwise operations on one shape becomes a small register program that is
//! replayed over chunks that stay in the first-level cache.

use std::collections::{HashMap, HashSet};

use super::value::{Value, resolve};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::{Binary, Fused, Pair, Unary};

/// An operand of a fused operation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Argument {
    Register(u16),
    /// A stored value with the rows and columns of the domain.
    Memory(Value),
    /// A stored number (one for each head).
    Scalar(Value),
    Constant(f64),
}

/// Where a fused operation writes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    Register(u16),
    /// Straight to its stored value, which later operations of the run read as well.
    Stored(Value),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Code {
    /// `out = f(x)`.
    Unary { f: Unary, x: Argument, out: Target },
    /// Two functions of x.
    Pair { f: Pair, x: Argument, first: u16, second: u16 },
    /// `out = f(a, b)`.
    Binary { f: Binary, a: Argument, b: Argument, out: Target },
    /// A product of a and b, and a sum with c.
    Fused { form: Fused, a: Argument, b: Argument, c: Argument, out: Target },
    /// a where the condition is not 0, elsewhere b.
    Select { condition: Argument, a: Argument, b: Argument, out: Target },
    /// `out = x`, repeated if it is a number.
    Copy { x: Argument, out: Target },
    /// Each entry of a stored column, repeated along its row.
    Column { x: Value, out: u16 },
    /// The mask of this name.
    Dropout { key: u64, keep: f64, out: u16 },
    /// Writes a register to its stored value.
    Store { register: u16, to: Value },
}

/// A fused run of pointwise operations.
#[derive(Debug)]
pub(crate) struct Pointwise {
    /// The common shape of all results.
    pub domain: Shape,
    /// Stored rows that are repeated for every row, once for each head.
    pub tiles: Vec<(Value, u16)>,
    pub code: Vec<Code>,
    pub registers: usize,
}

struct Fuser<'a, V: Fn(NodeId) -> Option<Value>> {
    t: &'a Tensors,
    group: &'a [NodeId],
    /// Those that others read.
    stored: HashSet<NodeId>,
    value: V,
    /// Operations of the group that still have to read a value.
    uses: HashMap<NodeId, usize>,
    /// Sums, and the product that each computes along with itself.
    absorbed: HashMap<NodeId, NodeId>,
    /// What another operation computes along with itself.
    done: HashSet<NodeId>,
    /// The functions of the group that have partners, by function and argument.
    paired: HashMap<(Unary, NodeId), Vec<NodeId>>,
    registers: HashMap<NodeId, u16>,
    free: Vec<u16>,
    count: u16,
    out: Pointwise,
}

/// Fuses `group` (in order, all of one shape); `stored` are those others read, `value` tells where stored values lie.
pub(crate) fn fuse(
    t: &Tensors,
    group: &[NodeId],
    stored: &[NodeId],
    value: impl Fn(NodeId) -> Option<Value>,
) -> Pointwise {
    let domain = t.shape(group[0]);
    let mut fuser = Fuser {
        t,
        group,
        stored: stored.iter().copied().collect(),
        value,
        uses: HashMap::new(),
        absorbed: HashMap::new(),
        done: HashSet::new(),
        paired: HashMap::new(),
        registers: HashMap::new(),
        free: Vec::new(),
        count: 0,
        out: Pointwise { domain, tiles: Vec::new(), code: Vec::new(), registers: 0 },
    };
    for &id in group {
        for &input in &t.node(id).inputs {
            *fuser.uses.entry(resolve(t, input)).or_default() += 1;
        }
    }
    fuser.pair_products();
    fuser.done = fuser.absorbed.values().copied().collect();
    fuser.find_pairs();
    for &id in group {
        if !fuser.done.contains(&id) {
            fuser.emit(id);
        }
    }
    fuser.out.registers = fuser.count as usize;
    fuser.out
}

impl<V: Fn(NodeId) -> Option<Value>> Fuser<'_, V> {
    fn fresh(&mut self) -> u16 {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// Pairs each sum or difference with a product that only it reads: both will be one operation.
    fn pair_products(&mut self) {
        let group: HashSet<NodeId> = self.group.iter().copied().collect();
        for &sum in self.group {
            let node = self.t.node(sum);
            if !matches!(node.op, Op::Binary(Binary::Add | Binary::Sub)) {
                continue;
            }
            let inputs = [resolve(self.t, node.inputs[0]), resolve(self.t, node.inputs[1])];
            let product = (0..2).map(|k| (inputs[k], inputs[1 - k])).find_map(|(product, other)| {
                let suits = product != other
                    && group.contains(&product)
                    && matches!(self.t.node(product).op, Op::Binary(Binary::Mul) | Op::Unary(Unary::Square))
                    && !self.stored.contains(&product)
                    && self.uses.get(&product) == Some(&1);
                suits.then_some(product)
            });
            if let Some(product) = product {
                self.absorbed.insert(sum, product);
            }
        }
    }

    fn find_pairs(&mut self) {
        for &id in self.group {
            if let Op::Unary(f @ (Unary::Softplus | Unary::Sigmoid | Unary::Sin | Unary::Cos)) = self.t.node(id).op {
                let x = resolve(self.t, self.t.node(id).inputs[0]);
                self.paired.entry((f, x)).or_default().push(id);
            }
        }
    }

    /// How the group reads a value.
    fn argument(&mut self, id: NodeId) -> Argument {
        let id = resolve(self.t, id);
        if let Some(&register) = self.registers.get(&id) {
            return Argument::Register(register);
        }
        if let Some(constant) = self.t.constant_value(id) {
            return Argument::Constant(constant);
        }
        let value = (self.value)(id).expect("a value that is read was stored");
        let (shape, domain) = (value.shape, self.out.domain);
        if shape.rows == domain.rows && shape.cols == domain.cols {
            return Argument::Memory(value);
        }
        if shape.rows == Extent::Fixed(1) && shape.cols == 1 {
            return Argument::Scalar(value);
        }
        if shape.rows == Extent::Fixed(1) {
            // Tiles stay for all chunks, so their registers are never given back.
            self.count += 1;
            let register = self.count - 1;
            self.out.tiles.push((value, register));
            self.uses.insert(id, usize::MAX);
            self.registers.insert(id, register);
            return Argument::Register(register);
        }
        let register = self.fresh();
        self.out.code.push(Code::Column { x: value, out: register });
        self.registers.insert(id, register);
        Argument::Register(register)
    }

    /// An operand that has to be a slice.
    fn slice(&mut self, id: NodeId) -> Argument {
        match self.argument(id) {
            x @ (Argument::Scalar(_) | Argument::Constant(_)) => {
                let register = self.fresh();
                self.out.code.push(Code::Copy { x, out: Target::Register(register) });
                self.registers.insert(resolve(self.t, id), register);
                Argument::Register(register)
            }
            x => x,
        }
    }

    /// Counts reads down and gives back registers.
    fn used(&mut self, ids: &[NodeId]) {
        for &id in ids {
            let id = resolve(self.t, id);
            let Some(uses) = self.uses.get_mut(&id) else { continue };
            if *uses == usize::MAX {
                continue;
            }
            *uses -= 1;
            if *uses == 0
                && let Some(register) = self.registers.remove(&id)
            {
                self.free.push(register);
            }
        }
    }

    /// Keeps the register of a value as long as it is read.
    fn keep(&mut self, id: NodeId, register: u16) {
        if self.uses.get(&id).copied().unwrap_or(0) > 0 {
            self.registers.insert(id, register);
        } else {
            self.free.push(register);
        }
    }

    /// Writes a value that stands in a register to where others read it, too.
    fn finish(&mut self, id: NodeId, register: u16) {
        if self.stored.contains(&id) {
            let to = (self.value)(id).expect("a stored value has a place");
            self.out.code.push(Code::Store { register, to });
        }
        self.keep(id, register);
    }

    /// An operation that reads `inputs` and writes `id`.
    fn push(&mut self, id: NodeId, inputs: &[NodeId], code: impl FnOnce(Target) -> Code) {
        if self.stored.contains(&id) {
            let place = (self.value)(id).expect("a stored value has a place");
            self.out.code.push(code(Target::Stored(place)));
            self.used(inputs);
        } else {
            let register = self.fresh();
            self.out.code.push(code(Target::Register(register)));
            self.used(inputs);
            self.keep(id, register);
        }
    }

    fn emit(&mut self, id: NodeId) {
        let node = self.t.node(id);
        let inputs = &node.inputs[..];
        match node.op {
            Op::Unary(f) => {
                let x = self.argument(inputs[0]);
                let Some((pair, other, is_first)) = self.partner(id, f, inputs[0]) else {
                    return self.push(id, inputs, |out| Code::Unary { f, x, out });
                };
                let (own, second) = (self.fresh(), self.fresh());
                let (first, last) = if is_first { (own, second) } else { (second, own) };
                self.out.code.push(Code::Pair { f: pair, x, first, second: last });
                self.used(&[inputs[0], inputs[0]]);
                self.finish(id, own);
                self.finish(other, second);
                self.done.insert(other);
            }
            Op::Binary(f) if self.absorbed.contains_key(&id) => {
                let product = self.absorbed[&id];
                let factors = &self.t.node(product).inputs[..];
                let first = resolve(self.t, inputs[0]) == product;
                let form = match (f, first) {
                    (Binary::Sub, true) => Fused::MultiplySubtract,
                    (Binary::Sub, false) => Fused::SubtractProduct,
                    _ => Fused::MultiplyAdd,
                };
                let other = if first { inputs[1] } else { inputs[0] };
                // A square has its factor once.
                let (a, b) = (self.argument(factors[0]), self.argument(factors[factors.len() - 1]));
                let c = self.argument(other);
                self.push(id, &[factors, &[other]].concat(), |out| Code::Fused { form, a, b, c, out });
            }
            Op::Binary(f) => {
                let (a, b) = (self.argument(inputs[0]), self.argument(inputs[1]));
                self.push(id, inputs, |out| Code::Binary { f, a, b, out });
            }
            Op::Select { .. } => {
                let condition = self.slice(inputs[0]);
                let (a, b) = (self.argument(inputs[1]), self.argument(inputs[2]));
                self.push(id, inputs, |out| Code::Select { condition, a, b, out });
            }
            Op::Dropout { key, keep } => {
                let out = self.fresh();
                self.out.code.push(Code::Dropout { key, keep: f64::from_bits(keep), out });
                self.finish(id, out);
            }
            _ => {
                let x = self.argument(inputs[0]);
                self.push(id, inputs, |out| Code::Copy { x, out });
            }
        }
    }

    /// Another function of the same argument that comes from the same evaluation.
    fn partner(&self, id: NodeId, f: Unary, x: NodeId) -> Option<(Pair, NodeId, bool)> {
        let (pair, other, is_first) = match f {
            Unary::Softplus => (Pair::SoftplusSigmoid, Unary::Sigmoid, true),
            Unary::Sigmoid => (Pair::SoftplusSigmoid, Unary::Softplus, false),
            Unary::Sin => (Pair::SinCos, Unary::Cos, true),
            Unary::Cos => (Pair::SinCos, Unary::Sin, false),
            _ => return None,
        };
        let others = self.paired.get(&(other, resolve(self.t, x)))?;
        let found = others.iter().copied().find(|candidate| *candidate != id && !self.done.contains(candidate))?;
        Some((pair, found, is_first))
    }
}
