//! EigenGame: eigenvectors as the players of a game (Gemp, McWilliams, Vernade and Graepel, 2021).

use super::run::{Run, Verdict, from_columns, normalize};
use super::{Observer, Settings, Textbook};
use crate::eigen::{Eigenpairs, Method, Which};
use crate::kernels::reduce::{axpy, dot};
use crate::linalg::{Matrix, Qr};
use crate::{Error, Scalar};

/// k players on the unit sphere; player i climbs its utility
///
/// `u_i = v_iᵀ M v_i − Σ_{j<i} (v_iᵀ M v_j)² / (v_jᵀ M v_j)`,
///
/// what it explains less what its parents j < i explain already. The only Nash equilibrium is the k largest eigenvalues
/// with their vectors, in order. All players move at once, along the great circle of the paper's gradient (a generalised
/// Gram–Schmidt step of `M v_i`), to the top of the utility on that circle, which is a 2 × 2 eigenproblem: a steepest ascent
/// with exact line search, that needs no step size and converges to rounding.
///
/// Domain: symmetric matrices. The game is one of covariances, `M` positive definite; others are shifted by a multiple of
/// the identity (Gershgorin's bound) and back. The error of player i shrinks by about `((κ − 1)/(κ + 1))²` with
/// `κ = μ_i / (μ_i − μ_{i+1})` of the shifted eigenvalues μ, once its parents stand.
///
/// ```
/// use eigennet::eigen::textbook::{EigenGame, Textbook};
/// use eigennet::linalg::Matrix;
/// let a = Matrix::from_vec(3, 3, vec![2.0_f64, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0])?;
/// let top = EigenGame { pairs: 2, ..EigenGame::default() }.solve(&a)?;
/// assert!((top.values[0] - 2.0 - 2f64.sqrt()).abs() < 1e-10 && (top.values[1] - 2.0).abs() < 1e-10);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EigenGame<T> {
    /// How many players k.
    pub pairs: usize,
    /// Tolerance (on the largest slope of a utility, halved), limit, seed.
    pub settings: Settings<T>,
}

impl<T: Scalar> Default for EigenGame<T> {
    /// One player.
    fn default() -> Self {
        EigenGame { pairs: 1, settings: Settings::default() }
    }
}

const ADVICE: &str = "distinct eigenvalues may lie too close together for a first-order method; allow more iterations, or \
                      use symmetric_eigen";

impl<T: Scalar> Textbook<T> for EigenGame<T> {
    fn method(&self) -> Method {
        Method::EigenGame
    }

    fn solve_observed(&self, a: &Matrix<T>, observer: &mut Observer<'_, T>) -> Result<Eigenpairs<T>, Error> {
        let mut run = Run::new(Method::EigenGame, a, Some(self.pairs), &self.settings, observer)?;
        run.require_symmetric()?;
        let (n, k) = (run.order(), self.pairs);
        let shift = shift(&run);
        let m = Matrix::from_fn(n, n, |i, j| if i == j { run.a[(i, j)] + shift } else { run.a[(i, j)] });
        let mut players: Vec<Vec<T>> = (0..k).map(|i| run.random_unit(i)).collect();
        loop {
            let images = rows(&m, &players)?;
            run.products += k;
            let moments: Vec<T> = players.iter().zip(&images).map(|(v, image)| dot(v, image)).collect();
            let mut slopes = gradients(&players, &images, &moments);
            let largest = slopes.iter().map(|g| dot(g, g).sqrt()).fold(T::zero(), T::max);
            let values: Vec<T> = moments.iter().map(|&moment| moment - shift).collect();
            match run.step(&values, largest) {
                Verdict::Continue => {}
                verdict => {
                    let basis = Qr::factor(&from_columns(n, &players))?.thin_q()?;
                    return match verdict {
                        Verdict::Converged => run.finish(basis, Some(Which::Largest)),
                        _ => Err(run.give_up(basis, ADVICE)),
                    };
                }
            }
            let lengths: Vec<T> = slopes.iter_mut().map(|g| normalize(g)).collect();
            let ahead = rows(&m, &slopes)?;
            run.products += k;
            let still = run.settings.tolerance * run.norm;
            for (i, (v, d)) in players.iter_mut().zip(&slopes).enumerate() {
                if lengths[i] <= still {
                    continue; // what is left of its slope is rounding, which points anywhere
                }
                // The utility on the circle cos φ v + sin φ d is a quadratic form in (cos φ, sin φ).
                let explained = |image: &[T], x: &[T]| -> T {
                    let parents = images[..i].iter().zip(&moments);
                    dot(x, image) - parents.map(|(parent, &moment)| dot(x, parent) * dot(x, parent) / moment).sum::<T>()
                };
                let (here, there) = (explained(&images[i], v), explained(&ahead[i], d));
                let angle = T::of(0.5) * (T::of(2.0) * lengths[i]).atan2(here - there);
                let (sine, cosine) = angle.sin_cos();
                v.iter_mut().zip(d).for_each(|(x, &y)| *x = cosine * *x + sine * y);
                normalize(v);
            }
        }
    }
}

/// What makes the matrix positive definite, well away from zero: Gershgorin's bound and a tenth of the norm.
fn shift<T: Scalar>(run: &Run<'_, T>) -> T {
    let discs = run.a.row_iter().enumerate().map(|(i, row)| {
        let sum: T = row.iter().map(|v| v.abs()).sum();
        row[i] - (sum - row[i].abs())
    });
    let lowest = discs.fold(T::zero(), T::min);
    if run.norm > T::zero() { T::of(0.1) * run.norm - lowest } else { T::one() }
}

/// `M v` for each of the vectors, M symmetric.
fn rows<T: Scalar>(m: &Matrix<T>, vectors: &[Vec<T>]) -> Result<Vec<Vec<T>>, Error> {
    let stacked = Matrix::from_fn(vectors.len(), m.rows(), |i, j| vectors[i][j]);
    Ok(stacked.matmul(m)?.row_iter().map(<[T]>::to_vec).collect())
}

/// Half the gradient of each player's utility along the sphere.
fn gradients<T: Scalar>(players: &[Vec<T>], images: &[Vec<T>], moments: &[T]) -> Vec<Vec<T>> {
    let of = |(i, v): (usize, &Vec<T>)| {
        let mut gradient = images[i].clone();
        for (parent, &moment) in images[..i].iter().zip(moments) {
            axpy(-dot(v, parent) / moment, parent, &mut gradient);
        }
        axpy(-dot(v, &gradient), v, &mut gradient);
        gradient
    };
    players.iter().enumerate().map(of).collect()
}
