//! Formulas: [`Var`] is a `Copy` handle to a recorded value, with operators and input derivatives. It
//! carries no scalar type, so `1.0 - t` and `PI * x` just work.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::panic::Location;

use super::graph::{Graph, POISON, Recorder};
use super::recording::MAX_ORDER;
use crate::autodiff::tensor::operation::Op;
use crate::autodiff::tensor::shape::Shape;
use crate::autodiff::tensor::tensors::NodeId;
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

/// The error of operands that do not fit together.
pub(crate) fn misfit(
    r: &Recorder,
    operation: &'static str,
    a: Shape,
    b: Shape,
    location: &'static Location<'static>,
) -> Error {
    if let (Some(i), Some(j)) = (a.symbol(), b.symbol())
        && i != j
    {
        let (first, second) = (r.symbols[i as usize], r.symbols[j as usize]);
        return Error::invalid(
            format!("{operation} (at {location})"),
            format!("the operands have rows {first:?} and {second:?}; batches meet only after a sum or mean over rows"),
        );
    }
    Error::Shape { operation, left: a.numbers(), right: b.numbers(), location: Some(location) }
}

impl<'g> Var<'g> {
    #[track_caller]
    pub(crate) fn build(self, add: impl FnOnce(&mut Recorder, Shape, &'static Location<'static>) -> Built) -> Var<'g> {
        self.build_with(&[], add)
    }

    /// Adds what is made of `self` and `others`.
    #[track_caller]
    pub(crate) fn build_with(
        self,
        others: &[Var<'_>],
        add: impl FnOnce(&mut Recorder, Shape, &'static Location<'static>) -> Built,
    ) -> Var<'g> {
        let location = Location::caller();
        let id = self.id;
        self.graph.build(location, others, |r| {
            let shape = r.tensors.shape(id);
            add(r, shape, location)
        })
    }

    #[track_caller]
    pub(crate) fn unary(self, f: Unary) -> Var<'g> {
        self.build(|r, _, _| Ok(r.tensors.unary(f, self.id)))
    }

    #[track_caller]
    pub(crate) fn binary(self, f: Binary, other: Var<'g>) -> Var<'g> {
        self.build_with(&[other], |r, shape, location| {
            let right = r.tensors.shape(other.id);
            match shape.broadcast(right) {
                Some(_) => Ok(r.tensors.binary(f, self.id, other.id)),
                None => Err(misfit(r, Op::Binary(f).name(), shape, right, location)),
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

    /// The width (number of columns); 0 after a mistake.
    pub fn width(self) -> usize {
        if self.id == POISON { 0 } else { self.graph.inner.borrow().tensors.shape(self.id).cols }
    }

    /// The number of heads; 0 after a mistake.
    pub fn heads(self) -> usize {
        if self.id == POISON { 0 } else { self.graph.inner.borrow().tensors.shape(self.id).heads }
    }

    /// ∂self/∂x along a coordinate. Derivatives nest: `u.d(x).d(x).d(t)` is u_xxt, and equal derivatives are
    /// computed once, in whatever order they were written.
    #[track_caller]
    pub fn d(self, x: Var<'g>) -> Self {
        self.build_with(&[x], |r, shape, location| {
            let index = coordinate(r, x.id, location)?;
            differentiable(r, self.id, shape, 1, location)?;
            Ok(r.tensors.push(Op::Derivative(index), &[self.id], shape))
        })
    }

    /// Σ ∂²self/∂xᵢ² over the coordinates given, as one component whatever their number. It nests as
    /// [`d`](Self::d) does: `u.laplacian([x, y]).laplacian([x, y])` is ΔΔu.
    #[track_caller]
    pub fn laplacian(self, coordinates: impl AsRef<[Var<'g>]>) -> Self {
        let coordinates = coordinates.as_ref();
        self.build_with(coordinates, |r, shape, location| {
            differentiable(r, self.id, shape, 2, location)?;
            if coordinates.is_empty() {
                return Err(Error::invalid(format!("laplacian (at {location})"), "name at least one coordinate"));
            }
            let mut set = Vec::with_capacity(coordinates.len());
            for x in coordinates {
                set.push(coordinate(r, x.id, location)?);
            }
            set.sort_unstable();
            if set.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Error::invalid(format!("laplacian (at {location})"), "a coordinate is named twice"));
            }
            let known = r.sets.iter().position(|old| *old == set).unwrap_or_else(|| {
                r.sets.push(set);
                r.sets.len() - 1
            });
            Ok(r.tensors.push(Op::Laplacian(known as u32), &[self.id], shape))
        })
    }
}

/// The number of the coordinate that `x` is.
fn coordinate(r: &Recorder, x: NodeId, location: &'static Location<'static>) -> Result<u16, Error> {
    match r.tensors.node(x).op {
        Op::Coordinate { index, .. } => Ok(index),
        op => Err(Error::Derivative {
            operation: op.name().to_string(),
            reason: "derivatives are taken along coordinates only; record the variable with Graph::coordinates"
                .to_string(),
            location: Some(location),
        }),
    }
}

fn differentiable(
    r: &Recorder,
    id: NodeId,
    shape: Shape,
    more: u8,
    location: &'static Location<'static>,
) -> Result<(), Error> {
    let node = r.tensors.node(id);
    let refuse = |reason: &str| {
        Err(Error::Derivative {
            operation: node.op.name().to_string(),
            reason: reason.to_string(),
            location: Some(location),
        })
    };
    if shape.symbol().is_none() {
        return refuse(
            "a value shared by the whole batch is a number, not a function of the coordinates; differentiate before \
             summing over rows",
        );
    }
    if r.orders[id.index()].saturating_add(more) > MAX_ORDER {
        return refuse(
            "the formulas of a derivative grow exponentially with its order, so orders above 12 are refused; add an \
             auxiliary output such as w = u_xxxx to the network, with its own residual w - u_xxxx",
        );
    }
    Ok(())
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
