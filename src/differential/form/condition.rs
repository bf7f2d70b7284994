//! Conditions at the ends of a box, and their data.

use std::fmt;
use std::sync::Arc;

use crate::autodiff::Var;

/// An end of a coordinate's range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Its start.
    Lower,
    /// Its end.
    Upper,
}

/// A function of the coordinates, shared and fit for other threads.
pub(super) type Function<const N: usize> = Arc<dyn for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync>;

/// What a condition prescribes: a number, or by [`field`] a function of the coordinates.
#[derive(Clone)]
pub struct Data<const N: usize>(pub(super) Source<N>);

#[derive(Clone)]
pub(super) enum Source<const N: usize> {
    Number(f64),
    Function(Function<N>),
}

impl<const N: usize> fmt::Debug for Data<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Number(value) => write!(f, "{value}"),
            Source::Function(_) => f.write_str("field"),
        }
    }
}

/// A function of the coordinates as data of a condition; made by [`field`].
#[derive(Debug, Clone, Copy)]
pub struct Field<F>(F);

/// Data that vary: a function of the coordinates, each `[points, 1]`. The condition's own coordinate
/// is given as the number it has there.
///
/// ```
/// use eigennet::differential::{Domain, Form, field};
/// let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
/// let form = Form::on(&domain).initial("t", field(|[x, _]| x.sin())).build()?;
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn field<const N: usize, F>(function: F) -> Field<F>
where
    F: for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static,
{
    Field(function)
}

impl<const N: usize> From<f64> for Data<N> {
    fn from(value: f64) -> Self {
        Data(Source::Number(value))
    }
}

impl<const N: usize, F> From<Field<F>> for Data<N>
where
    F: for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static,
{
    fn from(field: Field<F>) -> Self {
        Data(Source::Function(Arc::new(field.0)))
    }
}

/// value · u + slope · ∂u/∂x = data where x is at an end.
#[derive(Debug, Clone)]
pub(super) struct Condition<const N: usize> {
    pub axis: usize,
    pub side: Side,
    pub value: f64,
    pub slope: f64,
    pub data: Data<N>,
    /// Such as `Dirichlet condition at x = 0`.
    pub name: String,
}

impl<const N: usize> Condition<N> {
    /// The data at `x`, whose own coordinate is at the end already; `None` is 0.
    pub fn data_at<'g>(&self, x: [Var<'g>; N]) -> Option<Var<'g>> {
        match &self.data.0 {
            Source::Number(0.0) => None,
            Source::Number(value) => Some(x[self.axis].number(*value)),
            Source::Function(function) => Some(function(x)),
        }
    }

    pub fn is_zero(&self) -> bool {
        matches!(self.data.0, Source::Number(0.0))
    }

    pub fn is_function(&self) -> bool {
        matches!(self.data.0, Source::Function(_))
    }
}
