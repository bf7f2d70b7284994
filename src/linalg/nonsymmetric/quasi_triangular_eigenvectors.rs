//! Eigenvectors of an upper quasi-triangular matrix, all at once by back substitution: the part beyond a block of rows
//! is a matrix product, and columns are scaled down before they overflow.

use std::ops::Range;

use crate::Scalar;
use crate::error::Error;
use crate::kernels::gemm::{Packing, gemm};
use crate::kernels::reduce::{axpy, max_abs};
use crate::linalg::block::{block, block_mut};
use crate::linalg::strips::{by_columns, ranges};
use crate::linalg::{Complex, Matrix};

/// Rows solved for before those above are updated by a product.
const BLOCK: usize = 32;
/// Eigenvectors found side by side.
const STRIP: usize = 64;

/// Right eigenvectors of `T` `[n, n]`, as the columns of an upper quasi-triangular `[n, n]` matrix: a real one for a
/// real eigenvalue, its real and its imaginary part for a pair (that of the positive imaginary part). The largest
/// entry of each is about one.
pub(crate) fn right_eigenvectors<T: Scalar>(t: &Matrix<T>, values: &[Complex<T>]) -> Result<Matrix<T>, Error> {
    let n = t.rows();
    // Neither cuts a 2×2 block or a pair.
    let blocks = ranges(0..n, BLOCK, |end| t[(end, end - 1)] != T::zero());
    let strips = ranges(0..n, STRIP, |end| values[end - 1].im > T::zero());
    by_columns(n, &strips, &|columns| Strip::new(t, values, columns).solve(&blocks))
}

/// The complex conjugates of the left eigenvectors `uᴴ T = λ uᴴ`, laid out as those of [`right_eigenvectors`]: right
/// eigenvectors of `Tᵀ`, which is upper quasi-triangular once its rows and columns are reversed.
pub(super) fn left_eigenvectors<T: Scalar>(t: &Matrix<T>, values: &[Complex<T>]) -> Result<Matrix<T>, Error> {
    let n = t.rows();
    let mirrored = Matrix::from_fn(n, n, |i, j| t[(n - 1 - j, n - 1 - i)]);
    // Reversed, a pair has its negative imaginary part first; conjugates are in the same order as in `values` again.
    let values: Vec<Complex<T>> = values.iter().rev().map(|v| v.conj()).collect();
    let found = right_eigenvectors(&mirrored, &values)?;
    let mut vectors = Matrix::zeros(n, n);
    for j in 0..n {
        // Real and imaginary part stay in this order.
        let mirror = n - 1 - j;
        let im = values[mirror].im;
        let from = if im < T::zero() { mirror - 1 } else { mirror + usize::from(im > T::zero()) };
        (0..n).for_each(|i| vectors[(i, j)] = found[(n - 1 - i, from)]);
    }
    Ok(vectors)
}

/// Some eigenvectors on their way.
struct Strip<'a, T> {
    t: &'a Matrix<T>,
    /// First column, and first row of the eigenvector that belongs to it.
    first: usize,
    values: &'a [Complex<T>],
    /// `[n, columns]`
    x: Matrix<T>,
    /// An eigenvalue nearer than this to a diagonal entry is moved away by as much.
    smallest: T,
    /// Entries are kept below this.
    largest: T,
}

impl<'a, T: Scalar> Strip<'a, T> {
    fn new(t: &'a Matrix<T>, values: &'a [Complex<T>], columns: Range<usize>) -> Self {
        let n = t.rows();
        let mut x = Matrix::zeros(n, columns.len());
        for j in columns.clone() {
            let value = values[j];
            let c = j - columns.start;
            if value.im == T::zero() {
                x[(j, c)] = T::one();
            } else if value.im > T::zero() && j + 1 < n && c + 1 < columns.len() {
                // (a − λ) x₀ + b x₁ = 0 and c x₀ + (a − λ) x₁ = 0, the larger off-diagonal entry as divisor.
                let (above, below) = (t[(j, j + 1)], t[(j + 1, j)]);
                if above.abs() >= below.abs() {
                    x[(j, c)] = T::one();
                    x[(j + 1, c + 1)] = value.im / above;
                } else {
                    x[(j, c)] = -value.im / below;
                    x[(j + 1, c + 1)] = T::one();
                }
            }
        }
        let smallest = T::min_positive_value() / T::EPSILON * T::of(n as f64);
        let largest = if T::NAME == "f64" { T::of(1e100) } else { T::of(1e10) };
        Strip { t, first: columns.start, values: &values[columns], x, smallest, largest }
    }

    fn solve(mut self, blocks: &[Range<usize>]) -> Result<Matrix<T>, Error> {
        let (n, width) = (self.t.rows(), self.x.cols());
        let last = self.first + width;
        let mut packing = Packing::new();
        for rows in blocks.iter().rev().filter(|rows| rows.start < last) {
            // What the rows below contribute to these.
            if rows.end < last {
                let (head, tail) = self.x.as_mut_slice().split_at_mut(rows.end * width);
                let factors = block(self.t.as_slice(), n, rows.clone(), rows.end..last)?;
                let known = block(tail, width, 0..last - rows.end, 0..width)?;
                let mut target = block_mut(head, width, rows.clone(), 0..width)?;
                gemm(-T::one(), factors, known, T::one(), &mut target, &mut packing);
            }
            self.solve_block(rows.clone());
        }
        self.scale();
        Ok(self.x)
    }

    /// Back substitution within a block of rows, for the columns whose eigenvector reaches above them.
    fn solve_block(&mut self, rows: Range<usize>) {
        let width = self.x.cols();
        let mut next = rows.end;
        while next > rows.start {
            let pair = next >= rows.start + 2 && self.t[(next - 1, next - 2)] != T::zero();
            let i = next - if pair { 2 } else { 1 };
            // The eigenvectors whose own block lies below row i.
            let begin = next.saturating_sub(self.first).min(width);
            for r in i..next {
                let (head, tail) = self.x.as_mut_slice().split_at_mut((r + 1) * width);
                let row = &mut head[r * width + begin..];
                for j in next..rows.end {
                    let known = &tail[(j - r - 1) * width + begin..(j - r) * width];
                    axpy(-self.t[(r, j)], known, row);
                }
            }
            let mut c = begin;
            while c < width {
                let value = self.values[c];
                let complex = value.im > T::zero() && c + 1 < width;
                match (pair, complex) {
                    (false, false) => self.divide(i, c, value.re),
                    (false, true) => self.divide_complex(i, c, value),
                    (true, _) => self.solve_pair(i, c, value, complex),
                }
                c += if complex { 2 } else { 1 };
            }
            next = i;
        }
    }

    /// One unknown of a real eigenvector.
    fn divide(&mut self, i: usize, c: usize, value: T) {
        let mut divisor = self.t[(i, i)] - value;
        let least = self.smallest.max(T::EPSILON * value.abs());
        if divisor.abs() < least {
            divisor = least;
        }
        if self.x[(i, c)].abs() > self.largest * divisor.abs() {
            self.limit(c, divisor.abs());
        }
        self.x[(i, c)] /= divisor;
    }

    /// One unknown of a complex eigenvector.
    fn divide_complex(&mut self, i: usize, c: usize, value: Complex<T>) {
        let mut divisor = Complex::from_real(self.t[(i, i)]) - value;
        let least = self.smallest.max(T::EPSILON * (value.re.abs() + value.im.abs()));
        if divisor.abs() < least {
            divisor = Complex::from_real(least);
        }
        let known = Complex::new(self.x[(i, c)], self.x[(i, c + 1)]);
        if known.re.abs() + known.im.abs() > self.largest * divisor.re.abs().max(divisor.im.abs()) {
            self.limit(c, divisor.abs());
        }
        let quotient = Complex::new(self.x[(i, c)], self.x[(i, c + 1)]) / divisor;
        (self.x[(i, c)], self.x[(i, c + 1)]) = (quotient.re, quotient.im);
    }

    /// The two unknowns of a 2×2 block, by elimination with complete pivoting.
    fn solve_pair(&mut self, i: usize, c: usize, value: Complex<T>, complex: bool) {
        let t = self.t;
        let real = Complex::from_real;
        let value = if complex { value } else { real(value.re) };
        let m =
            [[real(t[(i, i)]) - value, real(t[(i, i + 1)])], [real(t[(i + 1, i)]), real(t[(i + 1, i + 1)]) - value]];
        let size = |z: Complex<T>| z.re.abs() + z.im.abs();
        let (mut row, mut column) = (0, 0);
        for at in [(0, 1), (1, 0), (1, 1)] {
            if size(m[at.0][at.1]) > size(m[row][column]) {
                (row, column) = at;
            }
        }
        let least = self.smallest.max(T::EPSILON * size(value));
        let mut pivot = m[row][column];
        if size(pivot) < least {
            pivot = real(least);
        }
        let factor = m[1 - row][column] / pivot;
        let mut second = m[1 - row][1 - column] - factor * m[row][1 - column];
        if size(second) < least {
            second = real(least);
        }
        let entries =
            |x: &Matrix<T>, r: usize| Complex::new(x[(i + r, c)], if complex { x[(i + r, c + 1)] } else { T::zero() });
        let smaller = size(pivot).min(size(second));
        let known = size(entries(&self.x, 0)).max(size(entries(&self.x, 1)));
        if known > self.largest * smaller {
            self.limit(c, smaller);
        }
        let b = [entries(&self.x, row), entries(&self.x, 1 - row)];
        let mut unknowns = [Complex::default(); 2];
        unknowns[1 - column] = (b[1] - factor * b[0]) / second;
        unknowns[column] = (b[0] - m[row][1 - column] * unknowns[1 - column]) / pivot;
        for (r, unknown) in unknowns.into_iter().enumerate() {
            self.x[(i + r, c)] = unknown.re;
            if complex {
                self.x[(i + r, c + 1)] = unknown.im;
            }
        }
    }

    /// Scales every eigenvector so that its largest entry is one.
    fn scale(&mut self) {
        let mut sizes = vec![T::zero(); self.x.cols()];
        for row in self.x.row_iter() {
            sizes.iter_mut().zip(row).for_each(|(m, v)| *m = if *m > v.abs() { *m } else { v.abs() });
        }
        for c in 1..sizes.len() {
            if self.values[c].im < T::zero() {
                let larger = sizes[c - 1].max(sizes[c]);
                (sizes[c - 1], sizes[c]) = (larger, larger);
            }
        }
        sizes.iter_mut().filter(|size| **size == T::zero()).for_each(|size| *size = T::one());
        for row in 0..self.x.rows() {
            self.x.row_mut(row).iter_mut().zip(&sizes).for_each(|(v, &size)| *v /= size);
        }
    }

    /// Scales the eigenvector at column `c` so that its entries are at most `divisor` times what entries may be, and
    /// at most one.
    fn limit(&mut self, c: usize, divisor: T) {
        let complex = self.values[c].im > T::zero() && c + 1 < self.x.cols();
        let columns = if complex { c..c + 2 } else { c..c + 1 };
        let size = self.x.row_iter().fold(T::zero(), |m, row| m.max(max_abs(&row[columns.clone()])));
        if size == T::zero() || self.values[c].im < T::zero() {
            return;
        }
        let bound = T::one().min(self.largest * divisor);
        // In two steps: the quotient itself may underflow where the entries do not.
        for row in 0..self.x.rows() {
            for v in &mut self.x.row_mut(row)[columns.clone()] {
                *v = *v / size * bound;
            }
        }
    }
}
