//! The signatures of closures over formulas.

use super::var::Var;

/// Gives a closure the signature of a formula, `for<'g> Fn(Var<'g>) -> Var<'g>`. The compiler infers it where a closure
/// is handed over directly, as to [`record`](super::graph::record), but not where it is kept in a variable first.
///
/// ```
/// use eigennet::autodiff::{Rows, formula, record};
/// let decay = formula(|t| (-4.0 * t).exp());
/// let recording = record(|g| decay(g.coordinate("t", Rows::named("times"))))?;
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn formula<F>(closure: F) -> F
where
    F: for<'g> Fn(Var<'g>) -> Var<'g>,
{
    closure
}

/// [`formula`] of several arguments.
///
/// ```
/// use eigennet::autodiff::{Rows, multivariate, record};
/// let wave = multivariate(|[x, t]| (x - 4.0 * t).sin());
/// let recording = record(|g| wave(g.coordinates("points", Rows::named("points"))))?;
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn multivariate<const N: usize, F>(closure: F) -> F
where
    F: for<'g> Fn([Var<'g>; N]) -> Var<'g>,
{
    closure
}
