//! Operators in many dimensions that are sums of products of one-dimensional ones.

use std::fmt;
use std::sync::Arc;

use crate::Result;
use crate::error::Error;

/// An operator on functions of one coordinate x.
#[derive(Clone)]
#[non_exhaustive]
pub enum Factor {
    /// −d²/dx².
    Kinetic,
    /// Multiplication by xᵖ.
    Power(u32),
    /// Multiplication by a function; see [`Factor::function`].
    Function(Arc<dyn Fn(f64) -> f64 + Send + Sync>),
}

impl Factor {
    /// Multiplication by a function. Clones of it are known to be the same.
    pub fn function(f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        Factor::Function(Arc::new(f))
    }

    /// The function it multiplies by, at x; `None` for a derivative.
    pub(super) fn value(&self, x: f64) -> Option<f64> {
        match self {
            Factor::Kinetic => None,
            Factor::Power(power) => Some(x.powi(i32::try_from(*power).unwrap_or(i32::MAX))),
            Factor::Function(f) => Some(f(x)),
        }
    }
}

impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Factor::Kinetic, Factor::Kinetic) => true,
            (Factor::Power(a), Factor::Power(b)) => a == b,
            (Factor::Function(a), Factor::Function(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Factor::Kinetic => f.write_str("Kinetic"),
            Factor::Power(power) => write!(f, "Power({power})"),
            Factor::Function(_) => f.write_str("Function"),
        }
    }
}

/// A product of one-dimensional operators, one or none for each coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub coefficient: f64,
    /// Coordinates, ascending, with places in the list of factors.
    pub factors: Vec<(usize, usize)>,
}

/// A Hamiltonian H = Σₜ cₜ Πᵢ hₜᵢ, each hₜᵢ an operator on functions of the coordinate xᵢ. Its smallest eigenvalues are
/// sought.
///
/// What grids cannot hold is solved in this form: by [`TensorTrain`](super::TensorTrain).
///
/// ```
/// use eigennet::eigenfunctions::{Factor, SeparableSum};
/// // Two oscillators, −½Δ + ½(x² + y²), and a coupling of one's own.
/// let bump = Factor::function(|x| (-x * x).exp());
/// let mut h = SeparableSum::kinetic(2, 0.5);
/// for i in 0..2 {
///     h = h.plus(0.5, &[(i, Factor::Power(2))])?;
/// }
/// let h = h.plus(0.1, &[(0, bump.clone()), (1, bump)])?;
/// assert_eq!((h.dimension(), h.terms()), (2, 5));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SeparableSum {
    dimension: usize,
    pub(super) factors: Vec<Factor>,
    pub(super) terms: Vec<Term>,
}

impl SeparableSum {
    /// 0, on functions of so many coordinates.
    pub fn new(dimension: usize) -> Self {
        SeparableSum { dimension, factors: Vec::new(), terms: Vec::new() }
    }

    /// −c Δ.
    pub fn kinetic(dimension: usize, c: f64) -> Self {
        let terms = (0..dimension).map(|i| Term { coefficient: c, factors: vec![(i, 0)] }).collect();
        SeparableSum { dimension, factors: vec![Factor::Kinetic], terms }
    }

    /// The modified Hénon–Heiles Hamiltonian −½Δ + ½Σxᵢ² + λ Σ (xᵢ²xᵢ₊₁ − xᵢ₊₁³/3) + λ²/16 Σ (xᵢ² + xᵢ₊₁²)², the last two
    /// sums over i < d (Meyer, Gatti and Worth, 2009).
    pub fn henon_heiles(dimension: usize, lambda: f64) -> Self {
        let [x, square, cube, fourth] = [1, 2, 3, 4].map(Factor::Power);
        let mut h = Self::kinetic(dimension, 0.5);
        let mut add = |c: f64, factors: &[(usize, &Factor)]| h.push(c, factors.iter().map(|&(i, f)| (i, f.clone())));
        for i in 0..dimension {
            add(0.5, &[(i, &square)]);
        }
        let quartic = lambda * lambda / 16.0;
        for (i, j) in (1..dimension).map(|j| (j - 1, j)) {
            add(lambda, &[(i, &square), (j, &x)]);
            add(-lambda / 3.0, &[(j, &cube)]);
            add(quartic, &[(i, &fourth)]);
            add(2.0 * quartic, &[(i, &square), (j, &square)]);
            add(quartic, &[(j, &fourth)]);
        }
        h
    }

    /// Oscillators of the frequencies ω with a bilinear coupling c of all pairs, Σ ωᵢ/2 (−∂ᵢ² + xᵢ²) + c Σ_{i<j} xᵢxⱼ.
    /// [`reference::coupled_oscillators`](crate::reference::coupled_oscillators) has its levels.
    pub fn coupled_oscillators(frequencies: &[f64], coupling: f64) -> Self {
        let mut h = Self::new(frequencies.len());
        for (i, &frequency) in frequencies.iter().enumerate() {
            h.push(0.5 * frequency, [(i, Factor::Kinetic)]);
            h.push(0.5 * frequency, [(i, Factor::Power(2))]);
            for j in 0..i {
                h.push(coupling, [(j, Factor::Power(1)), (i, Factor::Power(1))]);
            }
        }
        h
    }

    /// With one more term: `coefficient` times a product of operators, each on its own coordinate.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a coefficient that is no number, a coordinate that there is not, or one that is named
    /// twice.
    pub fn plus(mut self, coefficient: f64, factors: &[(usize, Factor)]) -> Result<Self> {
        Error::require(coefficient.is_finite(), "coefficient of a term", "it has to be a number")?;
        let mut coordinates: Vec<usize> = factors.iter().map(|&(i, _)| i).collect();
        coordinates.sort_unstable();
        let sound = coordinates.windows(2).all(|pair| pair[0] < pair[1]) && coordinates.last() < Some(&self.dimension);
        let reason = format_args!(
            "coordinates {coordinates:?} of {}; name each at most once, and give a product on one coordinate as a function",
            self.dimension
        );
        Error::require(sound || coordinates.is_empty(), "factors of a term", reason)?;
        self.push(coefficient, factors.iter().cloned());
        Ok(self)
    }

    fn push(&mut self, coefficient: f64, factors: impl IntoIterator<Item = (usize, Factor)>) {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (coordinate, factor) in factors {
            let known = self.factors.iter().position(|known| *known == factor);
            places.push((coordinate, known.unwrap_or(self.factors.len())));
            if known.is_none() {
                self.factors.push(factor);
            }
        }
        places.sort_unstable();
        self.terms.push(Term { coefficient, factors: places });
    }

    /// The number of coordinates d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The number of terms.
    pub fn terms(&self) -> usize {
        self.terms.len()
    }
}
