//! Diffusion maps (Coifman and Lafon, 2006).

use super::affinity::{Affinity, Neighborhood};
use super::bandwidth::Bandwidth;
use super::spectrum;
use super::transition::Transition;
use super::weighted_graph::Graph;
use crate::eigen::Eigenpairs;
use crate::linalg::Matrix;
use crate::{Error, Result, Scalar, Seed};

/// Settings of a diffusion map: ψⱼ, the right eigenvectors of the walk P = D⁻¹ K_α on the points, in coordinates μⱼᵗ ψⱼ.
/// K is the kernel with 1 on its diagonal, q its sums, K_α = K/(qᵢ qⱼ)^α, D the sums of that.
///
/// ```
/// use eigennet::graph::{DiffusionMap, data};
///
/// // On a circle −Δ has the eigenvalues 0, 1, 1, 4, 4, …
/// let angles: Vec<f64> = (0..400).map(|i| i as f64 * std::f64::consts::TAU / 400.0).collect();
/// let map = DiffusionMap { components: 5, ..DiffusionMap::default() }.fit(&data::unit_circle::<f64>(&angles))?;
/// for (value, exact) in map.generator_values().iter().zip([0.0, 1.0, 1.0, 4.0, 4.0]) {
///     assert!((value - exact).abs() < 0.03, "{value} for {exact}");
/// }
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiffusionMap {
    /// How much of the density is taken out: 0 leaves the graph Laplacian, ½ gives the Fokker–Planck operator, 1 the
    /// Laplace–Beltrami operator whatever the density.
    pub alpha: f64,
    /// t, the diffusion time in steps of the walk.
    pub time: f64,
    /// Eigenpairs, the constant one counted.
    pub components: usize,
    /// The kernel.
    pub affinity: Affinity,
    /// Residual up to which eigenpairs are refined.
    pub tolerance: f64,
    /// Of the eigensolver's start.
    pub seed: Seed,
}

impl Default for DiffusionMap {
    /// α = 1, ten components, and the scale and cut-off of datafold (Lehmberg et al., 2020): 25 neighbours, 10⁻⁸.
    fn default() -> Self {
        let bandwidth = Bandwidth::Cutoff { neighbor: 25, tolerance: 1e-8 };
        DiffusionMap {
            alpha: 1.0,
            time: 1.0,
            components: 10,
            affinity: Affinity { neighborhood: Neighborhood::Reach(25), bandwidth, ..Affinity::default() },
            tolerance: 1e-10,
            seed: Seed(0),
        }
    }
}

/// A diffusion map of some points.
#[derive(Debug)]
pub struct DiffusionCoordinates<T> {
    transition: Transition<T>,
    pairs: Eigenpairs<T>,
    functions: Matrix<T>,
    time: f64,
}

impl DiffusionMap {
    /// The map of `points` `[points, coordinates]`.
    ///
    /// # Errors
    /// Those of [`Affinity::fit`] and of the eigensolver; [`Error::InvalidArgument`] unless α and the time are numbers and
    /// 1 ≤ components ≤ n.
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, points: &Matrix<T>) -> Result<DiffusionCoordinates<T>> {
        self.of_graph(self.affinity.fit(points)?)
    }

    /// The map of a graph that is there already, whatever [`affinity`](Self::affinity) says.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    #[inline(never)]
    pub fn of_graph<T: Scalar>(&self, graph: Graph<T>) -> Result<DiffusionCoordinates<T>> {
        if !(self.alpha.is_finite() && self.time.is_finite()) {
            return Err(Error::invalid("alpha and time of DiffusionMap", "they have to be numbers"));
        }
        if self.components == 0 || self.components > graph.len() {
            let reason = format!("{} is not in 1..={}, the number of points", self.components, graph.len());
            return Err(Error::invalid("components of DiffusionMap", reason));
        }
        let transition = Transition::new(graph.renormalized(T::of(self.alpha))?)?;
        // The symmetric conjugate D^(−½) K_α D^(−½) has the same eigenvalues μ and the vectors √D ψ.
        let pairs = spectrum::largest(&transition, self.components, self.tolerance, self.seed)?;
        let functions = transition.functions(&pairs.vectors);
        Ok(DiffusionCoordinates { transition, pairs, functions, time: self.time })
    }
}

impl<T: Scalar> DiffusionCoordinates<T> {
    /// μ, the eigenvalues of the walk, the largest (1) first.
    pub fn values(&self) -> &[T] {
        &self.pairs.values
    }

    /// The eigenvalues of −Δ (or of the operator that α stands for) that the [values](Self::values) approximate.
    pub fn generator_values(&self) -> Vec<T> {
        self.pairs.values.iter().map(|&mu| self.generator_value(mu)).collect()
    }

    /// −2 ln μ/σ², what an eigenvalue μ of the walk says of its generator; +∞ where μ ≤ 0. Where each point has its own
    /// bandwidth, it is in units of its square.
    pub fn generator_value(&self, mu: T) -> T {
        let epsilon = self.graph().bandwidth().map_or(T::one(), |sigma| sigma * sigma);
        if mu > T::zero() { -T::of(2.0) * mu.ln() / epsilon } else { T::infinity() }
    }

    /// ψ at the points `[n, components]`, of mean square 1 under the walk's stationary distribution.
    pub fn functions(&self) -> &Matrix<T> {
        &self.functions
    }

    /// The eigenpairs of the symmetric conjugate as they were solved for, with residuals.
    pub fn pairs(&self) -> &Eigenpairs<T> {
        &self.pairs
    }

    /// The graph.
    pub fn graph(&self) -> &Graph<T> {
        self.transition.graph()
    }

    /// μᵗ ψ at the points `[n, components]`.
    pub fn embedding(&self) -> Matrix<T> {
        self.scaled(&self.functions, self.time)
    }

    /// ψ at other points `[rows of at, components]`, by Nyström's formula ψ(x) = Σ p(x, xᵢ) ψ(xᵢ)/μ.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers; [`Error::InvalidArgument`] where μ is too small to be divided by.
    pub fn functions_at(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        self.transition.extend(at, &self.functions, &self.pairs.values)
    }

    /// μᵗ ψ at other points `[rows of at, components]`.
    ///
    /// # Errors
    /// As [`functions_at`](Self::functions_at).
    pub fn transform(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        Ok(self.scaled(&self.functions_at(at)?, self.time))
    }

    /// The diffusion distance between points i and j after t steps, (Σ μ²ᵗ (ψ(xᵢ) − ψ(xⱼ))²)^½ over the components there
    /// are: how differently the walk goes on from the two.
    ///
    /// # Panics
    /// Unless both are points.
    pub fn distance(&self, i: usize, j: usize) -> T {
        let mut sum = T::zero();
        for ((&mu, &a), &b) in self.pairs.values.iter().zip(self.functions.row(i)).zip(self.functions.row(j)) {
            let difference = power(mu, self.time) * (a - b);
            sum += difference * difference;
        }
        sum.sqrt()
    }

    fn scaled(&self, functions: &Matrix<T>, time: f64) -> Matrix<T> {
        let factors: Vec<T> = self.pairs.values.iter().map(|&mu| power(mu, time)).collect();
        Matrix::from_fn(functions.rows(), functions.cols(), |i, j| factors[j] * functions[(i, j)])
    }
}

/// |μ|ᵗ with the sign of μ.
fn power<T: Scalar>(mu: T, time: f64) -> T {
    mu.abs().powf(T::of(time)) * mu.signum()
}
