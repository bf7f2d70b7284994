//! Factorisation of a symmetric matrix that need not be definite.

use super::condition::Condition;
use super::scaling::scale_of_sums;
use super::{Matrix, Triangular, checks};
use crate::Scalar;
use crate::error::Error;
use crate::kernels::reduce::axpy;

/// How many eigenvalues of a symmetric matrix are positive, negative and zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Inertia {
    /// Positive eigenvalues; of `A − σI` the eigenvalues of `A` above `σ`.
    pub positive: usize,
    /// Negative eigenvalues; of `A − σI` the eigenvalues of `A` below `σ`.
    pub negative: usize,
    /// Eigenvalues that are exactly zero as computed.
    pub zero: usize,
}

/// `P A Pᵀ = L D Lᵀ`: `P` a permutation, `L` unit lower triangular, `D` block diagonal with blocks of order one and two
/// (Bunch and Kaufman, 1977).
///
/// ```
/// use eigennet::linalg::{Ldlt, Matrix};
/// let ldlt = Ldlt::factor(&Matrix::from_vec(2, 2, vec![0.0, 2.0, 2.0, 3.0])?)?;
/// let inertia = ldlt.inertia();
/// assert_eq!((inertia.positive, inertia.negative, inertia.zero), (1, 1, 0));
/// let x = ldlt.solve(&Matrix::from_vec(2, 1, vec![2.0, 5.0])?)?;
/// assert!((x[(0, 0)] - 1.0_f64).abs() < 1e-15 && (x[(1, 0)] - 1.0).abs() < 1e-15);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ldlt<T> {
    lower: Matrix<T>,
    diagonal: Vec<T>,
    /// Entry (i + 1, i) of D; zero where no block of order two begins.
    off_diagonal: Vec<T>,
    permutation: Vec<usize>,
    condition: Condition,
}

impl<T: Scalar> Ldlt<T> {
    /// Factors a symmetric matrix, singular or not; its lower triangle is what counts.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`] or [`Error::InvalidArgument`] unless the matrix is square, finite and
    /// symmetric but for rounding; [`Error::InvalidArgument`] also if an entry of `D` overflows.
    #[inline(never)]
    pub fn factor(a: &Matrix<T>) -> Result<Self, Error> {
        checks::symmetric("Ldlt::factor", a)?;
        let n = a.rows();
        // Entries of A are multiplied by those of L alone, which is the same at any scale.
        let scale = scale_of_sums(a.max_abs());
        let mut ldlt = Ldlt {
            lower: a.scale(scale),
            diagonal: vec![T::zero(); n],
            off_diagonal: vec![T::zero(); n.saturating_sub(1)],
            permutation: (0..n).collect(),
            condition: Condition::default(),
        };
        let mut k = 0;
        while k < n {
            k += ldlt.eliminate(k);
        }
        for i in 0..n {
            let row = ldlt.lower.row_mut(i);
            row[i] = T::one();
            row[i + 1..].fill(T::zero());
        }
        ldlt.diagonal.iter_mut().chain(&mut ldlt.off_diagonal).for_each(|v| *v /= scale);
        for entries in [&ldlt.diagonal, &ldlt.off_diagonal] {
            checks::factor("Ldlt::factor", entries)?;
        }
        Ok(ldlt)
    }

    /// Eliminates one or two columns from `k` on; returns how many.
    fn eliminate(&mut self, k: usize) -> usize {
        let n = self.lower.rows();
        let (pivot, order) = self.pivot(k);
        self.exchange(k + order - 1, pivot);
        let a = &mut self.lower;
        let column = |a: &Matrix<T>, j: usize| -> Vec<T> { (k + order..n).map(|i| a[(i, j)]).collect() };
        self.diagonal[k] = a[(k, k)];
        let first = column(a, k);
        if order == 1 {
            let d = a[(k, k)];
            if d == T::zero() {
                return order; // and the column below is zero too
            }
            for (i, &w) in (k + 1..n).zip(&first) {
                let row = a.row_mut(i);
                row[k] = w / d;
                axpy(-row[k], &first[..i - k], &mut row[k + 1..=i]);
            }
            return order;
        }
        self.diagonal[k + 1] = a[(k + 1, k + 1)];
        self.off_diagonal[k] = a[(k + 1, k)];
        let second = column(a, k + 1);
        let block = (self.diagonal[k], self.off_diagonal[k], self.diagonal[k + 1]);
        for (i, (&x, &y)) in (k + 2..n).zip(first.iter().zip(&second)) {
            let (l1, l2) = solve_pair(block, x, y);
            let row = a.row_mut(i);
            (row[k], row[k + 1]) = (l1, l2);
            axpy(-l1, &first[..i - k - 1], &mut row[k + 2..=i]);
            axpy(-l2, &second[..i - k - 1], &mut row[k + 2..=i]);
        }
        a[(k + 1, k)] = T::zero();
        order
    }

    /// The row to exchange with, and the order of the pivot block, such that L does not grow.
    fn pivot(&self, k: usize) -> (usize, usize) {
        let a = &self.lower;
        let n = a.rows();
        let alpha = T::of((1.0 + 17.0f64.sqrt()) / 8.0);
        let diagonal = a[(k, k)].abs();
        let (mut row, mut largest) = (k, T::zero());
        for i in k + 1..n {
            if a[(i, k)].abs() > largest {
                (row, largest) = (i, a[(i, k)].abs());
            }
        }
        if diagonal >= alpha * largest {
            return (k, 1);
        }
        let beside = (k..row).map(|j| a[(row, j)].abs()).chain((row + 1..n).map(|i| a[(i, row)].abs()));
        let most = beside.fold(T::zero(), T::max);
        if diagonal >= alpha * largest * (largest / most) {
            (k, 1)
        } else if a[(row, row)].abs() >= alpha * most {
            (row, 1)
        } else {
            (row, 2)
        }
    }

    /// Exchanges rows and columns `p ≤ q` of the lower triangle, and of `L` so far.
    fn exchange(&mut self, p: usize, q: usize) {
        if p == q {
            return;
        }
        let a = &mut self.lower;
        let n = a.rows();
        let mut swap = |x: (usize, usize), y: (usize, usize)| a.as_mut_slice().swap(x.0 * n + x.1, y.0 * n + y.1);
        (0..p).for_each(|j| swap((p, j), (q, j)));
        swap((p, p), (q, q));
        (p + 1..q).for_each(|j| swap((j, p), (q, j)));
        (q + 1..n).for_each(|i| swap((i, p), (i, q)));
        self.permutation.swap(p, q);
    }

    /// `L` `[n, n]`, unit lower triangular.
    pub fn lower(&self) -> &Matrix<T> {
        &self.lower
    }

    /// `D` `[n, n]`, block diagonal.
    pub fn block_diagonal(&self) -> Matrix<T> {
        let mut d = Matrix::from_diagonal(&self.diagonal);
        for (i, &v) in self.off_diagonal.iter().enumerate() {
            d[(i, i + 1)] = v;
            d[(i + 1, i)] = v;
        }
        d
    }

    /// Row `i` of `P A Pᵀ` is row `permutation()[i]` of `A`, and so are columns.
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// The diagonal blocks: first row, and order.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let n = self.diagonal.len();
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = next;
            let order = if self.off_diagonal.get(at).is_some_and(|&v| v != T::zero()) { 2 } else { 1 };
            next += order;
            (at < n).then_some((at, order))
        })
    }

    /// The solution `X` `[n, k]` of `A X = B`. The first one looks at the condition of the matrix as well, in about ten
    /// multiplications for each entry of it.
    ///
    /// # Errors
    /// [`Error::Shape`] if `B` has another number of rows, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::Singular`] if rounding leaves no digit of a solution, as [`Lu::solve`](super::Lu::solve) has it, `D Lᵀ` for `U`;
    /// [`Error::InvalidArgument`] if the solution overflows.
    #[inline(never)]
    pub fn solve(&self, b: &Matrix<T>) -> Result<Matrix<T>, Error> {
        let (n, k) = (self.diagonal.len(), b.cols());
        checks::right_hand_sides("Ldlt::solve", n, b)?;
        self.condition.check("Ldlt::solve", || [self.lower.clone(), self.upper()], |x, _| self.substitute(x, 1))?;
        let mut x = Matrix::from_fn(n, k, |i, j| b[(self.permutation[i], j)]);
        self.substitute(x.as_mut_slice(), k)?;
        let mut out = Matrix::zeros(n, k);
        for (row, &to) in x.row_iter().zip(&self.permutation) {
            out.row_mut(to).copy_from_slice(row);
        }
        checks::solution("Ldlt::solve", out.as_slice())?;
        Ok(out)
    }

    /// `D Lᵀ`
    fn upper(&self) -> Matrix<T> {
        let n = self.diagonal.len();
        let beside = |i: usize| self.off_diagonal.get(i).copied().unwrap_or(T::zero());
        Matrix::from_fn(n, n, |i, j| {
            let above = if i > 0 { beside(i - 1) * self.lower[(j, i - 1)] } else { T::zero() };
            let below = if i + 1 < n { beside(i) * self.lower[(j, i + 1)] } else { T::zero() };
            above + self.diagonal[i] * self.lower[(j, i)] + below
        })
    }

    /// Overwrites `X` `[n, k]` with `(L D Lᵀ)⁻¹ X`.
    fn substitute(&self, x: &mut [T], k: usize) -> Result<(), Error> {
        let n = self.diagonal.len();
        let unit = Triangular::lower().unit_diagonal();
        unit.solve_in_place(self.lower.as_slice(), n, n, x, k)?;
        for (i, order) in self.blocks() {
            if order == 1 {
                if self.diagonal[i] == T::zero() {
                    return Err(Error::Singular { operation: "Ldlt::solve", pivot: i });
                }
                x[i * k..][..k].iter_mut().for_each(|v| *v /= self.diagonal[i]);
            } else {
                let block = (self.diagonal[i], self.off_diagonal[i], self.diagonal[i + 1]);
                for j in i * k..(i + 1) * k {
                    (x[j], x[j + k]) = solve_pair(block, x[j], x[j + k]);
                }
            }
        }
        unit.transpose().solve_in_place(self.lower.as_slice(), n, n, x, k)
    }

    /// The signs of the eigenvalues of `A`: those of `D`, by Sylvester's law.
    pub fn inertia(&self) -> Inertia {
        let mut inertia = Inertia::default();
        for (i, order) in self.blocks() {
            match order {
                // Such a block is chosen only where its determinant is negative.
                2 => {
                    inertia.positive += 1;
                    inertia.negative += 1;
                }
                _ if self.diagonal[i] > T::zero() => inertia.positive += 1,
                _ if self.diagonal[i] < T::zero() => inertia.negative += 1,
                _ => inertia.zero += 1,
            }
        }
        inertia
    }

    /// `det A`; 1 if empty. It may over- or underflow where [`log_determinant`](Self::log_determinant) does not.
    pub fn determinant(&self) -> T {
        let (sign, logarithm) = self.log_determinant();
        let product = self.blocks().fold(T::one(), |product, (i, order)| match order {
            1 => product * self.diagonal[i],
            _ => product * (self.diagonal[i] * self.diagonal[i + 1] - self.off_diagonal[i] * self.off_diagonal[i]),
        });
        if product.is_finite() && product != T::zero() { product } else { sign * logarithm.exp() }
    }

    /// `(sign, ln |det A|)` with `det A = sign · e^ln`; `(0, −∞)` if singular.
    pub fn log_determinant(&self) -> (T, T) {
        let inertia = self.inertia();
        if inertia.zero > 0 {
            return (T::zero(), T::neg_infinity());
        }
        let logarithm = self.blocks().map(|(i, order)| match order {
            1 => self.diagonal[i].abs().ln(),
            _ => {
                // c² (1 − (a/c)(b/c)) for the block [[a, c], [c, b]].
                let c = self.off_diagonal[i];
                T::of(2.0) * c.abs().ln() + (T::one() - (self.diagonal[i] / c) * (self.diagonal[i + 1] / c)).abs().ln()
            }
        });
        (if inertia.negative.is_multiple_of(2) { T::one() } else { -T::one() }, logarithm.sum())
    }
}

/// The solution of `[[a, c], [c, b]] (u, v) = (x, y)`, in units of the dominant `c`.
fn solve_pair<T: Scalar>((a, c, b): (T, T, T), x: T, y: T) -> (T, T) {
    let (a, b, x, y) = (a / c, b / c, x / c, y / c);
    let determinant = a * b - T::one();
    ((b * x - y) / determinant, (a * y - x) / determinant)
}
