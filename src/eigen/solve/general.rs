//! The nonsymmetric half of the door.

use super::Eigenproblem;
use crate::Scalar;
use crate::eigen::checks::Products;
use crate::eigen::pairs::{complex_residuals, in_order, uncut};
use crate::eigen::{Arnoldi, ComplexEigenpairs, Method};
use crate::error::Error;
use crate::linalg::{ComplexMatrix, NonsymmetricEigen, nonsymmetric_eigen};

impl<T: Scalar> Eigenproblem<'_, T> {
    pub(super) fn dense_general(&self) -> Result<ComplexEigenpairs<T>, Error> {
        let a = self.matrix()?;
        let NonsymmetricEigen { values, right, .. } = nonsymmetric_eigen(&a)?;
        let (mut values, vectors) = in_order(values, &right, self.which);
        values.truncate(uncut(&values, self.k));
        let (n, count) = (a.rows(), values.len());
        let vectors =
            ComplexMatrix { re: vectors.re.submatrix(0..n, 0..count), im: vectors.im.submatrix(0..n, 0..count) };
        let mut products = Products::new("the operator", &*a);
        let residuals = complex_residuals(&mut products, &values, &vectors)?;
        let (products, method) = (products.count, Method::DenseNonsymmetric);
        Ok(ComplexEigenpairs { values, vectors, residuals, beyond: None, iterations: 1, products, method })
    }

    pub(super) fn iterate_general(&self) -> Result<ComplexEigenpairs<T>, Error> {
        configured!(self, Arnoldi { inverse: self.inverse, start: self.start }).solve(self.operator)
    }
}
