//! The Hessian written out, by a product with each unit vector, and Lanczos' method against it.

use std::time::Instant;

use eigennet::diagnostics::{Spectrum, SpectrumSettings};
use eigennet::linalg::{LinearOperator, Matrix, symmetric_eigenvalues};

use crate::experiment::Context;
use crate::failure::Failure;

/// Lanczos' method beside the dense Hessian.
#[derive(Debug)]
pub struct Compared {
    /// All eigenvalues, descending.
    pub exact: Vec<f64>,
    /// Both ends by Lanczos' method.
    pub found: Spectrum<f64>,
    /// Seconds that it took.
    pub seconds: f64,
    /// The largest |λ/λ_dense − 1| of the five largest.
    pub top_error: f64,
    /// |λ − λ_dense|/|λ₁| of the smallest.
    pub bottom_error: f64,
    /// The largest distance of a λ to the nearest λ_dense, over the residual of the pair and the rounding of the dense Hessian.
    pub error_over_residual: f64,
}

impl Compared {
    /// Of a Hessian.
    pub fn of(context: &Context, hessian: &dyn LinearOperator<f64>) -> Result<Self, Failure> {
        let settings = SpectrumSettings { probes: 0, seed: context.seed, ..SpectrumSettings::default() };
        let started = Instant::now();
        let found = Spectrum::of(hessian, &settings)?;
        let seconds = started.elapsed().as_secs_f64();
        let n = hessian.rows();
        let mut rows = Matrix::zeros(n, n);
        let mut unit = vec![0.0; n];
        let mut phase = context.progress.phase("dense Hessian", n as u64);
        for i in 0..n {
            context.check_interrupt()?;
            unit[i] = 1.0;
            hessian.apply(&unit, rows.row_mut(i))?;
            unit[i] = 0.0;
            phase.update(i as u64 + 1, f64::NAN);
        }
        phase.finish();
        let symmetric = Matrix::from_fn(n, n, |i, j| 0.5 * (rows[(i, j)] + rows[(j, i)]));
        let mut exact = symmetric_eigenvalues(&symmetric)?;
        exact.reverse();
        let rounding = n as f64 * f64::EPSILON * exact[0].abs().max(exact[n - 1].abs());
        let pairs = [&found.top, &found.bottom].into_iter().flat_map(|end| end.values.iter().zip(&end.residuals));
        // What the residual bounds is the distance to some eigenvalue.
        let nearest = |v: f64| exact.iter().map(|e| (v - e).abs()).fold(f64::INFINITY, f64::min);
        let over = |(&v, residual): (&f64, &f64)| nearest(v) / (residual + rounding);
        let top_error = found.top.values.iter().zip(&exact).map(|(v, e)| (v / e - 1.0).abs()).fold(0.0, f64::max);
        let bottom_error = (found.smallest() - exact[n - 1]).abs() / exact[0].abs();
        let error_over_residual = pairs.map(over).fold(0.0, f64::max);
        Ok(Compared { exact, seconds, top_error, bottom_error, error_over_residual, found })
    }
}
