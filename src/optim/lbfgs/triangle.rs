//! A symmetric matrix that changes by rank two and is multiplied by vectors, one pass over its memory for both.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::kernels::reduce::{axpby, axpy, dot};
use crate::par::{MAX_SHARDS, Received, Team, own_shards, sum_shards, sum_shards_among, team};
use crate::{Error, Result, Scalar};

/// The fewest entries that are worth a piece of their own.
const MIN_PIECE: usize = 1 << 15;

/// H by its lower triangle, row after row, in pieces of neighbouring rows. How they are cut depends on the order alone;
/// threads and the processes of a team share them.
#[derive(Debug, Clone)]
pub(super) struct Triangle<T> {
    order: usize,
    team: Option<Arc<dyn Team>>,
    /// How many pieces there are.
    count: usize,
    /// Those that are worked on here.
    own: Range<usize>,
    pieces: Vec<Piece<T>>,
}

#[derive(Debug, Clone)]
struct Piece<T> {
    rows: Range<usize>,
    entries: Vec<T>,
    /// What these rows, and the columns above the diagonal that mirror them, add to a product.
    product: Vec<T>,
}

/// `H ← scale H + aa a aᵀ + ab (a bᵀ + b aᵀ) + bb b bᵀ`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a, T> {
    pub scale: f64,
    pub aa: f64,
    pub ab: f64,
    pub bb: f64,
    pub a: &'a [T],
    pub b: &'a [T],
}

/// Entries of so many rows.
fn entries_of(rows: usize) -> usize {
    rows * (rows + 1) / 2
}

fn rows_of(order: usize, count: usize, index: usize) -> Range<usize> {
    // Equal areas: the first r rows are r² of the whole.
    let bound = |index: usize| (order as f64 * (index as f64 / count as f64).sqrt()).round() as usize;
    bound(index)..bound(index + 1)
}

impl<T: Scalar> Triangle<T> {
    /// Zero, of this order.
    pub fn new(order: usize) -> Self {
        let count = (entries_of(order) / MIN_PIECE).clamp(1, MAX_SHARDS);
        let team = team();
        let own = team.as_ref().map_or(0..count, |team| own_shards(&**team, count));
        let piece = |index| {
            let rows = rows_of(order, count, index);
            let entries = vec![T::zero(); entries_of(rows.end) - entries_of(rows.start)];
            Piece { rows, entries, product: vec![T::zero(); order] }
        };
        Triangle { order, team, count, pieces: own.clone().map(piece).collect(), own }
    }

    /// Makes it a multiple of the identity.
    pub fn fill_diagonal(&mut self, value: T) {
        for piece in &mut self.pieces {
            piece.entries.fill(T::zero());
            piece.each_row(|_, row, _| row.last_mut().into_iter().for_each(|entry| *entry = value));
        }
    }

    /// Changes H, and writes `H x` of the new one to `out`.
    ///
    /// # Errors
    /// Those of a team.
    pub fn change_and_multiply(&mut self, change: Option<Change<'_, T>>, x: &[T], out: &mut [T]) -> Result<()> {
        let work = |piece: &mut Piece<T>| {
            piece.product.fill(T::zero());
            piece.each_row(|i, row, product| {
                if let Some(Change { scale, aa, ab, bb, a, b }) = change {
                    let (on_a, on_b) = (a[i].to_f64(), b[i].to_f64());
                    axpby(T::of(aa * on_a + ab * on_b), &a[..=i], T::of(scale), row);
                    axpy(T::of(ab * on_a + bb * on_b), &b[..=i], row);
                }
                product[i] += dot(row, &x[..=i]);
                axpy(x[i], &row[..i], &mut product[..i]);
            });
        };
        match &mut self.pieces[..] {
            [only] => work(only),
            many => many.par_iter_mut().for_each(work),
        }
        let (first, pieces) = (self.own.start, &self.pieces);
        let product = |index: usize| &pieces[index - first].product[..];
        match &self.team {
            Some(team) => sum_shards_among(&**team, self.count, product, out),
            None => {
                sum_shards(self.count, product, out);
                Ok(())
            }
        }
    }

    /// The lower triangle, row after row, of all processes.
    ///
    /// # Errors
    /// Those of a team.
    pub fn entries(&self) -> Result<Vec<T>> {
        let mut all = vec![T::zero(); entries_of(self.order)];
        for piece in &self.pieces {
            all[entries_of(piece.rows.start)..entries_of(piece.rows.end)].copy_from_slice(&piece.entries);
        }
        if let Some(team) = &self.team {
            for rank in 0..team.size().min(self.count) {
                let pieces = crate::par::shard(self.count, team.size(), rank);
                let rows = |index| rows_of(self.order, self.count, index);
                let range = entries_of(rows(pieces.start).start)..entries_of(rows(pieces.end - 1).end);
                team.broadcast(rank, Received::scalars(&mut all[range]))?;
            }
        }
        Ok(all)
    }

    /// What [`entries`](Self::entries) gave.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if they are not as many as the order asks for.
    pub fn from_entries(order: usize, entries: &[T]) -> Result<Self> {
        let fits = order.checked_add(1).and_then(|above| order.checked_mul(above)).map(|twice| twice / 2);
        Error::intact(fits == Some(entries.len()), "a triangle does not fit its order")?;
        let mut triangle = Self::new(order);
        for piece in &mut triangle.pieces {
            piece.entries.copy_from_slice(&entries[entries_of(piece.rows.start)..entries_of(piece.rows.end)]);
        }
        Ok(triangle)
    }
}

impl<T: Scalar> Piece<T> {
    /// Visits row after row: its number, its entries up to the diagonal, and the product.
    fn each_row(&mut self, mut visit: impl FnMut(usize, &mut [T], &mut [T])) {
        let mut rest = &mut self.entries[..];
        for i in self.rows.clone() {
            let (row, below) = rest.split_at_mut(i + 1);
            visit(i, row, &mut self.product);
            rest = below;
        }
    }
}
