//! Eigenvalues and eigenvectors of a dense square matrix that need not be symmetric.

use super::balance::{Balance, balance};
use super::hessenberg::{Hessenberg, hessenberg};
use super::quasi_triangular_eigenvectors::{left_eigenvectors, right_eigenvectors};
use super::schur::{quasi_triangularize, scaled};
use super::standard_block::quasi_triangular_values;
use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::linalg::block::{block, block_mut};
use crate::linalg::scaling::scale_of_squares;
use crate::linalg::strips::for_each_strip;
use crate::linalg::{Complex, ComplexMatrix, Matrix, checks};

/// Rows of the eigenvectors computed side by side, and columns computed at once.
const STRIP: usize = 64;

/// Scalings by balancing beyond which its eigenvectors are checked …
const SUSPICIOUS_SPREAD: f64 = 256.0;
/// … and their residual, in units of `ε ‖A‖`, beyond which those without it are computed as well.
const SUSPICIOUS_DEFECT: f64 = 64.0;

/// The eigenvalues λ of a square matrix with right eigenvectors `A v = λ v` and left ones `uᴴ A = λ uᴴ`.
#[derive(Debug, Clone, PartialEq)]
pub struct NonsymmetricEigen<T> {
    /// The eigenvalues `[n]` in no particular order; a complex one stands beside its conjugate, the positive imaginary
    /// part first.
    pub values: Vec<Complex<T>>,
    /// Right eigenvectors of Euclidean norm one, as columns: `[n, n]`; column `j` belongs to `values[j]`. Of a complex
    /// one the entry largest in modulus is real. `[n, 0]` if not asked for.
    pub right: ComplexMatrix<T>,
    /// Left eigenvectors, likewise.
    pub left: ComplexMatrix<T>,
}

/// What to compute of a nonsymmetric eigendecomposition.
///
/// ```
/// use eigennet::linalg::{Matrix, NonsymmetricOptions};
/// let a = Matrix::from_vec(2, 2, vec![6.0, 2.0, 3.0, 7.0])?;
/// let values = NonsymmetricOptions { right: false, ..Default::default() }.solve(&a)?.values;
/// let mut re: Vec<f64> = values.iter().map(|v| v.re).collect();
/// re.sort_by(f64::total_cmp);
/// assert!((re[0] - 4.0).abs() < 1e-14 && (re[1] - 9.0).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NonsymmetricOptions {
    /// Right eigenvectors (by default so).
    pub right: bool,
    /// Left eigenvectors (by default not).
    pub left: bool,
    /// Balancing (by default so). Without it, small entries that are mere rounding errors are not blown up.
    pub balance: bool,
}

impl Default for NonsymmetricOptions {
    fn default() -> Self {
        NonsymmetricOptions { right: true, left: false, balance: true }
    }
}

/// All eigenvalues, right and left eigenvectors of a square matrix.
///
/// The matrix is balanced, reduced to Hessenberg form by Householder reflections, and to real Schur form by implicitly
/// shifted QR sweeps (Francis, 1961; Braman, Byers and Mathias, 2002); the eigenvectors follow by back substitution.
/// The residual `‖A V − V Λ‖` is a small multiple of `n ε ‖A‖`. The eigenvalues themselves are as accurate as their
/// condition `‖u‖ ‖v‖ / |uᴴ v|` allows; of a defective matrix eigenvectors are parallel up to rounding.
/// [`NonsymmetricOptions`] leave out what is not needed.
///
/// ```
/// use eigennet::linalg::{Matrix, nonsymmetric_eigen};
/// let eigen = nonsymmetric_eigen(&Matrix::from_vec(2, 2, vec![3.0, 1.0, 0.0, 2.0])?)?;
/// for (j, value) in eigen.values.iter().enumerate() {
///     let v = eigen.right.column(j);
///     // The first row of A v = λ v.
///     assert!((v[0].scale(3.0_f64) + v[1] - *value * v[0]).abs() < 1e-14);
/// }
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if `a` is not square, [`Error::NonFinite`] if it holds NaN or an infinity,
/// [`Error::InvalidArgument`] if an eigenvalue overflows, [`Error::NoConvergence`] if the iteration fails.
#[inline(never)]
pub fn nonsymmetric_eigen<T: Scalar>(a: &Matrix<T>) -> Result<NonsymmetricEigen<T>, Error> {
    NonsymmetricOptions { left: true, ..NonsymmetricOptions::default() }.solve(a)
}

/// The eigenvalues of a square matrix, without vectors: a conjugate pair stands together, the positive imaginary part
/// first.
///
/// # Errors
/// As [`nonsymmetric_eigen`].
pub fn nonsymmetric_eigenvalues<T: Scalar>(a: &Matrix<T>) -> Result<Vec<Complex<T>>, Error> {
    Ok(NonsymmetricOptions { right: false, ..NonsymmetricOptions::default() }.solve(a)?.values)
}

impl NonsymmetricOptions {
    /// The parts of the eigendecomposition asked for.
    ///
    /// # Errors
    /// As [`nonsymmetric_eigen`].
    pub fn solve<T: Scalar>(self, a: &Matrix<T>) -> Result<NonsymmetricEigen<T>, Error> {
        checks::square("nonsymmetric_eigen", a)?;
        let n = a.rows();
        // Up, nothing is lost; down, small entries would be that balancing makes large: so only once it is done.
        let unit = scale_of_squares(a.max_abs()).max(T::one());
        let a = &a.scale(unit);
        let mut work = a.clone();
        let balanced = if self.balance { balance(&mut work) } else { Balance::none(n) };
        // The error of a vector grows with the spread of the scaling: rarely, it would have been better without.
        let suspicious = (self.right || self.left) && balanced.spread() > T::of(SUSPICIOUS_SPREAD);
        let mut found = self.decompose(&work, balanced)?;
        if suspicious {
            let defect = found.defect(a)?;
            if defect.is_nan() || defect > T::of(SUSPICIOUS_DEFECT) {
                let plain = self.decompose(a, Balance::none(n))?;
                if plain.defect(a)? < defect || defect.is_nan() {
                    found = plain;
                }
            }
        }
        found.values.iter_mut().for_each(|v| *v = Complex::new(v.re / unit, v.im / unit));
        if found.values.iter().all(|v| v.is_finite()) {
            return Ok(found);
        }
        let reason = format!("an eigenvalue overflows {}: scale the matrix down, by 1/{n} say", T::NAME);
        Err(Error::invalid("nonsymmetric_eigen", reason))
    }

    /// Of a matrix that has been balanced, in its units.
    fn decompose<T: Scalar>(self, a: &Matrix<T>, balanced: Balance<T>) -> Result<NonsymmetricEigen<T>, Error> {
        let n = a.rows();
        let active = balanced.active.clone();
        let (scaled, scale) = scaled(a);
        let Hessenberg { h: mut t, reflectors } = hessenberg(scaled, active.clone())?;
        let vectors = self.right || self.left;
        let mut qt = if vectors { reflectors.columns(n)?.transpose() } else { Matrix::zeros(n, 0) };
        quasi_triangularize(&mut t, &mut qt, active, vectors)?;
        let values = quasi_triangular_values(&t);
        let vectors = |wanted: bool, left: bool| {
            if !wanted {
                return Ok(ComplexMatrix::zeros(n, 0));
            }
            let x = if left { left_eigenvectors(&t, &values)? } else { right_eigenvectors(&t, &values)? };
            Ok::<_, Error>(normalized(&values, balanced.undo(&multiply(&qt, &x, left)?, left), left))
        };
        let (right, left) = (vectors(self.right, false)?, vectors(self.left, true)?);
        let values = values.iter().map(|v| Complex::new(v.re / scale, v.im / scale)).collect();
        Ok(NonsymmetricEigen { values, right, left })
    }
}

impl<T: Scalar> NonsymmetricEigen<T> {
    /// The largest residual `‖A v − λ v‖` and `‖Aᵀ u − conj(λ) u‖`, in units of `ε ‖A‖_F`.
    fn defect(&self, a: &Matrix<T>) -> Result<T, Error> {
        let (a, scale) = scaled(a);
        let mut worst = T::zero();
        for (vectors, left) in [(&self.right, false), (&self.left, true)] {
            if vectors.cols() == 0 {
                continue;
            }
            let product = |v: &Matrix<T>| if left { a.t_matmul(v) } else { a.matmul(v) };
            let (re, im) = (product(&vectors.re)?, product(&vectors.im)?);
            let mut squares = vec![T::zero(); self.values.len()];
            for i in 0..a.rows() {
                for (j, (sum, &value)) in squares.iter_mut().zip(&self.values).enumerate() {
                    let value = if left { value.conj() } else { value }.scale(scale);
                    let r = Complex::new(re[(i, j)], im[(i, j)]) - value * vectors.get(i, j);
                    *sum += r.re * r.re + r.im * r.im;
                }
            }
            worst = squares.into_iter().fold(worst, |m, v| if v > m * m || v.is_nan() { v.sqrt() } else { m });
        }
        Ok(worst / (T::EPSILON * a.frobenius_norm()))
    }
}

/// `Q X` for `Qᵀ` and an upper (or else lower) quasi-triangular `X`.
fn multiply<T: Scalar>(qt: &Matrix<T>, x: &Matrix<T>, lower: bool) -> Result<Matrix<T>, Error> {
    let n = x.rows();
    let mut out = Matrix::zeros(n, n);
    for_each_strip(out.as_mut_slice(), n, STRIP, &mut Packing::new(), |first, rows, packing| {
        let height = rows.len() / n;
        for start in (0..n).step_by(STRIP) {
            let columns = start..(start + STRIP).min(n);
            // One row more for a 2×2 block on the edge.
            let inner = if lower { start.saturating_sub(1)..n } else { 0..(columns.end + 1).min(n) };
            let q = block(qt.as_slice(), n, inner.clone(), first..first + height)?.transposed();
            let x = block(x.as_slice(), n, inner, columns.clone())?;
            gemm(T::one(), q, x, T::zero(), &mut block_mut(rows, n, 0..height, columns)?, packing);
        }
        Ok(())
    })?;
    Ok(out)
}

/// The vectors laid out by real and imaginary parts, each of norm one; conjugated if `conjugate`.
fn normalized<T: Scalar>(values: &[Complex<T>], packed: Matrix<T>, conjugate: bool) -> ComplexMatrix<T> {
    let n = packed.rows();
    // Row by row, for all columns side by side. Those of a pair share what is found of either.
    let both = |found: &mut [T], combine: fn(T, T) -> T| {
        for j in (1..n).filter(|&j| values[j].im < T::zero()) {
            let joint = combine(found[j - 1], found[j]);
            (found[j - 1], found[j]) = (joint, joint);
        }
    };
    let mut most = vec![T::zero(); n];
    for row in packed.row_iter() {
        most.iter_mut().zip(row).for_each(|(m, v)| *m = if *m > v.abs() { *m } else { v.abs() });
    }
    both(&mut most, T::max);
    // In units of the largest entry no square overflows.
    let mut squares = vec![T::zero(); n];
    for row in packed.row_iter() {
        for ((sum, &v), &m) in squares.iter_mut().zip(row).zip(&most) {
            *sum += (v / m) * (v / m);
        }
    }
    both(&mut squares, |x, y| x + y);
    let sizes: Vec<T> = most.iter().zip(&squares).map(|(&m, s)| m * s.sqrt()).collect();
    let pairs: Vec<usize> = (0..n.saturating_sub(1)).filter(|&j| values[j].im > T::zero()).collect();
    // The entry of a pair that is largest in modulus, in which row, and the square of that.
    let mut largest = vec![(T::zero(), 0); pairs.len()];
    for (i, row) in packed.row_iter().enumerate() {
        for (best, &j) in largest.iter_mut().zip(&pairs) {
            let (x, y) = (row[j] / most[j], row[j + 1] / most[j]);
            let square = x * x + y * y;
            if square > best.0 {
                *best = (square, i);
            }
        }
    }
    let turns: Vec<Complex<T>> = (largest.iter().zip(&pairs))
        .map(|(&(square, i), &j)| {
            let entry = Complex::new(packed[(i, j)] / most[j], packed[(i, j + 1)] / most[j]);
            entry.conj().scale((square.sqrt() * (sizes[j] / most[j])).recip())
        })
        .collect();
    let mut out = ComplexMatrix::zeros(n, n);
    for (i, row) in packed.row_iter().enumerate() {
        let (re, im) = (out.re.row_mut(i), out.im.row_mut(i));
        for (((o, &v), &size), value) in re.iter_mut().zip(row).zip(&sizes).zip(values) {
            if value.im == T::zero() {
                *o = v / size;
            }
        }
        for ((&(_, place), &turn), &j) in largest.iter().zip(&turns).zip(&pairs) {
            let v = Complex::new(row[j] / most[j], row[j + 1] / most[j]) * turn;
            // The entry that is meant to be real is so exactly.
            let imaginary = if place == i { T::zero() } else { v.im };
            let imaginary = if conjugate { -imaginary } else { imaginary };
            (re[j], re[j + 1]) = (v.re, v.re);
            (im[j], im[j + 1]) = (imaginary, -imaginary);
        }
    }
    out
}
