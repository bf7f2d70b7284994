//! Executes fused passes chunk by chunk, so that their registers stay in cache.

use std::ops::Range;

use super::aligned::whole_lines;
use super::execute::{Engine, Readable, Surroundings, Window, rows_of};
use crate::Scalar;
use crate::autodiff::plan::fuse::{Argument, Code, Pointwise, Target};
use crate::autodiff::plan::{Place, Value};
use crate::autodiff::tensor::shape::Extent;
use crate::kernels::vmath::{self, Family, Operand};

/// Bytes of a register: few enough for all of them to stay in the second-level cache, enough to make
/// little of what each operation costs besides its entries.
const REGISTER_BYTES: usize = 8 << 10;

impl<T: Scalar> Engine<'_, T> {
    pub(crate) fn pointwise(&mut self, pointwise: &Pointwise, head: usize) {
        let domain = pointwise.domain;
        let (rows, cols) = (rows_of(domain, self.window), domain.cols);
        let chunk_rows = chunk_rows::<T>(cols).clamp(1, rows.max(1));
        let len = whole_lines::<T>(chunk_rows * cols);
        let (around, window) = (self.around, self.window);
        let registers = self.scratch.registers.first(pointwise.registers * len);
        for (value, register) in &pointwise.tiles {
            let readable = Readable::whole(around, window, self.arena);
            let row = readable.get(value, head);
            let tile = &mut registers[*register as usize * len..][..chunk_rows * cols];
            tile[..cols].copy_from_slice(row);
            // Twice as much at a time: narrow rows are many.
            let mut done = cols;
            while done < tile.len() {
                let more = done.min(tile.len() - done);
                tile.copy_within(..more, done);
                done += more;
            }
        }
        let (start, total) = match domain.rows {
            Extent::Fixed(rows) => (0, rows),
            Extent::Rows(_) => (window.first, window.total),
        };
        let mut first = 0;
        while first < rows {
            let count = chunk_rows.min(rows - first);
            let chunk = Chunk { around, window, head, first, rows: count, cols, len, start, total };
            for code in &pointwise.code {
                chunk.evaluate(code, self.arena, registers);
            }
            first += count;
        }
    }
}

/// As many rows as a register holds: whole lines of cache if it can be, so that every chunk of a stored value starts on one.
fn chunk_rows<T>(cols: usize) -> usize {
    let rows = REGISTER_BYTES / size_of::<T>() / cols.max(1);
    let mut step = 1;
    while whole_lines::<T>(step * cols) != step * cols {
        step *= 2;
    }
    if rows < step { rows } else { rows / step * step }
}

/// Some rows of one head in a fused pass.
#[derive(Clone, Copy)]
struct Chunk<'s, T> {
    around: &'s Surroundings<'s, T>,
    window: Window,
    head: usize,
    first: usize,
    rows: usize,
    cols: usize,
    /// Distance between registers.
    len: usize,
    /// Where the rows of the shard start in the whole batch, and how many that has.
    start: usize,
    total: usize,
}

/// What is read while one register, or one stored value, is written.
struct Sources<'a, T> {
    stored: Readable<'a, T>,
    /// Registers before the one that is written, or all.
    before: &'a [T],
    after: &'a [T],
    /// Where `after` starts among all registers.
    resume: usize,
}

impl<'s, T: Scalar> Chunk<'s, T> {
    // Inlined, like `operand`, so that what it returns is not put together in memory.
    #[inline(always)]
    fn open<'a>(&self, out: &Target, arena: &'a mut [T], registers: &'a mut [T]) -> (Sources<'a, T>, &'a mut [T])
    where
        's: 'a,
    {
        let count = self.rows * self.cols;
        match out {
            Target::Register(register) => {
                let start = *register as usize * self.len;
                let (before, rest) = registers.split_at_mut(start);
                let (target, after) = rest.split_at_mut(self.len);
                let stored = Readable::whole(self.around, self.window, arena);
                (Sources { stored, before, after, resume: start + self.len }, &mut target[..count])
            }
            Target::Stored(value) => {
                let (stored, target) = Readable::beside(self.around, self.window, arena, self.stored(value));
                (Sources { stored, before: registers, after: &[], resume: usize::MAX }, target)
            }
        }
    }

    /// Where the entries of a register lie among all registers.
    fn register(&self, register: u16) -> Range<usize> {
        let start = register as usize * self.len;
        start..start + self.rows * self.cols
    }

    /// Where the entries of a result lie in the arena.
    fn stored(&self, value: &Value) -> Range<usize> {
        let one = rows_of(value.shape, self.window) * self.cols;
        let skip = if value.shape.heads == 1 { 0 } else { self.head * one } + self.first * self.cols;
        let start = skip
            + match value.place {
                Place::Row { offset } => offset * self.window.stride,
                Place::Global { offset } => offset,
                _ => unreachable!("pointwise results are stored in arenas"),
            };
        start..start + self.rows * self.cols
    }

    #[inline(always)]
    fn operand<'a>(&self, argument: &Argument, sources: &Sources<'a, T>) -> Operand<'a, T>
    where
        's: 'a,
    {
        let count = self.rows * self.cols;
        match argument {
            Argument::Constant(value) => Operand::Scalar(T::of(*value)),
            Argument::Scalar(value) => Operand::Scalar(sources.stored.get(value, self.head)[0]),
            Argument::Memory(value) => {
                Operand::Slice(&sources.stored.get(value, self.head)[self.first * self.cols..][..count])
            }
            Argument::Register(register) => {
                let start = *register as usize * self.len;
                Operand::Slice(if start < sources.before.len() {
                    &sources.before[start..start + count]
                } else {
                    &sources.after[start - sources.resume..][..count]
                })
            }
        }
    }

    /// Functions of one family, each to a register or to where it is stored.
    fn family(&self, family: Family, x: &Argument, out: &[Option<Target>; 3], arena: &mut [T], registers: &mut [T]) {
        // What is not wanted there takes no room.
        let in_register = out.map(|out| if let Some(Target::Register(out)) = out { self.register(out) } else { 0..0 });
        let in_arena = out.map(|out| if let Some(Target::Stored(out)) = out { self.stored(&out) } else { 0..0 });
        let [first, second, third] = in_register;
        let own = if let Argument::Register(x) = x { self.register(*x) } else { 0..0 };
        let apart = registers.get_disjoint_mut([own, first, second, third]);
        let [own, first, second, third] = apart.expect("an argument keeps its register while it is read");
        let mut registers = [first, second, third].into_iter();
        if let Argument::Memory(_) = x {
            let stored = Readable::whole(self.around, self.window, arena);
            let x = self.operand(x, &Sources { stored, before: &[], after: &[], resume: 0 });
            if let Operand::Slice(x) = x {
                vmath::family(family, x, out.map(|out| registers.next().filter(|_| out.is_some())));
            }
            return;
        }
        let number = match x {
            Argument::Register(_) => None,
            x => {
                let stored = Readable::whole(self.around, self.window, arena);
                match self.operand(x, &Sources { stored, before: &[], after: &[], resume: 0 }) {
                    Operand::Scalar(x) => Some(x),
                    Operand::Slice(_) => None,
                }
            }
        };
        let apart = arena.get_disjoint_mut(in_arena).expect("results have places of their own");
        let mut stored = apart.into_iter();
        let outs = out.map(|out| {
            let (register, stored) = (registers.next(), stored.next());
            match out? {
                Target::Register(_) => register,
                Target::Stored(_) => stored,
            }
        });
        match number {
            None => vmath::family(family, own, outs),
            Some(x) => {
                for (out, f) in outs.into_iter().zip(family.functions()) {
                    let mut one = [T::zero()];
                    vmath::unary(*f, &[x], &mut one);
                    out.into_iter().for_each(|out| out.fill(one[0]));
                }
            }
        }
    }

    fn evaluate(&self, code: &Code, arena: &mut [T], registers: &mut [T]) {
        match code {
            Code::Unary { f, x, out } => {
                let (sources, target) = self.open(out, arena, registers);
                match self.operand(x, &sources) {
                    Operand::Slice(x) => vmath::unary(*f, x, target),
                    Operand::Scalar(x) => {
                        let mut one = [T::zero()];
                        vmath::unary(*f, &[x], &mut one);
                        target.fill(one[0]);
                    }
                }
            }
            Code::Family { family, x, out } => self.family(*family, x, out, arena, registers),
            Code::Binary { f, a, b, out } => {
                let (sources, target) = self.open(out, arena, registers);
                vmath::binary(*f, self.operand(a, &sources), self.operand(b, &sources), target);
            }
            Code::Fused { form, a, b, c, out } => {
                let (sources, target) = self.open(out, arena, registers);
                let (a, b, c) = (self.operand(a, &sources), self.operand(b, &sources), self.operand(c, &sources));
                vmath::fused(*form, a, b, c, target);
            }
            Code::Products { form, factors, out } => {
                let (sources, target) = self.open(out, arena, registers);
                let factors = factors.each_ref().map(|factor| match self.operand(factor, &sources) {
                    Operand::Slice(factor) => factor,
                    Operand::Scalar(_) => unreachable!("a factor that is a number is not paired"),
                });
                vmath::fused_products(*form, factors, target);
            }
            Code::Select { condition, a, b, out } => {
                let (sources, target) = self.open(out, arena, registers);
                let (a, b) = (self.operand(a, &sources), self.operand(b, &sources));
                match self.operand(condition, &sources) {
                    Operand::Slice(condition) => vmath::select(condition, a, b, target),
                    Operand::Scalar(_) => unreachable!("the condition was made a slice"),
                }
            }
            Code::Copy { x, out } => {
                let (sources, target) = self.open(out, arena, registers);
                match self.operand(x, &sources) {
                    Operand::Slice(x) => target.copy_from_slice(x),
                    Operand::Scalar(x) => target.fill(x),
                }
            }
            Code::Column { x, out } => {
                let (sources, target) = self.open(&Target::Register(*out), arena, registers);
                let column = &sources.stored.get(x, self.head)[self.first..self.first + self.rows];
                repeat(column, self.cols, target);
            }
            Code::Dropout { key, keep, out } => {
                let (_, target) = self.open(out, arena, registers);
                let Some(step) = self.around.dropout else { return target.fill(T::one()) };
                let seed = crate::rng::mix(step ^ crate::rng::mix(*key));
                // A counter for each entry: the head, the row in the whole batch, the column.
                let row = self.head * self.total + self.start + self.first;
                let scale = T::of(1.0 / keep);
                for (i, to) in target.iter_mut().enumerate() {
                    let hash = crate::rng::mix(seed.wrapping_add((row * self.cols + i) as u64));
                    let uniform = (hash >> 11) as f64 * (1.0 / (1u64 << 53) as f64);
                    *to = if uniform < *keep { scale } else { T::zero() };
                }
            }
        }
    }
}

/// Writes each entry of a column `cols` times.
fn repeat<T: Scalar>(column: &[T], cols: usize, target: &mut [T]) {
    fn narrow<T: Scalar, const N: usize>(column: &[T], target: &mut [T]) {
        target.as_chunks_mut::<N>().0.iter_mut().zip(column).for_each(|(row, &entry)| *row = [entry; N]);
    }
    match cols {
        1 => target.copy_from_slice(column),
        2 => narrow::<T, 2>(column, target),
        3 => narrow::<T, 3>(column, target),
        4 => narrow::<T, 4>(column, target),
        5 => narrow::<T, 5>(column, target),
        6 => narrow::<T, 6>(column, target),
        7 => narrow::<T, 7>(column, target),
        8 => narrow::<T, 8>(column, target),
        9 => narrow::<T, 9>(column, target),
        _ => target.chunks_exact_mut(cols).zip(column).for_each(|(row, &entry)| row.fill(entry)),
    }
}
