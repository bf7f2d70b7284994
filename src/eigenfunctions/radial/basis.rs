//! The radial Galerkin basis, and the eigenproblem of one angular momentum on one disk.

use crate::Result;
use crate::error::Error;
use crate::linalg::{Cholesky, Matrix, Qr, Triangular, generalized_symmetric_eigen};
use crate::quadrature::Quadrature;

/// Polynomials in s on [0, 1] with a Gauss rule that integrates their products: what does not depend
/// on radius, potential or angular momentum.
pub(super) struct RadialBasis {
    s: Vec<f64>,
    w: Vec<f64>,
    size: usize,
    /// For m = 0 and m > 0: φ and dφ/ds, `[points, size]`, φ_k = s^(0 or 2) (1 − s) P_k(2s − 1).
    raw: [(Matrix<f64>, Matrix<f64>); 2],
}

/// P_k(2s − 1) and its derivative in s for k < `size`, one call of `each` per k.
pub(super) fn shifted_legendre(size: usize, s: f64, mut each: impl FnMut(usize, f64, f64)) {
    let x = 2.0 * s - 1.0;
    let ((mut p0, mut p1), (mut d0, mut d1)) = ((0.0, 1.0), (0.0, 0.0));
    for k in 0..size {
        each(k, p1, d1);
        let n = k as f64;
        let (a, b) = ((2.0 * n + 1.0) / (n + 1.0), n / (n + 1.0));
        let next = (a * x * p1 - b * p0, a * (2.0 * p1 + x * d1) - b * d0);
        ((p0, p1), (d0, d1)) = ((p1, next.0), (d1, next.1));
    }
}

/// The boundary factor b(s) = s^(0 or 2) (1 − s) of a wave, divided by s^0 or s, with its derivative.
pub(super) fn boundary_factor(m: u32, s: f64) -> (f64, f64) {
    if m == 0 { (1.0 - s, -1.0) } else { (s * s * (1.0 - s), s * (2.0 - 3.0 * s)) }
}

impl RadialBasis {
    pub(super) fn new(size: usize) -> Result<Self> {
        let rule = Quadrature::<f64>::gauss_legendre(2 * size + 16, 0.0..1.0)?;
        let raw = [0, 1].map(|m| {
            let mut values = Matrix::zeros(rule.len(), size);
            let mut slopes = Matrix::zeros(rule.len(), size);
            for (q, &s) in rule.points().iter().enumerate() {
                let (b, db) = boundary_factor(m, s);
                // √(2k + 1) makes the polynomials orthonormal on [0, 1].
                shifted_legendre(size, s, |k, p, dp| {
                    let norm = ((2 * k + 1) as f64).sqrt();
                    values[(q, k)] = norm * b * p;
                    slopes[(q, k)] = norm * (b * dp + db * p);
                });
            }
            (values, slopes)
        });
        Ok(RadialBasis { s: rule.points().to_vec(), w: rule.weights().to_vec(), size, raw })
    }

    /// The basis made orthonormal in the kinetic energy of angular momentum m,
    /// ∫ (u′² + m² u²/r²) r dr = ½ ∫ (s u_s² + 4 m² u²/s) ds, which does not depend on R.
    pub(super) fn channel(&mut self, m: u32) -> Result<Channel<'_>> {
        let (values, slopes) = &self.raw[usize::from(m > 0)];
        let n = self.s.len();
        let m2 = f64::from(m) * f64::from(m);
        let nodes = || self.s.iter().zip(&self.w);
        let radial: Vec<f64> = nodes().map(|(s, w)| 0.5 * w * s).collect();
        let angular: Vec<f64> = nodes().map(|(s, w)| 2.0 * m2 * w / s).collect();
        let halves = if m == 0 { 1 } else { 2 };
        // QR of the weighted values instead of Cholesky of their Gram matrix: half the digits lost.
        let stacked = Matrix::from_fn(halves * n, self.size, |q, k| {
            if q < n { radial[q].sqrt() * slopes[(q, k)] } else { angular[q - n].sqrt() * values[(q - n, k)] }
        });
        let r = Qr::factor(&stacked)?.r().clone();
        let right = |a: &Matrix<f64>| Triangular::upper().solve_right(&r, a);
        let coefficients = right(&Matrix::identity(self.size))?;
        Ok(Channel { values: right(values)?, slopes: right(slopes)?, coefficients, radial, angular, basis: self })
    }
}

/// The basis of one angular momentum.
pub(super) struct Channel<'a> {
    basis: &'a RadialBasis,
    /// u and du/ds `[points, size]`.
    values: Matrix<f64>,
    slopes: Matrix<f64>,
    /// From this basis to φ, `[size, size]`.
    coefficients: Matrix<f64>,
    radial: Vec<f64>,
    angular: Vec<f64>,
}

impl Channel<'_> {
    /// The `count` lowest energies on the disk of radius `radius`, ascending, each with the
    /// coefficients of its normalised u in P_k(2s − 1) b(s).
    pub(super) fn solve(
        &self,
        radius: f64,
        potential: &dyn Fn(f64) -> f64,
        count: usize,
    ) -> Result<Vec<(f64, Vec<f64>)>> {
        let RadialBasis { s, w, size, .. } = self.basis;
        // ∫ u² r dr = ∫ 2R² s³ u² ds
        let mass: Vec<f64> = s.iter().zip(w).map(|(s, w)| 2.0 * radius * radius * s * s * s * w).collect();
        let energy: Vec<f64> = s.iter().zip(&mass).map(|(s, w)| w * potential(radius * s * s)).collect();
        Error::check_finite("potential of RadialSolver", &energy)?;
        let mut form = self.products(&self.slopes, &self.radial)?;
        for (values, weights) in [(&self.values, &self.angular), (&self.values, &energy)] {
            form = form.add(&self.products(values, weights)?)?;
        }
        let gram = self.products(&self.values, &mass)?;
        let vectors = lowest_vectors(&form, &gram, radius)?;

        let count = count.min(*size);
        let chosen = Matrix::from_fn(*size, count, |i, j| vectors[(i, size - 1 - j)]);
        let u = self.values.matmul(&chosen)?;
        let slopes = self.slopes.matmul(&chosen)?;
        let phi = self.coefficients.matmul(&chosen)?;
        let mut solved: Vec<(f64, Vec<f64>)> = (0..count)
            .map(|j| {
                // Rayleigh quotients point by point do not see the rounding of the matrices.
                let (mut top, mut norm) = (0.0, 0.0);
                for q in 0..s.len() {
                    let (v, d) = (u[(q, j)], slopes[(q, j)]);
                    top += self.radial[q] * d * d + (self.angular[q] + energy[q]) * v * v;
                    norm += mass[q] * v * v;
                }
                let scale = u[(0, j)].signum() / norm.sqrt();
                let legendre = (0..*size).map(|k| scale * ((2 * k + 1) as f64).sqrt() * phi[(k, j)]);
                (top / norm, legendre.collect())
            })
            .collect();
        solved.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(solved)
    }

    /// Σ_q weights[q] v[q, i] v[q, j]
    fn products(&self, v: &Matrix<f64>, weights: &[f64]) -> Result<Matrix<f64>> {
        v.t_matmul(&Matrix::from_fn(v.rows(), v.cols(), |q, k| weights[q] * v[(q, k)]))
    }
}

/// Eigenvectors of `form x = E gram x` as columns, those of the lowest E last: solved as
/// `gram x = μ (form − σ gram) x`, μ = 1/(E − σ), with σ below the spectrum.
fn lowest_vectors(form: &Matrix<f64>, gram: &Matrix<f64>, radius: f64) -> Result<Matrix<f64>> {
    let shifted = |sigma: f64| form.sub(&gram.scale(sigma));
    // The kinetic energy of the disk sets the scale on which the bottom of the spectrum is sought.
    let mut sigma = 0.0;
    let mut step = 1.0 / (radius * radius);
    while Cholesky::factor(&shifted(sigma)?).is_err() {
        if !step.is_finite() {
            return Err(Error::NoConvergence {
                method: "RadialSolver",
                iterations: 1024,
                reason: "the energy has no lower bound; the potential falls too steeply at the origin".into(),
            });
        }
        sigma = -step;
        step *= 2.0;
    }
    // Once more, so that σ keeps its distance from the ground state.
    Ok(generalized_symmetric_eigen(gram, &shifted(2.0 * sigma)?)?.vectors)
}
