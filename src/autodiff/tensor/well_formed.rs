//! What makes a graph well formed: the shapes of operands and results that belong together. Recording ensures
//! it; a graph that was read from a file is checked.

use super::operation::{Axis, Op};
use super::shape::{Extent, Shape};

/// The most entries of a value, or of one row of a batch: more is a slip, not a model.
pub(crate) const MAX_ENTRIES: u64 = 1 << 32;

impl Shape {
    /// Whether it holds something, and no more than a value may.
    pub fn is_moderate(&self) -> bool {
        let rows = self.fixed_rows().unwrap_or(1);
        let entries = self.heads.checked_mul(self.cols).and_then(|n| n.checked_mul(rows));
        entries.is_some_and(|n| n > 0 && n as u64 <= MAX_ENTRIES)
    }

    /// The extent along an axis; rows along which something is cut are fixed.
    pub fn fixed_extent(&self, axis: Axis) -> usize {
        match self.extent(axis) {
            Extent::Fixed(extent) => extent,
            Extent::Rows(_) => 1,
        }
    }

    fn extent(&self, axis: Axis) -> Extent {
        match axis {
            Axis::Heads => Extent::Fixed(self.heads),
            Axis::Rows => self.rows,
            Axis::Cols => Extent::Fixed(self.cols),
        }
    }

    /// The fixed extent along an axis, if the others are those of `other`.
    fn along(&self, axis: Axis, other: &Shape) -> Option<usize> {
        let rest = [Axis::Heads, Axis::Rows, Axis::Cols].into_iter().filter(|&a| a != axis);
        let alike = rest.into_iter().all(|a| self.extent(a) == other.extent(a));
        match self.extent(axis) {
            Extent::Fixed(extent) if alike => Some(extent),
            _ => None,
        }
    }

    fn is_square(&self) -> bool {
        self.fixed_rows() == Some(self.cols)
    }
}

/// Whether `op` makes a value of shape `out` of operands of the shapes `inputs`. Leaves are not judged, and
/// operations that a recording does not hold are none.
pub(crate) fn is_well_formed(op: Op, inputs: &[Shape], out: Shape) -> bool {
    if !out.is_moderate() {
        return false;
    }
    match (op, inputs) {
        (_, []) => op.is_leaf() || matches!(op, Op::Dropout { .. }),
        (Op::Unary(_) | Op::Stop, [x]) => *x == out,
        (Op::Binary(_), [a, b]) => a.broadcast(*b) == Some(out),
        (Op::Select { .. }, [c, a, b]) => a.broadcast(*b).and_then(|s| s.broadcast(*c)) == Some(out),
        (Op::Sum, [x]) | (Op::Broadcast, [x]) => {
            let (small, large) = if op == Op::Sum { (out, *x) } else { (*x, out) };
            small.broadcast(large) == Some(large)
        }
        (Op::Slice { axis, start }, [x]) => match (x.along(axis, &out), out.along(axis, x)) {
            (Some(have), Some(len)) => start.checked_add(len).is_some_and(|end| end <= have),
            _ => false,
        },
        (Op::Pad { axis, before }, [x]) => match (x.along(axis, &out), out.along(axis, x)) {
            (Some(len), Some(room)) => before.checked_add(len).is_some_and(|end| end <= room),
            _ => false,
        },
        (Op::Concat(axis), [_, ..]) => {
            let mut parts = inputs.iter().map(|x| x.along(axis, &out));
            let total = parts.try_fold(0usize, |total, part| total.checked_add(part?));
            total.is_some() && total == out.along(axis, &inputs[0])
        }
        (Op::Transpose, [x]) => {
            x.heads == out.heads && x.fixed_rows() == Some(out.cols) && out.fixed_rows() == Some(x.cols)
        }
        (Op::Reshape, [x]) => x.heads == out.heads && x.fixed_len().is_some() && x.fixed_len() == out.fixed_len(),
        (Op::HeadsToCols, [x]) => out.heads == 1 && x.rows == out.rows && x.row_len() == out.cols,
        (Op::ColsToHeads, [x]) => x.heads == 1 && x.rows == out.rows && x.cols == out.row_len(),
        (Op::Gather, [table, index]) => {
            let plain = table.heads == 1 && table.symbol().is_none() && index.heads == 1 && index.cols == 1;
            plain && out == index.with_cols(table.cols)
        }
        (Op::ScatterAdd, [x, index]) => {
            let plain = x.heads == 1 && index.heads == 1 && index.cols == 1 && x.rows == index.rows;
            plain && out.heads == 1 && out.symbol().is_none() && out.cols == x.cols
        }
        (Op::LowerHalf | Op::Lower, [x]) => *x == out && x.symbol().is_none(),
        (Op::Cholesky, [x]) => *x == out && x.is_square(),
        (Op::Diagonal, [x]) => x.is_square() && out == x.with_cols(1),
        (Op::DiagonalEmbed, [x]) => out.is_square() && *x == out.with_cols(1),
        (Op::RowMax, [x]) => out == x.with_cols(1),
        (Op::SolveTriangular { .. }, [l, b]) => l.is_square() && l.rows == b.rows && l.heads == b.heads && *b == out,
        (Op::MatMul { ta, tb }, [_, _, ..]) if inputs.len().is_multiple_of(2) => inputs.chunks(2).all(|pair| {
            let [a, b] = [pair[0], pair[1]];
            let inner =
                [if ta { a.rows } else { Extent::Fixed(a.cols) }, if tb { Extent::Fixed(b.cols) } else { b.rows }];
            let rows = if ta { Extent::Fixed(a.cols) } else { a.rows };
            let cols = if tb { b.fixed_rows() } else { Some(b.cols) };
            // Columns that are summed over are those of a batch in a transposed left factor only.
            let meets = inner[0] == inner[1] && (ta && !tb || b.symbol().is_none());
            let heads = a.heads.max(b.heads) == out.heads && (a.heads == b.heads || a.heads.min(b.heads) == 1);
            meets && heads && rows == out.rows && cols == Some(out.cols)
        }),
        _ => false,
    }
}
