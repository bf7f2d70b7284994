//! Singular functions that can be evaluated anywhere, and what a sample says of them.

use super::super::check::Checked;
use super::super::sampled_operator::{INPUTS, OUTPUTS, SampledOperator};
use crate::autodiff::Function;
use crate::container::{Container, Element};
use crate::error::Error;
use crate::linalg::{Matrix, Qr, svd};
use crate::{Result, Scalar};

/// Directions of the functions below this, relative to the largest, are not told from rounding.
const DEPENDENT: f64 = 1e3;

/// Learned singular functions: `T f_ℓ = σ_ℓ g_ℓ`, `T* g_ℓ = σ_ℓ f_ℓ`.
#[derive(Debug, Clone)]
pub struct SingularFunctions<T> {
    /// Of the inputs, then of the outputs.
    trials: [Function<T>; 2],
    /// `[trial functions, states]` each; `None` where the trial functions are the states.
    coefficients: Option<[Matrix<T>; 2]>,
    values: Vec<f64>,
}

impl<T: Scalar> SingularFunctions<T> {
    pub(super) fn new(trials: [Function<T>; 2], operator: &SampledOperator<T>) -> Result<Self> {
        let states = trials[INPUTS].width();
        let raw = SingularFunctions { trials, coefficients: None, values: vec![0.0; states] };
        let values = Measured::new(&raw, operator)?.quotients();
        Ok(SingularFunctions { values, ..raw })
    }

    /// Number of triplets.
    pub fn states(&self) -> usize {
        self.values.len()
    }

    /// The singular values, as the solver last estimated them.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The right functions f at `points` `[n, dx]`, row after row: `[n, states]`.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `points` holds whole points (at least one), [`Error::NonFinite`].
    pub fn right(&self, points: &[T]) -> Result<Matrix<T>> {
        self.evaluate(INPUTS, points)
    }

    /// The left functions g at `points` `[n, dy]`, row after row: `[n, states]`.
    ///
    /// # Errors
    /// As [`right`](Self::right).
    pub fn left(&self, points: &[T]) -> Result<Matrix<T>> {
        self.evaluate(OUTPUTS, points)
    }

    fn evaluate(&self, side: usize, points: &[T]) -> Result<Matrix<T>> {
        let values = self.trials[side].evaluate(points)?.remove(0);
        match &self.coefficients {
            Some(coefficients) => values.matmul(&coefficients[side]),
            None => Ok(values),
        }
    }

    /// Both sides rotated to the singular functions of T between what they span: the Rayleigh–Ritz step, whose singular
    /// values are off by the square of what the functions are. All are lower bounds of those of T on this sample. Where
    /// the functions span less, as of an operator with fewer positive singular values, less is returned.
    ///
    /// # Errors
    /// [`Error::Shape`] for an operator of other dimensions, [`Error::InvalidArgument`] for functions that vanish.
    pub fn ritz(&self, operator: &SampledOperator<T>) -> Result<Self> {
        let Measured { functions: [f, g], image, .. } = Measured::new(self, operator)?;
        let bases = [orthonormal(&f, operator.inputs().weights())?, orthonormal(&g, operator.outputs().weights())?];
        let core = bases[OUTPUTS].t_matmul(&g.t_matmul(&image)?)?.matmul(&bases[INPUTS])?;
        let triplets = svd(&core)?;
        let states = triplets.values.len();
        let rotate = |side: usize, rotation: &Matrix<T>| {
            let combined = bases[side].matmul(&rotation.submatrix(0..rotation.rows(), 0..states))?;
            self.coefficients.as_ref().map_or_else(|| Ok(combined.clone()), |c| c[side].matmul(&combined))
        };
        let coefficients = [rotate(INPUTS, &triplets.v_transposed.transpose())?, rotate(OUTPUTS, &triplets.u)?];
        let values = triplets.values.iter().map(|&s| Scalar::to_f64(s)).collect();
        Ok(SingularFunctions { trials: self.trials.clone(), coefficients: Some(coefficients), values })
    }

    /// The first `states` triplets, or all where there are no more.
    pub fn first(mut self, states: usize) -> Self {
        let states = states.min(self.states());
        let kept = |side: usize| match &self.coefficients {
            Some(coefficients) => coefficients[side].submatrix(0..coefficients[side].rows(), 0..states),
            None => {
                let one = |i, j| if i == j { T::one() } else { T::zero() };
                Matrix::from_fn(self.states(), states, one)
            }
        };
        self.coefficients = Some([kept(INPUTS), kept(OUTPUTS)]);
        self.values.truncate(states);
        self
    }

    /// What the points of `operator` say: the quotients `⟨g, T f⟩ / ‖f‖ ‖g‖` and the [residuals](Self::residuals) there.
    ///
    /// # Errors
    /// [`Error::Shape`] for an operator of other dimensions, [`Error::NonFinite`].
    pub fn check(&self, operator: &SampledOperator<T>) -> Result<Checked> {
        let measured = Measured::new(self, operator)?;
        let (levels, residuals) = (measured.quotients(), measured.residuals(self, operator)?);
        Ok(Checked { levels, residuals })
    }

    /// `√((‖T f − σ g‖² + ‖T* g − σ f‖²)/2)` on the points of `operator`, of f and g scaled to norm 1: a singular value
    /// lies within that of σ, up to the error of the integrals. Of an operator on [pairs](SampledOperator::pairs), which
    /// knows no image, the standard error of `⟨g, T f⟩`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn residuals(&self, operator: &SampledOperator<T>) -> Result<Vec<f64>> {
        Measured::new(self, operator)?.residuals(self, operator)
    }
}

impl<T: Scalar + Element> SingularFunctions<T> {
    /// The functions whole, as recorded: what [`load`](Self::load) needs in any other process.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self) -> Result<Container> {
        let mut out = Container::new();
        out.insert("singular values", &[self.values.len()], &self.values)?;
        for (side, name) in NAMES.iter().enumerate() {
            out.nest(name, self.trials[side].save()?)?;
            if let Some(c) = &self.coefficients {
                out.insert(COEFFICIENTS[side], &c[side].shape(), c[side].as_slice())?;
            }
        }
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// As [`Function::load`]; [`Error::Corrupt`] for parts that do not fit together.
    pub fn load(container: &Container) -> Result<Self> {
        let trial = |side: usize| Function::load(&container.nested(NAMES[side]));
        let trials = [trial(INPUTS)?, trial(OUTPUTS)?];
        let values = container.get::<f64>("singular values")?.to_vec();
        let matrix = |side: usize| {
            let entries = container.get::<T>(COEFFICIENTS[side])?.to_vec();
            Matrix::from_vec(trials[side].width(), values.len(), entries)
        };
        let coefficients = match container.contains(COEFFICIENTS[INPUTS]) {
            true => Some([matrix(INPUTS)?, matrix(OUTPUTS)?]),
            false if trials.iter().all(|trial| trial.width() == values.len()) => None,
            false => return Err(Error::Corrupt { reason: "as many singular values as functions are missing".into() }),
        };
        Ok(SingularFunctions { trials, coefficients, values })
    }
}

const NAMES: [&str; 2] = ["right", "left"];
const COEFFICIENTS: [&str; 2] = ["right coefficients", "left coefficients"];

/// The functions on all points of an operator.
struct Measured<T> {
    /// f and g, `[points, states]`.
    functions: [Matrix<T>; 2],
    /// `ν ∘ T f`.
    image: Matrix<T>,
    /// ‖f‖ and ‖g‖ of each state.
    norms: [Vec<f64>; 2],
}

impl<T: Scalar> Measured<T> {
    fn new(functions: &SingularFunctions<T>, operator: &SampledOperator<T>) -> Result<Self> {
        let spaces = [operator.inputs(), operator.outputs()];
        let values = [functions.right(spaces[INPUTS].points())?, functions.left(spaces[OUTPUTS].points())?];
        let norms = [INPUTS, OUTPUTS].map(|side| {
            let mut squares = vec![0.0; values[side].cols()];
            for (row, &w) in values[side].row_iter().zip(spaces[side].weights()) {
                let shares = row.iter().map(|&f| Scalar::to_f64(w) * Scalar::to_f64(f).powi(2));
                squares.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
            }
            squares.into_iter().map(f64::sqrt).collect()
        });
        let image = operator.weighted_image(INPUTS, &values[INPUTS])?;
        Ok(Measured { functions: values, image, norms })
    }

    /// `⟨g, T f⟩ / ‖f‖ ‖g‖`.
    fn quotients(&self) -> Vec<f64> {
        let g = &self.functions[OUTPUTS];
        (0..g.cols())
            .map(|k| {
                let products = (0..g.rows()).map(|i| Scalar::to_f64(g[(i, k)]) * Scalar::to_f64(self.image[(i, k)]));
                products.sum::<f64>() / (self.norms[INPUTS][k] * self.norms[OUTPUTS][k])
            })
            .collect()
    }

    fn residuals(&self, singular: &SingularFunctions<T>, operator: &SampledOperator<T>) -> Result<Vec<f64>> {
        let Measured { functions: [f, g], image, norms } = self;
        let [mu, nu] = [operator.inputs().weights(), operator.outputs().weights()];
        if operator.is_paired() {
            // n products, each the share of a pair in ⟨g, T f⟩: the error of their sum.
            let n = g.rows() as f64;
            let spread = |k: usize| {
                let shares = (0..g.rows()).map(|i| Scalar::to_f64(g[(i, k)]) * Scalar::to_f64(image[(i, k)]));
                let mean = shares.clone().sum::<f64>() / n;
                (shares.map(|share| (share - mean).powi(2)).sum::<f64>() * n / (n - 1.0).max(1.0)).sqrt()
            };
            return Ok((0..g.cols()).map(|k| spread(k) / (norms[INPUTS][k] * norms[OUTPUTS][k])).collect());
        }
        let back = operator.weighted_image(OUTPUTS, g)?;
        let one = |k: usize| {
            let sigma = singular.values[k];
            let square = |image: &Matrix<T>, f: &Matrix<T>, weights: &[T], [of_image, of_f]: [f64; 2]| {
                let terms = weights.iter().enumerate().filter(|(_, w)| **w > T::zero()).map(|(i, &w)| {
                    let [image, f, w] = [image[(i, k)], f[(i, k)], w].map(Scalar::to_f64);
                    w * (image / (w * of_image) - sigma * f / of_f).powi(2)
                });
                terms.sum::<f64>()
            };
            let [of_f, of_g] = [norms[INPUTS][k], norms[OUTPUTS][k]];
            let sum = square(image, g, nu, [of_f, of_g]) + square(&back, f, mu, [of_g, of_f]);
            (0.5 * sum).sqrt()
        };
        Ok((0..g.cols()).map(one).collect())
    }
}

/// `[functions, rank]`: the combinations of f `[points, functions]` that are orthonormal with these weights.
fn orthonormal<T: Scalar>(f: &Matrix<T>, weights: &[T]) -> Result<Matrix<T>> {
    let columns = Matrix::from_fn(f.rows(), f.cols(), |i, j| weights[i].sqrt() * f[(i, j)]);
    let decomposition = if columns.rows() > columns.cols() { svd(Qr::factor(&columns)?.r())? } else { svd(&columns)? };
    let (s, v) = (&decomposition.values, decomposition.v_transposed.transpose());
    let least = s.first().map_or(T::zero(), |&s| s * T::of(DEPENDENT) * T::epsilon());
    let rank: usize = s.iter().take_while(|&&s| s > least).count();
    let reason = "they vanish on all points; give another seed, or a wider network";
    Error::require(rank > 0, "singular functions", reason)?;
    Ok(Matrix::from_fn(v.rows(), rank, |i, j| v[(i, j)] / s[j]))
}
