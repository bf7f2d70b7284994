//! Fusion: a run of pointwise operations on one shape becomes a small register program that is
//! replayed over chunks that stay in the first-level cache.

use std::collections::{HashMap, HashSet};

use super::value::{Value, resolve};
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::{Extent, Shape};
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::{Binary, Family, Fused, Unary};

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
    /// Functions of x from one evaluation; x is no memory if a result is stored.
    Family { family: Family, x: Argument, out: [Option<Target>; 3] },
    /// `out = f(a, b)`.
    Binary { f: Binary, a: Argument, b: Argument, out: Target },
    /// A product of a and b, and a sum with c.
    Fused { form: Fused, a: Argument, b: Argument, c: Argument, out: Target },
    /// The same with a product for c; the four factors are slices.
    Products { form: Fused, factors: [Argument; 4], out: Target },
    /// a where the condition is not 0, elsewhere b.
    Select { condition: Argument, a: Argument, b: Argument, out: Target },
    /// `out = x`, repeated if it is a number.
    Copy { x: Argument, out: Target },
    /// Each entry of a stored column, repeated along its row.
    Column { x: Value, out: u16 },
    /// The mask of this name.
    Dropout { key: u64, keep: f64, out: Target },
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
    /// Sums, and the product that each computes along with itself; or both.
    absorbed: HashMap<NodeId, (NodeId, Option<NodeId>)>,
    /// What another operation computes along with itself.
    done: HashSet<NodeId>,
    /// The functions of the group that have a family, by it and the argument.
    families: HashMap<(Family, NodeId), Vec<(Unary, NodeId)>>,
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
        families: HashMap::new(),
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
    fuser.done = fuser.absorbed.values().flat_map(|&(first, second)| [Some(first), second]).flatten().collect();
    fuser.find_families();
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

    /// Pairs each sum or difference with the products that only it reads: all will be one operation.
    fn pair_products(&mut self) {
        let group: HashSet<NodeId> = self.group.iter().copied().collect();
        let suits = |&product: &NodeId| {
            group.contains(&product)
                && matches!(self.t.node(product).op, Op::Binary(Binary::Mul) | Op::Unary(Unary::Square))
                && !self.stored.contains(&product)
                && self.uses.get(&product) == Some(&1)
        };
        let number = |&factor: &NodeId| self.t.shape(factor).with_heads(1) == Shape::SCALAR;
        for &sum in self.group {
            let node = self.t.node(sum);
            if !matches!(node.op, Op::Binary(Binary::Add | Binary::Sub)) {
                continue;
            }
            let [a, b] = [resolve(self.t, node.inputs[0]), resolve(self.t, node.inputs[1])];
            let Some((product, other)) = [(a, b), (b, a)].into_iter().find(|(product, _)| suits(product)) else {
                continue;
            };
            let factors = || [product, other].into_iter().flat_map(|id| &self.t.node(id).inputs);
            let second = (suits(&other) && !factors().any(number)).then_some(other);
            self.absorbed.insert(sum, (product, second));
        }
    }

    fn find_families(&mut self) {
        for &id in self.group {
            if let Op::Unary(f) = self.t.node(id).op
                && let Some(family) = f.family()
            {
                let x = resolve(self.t, self.t.node(id).inputs[0]);
                self.families.entry((family, x)).or_default().push((f, id));
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
            x @ (Argument::Scalar(_) | Argument::Constant(_)) => self.register(id, x),
            x => x,
        }
    }

    /// Copies an operand to a register.
    fn register(&mut self, id: NodeId, x: Argument) -> Argument {
        let register = self.fresh();
        self.out.code.push(Code::Copy { x, out: Target::Register(register) });
        self.registers.insert(resolve(self.t, id), register);
        Argument::Register(register)
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

    /// Where a value is written to: a register, unless others read it.
    fn target(&mut self, id: NodeId) -> Target {
        if self.stored.contains(&id) {
            Target::Stored((self.value)(id).expect("a stored value has a place"))
        } else {
            Target::Register(self.fresh())
        }
    }

    /// Notes that a value was written, and what for that was read.
    fn written(&mut self, id: NodeId, to: Target, inputs: &[NodeId]) {
        self.used(inputs);
        if let Target::Register(register) = to {
            self.keep(id, register);
        }
    }

    /// An operation that reads `inputs` and writes `id`.
    fn push(&mut self, id: NodeId, inputs: &[NodeId], code: impl FnOnce(Target) -> Code) {
        let out = self.target(id);
        self.out.code.push(code(out));
        self.written(id, out, inputs);
    }

    fn emit(&mut self, id: NodeId) {
        let node = self.t.node(id);
        let inputs = &node.inputs[..];
        match node.op {
            Op::Unary(f) => {
                let mut x = self.argument(inputs[0]);
                let Some((family, members)) = self.relatives(f, inputs[0]) else {
                    return self.push(id, inputs, |out| Code::Unary { f, x, out });
                };
                let stored = members.iter().flatten().any(|member| self.stored.contains(member));
                if stored && matches!(x, Argument::Memory(_)) {
                    x = self.register(inputs[0], x);
                }
                let out = members.map(|member| member.map(|member| self.target(member)));
                self.out.code.push(Code::Family { family, x, out });
                for (member, out) in members.into_iter().zip(out) {
                    if let (Some(member), Some(out)) = (member, out) {
                        self.written(member, out, inputs);
                        self.done.insert(member);
                    }
                }
            }
            Op::Binary(f) if self.absorbed.contains_key(&id) => {
                let (product, second) = self.absorbed[&id];
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
                let Some(second) = second else {
                    let c = self.argument(other);
                    return self.push(id, &[factors, &[other]].concat(), |out| Code::Fused { form, a, b, c, out });
                };
                let others = &self.t.node(second).inputs[..];
                let (c, d) = (self.argument(others[0]), self.argument(others[others.len() - 1]));
                let factors = [factors, others].concat();
                self.push(id, &factors, |out| Code::Products { form, factors: [a, b, c, d], out });
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
                self.push(id, inputs, |out| Code::Dropout { key, keep: f64::from_bits(keep), out });
            }
            _ => {
                let x = self.argument(inputs[0]);
                self.push(id, inputs, |out| Code::Copy { x, out });
            }
        }
    }

    /// The functions of its family that are wanted of the same argument, if it is not the only one.
    fn relatives(&self, f: Unary, x: NodeId) -> Option<(Family, [Option<NodeId>; 3])> {
        let family = f.family()?;
        let found = self.families.get(&(family, resolve(self.t, x)))?;
        let mut members = [None; 3];
        for (member, &function) in members.iter_mut().zip(family.functions()) {
            let candidate = |&&(g, id): &&(Unary, NodeId)| g == function && !self.done.contains(&id);
            *member = found.iter().find(candidate).map(|&(_, id)| id);
        }
        (members.iter().flatten().count() > 1).then_some((family, members))
    }
}
