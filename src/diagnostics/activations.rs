//! What the units of a layer do over all samples.

use super::samples::Samples;
use crate::autodiff::{Output, Program};
use crate::error::Error;
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Result, Scalar};

/// A unit counts as dead where its deviation over the samples is below this, relative to the largest of the layer.
const DEAD: f64 = 1e-6;

/// Statistics of an output `[rows, width]` over all samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Units.
    pub width: usize,
    /// The mean of all values.
    pub mean: f64,
    /// The root of the mean over the units of their variances: how strong the signal is.
    pub deviation: f64,
    /// Units that say the same of every sample.
    pub dead: usize,
    /// Eigenvalues of the covariance of the units, descending, `[width]`.
    pub covariance: Vec<f64>,
}

impl Activations {
    /// Of an output, a block of samples at a time.
    ///
    /// ```
    /// use eigennet::autodiff::{Rows, record};
    /// use eigennet::diagnostics::{Activations, Samples};
    /// let program = record(|g| g.input("x", Rows::named("batch"), 2).relu())?.compile::<f64>();
    /// let x = [1.0, -1.0, 3.0, -2.0];
    /// let found = Activations::of(&program, program.recording().result(), &[], &Samples::new(2)?.input("x", &x)?)?;
    /// assert_eq!((found.dead, found.mean, found.dimension()), (1, 1.0, 1.0)); // the second is never positive
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] unless the output has a row for each sample, [`Error::NonFinite`], and as
    /// [`Program::evaluate`].
    #[inline(never)]
    pub fn of<T: Scalar>(
        program: &Program<T>,
        output: Output,
        parameters: &[T],
        samples: &Samples<'_, T>,
    ) -> Result<Self> {
        let program = program.select(&[output])?;
        let mut workspace = program.workspace();
        let width = program.recording().output_shape(output)?.1;
        let (mut sums, mut products) = (vec![0.0; width], Matrix::<f64>::zeros(width, width));
        // Moments about the first sample, lest a large common value drown the deviations.
        let mut about: Option<Vec<f64>> = None;
        for rows in samples.blocks() {
            samples.bind(rows.clone(), &mut workspace)?;
            let values = program.evaluate(parameters, &mut workspace)?.value(output)?;
            Error::same_shape("output of Activations", &[values.len()], &[rows.len() * width])?;
            Error::check_finite("output of Activations", values)?;
            let about = about.get_or_insert_with(|| values[..width].iter().map(|&v| Scalar::to_f64(v)).collect());
            let moved = Matrix::from_fn(rows.len(), width, |i, j| Scalar::to_f64(values[i * width + j]) - about[j]);
            for row in moved.row_iter() {
                sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
            }
            products = products.add(&crate::linalg::gram(&moved)?)?;
        }
        let n = samples.rows() as f64;
        let covariance = Matrix::from_fn(width, width, |i, j| products[(i, j)] / n - sums[i] / n * (sums[j] / n));
        let variances = covariance.diagonal();
        let largest = variances.iter().copied().fold(0.0, f64::max);
        let about = about.unwrap_or_default();
        let mut values = symmetric_eigen(&covariance)?.values;
        values.reverse();
        Ok(Activations {
            width,
            mean: about.iter().zip(&sums).map(|(a, sum)| a + sum / n).sum::<f64>() / width as f64,
            deviation: (variances.iter().map(|v| v.max(0.0)).sum::<f64>() / width as f64).sqrt(),
            dead: variances.iter().filter(|&&v| v <= DEAD * DEAD * largest).count(),
            covariance: values,
        })
    }

    /// (Σλ)²/Σλ² of the covariance: how many dimensions the samples fill; 0 where all are alike.
    pub fn dimension(&self) -> f64 {
        let sum: f64 = self.covariance.iter().sum();
        let squares: f64 = self.covariance.iter().map(|v| v * v).sum();
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }
}
