//! Products whose `C` outgrows the second cache: tile after tile along its rows.
//!
//! The blocks are those of `panels` with the factors exchanged: a block of `B` stays in the second cache, one tile's rows
//! of `A` in the first. `C` is then met in runs as long as the block is wide; in columns of one panel's width, each
//! tile would meet it in as many pages as it has rows.

use super::super::Simd;
use super::driver::{BLOCK_BYTES, DEPTH, Packing, Product};
use super::kernel::{Interleave, Kernels, Panel, row_blocks};
use super::packed::{WIDE, panels};

/// Bytes of `C` from which it outgrows the second cache by far.
const LARGE: usize = 4 << 20;
/// Bytes of a page, which a row of `C` fills.
const PAGE: usize = 4 << 10;
/// Rows of `B` that are packed at a time, for all panels of the block: so many pages are open at once.
const RUN: usize = 8;
/// Bytes of the packed rows of `A`, which the third cache keeps.
const TALL_BYTES: usize = 4 << 20;

impl<T: Simd> Product<T> {
    /// A large `C` with rows that are not within a page, and enough rows and terms that packing both factors is little
    /// beside the product.
    pub(super) fn suits_blocks(&self, kernels: &Kernels<T>) -> bool {
        self.n >= LARGE / size_of::<T>() / self.m
            && self.n >= PAGE / size_of::<T>()
            && self.m >= 8 * kernels.rows
            && self.k >= DEPTH / 8
    }

    /// # Safety
    /// As for `run`; `m` is not 0.
    pub(super) unsafe fn blocks(self, kernels: &Kernels<T>, packing: &mut Packing<T>) {
        let lanes = kernels.lanes;
        let depth = self.k.div_ceil(self.k.div_ceil(DEPTH));
        let most = BLOCK_BYTES / size_of::<T>() / depth;
        let columns = self.n.div_ceil(self.n.div_ceil(most)).next_multiple_of(WIDE * lanes);
        let tall = self.m.div_ceil(self.m.div_ceil(TALL_BYTES / size_of::<T>() / depth));
        let (a_room, b_room) = packing.room(tall * depth, columns * depth);

        for row in (0..self.m).step_by(tall) {
            let rows = tall.min(self.m - row);
            let (tiles, base, extra) = row_blocks(rows, kernels.rows);
            for first in (0..self.k).step_by(depth) {
                let k = depth.min(self.k - first);
                let a = self.a.wrapping_add(row * self.a_rows + first * self.a_cols);
                // SAFETY: rows row .. row + rows and columns first .. first + k of A exist; the room holds tall * depth
                // entries, no fewer.
                unsafe { self.pack_a(kernels, a, rows, k, a_room) };
                for column in (0..self.n).step_by(columns) {
                    let width = columns.min(self.n - column);
                    let b = self.b.wrapping_add(first * self.b_rows + column * self.b_cols);
                    // SAFETY: rows first .. first + k and columns column .. column + width of B exist; the room holds
                    // columns * depth entries, `columns` being a multiple of a panel's.
                    unsafe { self.pack_b(kernels, b, width, k, b_room) };
                    let mut i = 0;
                    for tile in 0..tiles {
                        let tile_rows = base + usize::from(tile < extra);
                        for (j, vectors, width) in panels(width, kernels) {
                            let panel = Panel {
                                k,
                                rows: tile_rows,
                                a: a_room.wrapping_add(i * k).cast_const(),
                                a_row: 1,
                                a_step: tile_rows,
                                a_packed: true,
                                b: b_room.wrapping_add(j * k).cast_const(),
                                b_step: vectors * lanes,
                                vectors,
                                width,
                                alpha: self.alpha,
                                beta: if first == 0 { self.beta } else { T::one() },
                                c: self.c.wrapping_add((row + i) * self.c_rows + (column + j) * self.c_cols),
                                c_row: self.c_rows,
                                c_col: self.c_cols,
                            };
                            // SAFETY: these rows and columns of C exist; A and B are packed. The kernels are those of an
                            // instruction set that the machine has.
                            unsafe { (kernels.panel)(&panel) };
                        }
                        i += tile_rows;
                    }
                }
            }
        }
    }

    /// Packs a block of `B`, panel behind panel.
    ///
    /// # Safety
    /// `k` times `columns` entries from `b` on exist, and `to` has room for them with the last panel filled.
    unsafe fn pack_b(self, kernels: &Kernels<T>, b: *const T, columns: usize, k: usize, to: *mut T) {
        let run = if self.b_cols == 1 { RUN } else { k };
        for first in (0..k).step_by(run) {
            for (j, vectors, lines) in panels(columns, kernels) {
                let width = vectors * kernels.lanes;
                let panel = Interleave {
                    from: b.wrapping_add(first * self.b_rows + j * self.b_cols),
                    line: self.b_cols,
                    step: self.b_rows,
                    lines,
                    k: run.min(k - first),
                    width,
                    pitch: width,
                    to: to.wrapping_add(j * k + first * width),
                };
                // SAFETY: rows of `lines` entries from column j on exist; what spills over is written next, or slack.
                unsafe { (kernels.interleave)(&panel) };
            }
        }
    }
}
