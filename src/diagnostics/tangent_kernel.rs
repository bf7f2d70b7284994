//! Neural tangent kernels: how fast gradient descent moves which part of the outputs.

use std::fmt;

use super::samples::Samples;
use super::verdict::{Finding, Verdict};
use crate::autodiff::{Output, Program};
use crate::error::Error;
use crate::linalg::{Matrix, svd};
use crate::optim::Residuals;
use crate::{Result, Scalar};

/// The most rows of a kernel that is written out.
const MOST_ROWS: usize = 20_000;

/// The tangent kernel `K = J Jᵀ` `[rows · width, rows · width]` of an output over all samples, where J is its Jacobian
/// in the parameters (Jacot, Gabriel and Hongler, 2018). Of the losses of single samples it is the matrix of products of
/// their gradients: centred and divided by their number it has the eigenvalues of the
/// [covariance](super::Curvature::gradient_covariance), which is the Gram trick. Two blocks of gradients are held at a
/// time.
///
/// ```
/// use eigennet::autodiff::{Initializer, Rows, record};
/// use eigennet::diagnostics::{Samples, tangent_kernel};
/// // A linear model's kernel is XXᵀ.
/// let program = record(|g| {
///     let x = g.input("x", Rows::named("batch"), 2);
///     x.matmul(g.parameter("w", [2, 1], Initializer::Constant(0.0)))
/// })?
/// .compile::<f64>();
/// let samples = Samples::new(2)?.input("x", &[1.0, 2.0, 3.0, -1.0])?.block(1)?;
/// let kernel = tangent_kernel(&program, program.recording().result(), &[0.0, 0.0], &samples)?;
/// assert_eq!(kernel.as_slice(), [5.0, 1.0, 1.0, 10.0]);
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidArgument`] for more than 20 000 rows, for which there is
/// [`Curvature::gauss_newton`](super::Curvature::gauss_newton); what couples the rows, such as batch statistics, has no
/// Jacobian row by row; and as [`Program::linearize`].
pub fn tangent_kernel<T: Scalar>(
    program: &Program<T>,
    output: Output,
    parameters: &[T],
    samples: &Samples<'_, T>,
) -> Result<Matrix<T>> {
    let program = program.select(&[output])?;
    let width = program.recording().output_shape(output)?.1;
    let size = samples.rows().saturating_mul(width);
    let reason =
        format_args!("{size} rows; take fewer samples, or Curvature::gauss_newton, whose eigenvalues are the same");
    Error::require(size <= MOST_ROWS, "tangent_kernel", reason)?;
    let mut workspace = program.workspace();
    let mut jacobian = |rows: std::ops::Range<usize>| -> Result<Matrix<T>> {
        samples.bind(rows.clone(), &mut workspace)?;
        let mut linearized = program.linearize(parameters, &mut workspace)?;
        Error::same_shape("output of tangent_kernel", &[linearized.value(output)?.len()], &[rows.len() * width])?;
        let mut jacobian = Matrix::zeros(rows.len() * width, parameters.len());
        linearized.jacobian(|_| None, jacobian.as_mut_slice())?;
        Ok(jacobian)
    };
    let mut kernel = Matrix::zeros(size, size);
    for left in samples.blocks() {
        let of_left = jacobian(left.clone())?;
        for right in samples.blocks().filter(|right| right.start <= left.start) {
            let products = of_left.matmul_t(&jacobian(right.clone())?)?;
            for (i, row) in products.row_iter().enumerate() {
                for (j, &v) in row.iter().enumerate() {
                    let (a, b) = (left.start * width + i, right.start * width + j);
                    kernel[(a, b)] = v;
                    kernel[(b, a)] = v;
                }
            }
        }
    }
    Error::check_finite("tangent_kernel", kernel.as_slice())?;
    Ok(kernel)
}

/// The tangent kernel of residuals, such as an equation on points, and where among its directions the residual lies:
/// why gradient descent is slow on them (Wang, Yu and Perdikaris, 2022).
///
/// At a small step η gradient descent on ‖r‖²/2 takes the part of r along the eigenvector of λᵢ down by 1 − ηλᵢ, and η
/// may not exceed 2/λ₁: parts with small λᵢ/λ₁ hardly move.
///
/// ```
/// use eigennet::diagnostics::{Finding, TangentKernel};
/// use eigennet::differential::{Domain, Equation};
/// use eigennet::{Seed, nn::Mlp};
/// // u″ = −100 u by a network of sines: most of the residual lies where gradient descent does not get to.
/// let domain = Domain::new(["t"], [0.0..1.0])?;
/// let net = Mlp::new("net", [1, 10, 1]);
/// let equation = Equation::<f64>::record(&domain, |g, [t]| {
///     let u = 1.0 + t.square() * net.call(t);
///     g.output("u", u);
///     u.d(t).d(t) + 100.0 * u
/// })?;
/// let kernel = TangentKernel::of(&mut equation.on(&domain.gauss([40])?)?, &equation.initial(Seed(0)))?;
/// assert!((kernel.shares.iter().sum::<f64>() - 1.0).abs() < 1e-10);
/// assert!(kernel.condition() > 1e6);
/// println!("{kernel}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TangentKernel {
    /// λ = σ² of the Jacobian, descending, `[min(residuals, parameters)]`.
    pub values: Vec<f64>,
    /// The share of ‖r‖² along each eigenvector of JJᵀ; what is left to 1 no parameter moves. All 0 where r is.
    pub shares: Vec<f64>,
    /// ‖r‖².
    pub loss: f64,
}

/// Eigenvalues below this, relative to the largest, take gradient descent more than ten thousand steps.
const SLOW: f64 = 1e-4;
/// The share of the residual in slow directions that is too much.
const MOSTLY: f64 = 0.5;

impl TangentKernel {
    /// Of residuals at `parameters`, by the singular values of their dense Jacobian.
    ///
    /// # Errors
    /// [`Error::Shape`] for parameters that do not fit, [`Error::InvalidArgument`] for no residuals or no parameters,
    /// [`Error::NonFinite`], and what the residuals report.
    #[inline(never)]
    pub fn of<T: Scalar>(residuals: &mut dyn Residuals<T>, parameters: &[T]) -> Result<Self> {
        let (m, p) = (residuals.residual_count(), residuals.parameter_count());
        Error::same_shape("parameters of TangentKernel", &[parameters.len()], &[p])?;
        Error::require(
            m > 0 && p > 0,
            "residuals of TangentKernel",
            "there are none, or no parameters; give at least one",
        )?;
        let mut jacobian = Matrix::zeros(m, p);
        let mut r = vec![T::zero(); m];
        residuals.residuals_and_jacobian(parameters, &mut r, &mut jacobian)?;
        Error::check_finite("residuals of TangentKernel", &r)?;
        let decomposed = svd(&jacobian)?;
        let loss: f64 = r.iter().map(|&v| Scalar::to_f64(v).powi(2)).sum();
        let along = decomposed.u.t_matmul(&Matrix::from_vec(m, 1, r)?)?;
        let share = |&v: &T| if loss > 0.0 { Scalar::to_f64(v).powi(2) / loss } else { 0.0 };
        Ok(TangentKernel {
            values: decomposed.values.iter().map(|&s| Scalar::to_f64(s).powi(2)).collect(),
            shares: along.as_slice().iter().map(share).collect(),
            loss,
        })
    }

    /// λ₁ over the smallest; infinite for a Jacobian without full rank.
    pub fn condition(&self) -> f64 {
        let last = self.values[self.values.len() - 1];
        if last > 0.0 { self.values[0] / last } else { f64::INFINITY }
    }

    /// The share of ‖r‖² in directions with λ < `fraction` · λ₁, those that no parameter moves counted.
    pub fn slow_share(&self, fraction: f64) -> f64 {
        let bound = fraction * self.values[0];
        let moves = |v: f64| v > 0.0 && v >= bound;
        let fast: f64 = self.values.iter().zip(&self.shares).filter(|(v, _)| moves(**v)).map(|(_, s)| s).sum();
        if self.loss > 0.0 { (1.0 - fast).max(0.0) } else { 0.0 }
    }

    /// The share of ‖r‖² that is left after so many steps of gradient descent with the step 1/λ₁, as long as J changes
    /// little.
    pub fn left_after(&self, steps: f64) -> f64 {
        if self.loss == 0.0 || self.values[0] == 0.0 {
            return if self.loss > 0.0 { 1.0 } else { 0.0 };
        }
        let fixed = (1.0 - self.shares.iter().sum::<f64>()).max(0.0);
        let rest = |(v, share): (&f64, &f64)| share * (1.0 - v / self.values[0]).powf(2.0 * steps);
        fixed + self.values.iter().zip(&self.shares).map(rest).sum::<f64>()
    }

    /// What it says of training by gradient descent.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let figure = self.slow_share(SLOW);
        let slow = Verdict { finding: Finding::SlowDirections, figure, threshold: MOSTLY };
        if figure > MOSTLY { vec![slow] } else { Vec::new() }
    }
}

impl fmt::Display for TangentKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.values[0];
        write!(f, "tangent kernel: λ₁ {largest:.3e}, condition {:.1e}; of ‖r‖² = {:.3e}", self.condition(), self.loss)?;
        write!(f, " {:.1} % in directions with λ < λ₁/10⁴", 100.0 * self.slow_share(SLOW))?;
        self.verdicts().iter().try_for_each(|verdict| write!(f, "\n  {verdict}"))
    }
}
