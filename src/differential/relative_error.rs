//! How far a solution is from a reference.

use super::checks;
use crate::kernels::reduce::norm;
use crate::{Error, Result, Scalar};

/// ‖u − v‖₂ / ‖v‖₂ for values `u` and reference values `v` at the same points.
///
/// ```
/// use eigennet::differential::relative_l2;
/// assert_eq!(relative_l2(&[3.0, 5.0], &[3.0, 4.0])?, 0.2);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if the lengths differ; [`Error::NonFinite`]; [`Error::InvalidArgument`] if the
/// reference is 0 everywhere.
pub fn relative_l2<T: Scalar>(values: &[T], reference: &[T]) -> Result<f64> {
    checks::length("relative_l2", values.len(), reference.len())?;
    Error::check_finite("values of relative_l2", values)?;
    Error::check_finite("reference of relative_l2", reference)?;
    let exact: Vec<f64> = reference.iter().map(|&v| Scalar::to_f64(v)).collect();
    let errors: Vec<f64> = values.iter().zip(&exact).map(|(&u, v)| Scalar::to_f64(u) - v).collect();
    let (error, size) = (norm(&errors), norm(&exact));
    if size == 0.0 {
        return Err(Error::invalid("reference of relative_l2", "it is 0 everywhere; measure the error itself"));
    }
    Ok(error / size)
}
