//! Linear evolution equations, exact in time.

use super::rounding::rounded;
use super::{ChebyshevGrid, EndCondition};
use crate::differential::checks;
use crate::linalg::matrix_exponential::exponential;
use crate::linalg::{Lu, Matrix};
use crate::{Error, Result};

/// The part of the largest |u| that rounding may move it by.
const MOVED: f64 = 1e-6;

impl ChebyshevGrid {
    /// u(t) `[n]` where u_t = `operator` · u + f, from u(0) = `initial`, with one condition at each end; operator and f do
    /// not depend on time. The matrix exponential leaves no error in time but rounding, which the norm of `operator` · t
    /// multiplies where something lasts, such as the mean between insulated ends: a millionth of the largest |u| at most.
    ///
    /// The end values follow from the conditions and the inner values, u_B = G u_I + g; what is left,
    /// u_I′ = A u_I + b, is `exp([[A, b], [0, 0]] t)`.
    ///
    /// ```
    /// use eigennet::differential::chebyshev::{ChebyshevGrid, EndCondition};
    /// use std::f64::consts::PI;
    /// let grid = ChebyshevGrid::new(24, 0.0..1.0)?;
    /// let start: Vec<f64> = grid.points().iter().map(|x| (PI * x).sin()).collect();
    /// let walls = [EndCondition::dirichlet(0.0); 2];
    /// let u = grid.evolve(grid.second_derivative(), &[0.0; 24], walls, &start, 0.1)?;
    /// assert!((grid.interpolate(&u, 0.5)? - (-PI * PI * 0.1).exp()).abs() < 1e-11);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NonFinite`]; [`Error::InvalidArgument`] for t < 0, for a condition without u and u′,
    /// for initial data that does not meet the conditions, if the solution overflows, and for a t so long that rounding moves
    /// the solution by more than a millionth; [`Error::Singular`] if the conditions do not determine the end values.
    pub fn evolve(
        &self,
        operator: &Matrix<f64>,
        f: &[f64],
        ends: [EndCondition; 2],
        initial: &[f64],
        t: f64,
    ) -> Result<Vec<f64>> {
        let n = self.points().len();
        self.check_operator("evolve", operator, f)?;
        checks::length("evolve", initial.len(), n)?;
        Error::check_finite("initial data of evolve", initial)?;
        if !(t >= 0.0 && t.is_finite()) {
            return Err(Error::invalid("t of evolve", format!("{t} is no time after the start; give t ≥ 0")));
        }
        let largest = initial.iter().fold(0.0_f64, |m, u| m.max(u.abs()));
        let rows = [self.end_row(0, &ends[0]), self.end_row(n - 1, &ends[1])];
        for (row, end) in rows.iter().zip(&ends) {
            end.check()?;
            let found: f64 = row.iter().zip(initial).map(|(r, u)| r * u).sum();
            // Relative to all data: an end value such as sin π is off by rounding of the others.
            let scale = row.iter().map(|r| r.abs()).sum::<f64>() * largest + end.equals.abs();
            if (found - end.equals).abs() > f64::EPSILON.sqrt() * scale {
                let reason = format!("{end:?} is not met: the left side is {found}; make the two agree");
                return Err(Error::invalid("initial data of evolve", reason));
            }
        }
        // The end values from the inner ones: M u_B = equals − R u_I, R the inner part of the rows.
        let inside = n - 2;
        let m = Matrix::from_fn(2, 2, |i, j| rows[i][j * (n - 1)]);
        let right = Matrix::from_fn(2, n - 1, |i, j| if j < inside { -rows[i][j + 1] } else { ends[i].equals });
        let slaved = Lu::factor(&m)?.solve(&right)?; // [G, g]
        let generator = Matrix::from_fn(n - 1, n - 1, |i, j| match (i < inside, j < inside) {
            (false, _) => 0.0,
            (true, inner) => {
                let own = if inner { operator[(i + 1, j + 1)] } else { f[i + 1] };
                let by_ends = operator[(i + 1, 0)] * slaved[(0, j)] + operator[(i + 1, n - 1)] * slaved[(1, j)];
                t * (own + by_ends)
            }
        });
        let mut state = initial[1..].to_vec();
        state[inside] = 1.0;
        let at_end = |generator: &Matrix<f64>| {
            let exponential = exponential(generator, 0.0)?;
            let reason = format_args!("in {t} the solution overflows; give a shorter time");
            Error::require(exponential.max_abs().is_finite(), "t of evolve", reason)?;
            exponential.matvec(&state)
        };
        let mut end = at_end(&generator)?;
        // What lasts is multiplied by e^(rounding · t); what decays does not notice.
        if f64::EPSILON * generator.one_norm() > f64::EPSILON.sqrt() {
            let other = at_end(&rounded(&generator))?;
            let moved = end[..inside].iter().zip(&other).fold(0.0, |m: f64, (u, v)| m.max((u - v).abs()));
            let largest = end[..inside].iter().fold(largest, |m, u| m.max(u.abs()));
            if moved > MOVED * largest {
                let reason = format!(
                    "in {t} rounding moves the solution by {moved:e}; give a shorter time or take fewer points, or ask \
                     solve_boundary_value for a steady state"
                );
                return Err(Error::invalid("t of evolve", reason));
            }
        }
        end[inside] = 1.0;
        let outer = slaved.matvec(&end)?;
        Ok([&outer[..1], &end[..inside], &outer[1..]].concat())
    }
}
