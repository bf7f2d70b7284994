//! The register-level loops: one text for every instruction set and both types.
//!
//! A *tile* keeps `R` rows times `V` vectors of `C` in registers and runs once along k, with one
//! broadcast of `A` against vectors of `B` (the kernel of Goto and van de Geijn, 2008, in the form
//! of BLIS: Van Zee and van de Geijn, 2015). *Dots* put the vectors along k instead: for products
//! with a few columns only.

macro_rules! microkernels {
    (
        module $module:ident, scalar $scalar:ty, lanes $lanes:literal, rows $rows:literal, narrow_rows $narrow_rows:literal, masks $masks:literal,
        narrow [$($narrow:literal by $few:path)?],
        attributes { $(#[$attribute:meta])* }, packing $packing:ident,
        tiles [$($r:literal x $v:literal),*]
    ) => {
        mod $module {
            use super::*;
            use crate::kernels::vectors::$module as vector;

            pub static KERNELS: Kernels<$scalar> = Kernels {
                lanes: $lanes,
                rows: $rows,
                masks: $masks,
                narrow: 0 $(+ $narrow)?,
                panel,
                outer,
                dots,
                interleave: packing::$packing::interleave,
            };

            /// # Safety
            /// The machine has the instruction set, and every entry the panel names may be read
            /// (`A`, `B`) or written (`C`).
            $(#[$attribute])*
            unsafe fn panel(p: &Panel<$scalar>) {
                assert!(p.width <= p.vectors * $lanes && p.width + $lanes > p.vectors * $lanes);
                // One vector a row leaves registers for more rows.
                let most = if p.vectors == 1 && !p.a_packed { $narrow_rows } else { $rows };
                let mut row = 0;
                $(
                    if p.width <= $narrow {
                        // SAFETY: what the caller vouches for.
                        row = unsafe { $few(p) };
                        if row == p.rows {
                            return;
                        }
                    }
                )?
                let (blocks, base, extra) = row_blocks(p.rows - row, most);
                for block in 0..blocks {
                    let r = base + usize::from(block < extra);
                    let (offset, a_row, a_step) =
                        if p.a_packed { (row * p.k, 1, r) } else { (row * p.a_row, p.a_row, p.a_step) };
                    let (a, c) = (p.a.wrapping_add(offset), p.c.wrapping_add(row * p.c_row));
                    let tile = Panel { rows: r, a, a_row, a_step, c, ..*p };
                    match (r, p.vectors) {
                        // SAFETY: rows row .. row + r of what the caller vouches for.
                        $(($r, $v) => unsafe { self::tile::<$r, $v>(&tile) },)*
                        _ => unreachable!("no tile of {r} rows and {} vectors", p.vectors),
                    }
                    row += r;
                }
            }

            /// A panel of R rows of `A`, not packed, and V vectors.
            ///
            /// # Safety
            /// As for `panel`.
            $(#[$attribute])*
            unsafe fn tile<const R: usize, const V: usize>(t: &Panel<$scalar>) {
                let mut sums = [[vector::zero(); V]; R];
                // They move on with wrapping_add, because after the last step they may lie outside.
                let (mut a, mut b) = (t.a, t.b);
                let last = t.width - (V - 1) * $lanes;
                if t.c_col == 1 {
                    for i in 0..R {
                        for v in 0..V {
                            vector::prefetch(t.c.wrapping_add(i * t.c_row + v * $lanes).cast());
                        }
                    }
                }
                for _ in 0..t.k {
                    // Panels lie one behind the other: at its end this fetches what the next tile begins with.
                    for v in 0..V {
                        vector::prefetch(b.wrapping_add(AHEAD * t.b_step + v * $lanes).cast());
                    }
                    let mut columns = [vector::zero(); V];
                    for (v, column) in columns.iter_mut().enumerate() {
                        // SAFETY: the caller vouches for V vectors of each of k rows of B, or for `width` columns.
                        *column = unsafe {
                            if $masks && R <= FEW && v + 1 == V && last < $lanes {
                                vector::load_first(b.add(v * $lanes), last)
                            } else {
                                vector::load(b.add(v * $lanes))
                            }
                        };
                    }
                    for (i, row) in sums.iter_mut().enumerate() {
                        // SAFETY: i < R, and the caller vouches for k entries of R rows of A.
                        let x = vector::splat(unsafe { *a.add(i * t.a_row) });
                        for (sum, &column) in row.iter_mut().zip(&columns) {
                            *sum = vector::multiply_add(x, column, *sum);
                        }
                    }
                    a = a.wrapping_add(t.a_step);
                    b = b.wrapping_add(t.b_step);
                }
                let alpha = vector::splat(t.alpha);
                if t.c_col != 1 {
                    let mut buffer = [[[0.0; $lanes]; V]; R];
                    for (row, sums) in buffer.iter_mut().zip(&sums) {
                        for (entries, &sum) in row.iter_mut().zip(sums) {
                            // SAFETY: an array of as many entries as a vector has.
                            unsafe { vector::store(entries.as_mut_ptr(), vector::multiply(alpha, sum)) };
                        }
                    }
                    // SAFETY: the buffer holds R rows of V vectors; C as the caller vouches.
                    unsafe { merge(buffer.as_ptr().cast(), R, V * $lanes, t) };
                    return;
                }
                let beta = vector::splat(t.beta);
                for (i, row) in sums.iter().enumerate() {
                    for (v, &sum) in row.iter().enumerate() {
                        let mut x = vector::multiply(alpha, sum);
                        let c = t.c.wrapping_add(i * t.c_row + v * $lanes);
                        // SAFETY: the caller vouches for `width` columns of R rows of C, contiguous as c_col is 1: V - 1
                        // whole vectors, and `last` entries of one more.
                        unsafe {
                            if v + 1 == V && last < $lanes {
                                if t.beta != 0.0 {
                                    x = vector::multiply_add(beta, vector::load_first(c, last), x);
                                }
                                vector::store_first(c, last, x);
                            } else {
                                if t.beta != 0.0 {
                                    x = vector::multiply_add(beta, vector::load(c), x);
                                }
                                vector::store(c, x);
                            }
                        }
                    }
                }
            }

            /// Adds a finished tile to a `C` whose rows are not contiguous.
            ///
            /// # Safety
            /// `tile` holds `rows` times `stride` entries, at least `width` each; the rest as for `panel`.
            $(#[$attribute])*
            #[inline(never)]
            unsafe fn merge(tile: *const $scalar, rows: usize, stride: usize, t: &Panel<$scalar>) {
                for i in 0..rows {
                    for j in 0..t.width {
                        let c = t.c.wrapping_add(i * t.c_row + j * t.c_col);
                        // SAFETY: j < width <= stride: inside the tile, and inside C as the caller vouches.
                        let (x, c) = unsafe { (*tile.add(i * stride + j), &mut *c) };
                        *c = if t.beta == 0.0 { x } else { x + t.beta * *c };
                    }
                }
            }

            /// Sums of at most eight terms: row after row of `C` in the order of memory, since writing is all that
            /// costs. `A` in place, whole rows of `B`, `C` with contiguous rows; `vectors` is not used.
            ///
            /// # Safety
            /// As for `panel`; `k` is 1 to 8, `c_col` is 1, and `b` need hold `width` columns only.
            $(#[$attribute])*
            unsafe fn outer(p: &Panel<$scalar>) {
                // SAFETY: what the caller vouches for; k is 1 to 8.
                unsafe {
                    match p.k {
                        1 => outer_rows::<1>(p),
                        2 => outer_rows::<2>(p),
                        3 => outer_rows::<3>(p),
                        4 => outer_rows::<4>(p),
                        5 => outer_rows::<5>(p),
                        6 => outer_rows::<6>(p),
                        7 => outer_rows::<7>(p),
                        _ => outer_rows::<8>(p),
                    }
                }
            }

            /// # Safety
            /// As for `outer`, with `k` = K.
            $(#[$attribute])*
            unsafe fn outer_rows<const K: usize>(p: &Panel<$scalar>) {
                let mut row = 0;
                // Thirty-two registers hold the factors of four rows of six terms, and a vector of each row of B.
                while $rows > 8 && K <= 6 && row + 4 <= p.rows {
                    // SAFETY: four rows are left.
                    unsafe { outer_block::<4, K>(p, row) };
                    row += 4;
                }
                while K <= $rows && row + 2 <= p.rows {
                    // SAFETY: two rows are left.
                    unsafe { outer_block::<2, K>(p, row) };
                    row += 2;
                }
                while row < p.rows {
                    // SAFETY: one row is left.
                    unsafe { outer_block::<1, K>(p, row) };
                    row += 1;
                }
            }

            /// # Safety
            /// As for `outer`, with `k` = K and rows `row` to `row + R` in the panel.
            $(#[$attribute])*
            unsafe fn outer_block<const R: usize, const K: usize>(p: &Panel<$scalar>, row: usize) {
                let (a, c) = (p.a.wrapping_add(row * p.a_row), p.c.wrapping_add(row * p.c_row));
                let mut factors = [[vector::zero(); K]; R];
                for (i, factors) in factors.iter_mut().enumerate() {
                    for (q, factor) in factors.iter_mut().enumerate() {
                        // SAFETY: R rows of A from `row` on exist, K entries each.
                        *factor = vector::splat(p.alpha * unsafe { *a.add(i * p.a_row + q * p.a_step) });
                    }
                }
                let mut head = 0;
                // A vector that fills a line of cache is written twice if it straddles two.
                if $lanes * size_of::<$scalar>() == 64 && p.c_row % $lanes == 0 {
                    head = c.align_offset(64).min(p.width);
                    if head > 0 {
                        // SAFETY: at most `width` columns, fewer than a vector has.
                        unsafe { outer_part(p, c, &factors, 0, head) };
                    }
                }
                let beta = vector::splat(p.beta);
                let end = head + (p.width - head) / $lanes * $lanes;
                for j in (head..end).step_by($lanes) {
                    let mut columns = [vector::zero(); K];
                    for (q, column) in columns.iter_mut().enumerate() {
                        // SAFETY: j + lanes <= width: a whole vector of K rows of B.
                        *column = unsafe { vector::load(p.b.add(q * p.b_step + j)) };
                    }
                    for (i, factors) in factors.iter().enumerate() {
                        let mut sum = vector::multiply(factors[0], columns[0]);
                        for (q, &factor) in factors.iter().enumerate().skip(1) {
                            sum = vector::multiply_add(factor, columns[q], sum);
                        }
                        // SAFETY: and of R rows of C.
                        unsafe {
                            let c = c.add(i * p.c_row + j);
                            if p.beta != 0.0 {
                                sum = vector::multiply_add(beta, vector::load(c), sum);
                            }
                            vector::store(c, sum);
                        }
                    }
                }
                if end < p.width {
                    // SAFETY: the columns left, fewer than a vector has.
                    unsafe { outer_part(p, c, &factors, end, p.width - end) };
                }
            }

            /// Columns `j` to `j + count` of R rows of `C` from `c` on, within one vector.
            ///
            /// # Safety
            /// As for `outer`, with `k` = K; the columns are in the panel.
            $(#[$attribute])*
            #[inline]
            unsafe fn outer_part<const R: usize, const K: usize>(
                p: &Panel<$scalar>,
                c: *mut $scalar,
                factors: &[[vector::Vector; K]; R],
                j: usize,
                count: usize,
            ) {
                for (i, factors) in factors.iter().enumerate() {
                    // SAFETY: `count` entries from j on are within the width of B's and C's rows.
                    unsafe {
                        let (b, c) = (p.b.add(j), c.add(i * p.c_row + j));
                        let mut sum = vector::multiply(factors[0], vector::load_first(b, count));
                        for (q, &factor) in factors.iter().enumerate().skip(1) {
                            sum = vector::multiply_add(factor, vector::load_first(b.add(q * p.b_step), count), sum);
                        }
                        if p.beta != 0.0 {
                            sum = vector::multiply_add(vector::splat(p.beta), vector::load_first(c, count), sum);
                        }
                        vector::store_first(c, count, sum);
                    }
                }
            }

            /// # Safety
            /// The machine has the instruction set, and every entry named may be read (`A`, `B`) or written (`C`).
            $(#[$attribute])*
            unsafe fn dots(d: &Dots<$scalar>) {
                let (blocks, base, extra) = row_blocks(d.cols, 6);
                let mut j = 0;
                for block in 0..blocks {
                    let count = base + usize::from(block < extra);
                    let part = Dots { b: d.b.wrapping_add(j * d.b_col), c: d.c.wrapping_add(j * d.c_col), ..*d };
                    // SAFETY: columns j .. j + count of what the caller vouches for.
                    // About twelve sums at a time hide the latency and leave registers for the factors.
                    unsafe {
                        match count {
                            1 => dot_rows::<1, 1>(&part, dot_rows::<4, 1>(&part, dot_rows::<8, 1>(&part, 0))),
                            2 => dot_rows::<1, 2>(&part, dot_rows::<5, 2>(&part, 0)),
                            3 => dot_rows::<1, 3>(&part, dot_rows::<3, 3>(&part, 0)),
                            4 => dot_rows::<1, 4>(&part, dot_rows::<3, 4>(&part, 0)),
                            5 => dot_rows::<1, 5>(&part, dot_rows::<2, 5>(&part, 0)),
                            _ => dot_rows::<1, 6>(&part, dot_rows::<2, 6>(&part, 0)),
                        }
                    };
                    j += count;
                }
            }

            /// Rows from `row` on while R are left, against N columns; returns the first row not done.
            ///
            /// # Safety
            /// As for `dots`.
            $(#[$attribute])*
            unsafe fn dot_rows<const R: usize, const N: usize>(d: &Dots<$scalar>, mut row: usize) -> usize {
                let whole = d.k / $lanes * $lanes;
                while row + R <= d.rows {
                    let (a, c) = (d.a.wrapping_add(row * d.a_row), d.c.wrapping_add(row * d.c_row));
                    let mut sums = [[vector::zero(); N]; R];
                    for p in (0..whole).step_by($lanes) {
                        let mut factors = [vector::zero(); R];
                        for (i, factor) in factors.iter_mut().enumerate() {
                            // SAFETY: R rows of A from `row` on exist, k long, and p + lanes <= k.
                            *factor = unsafe { vector::load(a.add(i * d.a_row + p)) };
                        }
                        for j in 0..N {
                            // SAFETY: N columns of B exist, k long.
                            let column = unsafe { vector::load(d.b.add(j * d.b_col + p)) };
                            for (sums, &factor) in sums.iter_mut().zip(&factors) {
                                sums[j] = vector::multiply_add(factor, column, sums[j]);
                            }
                        }
                    }
                    if whole < d.k {
                        let rest = d.k - whole;
                        for (i, sums) in sums.iter_mut().enumerate() {
                            // SAFETY: `rest` entries are left of each row of A.
                            let x = unsafe { vector::load_first(a.add(i * d.a_row + whole), rest) };
                            for (j, sum) in sums.iter_mut().enumerate() {
                                // SAFETY: and of each column of B.
                                let column = unsafe { vector::load_first(d.b.add(j * d.b_col + whole), rest) };
                                *sum = vector::multiply_add(x, column, *sum);
                            }
                        }
                    }
                    for (i, sums) in sums.iter().enumerate() {
                        for (j, &sum) in sums.iter().enumerate() {
                            // SAFETY: entry (row + i, j) of C, as the caller vouches.
                            let c = unsafe { &mut *c.add(i * d.c_row + j * d.c_col) };
                            let x = d.alpha * vector::sum(sum);
                            *c = if d.beta == 0.0 { x } else { x + d.beta * *c };
                        }
                    }
                    row += R;
                }
                row
            }
        }
    };
}

pub(super) use microkernels;
