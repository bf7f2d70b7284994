//! The numbers of `L D Lᵀ`: one dense front for every group of columns (Duff and Reid, 1983).
//!
//! The front of a group has its columns and the rows below them. What its elimination leaves for those rows is handed
//! to the front of the parent. Subtrees are independent of each other and run in parallel; which children are added in
//! which order is fixed by the tree, so that the bits do not depend on the number of threads.

use std::ops::Range;

use super::elimination_tree::{ROOT, inverse};
use super::supernodes::Supernodes;
use super::{Csr, Symbolic};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::dot;
use rayon::prelude::*;

/// Columns of a panel eliminated before the rest of the panel is updated.
const BLOCK: usize = 32;
/// Rows of a triangle updated by one product.
const STRIP: usize = 96;
/// Multiplications that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 20;
/// Subtrees run as one piece have at most this part of all the work.
const PIECES: usize = 16;

/// What a front leaves for the rows below its columns.
struct Contribution<T> {
    /// `[r, r]`, of which the lower triangle counts.
    values: Vec<T>,
    /// Sums of the absolute values that made up the diagonal `[r]`.
    mass: Vec<T>,
}

/// What all fronts read.
struct Fronts<'a, T> {
    /// What counts beside its diagonal.
    a: &'a Csr<T>,
    diagonal: &'a [T],
    symbolic: &'a Symbolic,
    place: Vec<u32>,
    /// A pivot smaller than this part of what it was summed from is rounding.
    rounding: T,
    children: Vec<Vec<u32>>,
}

/// What the fronts of a range write: panels and pivots, one after another.
struct Target<'a, T> {
    range: Range<usize>,
    panels: &'a mut [T],
    pivots: &'a mut [T],
}

/// Fills the panels of `L` and the pivots of `A` with another diagonal; the largest sum that made up a pivot.
pub(super) fn factor<T: Scalar>(
    a: &Csr<T>,
    diagonal: &[T],
    symbolic: &Symbolic,
    panels: &mut [T],
    pivots: &mut [T],
) -> Result<T, Error> {
    let nodes = &symbolic.supernodes;
    let mut children = vec![Vec::new(); nodes.len()];
    for (s, &parent) in nodes.parents.iter().enumerate().filter(|(_, parent)| **parent != ROOT) {
        children[parent as usize].push(s as u32);
    }
    // Rounding of the sums that make a pivot, of which it has to stand clear.
    let rounding = T::EPSILON * T::of(64.0 + 8.0 * (pivots.len() as f64).sqrt());
    let place = inverse(&symbolic.permutation);
    let fronts = Fronts { a, diagonal, symbolic, place, rounding, children };

    let (mut trees, mut tops) = (Vec::new(), Vec::new());
    let (mut panels, mut pivots) = (panels, pivots);
    for range in pieces(nodes) {
        let (own_panels, rest) = panels.split_at_mut(nodes.panels[range.end] - nodes.panels[range.start]);
        panels = rest;
        let (own_pivots, rest) = pivots.split_at_mut(nodes.starts[range.end] - nodes.starts[range.start]);
        pivots = rest;
        let is_tree = range.len() > 1 || fronts.children[range.start].is_empty();
        let target = Target { range, panels: own_panels, pivots: own_pivots };
        if is_tree { trees.push(target) } else { tops.push(target) }
    }
    let mut waiting: Vec<Option<Contribution<T>>> = (0..nodes.len()).map(|_| None).collect();
    let roots: Vec<usize> = trees.iter().map(|tree| tree.range.end - 1).collect();
    let run = |tree: Target<'_, T>| {
        let first = tree.range.start;
        let mut waiting: Vec<_> = tree.range.clone().map(|_| None).collect();
        let mass = fronts.eliminate_all(tree, &mut waiting, first)?;
        Ok::<_, Error>((waiting.pop().flatten(), mass))
    };
    let done: Vec<_> =
        if trees.len() > 1 { trees.into_par_iter().map(run).collect() } else { trees.into_iter().map(run).collect() };
    let mut mass = T::zero();
    for (root, result) in roots.into_iter().zip(done) {
        let (contribution, largest) = result?;
        mass = mass.max(largest);
        waiting[root] = contribution;
    }
    for top in tops {
        mass = mass.max(fronts.eliminate_all(top, &mut waiting, 0)?);
    }
    Ok(mass)
}

/// All groups in order, cut into subtrees of moderate work and single groups above them.
fn pieces(nodes: &Supernodes) -> Vec<Range<usize>> {
    let mut work: Vec<usize> = (0..nodes.len()).map(|s| nodes.work(s)).collect();
    for s in 0..nodes.len() {
        if nodes.parents[s] != ROOT {
            work[nodes.parents[s] as usize] += work[s];
        }
    }
    let total: usize = (0..nodes.len()).filter(|&s| nodes.parents[s] == ROOT).map(|s| work[s]).sum();
    let most = if total < MIN_PARALLEL { usize::MAX } else { total / PIECES };
    let mut out = Vec::new();
    let mut end = nodes.len();
    while end > 0 {
        let root = end - 1;
        let start = if work[root] <= most { nodes.first[root] as usize } else { root };
        out.push(start..end);
        end = start;
    }
    out.reverse();
    out
}

impl<T: Scalar> Fronts<'_, T> {
    /// All groups of a range; the largest sum that made up a pivot. What children leave is taken out of `waiting`,
    /// which begins with group `first`, and what the groups leave is put there.
    fn eliminate_all(
        &self,
        target: Target<'_, T>,
        waiting: &mut [Option<Contribution<T>>],
        first: usize,
    ) -> Result<T, Error> {
        let Supernodes { panels, starts, .. } = &self.symbolic.supernodes;
        let begin = target.range.start;
        let (mut packing, mut mass) = (Packing::new(), T::zero());
        for s in target.range {
            let panel = &mut target.panels[panels[s] - panels[begin]..panels[s + 1] - panels[begin]];
            let pivots = &mut target.pivots[starts[s] - starts[begin]..starts[s + 1] - starts[begin]];
            let (contribution, largest) = self.eliminate(s, waiting, first, panel, pivots, &mut packing)?;
            mass = mass.max(largest);
            waiting[s - first] = Some(contribution);
        }
        Ok(mass)
    }

    /// One group.
    fn eliminate(
        &self,
        s: usize,
        waiting: &mut [Option<Contribution<T>>],
        first: usize,
        panel: &mut [T],
        pivots: &mut [T],
        packing: &mut Packing<T>,
    ) -> Result<(Contribution<T>, T), Error> {
        let nodes = &self.symbolic.supernodes;
        let (width, below) = (nodes.columns(s).len(), nodes.below(s).len());
        let mut mass = vec![T::zero(); width + below];
        let mut rest = Contribution { values: vec![T::zero(); below * below], mass: Vec::new() };
        self.enter(s, panel, &mut mass)?;
        for &child in &self.children[s] {
            if let Some(contribution) = waiting[child as usize - first].take() {
                self.assemble(s, child as usize, &contribution, panel, &mut rest.values, &mut mass);
            }
        }
        if let Err(column) = eliminate_panel(panel, width, pivots, &mut mass, self.rounding, packing) {
            let pivot = self.symbolic.permutation[nodes.starts[s] + column];
            return Err(Error::ZeroPivot { operation: "sparse Ldlt::factor", pivot });
        }
        update(panel, width, pivots, &mut rest.values, &mut mass, packing)?;
        let largest = mass[..width].iter().copied().fold(T::zero(), T::max);
        rest.mass = mass.split_off(width);
        Ok((rest, largest))
    }

    /// Adds the entries of `A` in the columns of group s, on and below the diagonal.
    fn enter(&self, s: usize, panel: &mut [T], mass: &mut [T]) -> Result<(), Error> {
        let nodes = &self.symbolic.supernodes;
        let (columns, below) = (nodes.columns(s), nodes.below(s));
        let width = columns.len();
        for (j, column) in columns.clone().enumerate() {
            let unknown = self.symbolic.permutation[column];
            panel[j * width + j] = self.diagonal[unknown];
            mass[j] = self.diagonal[unknown].abs();
            let (indices, values) = self.a.row(unknown);
            for (&index, &value) in indices.iter().zip(values) {
                let i = self.place[index as usize];
                if i as usize <= column {
                    continue;
                }
                let row = if (i as usize) < columns.end {
                    Ok(i as usize - columns.start)
                } else {
                    below.binary_search(&i).map(|at| width + at)
                };
                let Ok(row) = row else {
                    let reason = "the matrix has entries where the analysed pattern has none; analyse it anew";
                    return Err(Error::invalid("sparse Ldlt::factor_with", reason));
                };
                panel[row * width + j] += value;
            }
        }
        Ok(())
    }

    /// Adds what a child left.
    fn assemble(
        &self,
        s: usize,
        child: usize,
        contribution: &Contribution<T>,
        panel: &mut [T],
        rest: &mut [T],
        mass: &mut [T],
    ) {
        let nodes = &self.symbolic.supernodes;
        let (columns, below, rows) = (nodes.columns(s), nodes.below(s), nodes.below(child));
        let width = columns.len();
        let mut at = 0;
        let places: Vec<usize> = rows
            .iter()
            .map(|&row| {
                if (row as usize) < columns.end {
                    return row as usize - columns.start;
                }
                while below[at] < row {
                    at += 1;
                }
                width + at
            })
            .collect();
        let inside = places.partition_point(|&p| p < width);
        for (i, &row) in places.iter().enumerate() {
            mass[row] += contribution.mass[i];
            let values = &contribution.values[i * rows.len()..][..=i];
            let target = &mut panel[row * width..][..width];
            places[..inside].iter().zip(values).for_each(|(&column, &value)| target[column] += value);
            if row >= width {
                let target = &mut rest[(row - width) * below.len()..][..below.len()];
                let columns = places[inside..].iter().zip(&values[inside..]);
                columns.for_each(|(&column, &value)| target[column - width] += value);
            }
        }
    }
}

/// `L` and `D` of the columns of a panel `[m, width]`, in place; the index of a pivot that vanished if one did.
fn eliminate_panel<T: Scalar>(
    panel: &mut [T],
    width: usize,
    pivots: &mut [T],
    mass: &mut [T],
    rounding: T,
    packing: &mut Packing<T>,
) -> Result<(), usize> {
    let m = panel.len() / width.max(1);
    for start in (0..width).step_by(BLOCK) {
        let end = (start + BLOCK).min(width);
        for i in start..m {
            let (above, row) = panel.split_at_mut(i * width);
            let row = &mut row[..width];
            // The row of U = L D up to the diagonal, or the end of the block.
            for j in start..end.min(i) {
                let other = &above[j * width + start..j * width + j];
                row[j] -= short_dot(&row[start..j], other);
            }
            if i < end {
                let mut pivot = row[i];
                for j in start..i {
                    let u = row[j];
                    row[j] /= pivots[j];
                    pivot -= u * row[j];
                    mass[i] += (u * row[j]).abs();
                }
                if !mass[i].is_finite() || pivot.abs() <= rounding * mass[i] {
                    return Err(i);
                }
                row[i] = T::one();
                pivots[i] = pivot;
            }
        }
        if end < width {
            update_panel(panel, width, start..end, pivots, packing);
        }
        for i in end..m {
            let row = &mut panel[i * width..][..width];
            for j in start..end {
                let u = row[j];
                row[j] /= pivots[j];
                if i < width {
                    mass[i] += (u * row[j]).abs();
                }
            }
        }
    }
    Ok(())
}

/// Takes the product of the block's columns, which hold `U`, from the later columns of the panel.
fn update_panel<T: Scalar>(panel: &mut [T], width: usize, block: Range<usize>, pivots: &[T], packing: &mut Packing<T>) {
    let (size, later) = (block.len(), width - block.end);
    let rows = panel.len() / width - block.end;
    let left: Vec<T> =
        panel[block.end * width..].chunks_exact(width).flat_map(|row| &row[block.clone()]).copied().collect();
    let right: Vec<T> = left[..later * size]
        .chunks_exact(size)
        .flat_map(|row| row.iter().zip(&pivots[block.clone()]).map(|(&u, &d)| u / d))
        .collect();
    let right = MatRef::row_major(&right, later, size).transposed();
    let target = &mut panel[block.end * width + block.end..];
    if let Ok(mut target) = MatMut::new(target, rows, later, width, 1) {
        gemm(-T::one(), MatRef::row_major(&left, rows, size), right, T::one(), &mut target, packing);
    }
}

/// `C ← C − L₂₁ D L₂₁ᵀ` for the lower triangle of `C` `[r, r]`, with `L₂₁` the rows of the panel below its columns.
fn update<T: Scalar>(
    panel: &[T],
    width: usize,
    pivots: &[T],
    rest: &mut [T],
    mass: &mut [T],
    packing: &mut Packing<T>,
) -> Result<(), Error> {
    let lower = &panel[width * width..];
    let below = lower.len() / width.max(1);
    let mut scaled = Vec::with_capacity(lower.len());
    for (row, mass) in lower.chunks_exact(width).zip(&mut mass[width..]) {
        for (&l, &d) in row.iter().zip(pivots) {
            scaled.push(l * d);
            *mass += (l * d * l).abs();
        }
    }
    for start in (0..below).step_by(STRIP) {
        let end = (start + STRIP).min(below);
        let left = MatRef::row_major(&scaled[start * width..end * width], end - start, width);
        let right = MatRef::row_major(&lower[..end * width], end, width).transposed();
        let mut target = MatMut::new(&mut rest[start * below..], end - start, end, below, 1)?;
        gemm(-T::one(), left, right, T::one(), &mut target, packing);
    }
    Ok(())
}

/// `Σ x[i] y[i]`, without the cost of a call where it is short.
fn short_dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    if x.len() > 8 {
        return dot(x, y);
    }
    x.iter().zip(y).fold(T::zero(), |sum, (&x, &y)| sum + x * y)
}
