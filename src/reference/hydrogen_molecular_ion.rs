//! An electron between two protons on the plane.

use std::f64::consts::TAU;

use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::quadrature::Quadrature;
use crate::{Error, Result};

/// The lowest `states` levels of H = −∇² − 1/r₁ − 1/r₂ on the plane, ascending; r₁ and r₂ are the distances from two points
/// `separation` apart.
///
/// In elliptic coordinates x = a cosh μ cos ν, y = a sinh μ sin ν about foci at ±a the equation is
/// −ψ_μμ − ψ_νν − 2a cosh μ ψ = E a² (sinh² μ + sin² ν) ψ, whose coefficients are entire. Its Ritz values in products of
/// polynomials of μ and cos kν or sin kν converge faster than any power of their number, from above; here to 1e-10 of a
/// level and better for a separation of 0.1 to 20 and up to 25 states, to 1e-6 for 0.001.
///
/// Source: separation after Burrau, Kgl. Danske Vid. Selskab Mat.-fys. Medd. 7, no. 14 (1927), carried over to the plane.
///
/// ```
/// use eigennet::reference::hydrogen_molecular_ion;
/// // Of nuclei that all but touch: the levels −4/(2n + 1)² of a charge of 2.
/// let levels = hydrogen_molecular_ion(1e-3, 4)?;
/// assert!((levels[0] + 4.0).abs() < 1e-4 && (levels[1] + 4.0 / 9.0).abs() < 1e-4);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] unless the separation lies in 1e-3 … 100 and the states in 1 … 100.
pub fn hydrogen_molecular_ion(separation: f64, states: usize) -> Result<Vec<f64>> {
    let sound = (1e-3..=100.0).contains(&separation) && (1..=100).contains(&states);
    let reason = format_args!("separation {separation}, {states} states: give 1e-3 … 100 and 1 … 100");
    Error::require(sound, "hydrogen_molecular_ion", reason)?;
    let top = (0..).find(|n| (n + 1) * (n + 1) >= states).unwrap_or(0);
    let basis = Basis {
        focus: 0.5 * separation,
        // A state of a charge of 1 reaches this far.
        semi_axis: separation + 30.0 * (2 * top + 1) as f64,
        radial: 32 + 4 * top,
        angular: 8 + top + separation.sqrt() as usize,
    };
    let mut levels = Vec::new();
    for odd in [false, true] {
        for parity in [0, 1] {
            levels.extend(basis.levels(odd, parity)?);
        }
    }
    levels.sort_by(f64::total_cmp);
    levels.truncate(states);
    Ok(levels)
}

/// Products of functions of μ, zero on the ellipse with that semi-axis, and of ν.
struct Basis {
    focus: f64,
    semi_axis: f64,
    radial: usize,
    angular: usize,
}

impl Basis {
    /// Levels of functions that are even in both μ and ν or odd in both (others have a jump on the segment between the
    /// foci), with cos kν or sin kν for k of one parity.
    fn levels(&self, odd: bool, parity: usize) -> Result<Vec<f64>> {
        let a = self.focus;
        // Functions of μ: (1 − t²) P_j(t), t = μ/L.
        let end = (self.semi_axis / a).acosh();
        let rule = Quadrature::<f64>::gauss_legendre(2 * self.radial + 40, 0.0..end)?;
        let degree = |j: usize| 2 * j + usize::from(odd);
        let at: Vec<[Vec<f64>; 2]> = rule.points().iter().map(|mu| legendre(mu / end, 2 * self.radial)).collect();
        let values = Matrix::from_fn(rule.len(), self.radial, |i, j| {
            let t = rule.points()[i] / end;
            (1.0 - t * t) * at[i][0][degree(j)]
        });
        let slopes = Matrix::from_fn(rule.len(), self.radial, |i, j| {
            let t = rule.points()[i] / end;
            ((1.0 - t * t) * at[i][1][degree(j)] - 2.0 * t * at[i][0][degree(j)]) / end
        });
        let along = |f: &Matrix<f64>, factor: &dyn Fn(f64) -> f64| {
            let factors: Vec<f64> = rule.points().iter().zip(rule.weights()).map(|(&mu, w)| w * factor(mu)).collect();
            products(f, &factors)
        };
        let kinetic = along(&slopes, &|_| 1.0)?;
        let mass = along(&values, &|_| 1.0)?;
        let charge = along(&values, &|mu| 2.0 * a * mu.cosh())?;
        let stretch = along(&values, &|mu| (a * mu.sinh()).powi(2))?;
        // Functions of ν, by a rule that is exact for their products.
        let wave = |k: usize| 2 * k + if odd { 2 - parity } else { parity };
        let rays = 8 * self.angular + 16;
        let angle = |i: usize| TAU * i as f64 / rays as f64;
        let around = Matrix::from_fn(rays, self.angular, |i, k| {
            let phase = wave(k) as f64 * angle(i);
            if odd { phase.sin() } else { phase.cos() }
        });
        let ring = products(&around, &vec![1.0; rays])?;
        let bent = products(&around, &(0..rays).map(|i| (a * angle(i).sin()).powi(2)).collect::<Vec<_>>())?;
        let n = self.radial * self.angular;
        let split = |index: usize| (index / self.angular, index % self.angular);
        let h = Matrix::from_fn(n, n, |row, column| {
            let ((i, k), (j, l)) = (split(row), split(column));
            let turns = (wave(k) * wave(l)) as f64;
            ring[(k, l)] * (kinetic[(i, j)] + turns * mass[(i, j)] - charge[(i, j)])
        });
        let weight = Matrix::from_fn(n, n, |row, column| {
            let ((i, k), (j, l)) = (split(row), split(column));
            stretch[(i, j)] * ring[(k, l)] + mass[(i, j)] * bent[(k, l)]
        });
        Ok(generalized_symmetric_eigen(&h, &weight)?.values)
    }
}

/// Σ w f fᵀ over the rows of f.
fn products(f: &Matrix<f64>, weights: &[f64]) -> Result<Matrix<f64>> {
    let weighted = Matrix::from_fn(f.rows(), f.cols(), |i, j| weights[i] * f[(i, j)]);
    let product = weighted.t_matmul(f)?;
    Ok(Matrix::from_fn(f.cols(), f.cols(), |i, j| product[(i.min(j), i.max(j))]))
}

/// P_j(t) √(2j + 1) and its slope for all j up to `degree`.
fn legendre(t: f64, degree: usize) -> [Vec<f64>; 2] {
    let (mut p, mut d) = (vec![1.0, t], vec![0.0, 1.0]);
    for j in 1..degree {
        let k = j as f64;
        p.push(((2.0 * k + 1.0) * t * p[j] - k * p[j - 1]) / (k + 1.0));
        d.push(d[j - 1] + (2.0 * k + 1.0) * p[j]);
    }
    let norm = |j: usize| ((2 * j + 1) as f64).sqrt();
    [p, d].map(|f| f.iter().enumerate().map(|(j, f)| f * norm(j)).collect())
}

#[cfg(test)]
mod tests;
