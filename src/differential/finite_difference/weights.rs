//! Difference formulas on any points.

use crate::linalg::scaling::power_of_two_scale;
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
/// [`Error::InvalidArgument`] if there are not more points than `order`, two are equal, or a weight over- or underflows,
/// [`Error::NonFinite`] for points that are not finite.
pub fn difference_weights(at: f64, points: &[f64], order: usize) -> Result<Vec<Vec<f64>>> {
    if points.len() <= order {
        let reason = format!("{} cannot give derivative {order}; give at least one more than its order", points.len());
        return Err(Error::invalid("points of difference_weights", reason));
    }
    Error::check_finite("points of difference_weights", points)?;
    Error::check_finite("place of difference_weights", &[at])?;
    // In units of the distance to the farthest point products of distances stay in range; halves of it do not overflow.
    let farthest = points.iter().fold(0.0_f64, |most, x| most.max((0.5 * x - 0.5 * at).abs()));
    let unit = 0.5 * power_of_two_scale(farthest);
    let distance = |x: f64, y: f64| if (x - y).is_finite() { (x - y) * unit } else { x * unit - y * unit };
    let mut weights = vec![vec![0.0; points.len()]; order + 1];
    weights[0][0] = 1.0;
    let mut product = 1.0; // Π (x_i − x_j) over the points before
    for i in 1..points.len() {
        let former = product;
        product = 1.0;
        let (reach, before) = (distance(points[i], at), distance(points[i - 1], at));
        for j in 0..i {
            let gap = distance(points[i], points[j]);
            if points[i] == points[j] {
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
    for (k, row) in weights.iter_mut().enumerate() {
        for weight in row.iter_mut().filter(|weight| **weight != 0.0) {
            (0..k).for_each(|_| *weight *= unit);
            let reason = "a weight over- or underflows; measure them in another unit";
            Error::require(weight.is_normal(), "points of difference_weights", reason)?;
        }
    }
    Ok(weights)
}

#[cfg(test)]
mod tests;
