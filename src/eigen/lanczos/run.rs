//! One thick-restart Lanczos run in the orthogonal complement of the pairs already found.

use crate::Scalar;
use crate::eigen::Which;
use crate::eigen::basis::{Basis, random_direction};
use crate::eigen::checks::{finite, settled};
use crate::eigen::pairs::select;
use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix, Span, symmetric_eigen};
use crate::rng::Stream;

/// What counts as better, as near enough, and as too many.
#[derive(Clone, Copy)]
pub(super) struct Rules<T> {
    /// Greater is better.
    pub rank: fn(T) -> T,
    /// Residuals are measured by the largest eigenvalue, or by the pair's own.
    pub relative: bool,
    pub tolerance: T,
    /// Vectors of one run at a time.
    pub subspace: usize,
    pub max_iterations: usize,
}

/// What has been spent, over all runs.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent<T> {
    pub iterations: usize,
    pub products: usize,
    /// The longest image of a unit vector: the norm of the operator, from below.
    pub scale: T,
}

/// A Ritz value and the residual of its vector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ritz<T> {
    pub value: T,
    pub residual: T,
}

/// What a run looks for.
#[derive(Clone, Copy)]
pub(super) enum Goal<T> {
    /// So many of the best.
    Best(usize),
    /// All that rank above a bar, at most so many.
    Above { bar: T, most: usize },
}

/// The pairs a run left in the basis, best first, and whether it reached its goal.
pub(super) struct Found<T> {
    pub pairs: Vec<Ritz<T>>,
    pub complete: bool,
    /// The best of the other Ritz values.
    pub next: Option<T>,
}

/// What to do with the Ritz pairs at hand.
enum Verdict {
    /// The best so many are what was looked for.
    Done(usize),
    /// Go on, keeping so many at the least.
    Open(usize),
}

impl<T: Scalar> Rules<T> {
    pub fn threshold(&self, value: T, scale: T) -> T {
        // Below a few roundings of the operator nothing can be told.
        let tolerance = self.tolerance.max(T::of(8.0) * T::EPSILON);
        tolerance * if self.relative { value.abs() } else { scale }
    }

    fn converged(&self, pair: &Ritz<T>, scale: T) -> bool {
        pair.residual <= self.threshold(pair.value, scale)
    }

    fn judge(&self, goal: Goal<T>, ritz: &[Ritz<T>], n: usize, scale: T) -> Verdict {
        let leading = ritz.iter().take_while(|pair| self.converged(pair, scale)).count();
        match goal {
            Goal::Best(k) if leading >= k => Verdict::Done(k),
            Goal::Best(k) => Verdict::Open(k),
            Goal::Above { bar, most } => {
                let above = ritz.iter().take(most).take_while(|pair| (self.rank)(pair.value) > bar).count();
                if above == most || above == ritz.len() {
                    return if leading >= above { Verdict::Done(above) } else { Verdict::Open(above) };
                }
                let next = &ritz[above];
                let gap = bar - (self.rank)(next.value);
                let settled = settled(next.residual, gap, self.threshold(next.value, scale), n);
                if leading >= above && settled { Verdict::Done(above) } else { Verdict::Open(above + 1) }
            }
        }
    }
}

/// Looks for eigenpairs in the complement of the vectors in `basis`, which are left as they are; the vectors found
/// are put behind them.
///
/// The projected matrix is diagonal for the vectors kept at a restart, which all couple to the next vector, and
/// tridiagonal from there on (Wu and Simon, 2000). An invariant subspace is left by a random vector.
pub(super) fn run<T: Scalar>(
    operator: &dyn LinearOperator<T>,
    basis: &mut Basis<T>,
    start: Vec<T>,
    goal: Goal<T>,
    rules: &Rules<T>,
    random: &mut Stream,
    spent: &mut Spent<T>,
) -> Result<Found<T>, Error> {
    let (span, locked) = (operator.span(), basis.len());
    let n = span.total();
    let room = rules.subspace.min(n - locked);
    let mut projected = Matrix::<T>::zeros(room, room);
    let mut next = Some(start);
    let (mut length, mut coupling) = (0, T::zero());
    let mut image = vec![T::zero(); operator.rows()];
    let mut since_check = 0;
    let check_every = (room / 8).max(4);
    loop {
        while let Some(vector) = next.take() {
            basis.push(&vector);
            length += 1;
            operator.apply(&vector, &mut image)?;
            spent.products += 1;
            coupling = extend(&span, basis, locked, length, &mut image, &mut projected, spent)?;
            if coupling <= T::of(32.0) * T::EPSILON * spent.scale || span.normalize(&mut image) == T::zero() {
                coupling = T::zero();
                next = random_direction(&span, random, &[basis]);
            } else {
                next = Some(image.clone());
            }
            if length == room || next.is_none() {
                break;
            }
            if coupling > T::zero() {
                (projected[(length, length - 1)], projected[(length - 1, length)]) = (coupling, coupling);
            }
            since_check += 1;
            let sought = match goal {
                Goal::Best(k) => k,
                Goal::Above { .. } => 1,
            };
            if rules.relative && length > sought && since_check >= check_every {
                since_check = 0;
                let (ritz, _) = ritz_pairs(&projected, length, coupling, rules)?;
                if matches!(rules.judge(goal, &ritz, n, spent.scale), Verdict::Done(_)) {
                    break;
                }
            }
        }
        since_check = 0;
        let (ritz, vectors) = ritz_pairs(&projected, length, coupling, rules)?;
        spent.iterations += 1;
        // Of a space that cannot grow any further every pair is exact.
        let exhausted = next.is_none() || length + locked == n;
        let (keep, complete) = match rules.judge(goal, &ritz, n, spent.scale) {
            Verdict::Done(count) => (count, Some(true)),
            Verdict::Open(count) if exhausted => (count.min(length), Some(true)),
            Verdict::Open(count) if spent.iterations >= rules.max_iterations => (count.min(length), Some(false)),
            Verdict::Open(count) => ((count + length.saturating_sub(count) / 2).min(length - 1), None),
        };
        let keep = match (complete, goal) {
            (Some(true), Goal::Above { bar, .. }) if exhausted => {
                ritz[..keep].iter().take_while(|pair| (rules.rank)(pair.value) > bar).count()
            }
            _ => keep,
        };
        basis.rotate(locked, &vectors.submatrix(0..length, 0..keep))?;
        if let Some(complete) = complete {
            let next = ritz.get(keep).map(|pair| pair.value);
            return Ok(Found { pairs: ritz[..keep].to_vec(), complete, next });
        }
        projected.as_mut_slice().fill(T::zero());
        for (i, pair) in ritz[..keep].iter().enumerate() {
            projected[(i, i)] = pair.value;
            let arrow = coupling * vectors[(length - 1, i)];
            (projected[(i, keep)], projected[(keep, i)]) = (arrow, arrow);
        }
        length = keep;
    }
}

/// Makes the image of the last vector orthogonal to the basis and enters its Rayleigh quotient; the norm left.
fn extend<T: Scalar>(
    span: &Span,
    basis: &Basis<T>,
    locked: usize,
    length: usize,
    image: &mut [T],
    projected: &mut Matrix<T>,
    spent: &mut Spent<T>,
) -> Result<T, Error> {
    let size = span.norm(image);
    if !size.is_finite() {
        let what = format!("product {} with the operator of Lanczos", spent.products);
        finite(&what, span, image)?;
        return Err(Error::invalid(what, "the norm overflows; scale the operator down"));
    }
    spent.scale = spent.scale.max(size);
    let mut coefficients = vec![T::zero(); locked + length];
    let left = basis.orthogonalize(image, &mut coefficients);
    projected[(length - 1, length - 1)] = coefficients[locked + length - 1];
    Ok(left)
}

/// The Ritz pairs of the first `length` vectors, best first: values with residuals, and coordinates by columns.
fn ritz_pairs<T: Scalar>(
    projected: &Matrix<T>,
    length: usize,
    coupling: T,
    rules: &Rules<T>,
) -> Result<(Vec<Ritz<T>>, Matrix<T>), Error> {
    let eigen = symmetric_eigen(&projected.submatrix(0..length, 0..length))?;
    let order = descending(length, |i| (rules.rank)(eigen.values[i]));
    let last = |i: usize| eigen.vectors[(length - 1, i)];
    let ritz = order.iter().map(|&i| Ritz { value: eigen.values[i], residual: (coupling * last(i)).abs() }).collect();
    Ok((ritz, select(&eigen.vectors, &order)))
}

/// `0..count`, the greatest rank first.
pub(super) fn descending<T: Scalar>(count: usize, rank: impl Fn(usize) -> T) -> Vec<usize> {
    let ranks: Vec<T> = (0..count).map(|i| -rank(i)).collect();
    Which::Smallest.order(&ranks)
}
