//! The Poisson equation on a rectangle.

use super::ChebyshevGrid;
use super::rounding::check_regular;
use crate::linalg::{Lu, Matrix, NonsymmetricOptions};
use crate::{Error, Result};

/// The solution `[n_x, n_y]` of ∇²u + shift · u = f(x, y) on the rectangle of two grids, with u = `boundary(x, y)` on
/// its four sides.
///
/// ∂²/∂x² is diagonalised (its eigenvalues on inner points are real and negative: Gottlieb and Lustman, 1983), which
/// leaves one system in y for each eigenvalue (Haidvogel and Zang, 1979).
///
/// ```
/// use eigennet::differential::chebyshev::{ChebyshevGrid, poisson_rectangle};
/// use std::f64::consts::PI;
/// let side = ChebyshevGrid::new(20, 0.0..1.0)?;
/// let exact = |x: f64, y: f64| (PI * x).sin() * (PI * y).sin();
/// let u = poisson_rectangle(&side, &side, 0.0, |x, y| -2.0 * PI * PI * exact(x, y), |_, _| 0.0)?;
/// assert!((u[(7, 5)] - exact(side.points()[7], side.points()[5])).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NonFinite`] for data that is not finite, [`Error::Singular`] if −`shift` is an eigenvalue of the Laplacian, or
/// so close to one that rounding would move the solution by a hundredth or more,
/// [`Error::NoConvergence`] if rounding has made eigenvalues complex: then take fewer points in x.
pub fn poisson_rectangle(
    x: &ChebyshevGrid,
    y: &ChebyshevGrid,
    shift: f64,
    f: impl Fn(f64, f64) -> f64,
    boundary: impl Fn(f64, f64) -> f64,
) -> Result<Matrix<f64>> {
    Error::check_finite("shift of poisson_rectangle", &[shift])?;
    let (xs, ys) = (x.points(), y.points());
    let (nx, ny) = (xs.len(), ys.len());
    let on_side = |i: usize, j: usize| i == 0 || j == 0 || i + 1 == nx || j + 1 == ny;
    let mut u = Matrix::from_fn(nx, ny, |i, j| if on_side(i, j) { boundary(xs[i], ys[j]) } else { 0.0 });
    Error::check_finite("boundary of poisson_rectangle", u.as_slice())?;
    // What the sides contribute to ∇²u inside goes to the right.
    let by_sides = x.second_derivative().matmul(&u)?.add(&u.matmul_t(y.second_derivative())?)?;
    let rhs = Matrix::from_fn(nx - 2, ny - 2, |i, j| f(xs[i + 1], ys[j + 1]) - by_sides[(i + 1, j + 1)]);
    Error::check_finite("right-hand side of poisson_rectangle", rhs.as_slice())?;

    let along_x = x.second_derivative().submatrix(1..nx - 1, 1..nx - 1);
    let along_y = y.second_derivative().submatrix(1..ny - 1, 1..ny - 1);
    let eigen = NonsymmetricOptions::default().solve(&along_x)?;
    if eigen.values.iter().any(|value| value.im != 0.0) {
        return Err(Error::NoConvergence {
            method: "poisson_rectangle",
            iterations: 1,
            reason: format!("with {nx} points in x rounding made eigenvalues complex; take fewer"),
        });
    }
    // What the systems are summed from: an eigenvalue is known to rounding of its matrix.
    let diagonal = along_x.infinity_norm() + shift.abs();
    let sizes: Vec<f64> = along_y.row_iter().map(|row| row.iter().map(|v| v.abs()).sum::<f64>() + diagonal).collect();
    let vectors = eigen.right.re;
    let mut modes = Lu::factor(&vectors)?.substitute(&rhs)?;
    for (i, value) in eigen.values.iter().enumerate() {
        let mut system = along_y.clone();
        for j in 0..ny - 2 {
            system[(j, j)] += value.re + shift;
        }
        let lu = Lu::factor_in_place(system)?;
        check_regular("poisson_rectangle", &lu, &sizes)?;
        let solved = lu.substitute(&Matrix::from_vec(ny - 2, 1, modes.row(i).to_vec())?)?;
        modes.row_mut(i).copy_from_slice(solved.as_slice());
    }
    let inside = vectors.matmul(&modes)?;
    for (i, row) in inside.row_iter().enumerate() {
        u.row_mut(i + 1)[1..ny - 1].copy_from_slice(row);
    }
    Ok(u)
}
