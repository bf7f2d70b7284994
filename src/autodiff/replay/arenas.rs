//! Intermediate values: the memory that one plan after another works in.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::aligned::{Aligned, whole_lines};
use super::execute::{Engine, Readable, Scratch, Surroundings, Window};
use crate::autodiff::plan::{Place, Plan, Reduction, Stage, Value};
use crate::autodiff::tensor::shape::Extent;
use crate::error::Error;
use crate::par::Team;
use crate::scalar::{Family, Known};
use crate::{Scalar, par};

/// The fewest rows that are worth a shard of their own.
const MIN_SHARD_ROWS: usize = 64;
/// The least work that is worth a shard of its own: floating-point operations times bytes of a scalar.
const MIN_SHARD_WORK: usize = 12_800_000;

/// Some rows of a batch, with memory of their own.
#[derive(Debug, Clone, Default)]
struct Shard<T> {
    window: Window,
    arena: Aligned<T>,
    partials: Vec<T>,
    scratch: Scratch<T>,
}

/// The rows behind a symbol.
#[derive(Debug, Clone, Default)]
struct Batch<T> {
    rows: usize,
    /// How many shards are in use.
    count: usize,
    /// Those of them that are worked on here: all, or a share of a team's.
    own: Range<usize>,
    shards: Vec<Shard<T>>,
}

impl<T> Batch<T> {
    fn own(&self) -> &[Shard<T>] {
        &self.shards[self.own.clone()]
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Arenas<T> {
    /// The processes that the shards are dealt out to.
    team: Option<Arc<dyn Team>>,
    /// Whether every batch is one shard.
    undivided: bool,
    global: Aligned<T>,
    batches: Vec<Batch<T>>,
    scratch: Scratch<T>,
}

/// Adds up partial sums shard after shard, each reduction to its place in `out`.
fn add_partials<T: Scalar>(
    team: Option<&dyn Team>,
    batches: &[Batch<T>],
    reductions: impl Iterator<Item = Reduction> + Clone,
    out: &mut [T],
) -> Result<(), Error> {
    let Some(team) = team else {
        for Reduction { symbol, partial, offset, len } in reductions {
            let batch = &batches[symbol as usize];
            par::sum_shards(batch.count, |k| &batch.shards[k].partials[partial..], &mut out[offset..offset + len]);
        }
        return Ok(());
    };
    // The processes talk once for each batch: messages cost more by their number than by their length.
    for (symbol, batch) in batches.iter().enumerate() {
        let of_batch = reductions.clone().filter(|reduction| reduction.symbol as usize == symbol);
        let range = of_batch.clone().map(|r| r.partial..r.partial + r.len);
        let Some(range) = range.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)) else { continue };
        let mut sums = vec![T::zero(); range.len()];
        par::sum_shards_among(team, batch.count, |k| &batch.shards[k].partials[range.start..], &mut sums)?;
        for Reduction { partial, offset, len, .. } in of_batch {
            out[offset..offset + len].copy_from_slice(&sums[partial - range.start..][..len]);
        }
    }
    Ok(())
}

/// Runs `work` on each shard and its rows of `out`, which begins with those of the first.
fn fill_shards<T: Scalar>(
    shards: &[Shard<T>],
    width: usize,
    out: &mut [T],
    shared: bool,
    work: &(dyn Fn(&Shard<T>, &mut [T]) + Sync),
) {
    match shards {
        [] => {}
        [shard] => work(shard, &mut out[..shard.window.rows * width]),
        shards => {
            let (these, those) = shards.split_at(shards.len() / 2);
            let (above, below) = out.split_at_mut((those[0].window.first - these[0].window.first) * width);
            let first = || fill_shards(these, width, above, shared, work);
            let second = || fill_shards(those, width, below, shared, work);
            par::both(shared, first, second);
        }
    }
}

impl<T: Scalar> Arenas<T> {
    /// No memory yet, for the work of the [team](par::with_team) that the calling thread belongs to.
    pub fn new() -> Self {
        Arenas { team: par::team(), ..Arenas::default() }
    }

    /// From now on every batch is one shard, which is worked on here: it is a share of something itself.
    pub fn keep_whole(&mut self) {
        (self.team, self.undivided) = (None, true);
    }

    /// Makes room for a plan on so many `rows` behind each symbol. Allocates nothing where there was room before.
    pub fn prepare(
        &mut self,
        plan: &Plan,
        rows: impl Fn(u16) -> Result<usize, Error>,
        training: bool,
    ) -> Result<(), Error> {
        let symbols = plan.row_widths.len();
        self.batches.resize_with(symbols.max(self.batches.len()), Batch::default);
        for (symbol, batch) in self.batches[..symbols].iter_mut().enumerate() {
            if !plan.symbols[symbol] {
                continue;
            }
            batch.rows = rows(symbol as u16)?;
            let per_shard = MIN_SHARD_ROWS.max(MIN_SHARD_WORK / size_of::<T>() / plan.row_flops[symbol].max(1));
            batch.count = if self.undivided { 1 } else { par::shard_count(batch.rows, per_shard) };
            if batch.shards.len() < batch.count {
                batch.shards.resize_with(batch.count, Shard::default);
            }
            batch.own = self.team.as_ref().map_or(0..batch.count, |team| par::own_shards(&**team, batch.count));
            for (index, shard) in batch.own.clone().zip(&mut batch.shards[batch.own.clone()]) {
                let range = par::shard(batch.rows, batch.count, index);
                let stride = whole_lines::<T>(range.len());
                shard.window = Window { rows: range.len(), first: range.start, total: batch.rows, stride };
                shard.arena.resize(plan.row_widths[symbol] * stride);
                shard.partials.resize(plan.partial_lens[symbol], T::zero());
            }
        }
        self.global.resize(plan.global_len);
        for &(value, offset) in &plan.constants {
            self.global[offset] = T::of(value);
        }
        for &(symbol, offset) in &plan.row_counts {
            self.global[offset] = T::of(self.batches[symbol as usize].rows as f64);
        }
        if let Some(offset) = plan.training {
            self.global[offset] = if training { T::one() } else { T::zero() };
        }
        Ok(())
    }

    /// Runs some stages of a plan. Of what surrounds it the shared values are its own.
    pub fn run(&mut self, plan: &Plan, stages: Range<usize>, around: Surroundings<'_, T>) -> Result<(), Error> {
        match T::known::<Run<'_>>((self, plan, stages, around)) {
            Known::F32(run) => run_f32(run),
            Known::F64(run) => run_f64(run),
        }
    }

    fn run_here(&mut self, plan: &Plan, stages: Range<usize>, around: Surroundings<'_, T>) -> Result<(), Error> {
        let Arenas { team, global, batches, scratch, .. } = self;
        for stage in &plan.stages[stages] {
            match stage {
                Stage::Rows { symbol, segments } => {
                    let around = &Surroundings { global, ..around };
                    let work = |shard: &mut Shard<T>| {
                        let mut engine = Engine {
                            around,
                            window: shard.window,
                            arena: &mut shard.arena,
                            partials: &mut shard.partials,
                            scratch: &mut shard.scratch,
                        };
                        engine.run(segments)
                    };
                    let batch = &mut batches[*symbol as usize];
                    let shards = &mut batch.shards[batch.own.clone()];
                    let operations = batch.rows.saturating_mul(plan.row_flops[*symbol as usize]);
                    if shards.len() > 1 && par::is_worth_sharing::<T>(operations) {
                        shards.par_iter_mut().try_for_each(work)?;
                    } else {
                        shards.iter_mut().try_for_each(work)?;
                    }
                }
                Stage::Shared { reductions, segments } => {
                    add_partials(team.as_deref(), batches, reductions.iter().copied(), global)?;
                    let around = &Surroundings { global: &[], ..around };
                    let mut engine =
                        Engine { around, window: Window::default(), arena: global, partials: &mut [], scratch };
                    engine.run(segments)?;
                }
            }
        }
        Ok(())
    }

    /// Copies a target to `out`, `[heads, rows, cols]`.
    ///
    /// # Errors
    /// Those of the team.
    pub fn collect(&self, value: &Value, around: Surroundings<'_, T>, out: &mut [T]) -> Result<(), Error> {
        let whole = &Surroundings { global: &self.global, ..around };
        if let Place::Partial { symbol, offset } = value.place {
            let sum = Reduction { symbol, partial: offset, offset: 0, len: out.len() };
            return add_partials(self.team.as_deref(), &self.batches, std::iter::once(sum), out);
        }
        let shape = value.shape;
        match shape.rows {
            Extent::Fixed(rows) => {
                let readable = Readable::whole(whole, Window::default(), &[]);
                let one = rows * shape.cols;
                for head in 0..shape.heads {
                    out[head * one..(head + 1) * one].copy_from_slice(readable.get(value, head));
                }
                Ok(())
            }
            Extent::Rows(symbol) => {
                self.for_each_shard(value, around, |window, head, data| {
                    let start = (head * window.total + window.first) * shape.cols;
                    out[start..start + data.len()].copy_from_slice(data);
                });
                let one = (out.len() / shape.heads.max(1)).max(1);
                out.chunks_exact_mut(one).try_for_each(|head| self.share_rows(symbol, shape.cols, head))
            }
        }
    }

    /// Gives every process of the team all rows of `data` `[rows, width]`, of which it has those of its shards.
    ///
    /// # Errors
    /// Those of the team.
    fn share_rows(&self, symbol: u16, width: usize, data: &mut [T]) -> Result<(), Error> {
        let batch = &self.batches[symbol as usize];
        let share = |team: &Arc<dyn Team>| par::gather(&**team, batch.rows, batch.count, width, data);
        self.team.as_ref().map_or(Ok(()), share)
    }

    /// Has the rows of `out` `[rows, width]` that are computed here filled shard by shard, side by side where that pays:
    /// `fill` is given what a shard holds and its rows. Of a team every process gets all rows.
    ///
    /// # Errors
    /// Those of the team.
    pub fn fill_rows(
        &self,
        symbol: u16,
        width: usize,
        around: Surroundings<'_, T>,
        out: &mut [T],
        fill: &(dyn Fn(&Readable<'_, T>, &mut [T]) + Sync),
    ) -> Result<(), Error> {
        let around = &Surroundings { global: &self.global, ..around };
        let own = self.batches[symbol as usize].own();
        if let Some(first) = own.first() {
            let out = &mut out[first.window.first * width..];
            // Where memory is what takes the time, an entry is worth some operations.
            let shared = par::is_worth_sharing::<T>(8 * out.len());
            fill_shards(own, width, out, shared, &|shard, rows| {
                fill(&Readable::whole(around, shard.window, &shard.arena), rows);
            });
        }
        self.share_rows(symbol, width, out)
    }

    /// Visits a target with the rows of a batch shard by shard and head by head: the shards that are worked on here.
    pub fn for_each_shard(
        &self,
        value: &Value,
        around: Surroundings<'_, T>,
        mut visit: impl FnMut(Window, usize, &[T]),
    ) {
        let Some(symbol) = value.shape.symbol() else { return };
        let around = &Surroundings { global: &self.global, ..around };
        for shard in self.batches[symbol as usize].own() {
            let readable = Readable::whole(around, shard.window, &shard.arena);
            for head in 0..value.shape.heads {
                visit(shard.window, head, readable.get(value, head));
            }
        }
    }

    /// Copies targets to `out`, each to its range; zeros where there is none.
    ///
    /// # Errors
    /// Those of the team.
    pub fn collect_all<'v>(
        &self,
        targets: impl Iterator<Item = (Range<usize>, Option<&'v Value>)> + Clone,
        around: Surroundings<'_, T>,
        out: &mut [T],
    ) -> Result<(), Error> {
        let sum = |(range, value): (Range<usize>, Option<&Value>)| match value?.place {
            Place::Partial { symbol, offset } => {
                Some(Reduction { symbol, partial: offset, offset: range.start, len: range.len() })
            }
            _ => None,
        };
        add_partials(self.team.as_deref(), &self.batches, targets.clone().filter_map(sum), out)?;
        for (range, value) in targets {
            match value {
                None => out[range].fill(T::zero()),
                Some(Value { place: Place::Partial { .. }, .. }) => {}
                Some(value) => self.collect(value, around, &mut out[range])?,
            }
        }
        Ok(())
    }

    /// [`collect`](Self::collect) to a vector that is made as long as the target.
    ///
    /// # Errors
    /// Those of the team.
    pub fn collect_into(&self, value: &Value, around: Surroundings<'_, T>, out: &mut Vec<T>) -> Result<(), Error> {
        let rows = match value.shape.rows {
            Extent::Fixed(rows) => rows,
            Extent::Rows(symbol) => self.batches[symbol as usize].rows,
        };
        out.resize(rows * value.shape.row_len(), T::zero());
        self.collect(value, around, out)
    }
}

/// The arguments of [`Arenas::run`].
struct Run<'a>(PhantomData<&'a ()>);

impl<'a> Family for Run<'a> {
    type Of<T: Scalar> = (&'a mut Arenas<T>, &'a Plan, Range<usize>, Surroundings<'a, T>);
}

fn run_f32((arenas, plan, stages, around): <Run<'_> as Family>::Of<f32>) -> Result<(), Error> {
    arenas.run_here(plan, stages, around)
}

fn run_f64((arenas, plan, stages, around): <Run<'_> as Family>::Of<f64>) -> Result<(), Error> {
    arenas.run_here(plan, stages, around)
}
