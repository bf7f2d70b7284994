//! Complex numbers and matrices: what the eigenpairs of a nonsymmetric matrix are made of.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Matrix;
use crate::Scalar;
use crate::error::Error;

/// The complex number `re + im·i`.
///
/// ```
/// use eigennet::linalg::Complex;
/// let i = Complex::new(0.0, 1.0);
/// assert_eq!(i * i, Complex::from_real(-1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Complex<T> {
    /// Real part.
    pub re: T,
    /// Imaginary part.
    pub im: T,
}

impl<T: Scalar> Complex<T> {
    /// `re + im·i`.
    pub fn new(re: T, im: T) -> Self {
        Complex { re, im }
    }

    /// A real number.
    pub fn from_real(re: T) -> Self {
        Complex { re, im: T::zero() }
    }

    /// `re − im·i`.
    #[must_use]
    pub fn conj(self) -> Self {
        Complex { re: self.re, im: -self.im }
    }

    /// The modulus `√(re² + im²)`, without over- or underflow of the squares.
    pub fn abs(self) -> T {
        self.re.hypot(self.im)
    }

    /// The principal square root, its real part not negative.
    #[must_use]
    pub fn sqrt(self) -> Self {
        let half = T::of(0.5);
        let modulus = self.abs();
        if modulus == T::zero() {
            return Self::default();
        }
        // The part that does not cancel first; the other follows from 2·re·im of the root.
        let large = (half * modulus + half * self.re.abs()).sqrt();
        let small = self.im.abs() / (large + large);
        let (re, im) = if self.re >= T::zero() { (large, small) } else { (small, large) };
        Complex { re, im: if self.im < T::zero() { -im } else { im } }
    }

    /// Multiplies by a real number.
    #[must_use]
    pub fn scale(self, factor: T) -> Self {
        Complex { re: self.re * factor, im: self.im * factor }
    }

    /// Whether both parts are finite.
    pub fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
}

impl<T: Scalar> Add for Complex<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Complex { re: self.re + other.re, im: self.im + other.im }
    }
}

impl<T: Scalar> Sub for Complex<T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Complex { re: self.re - other.re, im: self.im - other.im }
    }
}

impl<T: Scalar> Mul for Complex<T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Complex { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }
}

impl<T: Scalar> Div for Complex<T> {
    type Output = Self;
    /// Smith's method (1962): no over- or underflow of the squares of the divisor.
    fn div(self, other: Self) -> Self {
        if other.re.abs() >= other.im.abs() {
            let ratio = other.im / other.re;
            let divisor = other.re + ratio * other.im;
            Complex { re: (self.re + self.im * ratio) / divisor, im: (self.im - self.re * ratio) / divisor }
        } else {
            let ratio = other.re / other.im;
            let divisor = other.im + ratio * other.re;
            Complex { re: (self.re * ratio + self.im) / divisor, im: (self.im * ratio - self.re) / divisor }
        }
    }
}

impl<T: Scalar> Neg for Complex<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Complex { re: -self.re, im: -self.im }
    }
}

impl<T: fmt::Display + PartialOrd + Default + Copy + Neg<Output = T>> fmt::Display for Complex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.re, f)?;
        f.write_str(if self.im < T::default() { " - " } else { " + " })?;
        fmt::Display::fmt(&if self.im < T::default() { -self.im } else { self.im }, f)?;
        f.write_str("i")
    }
}

/// A complex matrix, as its real and its imaginary part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComplexMatrix<T> {
    /// Real part `[rows, cols]`.
    pub re: Matrix<T>,
    /// Imaginary part `[rows, cols]`.
    pub im: Matrix<T>,
}

impl<T: Scalar> ComplexMatrix<T> {
    /// All zero.
    ///
    /// # Panics
    /// As [`Matrix::zeros`].
    pub fn zeros(rows: usize, cols: usize) -> Self {
        ComplexMatrix { re: Matrix::zeros(rows, cols), im: Matrix::zeros(rows, cols) }
    }

    /// A matrix with imaginary part zero.
    pub fn from_real(re: Matrix<T>) -> Self {
        let im = Matrix::zeros(re.rows(), re.cols());
        ComplexMatrix { re, im }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.re.rows()
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.re.cols()
    }

    /// Entry (i, j).
    ///
    /// # Panics
    /// If there is no such entry.
    pub fn get(&self, i: usize, j: usize) -> Complex<T> {
        Complex::new(self.re[(i, j)], self.im[(i, j)])
    }

    /// Writes entry (i, j).
    ///
    /// # Panics
    /// If there is no such entry.
    pub fn set(&mut self, i: usize, j: usize, value: Complex<T>) {
        self.re[(i, j)] = value.re;
        self.im[(i, j)] = value.im;
    }

    /// The conjugate transpose.
    pub fn adjoint(&self) -> Self {
        ComplexMatrix { re: self.re.transpose(), im: self.im.transpose().map(|v| -v) }
    }

    /// The product `A B`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `A` has as many columns as `B` has rows.
    pub fn matmul(&self, other: &Self) -> Result<Self, Error> {
        Ok(ComplexMatrix {
            re: self.re.matmul(&other.re)?.sub(&self.im.matmul(&other.im)?)?,
            im: self.re.matmul(&other.im)?.add(&self.im.matmul(&other.re)?)?,
        })
    }

    /// A copy of column `j`.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, j: usize) -> Vec<Complex<T>> {
        (0..self.rows()).map(|i| self.get(i, j)).collect()
    }
}

#[cfg(test)]
mod tests;
