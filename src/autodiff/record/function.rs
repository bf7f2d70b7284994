//! The signature of closures over formulas.

use super::var::Var;

/// Gives a closure the signature of a formula, `for<'g> Fn(Var<'g>) -> Var<'g>`. The compiler infers it where a closure
/// is handed over directly, as to [`record`](super::graph::record), but not where it is kept in a variable first:
///
/// ```
/// use eigennet::autodiff::{Rows, function, record};
/// let rate = 4.0;
/// let decay = function(|t| (-rate * t).exp());
/// let recording = record(|g| {
///     let t = g.coordinate("t", Rows::named("times"));
///     decay(t).d(t) + 4.0 * decay(t)
/// })?;
/// # Ok::<(), eigennet::Error>(())
/// ```
///
/// For several arguments write a function instead: `fn flux<'g>(u: Var<'g>, x: Var<'g>) -> Var<'g>`.
pub fn function<F>(formula: F) -> F
where
    F: for<'g> Fn(Var<'g>) -> Var<'g>,
{
    formula
}
