//! The standard form of a 2×2 diagonal block of a real Schur form.

use crate::Scalar;
use crate::linalg::{Complex, Matrix};

/// Which entries of a matrix a transformation has to keep up to date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Entries from this row on.
    pub(super) top: usize,
    /// Entries up to this column.
    pub(super) right: usize,
}

/// The rotation `[[c, s], [−s, c]]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rotation<T> {
    pub(super) c: T,
    pub(super) s: T,
}

impl<T: Scalar> Rotation<T> {
    /// The rotation that takes `(f, g)` to `(r, 0)`.
    pub(super) fn annihilating(f: T, g: T) -> Self {
        let r = f.hypot(g);
        if r == T::zero() { Rotation { c: T::one(), s: T::zero() } } else { Rotation { c: f / r, s: g / r } }
    }

    fn pair(self, x: &mut T, y: &mut T) {
        (*x, *y) = (self.c * *x + self.s * *y, self.c * *y - self.s * *x);
    }

    /// Rotates rows and columns `i` and `i + 1` of a quasi-triangular matrix but for the block where they meet, and the
    /// rows of `qt`.
    pub(super) fn around(self, t: &mut Matrix<T>, qt: &mut Matrix<T>, i: usize, reach: Reach) {
        let (x, y) = t.two_rows_mut(i, i + 1);
        let columns = (i + 2).min(reach.right)..reach.right;
        x[columns.clone()].iter_mut().zip(&mut y[columns]).for_each(|(x, y)| self.pair(x, y));
        for row in reach.top..i {
            if let [x, y] = &mut t.row_mut(row)[i..i + 2] {
                self.pair(x, y);
            }
        }
        qt.rotate_rows(i, i + 1, self.c, self.s);
    }
}

/// `[[a, b], [c, d]] = Rᵀ M R…`: what [`standardize`] made of a block, and the rotation that did it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StandardBlock<T> {
    pub(super) entries: [[T; 2]; 2],
    pub(super) rotation: Rotation<T>,
}

/// Rotates a block to `R M Rᵀ` that is either upper triangular, or has equal diagonal entries and off-diagonal ones of
/// opposite sign: the eigenvalues `a ± √(bc)` can be read off (as xLANV2 of LAPACK; Bai and Demmel, 1993).
pub(super) fn standardize<T: Scalar>(block: [[T; 2]; 2]) -> StandardBlock<T> {
    let [[mut a, mut b], [mut c, mut d]] = block;
    let (zero, one, half) = (T::zero(), T::one(), T::of(0.5));
    let (mut cs, mut sn) = (one, zero);
    if c == zero {
        // Upper triangular.
    } else if b == zero {
        (cs, sn) = (zero, one);
        (a, d) = (d, a);
        (b, c) = (-c, zero);
    } else if a == d && b.signum() != c.signum() {
        // Standard already.
    } else {
        let difference = a - d;
        let p = half * difference;
        let larger = b.abs().max(c.abs());
        let smaller = b.abs().min(c.abs()) * b.signum() * c.signum();
        let scale = p.abs().max(larger);
        let z = (p / scale) * p + (larger / scale) * smaller;
        if z >= T::of(4.0) * T::EPSILON * scale {
            // Real eigenvalues.
            let root = scale.sqrt() * z.sqrt();
            let z = p + if p < zero { -root } else { root };
            a = d + z;
            d -= (larger / z) * smaller;
            let tau = c.hypot(z);
            (cs, sn) = (z / tau, c / tau);
            b -= c;
            c = zero;
        } else {
            // Complex, or real and nearly equal: make the diagonal entries equal.
            let sigma = b + c;
            let scale = difference.abs().max(sigma.abs());
            let (sigma, difference) = (sigma / scale, difference / scale);
            let tau = sigma.hypot(difference);
            cs = (half * (one + sigma.abs() / tau)).sqrt();
            sn = -(half * difference / (tau * cs)) * sigma.signum();
            let (aa, bb) = (a * cs + b * sn, b * cs - a * sn);
            let (cc, dd) = (c * cs + d * sn, d * cs - c * sn);
            (a, b) = (aa * cs + cc * sn, bb * cs + dd * sn);
            (c, d) = (cc * cs - aa * sn, dd * cs - bb * sn);
            let mean = half * a + half * d;
            (a, d) = (mean, mean);
            if c != zero && b == zero {
                (b, c) = (-c, zero);
                (cs, sn) = (-sn, cs);
            } else if c != zero && b.signum() == c.signum() {
                // Real after all.
                let (root_b, root_c) = (b.abs().sqrt(), c.abs().sqrt());
                let p = root_b * root_c * c.signum();
                let tau = (b + c).abs().sqrt().recip();
                (a, d) = (mean + p, mean - p);
                b -= c;
                c = zero;
                let (c1, s1) = (root_b * tau, root_c * tau);
                (cs, sn) = (cs * c1 - sn * s1, cs * s1 + sn * c1);
            }
        }
    }
    StandardBlock { entries: [[a, b], [c, d]], rotation: Rotation { c: cs, s: sn } }
}

/// The 2×2 block at row `i` of the diagonal.
pub(super) fn block_at<T: Scalar>(t: &Matrix<T>, i: usize) -> [[T; 2]; 2] {
    [[t[(i, i)], t[(i, i + 1)]], [t[(i + 1, i)], t[(i + 1, i + 1)]]]
}

/// The order of the diagonal block that begins at row `i` of a quasi-triangular matrix.
pub(super) fn order_at<T: Scalar>(t: &Matrix<T>, i: usize) -> usize {
    if i + 1 < t.rows() && t[(i + 1, i)] != T::zero() { 2 } else { 1 }
}

/// Brings the 2×2 block at row `i` to standard form; the rows of `qt` take part.
pub(super) fn standardize_at<T: Scalar>(t: &mut Matrix<T>, qt: &mut Matrix<T>, i: usize, reach: Reach) {
    let standard = standardize(block_at(t, i));
    standard.rotation.around(t, qt, i, reach);
    for (r, row) in standard.entries.iter().enumerate() {
        t.row_mut(i + r)[i..i + 2].copy_from_slice(row);
    }
}

/// The eigenvalues of a block in standard form, the positive imaginary part first.
fn eigenvalues_of_standard<T: Scalar>([[a, b], [c, d]]: [[T; 2]; 2]) -> [Complex<T>; 2] {
    if c == T::zero() {
        return [Complex::from_real(a), Complex::from_real(d)];
    }
    let im = b.abs().sqrt() * c.abs().sqrt();
    [Complex::new(a, im), Complex::new(d, -im)]
}

/// The eigenvalues in the order of the diagonal of a quasi-triangular matrix.
pub(super) fn quasi_triangular_values<T: Scalar>(t: &Matrix<T>) -> Vec<Complex<T>> {
    let n = t.rows();
    let mut values = Vec::with_capacity(n);
    let mut i = 0;
    while i < n {
        let order = order_at(t, i);
        if order == 2 {
            values.extend(eigenvalues_of_standard(block_at(t, i)));
        } else {
            values.push(Complex::from_real(t[(i, i)]));
        }
        i += order;
    }
    values
}

#[cfg(test)]
mod tests;
