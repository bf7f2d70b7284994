//! What comes out of the door.

use crate::Scalar;
use crate::eigen::{ComplexEigenpairs, Eigenpairs};
use crate::linalg::{Complex, ComplexMatrix};

/// Eigenpairs: real ones of a symmetric operator, complex ones of any other.
#[derive(Debug, Clone, PartialEq)]
pub enum Solution<T> {
    /// Of a symmetric operator.
    Real(Eigenpairs<T>),
    /// Of an operator that is not symmetric; `k + 1` of them where `k` would split a conjugate pair.
    Complex(ComplexEigenpairs<T>),
}

impl<T: Scalar> Solution<T> {
    /// The method that found them.
    pub fn method(&self) -> &'static str {
        match self {
            Solution::Real(pairs) => pairs.method,
            Solution::Complex(pairs) => pairs.method,
        }
    }

    /// The eigenvalues, in the order they were asked for.
    pub fn values(&self) -> Vec<Complex<T>> {
        match self {
            Solution::Real(pairs) => pairs.values.iter().map(|&v| Complex::from_real(v)).collect(),
            Solution::Complex(pairs) => pairs.values.clone(),
        }
    }

    /// `‖A v − λ v‖` of each pair.
    pub fn residuals(&self) -> &[T] {
        match self {
            Solution::Real(pairs) => &pairs.residuals,
            Solution::Complex(pairs) => &pairs.residuals,
        }
    }

    /// Products made with the operator (or with its shifted inverse).
    pub fn products(&self) -> usize {
        match self {
            Solution::Real(pairs) => pairs.products,
            Solution::Complex(pairs) => pairs.products,
        }
    }

    /// The pairs of a symmetric operator.
    pub fn real(&self) -> Option<&Eigenpairs<T>> {
        match self {
            Solution::Real(pairs) => Some(pairs),
            Solution::Complex(_) => None,
        }
    }

    /// The pairs as complex ones, whatever the operator was.
    pub fn into_complex(self) -> ComplexEigenpairs<T> {
        match self {
            Solution::Complex(pairs) => pairs,
            Solution::Real(pairs) => ComplexEigenpairs {
                values: pairs.values.iter().map(|&v| Complex::from_real(v)).collect(),
                vectors: ComplexMatrix::from_real(pairs.vectors),
                residuals: pairs.residuals,
                iterations: pairs.iterations,
                products: pairs.products,
                method: pairs.method,
            },
        }
    }
}
