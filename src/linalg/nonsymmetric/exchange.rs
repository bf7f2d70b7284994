//! Exchanging neighbouring eigenvalues on the diagonal of a quasi-triangular matrix (Bai and Demmel, 1993).

use super::standard_block::{Reach, Rotation, standardize_at};
use crate::Scalar;
use crate::linalg::Matrix;
use crate::linalg::householder::reflector;

/// Exchanges the neighbouring diagonal blocks of orders `p` and `q` at row `i` of a quasi-triangular matrix; the rows
/// of `qt` take part. `false`, with nothing changed, if that would not be backward stable.
pub(super) fn exchange<T: Scalar>(t: &mut Matrix<T>, qt: &mut Matrix<T>, i: usize, p: usize, q: usize) -> bool {
    if p == 1 && q == 1 {
        exchange_simple(t, qt, i);
        return true;
    }
    let size = p + q;
    // T₁₁ X − X T₂₂ = γ T₁₂ for the block [[T₁₁, T₁₂], [0, T₂₂]].
    let local = t.submatrix(i..i + size, i..i + size);
    let (x, gamma) = sylvester(&local, p, q);
    // An orthogonal Z whose first q columns span those of [−X; γ I]: QR of them by reflections.
    let entry = |r: usize, j: usize| match r {
        _ if r < p => -x[r][j],
        _ if r == p + j => gamma,
        _ => T::zero(),
    };
    let mut columns: Vec<Vec<T>> = (0..q).map(|j| (0..size).map(|r| entry(r, j)).collect()).collect();
    let mut z = Matrix::identity(size);
    for j in 0..q {
        let mut v = columns[j].split_off(j);
        let (tau, _) = reflector(&mut v);
        for other in columns.iter_mut().skip(j + 1) {
            let s: T = v.iter().zip(&other[j..]).map(|(&a, &b)| a * b).sum();
            v.iter().zip(&mut other[j..]).for_each(|(&a, b)| *b -= tau * s * a);
        }
        // Z ← H Z: the rows of Z are the columns of H₀ H₁ …
        for c in 0..size {
            let s: T = v.iter().enumerate().map(|(r, &a)| a * z[(j + r, c)]).sum();
            v.iter().enumerate().for_each(|(r, &a)| z[(j + r, c)] -= tau * s * a);
        }
    }
    // Tentatively on the block alone: is what should vanish negligible?
    let swapped = product(&product(&z, &local), &z.transpose());
    let tolerance = T::of(10.0) * T::EPSILON * local.max_abs();
    let off = (q..size).flat_map(|r| (0..q).map(move |c| (r, c))).fold(T::zero(), |m, at| m.max(swapped[at].abs()));
    if off > tolerance || off.is_nan() {
        return false;
    }
    let (n, width) = (t.cols(), qt.cols());
    rotate_rows(&z, t.as_mut_slice(), n, i, i..n);
    rotate_columns(&z, t.as_mut_slice(), n, i, 0..i + size);
    rotate_rows(&z, qt.as_mut_slice(), width, i, 0..width);
    for r in q..size {
        t.row_mut(i + r)[i..i + q].fill(T::zero());
    }
    for (first, order) in [(i, q), (i + q, p)] {
        if order == 2 {
            standardize_at(t, qt, first, Reach { top: 0, right: n });
        }
    }
    true
}

fn exchange_simple<T: Scalar>(t: &mut Matrix<T>, qt: &mut Matrix<T>, i: usize) {
    let (first, second) = (t[(i, i)], t[(i + 1, i + 1)]);
    let reach = Reach { top: 0, right: t.cols() };
    Rotation::annihilating(t[(i, i + 1)], second - first).around(t, qt, i, reach);
    t[(i, i)] = second;
    t[(i + 1, i + 1)] = first;
}

fn product<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Matrix<T> {
    Matrix::from_fn(a.rows(), b.cols(), |i, j| (0..a.cols()).map(|l| a[(i, l)] * b[(l, j)]).sum())
}

/// `X` and `γ ≤ 1` with `T₁₁ X − X T₂₂ = γ T₁₂`, by Gaussian elimination with complete pivoting of the at most four
/// equations; pivots too small are raised to rounding level.
fn sylvester<T: Scalar>(t: &Matrix<T>, p: usize, q: usize) -> ([[T; 2]; 2], T) {
    let count = p * q;
    let mut system = [[T::zero(); 5]; 4];
    let delta = |a: usize, b: usize, v: T| if a == b { v } else { T::zero() };
    for (equation, row) in system.iter_mut().enumerate().take(count) {
        let (i, j) = (equation / q, equation % q);
        for (unknown, entry) in row.iter_mut().enumerate().take(count) {
            let (k, l) = (unknown / q, unknown % q);
            *entry = delta(j, l, t[(i, k)]) - delta(i, k, t[(p + l, p + j)]);
        }
        row[4] = t[(i, p + j)];
    }
    let smallest = (T::EPSILON * t.max_abs()).max(T::min_positive_value() / T::EPSILON);
    let mut order = [0, 1, 2, 3];
    for step in 0..count {
        let (mut best, mut at) = (T::zero(), (step, step));
        for (r, row) in system.iter().enumerate().take(count).skip(step) {
            for (c, entry) in row.iter().enumerate().take(count).skip(step) {
                if entry.abs() > best {
                    (best, at) = (entry.abs(), (r, c));
                }
            }
        }
        system.swap(step, at.0);
        if at.1 != step {
            system.iter_mut().for_each(|row| row.swap(step, at.1));
            order.swap(step, at.1);
        }
        if best < smallest {
            system[step][step] = smallest;
        }
        let pivot = system[step];
        for row in system.iter_mut().take(count).skip(step + 1) {
            let factor = row[step] / pivot[step];
            for c in step..5 {
                row[c] -= factor * pivot[c];
            }
        }
    }
    // Right-hand sides over pivots at least ε of the matrix: scale down what could overflow.
    let largest = (0..count).fold(T::zero(), |m, r| system[r][4].abs().max(m));
    let least = (0..count).fold(T::infinity(), |m, r| system[r][r].abs().min(m));
    let gamma = if largest > least { (least / largest).max(T::EPSILON) } else { T::one() };
    let mut solution = [T::zero(); 4];
    for r in (0..count).rev() {
        let known: T = (r + 1..count).map(|c| system[r][c] * solution[c]).sum();
        solution[r] = (gamma * system[r][4] - known) / system[r][r];
    }
    let mut x = [[T::zero(); 2]; 2];
    for (place, &unknown) in order.iter().enumerate().take(count) {
        x[unknown / q][unknown % q] = solution[place];
    }
    (x, gamma)
}

/// Rows `i..` of a row-major buffer times the small `z` from the left, in some columns.
fn rotate_rows<T: Scalar>(z: &Matrix<T>, data: &mut [T], stride: usize, i: usize, columns: std::ops::Range<usize>) {
    let size = z.rows();
    for j in columns {
        let old: [T; 4] = std::array::from_fn(|r| if r < size { data[(i + r) * stride + j] } else { T::zero() });
        for r in 0..size {
            data[(i + r) * stride + j] = z.row(r).iter().zip(&old).map(|(&a, &b)| a * b).sum();
        }
    }
}

/// Columns `j..` times `zᵀ` from the right, in some rows.
fn rotate_columns<T: Scalar>(z: &Matrix<T>, data: &mut [T], stride: usize, j: usize, rows: std::ops::Range<usize>) {
    let size = z.rows();
    for r in rows {
        let row = &mut data[r * stride + j..r * stride + j + size];
        let old: [T; 4] = std::array::from_fn(|c| if c < size { row[c] } else { T::zero() });
        for (c, out) in row.iter_mut().enumerate() {
            *out = z.row(c).iter().zip(&old).map(|(&a, &b)| a * b).sum();
        }
    }
}
