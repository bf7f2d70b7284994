//! Formulas: [`Var`] is a `Copy` handle to a recorded value, with operators and input derivatives. It
//! carries no scalar type, so `1.0 - t` and `PI * x` just work.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::graph::{Graph, POISON, Recorder};
use super::recording::MAX_ORDER;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::{NodeId, intern};
use crate::error::Error;
use crate::kernels::vmath::{Binary, Unary};

/// A recorded value `[rows, width]` (or `[heads, rows, width]` in an ensemble).
///
/// Operands of `+ − × ÷` and other entrywise functions broadcast: an extent of 1 repeats. Numbers are `f64` or `i32`:
/// `0.5 * x`, `2 * x`, `n as f64 * x`.
///
/// A closure of `Var`s that is not handed over directly needs its signature spelt out: the compiler gives argument and
/// result different lifetimes ("lifetime may not live long enough", "`g` escapes the closure body") or asks for types
/// (E0283, E0284). Wrap it in [`formula`](crate::autodiff::formula) or
/// [`multivariate`](crate::autodiff::multivariate), or write `fn flux<'g>(u: Var<'g>, x: Var<'g>) -> Var<'g>`.
#[derive(Debug, Clone, Copy)]
pub struct Var<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) id: NodeId,
}

pub(crate) type Built = Result<NodeId, Error>;

/// Methods that are formulas: `name(value, more: type, …) = what it is;`.
macro_rules! formulas {
    ($($(#[$doc:meta])* $visibility:vis $name:ident($x:ident $(, $more:ident: $type:ty)*) = $formula:expr;)*) => {
        impl<'g> Var<'g> {
            $($(#[$doc])*
            #[track_caller]
            $visibility fn $name(self $(, $more: $type)*) -> Self {
                let $x = self;
                $formula
            })*
        }
    };
}
pub(super) use formulas;

impl<'g> Var<'g> {
    #[track_caller]
    pub(crate) fn build(self, add: impl FnOnce(&mut Recorder, Shape) -> Built) -> Var<'g> {
        self.build_with(&[], add)
    }

    /// Adds what is made of `self` and `others`.
    #[track_caller]
    pub(crate) fn build_with(self, others: &[Var<'_>], add: impl FnOnce(&mut Recorder, Shape) -> Built) -> Var<'g> {
        self.graph.build(others, |r| add(r, r.tensors.shape(self.id)))
    }

    #[track_caller]
    pub(crate) fn unary(self, f: Unary) -> Var<'g> {
        self.build(|r, _| {
            let id = r.tensors.unary(f, self.id);
            Ok(r.tensors.simplified(id))
        })
    }

    #[track_caller]
    pub(crate) fn binary(self, f: Binary, other: Var<'g>) -> Var<'g> {
        self.build_with(&[other], |r, shape| {
            let right = r.tensors.shape(other.id);
            match shape.broadcast(right) {
                Some(_) => {
                    let id = r.tensors.binary(f, self.id, other.id);
                    Ok(r.tensors.simplified(id))
                }
                None => Err(r.misfit(Op::Binary(f).name(), shape, right)),
            }
        })
    }

    #[track_caller]
    pub(crate) fn number(self, value: f64) -> Var<'g> {
        self.graph.constant(value)
    }

    /// The graph it is recorded in, for parameters and constants that are to meet it.
    pub fn graph(self) -> &'g Graph {
        self.graph
    }

    fn shape(self) -> Option<Shape> {
        (self.id != POISON).then(|| self.graph.inner.borrow().tensors.shape(self.id))
    }

    /// The width (number of columns); 0 after a mistake.
    pub fn width(self) -> usize {
        self.shape().map_or(0, |shape| shape.cols)
    }

    /// The number of heads; 0 after a mistake.
    pub fn heads(self) -> usize {
        self.shape().map_or(0, |shape| shape.heads)
    }

    /// ∂self/∂x along a coordinate. Derivatives nest: `u.d(x).d(x).d(t)` is u_xxt, and equal derivatives are
    /// computed once, in whatever order they were written.
    #[track_caller]
    pub fn d(self, x: Var<'g>) -> Self {
        self.build_with(&[x], |r, shape| {
            let index = coordinate(r, self.id, x.id)?;
            check_order(r, self.id, 1)?;
            Ok(r.tensors.push(Op::Derivative(index), &[self.id], shape))
        })
    }

    /// Σ ∂²self/∂xᵢ² over the coordinates given, as one component whatever their number. It nests as
    /// [`d`](Self::d) does: `u.laplacian([x, y]).laplacian([x, y])` is ΔΔu.
    #[track_caller]
    pub fn laplacian(self, coordinates: impl AsRef<[Var<'g>]>) -> Self {
        let coordinates = coordinates.as_ref();
        self.build_with(coordinates, |r, shape| {
            check_order(r, self.id, 2)?;
            if coordinates.is_empty() {
                return Err(r.invalid("laplacian", "name at least one coordinate"));
            }
            let mut set =
                coordinates.iter().map(|x| coordinate(r, self.id, x.id)).collect::<Result<Vec<u16>, Error>>()?;
            set.sort_unstable();
            if set.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(r.invalid("laplacian", "a coordinate is named twice"));
            }
            let known = intern(&mut r.sets, set);
            Ok(r.tensors.push(Op::Laplacian(known as u32), &[self.id], shape))
        })
    }
}

/// The number of the coordinate that `x` is, along which `of` is to be differentiated.
fn coordinate(r: &Recorder, of: NodeId, x: NodeId) -> Result<u16, Error> {
    let Op::Coordinate { index, .. } = r.tensors.node(x).op else {
        let reason = "derivatives are taken along coordinates only; record the variable with Graph::coordinates";
        return Err(r.indifferentiable(r.tensors.node(x).op, reason));
    };
    match (r.tensors.shape(of).symbol(), r.tensors.shape(x).symbol()) {
        (Some(own), Some(other)) if own != other => {
            let (own, other) = (&r.symbols[own as usize], &r.symbols[other as usize]);
            let reason = format!(
                "a value on the rows {own:?} does not move with a coordinate of the rows {other:?}; name a coordinate \
                 of its own rows"
            );
            Err(r.indifferentiable(r.tensors.node(of).op, &reason))
        }
        _ => Ok(index),
    }
}

/// Refuses `more` derivatives of what has none, or too many beneath it.
fn check_order(r: &Recorder, id: NodeId, more: u8) -> Result<(), Error> {
    let node = r.tensors.node(id);
    let reason = if node.shape.symbol().is_none() {
        "a value shared by the whole batch is a number, not a function of the coordinates; differentiate before summing \
         over rows"
    } else if r.orders[id.index()].saturating_add(more) > MAX_ORDER {
        "the formulas of a derivative grow exponentially with its order, so orders above 12 are refused; add an \
         auxiliary output such as w = u_xxxx to the network, with its own residual w - u_xxxx"
    } else {
        return Ok(());
    };
    Err(r.indifferentiable(node.op, reason))
}

macro_rules! number {
    ($trait:ident, $method:ident, $binary:ident, $number:ty) => {
        impl<'g> $trait<$number> for Var<'g> {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: $number) -> Var<'g> {
                let other = self.number(other.into());
                self.binary(Binary::$binary, other)
            }
        }
        impl<'g> $trait<Var<'g>> for $number {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                other.number(self.into()).binary(Binary::$binary, other)
            }
        }
    };
}

macro_rules! operator {
    ($trait:ident, $method:ident, $binary:ident) => {
        impl<'g> $trait for Var<'g> {
            type Output = Var<'g>;
            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                self.binary(Binary::$binary, other)
            }
        }
        number!($trait, $method, $binary, f64);
        // Whole numbers, so that 2 * x is what it looks like.
        number!($trait, $method, $binary, i32);
    };
}

operator!(Add, add, Add);
operator!(Sub, sub, Sub);
operator!(Mul, mul, Mul);
operator!(Div, div, Div);

impl<'g> Neg for Var<'g> {
    type Output = Var<'g>;
    #[track_caller]
    fn neg(self) -> Var<'g> {
        self.unary(Unary::Neg)
    }
}
