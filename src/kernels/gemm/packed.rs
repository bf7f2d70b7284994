//! A right factor that is packed once for several products.

use std::marker::PhantomData;

use super::super::Simd;
use super::super::isa::Isa;
use super::driver::{BLOCK_BYTES, COLUMNS, DEPTH, Packing, SHORT, panel_width};
use super::kernel::{Element, Interleave, Kernels, Panel};
use super::view::{MatMut, MatRef};

/// Vectors of a packed panel.
pub(super) const WIDE: usize = 2;

/// A right factor `B` as the kernels read it, for products that share it: the components of a jet through a layer.
#[derive(Debug)]
pub struct PackedRight<'p, T> {
    isa: Isa,
    k: usize,
    n: usize,
    panels: *const T,
    space: PhantomData<&'p mut Packing<T>>,
}

impl<'p, T: Simd> PackedRight<'p, T> {
    /// Packs `b` `[k, n]` for left factors of `rows` rows in all; `None` where separate products are
    /// the better way (few rows, thin or very long factors).
    pub fn new(b: MatRef<'_, T>, rows: usize, packing: &'p mut Packing<T>) -> Option<Self> {
        Self::on(Isa::best(), b, rows, packing)
    }

    /// [`new`](Self::new) for the kernels of `isa`, or of the baseline where the machine lacks it.
    pub(super) fn on(isa: Isa, b: MatRef<'_, T>, rows: usize, packing: &'p mut Packing<T>) -> Option<Self> {
        let kernels = <T as Element>::kernels(isa);
        let lanes = kernels.lanes;
        let (k, n) = (b.rows, b.cols);
        // Longer sums and wider factors are cut, so that they are packed piece by piece anyway.
        if k <= SHORT || k > DEPTH || n <= lanes || n > COLUMNS || rows <= 2 * kernels.rows {
            return None;
        }
        let (_, to) = packing.room(0, n.next_multiple_of(lanes) * k);
        for (first, vectors, width) in panels(n, lanes) {
            let lines = Interleave {
                from: b.data.as_ptr().wrapping_add(first * b.col_stride),
                line: b.col_stride,
                step: b.row_stride,
                lines: width,
                k,
                width: vectors * lanes,
                to: to.wrapping_add(first * k),
            };
            // SAFETY: the entries of a view exist (`fits`); the panels before this one hold `first * k` entries of the
            // room asked for above, which is for all of them (n <= COLUMNS and k <= DEPTH, so that no product wraps).
            unsafe { (kernels.interleave)(&lines) };
        }
        Some(PackedRight { isa, k, n, panels: to.cast_const(), space: PhantomData })
    }

    /// `C ← A B`.
    ///
    /// # Panics
    /// If the shapes do not fit: `A` is `[m, k]`, `C` is `[m, n]`.
    pub fn multiply(&self, a: MatRef<'_, T>, c: &mut MatMut<'_, T>) {
        assert!(
            a.cols == self.k && c.rows == a.rows && c.cols == self.n,
            "packed product: shapes do not fit: [{}, {}] = [{}, {}] x [{}, {}]",
            c.rows,
            c.cols,
            a.rows,
            a.cols,
            self.k,
            self.n
        );
        if a.rows == 0 {
            return;
        }
        let kernels: &Kernels<T> = <T as Element>::kernels(self.isa);
        let most = (BLOCK_BYTES / size_of::<T>() / self.k).max(kernels.rows);
        let block = a.rows.div_ceil(a.rows.div_ceil(most));
        for row in (0..a.rows).step_by(block) {
            for (first, vectors, width) in panels(self.n, kernels.lanes) {
                let panel = Panel {
                    k: self.k,
                    rows: block.min(a.rows - row),
                    a: a.data.as_ptr().wrapping_add(row * a.row_stride),
                    a_row: a.row_stride,
                    a_step: a.col_stride,
                    a_packed: false,
                    b: self.panels.wrapping_add(first * self.k),
                    b_step: vectors * kernels.lanes,
                    vectors,
                    width,
                    alpha: T::one(),
                    beta: T::zero(),
                    c: c.data.as_mut_ptr().wrapping_add(row * c.row_stride + first * c.col_stride),
                    c_row: c.row_stride,
                    c_col: c.col_stride,
                };
                // SAFETY: the shapes fit (asserted above) and the entries of views exist (`fits`); the panels are where
                // `on` put them, in space borrowed as long as `self` lives; the kernels are those of an instruction set
                // that the machine has.
                unsafe { (kernels.panel)(&panel) };
            }
        }
    }
}

/// First column, vectors and columns of each panel of `n` columns.
pub(super) fn panels(n: usize, lanes: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let (vectors, width) = (first < n).then(|| panel_width(n - first, WIDE, lanes, true))?;
        first += width;
        Some((first - width, vectors, width))
    })
}
