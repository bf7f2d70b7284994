//! What a SpectralNet has learned: functions of points.

use super::part::Part;
use super::ritz::ritz;
use crate::autodiff::Function;
use crate::container::{Container, Element};
use crate::graph::k_means::{KMeans, KMeansFit};
use crate::graph::points;
use crate::graph::spectral_clustering::Embedding;
use crate::graph::weighted_graph::Graph;
use crate::linalg::{LinearOperator, Matrix};
use crate::{Error, Result, Scalar, Seed};

/// Approximate eigenfunctions of a graph, which can be evaluated anywhere: combinations of a constant, the outputs of a
/// network and its last hidden layer.
#[derive(Debug, Clone)]
pub struct SpectralFunctions<T> {
    /// 1, outputs and features.
    pub(super) function: Function<T>,
    /// `[1 + outputs + features, components]`
    pub(super) coefficients: Matrix<T>,
    pub(super) values: Vec<T>,
    pub(super) normalized: bool,
}

/// Eigenfunctions at the points of a graph alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Refined<T> {
    /// λ, ascending.
    pub values: Vec<T>,
    /// `[n, components]`, of mean square 1.
    pub functions: Matrix<T>,
    /// The first level beyond these, as far as the products have brought it; `None` where the network has no more
    /// functions.
    pub beyond: Option<T>,
}

/// Ritz functions beyond those asked for that products of the kernel work on.
const SURPLUS: usize = 12;

impl<T: Scalar> SpectralFunctions<T> {
    /// λ on the graph, ascending: Ritz values, or Rayleigh quotients of functions that were only orthonormalised.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// How many functions there are.
    pub fn components(&self) -> usize {
        self.values.len()
    }

    /// What is combined: 1, the network's outputs and its last hidden layer, side by side.
    pub fn network(&self) -> &Function<T> {
        &self.function
    }

    /// The functions at any points `[rows of at, components]`, of mean square 1 over the graph.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn transform(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        self.basis(at)?.matmul(&self.coefficients)
    }

    /// 1, outputs and features side by side.
    pub(super) fn basis(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        points::check(at, "points of SpectralFunctions")?;
        if at.cols() != self.function.dimension() {
            return Err(Error::shape("SpectralFunctions", &at.shape(), &[at.rows(), self.function.dimension()]));
        }
        basis(&self.function, at)
    }

    /// Sharper eigenfunctions at the points of a graph: of the `components + 12` best combinations, `products` times
    /// multiplied by the walk D⁻¹W, which damps what is rough, again the best. The network is the start of a subspace
    /// iteration.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a row of `points` for each of the graph; as [`transform`](Self::transform).
    pub fn refine(&self, graph: &Graph<T>, points: &Matrix<T>, products: usize) -> Result<Refined<T>> {
        Error::same_shape("SpectralFunctions::refine", &[graph.len()], &[points.rows()])?;
        let all: Vec<usize> = (0..graph.len()).collect();
        let part = Part::of(&graph.kernel(), points, &all, self.normalized);
        refined(&part, &self.basis(points)?, self.components(), products)
    }

    /// Clusters points in the coordinates that the functions are.
    ///
    /// # Errors
    /// As [`transform`](Self::transform) and [`KMeans::fit`].
    pub fn cluster(&self, points: &Matrix<T>, k_means: &KMeans, seed: Seed) -> Result<SpectralNetClusters<T>> {
        let k_means = k_means.fit(&self.coordinates(points)?, seed)?;
        Ok(SpectralNetClusters { labels: k_means.labels.clone(), functions: self.clone(), k_means })
    }

    fn coordinates(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        Ok(Embedding::NgJordanWeiss.coordinates(self.transform(at)?))
    }
}

/// [`SpectralFunctions::refine`] on a part of a graph.
#[inline(never)]
pub(super) fn refined<T: Scalar>(part: &Part<T>, basis: &Matrix<T>, k: usize, products: usize) -> Result<Refined<T>> {
    let found = ritz(part, basis)?;
    let count = k.saturating_add(SURPLUS).min(found.values.len());
    let mut functions = basis.matmul(&first_columns(&found.coefficients, count))?;
    let mut image = Matrix::zeros(functions.rows(), count);
    for _ in 0..products {
        part.weights.apply_block(&functions, &mut image)?;
        for (i, &degree) in part.degrees.iter().enumerate().filter(|(_, degree)| **degree > T::zero()) {
            // A point without neighbours stays where it is.
            functions.row_mut(i).iter_mut().zip(image.row(i)).for_each(|(f, &sum)| *f = sum / degree);
        }
    }
    let found = ritz(part, &functions)?;
    Error::require(
        found.values.len() >= k,
        "products of refine",
        "they left too few independent functions; take fewer",
    )?;
    let functions = functions.matmul(&first_columns(&found.coefficients, k))?;
    Ok(Refined { values: found.values[..k].to_vec(), functions, beyond: found.values.get(k).copied() })
}

/// [`SpectralFunctions::basis`] of a network.
pub(super) fn basis<T: Scalar>(network: &Function<T>, at: &Matrix<T>) -> Result<Matrix<T>> {
    let values = network.evaluate(at.as_slice())?.swap_remove(0);
    Error::check_finite("outputs of SpectralNet", values.as_slice())?;
    Ok(values)
}

pub(super) fn first_columns<T: Scalar>(a: &Matrix<T>, count: usize) -> Matrix<T> {
    a.submatrix(0..a.rows(), 0..count)
}

/// Clusters found by a network, and what tells those of other points.
#[derive(Debug, Clone)]
pub struct SpectralNetClusters<T> {
    /// The cluster of each point, numbered by their first points.
    pub labels: Vec<usize>,
    /// The functions.
    pub functions: SpectralFunctions<T>,
    k_means: KMeansFit<T>,
}

impl<T: Scalar> SpectralNetClusters<T> {
    /// The clusters of other points.
    ///
    /// # Errors
    /// As [`SpectralFunctions::transform`].
    pub fn predict(&self, at: &Matrix<T>) -> Result<Vec<usize>> {
        self.k_means.predict(&self.functions.coordinates(at)?)
    }
}

impl<T: Scalar + Element> SpectralFunctions<T> {
    /// The functions whole, their network as recorded: what [`load`](Self::load) needs in any other process.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self) -> Result<Container> {
        let mut out = Container::new();
        out.nest("network", self.function.save()?)?;
        out.insert("coefficients", &self.coefficients.shape(), self.coefficients.as_slice())?;
        out.insert("values", &[self.values.len()], &self.values)?;
        out.insert_number("normalized", u64::from(self.normalized))?;
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// As [`Function::load`]; [`Error::Corrupt`] for parts that do not fit together.
    pub fn load(container: &Container) -> Result<Self> {
        let function = Function::load(&container.nested("network"))?;
        let values = container.get::<T>("values")?.to_vec();
        let entries = container.get::<T>("coefficients")?.to_vec();
        let [rows, cols] = container.shape("coefficients")? else {
            return Err(Error::Corrupt { reason: "coefficients of SpectralFunctions that are no matrix".to_string() });
        };
        let coefficients = Matrix::from_vec(*rows, *cols, entries)?;
        let numbers = coefficients.as_slice().iter().chain(&values).all(|x| x.is_finite());
        let fits = coefficients.shape() == [function.width(), values.len()] && !values.is_empty() && numbers;
        Error::intact(fits, "coefficients of SpectralFunctions that do not fit the network")?;
        let normalized = container.number::<u64>("normalized")? != 0;
        Ok(SpectralFunctions { function, coefficients, values, normalized })
    }
}
