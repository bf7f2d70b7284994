//! A sweep of the QR algorithm with many shifts: a chain of small bulges is chased down the diagonal (Braman, Byers and
//! Mathias, 2002). Reflections are found in a window that follows the chain, and applied to the rest of the matrix
//! strip by strip, each of which stays in the first cache meanwhile (Van Zee, van de Geijn and Quintana-Ortí, 2014).

use std::ops::Range;

use rayon::prelude::*;

use super::francis::{first_column, reflection_of};
use super::standard_block::Reach;
use crate::Scalar;
use crate::kernels::reflections::{LANES, Reflection, reflect_columns, reflect_rows};
use crate::linalg::{Complex, Matrix};

/// Rows from one bulge to the next.
const SPACING: usize = 3;
/// How far the chain moves in a window, in units of its own length.
const ADVANCE: usize = 2;
/// Columns (or rows) that reflections are applied to at once.
const STRIP: usize = 32;

/// The reflections of one bulge in a window.
#[derive(Debug)]
struct Chain<T> {
    /// The first row it acts on, within the window.
    row: usize,
    reflections: Vec<Reflection<T>>,
    /// How many rows it acts on.
    rows: usize,
}

/// One sweep over an unreduced block of a Hessenberg matrix, with a bulge for every pair of shifts.
pub(super) fn sweep<T: Scalar>(
    h: &mut Matrix<T>,
    qt: &mut Matrix<T>,
    active: Range<usize>,
    reach: Reach,
    shifts: &[[Complex<T>; 2]],
) {
    let (start, end) = (active.start, active.end);
    let count = shifts.len();
    if count == 0 || end < start + 3 {
        return;
    }
    // Where the next reflection of each bulge goes.
    let mut next = vec![start; count];
    let length = SPACING * count + 1;
    let mut top = start;
    while next[count - 1] < end - 1 {
        let window = top..(top + length + ADVANCE * length).min(end);
        // Columns more than there are, as zeros: the kernels' loops come out even.
        let size = window.len();
        let mut local = Matrix::zeros(size, size.next_multiple_of(LANES));
        for i in 0..size {
            local.row_mut(i)[..size].copy_from_slice(&h.row(top + i)[window.clone()]);
        }
        let chains = chase(&mut local, &window, &active, shifts, &mut next);
        for (i, row) in local.row_iter().enumerate() {
            h.row_mut(top + i)[window.clone()].copy_from_slice(&row[..size]);
        }
        apply(h, qt, &chains, window.clone(), reach);
        if window.end == end {
            break;
        }
        // The last bulge begins a column before its next reflection.
        top = next[count - 1] - 1;
    }
}

/// Moves every bulge as far as the window allows, the foremost first.
fn chase<T: Scalar>(
    h: &mut Matrix<T>,
    window: &Range<usize>,
    active: &Range<usize>,
    shifts: &[[Complex<T>; 2]],
    next: &mut [usize],
) -> Vec<Chain<T>> {
    let (size, stride) = (window.len(), h.cols());
    let is_last = window.end == active.end;
    let mut chains = Vec::with_capacity(shifts.len());
    // A reflection of rows k, k + 1, k + 2 fills row k + 3.
    let mut limit = if is_last { size - 1 } else { size - 3 };
    for (bulge, pair) in shifts.iter().enumerate() {
        let from = next[bulge] - window.start;
        let mut reflections = Vec::with_capacity(limit.saturating_sub(from));
        for k in from..limit {
            let rows = (size - k).min(3);
            let introduced = k + window.start > active.start;
            let v = match (introduced, rows) {
                (false, _) => first_column(h, k, *pair),
                (true, 3) => [h[(k, k - 1)], h[(k + 1, k - 1)], h[(k + 2, k - 1)]],
                _ => [h[(k, k - 1)], h[(k + 1, k - 1)], T::zero()],
            };
            let (reflection, beta) = reflection_of(v);
            // Rows k on are zero left of column k − 1.
            let even = k / LANES * LANES;
            reflect_rows(&[reflection], &mut h.as_mut_slice()[k * stride..], rows, stride, even..stride);
            if introduced {
                h[(k, k - 1)] = beta;
                (k + 1..k + rows).for_each(|r| h[(r, k - 1)] = T::zero());
            }
            reflect_columns(reflection, h.as_mut_slice(), stride, 0..(k + 4).min(size), k..k + rows);
            reflections.push(reflection);
        }
        let to = from + reflections.len();
        next[bulge] = window.start + to;
        chains.push(Chain { row: from, rows: (to + 2).min(size) - from, reflections });
        if !is_last {
            limit = limit.saturating_sub(SPACING);
        }
    }
    chains
}

/// A piece of the matrix outside the window.
enum Piece<'a, T> {
    /// Some columns, row by row, of the window's rows.
    Columns(Vec<&'a mut [T]>),
    /// Some rows, in full.
    Rows(&'a mut [T]),
}

/// Applies the reflections of a window to everything outside it.
fn apply<T: Scalar>(h: &mut Matrix<T>, qt: &mut Matrix<T>, chains: &[Chain<T>], window: Range<usize>, reach: Reach) {
    let (n, width) = (h.cols(), qt.cols());
    let (above, rows) = h.as_mut_slice().split_at_mut(window.start * n);
    let mut pieces: Vec<Piece<'_, T>> = above[reach.top * n..].chunks_mut(STRIP * n).map(Piece::Rows).collect();
    pieces.extend(columns(&mut rows[..window.len() * n], n, window.end..reach.right));
    if width > 0 {
        let rows = &mut qt.as_mut_slice()[window.start * width..window.end * width];
        pieces.extend(columns(rows, width, 0..width));
    }
    let size = window.len();
    pieces.into_par_iter().for_each_init(
        || vec![T::zero(); size * STRIP],
        |buffer, piece| match piece {
            Piece::Columns(mut rows) => {
                for (held, row) in buffer.chunks_exact_mut(STRIP).zip(&rows) {
                    held[..row.len()].copy_from_slice(row);
                }
                let width = rows.first().map_or(0, |row| row.len());
                reflect(chains, buffer);
                for (held, row) in buffer.chunks_exact(STRIP).zip(&mut rows) {
                    row.copy_from_slice(&held[..width]);
                }
            }
            Piece::Rows(rows) => {
                for (i, row) in rows.chunks_exact(n).enumerate() {
                    for (held, &v) in buffer.chunks_exact_mut(STRIP).zip(&row[window.clone()]) {
                        held[i] = v;
                    }
                }
                reflect(chains, buffer);
                for (i, row) in rows.chunks_exact_mut(n).enumerate() {
                    for (held, v) in buffer.chunks_exact(STRIP).zip(&mut row[window.clone()]) {
                        *v = held[i];
                    }
                }
            }
        },
    );
}

/// Strips of some columns of a row-major buffer.
fn columns<T>(rows: &mut [T], stride: usize, columns: Range<usize>) -> impl Iterator<Item = Piece<'_, T>> {
    let count = columns.len().div_ceil(STRIP);
    let height = rows.len() / stride;
    let mut strips: Vec<Vec<&mut [T]>> = (0..count).map(|_| Vec::with_capacity(height)).collect();
    for row in rows.chunks_exact_mut(stride) {
        for (strip, part) in strips.iter_mut().zip(row[columns.clone()].chunks_mut(STRIP)) {
            strip.push(part);
        }
    }
    strips.into_iter().map(Piece::Columns)
}

/// Whatever the buffer holds beyond the piece is reflected with it.
fn reflect<T: Scalar>(chains: &[Chain<T>], buffer: &mut [T]) {
    for chain in chains {
        reflect_rows(&chain.reflections, &mut buffer[chain.row * STRIP..], chain.rows, STRIP, 0..STRIP);
    }
}
