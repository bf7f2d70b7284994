//! Principal components in the space of a kernel.

use std::borrow::Cow;

use super::affinity::Affinity;
use super::weighted_graph::Graph;
use crate::eigen::{self, Eigenpairs};
use crate::linalg::{LinearOperator, Matrix, Symmetry};
use crate::sparse::Csr;
use crate::{Error, Result, Scalar, Seed};

/// Settings of kernel PCA (Schölkopf, Smola and Müller, 1998): what is left of a diffusion map where the kernel is centred
/// instead of normalised. Of the kernel k of an affinity, k(x, x) = 1, the largest eigenpairs of H K H, H = I − 1 1ᵀ/n.
///
/// ```
/// use eigennet::graph::{Affinity, Bandwidth, KernelPca, Neighborhood, data};
/// use eigennet::Seed;
/// let circles = data::circles::<f64>(200, 0.03, 0.3, Seed(0));
/// let affinity =
///     Affinity { neighborhood: Neighborhood::All, bandwidth: Bandwidth::Fixed(0.2), ..Affinity::default() };
/// let fit = KernelPca { components: 3, affinity, ..KernelPca::default() }.fit(&circles.points)?;
/// // The points themselves lie where they are found again.
/// assert!(fit.transform(&circles.points)?.sub(&fit.embedding())?.max_abs() < 1e-8);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KernelPca {
    /// Components sought.
    pub components: usize,
    /// The kernel. Where it is not [all pairs](super::Neighborhood::All), it is cut off, and may have negative eigenvalues.
    pub affinity: Affinity,
    /// Residual up to which eigenpairs are refined.
    pub tolerance: f64,
    /// Of the eigensolver's start.
    pub seed: Seed,
}

impl Default for KernelPca {
    /// Two components of the default affinity.
    fn default() -> Self {
        KernelPca { components: 2, affinity: Affinity::default(), tolerance: 1e-10, seed: Seed(0) }
    }
}

/// The components of some points.
#[derive(Debug)]
pub struct KernelComponents<T> {
    graph: Graph<T>,
    pairs: Eigenpairs<T>,
    means: Vec<T>,
    mean: T,
}

impl KernelPca {
    /// The components of `points` `[points, coordinates]`.
    ///
    /// # Errors
    /// Those of [`Affinity::fit`] and of the eigensolver; [`Error::InvalidArgument`] unless 1 ≤ components ≤ n, and where
    /// the kernel has fewer positive eigenvalues.
    #[inline(never)]
    pub fn fit<T: Scalar>(&self, points: &Matrix<T>) -> Result<KernelComponents<T>> {
        let graph = self.affinity.fit(points)?;
        let n = graph.len();
        if self.components == 0 || self.components > n {
            let reason = format!("{} is not in 1..={n}, the number of points", self.components);
            return Err(Error::invalid("components of KernelPca", reason));
        }
        let over = T::of(n as f64).recip();
        let means: Vec<T> = graph.degrees().into_iter().map(|degree| (degree + T::one()) * over).collect();
        let mean = sum(&means) * over;
        let centred = Centred::new(graph.weights());
        let pairs = eigen::largest(&centred, self.components)
            .tolerance(T::of(self.tolerance))
            .seed(self.seed)
            .solve_symmetric()?;
        if let Some(&last) = pairs.values.last().filter(|&&last| last <= T::of(n as f64) * T::EPSILON) {
            let reason = format!("eigenvalue {} of the centred kernel is {last}; ask for fewer", self.components);
            return Err(Error::invalid("components of KernelPca", reason));
        }
        Ok(KernelComponents { graph, pairs, means, mean })
    }
}

impl<T: Scalar> KernelComponents<T> {
    /// γ, the eigenvalues of the centred kernel, descending.
    pub fn values(&self) -> &[T] {
        &self.pairs.values
    }

    /// The coordinates of the points `[n, components]`, √γ times the eigenvectors.
    pub fn embedding(&self) -> Matrix<T> {
        let vectors = &self.pairs.vectors;
        Matrix::from_fn(vectors.rows(), vectors.cols(), |i, j| vectors[(i, j)] * self.pairs.values[j].sqrt())
    }

    /// The coordinates of other points `[rows of at, components]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn transform(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        let exponents = self.graph.exponents_to(at)?;
        let over = T::of(self.graph.len() as f64).recip();
        let mut out = Matrix::zeros(at.rows(), self.pairs.values.len());
        let totals = column_sums(&self.pairs.vectors);
        let with_means = self.pairs.vectors.t_matmul(&Matrix::from_vec(self.means.len(), 1, self.means.clone())?)?;
        for (i, (others, row)) in exponents.row_iter().enumerate() {
            let mut own = T::zero();
            let out = out.row_mut(i);
            for (&j, &exponent) in others.iter().zip(row) {
                let weight = exponent.exp();
                own += weight * over;
                let vectors = self.pairs.vectors.row(j as usize);
                out.iter_mut().zip(vectors).for_each(|(sum, &v)| *sum += weight * v);
            }
            // k(x, xⱼ) less its means over x's row, over the points and over both.
            for (j, sum) in out.iter_mut().enumerate() {
                let centred = *sum - with_means[(j, 0)] + (self.mean - own) * totals[j];
                *sum = centred / self.pairs.values[j].sqrt();
            }
        }
        Ok(out)
    }
}

/// H (W + I) H, of all pairs H (W + I − 1 1ᵀ) H, which is the same: a wide kernel is nearly one everywhere, and sums of it
/// would round away what it is not.
struct Centred<'a, T: Clone> {
    weights: Cow<'a, Csr<T>>,
    /// On the diagonal.
    own: T,
}

impl<'a, T: Scalar> Centred<'a, T> {
    fn new(weights: &'a Csr<T>) -> Self {
        let n = weights.rows();
        if weights.nnz() < n * n.saturating_sub(1) {
            return Centred { weights: Cow::Borrowed(weights), own: T::one() };
        }
        let mut below_one = weights.clone();
        below_one.values.iter_mut().for_each(|weight| *weight -= T::one());
        Centred { weights: Cow::Owned(below_one), own: T::zero() }
    }
}

impl<T: Scalar> LinearOperator<T> for Centred<'_, T> {
    fn rows(&self) -> usize {
        self.weights.rows()
    }

    fn cols(&self) -> usize {
        self.weights.cols()
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        let mean = |v: &[T]| sum(v) / T::of(v.len() as f64);
        let before = mean(x);
        let centred: Vec<T> = x.iter().map(|&x| x - before).collect();
        self.weights.apply(&centred, y)?;
        y.iter_mut().zip(&centred).for_each(|(y, &x)| *y += self.own * x);
        let after = mean(y);
        y.iter_mut().for_each(|y| *y -= after);
        Ok(())
    }
}

fn sum<T: Scalar>(values: &[T]) -> T {
    crate::kernels::reduce::sum(values)
}

fn column_sums<T: Scalar>(a: &Matrix<T>) -> Vec<T> {
    let mut sums = vec![T::zero(); a.cols()];
    a.row_iter().for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x));
    sums
}
