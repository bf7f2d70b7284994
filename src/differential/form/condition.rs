//! Conditions at the ends of a box, and their data.

use std::fmt;
use std::ops::Range;
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

impl Side {
    pub(super) fn of(self, range: &Range<f64>) -> f64 {
        match self {
            Side::Lower => range.start,
            Side::Upper => range.end,
        }
    }
}

type Formula<const N: usize> = dyn for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync;

/// A function of the coordinates, shared and fit for other threads.
#[derive(Clone)]
pub(super) struct Function<const N: usize>(Arc<Formula<N>>);

impl<const N: usize> Function<N> {
    pub fn new(function: impl for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static) -> Self {
        Function(Arc::new(function))
    }

    pub fn at<'g>(&self, x: [Var<'g>; N]) -> Var<'g> {
        (self.0)(x)
    }
}

impl<const N: usize> fmt::Debug for Function<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("function")
    }
}

/// What a condition prescribes: a number, or by [`field`] a function of the coordinates.
#[derive(Debug, Clone)]
pub struct Data<const N: usize>(Source<N>);

#[derive(Debug, Clone)]
enum Source<const N: usize> {
    Number(f64),
    Function(Function<N>),
}

/// Data that vary: a function of the coordinates, each `[points, 1]`. The condition's own coordinate
/// is given as the number it has there.
///
/// ```
/// use eigennet::differential::{Domain, Form, field};
/// let domain = Domain::new(["x", "t"], [0.0..1.0, 0.0..1.0])?;
/// let form = Form::on(&domain).initial("t", field(|[x, _]| x.sin())).build()?;
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn field<const N: usize, F>(function: F) -> Data<N>
where
    F: for<'g> Fn([Var<'g>; N]) -> Var<'g> + Send + Sync + 'static,
{
    Data(Source::Function(Function::new(function)))
}

impl<const N: usize> From<f64> for Data<N> {
    fn from(value: f64) -> Self {
        Data(Source::Number(value))
    }
}

/// value · u + slope · ∂u/∂x = data where x is at an end.
#[derive(Debug, Clone)]
pub(super) struct Condition<const N: usize> {
    pub axis: usize,
    pub side: Side,
    /// The coordinate there.
    pub place: f64,
    pub value: f64,
    pub slope: f64,
    pub data: Data<N>,
    /// Such as `Dirichlet condition at x = 0`.
    pub name: String,
}

impl<const N: usize> Condition<N> {
    /// `x` with its own coordinate at the end.
    pub fn at_end<'g>(&self, mut x: [Var<'g>; N]) -> [Var<'g>; N] {
        x[self.axis] = x[self.axis].number(self.place);
        x
    }

    /// The data at `x`, whose own coordinate is at the end already; `None` is 0.
    pub fn data_at<'g>(&self, x: [Var<'g>; N]) -> Option<Var<'g>> {
        match &self.data.0 {
            Source::Number(0.0) => None,
            Source::Number(value) => Some(x[self.axis].number(*value)),
            Source::Function(function) => Some(function.at(x)),
        }
    }

    /// Its axis and place.
    pub fn face(&self) -> (usize, f64) {
        (self.axis, self.place)
    }

    pub fn is_zero(&self) -> bool {
        matches!(self.data.0, Source::Number(0.0))
    }

    pub fn is_function(&self) -> bool {
        matches!(self.data.0, Source::Function(_))
    }
}
