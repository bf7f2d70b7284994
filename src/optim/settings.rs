//! Settings, with their defaults beside them, and what they are checked for.

use crate::{Error, Result, Scalar};

/// A struct of settings and its `Default`.
macro_rules! defaults {
    ($(#[$settings:meta])* pub struct $name:ident { $($(#[$field:meta])* pub $key:ident: $type:ty = $value:expr,)* }) => {
        $(#[$settings])*
        pub struct $name {
            $($(#[$field])* pub $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $($key: $value,)* }
            }
        }
    };
}
pub(super) use defaults;

/// `Ok(())` if `value` lies in `[low, high)`, else an error that names it.
pub(super) fn fraction(what: &str, value: f64, low: f64, high: f64) -> Result<()> {
    Error::require(value >= low && value < high, what, format_args!("it must lie in [{low}, {high}), not {value}"))
}

/// `Ok(())` if `value` is finite and not negative.
pub(super) fn not_negative(what: &str, value: f64) -> Result<()> {
    fraction(what, value, 0.0, f64::INFINITY)
}

/// `Ok(())` if `value` is positive and finite.
pub(super) fn positive(what: &str, value: f64) -> Result<()> {
    fraction(what, value, f64::MIN_POSITIVE, f64::INFINITY)
}

/// `Ok(())` if a factor that shrinks something lies in (0, 1]; `usual` says more.
pub(super) fn shrinking(what: &str, factor: f64, usual: &str) -> Result<()> {
    Error::require(factor > 0.0 && factor <= 1.0, what, format_args!("it must lie in (0, 1], not {factor}{usual}"))
}

/// `Ok(())` if no tolerance, of gradient, value and step, is negative.
pub(super) fn tolerances(name: &str, tolerances: [f64; 3]) -> Result<()> {
    let mut named = ["gradient_tolerance", "value_tolerance", "step_tolerance"].into_iter().zip(tolerances);
    named.try_for_each(|(what, tolerance)| not_negative(&format!("{what} of {name}"), tolerance))
}

/// `Ok(())` for the constants 0 < c₁ < c₂ < 1, c₁ < ½, of the Wolfe conditions and at least one trial.
pub(super) fn wolfe(name: &str, decrease: f64, curvature: f64, max_trials: usize) -> Result<()> {
    fraction(&format!("decrease of {name}"), decrease, f64::MIN_POSITIVE, 0.5)?;
    let what = format!("curvature of {name}");
    Error::require(decrease < curvature || curvature.is_nan(), &what, "it must be above `decrease`; 0.9 is usual")?;
    fraction(&what, curvature, f64::MIN_POSITIVE, 1.0)?;
    trials(name, max_trials)
}

/// `Ok(())` for at least one trial of a line search.
pub(super) fn trials(name: &str, max_trials: usize) -> Result<()> {
    let what = format_args!("max_trials of {name}");
    Error::require(max_trials > 0, what, "a line search needs at least one; 40 is usual")
}

/// A positive number as a `T`: the least normal one where it would round to 0.
pub(super) fn normal<T: Scalar>(value: f64) -> T {
    T::of(value).max(T::min_positive_value())
}
