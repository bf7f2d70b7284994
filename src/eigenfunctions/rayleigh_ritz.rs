//! Rayleigh–Ritz on features that are trained: levels, and how a loss of them changes with the matrices.

use crate::error::Error;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::{Result, Scalar};

/// What is lowered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RitzLoss {
    /// −Σ ln max(λ, floor): every level counts by its relative error. For positive eigenvalues.
    LogSum {
        /// Ritz values below are taken as this much, so that the first steps stay finite.
        floor: f64,
    },
    /// −Σ λ: for eigenvalues of any sign of operators bounded above, such as −H of an oscillator.
    Sum,
}

/// The largest levels of A c = λ M c, for A = ⟨φᵢ, T φⱼ⟩ and M = ⟨φᵢ, φⱼ⟩ `[features, features]`.
#[derive(Debug, Clone)]
pub(super) struct RayleighRitz<T> {
    /// What is lowered.
    pub loss: RitzLoss,
    /// How many levels are.
    pub trained: usize,
    /// Added to the diagonal of M, whose diagonal is scaled to 1.
    pub jitter: f64,
    /// The Ritz value −κ of a combination of features that vanishes.
    pub null_value: T,
}

/// Ritz pairs.
pub(super) struct Pairs<T> {
    /// From the largest down.
    pub values: Vec<T>,
    /// `[features, levels]`, for the unscaled features.
    pub vectors: Matrix<T>,
}

/// How often −κ is lowered, by a factor of 4.
const MAX_SINKS: usize = 12;

impl<T: Scalar> RayleighRitz<T> {
    /// The Ritz pairs, a combination of features that vanishes at `null_value`.
    pub fn pairs(&self, a: &Matrix<T>, m: &Matrix<T>) -> Result<Pairs<T>> {
        let n = m.rows();
        let mut scale = Vec::with_capacity(n);
        for i in 0..n {
            let d = m[(i, i)];
            if d <= T::zero() {
                return Err(Error::NotPositiveDefinite { operation: "neural Ritz: a feature vanished", pivot: i });
            }
            scale.push(d.sqrt().recip());
        }
        let jitter = T::of(self.jitter);
        let scaled = |x: &Matrix<T>, extra: T| {
            Matrix::from_fn(n, n, |i, j| {
                let entry = x[(i, j)] * (scale[i] * scale[j]);
                if i == j { entry + extra } else { entry }
            })
        };
        let pairs = generalized_symmetric_eigen(&scaled(a, jitter * self.null_value), &scaled(m, jitter))
            .map_err(|error| error.of("mass matrix of the features"))?;
        let vectors = Matrix::from_fn(n, self.trained, |i, j| scale[i] * pairs.vectors[(i, n - 1 - j)]);
        let values = (0..self.trained).map(|j| pairs.values[n - 1 - j]).collect();
        Ok(Pairs { values, vectors })
    }

    /// Where features are dependent, A and M vanish together and the jitter alone is left of M: such a combination has
    /// the Ritz value 0, which lies below the positive values that [`RitzLoss::LogSum`] seeks but above negative ones.
    /// Taking κ times the jitter from A puts it at −κ, to lie below all wanted levels, else the loss falls as features
    /// become dependent. The Ritz values of the matrices at the start are lower bounds of the wanted levels, so −κ is moved
    /// below those.
    pub fn sink_null_directions(&mut self, a: &Matrix<T>, m: &Matrix<T>) -> Result<()> {
        let quotients = (0..m.rows()).map(|i| (a[(i, i)] / m[(i, i)]).abs());
        let largest = quotients.filter(|q| q.is_finite()).fold(T::one(), T::max);
        self.null_value = -T::of(2.0) * largest;
        for _ in 0..MAX_SINKS {
            let start = self.pairs(a, m)?.values;
            if start[start.len() - 1] > self.null_value / T::of(2.0) {
                return Ok(());
            }
            self.null_value *= T::of(4.0);
        }
        Err(Error::invalid(
            "features of a Ritz solver",
            format!(
                "at the start {} of them hold fewer than {} independent functions; take more, a shorter length or a \
                 wider network",
                m.rows(),
                self.trained
            ),
        ))
    }

    /// The loss of some pairs, and S and S′ with d loss = tr(S dA) − tr(S′ dM).
    pub fn loss(&self, pairs: &Pairs<T>) -> Result<(T, [Matrix<T>; 2])> {
        let states = pairs.values.len();
        let mut loss = T::zero();
        let mut slopes = Vec::with_capacity(states);
        for &value in &pairs.values {
            match self.loss {
                RitzLoss::LogSum { floor } if value > T::of(floor) => {
                    loss -= value.ln();
                    slopes.push(-value.recip());
                }
                RitzLoss::LogSum { floor } => {
                    // Below the floor the logarithm goes on as its tangent, so the state is still pulled up.
                    let floor = T::of(floor);
                    loss -= floor.ln() + (value - floor) / floor;
                    slopes.push(-floor.recip());
                }
                RitzLoss::Sum => {
                    loss -= value;
                    slopes.push(-T::one());
                }
            }
        }
        // S = Σ slope c cᵀ and S′ = Σ slope λ c cᵀ; the jitter adds ε diag(M) to M and −ε κ diag(M) to A.
        let (c, n) = (&pairs.vectors, pairs.vectors.rows());
        let weighted_vectors = |factor: &dyn Fn(usize) -> T| Matrix::from_fn(states, n, |j, i| factor(j) * c[(i, j)]);
        let s = c.matmul(&weighted_vectors(&|j| slopes[j]))?;
        let mut s_mass = c.matmul(&weighted_vectors(&|j| slopes[j] * pairs.values[j]))?;
        let jitter = T::of(self.jitter);
        for i in 0..n {
            let own = s_mass[(i, i)];
            s_mass[(i, i)] = own + jitter * (own - self.null_value * s[(i, i)]);
        }
        Ok((loss, [s, s_mass]))
    }
}
