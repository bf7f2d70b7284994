//! A sum of products as a chain of matrices of one-dimensional operators (Schollwöck, 2011).

use std::collections::BTreeMap;

use super::separable::SeparableSum;
use crate::Result;
use crate::linalg::{Matrix, PivotedQr, Triangular};

/// One link of the chain: on the bonds w before and w′ behind, Σ c F over its entries.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub before: usize,
    pub behind: usize,
    /// (w, w′, c, place of F; `None` is the identity).
    pub entries: Vec<(usize, usize, f64, Option<usize>)>,
}

/// What is below this share of the largest coefficient of a cut is taken as dependent.
const DEPENDENT: f64 = 1e-14;

/// The chain with the fewest bonds: at each cut the coefficients of left and right products are a matrix, and its rank is
/// the number of bonds. Of its columns as many are kept as are independent, so that the entries stay the coefficients
/// themselves.
pub(super) fn links(h: &SeparableSum) -> Result<Vec<Link>> {
    let d = h.dimension();
    // The factor of each term on each coordinate, and the number of what follows from there on.
    let mut rows = vec![vec![None; d]; h.terms.len()];
    for (row, term) in rows.iter_mut().zip(&h.terms) {
        term.factors.iter().for_each(|&(coordinate, place)| row[coordinate] = Some(place));
    }
    let mut tails: Vec<Vec<(Option<usize>, usize)>> = vec![Vec::new(); d];
    let mut behind = vec![0; h.terms.len()];
    for site in (0..d).rev() {
        let mut numbers = BTreeMap::new();
        for (row, tail) in rows.iter().zip(&mut behind) {
            let next = (row[site], *tail);
            let count = numbers.len();
            *tail = *numbers.entry(next).or_insert(count);
            if *tail == count {
                tails[site].push(next);
            }
        }
    }
    let mut coefficients = Matrix::zeros(1, tails[0].len());
    for (term, &tail) in h.terms.iter().zip(&behind) {
        coefficients[(0, tail)] += term.coefficient;
    }
    let mut links = Vec::with_capacity(d);
    for (site, tails_here) in tails.iter().enumerate() {
        let before = coefficients.rows();
        let mut factors: Vec<Option<usize>> = tails_here.iter().map(|&(factor, _)| factor).collect();
        factors.sort_unstable();
        factors.dedup();
        let columns = tails.get(site + 1).map_or(1, Vec::len);
        let mut cut = Matrix::zeros(before * factors.len(), columns);
        for (tail, &(factor, next)) in tails_here.iter().enumerate() {
            let place = factors.partition_point(|&f| f < factor);
            for w in 0..before {
                cut[(w * factors.len() + place, next)] += coefficients[(w, tail)];
            }
        }
        let (kept, rest) = skeleton(&cut)?;
        let mut entries = Vec::new();
        for (row, (bond, &column)) in (0..cut.rows()).flat_map(|row| kept.iter().enumerate().map(move |k| (row, k))) {
            if cut[(row, column)] != 0.0 {
                entries.push((row / factors.len(), bond, cut[(row, column)], factors[row % factors.len()]));
            }
        }
        links.push(Link { before, behind: kept.len(), entries });
        coefficients = rest;
    }
    Ok(links)
}

/// Columns J of a matrix and X with A = A[:, J] X; one at least.
fn skeleton(a: &Matrix<f64>) -> Result<(Vec<usize>, Matrix<f64>)> {
    let qr = PivotedQr::factor(a)?;
    let rank = qr.rank(DEPENDENT).max(1);
    let (order, r) = (qr.permutation(), qr.r());
    let mut x = Matrix::zeros(rank, a.cols());
    (0..rank).for_each(|j| x[(j, order[j])] = 1.0);
    if a.cols() > rank && r[(0, 0)] != 0.0 {
        let rest = Triangular::upper().solve(&r.submatrix(0..rank, 0..rank), &r.submatrix(0..rank, rank..a.cols()))?;
        for (j, &column) in order[rank..].iter().enumerate() {
            (0..rank).for_each(|i| x[(i, column)] = rest[(i, j)]);
        }
    }
    Ok((order[..rank].to_vec(), x))
}
