//! The last one to four columns, where they fill half a vector or less: one register holds them for four rows of `f32`,
//! or two of `f64`.
//!
//! Of 20 columns of `f32` the last four would leave twelve of sixteen multipliers idle, at the cost of the sixteen before
//! them. Widths that are no multiples of a vector's are the rule in small networks: 20, 50, 100.

use std::arch::x86_64::*;

use super::kernel::{FEW, Panel, row_blocks};

/// Columns of a register, and steps along k that are loaded at once.
const NARROW: usize = 4;
/// Registers of a tile.
const TILE: usize = 8;

/// Whether the kernels here compute the panel. Of few rows it may lack the columns of B that fill the vector (see
/// [`Panel::b`]).
fn suits<T>(p: &Panel<T>) -> bool {
    p.rows > FEW && p.width <= NARROW && !p.a_packed && p.c_col == 1 && p.k >= NARROW && (p.a_step == 1 || p.a_row == 1)
}

/// A kernel for registers of `$rows` rows: `$part` is the vector of one row, `$few` that of one entry of each.
macro_rules! narrow_columns {
    ($module:ident, $scalar:ty, rows $rows:literal, whole $whole:ident, zero $zero:ident, fma $fma:ident,
     part [$load:ident, $store:ident, $masked:ident, $set:ident, $times:ident, $part_fma:ident],
     broadcast $broadcast:ident, merge $merge:ident [$($row:literal at $lanes:literal),+], permute $permute:ident,
     extract $extract:ident, spread |$entries:ident| $spread:expr) => {
        pub(super) mod $module {
            use super::*;

            /// All rows but the last, fewer than a register's, or none where something else suits the panel better;
            /// returns how many.
            ///
            /// # Safety
            /// As for `Kernels::panel`.
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            pub unsafe fn panel(p: &Panel<$scalar>) -> usize {
                let registers = p.rows / $rows;
                if registers == 0 || !suits(p) {
                    return 0;
                }
                let (blocks, base, extra) = row_blocks(registers, TILE);
                let mut row = 0;
                for block in 0..blocks {
                    let r = base + usize::from(block < extra);
                    let (a, c) = (p.a.wrapping_add(row * p.a_row), p.c.wrapping_add(row * p.c_row));
                    let part = Panel { a, c, ..*p };
                    // SAFETY: the rows of r registers from `row` on, of what the caller vouches for.
                    unsafe {
                        match r {
                            1 => tile::<1>(&part),
                            2 => tile::<2>(&part),
                            3 => tile::<3>(&part),
                            4 => tile::<4>(&part),
                            5 => tile::<5>(&part),
                            6 => tile::<6>(&part),
                            7 => tile::<7>(&part),
                            _ => tile::<8>(&part),
                        }
                    }
                    row += $rows * r;
                }
                row
            }

            /// # Safety
            /// As for `panel`, with the rows of R registers.
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            unsafe fn tile<const R: usize>(t: &Panel<$scalar>) {
                let mut sums = [$zero(); R];
                // SAFETY: the caller vouches for whole vectors of k rows of B.
                let column = |p: usize| $broadcast(unsafe { $load(t.b.add(p * t.b_step)) });
                if t.a_step == 1 {
                    for start in (0..t.k).step_by(NARROW) {
                        // The last steps, if no whole four, are met with some before them.
                        let p = start.min(t.k - NARROW);
                        let b = [column(p), column(p + 1), column(p + 2), column(p + 3)];
                        // SAFETY: p + 4 <= k, which `suits` has seen to be 4 at least.
                        unsafe { steps::<R>(t, p, &mut sums, b, start - p) };
                    }
                } else {
                    for p in 0..t.k {
                        let b = column(p);
                        for (i, sum) in sums.iter_mut().enumerate() {
                            let $entries = t.a.wrapping_add(p * t.a_step + $rows * i);
                            // SAFETY: the contiguous entries of A of one register.
                            *sum = $fma(unsafe { $spread }, b, *sum);
                        }
                    }
                }
                let (alpha, beta) = ($set(t.alpha), $set(t.beta));
                let mask = ((1u16 << t.width) - 1) as u8;
                for (i, &sum) in sums.iter().enumerate() {
                    let rows = [$extract::<0>(sum), $($extract::<$row>(sum)),+];
                    for (j, &row) in rows.iter().enumerate() {
                        let c = t.c.wrapping_add(($rows * i + j) * t.c_row);
                        let mut x = $times(alpha, row);
                        // SAFETY: `width` contiguous entries of the rows of C of R registers.
                        unsafe {
                            if t.beta != 0.0 {
                                x = $part_fma(beta, $masked(mask, c), x);
                            }
                            $store(c, mask, x);
                        }
                    }
                }
            }

            /// Four steps along k, of which the first `skip` were made before.
            ///
            /// # Safety
            /// As for `tile`; p + 4 <= k.
            #[inline]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            unsafe fn steps<const R: usize>(
                t: &Panel<$scalar>,
                p: usize,
                sums: &mut [$whole; R],
                b: [$whole; NARROW],
                skip: usize,
            ) {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let a = t.a.wrapping_add($rows * i * t.a_row + p);
                    // SAFETY: four entries from p on of the rows of R registers of A.
                    let row = |j: usize| unsafe { $load(a.add(j * t.a_row)) };
                    let x = $broadcast(row(0));
                    $(let x = $merge(x, $lanes, row($row));)+
                    if skip == 0 {
                        *sum = $fma($permute::<0x00>(x), b[0], *sum);
                    }
                    if skip <= 1 {
                        *sum = $fma($permute::<0x55>(x), b[1], *sum);
                    }
                    if skip <= 2 {
                        *sum = $fma($permute::<0xaa>(x), b[2], *sum);
                    }
                    *sum = $fma($permute::<0xff>(x), b[3], *sum);
                }
            }
        }
    };
}

narrow_columns! {
    four_rows, f32, rows 4, whole __m512, zero _mm512_setzero_ps, fma _mm512_fmadd_ps,
    part [_mm_loadu_ps, _mm_mask_storeu_ps, _mm_maskz_loadu_ps, _mm_set1_ps, _mm_mul_ps, _mm_fmadd_ps],
    broadcast _mm512_broadcast_f32x4, merge _mm512_mask_broadcast_f32x4 [1 at 0x00f0, 2 at 0x0f00, 3 at 0xf000],
    permute _mm512_permute_ps, extract _mm512_extractf32x4_ps,
    spread |a| _mm512_permutevar_ps(
        _mm512_broadcast_f32x4(_mm_loadu_ps(a)),
        _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3),
    )
}
narrow_columns! {
    two_rows, f64, rows 2, whole __m512d, zero _mm512_setzero_pd, fma _mm512_fmadd_pd,
    part [_mm256_loadu_pd, _mm256_mask_storeu_pd, _mm256_maskz_loadu_pd, _mm256_set1_pd, _mm256_mul_pd, _mm256_fmadd_pd],
    broadcast _mm512_broadcast_f64x4, merge _mm512_mask_broadcast_f64x4 [1 at 0xf0],
    permute _mm512_permutex_pd, extract _mm512_extractf64x4_pd,
    spread |a| _mm512_permutevar_pd(
        _mm512_broadcast_f64x2(_mm_loadu_pd(a)),
        _mm512_setr_epi64(0, 0, 0, 0, 2, 2, 2, 2),
    )
}
