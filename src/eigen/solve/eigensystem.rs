//! What comes out of the door.

use crate::Scalar;
use crate::eigen::{ComplexEigenpairs, Eigenpairs, Method};
use crate::linalg::Complex;

/// Eigenpairs: real ones of a symmetric operator, complex ones of any other.
#[derive(Debug, Clone, PartialEq)]
pub enum Eigensystem<T> {
    /// Of a symmetric operator.
    Real(Eigenpairs<T>),
    /// Of an operator that is not symmetric; `k + 1` of them where `k` would split a conjugate pair.
    Complex(ComplexEigenpairs<T>),
}

impl<T: Scalar> Eigensystem<T> {
    /// The method that found them.
    pub fn method(&self) -> Method {
        match self {
            Eigensystem::Real(pairs) => pairs.method,
            Eigensystem::Complex(pairs) => pairs.method,
        }
    }

    /// The eigenvalues, in the order they were asked for.
    pub fn values(&self) -> Vec<Complex<T>> {
        match self {
            Eigensystem::Real(pairs) => pairs.values.iter().map(|&v| Complex::from_real(v)).collect(),
            Eigensystem::Complex(pairs) => pairs.values.clone(),
        }
    }

    /// `‖A v − λ v‖` of each pair.
    pub fn residuals(&self) -> &[T] {
        match self {
            Eigensystem::Real(pairs) => &pairs.residuals,
            Eigensystem::Complex(pairs) => &pairs.residuals,
        }
    }

    /// Products made with the operator (or with its shifted inverse).
    pub fn products(&self) -> usize {
        match self {
            Eigensystem::Real(pairs) => pairs.products,
            Eigensystem::Complex(pairs) => pairs.products,
        }
    }

    /// The pairs as complex ones, whatever the operator was.
    pub fn into_complex(self) -> ComplexEigenpairs<T> {
        match self {
            Eigensystem::Complex(pairs) => pairs,
            Eigensystem::Real(pairs) => pairs.into_complex(),
        }
    }
}
