//! Divide and conquer for the singular vectors of a bidiagonal matrix (Gu and Eisenstat, 1995): nearly
//! all of the work is matrix products.

use super::bidiagonal_qr::{implicit_qr, plane_rotation};
use super::bordered_diagonal::BorderedDiagonal;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::max_abs;
use crate::linalg::Matrix;
use crate::linalg::halves::{Active, Grouped, Part, Support, deflate, solve_both};
use crate::linalg::places::sort_places;
use crate::linalg::scaling::power_of_two_scale;

/// Matrices up to this order go to the QR iteration.
const BASE: usize = 32;

/// The singular values of the upper bidiagonal matrix `B` with this diagonal `[n]`, descending, in place of it,
/// and the rows `Uᵀ` and `Vᵀ` `[n, n]` with `B = U diag(σ) Vᵀ`; `off_diagonal` is used up.
pub(crate) fn divide_and_conquer<T: Scalar>(
    diagonal: &mut [T],
    off_diagonal: &mut [T],
) -> Result<(Matrix<T>, Matrix<T>), Error> {
    let n = diagonal.len();
    let (mut u, mut v) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    conquer(diagonal, off_diagonal, Part::whole(&mut u), Part::whole(&mut v))?;
    Ok((u, v))
}

/// `B` is square, or has a column more than rows if `e` is as long as `d`; `v` has a row per column, the
/// last of which then becomes the null vector of `B`.
fn conquer<T: Scalar>(d: &mut [T], e: &mut [T], mut u: Part<'_, T>, mut v: Part<'_, T>) -> Result<(), Error> {
    let n = d.len();
    if n <= BASE {
        return solve_directly(d, e, &mut u, &mut v);
    }
    // Row `cut` joins a block with one column more than rows, and the rest.
    let cut = n / 2;
    let (d1, d2) = d.split_at_mut(cut);
    let (e1, e2) = e.split_at_mut(cut);
    let ((middle, d2), (beside, e2)) = (d2.split_at_mut(1), e2.split_at_mut(1));
    u.row_mut(cut, cut..cut + 1)[0] = T::one();
    let ((u1, u2), (v1, v2)) = (u.split(cut, 1, cut + 1), v.split(cut + 1, 0, cut + 1));
    solve_both(n, || conquer(d1, e1, u1, v1), || conquer(d2, e2, u2, v2))?;
    let (alpha, beta) = (middle[0], beside[0]);
    let wide = e.len() == n;
    merge(d, (alpha, beta), cut, u, v, wide)
}

fn solve_directly<T: Scalar>(d: &mut [T], e: &mut [T], u: &mut Part<'_, T>, v: &mut Part<'_, T>) -> Result<(), Error> {
    let n = d.len();
    let columns = n + usize::from(e.len() == n && n > 0);
    let (mut left, mut right) = (Matrix::identity(n), Matrix::identity(columns));
    if columns > n {
        // The last column is turned into the others, from the bottom up.
        let mut spilled = e[n - 1];
        for i in (0..n).rev() {
            let (c, s, r) = plane_rotation(d[i], spilled);
            d[i] = r;
            right.rotate_rows(i, n, c, s);
            if i > 0 {
                spilled = -s * e[i - 1];
                e[i - 1] *= c;
            }
        }
    }
    implicit_qr(d, &mut e[..n.saturating_sub(1)], &mut left, &mut right)?;
    u.copy_from(&left);
    v.copy_from(&right);
    Ok(())
}

/// From the singular vectors of the two halves to those of the whole, joined by row `cut` with the
/// entries `alpha` and `beta`.
fn merge<T: Scalar>(
    d: &mut [T],
    (alpha, beta): (T, T),
    cut: usize,
    mut u: Part<'_, T>,
    mut v: Part<'_, T>,
    wide: bool,
) -> Result<(), Error> {
    let n = d.len();
    let columns = n + usize::from(wide);
    // Parts of a graded matrix may be tiny: the secular equation is solved in units of this one.
    d[cut] = T::zero();
    let largest = max_abs(d).max(alpha.abs()).max(beta.abs());
    if largest == T::zero() {
        return Ok(());
    }
    let scale = power_of_two_scale(largest);
    d.iter_mut().for_each(|x| *x *= scale);
    let (alpha, beta) = (alpha * scale, beta * scale);
    let tolerance = T::of(8.0) * T::EPSILON * max_abs(d).max(alpha.abs()).max(beta.abs());

    // Row `cut` in the basis of the right vectors; the null vectors of both halves make one of the whole,
    // and one that takes its place.
    let mut z: Vec<T> = (0..columns)
        .map(|i| if i <= cut { alpha * v.row(i, cut..cut + 1)[0] } else { beta * v.row(i, cut + 1..cut + 2)[0] })
        .collect();
    if wide && z[cut].hypot(z[n]) > tolerance {
        let (c, s, r) = plane_rotation(z[cut], z[n]);
        v.rotate(cut, n, c, s, columns);
        z[cut] = r;
    }
    if z[cut].abs() <= tolerance {
        z[cut] = tolerance;
    }
    let support = if wide { Support::Both } else { Support::First };
    let mut active = vec![Active { row: cut, pole: T::zero(), z: z[cut], support }];
    // A rotation of two values that agree moves the entry of z of one to the other.
    let join = |d: &mut [T], z: &mut [T], last: usize, next: usize| {
        let agree = d[next] - d[last] <= tolerance;
        if agree {
            let (c, s, r) = plane_rotation(z[next], -z[last]);
            z[next] = r;
            u.rotate(last, next, c, s, n);
            v.rotate(last, next, c, s, columns);
        }
        agree
    };
    let others = (0..n).filter(|&i| i != cut);
    let settled = deflate((&mut *d, &mut z, cut), others, |z| z <= tolerance, join, &mut active);
    // The pole of row `cut` is zero: the next has to differ.
    if let Some(second) = active.get_mut(1) {
        second.pole = second.pole.max(tolerance / T::of(2.0));
    }

    let k = active.len();
    let grouped = Grouped::new(&active);
    let poles: Vec<T> = active.iter().map(|a| a.pole).collect();
    let weights: Vec<T> = active.iter().map(|a| a.z).collect();
    let (mut left, mut right) = (vec![T::zero(); k * k], vec![T::zero(); k * k]);
    let roots = BorderedDiagonal { d: &poles, z: &weights }.solve(&grouped.place, &mut left, &mut right);

    let values: Vec<T> = roots.into_iter().chain(settled.iter().map(|&i| d[i])).collect();
    let mut order: Vec<usize> = (0..n).collect();
    sort_places(&mut order, &|a, b| values[b].partial_cmp(&values[a]).unwrap_or(std::cmp::Ordering::Equal));
    for (value, &from) in d.iter_mut().zip(&order) {
        *value = values[from] / scale;
    }
    let mut products = grouped.combine(&u, &left, 0..k, [0..cut, cut + 1..n], n)?;
    // Column `cut` holds but one entry, in row `cut`.
    for (product, secular) in products.chunks_exact_mut(n).zip(left.chunks_exact(k)) {
        product[cut] = secular[grouped.place[0]];
    }
    u.replace((&products, 0..k, k), &settled, (&order, 0..n), n);
    let products = grouped.combine(&v, &right, 0..k, [0..cut + 1, cut + 1..columns], columns)?;
    v.replace((&products, 0..k, k), &settled, (&order, 0..n), columns);
    Ok(())
}
