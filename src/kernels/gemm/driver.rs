//! Which path a product takes, and how it is cut to fit the caches.

use super::super::Simd;
use super::super::isa::Isa;
use super::kernel::{Dots, Element, FEW, Interleave, Kernels, Panel, SLACK, row_blocks};
use super::view::{MatMut, MatRef};

/// Longest run along k. A panel of `B` then comes from the second cache, which keeps up; what a longer run saves is meeting
/// `C` as often.
pub(super) const DEPTH: usize = 512;
/// Bytes of the block of one factor that is kept in the second cache.
pub(super) const BLOCK_BYTES: usize = 384 << 10;
/// Columns between two packings of `B`.
pub(super) const COLUMNS: usize = 2048;
/// Longest sum that is taken row by row, with its factors of `A` in registers.
pub(super) const SHORT: usize = 8;
/// Bytes of the columns of `B` that short sums read again for every row: half of a first cache.
const SHORT_BYTES: usize = 16 << 10;
/// Bytes of a cache line: where packed panels start.
const LINE: usize = 64;

/// Reusable packing space for [`gemm`](super::gemm): grows on first use, then allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Packing<T> {
    buffer: Vec<T>,
}

impl<T> Packing<T> {
    /// Empty packing space.
    pub fn new() -> Self {
        Packing { buffer: Vec::new() }
    }
}

impl<T: Simd> Packing<T> {
    /// Room for `first` and `second` entries (and the slack), each starting on a cache line. Sizes beyond all memory
    /// saturate, for the allocator to refuse.
    pub(super) fn room(&mut self, first: usize, second: usize) -> (*mut T, *mut T) {
        let line = LINE / size_of::<T>();
        let first = first.saturating_add(SLACK).checked_next_multiple_of(line).unwrap_or(usize::MAX);
        let needed = first.saturating_add(second).saturating_add(line + SLACK);
        if self.buffer.len() < needed {
            self.buffer.resize(needed, T::zero());
        }
        let start = self.buffer.as_ptr().align_offset(LINE).min(line);
        let space = &mut self.buffer[start..];
        let (left, right) = space.split_at_mut(first);
        (left.as_mut_ptr(), right.as_mut_ptr())
    }
}

/// A product `C ← α A B + β C` by pointers: entry (i, j) of an operand at `i * rows + j * cols`.
#[derive(Clone, Copy)]
pub(super) struct Product<T> {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) alpha: T,
    pub(super) beta: T,
    pub(super) a: *const T,
    pub(super) a_rows: usize,
    pub(super) a_cols: usize,
    pub(super) b: *const T,
    pub(super) b_rows: usize,
    pub(super) b_cols: usize,
    pub(super) c: *mut T,
    pub(super) c_rows: usize,
    pub(super) c_cols: usize,
}

impl<T: Simd> Product<T> {
    /// The views are checked when they are made: all their entries exist.
    pub(super) fn new(alpha: T, a: MatRef<'_, T>, b: MatRef<'_, T>, beta: T, c: &mut MatMut<'_, T>) -> Self {
        assert!(
            a.cols == b.rows && c.rows == a.rows && c.cols == b.cols,
            "gemm: shapes do not fit: [{}, {}] = [{}, {}] x [{}, {}]",
            c.rows,
            c.cols,
            a.rows,
            a.cols,
            b.rows,
            b.cols
        );
        // A stride along a side of length 1 is free: 1 suits the kernels best.
        let stride = |length: usize, stride: usize| if length <= 1 { 1 } else { stride };
        Product {
            m: a.rows,
            n: b.cols,
            k: a.cols,
            alpha,
            beta,
            a: a.data.as_ptr(),
            a_rows: stride(a.rows, a.row_stride),
            a_cols: stride(a.cols, a.col_stride),
            b: b.data.as_ptr(),
            b_rows: stride(b.rows, b.row_stride),
            b_cols: stride(b.cols, b.col_stride),
            c: c.data.as_mut_ptr(),
            c_rows: stride(c.rows, c.row_stride),
            c_cols: stride(c.cols, c.col_stride),
        }
    }

    /// Cᵀ ← α Bᵀ Aᵀ + β Cᵀ.
    fn transposed(self) -> Self {
        Product {
            m: self.n,
            n: self.m,
            a: self.b,
            a_rows: self.b_cols,
            a_cols: self.b_rows,
            b: self.a,
            b_rows: self.a_cols,
            b_cols: self.a_rows,
            c_rows: self.c_cols,
            c_cols: self.c_rows,
            ..self
        }
    }

    /// # Safety
    /// Every entry of `A` and `B` may be read and every entry of `C` written.
    pub(super) unsafe fn run(self, isa: Isa, packing: &mut Packing<T>) {
        if self.m == 0 || self.n == 0 {
            return;
        }
        let kernels = <T as Element>::kernels(isa);
        // SAFETY: the entries exist as the caller vouches, those of the transposed product being the same; each path suits
        // the product, as asked right before.
        unsafe {
            if self.k == 0 || self.alpha == T::zero() {
                self.scale();
            } else if self.suits_outer(kernels) {
                self.outer(kernels, packing);
            } else if self.transposed().suits_outer(kernels) {
                self.transposed().outer(kernels, packing);
            } else if self.suits_dots(kernels) {
                self.dots(kernels, packing);
            } else if self.transposed().suits_dots(kernels) {
                self.transposed().dots(kernels, packing);
            } else {
                let product = if self.suits_transposing(kernels) { self.transposed() } else { self };
                if product.suits_blocks(kernels) {
                    product.blocks(kernels, packing);
                } else {
                    product.panels(kernels, packing);
                }
            }
        }
    }

    /// C ← β C.
    ///
    /// # Safety
    /// Every entry of `C` may be written.
    unsafe fn scale(self) {
        if self.beta == T::one() {
            return;
        }
        for i in 0..self.m {
            for j in 0..self.n {
                // SAFETY: i < m and j < n: an entry of C, which `fits` found in its slice; no product wraps.
                let c = unsafe { &mut *self.c.add(i * self.c_rows + j * self.c_cols) };
                *c = if self.beta == T::zero() { T::zero() } else { self.beta * *c };
            }
        }
    }

    /// Short sums into contiguous rows of `C`.
    fn suits_outer(&self, kernels: &Kernels<T>) -> bool {
        self.k <= SHORT && self.c_cols == 1 && self.n >= kernels.lanes
    }

    /// # Safety
    /// As for `run`; `suits_outer`.
    unsafe fn outer(self, kernels: &Kernels<T>, packing: &mut Packing<T>) {
        let columns = (SHORT_BYTES / size_of::<T>() / self.k).next_multiple_of(kernels.lanes);
        let pack = self.b_cols != 1;
        let most = columns.min(self.n.next_multiple_of(kernels.lanes));
        let (to, _) = packing.room(if pack { most * self.k } else { 0 }, 0);
        for first in (0..self.n).step_by(columns) {
            let lines = columns.min(self.n - first);
            let width = lines.next_multiple_of(kernels.lanes);
            let from = self.b.wrapping_add(first * self.b_cols);
            let (line, step, k) = (self.b_cols, self.b_rows, self.k);
            if pack {
                // SAFETY: columns first .. first + lines of B exist, and width <= most: there is room. The kernels are
                // those of an instruction set that the machine has (`Element::kernels` asks).
                unsafe { (kernels.interleave)(&Interleave { from, line, step, lines, k, width, pitch: width, to }) };
            }
            let panel = Panel {
                k,
                rows: self.m,
                a: self.a,
                a_row: self.a_rows,
                a_step: self.a_cols,
                a_packed: false,
                b: if pack { to.cast_const() } else { from },
                b_step: if pack { width } else { self.b_rows },
                vectors: 0,
                width: lines,
                alpha: self.alpha,
                beta: self.beta,
                c: self.c.wrapping_add(first),
                c_row: self.c_rows,
                c_col: self.c_cols,
            };
            // SAFETY: k rows of `lines` entries, packed or in place; all rows of A; `suits_outer` has seen that k is
            // 1 to 8 and the rows of C contiguous.
            unsafe { (kernels.outer)(&panel) };
        }
    }

    /// Few columns, contiguous rows of `A` that fill a vector: sums along k.
    fn suits_dots(&self, kernels: &Kernels<T>) -> bool {
        (2 * self.n <= kernels.lanes || self.n <= 6) && self.a_cols == 1 && self.k >= kernels.lanes && self.m >= self.n
    }

    /// Whether the columns of Cᵀ make better vectors than those of C.
    fn suits_transposing(&self, kernels: &Kernels<T>) -> bool {
        let (thin, tall) = (self.n < kernels.lanes && self.n < self.m, self.m < kernels.lanes && self.m < self.n);
        if thin && self.a_rows == 1 {
            true
        } else if tall && self.b_cols == 1 {
            false
        } else {
            self.c_cols != 1 && self.c_rows == 1
        }
    }

    /// # Safety
    /// As for `run`; `suits_dots`.
    unsafe fn dots(self, kernels: &Kernels<T>, packing: &mut Packing<T>) {
        let (b, b_col) = if self.b_rows == 1 {
            (self.b, self.b_cols)
        } else {
            let (to, _) = packing.room(self.n.saturating_mul(self.k), 0);
            for j in 0..self.n {
                for p in 0..self.k {
                    // SAFETY: an entry of B; the room holds n * k entries, which did not saturate as it was made.
                    unsafe { *to.add(j * self.k + p) = *self.b.add(p * self.b_rows + j * self.b_cols) };
                }
            }
            (to.cast_const(), self.k)
        };
        let dots = Dots {
            k: self.k,
            rows: self.m,
            cols: self.n,
            a: self.a,
            a_row: self.a_rows,
            b,
            b_col,
            alpha: self.alpha,
            beta: self.beta,
            c: self.c,
            c_row: self.c_rows,
            c_col: self.c_cols,
        };
        // SAFETY: `suits_dots` has seen that the rows of A are contiguous, and the columns of B are, in place or packed;
        // the kernels are those of an instruction set that the machine has.
        unsafe { (kernels.dots)(&dots) };
    }

    /// The general path: blocks of columns, of depth and of rows; panel by panel.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn panels(self, kernels: &Kernels<T>, packing: &mut Packing<T>) {
        let lanes = kernels.lanes;
        let depth = self.k.div_ceil(self.k.div_ceil(DEPTH));
        let most = (BLOCK_BYTES / size_of::<T>() / depth).max(kernels.rows);
        let block = self.m.div_ceil(self.m.div_ceil(most));
        let pack_a = self.should_pack_a(kernels);
        let pack_b = self.should_pack_b(kernels);
        // Few rows take the last columns in place, too.
        let partial = self.m <= FEW && !pack_b && kernels.masks;
        let wide = if pack_b { 2 } else { Kernels::<T>::widest(self.m.min(kernels.rows)) };
        // Packed panels of B are kept only if a second block of rows needs them.
        let kept = if block < self.m { self.n.min(COLUMNS).next_multiple_of(lanes) } else { wide * lanes };
        let (a_room, b_room) = packing.room(if pack_a { block * depth } else { 0 }, kept * depth);

        for first_column in (0..self.n).step_by(COLUMNS) {
            let columns = COLUMNS.min(self.n - first_column);
            for first in (0..self.k).step_by(depth) {
                let k = depth.min(self.k - first);
                let beta = if first == 0 { self.beta } else { T::one() };
                for row in (0..self.m).step_by(block) {
                    let rows = block.min(self.m - row);
                    let a = self.a.wrapping_add(row * self.a_rows + first * self.a_cols);
                    if pack_a {
                        // SAFETY: rows row .. row + rows and columns first .. first + k of A exist; the room holds
                        // block * depth entries, no fewer.
                        unsafe { self.pack_a(kernels, a, rows, k, a_room) };
                    }
                    let mut j = 0;
                    while j < columns {
                        let (vectors, width) = if partial {
                            (wide.min((columns - j).div_ceil(lanes)), (columns - j).min(wide * lanes))
                        } else {
                            panel_width(columns - j, wide, kernels, pack_b)
                        };
                        let from = self.b.wrapping_add(first * self.b_rows + (first_column + j) * self.b_cols);
                        let packed = pack_b || (!partial && width < vectors * lanes);
                        let to = if block < self.m { b_room.wrapping_add(j * k) } else { b_room };
                        if packed && row == 0 {
                            let (line, step, full) = (self.b_cols, self.b_rows, vectors * lanes);
                            let lines = Interleave { from, line, step, lines: width, k, width: full, pitch: full, to };
                            // SAFETY: k rows and `width` columns of B exist from there on; panels of `full` columns lie
                            // within `kept` columns, for which there is room.
                            unsafe { (kernels.interleave)(&lines) };
                        }
                        let panel = Panel {
                            k,
                            rows,
                            a: if pack_a { a_room.cast_const() } else { a },
                            a_row: self.a_rows,
                            a_step: self.a_cols,
                            a_packed: pack_a,
                            b: if packed { to.cast_const() } else { from },
                            b_step: if packed { vectors * lanes } else { self.b_rows },
                            vectors,
                            width,
                            alpha: self.alpha,
                            beta,
                            c: self.c.wrapping_add(row * self.c_rows + (first_column + j) * self.c_cols),
                            c_row: self.c_rows,
                            c_col: self.c_cols,
                        };
                        // SAFETY: these rows of A and C, and columns of B and C, exist; B is packed unless it fills the
                        // vectors or the rows are few. The kernels are those of an instruction set that the machine has.
                        unsafe { (kernels.panel)(&panel) };
                        j += width;
                    }
                }
            }
        }
    }

    /// Packs a block of `A` in the blocks of rows that `Panel` expects.
    ///
    /// # Safety
    /// `rows` times `k` entries from `a` on exist, and `to` has room for them.
    pub(super) unsafe fn pack_a(self, kernels: &Kernels<T>, a: *const T, rows: usize, k: usize, to: *mut T) {
        let (blocks, base, extra) = row_blocks(rows, kernels.rows);
        // Contiguous lines: a few steps for all blocks before the next steps, so that every cache
        // line is read once.
        let run = if self.a_rows == 1 { 16 } else { k };
        for first in (0..k).step_by(run) {
            let mut row = 0;
            for block in 0..blocks {
                let r = base + usize::from(block < extra);
                let lines = Interleave {
                    from: a.wrapping_add(row * self.a_rows + first * self.a_cols),
                    line: self.a_rows,
                    step: self.a_cols,
                    lines: r,
                    k: run.min(k - first),
                    width: r,
                    pitch: r,
                    to: to.wrapping_add(row * k + first * r),
                };
                // SAFETY: rows row .. row + r of the block; what spills over is written next, or slack.
                unsafe { (kernels.interleave)(&lines) };
                row += r;
            }
        }
    }

    /// Packing pays when enough panels read the packed block. Rows of `A` are read in place the
    /// longest; with neither side contiguous a line of cache serves one entry.
    pub(super) fn should_pack_a(&self, kernels: &Kernels<T>) -> bool {
        let panels = self.n.div_ceil(2 * kernels.lanes);
        match (self.a_rows, self.a_cols) {
            (_, 1) => panels > 32,
            (1, _) => panels > 8,
            _ => panels > 2,
        }
    }

    /// Rows of `B` are read in place by few blocks of rows.
    fn should_pack_b(&self, kernels: &Kernels<T>) -> bool {
        self.b_cols != 1 || (self.m > 2 * kernels.rows && self.k > 4)
    }
}

/// Vectors and columns of the next panel when `columns` are left: as wide as can be filled, whole vectors before a partial
/// one. Where they are `packed` anyway the last vector may be partial, since it takes the entries of `A` with the others;
/// but not if what is left is narrow.
pub(super) fn panel_width<T>(columns: usize, wide: usize, kernels: &Kernels<T>, packed: bool) -> (usize, usize) {
    let lanes = kernels.lanes;
    let mut vectors = wide;
    let idle = if packed { lanes - kernels.narrow } else { 1 };
    while vectors > 1 && vectors * lanes >= columns + idle {
        vectors /= 2;
    }
    (vectors, columns.min(vectors * lanes))
}
