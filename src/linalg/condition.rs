//! Whether a factored matrix is regular to working precision.

use std::sync::OnceLock;

use super::Matrix;
use crate::Scalar;
use crate::error::Error;

/// Steps of the norm estimate; two are usual.
const STEPS: usize = 5;
/// The part of n/ε from which on no digit of a solution is left. The norm adds up n moduli in a row, of roundings that have
/// either sign: of singular matrices of any order, rounded, the condition is found between 0.7 n/ε and some n/ε.
const LIMIT: f64 = 0.125;

/// Whether factors leave any digit of a solution: found out when it is first asked for, and kept.
///
/// The error of a solution of `A x = b` by factors `A = L U` is bounded by a few ε times `|A⁻¹| |L| |U| |x|` (Higham, 2002,
/// §9.3), entry by entry. Here that is ε times `κ = ‖ C |A⁻¹| |L| |U| C⁻¹ ‖_∞`, C the sizes of the columns once every row has
/// the size one: neither the units of the equations nor those of the unknowns count, as they do in `‖A‖ ‖A⁻¹‖`.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition(OnceLock<Option<usize>>);

/// It follows from the factors: equal ones are equal whether it is known or not.
impl PartialEq for Condition {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Condition {
    /// Refuses factors that leave no digit of a solution, whatever the right-hand side. They are L and U, but for permutations
    /// of rows and columns, and how to solve with them in place, or with their transpose.
    ///
    /// # Errors
    /// [`Error::Singular`] of the `operation`.
    pub fn check<T: Scalar>(
        &self,
        operation: &'static str,
        factors: impl FnOnce() -> [Matrix<T>; 2],
        solve: impl Fn(&mut [T], bool) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let singular = match self.0.get() {
            Some(&known) => known,
            None => {
                let found = singular_pivot(factors(), solve).map_err(|error| error.of(operation))?;
                *self.0.get_or_init(|| found)
            }
        };
        singular.map_or(Ok(()), |pivot| Err(Error::Singular { operation, pivot }))
    }
}

/// The least pivot beside its row and column, if κ ε is `LIMIT` n or more.
fn singular_pivot<T: Scalar>(
    factors: [Matrix<T>; 2],
    solve: impl Fn(&mut [T], bool) -> Result<(), Error>,
) -> Result<Option<usize>, Error> {
    let sizes = factors.each_ref().map(|factor| factor.max_abs());
    let [lower, upper] = [0, 1].map(|k| factors[k].map(|v| v.abs() / sizes[k]));
    let unit = sizes[0] * sizes[1];
    let pivots: Vec<T> = upper.row_iter().map(largest).collect();
    let rows = lower.matvec(&pivots)?;
    let mut columns_of_lower = vec![T::zero(); pivots.len()];
    for (row, &size) in lower.row_iter().zip(&rows) {
        columns_of_lower.iter_mut().zip(row).for_each(|(most, &v)| *most = most.max(v / size));
    }
    let columns = transposed_times(&upper, &columns_of_lower);
    let weights = lower.matvec(&upper.matvec(&columns.iter().map(|c| c.recip()).collect::<Vec<T>>())?)?;
    // B = C (L U)⁻¹ W with W = |L| |U| C⁻¹ 1: the sums of the moduli in its rows are those of C |A⁻¹| |L| |U| C⁻¹.
    let product = |x: &[T], transposed: bool| {
        let [before, after] = if transposed { [&columns, &weights] } else { [&weights, &columns] };
        let mut out: Vec<T> = x.iter().zip(before).map(|(&x, &factor)| unit * factor * x).collect();
        solve(&mut out, transposed)?;
        out.iter_mut().zip(after).for_each(|(v, &factor)| *v *= factor);
        Ok(out)
    };
    let condition = infinity_norm(pivots.len(), product)?;
    let least = |best: usize, k: usize| {
        let size = |k: usize| pivots[k] * columns_of_lower[k];
        if size(k) < size(best) { k } else { best }
    };
    // Where something overflows nothing is known, and the solution is looked at anyway.
    let limit = T::of(LIMIT * pivots.len() as f64) / T::EPSILON;
    let singular = condition.is_finite() && condition >= limit && limit > T::zero();
    Ok(singular.then(|| (0..pivots.len()).fold(0, least)))
}

/// `‖B‖_∞`, or a little less (Hager, 1984), from the products `B x` and `Bᵀ x`.
fn infinity_norm<T: Scalar>(n: usize, product: impl Fn(&[T], bool) -> Result<Vec<T>, Error>) -> Result<T, Error> {
    let mut x = vec![T::of(n.max(1) as f64).recip(); n];
    let mut norm = T::zero();
    for _ in 0..STEPS {
        let image = product(&x, true)?;
        let found: T = image.iter().map(|v| v.abs()).sum();
        if found <= norm {
            break;
        }
        norm = found;
        let signs: Vec<T> = image.iter().map(|v| v.signum()).collect();
        let slope = product(&signs, false)?;
        let steepest = (0..n).fold(0, |best, j| if slope[j].abs() > slope[best].abs() { j } else { best });
        x.fill(T::zero());
        x[steepest] = T::one();
    }
    Ok(norm)
}

fn largest<T: Scalar>(row: &[T]) -> T {
    row.iter().fold(T::zero(), |most, &v| most.max(v))
}

/// `Aᵀ x`
fn transposed_times<T: Scalar>(a: &Matrix<T>, x: &[T]) -> Vec<T> {
    let mut out = vec![T::zero(); a.cols()];
    for (row, &x) in a.row_iter().zip(x) {
        out.iter_mut().zip(row).for_each(|(sum, &v)| *sum += v * x);
    }
    out
}
