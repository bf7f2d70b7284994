//! Rayleigh–Ritz on features that are trained: levels, and how a loss of them changes with the matrices.

use crate::error::Error;
use crate::linalg::{Matrix, generalized_symmetric_eigen};
use crate::{Result, Scalar};

/// What is lowered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RitzLoss {
    /// [`LogSum`](Self::LogSum) if the Ritz values at the start, which are lower bounds of the levels, are all positive;
    /// else [`Sum`](Self::Sum).
    Auto,
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
    /// The Ritz value −κ of a combination of features that vanishes; [`begin`](Self::begin) finds it.
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

/// The least κ that is tried, in the largest |⟨φ, Tφ⟩|/⟨φ, φ⟩ of a feature: what κ times the jitter takes from A has to be
/// above the rounding of A, which makes levels of null directions at a hundredth of that.
const LEAST_SINK: f64 = 2.0;
/// The floor of [`RitzLoss::Auto`], in the least Ritz value at the start.
const FLOOR: f64 = 1e-2;

impl<T: Scalar> RayleighRitz<T> {
    /// The Ritz pairs that are trained.
    ///
    /// A level that is no longer told from a combination of features that vanishes is refused, which an optimiser cures by
    /// a shorter step: such a combination is never a level, whatever the features become.
    pub fn pairs(&self, a: &Matrix<T>, m: &Matrix<T>) -> Result<Pairs<T>> {
        let pairs = self.first_pairs(a, m, self.trained)?;
        let pivot = self.trained - 1;
        if self.is_level(pairs.values[pivot]) {
            return Ok(pairs);
        }
        Err(Error::NotPositiveDefinite { operation: "neural Ritz: features became dependent", pivot })
    }

    /// Whether a Ritz value lies above those of combinations that vanish.
    pub fn is_level(&self, value: T) -> bool {
        value > self.null_value / T::of(2.0)
    }

    /// The first pairs, a combination of features that vanishes at `null_value`.
    #[inline(never)]
    pub fn first_pairs(&self, a: &Matrix<T>, m: &Matrix<T>, count: usize) -> Result<Pairs<T>> {
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
        let vectors = Matrix::from_fn(n, count, |i, j| scale[i] * pairs.vectors[(i, n - 1 - j)]);
        let values = (0..count).map(|j| pairs.values[n - 1 - j]).collect();
        Ok(Pairs { values, vectors })
    }

    /// Finds κ and decides an automatic loss, for features whose matrices at the start are A and M.
    ///
    /// Where features are dependent, A and M vanish together and the jitter alone is left of M: such a combination would
    /// have the Ritz value 0, above negative levels. Taking κ times the jitter from A puts it at −κ, to lie below all wanted
    /// levels, else the loss falls as features become dependent. The Ritz values of the matrices at the start are lower
    /// bounds of the wanted levels, so −κ is moved below those.
    #[inline(never)]
    pub fn begin(&mut self, a: &Matrix<T>, m: &Matrix<T>) -> Result<()> {
        let quotients = (0..m.rows()).map(|i| (a[(i, i)] / m[(i, i)]).abs());
        let largest = quotients.filter(|q| q.is_finite()).fold(T::one(), T::max);
        self.null_value = -T::of(LEAST_SINK) * largest;
        for _ in 0..MAX_SINKS {
            let values = self.first_pairs(a, m, self.trained)?.values;
            let last = values[values.len() - 1];
            if self.is_level(last) {
                if self.loss == RitzLoss::Auto {
                    let floor = FLOOR * Scalar::to_f64(last);
                    self.loss = if floor > 0.0 { RitzLoss::LogSum { floor } } else { RitzLoss::Sum };
                }
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
                RitzLoss::Sum | RitzLoss::Auto => {
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
