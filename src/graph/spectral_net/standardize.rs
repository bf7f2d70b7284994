//! Units in which networks are given points.

use crate::Scalar;
use crate::autodiff::Var;
use crate::linalg::Matrix;

/// Records `x` less the mean of some points, in units of their root mean square distance from it: shapes stay as they are.
#[inline(never)]
pub(super) fn standardized<'g, T: Scalar>(x: Var<'g>, points: &Matrix<T>) -> Var<'g> {
    let n = points.rows() as f64;
    let mut centre = vec![0.0; points.cols()];
    for row in points.row_iter() {
        centre.iter_mut().zip(row).for_each(|(sum, &x)| *sum += Scalar::to_f64(x) / n);
    }
    // By the largest first, so that no square over- or underflows.
    let largest = points
        .row_iter()
        .flat_map(|row| row.iter().zip(&centre))
        .fold(0.0_f64, |most, (&x, c)| most.max((Scalar::to_f64(x) - c).abs()));
    let square =
        |row: &[T]| row.iter().zip(&centre).map(|(&x, c)| ((Scalar::to_f64(x) - c) / largest).powi(2)).sum::<f64>();
    let unit = largest * (points.row_iter().map(square).sum::<f64>() / n).sqrt();
    let unit = if unit > 0.0 && unit.is_finite() { unit } else { 1.0 };
    (x - x.graph().matrix([1, points.cols()], &centre)) * (1.0 / unit)
}
