//! A right factor that is packed once for several products.

use super::super::Simd;
use super::super::isa::Isa;
use super::driver::{BLOCK_BYTES, COLUMNS, DEPTH, Packing, Product, SHORT, panel_width};
use super::kernel::{Element, Interleave, Kernels, Panel};
use super::view::{MatMut, MatRef};

/// Vectors of a packed panel.
pub(super) const WIDE: usize = 2;

/// A right factor `B` as the kernels read it, for products that share it: the components of a jet through a layer, the
/// strips of a triangle. Runs along `k`, of `depth` steps, one after the other; each in panels of columns.
#[derive(Debug)]
pub struct PackedRight<'p, T> {
    isa: Isa,
    k: usize,
    n: usize,
    depth: usize,
    panels: &'p [T],
}

impl<'p, T: Simd> PackedRight<'p, T> {
    /// Packs `b` `[k, n]` for left factors of `rows` rows in all; `None` where separate products are
    /// the better way (few rows, thin or very wide factors).
    pub fn new(b: MatRef<'_, T>, rows: usize, packing: &'p mut Packing<T>) -> Option<Self> {
        Self::on(Isa::best(), b, rows, packing)
    }

    /// [`new`](Self::new) for the kernels of `isa`, or of the baseline where the machine lacks it.
    pub(super) fn on(isa: Isa, b: MatRef<'_, T>, rows: usize, packing: &'p mut Packing<T>) -> Option<Self> {
        let kernels = <T as Element>::kernels(isa);
        let lanes = kernels.lanes;
        let (k, n) = (b.rows, b.cols);
        // Wider factors are cut, so that they are packed piece by piece anyway.
        if k <= SHORT || n <= lanes || n > COLUMNS || rows <= 2 * kernels.rows {
            return None;
        }
        let (depth, width) = (k.div_ceil(k.div_ceil(DEPTH)), n.next_multiple_of(lanes));
        let length = width.saturating_mul(k);
        let (_, to) = packing.room(0, length);
        for start in (0..k).step_by(depth) {
            let steps = depth.min(k - start);
            for (first, vectors, lines) in panels(n, kernels) {
                let lines = Interleave {
                    from: b.data.as_ptr().wrapping_add(start * b.row_stride + first * b.col_stride),
                    line: b.col_stride,
                    step: b.row_stride,
                    lines,
                    k: steps,
                    width: vectors * lanes,
                    pitch: vectors * lanes,
                    to: to.wrapping_add(start * width + first * steps),
                };
                // SAFETY: the entries of a view exist (`fits`); the panels before this one hold `start * width + first *
                // steps` entries of the room asked for above, which is for all of them and did not saturate as it was
                // made.
                unsafe { (kernels.interleave)(&lines) };
            }
        }
        // SAFETY: the room is that of `packing`, borrowed as long as `'p`, and all its entries are initialised.
        let panels = unsafe { std::slice::from_raw_parts(to.cast_const(), length) };
        Some(PackedRight { isa, k, n, depth, panels })
    }

    /// `C ← A B`.
    ///
    /// # Panics
    /// If the shapes do not fit: `A` is `[m, k]`, `C` is `[m, n]`.
    pub fn multiply(&self, a: MatRef<'_, T>, c: &mut MatMut<'_, T>) {
        assert_eq!(c.cols, self.n, "packed product: columns");
        self.run(T::one(), a, T::zero(), c, None);
    }

    /// `C ← α A B + β C` for the first columns of `B`, as many as `C` has; `packing` is for `A`.
    ///
    /// # Panics
    /// If the shapes do not fit: `A` is `[m, k]`, `C` has `m` rows and at most `n` columns.
    pub fn multiply_first(&self, alpha: T, a: MatRef<'_, T>, beta: T, c: &mut MatMut<'_, T>, packing: &mut Packing<T>) {
        self.run(alpha, a, beta, c, Some(packing));
    }

    fn run(&self, alpha: T, a: MatRef<'_, T>, beta: T, c: &mut MatMut<'_, T>, packing: Option<&mut Packing<T>>) {
        assert!(
            a.cols == self.k && c.rows == a.rows && c.cols <= self.n,
            "packed product: shapes do not fit: [{}, {}] = [{}, {}] x [{}, {}]",
            c.rows,
            c.cols,
            a.rows,
            a.cols,
            self.k,
            self.n
        );
        let kernels: &Kernels<T> = <T as Element>::kernels(self.isa);
        let (lanes, stored) = (kernels.lanes, self.n.next_multiple_of(kernels.lanes));
        let most = (BLOCK_BYTES / size_of::<T>() / self.depth).max(kernels.rows);
        let block = a.rows.div_ceil(a.rows.div_ceil(most).max(1)).max(1);
        // Of A and C; B is in the panels.
        let product = Product {
            m: a.rows,
            n: c.cols,
            k: self.k,
            alpha,
            beta,
            a: a.data.as_ptr(),
            a_rows: a.row_stride,
            a_cols: a.col_stride,
            b: self.panels.as_ptr(),
            b_rows: 0,
            b_cols: 0,
            c: c.data.as_mut_ptr(),
            c_rows: c.row_stride,
            c_cols: c.col_stride,
        };
        let packing = packing.filter(|_| product.should_pack_a(kernels));
        let room = packing.map(|packing| packing.room(block * self.depth, 0).0);
        for start in (0..self.k).step_by(self.depth) {
            let steps = self.depth.min(self.k - start);
            for row in (0..a.rows).step_by(block) {
                let rows = block.min(a.rows - row);
                let from = product.a.wrapping_add(row * product.a_rows + start * product.a_cols);
                if let Some(room) = room {
                    // SAFETY: these rows and columns of A exist; the room holds block * depth entries, no fewer.
                    unsafe { product.pack_a(kernels, from, rows, steps, room) };
                }
                for (first, vectors, width) in panels(self.n, kernels).take_while(|panel| panel.0 < c.cols) {
                    let columns = width.min(c.cols - first);
                    let panel = Panel {
                        k: steps,
                        rows,
                        a: room.map_or(from, |room| room.cast_const()),
                        a_row: product.a_rows,
                        a_step: product.a_cols,
                        a_packed: room.is_some(),
                        b: self.panels[start * stored + first * steps..].as_ptr(),
                        b_step: vectors * lanes,
                        vectors: columns.div_ceil(lanes),
                        width: columns,
                        alpha,
                        beta: if start == 0 { beta } else { T::one() },
                        c: product.c.wrapping_add(row * product.c_rows + first * product.c_cols),
                        c_row: product.c_rows,
                        c_col: product.c_cols,
                    };
                    // SAFETY: the shapes fit (asserted above) and the entries of views exist (`fits`); the panels are
                    // where `on` put them; the kernels are those of an instruction set that the machine has.
                    unsafe { (kernels.panel)(&panel) };
                }
            }
        }
    }
}

/// First column, vectors and columns of each panel of `n` columns.
pub(super) fn panels<T>(n: usize, kernels: &Kernels<T>) -> impl Iterator<Item = (usize, usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let (vectors, width) = (first < n).then(|| panel_width(n - first, WIDE, kernels, true))?;
        first += width;
        Some((first - width, vectors, width))
    })
}
