//! Difference formulas on any points.

use crate::{Error, Result};

/// The weights `[order + 1, n]` with Σⱼ wⱼ f(xⱼ) ≈ f⁽ᵏ⁾(at), k = 0…order, exact for polynomials of degree below n
/// (Fornberg, 1988).
///
/// ```
/// use eigennet::differential::finite_difference::difference_weights;
/// let weights = difference_weights(0.0, &[-1.0, 0.0, 1.0], 2)?;
/// assert_eq!(weights[2], [1.0, -2.0, 1.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] if there are not more points than `order` or two are equal,
/// [`Error::NonFinite`] for points that are not finite.
pub fn difference_weights(at: f64, points: &[f64], order: usize) -> Result<Vec<Vec<f64>>> {
    if points.len() <= order {
        let reason = format!("{} cannot give derivative {order}; give at least one more than its order", points.len());
        return Err(Error::invalid("points of difference_weights", reason));
    }
    Error::check_finite("points of difference_weights", points)?;
    Error::check_finite("place of difference_weights", &[at])?;
    let mut weights = vec![vec![0.0; points.len()]; order + 1];
    weights[0][0] = 1.0;
    let mut product = 1.0; // Π (x_i − x_j) over the points before
    for i in 1..points.len() {
        let former = product;
        product = 1.0;
        let (reach, before) = (points[i] - at, points[i - 1] - at);
        for j in 0..i {
            let gap = points[i] - points[j];
            if gap == 0.0 {
                return Err(Error::invalid("points of difference_weights", format!("{j} and {i} are equal; drop one")));
            }
            product *= gap;
            for k in (0..=order).rev() {
                let lower = if k > 0 { k as f64 * weights[k - 1][j] } else { 0.0 };
                if j + 1 == i {
                    weights[k][i] = former / product * (lower - before * weights[k][j]);
                }
                weights[k][j] = (reach * weights[k][j] - lower) / gap;
            }
        }
    }
    Ok(weights)
}

#[cfg(test)]
mod tests;
