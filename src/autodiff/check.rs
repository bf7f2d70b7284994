//! A gradient checker for users: the gradient beside central differences of the loss.

use std::fmt;

use super::replay::program::Program;
use super::replay::workspace::Workspace;
use super::tensor::parameters::Layout;
use crate::error::Error;
use crate::rng::Seed;
use crate::{Result, Scalar};

/// What [`check_gradient`] does.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckOptions {
    /// Relative deviation that passes; by default 10 ∛ε: 6·10⁻⁵ in `f64`, 0.05 in `f32`.
    pub tolerance: Option<f64>,
    /// Step of the differences, relative to 1 + |θ|; by default ∛ε.
    pub step: Option<f64>,
    /// At most so many parameters are checked, drawn at random.
    pub parameters: usize,
    /// Whether the product of the Hessian with a random direction is checked, too.
    pub hessian_vector: bool,
    /// Seed of what is drawn at random.
    pub seed: Seed,
}

impl Default for CheckOptions {
    fn default() -> Self {
        CheckOptions { tolerance: None, step: None, parameters: 200, hessian_vector: false, seed: Seed(0) }
    }
}

/// A derivative and what differences say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviation {
    /// The parameter block.
    pub block: String,
    /// Index in the block, row after row.
    pub index: usize,
    /// What the program computes.
    pub computed: f64,
    /// What central differences give.
    pub difference: f64,
    /// |computed − difference| in units of what is allowed here; above 1 fails.
    pub excess: f64,
}

/// What [`check_gradient`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientReport {
    /// The loss.
    pub loss: f64,
    /// How many parameters were checked.
    pub checked: usize,
    /// The worst entry of the gradient; `None` without parameters.
    pub gradient: Option<Deviation>,
    /// The worst entry of the Hessian-vector product, if it was asked for.
    pub hessian_vector: Option<Deviation>,
}

impl GradientReport {
    /// Whether every derivative agrees with the differences.
    pub fn passed(&self) -> bool {
        [&self.gradient, &self.hessian_vector].into_iter().flatten().all(|worst| worst.excess <= 1.0)
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Deviation { block, index, computed, difference, excess } = self;
        write!(
            f,
            "{block}[{index}]: computed {computed:.6e}, by differences {difference:.6e} ({excess:.2e} of what is allowed)"
        )
    }
}

impl fmt::Display for GradientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed() { "agrees with" } else { "differs from" };
        write!(f, "gradient {verdict} central differences in {} parameters", self.checked)?;
        for (name, worst) in [("gradient", &self.gradient), ("Hessian-vector product", &self.hessian_vector)] {
            if let Some(worst) = worst {
                write!(f, "\n  worst of the {name}: {worst}")?;
            }
        }
        Ok(())
    }
}

/// Compares the gradient of a loss with central differences, (L(θ+h) − L(θ−h))/2h, entry by entry.
///
/// A deviation is measured against the tolerance times the entry (or, where that is small, a thousandth of the largest
/// entry), plus what the differences themselves leave open: rounding of the loss, and the change when the step is
/// halved. A point within a step of a kink of `relu` or `abs` therefore does not fail by itself. `stop_gradient` fails,
/// as it should, unless what it stops does not depend on the parameters. Buffers keep their values.
///
/// ```
/// use eigennet::autodiff::{CheckOptions, Rows, check_gradient, record};
/// let program = record(|g| {
///     let x = g.input("x", Rows::named("points"), 1);
///     let a = g.scalar_parameter("a", 1.0);
///     (a * x).tanh().square().mean()
/// })?
/// .compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[0.5, -1.0, 2.0])?;
/// let report = check_gradient(&program, &[0.7], &mut ws, &CheckOptions::default())?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// # Errors
/// As [`Program::gradient`]; [`Error::NonFinite`] if the loss or gradient is not finite;
/// [`Error::InvalidArgument`] for a step or tolerance that is not positive.
pub fn check_gradient<T: Scalar>(
    program: &Program<T>,
    parameters: &[T],
    ws: &mut Workspace<T>,
    options: &CheckOptions,
) -> Result<GradientReport> {
    let epsilon = Scalar::to_f64(T::EPSILON);
    let tolerance = positive("tolerance", options.tolerance.unwrap_or(10.0 * epsilon.cbrt()))?;
    let step = positive("step", options.step.unwrap_or(epsilon.cbrt()))?;
    let buffers = ws.buffers();
    let restore = |ws: &mut Workspace<T>| ws.set_buffers(&buffers).map(|_| ());

    let (loss, gradient) = program.value_and_grad(parameters, ws)?;
    restore(ws)?;
    Error::check_finite("loss", &[loss])?;
    Error::check_finite("gradient", &gradient)?;
    let loss = Scalar::to_f64(loss);
    let largest = largest_of(&gradient);

    let mut moved = parameters.to_vec();
    let chosen = choose(parameters.len(), options);
    let layout = program.parameters();
    let mut worst_gradient = None;
    for &k in &chosen {
        let mut slopes = [0.0; 2];
        let mut rounding = 0.0;
        for (slope, shrink) in slopes.iter_mut().zip([1.0, 0.5]) {
            let h = shrink * step * (1.0 + Scalar::to_f64(parameters[k]).abs());
            let mut ends = [0.0; 2];
            // The step that is really made, after rounding.
            let mut length = 0.0;
            for (end, sign) in ends.iter_mut().zip([1.0, -1.0]) {
                moved[k] = parameters[k] + T::of(sign * h);
                length += sign * Scalar::to_f64(moved[k]);
                *end = Scalar::to_f64(program.value(&moved, ws)?);
            }
            moved[k] = parameters[k];
            *slope = (ends[0] - ends[1]) / length;
            rounding = 8.0 * epsilon * ends[0].abs().max(ends[1].abs()) / length;
        }
        let computed = Scalar::to_f64(gradient[k]);
        let scale = computed.abs().max(slopes[1].abs()).max(1e-3 * largest);
        let allowed = tolerance * scale + rounding + (slopes[0] - slopes[1]).abs();
        keep_worst(&mut worst_gradient, layout, k, [computed, slopes[1]], allowed);
    }

    let mut worst_product = None;
    if options.hessian_vector && !parameters.is_empty() {
        let mut stream = options.seed.stream("direction");
        let direction: Vec<T> = parameters.iter().map(|_| T::of(stream.normal::<f64>())).collect();
        let mut product = vec![T::zero(); parameters.len()];
        program.hessian_vector(parameters, &direction, ws, &mut product)?;
        Error::check_finite("Hessian-vector product", &product)?;
        let size = largest_of(parameters);
        let mut ends: Vec<Vec<T>> = Vec::with_capacity(4);
        let steps = [step, -step, 0.5 * step, -0.5 * step].map(|h| h * (1.0 + size));
        for h in steps {
            let along = parameters.iter().zip(&direction).map(|(&p, &v)| p + T::of(h) * v);
            ends.push(program.value_and_grad(&along.collect::<Vec<T>>(), ws)?.1);
            restore(ws)?;
        }
        let top = largest_of(&product);
        for &k in &chosen {
            let entry = |i: usize| Scalar::to_f64(ends[i][k]);
            let coarse = (entry(0) - entry(1)) / (2.0 * steps[0]);
            let fine = (entry(2) - entry(3)) / (2.0 * steps[2]);
            let computed = Scalar::to_f64(product[k]);
            let scale = computed.abs().max(fine.abs()).max(1e-3 * top);
            let rounding = 8.0 * epsilon * largest.max(entry(2).abs()) / steps[2];
            let allowed = tolerance * scale + rounding + (coarse - fine).abs();
            keep_worst(&mut worst_product, layout, k, [computed, fine], allowed);
        }
    }
    Ok(GradientReport { loss, checked: chosen.len(), gradient: worst_gradient, hessian_vector: worst_product })
}

fn positive(what: &str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::invalid(format!("{what} of check_gradient"), format!("it has to be positive and finite, not {value}")))
}

fn largest_of<T: Scalar>(values: &[T]) -> f64 {
    values.iter().fold(0.0, |m: f64, &v| m.max(Scalar::to_f64(v).abs()))
}

/// The parameters that are checked, in order.
fn choose(count: usize, options: &CheckOptions) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    if count > options.parameters {
        options.seed.stream("parameters").shuffle(&mut all);
        all.truncate(options.parameters);
        all.sort_unstable();
    }
    all
}

/// Keeps the worse of `worst` and entry `k` of the flat vector.
fn keep_worst(
    worst: &mut Option<Deviation>,
    layout: &Layout,
    k: usize,
    [computed, difference]: [f64; 2],
    allowed: f64,
) {
    let gap = (computed - difference).abs();
    // Two exact zeros agree; a difference that is not finite does not.
    let excess = if gap == 0.0 { 0.0 } else { gap / allowed };
    let excess = if excess.is_nan() { f64::INFINITY } else { excess };
    if worst.as_ref().is_none_or(|old| excess > old.excess) {
        let block = layout.blocks().iter().find(|b| b.range().contains(&k));
        let (block, index) = block.map_or_else(Default::default, |b| (b.name.clone(), k - b.offset));
        *worst = Some(Deviation { block, index, computed, difference, excess });
    }
}
