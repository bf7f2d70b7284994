//! The signatures of closures over formulas.

use super::var::Var;

/// Gives a closure the signature of a formula, `for<'g> Fn(Var<'g>) -> Var<'g>`. The compiler infers it where a closure
/// is handed over directly, as to [`record`](super::graph::record), but not where it is kept in a variable first.
///
/// ```
/// use eigennet::autodiff::{Rows, formula, record};
/// let rate = 4.0;
/// let decay = formula(|t| (-rate * t).exp());
/// let recording = record(|g| {
///     let t = g.coordinate("t", Rows::named("times"));
///     decay(t).d(t) + 4 * decay(t)
/// })?;
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
/// let speed = 4.0;
/// let wave = multivariate(|[x, t]| (x - speed * t).sin());
/// let recording = record(|g| {
///     let [x, t] = g.coordinates("points", Rows::named("points"));
///     wave([x, t]).d(t) + 4 * wave([x, t]).d(x)
/// })?;
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn multivariate<const N: usize, F>(closure: F) -> F
where
    F: for<'g> Fn([Var<'g>; N]) -> Var<'g>,
{
    closure
}
