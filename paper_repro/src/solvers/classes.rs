//! The matrix classes of LAPACK's own testing, in both precisions.

use eigennet::linalg::Matrix;
use eigennet::reference::matrices as gallery;
use eigennet::{Error, Scalar, Seed};

/// Classes that are hard, or easy, for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Random entries or random vectors with evenly spread eigenvalues.
    Random,
    /// Eigenvalues that are equal or nearly so.
    Clustered,
    /// Matrices with names.
    Named,
    /// Entries over hundreds of powers of ten.
    Graded,
    /// Near overflow and underflow.
    Scaled,
    /// Zero, the identity and the like.
    Trivial,
}

impl Family {
    /// All, in the order of the figure.
    pub const ALL: [Family; 6] =
        [Family::Random, Family::Clustered, Family::Named, Family::Graded, Family::Scaled, Family::Trivial];

    /// A word.
    pub fn name(self) -> &'static str {
        match self {
            Family::Random => "random",
            Family::Clustered => "clustered",
            Family::Named => "named",
            Family::Graded => "graded",
            Family::Scaled => "scaled",
            Family::Trivial => "trivial",
        }
    }
}

/// A matrix of a class.
#[derive(Debug, Clone)]
pub struct Sample<T> {
    /// Name of the class.
    pub class: &'static str,
    /// Its family.
    pub family: Family,
    /// The matrix.
    pub matrix: Matrix<T>,
}

fn sample<T>(family: Family, class: &'static str, matrix: Matrix<T>) -> Sample<T> {
    Sample { class, family, matrix }
}

/// How far entries of graded matrices reach to either side of 1, as a power of ten.
fn decades<T: Scalar>() -> f64 {
    if T::NAME == "f64" { 150.0 } else { 18.0 }
}

/// `a` with its largest entry brought to `size`.
fn sized<T: Scalar>(a: &Matrix<f64>, size: f64) -> Matrix<T> {
    let largest = a.max_abs().max(f64::MIN_POSITIVE);
    Matrix::from_fn(a.rows(), a.cols(), |i, j| T::of(a[(i, j)] / largest * size))
}

/// Just below overflow of norms, and just above underflow.
fn extremes<T: Scalar>(n: usize) -> [f64; 2] {
    [0.4 * T::max_value().to_f64() / n.max(1) as f64, 1e4 * T::min_positive_value().to_f64()]
}

/// Every symmetric class at order `n`.
///
/// # Errors
/// None in practice: all spectra are finite.
pub fn symmetric<T: Scalar>(n: usize, seed: Seed) -> Result<Vec<Sample<T>>, Error> {
    use Family::{Clustered, Graded, Named, Random, Scaled, Trivial};
    let epsilon = T::EPSILON.to_f64();
    let seed = seed.child("symmetric classes").numbered(n as u64);
    let last = n.saturating_sub(1).max(1) as f64;
    let spread = |i: usize| i as f64 / last;
    let gaussian = gallery::random::<f64>(n, 1, seed);
    let random = gallery::with_spectrum::<f64>(gaussian.as_slice(), seed)?;
    let [large, small] = extremes::<T>(n);
    let spectrum =
        |value: &dyn Fn(usize) -> f64| gallery::with_spectrum::<T>(&(0..n).map(value).collect::<Vec<f64>>(), seed);
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    Ok(vec![
        sample(Random, "random", sized(&random, 1.0)),
        sample(Random, "arithmetic", spectrum(&|i| 1.0 - spread(i) * (1.0 - epsilon))?),
        sample(Random, "geometric", spectrum(&|i| epsilon.powf(spread(i)))?),
        sample(Random, "geometric, both signs", spectrum(&|i| sign(i) * epsilon.powf(spread(i)))?),
        sample(Clustered, "clustered at ε", spectrum(&|i| if i == 0 { 1.0 } else { epsilon })?),
        sample(Clustered, "clustered at 1", spectrum(&|i| if i + 1 == n { epsilon } else { 1.0 })?),
        sample(Clustered, "clustered in threes", spectrum(&|i| (i / 3) as f64 + 1e-9 * (i % 3) as f64)?),
        sample(Clustered, "repeated", spectrum(&|i| (i % 4) as f64)?),
        sample(Named, "Wilkinson W⁺", gallery::wilkinson(n)),
        sample(Named, "glued Wilkinson", gallery::glued_wilkinson(n, 1e-8)),
        sample(Named, "Hilbert", gallery::hilbert(n)),
        sample(Named, "second difference", gallery::second_difference(n)),
        sample(Named, "Clement", gallery::clement(n)),
        sample(Named, "exchange", gallery::exchange(n)),
        sample(Graded, "graded upwards", gallery::graded(&random, decades::<T>())),
        sample(Graded, "graded downwards", gallery::graded(&random, -decades::<T>())),
        sample(Scaled, "near overflow", sized(&random, large)),
        sample(Scaled, "near underflow", sized(&random, small)),
        sample(Trivial, "zero", Matrix::zeros(n, n)),
        sample(Trivial, "identity", Matrix::identity(n)),
        sample(Trivial, "diagonal", Matrix::from_diagonal(sized::<T>(&gaussian, 1.0).as_slice())),
        sample(Trivial, "rank one", gallery::ones(n)),
    ])
}

/// Every nonsymmetric square class at order `n`.
///
/// # Errors
/// None in practice.
pub fn general<T: Scalar>(n: usize, seed: Seed) -> Result<Vec<Sample<T>>, Error> {
    use Family::{Graded, Named, Random, Scaled};
    let seed = seed.child("general classes").numbered(n as u64);
    let random = gallery::random::<f64>(n, n, seed);
    let [large, small] = extremes::<T>(n);
    let triangle = Matrix::from_fn(n, n, |i, j| if j >= i { random[(i, j)] } else { 0.0 });
    let coefficients = gallery::random::<f64>(n, 1, seed.child("companion"));
    Ok(vec![
        sample(Random, "random, general", sized(&random, 1.0)),
        sample(Random, "upper triangular", sized(&triangle, 1.0)),
        // Frank's entries stay exact in f32.
        sample(Named, "Frank", gallery::frank(n)),
        sample(Named, "Jordan block", gallery::jordan(n, 1.0)),
        sample(Named, "companion", gallery::companion(coefficients.as_slice())),
        sample(Named, "cyclic shift", gallery::cyclic_shift(n)),
        sample(Graded, "graded, general", gallery::graded(&random, decades::<T>())),
        sample(Scaled, "near overflow, general", sized(&random, large)),
        sample(Scaled, "near underflow, general", sized(&random, small)),
    ])
}

/// Tall and wide random matrices around order `n`, plain and scaled.
pub fn rectangular<T: Scalar>(n: usize, seed: Seed) -> Vec<Sample<T>> {
    let seed = seed.child("rectangular classes").numbered(n as u64);
    let tall = gallery::random::<f64>(n, n.div_ceil(3), seed);
    let [large, small] = extremes::<T>(n);
    vec![
        sample(Family::Random, "tall", sized(&tall, 1.0)),
        sample(Family::Random, "wide", sized(&tall.transpose(), 1.0)),
        sample(Family::Scaled, "tall, near overflow", sized(&tall, large)),
        sample(Family::Scaled, "wide, near underflow", sized(&tall.transpose(), small)),
    ]
}

/// Symmetric positive definite classes at order `n`.
///
/// # Errors
/// None in practice.
pub fn positive_definite<T: Scalar>(n: usize, seed: Seed) -> Result<Vec<Sample<T>>, Error> {
    use Family::{Clustered, Graded, Named, Random, Scaled, Trivial};
    let seed = seed.child("positive definite classes").numbered(n as u64);
    let last = n.saturating_sub(1).max(1) as f64;
    let spectrum =
        |value: &dyn Fn(usize) -> f64| gallery::with_spectrum::<f64>(&(0..n).map(value).collect::<Vec<f64>>(), seed);
    let even = spectrum(&|i| 1.0 + i as f64 / last)?;
    let [large, small] = extremes::<T>(n);
    let root = T::EPSILON.sqrt().to_f64();
    Ok(vec![
        sample(Random, "condition 2", sized(&even, 1.0)),
        sample(Random, "condition 1/√ε", sized(&spectrum(&|i| root.powf(i as f64 / last))?, 1.0)),
        sample(Clustered, "clustered at √ε", sized(&spectrum(&|i| if i == 0 { 1.0 } else { root })?, 1.0)),
        sample(Named, "second difference", gallery::second_difference(n)),
        sample(Graded, "graded, definite", gallery::graded(&even, decades::<T>())),
        sample(Scaled, "near overflow, definite", sized(&even, large)),
        sample(Scaled, "near underflow, definite", sized(&even, small)),
        sample(Trivial, "identity", Matrix::identity(n)),
    ])
}
