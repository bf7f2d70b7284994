//! What a set of microkernels offers to the driver, and which set a type and a machine take.

use super::super::isa::Isa;

/// One panel of `C`: all rows of a block of `A` times at most `vectors` vectors of columns of `B`.
#[derive(Clone, Copy)]
pub struct Panel<T> {
    /// Length of the sums.
    pub k: usize,
    /// Rows of `A` and `C`.
    pub rows: usize,
    /// `A`: entry (i, p) at `a[i * a_row + p * a_step]`, or packed in blocks of rows.
    pub a: *const T,
    pub a_row: usize,
    pub a_step: usize,
    /// `A` is packed as [`row_blocks`] cuts it: entry (i, p) of a block of `r` rows at `p * r + i`.
    pub a_packed: bool,
    /// `B`: whole vectors readable at `b[p * b_step ..]`; with [`masks`](Kernels::masks) and at most [`FEW`] rows
    /// `width` columns only.
    pub b: *const T,
    pub b_step: usize,
    /// Vectors of columns: more than 2 only with few rows, see [`Kernels::widest`].
    pub vectors: usize,
    /// Columns that exist: more than `(vectors - 1) * lanes`, at most `vectors * lanes`.
    pub width: usize,
    pub alpha: T,
    pub beta: T,
    /// `C`: entry (i, j) at `c[i * c_row + j * c_col]`.
    pub c: *mut T,
    pub c_row: usize,
    pub c_col: usize,
}

/// Few columns of `C` whose sums run along contiguous rows of `A` and contiguous columns of `B`.
#[derive(Clone, Copy)]
pub struct Dots<T> {
    pub k: usize,
    pub rows: usize,
    pub cols: usize,
    /// Row i at `a[i * a_row ..]`.
    pub a: *const T,
    pub a_row: usize,
    /// Column j at `b[j * b_col ..]`.
    pub b: *const T,
    pub b_col: usize,
    pub alpha: T,
    pub beta: T,
    pub c: *mut T,
    pub c_row: usize,
    pub c_col: usize,
}

/// Lines of a matrix to interleave: `to[p * pitch + j] = from[j * line + p * step]`, zero from `lines` to `width`.
#[derive(Clone, Copy)]
pub struct Interleave<T> {
    pub from: *const T,
    pub line: usize,
    pub step: usize,
    pub lines: usize,
    pub k: usize,
    /// At least `lines`.
    pub width: usize,
    /// `width` in a packed block; more only if `width` is at least a vector's.
    pub pitch: usize,
    /// Room for `k` steps and, behind a packed block, [`SLACK`] entries whose contents may change.
    pub to: *mut T,
}

/// Entries behind a packed block that packing may overwrite.
pub const SLACK: usize = 16;

/// The most rows that are few: their columns of `B` are met once, so that to pack them is most of the work.
pub const FEW: usize = 3;

/// Steps along k that rows of `B` are fetched ahead of their use.
pub const AHEAD: usize = 16;

/// The microkernels of one instruction set for one type.
pub struct Kernels<T> {
    /// Entries of a vector.
    pub lanes: usize,
    /// Rows of the largest register tile.
    pub rows: usize,
    /// Whether part of a vector is loaded as fast as the whole.
    pub masks: bool,
    /// Columns that are computed for several rows at a time, if they are the last of a row; 0 if none are.
    pub narrow: usize,
    pub panel: unsafe fn(&Panel<T>),
    pub outer: unsafe fn(&Panel<T>),
    pub dots: unsafe fn(&Dots<T>),
    pub interleave: unsafe fn(&Interleave<T>),
}

impl<T> Kernels<T> {
    /// The most vectors a panel of that many rows may have: with few rows, more columns keep the multipliers busy.
    pub fn widest(rows: usize) -> usize {
        match rows {
            0 | 1 => 8,
            2 | FEW => 4,
            _ => 2,
        }
    }
}

/// How `rows` are cut into blocks of at most `most`: (blocks, rows of the later ones, how many of
/// the first have one row more). Even cuts waste nothing: 128 rows in tiles of 14 are 8 of 13 and 2 of 12.
#[inline(always)]
pub fn row_blocks(rows: usize, most: usize) -> (usize, usize, usize) {
    let blocks = rows.div_ceil(most);
    (blocks, rows / blocks, rows % blocks)
}

/// A type the product is written for.
pub trait Element: Sized + 'static {
    /// The kernels of `isa`, or of the baseline where the machine lacks it.
    fn kernels(isa: Isa) -> &'static Kernels<Self>;
}
