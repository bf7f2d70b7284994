//! Columns that fill a quarter of a vector or less: one register holds them for four rows.
//!
//! Of 20 columns of `f32` the last four would leave twelve of sixteen multipliers idle, at the cost of the sixteen before
//! them. Widths that are no multiples of a vector's are the rule in small networks: 20, 50, 100.

use std::arch::x86_64::*;

use super::kernel::{Panel, row_blocks};

/// Columns, and rows of a register.
const QUARTER: usize = 4;
/// Registers of a tile.
const TILE: usize = 8;

/// Whether [`quads`] computes the panel.
fn suits(p: &Panel<f32>) -> bool {
    p.width <= QUARTER && !p.a_packed && p.c_col == 1 && p.k >= QUARTER && (p.a_step == 1 || p.a_row == 1)
}

/// All rows but the last, fewer than four, or none where something else suits the panel better; returns how many.
///
/// # Safety
/// As for `Kernels::panel`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub unsafe fn quads(p: &Panel<f32>) -> usize {
    let rows = p.rows / QUARTER;
    if rows == 0 || !suits(p) {
        return 0;
    }
    let (blocks, base, extra) = row_blocks(rows, TILE);
    let mut row = 0;
    for block in 0..blocks {
        let r = base + usize::from(block < extra);
        let (a, c) = (p.a.wrapping_add(row * p.a_row), p.c.wrapping_add(row * p.c_row));
        let part = Panel { a, c, ..*p };
        // SAFETY: rows row .. row + 4 r of what the caller vouches for.
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
        row += QUARTER * r;
    }
    row
}

/// # Safety
/// As for `quads`, with 4 R rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn tile<const R: usize>(t: &Panel<f32>) {
    let mut sums = [_mm512_setzero_ps(); R];
    // SAFETY: the caller vouches for whole vectors of k rows of B.
    let column = |p: usize| _mm512_broadcast_f32x4(unsafe { _mm_loadu_ps(t.b.add(p * t.b_step)) });
    if t.a_step == 1 {
        for start in (0..t.k).step_by(QUARTER) {
            // The last steps, if no whole four, are met with some before them.
            let p = start.min(t.k - QUARTER);
            // SAFETY: p + 4 <= k, which `suits` has seen to be 4 at least.
            unsafe { steps::<R>(t, p, &mut sums, [column(p), column(p + 1), column(p + 2), column(p + 3)], start - p) };
        }
    } else {
        let spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
        for p in 0..t.k {
            let b = column(p);
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: 4 R contiguous rows of A.
                let x = _mm512_broadcast_f32x4(unsafe { _mm_loadu_ps(t.a.add(p * t.a_step + QUARTER * i)) });
                *sum = _mm512_fmadd_ps(_mm512_permutevar_ps(x, spread), b, *sum);
            }
        }
    }
    let (alpha, beta) = (_mm_set1_ps(t.alpha), _mm_set1_ps(t.beta));
    let mask = ((1u16 << t.width) - 1) as u8;
    for (i, &sum) in sums.iter().enumerate() {
        let rows = [
            _mm512_extractf32x4_ps::<0>(sum),
            _mm512_extractf32x4_ps::<1>(sum),
            _mm512_extractf32x4_ps::<2>(sum),
            _mm512_extractf32x4_ps::<3>(sum),
        ];
        for (j, &row) in rows.iter().enumerate() {
            let c = t.c.wrapping_add((QUARTER * i + j) * t.c_row);
            let mut x = _mm_mul_ps(alpha, row);
            // SAFETY: `width` contiguous entries of 4 R rows of C.
            unsafe {
                if t.beta != 0.0 {
                    x = _mm_fmadd_ps(beta, _mm_maskz_loadu_ps(mask, c), x);
                }
                _mm_mask_storeu_ps(c, mask, x);
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
unsafe fn steps<const R: usize>(t: &Panel<f32>, p: usize, sums: &mut [__m512; R], b: [__m512; 4], skip: usize) {
    for (i, sum) in sums.iter_mut().enumerate() {
        let a = t.a.wrapping_add(QUARTER * i * t.a_row + p);
        // SAFETY: four entries from p on of 4 R rows of A.
        let row = |j: usize| unsafe { _mm_loadu_ps(a.add(j * t.a_row)) };
        let x = _mm512_broadcast_f32x4(row(0));
        let x = _mm512_mask_broadcast_f32x4(x, 0x00f0, row(1));
        let x = _mm512_mask_broadcast_f32x4(x, 0x0f00, row(2));
        let x = _mm512_mask_broadcast_f32x4(x, 0xf000, row(3));
        if skip == 0 {
            *sum = _mm512_fmadd_ps(_mm512_permute_ps::<0x00>(x), b[0], *sum);
        }
        if skip <= 1 {
            *sum = _mm512_fmadd_ps(_mm512_permute_ps::<0x55>(x), b[1], *sum);
        }
        if skip <= 2 {
            *sum = _mm512_fmadd_ps(_mm512_permute_ps::<0xaa>(x), b[2], *sum);
        }
        *sum = _mm512_fmadd_ps(_mm512_permute_ps::<0xff>(x), b[3], *sum);
    }
}
