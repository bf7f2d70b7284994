//! Pointwise operations: y = φ(a), ẏ = φ′ȧ, and for a jet y_ij = φ′a_ij + φ″a_i a_j.
//!
//! [`derivative`] is the one table: φ′ as an expression in x and y = φ(x). Higher derivatives are
//! tangents of that expression, so a new activation is one line there. For example softplus′ = σ and
//! σ′ is a function of its own, for y − y² loses its digits where y is nearly 1.

use super::{Applied, Derivative, Reverse, plus};
use crate::autodiff::tensor::operation::{Op, SMOOTH};
use crate::autodiff::tensor::shape::Extent;
use crate::autodiff::tensor::tensors::{NodeId, Tensors};
use crate::kernels::vmath::{Binary, Unary};

/// How often an operation can be differentiated in its inputs.
pub(crate) fn smoothness(op: Op) -> u8 {
    match op {
        Op::Unary(Unary::Sign) | Op::Binary(Binary::GreaterEqual) => 0,
        Op::Unary(Unary::Abs) | Op::Binary(Binary::Max | Binary::Min) | Op::RowMax => 1,
        Op::Unary(Unary::Elu) => 2,
        Op::Select { smoothness } => smoothness,
        _ => SMOOTH,
    }
}

/// φ′(x), given x and y = φ(x); `None` where it vanishes almost everywhere.
pub(crate) fn derivative(t: &mut Tensors, f: Unary, x: NodeId, y: NodeId) -> Option<NodeId> {
    let one = t.constant(1.0);
    Some(match f {
        Unary::Neg => t.constant(-1.0),
        Unary::Abs => t.unary(Unary::Sign, x),
        Unary::Sign => return None,
        Unary::Recip => {
            let y2 = t.unary(Unary::Square, y);
            t.neg(y2)
        }
        Unary::Square => t.scale(2.0, x),
        Unary::Sqrt => {
            // 1/(2y), and 0 at 0: the subgradient of a norm of least length. Both branches stay finite.
            let safe = t.select(y, y, one);
            let inverse = t.unary(Unary::Recip, safe);
            let half = t.scale(0.5, inverse);
            // A second derivative there does not exist: e^(−1/y) is 0 at 0, its tangent 0 · ∞.
            let other = t.select(y, one, y);
            let inverse = t.unary(Unary::Recip, other);
            let minus = t.neg(inverse);
            let zero = t.unary(Unary::Exp, minus);
            t.select(y, half, zero)
        }
        Unary::Exp => y,
        Unary::Expm1 => t.add(y, one),
        Unary::Elu => {
            let zero = t.constant(0.0);
            let below = t.binary(Binary::Min, y, zero);
            t.add(below, one)
        }
        Unary::Log => t.unary(Unary::Recip, x),
        Unary::Log1p => {
            let sum = t.add(x, one);
            t.unary(Unary::Recip, sum)
        }
        Unary::Sin => t.unary(Unary::Cos, x),
        Unary::Cos => {
            let sin = t.unary(Unary::Sin, x);
            t.neg(sin)
        }
        Unary::Tanh => t.unary(Unary::TanhSlope, x),
        Unary::TanhSlope => {
            let tanh = t.unary(Unary::Tanh, x);
            let twice = t.scale(-2.0, tanh);
            t.mul(twice, y)
        }
        Unary::Sigmoid => t.unary(Unary::SigmoidSlope, x),
        Unary::SigmoidSlope => {
            let sigmoid = t.unary(Unary::Sigmoid, x);
            let twice = t.scale(-2.0, sigmoid);
            let factor = t.add(one, twice);
            t.mul(factor, y)
        }
        Unary::Softplus => t.unary(Unary::Sigmoid, x),
        Unary::Erf | Unary::Erfc => {
            let x2 = t.unary(Unary::Square, x);
            let minus = t.neg(x2);
            let bell = t.unary(Unary::Exp, minus);
            let sign = if f == Unary::Erf { 1.0 } else { -1.0 };
            t.scale(sign * std::f64::consts::FRAC_2_SQRT_PI, bell)
        }
    })
}

/// The partial derivatives of a function of two arguments, `None` where zero.
fn partials(t: &mut Tensors, f: Binary, a: NodeId, b: NodeId, y: NodeId) -> [Option<NodeId>; 2] {
    let one = t.constant(1.0);
    match f {
        Binary::Add => [Some(one), Some(one)],
        Binary::Sub => {
            let minus = t.constant(-1.0);
            [Some(one), Some(minus)]
        }
        Binary::Mul => [Some(b), Some(a)],
        Binary::Div => {
            let inverse = t.unary(Unary::Recip, b);
            let quotient = t.mul(y, inverse);
            [Some(inverse), Some(t.neg(quotient))]
        }
        // The larger and the smaller are chosen, see `extremum`.
        Binary::Max | Binary::Min | Binary::GreaterEqual => [None, None],
        Binary::Pow => {
            let lower = t.sub(b, one);
            let power = t.binary(Binary::Pow, a, lower);
            // y ln a, and 0 where y is.
            let safe = t.select(y, a, one);
            let log = t.unary(Unary::Log, safe);
            [Some(t.mul(b, power)), Some(t.mul(y, log))]
        }
        Binary::Atan2 => {
            // (b, −a)/(a² + b²), both divided by m = max(|a|, |b|) so that no square over- or underflows.
            let (size_a, size_b) = (t.unary(Unary::Abs, a), t.unary(Unary::Abs, b));
            let m = t.binary(Binary::Max, size_a, size_b);
            let m = t.push(Op::Stop, &[m], t.shape(m));
            let (a_m, b_m) = (t.div(a, m), t.div(b, m));
            let (aa, bb) = (t.mul(a, a_m), t.mul(b, b_m));
            let q = t.add(aa, bb);
            let (first, second) = (t.div(b_m, q), t.div(a_m, q));
            [Some(first), Some(t.neg(second))]
        }
    }
}

pub(crate) fn tangent(t: &mut Tensors, a: Applied<'_>, dots: &[Option<NodeId>]) -> Derivative {
    Ok(match a.op {
        Op::Unary(f) => {
            let (x, dot) = (a.inputs[0], dots[0]);
            let slope = derivative(t, f, x, a.value);
            times(t, slope, dot)
        }
        Op::Binary(f @ (Binary::Max | Binary::Min)) => extremum(t, 0, f, a, dots[0], dots[1]),
        Op::Binary(f) => {
            let slopes = partials(t, f, a.inputs[0], a.inputs[1], a.value);
            let first = times(t, slopes[0], dots[0]);
            let second = times(t, slopes[1], dots[1]);
            plus(t, first, second)
        }
        _ => {
            // Each derivative of pieces meets one order less smoothly than they do.
            let left = match smoothness(a.op) {
                SMOOTH => SMOOTH,
                bound => bound.saturating_sub(1),
            };
            choose(t, left, a.inputs[0], dots[1], dots[2])
        }
    })
}

pub(crate) fn second_order(
    t: &mut Tensors,
    a: Applied<'_>,
    pairs: &[[Vec<Option<NodeId>>; 2]],
    seconds: &[Option<NodeId>],
) -> Derivative {
    if smoothness(a.op) < 2 {
        return Err(
            "has no second derivative (its second derivative is zero wherever it exists, so a loss would train \
                    on nothing); use a smooth function such as tanh, softplus or elu"
                .to_string(),
        );
    }
    if let Op::Select { smoothness } = a.op
        && smoothness != SMOOTH
    {
        return Ok(choose(t, smoothness - 2, a.inputs[0], seconds[1], seconds[2]));
    }
    let mut total = tangent(t, a, seconds)?;
    match a.op {
        Op::Unary(f) => {
            let x = a.inputs[0];
            if let Some(slope) = derivative(t, f, x, a.value) {
                // The slope of a simplified (constant) node has no curvature.
                let one = t.constant(1.0);
                let curvature = slope_along(t, slope, &[x], &[Some(one)])?;
                let mut products = None;
                for [p, q] in pairs {
                    let product = times(t, p[0], q[0]);
                    products = plus(t, products, product);
                }
                let bend = times(t, curvature, products);
                total = plus(t, total, bend);
            }
        }
        Op::Binary(f) => {
            let (x, y) = (a.inputs[0], a.inputs[1]);
            let slopes = partials(t, f, x, y, a.value);
            for [p, q] in pairs {
                // Σ_kl f_kl p_k q_l, from the slopes' own derivatives.
                for (k, slope) in slopes.into_iter().enumerate() {
                    let (Some(slope), Some(dot)) = (slope, p[k]) else { continue };
                    let bend = slope_along(t, slope, &[x, y], q)?;
                    let bend = times(t, bend, Some(dot));
                    total = plus(t, total, bend);
                }
            }
        }
        _ => {}
    }
    Ok(total)
}

/// The tangent of an expression over the operands `at` for tangents of these.
fn slope_along(t: &mut Tensors, expression: NodeId, at: &[NodeId], dots: &[Option<NodeId>]) -> Derivative {
    let mut earliest = expression;
    for (&operand, &dot) in at.iter().zip(dots) {
        // Where an operand is negated or repeated, simplification may have read through it.
        let (mut node, mut negated) = (operand, false);
        loop {
            if expression == node {
                return Ok(if negated { dot.map(|dot| t.neg(dot)) } else { dot });
            }
            match t.node(node).op {
                Op::Unary(Unary::Neg) => negated = !negated,
                Op::Broadcast => {}
                _ => break,
            }
            node = t.node(node).inputs[0];
        }
        earliest = earliest.min(node);
    }
    if expression == earliest {
        return Ok(None);
    }
    let node = t.node(expression).clone();
    let mut inner = Vec::with_capacity(node.inputs.len());
    for &input in &node.inputs {
        inner.push(slope_along(t, input, at, dots)?);
    }
    super::tangent(t, Applied { op: node.op, inputs: &node.inputs, value: expression, shape: node.shape }, &inner)
}

pub(crate) fn transpose(t: &mut Tensors, a: Applied<'_>, g: NodeId, k: usize, reverse: Reverse) -> Derivative {
    let contribution = match a.op {
        Op::Unary(f) => {
            let slope = derivative(t, f, a.inputs[0], a.value);
            times(t, slope, Some(g))
        }
        Op::Binary(f @ (Binary::Max | Binary::Min)) => {
            extremum(t, SMOOTH, f, a, (k == 0).then_some(g), (k == 1).then_some(g))
        }
        Op::Binary(f) => {
            let slopes = partials(t, f, a.inputs[0], a.inputs[1], a.value);
            times(t, slopes[k], Some(g))
        }
        _ => choose(t, SMOOTH, a.inputs[0], (k == 1).then_some(g), (k == 2).then_some(g)),
    };
    Ok(contribution.map(|c| reduce(t, c, a, k, reverse)))
}

/// Sums a contribution down to the shape of input `k`; a per-sample pass keeps the rows.
pub(crate) fn reduce(t: &mut Tensors, contribution: NodeId, a: Applied<'_>, k: usize, reverse: Reverse) -> NodeId {
    let mut to = t.shape(a.inputs[k]);
    let mut from = a.shape;
    if reverse == Reverse::PerSample {
        // Rows that are kept: those of the result, or of a cotangent that already keeps them.
        let rows = if from.symbol().is_some() { from.rows } else { t.shape(contribution).rows };
        from.rows = rows;
        if matches!(to.rows, Extent::Fixed(_)) {
            to.rows = rows;
        }
    }
    t.sum_from(contribution, from, to)
}

fn times(t: &mut Tensors, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    Some(t.mul(a?, b?))
}

/// Of two derivatives that of the larger argument, for [`Binary::Min`] of the smaller. At a tie the minimum takes what the
/// maximum leaves, so that max + min = a + b. It is a choice, no product: what is infinite must not meet a zero.
fn extremum(
    t: &mut Tensors,
    smoothness: u8,
    f: Binary,
    a: Applied<'_>,
    first: Option<NodeId>,
    second: Option<NodeId>,
) -> Option<NodeId> {
    let condition = t.binary(Binary::GreaterEqual, a.inputs[0], a.inputs[1]);
    let (larger, other) = if f == Binary::Max { (first, second) } else { (second, first) };
    choose(t, smoothness, condition, larger, other)
}

fn choose(t: &mut Tensors, smoothness: u8, condition: NodeId, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    if a.is_none() && b.is_none() {
        return None;
    }
    let zero = t.constant(0.0);
    Some(t.select_smooth(smoothness, condition, a.unwrap_or(zero), b.unwrap_or(zero)))
}
