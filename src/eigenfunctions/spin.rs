//! SpIN, spectral inference networks (Pfau, Petersen, Agarwal, Barrett and Stachenfeld, 2019): the trace of T on the span
//! of the functions, orthonormalised by a Cholesky factor.
//!
//! With Σ = L Lᵀ the functions u = L⁻¹ f are orthonormal and Λ = L⁻¹ Π L⁻ᵀ; the loss is −tr Λ. Function i is moved by Λᵢᵢ
//! alone, to which only f₁ … fᵢ contribute: the *masked* gradient, ∂/∂Σ = −L⁻ᵀ triu(Λ D), ∂/∂Π = L⁻ᵀ D, D = diag L⁻¹,
//! with f₁ … f_{i−1} as constants. L enters nonlinearly, so that a batch gives it with a bias; moving averages of Σ and of
//! its Jacobian can take the place of the batch, two levels of optimisation.
//!
//! Averages lag behind the functions by 1/β steps. The part of ∂Λᵢᵢ along fᵢ, which takes back what T fᵢ adds, is then that
//! of the past: functions grow, and swing about the solution, unless they move by much less than β in a step. Adam divides
//! by the size of the gradient and so keeps them moving; at rates about 10⁻² averages of β = .01 ruin what the batch alone
//! solves. They are for batches of much noise and rates like the published 10⁻⁵.

use super::stochastic::{Mixing, Moments, Rule, StochasticMethod, StochasticTraining, averaging_weight, follow};
use crate::Result;
use crate::error::Error;
use crate::linalg::{Cholesky, Matrix, Triangular, cholesky};

/// The settings of a SpIN solve. With averages a step costs a pull-back for each pair of functions, and those of the
/// Jacobian are `states (states + 1)/2` times as long as the parameters.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::eigenfunctions::sampler::StratifiedPolar;
/// use eigennet::eigenfunctions::{NeuralEigensolver, Schrodinger, Spin};
/// let sampler = StratifiedPolar::new(100.0)?;
/// let solved = Spin::default().solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0))?;
/// println!("{:?}", solved.eigenfunctions.values());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spin {
    /// What is trained, and how.
    pub training: StochasticTraining,
    /// β in (0, 1]: the weight of a batch in the moving averages (default 1, the batch alone; published .01, with a
    /// learning rate of 10⁻⁵).
    pub decay: f64,
}

impl Default for Spin {
    fn default() -> Self {
        Spin { training: StochasticTraining::default(), decay: 1.0 }
    }
}

impl StochasticMethod for Spin {
    fn training(&self) -> StochasticTraining {
        self.training.clone()
    }

    fn rule(&self, expected: Vec<f64>) -> Result<Box<dyn Rule>> {
        let decay = self.decay;
        let reason = format_args!("{decay}; give a weight in (0, 1], 1 for the batch alone");
        Error::require(decay > 0.0 && decay <= 1.0, "decay of Spin", reason)?;
        let count = expected.len();
        let square = || Matrix::zeros(count, count);
        let mut state = expected;
        state.extend(Matrix::<f64>::identity(count).as_slice());
        Ok(Box::new(SpinRule {
            decay,
            count,
            state,
            inverse: square(),
            half: square(),
            levels: square(),
            cholesky: cholesky::Workspace::default(),
        }))
    }
}

#[derive(Debug)]
struct SpinRule {
    decay: f64,
    count: usize,
    /// Running averages of the diagonal of Λ, then of Σ.
    state: Vec<f64>,
    /// L⁻¹
    inverse: Matrix<f64>,
    /// L, then L⁻¹ Π
    half: Matrix<f64>,
    /// Λ
    levels: Matrix<f64>,
    cholesky: cholesky::Workspace<f64>,
}

impl SpinRule {
    /// L⁻¹ of the average of Σ.
    fn invert(&mut self) -> Result<()> {
        let SpinRule { count: n, state, inverse, half, cholesky, .. } = self;
        half.as_mut_slice().copy_from_slice(&state[*n..]);
        cholesky.factor(half.as_mut_slice(), *n).map_err(|error| error.of("Gram matrix of SpIN"))?;
        inverse.as_mut_slice().fill(0.0);
        (0..*n).for_each(|i| inverse[(i, i)] = 1.0);
        Triangular::lower().solve_in_place(half.as_slice(), *n, *n, inverse.as_mut_slice(), *n)
    }
}

impl Rule for SpinRule {
    fn cotangents(&mut self, step: u64, Moments { gram, form, .. }: &Moments, mixing: &mut Mixing) -> Result<f64> {
        let (n, weight) = (self.count, averaging_weight(self.decay, step));
        follow(&mut self.state[n..], weight, |k| gram.as_slice()[k]);
        self.invert()?;
        let SpinRule { state, inverse, half, levels, .. } = self;
        // Sums end where a triangle does.
        for i in 0..n {
            for j in 0..n {
                half[(i, j)] = (0..=i).map(|k| inverse[(i, k)] * form[(k, j)]).sum();
            }
            for j in 0..=i {
                levels[(i, j)] = (0..=j).map(|k| half[(i, k)] * inverse[(j, k)]).sum();
                levels[(j, i)] = levels[(i, j)];
            }
        }
        follow(&mut state[..n], weight, |k| levels[(k, k)]);
        for i in 0..n {
            let own = 2.0 * inverse[(i, i)];
            for j in 0..=i {
                mixing.images[(j, i)] = -own * inverse[(i, j)];
                mixing.functions[(j, i)] = own * (j..=i).map(|k| inverse[(k, j)] * levels[(k, i)]).sum::<f64>();
            }
        }
        Ok(-(0..n).map(|k| levels[(k, k)]).sum::<f64>())
    }

    fn values(&self) -> &[f64] {
        &self.state[..self.count]
    }

    /// L⁻ᵀ of the average of Σ.
    fn coefficients(&self) -> Result<Option<Matrix<f64>>> {
        let gram = Matrix::from_vec(self.count, self.count, self.state[self.count..].to_vec())?;
        let lower = Cholesky::factor(&gram)?;
        Ok(Some(Triangular::lower().transpose().solve(lower.lower(), &Matrix::identity(self.count))?))
    }

    fn jacobian_decay(&self) -> Option<f64> {
        Some(self.decay).filter(|&decay| decay < 1.0)
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.state
    }
}
