//! Divide and conquer for the symmetric tridiagonal eigenproblem (Cuppen, 1981), with deflation
//! (Dongarra and Sorensen, 1987): nearly all of the work is matrix products.

use std::ops::Range;

use super::rank_one_update::RankOneUpdate;
use super::tridiagonal_ql::implicit_ql;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::max_abs;
use crate::linalg::Matrix;
use crate::linalg::halves::{Grouped, Part, deflate, solve_both};
use crate::linalg::places::sort_places;
use crate::linalg::scaling::power_of_two_scale;

/// Matrices up to this order go to the QL iteration.
const BASE: usize = 32;

/// The eigenvalues of a tridiagonal matrix, all, ascending, in place of `diagonal`, and the
/// eigenvectors of those in `wanted` as rows, `[wanted.len(), n]`; `off_diagonal` is used up.
pub(crate) fn divide_and_conquer<T: Scalar>(
    diagonal: &mut [T],
    off_diagonal: &mut [T],
    wanted: Range<usize>,
) -> Result<Matrix<T>, Error> {
    let n = diagonal.len();
    let mut vectors = Matrix::zeros(n, n);
    conquer(diagonal, off_diagonal, Part::whole(&mut vectors), wanted.clone())?;
    let mut data = vectors.into_vec();
    data.truncate(wanted.end * n);
    data.drain(..wanted.start * n);
    Matrix::from_vec(wanted.len(), n, data)
}

fn conquer<T: Scalar>(d: &mut [T], e: &mut [T], mut part: Part<'_, T>, wanted: Range<usize>) -> Result<(), Error> {
    let n = d.len();
    if n <= BASE {
        let mut vectors = Matrix::identity(n);
        implicit_ql(d, e, &mut vectors)?;
        part.copy_from(&vectors);
        return Ok(());
    }
    // T = diag(T₁, T₂) + |β| u uᵀ, where u is ±1 at the two rows the cut separates.
    let cut = n / 2;
    let beta = e[cut - 1];
    d[cut - 1] -= beta.abs();
    d[cut] -= beta.abs();
    let (d1, d2) = d.split_at_mut(cut);
    let (e1, e2) = e.split_at_mut(cut - 1);
    let e2 = &mut e2[1..];
    let (part1, part2) = part.split(cut, 0, cut);
    solve_both(n, || conquer(d1, e1, part1, 0..cut), || conquer(d2, e2, part2, 0..n - cut))?;
    merge(d, beta, cut, part, wanted)
}

/// From the eigenpairs of the two halves to those of the whole.
fn merge<T: Scalar>(
    d: &mut [T],
    beta: T,
    cut: usize,
    mut part: Part<'_, T>,
    wanted: Range<usize>,
) -> Result<(), Error> {
    let n = d.len();
    // z = Zᵀ u, of norm √2; scaled to one.
    let root_half = T::of(0.5).sqrt();
    let sign = T::one().copysign(beta);
    let mut z: Vec<T> = (0..n)
        .map(|i| root_half * if i < cut { part.row(i, cut - 1..cut)[0] } else { sign * part.row(i, cut..cut + 1)[0] })
        .collect();
    // Parts of a graded matrix may be tiny: the secular equation is solved in units of this one.
    let scale = power_of_two_scale(max_abs(d).max(beta.abs()));
    d.iter_mut().for_each(|v| *v *= scale);
    let rho = T::of(2.0) * beta.abs() * scale;
    // A rotation of two eigenvalues that agree moves the entry of z of one to the other.
    let tolerance = T::of(8.0) * T::EPSILON * max_abs(d).max(rho * max_abs(&z));
    let join = |d: &mut [T], z: &mut [T], last: usize, next: usize| {
        let norm = z[next].hypot(z[last]);
        let (c, s) = (z[next] / norm, -z[last] / norm);
        let agree = ((d[next] - d[last]) * c * s).abs() <= tolerance;
        if agree {
            z[next] = norm;
            part.rotate(last, next, c, s, n);
            let (low, high) = (d[last], d[next]);
            d[last] = low * c * c + high * s * s;
            d[next] = low * s * s + high * c * c;
        }
        agree
    };
    let mut active = Vec::new();
    let mut settled = deflate((&mut *d, &mut z, cut), 0..n, |z| rho * z <= tolerance, join, &mut active);
    sort_places(&mut settled, &|a, b| d[a].partial_cmp(&d[b]).unwrap_or(std::cmp::Ordering::Equal));

    let k = active.len();
    let grouped = Grouped::new(&active);
    let poles: Vec<T> = active.iter().map(|a| a.pole).collect();
    let weights: Vec<T> = active.iter().map(|a| a.z).collect();
    let mut secular = vec![T::zero(); k * k];
    let roots = RankOneUpdate { poles: &poles, z: &weights, rho }.solve(&grouped.place, &mut secular);

    let values: Vec<T> = roots.into_iter().chain(settled.iter().map(|&i| d[i])).collect();
    let mut order: Vec<usize> = (0..n).collect();
    sort_places(&mut order, &|a, b| values[a].partial_cmp(&values[b]).unwrap_or(std::cmp::Ordering::Equal));
    for (value, &from) in d.iter_mut().zip(&order) {
        *value = values[from] / scale;
    }
    // The roots among the wanted are neighbours, as both lists ascend.
    let mut chosen = order[wanted.clone()].iter().copied().filter(|&i| i < k);
    let chosen = chosen.next().map_or(0..0, |from| from..chosen.next_back().unwrap_or(from) + 1);
    let products = grouped.combine(&part, &secular, chosen.clone(), [0..cut, cut..n], n)?;
    part.replace((&products, chosen, k), &settled, (&order, wanted), n);
    Ok(())
}
