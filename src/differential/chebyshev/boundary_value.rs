//! Linear boundary-value problems.

use super::ChebyshevGrid;
use super::rounding::check_regular;
use crate::linalg::{Lu, Matrix};
use crate::{Error, Result};

/// `value · u + slope · u′ = equals` at one end (u′ = du/dx at both ends, not the outward derivative).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndCondition {
    /// The factor of u.
    pub value: f64,
    /// The factor of u′.
    pub slope: f64,
    /// The right-hand side.
    pub equals: f64,
}

impl EndCondition {
    /// u = `equals`.
    pub fn dirichlet(equals: f64) -> Self {
        EndCondition { value: 1.0, slope: 0.0, equals }
    }

    /// u′ = `equals`.
    pub fn neumann(equals: f64) -> Self {
        EndCondition { value: 0.0, slope: 1.0, equals }
    }

    /// `value · u + slope · u′ = equals`.
    pub fn robin(value: f64, slope: f64, equals: f64) -> Self {
        EndCondition { value, slope, equals }
    }

    pub(super) fn check(&self) -> Result<()> {
        let finite = [self.value, self.slope, self.equals].iter().all(|v| v.is_finite());
        if !finite || (self.value == 0.0 && self.slope == 0.0) {
            let reason = format!("{self:?} is no condition; give finite numbers, value or slope not zero");
            return Err(Error::invalid("EndCondition", reason));
        }
        Ok(())
    }
}

/// What the last coefficients of a series that is resolved are at most, in the largest.
const RESOLVED: f64 = 1e-2;

impl ChebyshevGrid {
    /// The solution u `[n]` of `operator · u = f` at the inner points, with one condition at each end: for the
    /// [`operator`](Self::operator) of p u″ + q u′ + r u, or any other matrix `[n, n]` of second order.
    ///
    /// # Errors
    /// [`Error::Shape`] if `operator` is not `[n, n]` or `f` not `[n]`, [`Error::NonFinite`],
    /// [`Error::InvalidArgument`] for a condition without u and u′, [`Error::Singular`] if the problem has no unique
    /// solution (such as u″ = f between two slopes), or one that rounding of the matrix would move by a hundredth or more.
    /// An operator that is singular is seen where the grid resolves what it takes to 0: with fewer points the polynomial
    /// problem is another, and regular. [`Error::InvalidArgument`] if the grid does not resolve the solution, such as a layer
    /// narrower than the distance of its points: if the last coefficients of its Chebyshev series are more than a hundredth of
    /// the largest, and it does not solve the equation at the ends of the interval, where that was not asked of it.
    pub fn solve_boundary_value(&self, operator: &Matrix<f64>, f: &[f64], ends: [EndCondition; 2]) -> Result<Vec<f64>> {
        let n = self.points().len();
        self.check_operator("solve_boundary_value", operator, f)?;
        let (mut matrix, mut rhs) = (operator.clone(), f.to_vec());
        for (i, end) in [(0, &ends[0]), (n - 1, &ends[1])] {
            end.check()?;
            matrix.row_mut(i).copy_from_slice(&self.end_row(i, end));
            rhs[i] = end.equals;
        }
        // Rows of one size, so that the largest of a column is a good pivot.
        for (i, rhs) in rhs.iter_mut().enumerate() {
            let largest = matrix.row(i).iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            if largest > 0.0 {
                matrix.row_mut(i).iter_mut().for_each(|v| *v /= largest);
                *rhs /= largest;
            }
        }
        let sizes: Vec<f64> = matrix.row_iter().map(|row| row.iter().map(|v| v.abs()).sum()).collect();
        let lu = Lu::factor_in_place(matrix)?;
        check_regular("solve_boundary_value", &lu, &sizes)?;
        let u = lu.substitute(&Matrix::from_vec(n, 1, rhs)?)?.into_vec();
        let coefficients = self.coefficients(&u);
        let largest = coefficients.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        let last = coefficients[n - 2..].iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        if last > RESOLVED * largest && !self.is_solved_at_the_ends(operator, f, &u) {
            let reason = format!(
                "the last coefficients of the solution are {:.1e} of the largest: it is not resolved, as where it has a layer \
                 between two points; take more points",
                last / largest
            );
            return Err(Error::invalid(format!("{n} points of ChebyshevGrid::solve_boundary_value"), reason));
        }
        Ok(u)
    }

    /// Whether `operator · u = f` at both ends, where only the conditions were asked for: up to rounding as polynomials that
    /// the grid holds do, or up to a part of f.
    fn is_solved_at_the_ends(&self, operator: &Matrix<f64>, f: &[f64], u: &[f64]) -> bool {
        let inner = &f[1..f.len() - 1];
        let largest = inner.iter().fold(0.0_f64, |m, f| m.max(f.abs()));
        [0, f.len() - 1].into_iter().all(|i| {
            let terms = || operator.row(i).iter().zip(u).map(|(a, u)| a * u);
            let rounding = f64::EPSILON.sqrt() * (terms().map(f64::abs).sum::<f64>() + f[i].abs());
            (terms().sum::<f64>() - f[i]).abs() <= rounding.max(RESOLVED * largest)
        })
    }

    pub(super) fn check_operator(&self, operation: &'static str, operator: &Matrix<f64>, f: &[f64]) -> Result<()> {
        let n = self.points().len();
        if operator.shape() != [n, n] || f.len() != n {
            return Err(Error::shape(operation, &[operator.rows(), operator.cols(), f.len()], &[n, n, n]));
        }
        Error::check_finite("operator on ChebyshevGrid", operator.as_slice())?;
        Error::check_finite("right-hand side on ChebyshevGrid", f)
    }

    /// The condition at point `i` as a row of a matrix.
    pub(super) fn end_row(&self, i: usize, end: &EndCondition) -> Vec<f64> {
        let mut row: Vec<f64> = self.first_derivative().row(i).iter().map(|d| end.slope * d).collect();
        row[i] += end.value;
        row
    }
}
