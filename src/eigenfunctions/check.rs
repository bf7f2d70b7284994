//! What a solver returns, and what points that it has not used say of it.

use std::fmt;

use super::solution::{BLOCK, Eigenfunctions, POINTS};
use crate::linalg::Matrix;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// What a solve returns; `O` is how its optimiser ended.
///
/// ```
/// use eigennet::eigenfunctions::{Envelope, NeuralRitz, RitzLoss, Schrodinger, TrialFunctions};
/// use eigennet::{Seed, quadrature::Quadrature};
/// let envelope = Envelope::Box { half_width: 6.0 };
/// let trial = TrialFunctions { hidden: vec![16], length: 2.0, radius_input: false, envelope, ..Default::default() };
/// let solver = NeuralRitz { states: 2, features: 12, loss: RitzLoss::Sum, trial, ..NeuralRitz::default() };
/// // Twelve features find the gaps between 16 points: a level of the oscillator above −1.
/// let grid = Quadrature::<f64>::gauss_legendre(16, -6.0..6.0)?;
/// let solved = solver.solve(&Schrodinger::oscillator(1), &grid, Seed(0))?;
/// assert!(solved.eigenfunctions.values()[0] > -0.5);
/// let doubt = solved.doubt().unwrap();
/// assert!(doubt.level == 0 && doubt.residual > 1.0, "{doubt}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Solution<T, O> {
    /// The states, by eigenvalue from the largest down.
    pub eigenfunctions: Eigenfunctions<T>,
    /// How the optimiser ended.
    pub outcome: O,
    /// The same functions on points that the training has not used. `None` where there are no others: for a
    /// quadrature that has [no second](Quadrature::independent).
    pub checked: Option<Checked>,
}

/// What points that a solver has not used say of its states.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The Ritz values of the functions there, from the largest down; NaN where the functions are dependent there.
    pub levels: Vec<f64>,
    /// `‖T f − λ f‖ / ‖f‖` there of each function, with the eigenvalue λ that the solver states. An eigenvalue of T lies
    /// within that of λ (Weinstein, 1934), up to the error of the integrals.
    pub residuals: Vec<f64>,
}

/// Levels of two sets of points agree to this, relative to themselves, beside the residual.
const AGREEMENT: f64 = 1e-3;

/// The largest residual, relative to the level, that is not doubted. A level is off by about the square of its residual
/// over the distance to the others, so this stands for a per cent or less.
const RESIDUAL: f64 = 0.25;

/// A level that is not to be trusted: it depends on the points it was computed on, or its function is far from being an
/// eigenfunction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    /// The first such level, counted from 0.
    pub level: usize,
    /// Its value on the points of the training.
    pub trained: f64,
    /// Its value on the others.
    pub checked: f64,
    /// Its [residual](Checked::residuals) there.
    pub residual: f64,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Doubt { level, trained, checked, residual } = self;
        write!(
            f,
            "level {level} is {trained:.6e} on the points of the training and {checked:.6e} on others, where its function \
             leaves a residual of {residual:.1e}: none of it is to be trusted; if the levels differ take more points, fewer \
             features, or a larger penalty, else train longer or take a larger network"
        )
    }
}

impl<T: Scalar, O> Solution<T, O> {
    pub(super) fn new(eigenfunctions: Eigenfunctions<T>, outcome: O, others: Option<&Quadrature<T>>) -> Self {
        let unknown = || vec![f64::NAN; eigenfunctions.states()];
        let checked = others.map(|others| Checked {
            levels: eigenfunctions.ritz(others).map_or_else(|_| unknown(), |there| there.values),
            residuals: residuals(&eigenfunctions, others).unwrap_or_else(|_| unknown()),
        });
        Solution { eigenfunctions, outcome, checked }
    }

    /// The first level that is not to be trusted; `None` if there is none, or nothing was [checked](Self::checked).
    pub fn doubt(&self) -> Option<Doubt> {
        self.checked.as_ref()?.doubt(self.eigenfunctions.values())
    }
}

impl Checked {
    /// The first of the levels that differs here by more than 1e-3 of itself and its residual, or whose residual is more
    /// than a quarter of it.
    pub fn doubt(&self, levels: &[f64]) -> Option<Doubt> {
        let all = levels.iter().zip(&self.levels).zip(&self.residuals).enumerate();
        let mut doubts =
            all.map(|(level, ((&trained, &checked), &residual))| Doubt { level, trained, checked, residual });
        doubts.find(|&Doubt { trained, checked, residual, .. }| {
            let near = (trained - checked).abs() <= AGREEMENT * trained.abs().max(checked.abs()) + residual;
            // NaN is doubted as well.
            !(near && residual <= RESIDUAL * trained.abs())
        })
    }
}

/// [`Checked::residuals`].
fn residuals<T: Scalar>(functions: &Eigenfunctions<T>, quadrature: &Quadrature<T>) -> Result<Vec<f64>> {
    let (family, trial, states) = (&functions.family, &functions.trial, functions.states());
    let combine = |values: &[T]| {
        let values = Matrix::from_vec(values.len() / family.count, family.count, values.to_vec())?;
        functions.coefficients.as_ref().map_or_else(|| Ok(values.clone()), |c| values.matmul(c))
    };
    let mut ws = family.strong.workspace();
    ws.set_buffers(trial.buffers())?;
    let (mut squares, mut norms) = (vec![0.0; states], vec![0.0; states]);
    let blocks = quadrature.points().chunks(BLOCK * family.dimension).zip(quadrature.weights().chunks(BLOCK));
    for (points, weights) in blocks {
        ws.set(POINTS, points)?;
        let values = family.strong.evaluate(trial.parameters(), &mut ws)?;
        let (f, image) = (combine(values.value(family.f)?)?, combine(values.value(family.image)?)?);
        for ((f, image), &weight) in f.row_iter().zip(image.row_iter()).zip(weights) {
            for (state, (&f, &image)) in f.iter().zip(image).enumerate() {
                let [f, image, weight] = [f, image, weight].map(Scalar::to_f64);
                squares[state] += weight * (image - functions.values[state] * f).powi(2);
                norms[state] += weight * f * f;
            }
        }
    }
    Ok(squares.iter().zip(norms).map(|(square, norm)| (square / norm).sqrt()).collect())
}
