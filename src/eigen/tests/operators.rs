//! Operators of known spectrum, and operators that misbehave.

use std::f64::consts::PI;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Symmetry};
use crate::{Scalar, Seed};

/// The Laplacian `D − W` of a graph, by its edges.
pub(super) struct Laplacian {
    pub(super) vertices: usize,
    pub(super) edges: Vec<(usize, usize)>,
}

impl Laplacian {
    pub(super) fn path(n: usize) -> Self {
        Laplacian { vertices: n, edges: (1..n).map(|i| (i - 1, i)).collect() }
    }

    pub(super) fn cycle(n: usize) -> Self {
        Laplacian { vertices: n, edges: (0..n).map(|i| (i, (i + 1) % n)).collect() }
    }

    pub(super) fn star(n: usize) -> Self {
        Laplacian { vertices: n, edges: (1..n).map(|i| (0, i)).collect() }
    }

    pub(super) fn grid(rows: usize, cols: usize) -> Self {
        let right = (0..rows).flat_map(|i| (1..cols).map(move |j| (i * cols + j - 1, i * cols + j)));
        let down = (1..rows).flat_map(|i| (0..cols).map(move |j| ((i - 1) * cols + j, i * cols + j)));
        Laplacian { vertices: rows * cols, edges: right.chain(down).collect() }
    }

    /// Several copies side by side.
    pub(super) fn copies(&self, count: usize) -> Self {
        let n = self.vertices;
        let edges = (0..count).flat_map(|c| self.edges.iter().map(move |&(i, j)| (c * n + i, c * n + j))).collect();
        Laplacian { vertices: count * n, edges }
    }
}

impl<T: Scalar> LinearOperator<T> for Laplacian {
    fn rows(&self) -> usize {
        self.vertices
    }
    fn cols(&self) -> usize {
        self.vertices
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        y.fill(T::zero());
        for &(i, j) in &self.edges {
            let flow = x[i] - x[j];
            y[i] += flow;
            y[j] -= flow;
        }
        Ok(())
    }
}

pub(super) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// `2 − 2 cos(π j / n)`.
pub(super) fn path_spectrum(n: usize) -> Vec<f64> {
    (0..n).map(|j| 2.0 - 2.0 * (PI * j as f64 / n as f64).cos()).collect()
}

/// `2 − 2 cos(2π j / n)`.
pub(super) fn cycle_spectrum(n: usize) -> Vec<f64> {
    sorted((0..n).map(|j| 2.0 - 2.0 * (2.0 * PI * j as f64 / n as f64).cos()).collect())
}

pub(super) fn grid_spectrum(rows: usize, cols: usize) -> Vec<f64> {
    let sums = path_spectrum(rows).into_iter().flat_map(|a| path_spectrum(cols).into_iter().map(move |b| a + b));
    sorted(sums.collect())
}

/// 0, 1 (n − 2 times), n.
pub(super) fn star_spectrum(n: usize) -> Vec<f64> {
    let mut values = vec![1.0; n];
    values[0] = 0.0;
    values[n - 1] = n as f64;
    values
}

/// `Q diag(λ) Qᵀ` for a random orthogonal Q.
pub(super) fn with_spectrum(values: &[f64], seed: u64) -> Matrix<f64> {
    let n = values.len();
    let mut stream = Seed(seed).stream("orthogonal");
    let random: Matrix<f64> = Matrix::from_fn(n, n, |_, _| stream.normal());
    let q = crate::linalg::Qr::factor(&random).unwrap().full_q().unwrap();
    let scaled = Matrix::from_fn(n, n, |i, j| q[(i, j)] * values[j]);
    let a = scaled.matmul_t(&q).unwrap();
    Matrix::from_fn(n, n, |i, j| 0.5 * (a[(i, j)] + a[(j, i)]))
}

/// An operator whose product number `bad` (from 0) is NaN.
pub(super) struct Poisoned<'a> {
    pub(super) operator: &'a dyn LinearOperator<f64>,
    pub(super) bad: usize,
    pub(super) made: AtomicUsize,
}

impl<'a> Poisoned<'a> {
    pub(super) fn new(operator: &'a dyn LinearOperator<f64>, bad: usize) -> Self {
        Poisoned { operator, bad, made: AtomicUsize::new(0) }
    }

    fn poison(&self, y: &mut [f64]) {
        if self.made.fetch_add(1, Ordering::Relaxed) >= self.bad {
            y[0] = f64::NAN;
        }
    }
}

impl LinearOperator<f64> for Poisoned<'_> {
    fn rows(&self) -> usize {
        self.operator.rows()
    }
    fn cols(&self) -> usize {
        self.operator.cols()
    }
    fn symmetry(&self) -> Symmetry {
        self.operator.symmetry()
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.operator.apply(x, y)?;
        self.poison(y);
        Ok(())
    }
    fn apply_transposed(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.operator.apply_transposed(x, y)?;
        self.poison(y);
        Ok(())
    }
}

/// The diagonal of a matrix, inverted: the simplest preconditioner.
pub(super) struct Diagonal(pub(super) Vec<f64>);

impl LinearOperator<f64> for Diagonal {
    fn rows(&self) -> usize {
        self.0.len()
    }
    fn cols(&self) -> usize {
        self.0.len()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        y.iter_mut().zip(x).zip(&self.0).for_each(|((y, x), d)| *y = d * x);
        Ok(())
    }
}

/// Values agree, vectors are orthonormal, and residuals, computed here anew, are at most `bound` and what was said.
#[track_caller]
pub(super) fn assert_pairs<T: Scalar>(
    operator: &dyn LinearOperator<T>,
    pairs: &crate::eigen::Eigenpairs<T>,
    expected: &[f64],
    bound: f64,
) {
    let (n, k) = (operator.rows(), expected.len());
    assert_eq!(pairs.values.len(), k);
    assert_eq!(pairs.vectors.shape(), [n, k]);
    for (j, (&value, &exact)) in pairs.values.iter().zip(expected).enumerate() {
        assert!((value.to_f64() - exact).abs() <= bound, "value {j}: {value} is not {exact} ({:?})", pairs.values);
        let v = pairs.vectors.column(j);
        let mut image = vec![T::zero(); n];
        operator.apply(&v, &mut image).unwrap();
        let square: f64 = (0..n).map(|i| (image[i] - value * v[i]).to_f64().powi(2)).sum();
        assert!(square.sqrt() <= bound, "residual {j}: {:e} > {bound:e}", square.sqrt());
        assert!((square.sqrt() - pairs.residuals[j].to_f64()).abs() <= bound);
    }
    let gram = pairs.vectors.t_matmul(&pairs.vectors).unwrap();
    let defect = gram.sub(&Matrix::identity(k)).unwrap().max_abs().to_f64();
    assert!(defect <= 100.0 * T::EPSILON.to_f64() * (n as f64).sqrt(), "orthogonality: {defect:e}");
    assert!(pairs.products > 0);
}
