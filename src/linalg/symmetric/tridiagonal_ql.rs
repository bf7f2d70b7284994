//! Eigenvalues of a symmetric tridiagonal matrix by the QL iteration: implicit shifts where vectors are wanted
//! (Dubrulle, Martin and Wilkinson, 1968), and the square-root-free form of Pal, Walker and Kahan for values alone.

use crate::Scalar;
use crate::error::Error;
use crate::kernels::rotations::rotate_chain;
use crate::linalg::Matrix;
use crate::linalg::scaling::power_of_two_scale;

/// Sweeps per eigenvalue before giving up; two or three are usual.
const MAX_SWEEPS: usize = 60;
/// Sweeps per eigenvalue after which what is negligible beside its rows counts as such beside whatever diagonal.
const PATIENT_SWEEPS: usize = 30;

/// Diagonalises the tridiagonal matrix (`diagonal` `[n]`, `off_diagonal` `[n − 1]`) in place: `diagonal` becomes its
/// eigenvalues, ascending, and row `j` of `vectors` `[n, m]` becomes `Σ_i Z_ij · (row i of vectors)`, where column `j`
/// of `Z` is the eigenvector of value `j`. Start from the identity to get `Zᵀ`.
pub(crate) fn implicit_ql<T: Scalar>(
    diagonal: &mut [T],
    off_diagonal: &mut [T],
    vectors: &mut Matrix<T>,
) -> Result<(), Error> {
    let n = diagonal.len();
    let mut rotations = Vec::with_capacity(n);
    let mut start = 0;
    while start < n {
        let end = unreduced_end(diagonal, off_diagonal, start, false);
        if descends(&diagonal[start..=end], &off_diagonal[start..end]) {
            diagonal[start..=end].reverse();
            off_diagonal[start..end].reverse();
            for (i, j) in (start..=end).zip((start..=end).rev()).take_while(|(i, j)| i < j) {
                vectors.swap_rows(i, j);
            }
        }
        let mut sweeps = 0;
        let mut l = start;
        while l <= end {
            let tired = sweeps > PATIENT_SWEEPS * (end - start + 1);
            let m = unreduced_end(&diagonal[..=end], &off_diagonal[..end], l, tired);
            if m == l {
                l += 1;
                continue;
            }
            sweeps += 1;
            if sweeps > MAX_SWEEPS * (end - start + 1) {
                return Err(no_convergence("implicit QL", sweeps));
            }
            ql_sweep(diagonal, off_diagonal, l, m, &mut rotations);
            let cols = vectors.cols();
            rotate_chain(&mut vectors.as_mut_slice()[l * cols..(m + 1) * cols], cols, &rotations);
        }
        start = end + 1;
    }
    sort_rows(diagonal, vectors);
    Ok(())
}

/// One implicit QL step with Wilkinson's shift on rows `l..=m`; its rotations, that of rows `l` and `l + 1` first.
fn ql_sweep<T: Scalar>(d: &mut [T], e: &mut [T], l: usize, m: usize, rotations: &mut Vec<(T, T)>) {
    rotations.clear();
    let two = T::of(2.0);
    let ratio = (d[l + 1] - d[l]) / (two * e[l]);
    let mut g = d[m] - d[l] + e[l] / (ratio + ratio.hypot(T::one()).copysign(ratio));
    let (mut s, mut c, mut p) = (T::one(), T::one(), T::zero());
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r;
        (c, s, r) = plane_rotation(g, f);
        if i + 1 != m {
            e[i + 1] = r;
        }
        g = d[i + 1] - p;
        let r = (d[i] - g) * s + two * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotations.push((c, s));
    }
    rotations.reverse();
    d[l] -= p;
    e[l] = g;
}

/// `(c, s, r)` with `c g + s f = r`, `c f = s g` and `c² + s² = 1`, also for subnormal arguments.
fn plane_rotation<T: Scalar>(g: T, f: T) -> (T, T, T) {
    let squares = g * g + f * f;
    if squares > T::min_positive_value() / (T::EPSILON * T::EPSILON) && squares < T::max_value() {
        let r = squares.sqrt();
        let inverse = r.recip();
        return (g * inverse, f * inverse, r);
    }
    let r = g.hypot(f);
    if r > T::min_positive_value() / T::EPSILON {
        return (g / r, f / r, r);
    }
    if r == T::zero() {
        return (T::one(), T::zero(), r);
    }
    // Subnormal numbers have few digits: what they stand for is turned in full precision.
    let scale = power_of_two_scale(r);
    let (g, f) = (g * scale, f * scale);
    let r = g.hypot(f);
    (g / r, f / r, r / scale)
}

/// The eigenvalues alone, ascending, in place of `diagonal`; `off_diagonal` is used up.
pub(crate) fn eigenvalues<T: Scalar>(diagonal: &mut [T], off_diagonal: &mut [T]) -> Result<(), Error> {
    let n = diagonal.len();
    let mut start = 0;
    while start < n {
        let end = unreduced_end(diagonal, off_diagonal, start, false);
        let (d, e) = (&mut diagonal[start..=end], &mut off_diagonal[start..end]);
        // The iteration works with squares: bring the block to unit size, exactly.
        let scale = power_of_two_scale(d.iter().chain(e.iter()).fold(T::zero(), |m, v| m.max(v.abs())));
        if descends(d, e) {
            d.reverse();
            e.reverse();
        }
        d.iter_mut().for_each(|v| *v *= scale);
        e.iter_mut().for_each(|v| *v = (*v * scale) * (*v * scale));
        pal_walker_kahan(d, e)?;
        d.iter_mut().for_each(|v| *v /= scale);
        start = end + 1;
    }
    diagonal.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    Ok(())
}

/// QL on one unreduced block; `e` holds the squares of the off-diagonal.
fn pal_walker_kahan<T: Scalar>(d: &mut [T], e: &mut [T]) -> Result<(), Error> {
    let n = d.len();
    let (one, two) = (T::one(), T::of(2.0));
    let tolerance = T::EPSILON * T::EPSILON * T::of(0.25);
    let mut sweeps = 0;
    let mut l = 0;
    while l < n {
        let tired = sweeps > PATIENT_SWEEPS * n;
        let negligible = |i: usize| {
            let beside = (d[i] * d[i + 1]).abs();
            e[i] <= tolerance * beside
                || e[i] < T::min_positive_value()
                || tired && e[i] <= tolerance * beside_rows(i, l, |i| d[i] * d[i], |i| e.get(i).copied())
        };
        let m = (l..n - 1).find(|&i| negligible(i)).unwrap_or(n - 1);
        if m == l {
            l += 1;
            continue;
        }
        sweeps += 1;
        if sweeps > MAX_SWEEPS * n {
            return Err(no_convergence("Pal-Walker-Kahan QL", sweeps));
        }
        let root = e[l].sqrt();
        let ratio = (d[l + 1] - d[l]) / (two * root);
        let shift = d[l] - root / (ratio + ratio.hypot(one).copysign(ratio));
        let (mut c, mut s) = (one, T::zero());
        let mut gamma = d[m] - shift;
        let mut p = gamma * gamma;
        for i in (l..m).rev() {
            let square = e[i];
            let r = p + square;
            if i + 1 != m {
                e[i + 1] = s * r;
            }
            let old_c = c;
            (c, s) = if r == T::zero() { (one, T::zero()) } else { (p / r, square / r) };
            let old_gamma = gamma;
            gamma = c * (d[i] - shift) - s * old_gamma;
            d[i + 1] = old_gamma + (d[i] - gamma);
            p = if c == T::zero() { old_c * square } else { gamma * gamma / c };
        }
        e[l] = s * p;
        d[l] = shift + gamma;
    }
    Ok(())
}

/// Whether a block begins with its large entries: QL finds the eigenvalues of a graded matrix accurately, and at all, if
/// the small ones come first. A diagonal may vanish where its row does not.
fn descends<T: Scalar>(d: &[T], e: &[T]) -> bool {
    let size = |d: &T, e: Option<&T>| e.map_or(d.abs(), |e| d.abs().max(e.abs()));
    size(&d[d.len() - 1], e.last()) < size(&d[0], e.first())
}

/// The last row of the unreduced block that begins at row `start`; the off-diagonal entry that
/// ends it is negligible beside its diagonal neighbours. Where they vanish it never is: once the iteration is `tired`, it
/// may be so beside the other entries of its rows, which is still rounding of the matrix.
fn unreduced_end<T: Scalar>(d: &[T], e: &[T], start: usize, tired: bool) -> usize {
    let half = T::EPSILON * T::of(0.5);
    (start..e.len())
        .find(|&i| {
            let (magnitude, above, below) = (e[i].abs(), d[i].abs(), d[i + 1].abs());
            // The larger neighbour bounds their geometric mean: the roots are for the few that pass.
            (magnitude <= half * above.max(below) && magnitude <= half * above.sqrt() * below.sqrt())
                || magnitude < T::min_positive_value()
                || tired && magnitude <= half * beside_rows(i, start, |i| d[i].abs(), |i| e.get(i).map(|e| e.abs()))
        })
        .unwrap_or(d.len() - 1)
}

/// The largest entry in rows i and i + 1 but for what ties them, in a block that begins at `start`.
fn beside_rows<T: Scalar>(i: usize, start: usize, d: impl Fn(usize) -> T, e: impl Fn(usize) -> Option<T>) -> T {
    let before = if i > start { e(i - 1) } else { None };
    [before, e(i + 1)].into_iter().flatten().fold(d(i).max(d(i + 1)), |most, e| most.max(e))
}

fn no_convergence(method: &'static str, iterations: usize) -> Error {
    let reason = "an off-diagonal entry did not vanish; try the Jacobi method, or scale the matrix".to_string();
    Error::NoConvergence { method, iterations, reason }
}

/// Sorts the values ascending and the rows of `vectors` with them.
pub(crate) fn sort_rows<T: Scalar>(values: &mut [T], vectors: &mut Matrix<T>) {
    for i in 0..values.len() {
        let smallest = (i + 1..values.len()).fold(i, |best, j| if values[j] < values[best] { j } else { best });
        if smallest != i {
            values.swap(i, smallest);
            vectors.swap_rows(i, smallest);
        }
    }
}
