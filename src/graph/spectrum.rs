//! The largest eigenpairs of a random walk on a graph.
//!
//! On each part of a graph that hangs together by itself the walk has the eigenvalue 1, with the part's indicator as its
//! function. A large set of points has outliers by the hundred that hang on the rest by weights below rounding: to tell
//! eigenvalues apart that differ by so little would keep an eigensolver busy for ever, and is worth nothing.

use super::components::components_by;
use super::transition::Transition;
use crate::eigen::{self, Eigenpairs, Method};
use crate::kernels::reduce::{dot, norm};
use crate::linalg::{LinearOperator, Matrix, sort_places};
use crate::{Result, Scalar, Seed};

/// The `count` largest eigenpairs of D^(−½) W D^(−½). Where there are as many parts as that, up to rounding, they are those
/// of the parts with the largest degrees.
pub(super) fn largest<T: Scalar>(
    transition: &Transition<T>,
    count: usize,
    tolerance: f64,
    seed: Seed,
) -> Result<Eigenpairs<T>> {
    if let Some(vectors) = indicators(transition, count) {
        return of_parts(transition, vectors);
    }
    let problem = eigen::largest(transition.conjugate(), count).bound(T::one());
    problem.tolerance(T::of(tolerance)).seed(seed).solve_symmetric()
}

/// √d on each of the `count` parts where its squares add up to most, scaled to length 1; `None` where there are fewer parts.
fn indicators<T: Scalar>(transition: &Transition<T>, count: usize) -> Option<Matrix<T>> {
    let roots = transition.roots();
    // An edge is none if neither end goes along it in more than a rounding of its steps: wᵢⱼ ≤ ε min(dᵢ, dⱼ).
    let parts = components_by(transition.conjugate(), |i, j, weight| {
        weight * roots[i].max(roots[j]) > T::EPSILON * roots[i].min(roots[j])
    });
    if parts.count() < count {
        return None;
    }
    let mut volumes = vec![T::zero(); parts.count()];
    parts.labels().iter().zip(roots).for_each(|(&part, &root)| volumes[part] += root * root);
    let mut order: Vec<usize> = (0..parts.count()).collect();
    sort_places(&mut order, &|a, b| volumes[b].to_f64().total_cmp(&volumes[a].to_f64()));
    order.truncate(count);
    // A point without neighbours goes nowhere: it has the eigenvalue 0.
    if order.iter().any(|&part| volumes[part] == T::zero()) {
        return None;
    }
    let mut columns = vec![None; parts.count()];
    order.iter().enumerate().for_each(|(column, &part)| columns[part] = Some(column));
    let mut vectors = Matrix::zeros(roots.len(), count);
    for (i, (&part, &root)) in parts.labels().iter().zip(roots).enumerate() {
        if let Some(column) = columns[part] {
            vectors[(i, column)] = root / volumes[part].sqrt();
        }
    }
    Some(vectors)
}

/// The Rayleigh quotients of these vectors, and their residuals.
fn of_parts<T: Scalar>(transition: &Transition<T>, vectors: Matrix<T>) -> Result<Eigenpairs<T>> {
    let mut image = Matrix::zeros(vectors.rows(), vectors.cols());
    transition.conjugate().apply_block(&vectors, &mut image)?;
    let (mut values, mut residuals) = (Vec::new(), Vec::new());
    for j in 0..vectors.cols() {
        let (vector, mut left) = (vectors.column(j), image.column(j));
        let value = dot(&vector, &left);
        left.iter_mut().zip(&vector).for_each(|(left, &v)| *left -= value * v);
        values.push(value);
        residuals.push(norm(&left));
    }
    let (products, method) = (vectors.cols(), Method::GraphComponents);
    Ok(Eigenpairs { values, vectors, residuals, beyond: None, iterations: 1, products, method })
}
