//! What is known of the inverse Hessian.

use super::broyden::Broyden;
use super::history::History;
use super::preconditioner::Rough;
use super::{InverseHessian, Lbfgs};
use crate::container::Container;
use crate::{Error, Result, Scalar};

/// The inverse Hessian, in one of the ways that there are.
#[derive(Debug, Clone)]
pub(super) enum Memory<T> {
    Limited(History<T>),
    Full(Broyden<T>),
}

impl<T: Scalar> Memory<T> {
    /// An empty one for `length` parameters.
    pub fn new(settings: &Lbfgs, length: usize) -> Result<Self> {
        Ok(match settings.inverse_hessian {
            InverseHessian::Limited => Memory::Limited(History::new(length, settings.memory)?),
            InverseHessian::Full => Memory::Full(Broyden::new(length)?),
        })
    }

    /// Refuses the settings of another.
    pub fn require_of(&self, settings: &Lbfgs) -> Result<()> {
        let (kind, started, ours) = match self {
            Memory::Limited(history) => (InverseHessian::Limited, history.capacity(), settings.memory),
            Memory::Full(_) => (InverseHessian::Full, 0, 0),
        };
        let reason = format_args!("the state was started with {started}, not {ours}; resume with the same");
        Error::require(started == ours, "memory of Lbfgs", reason)?;
        let reason = format_args!("the state was started with {kind:?}; resume with the same");
        Error::require(kind == settings.inverse_hessian, "inverse_hessian of Lbfgs", reason)
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Memory::Limited(history) => history.is_empty(),
            Memory::Full(matrix) => matrix.is_empty(),
        }
    }

    pub fn clear(&mut self) {
        match self {
            Memory::Limited(history) => history.clear(),
            Memory::Full(matrix) => matrix.clear(),
        }
    }

    /// Takes in the way from the first point and gradient to the second, which was `step` times the direction, unless the
    /// curvature along it is not positive to working precision.
    pub fn push(&mut self, points: [&[T]; 2], gradients: [&[T]; 2], step: f64, rough: &mut Rough<T>) -> Result<()> {
        match self {
            Memory::Limited(history) => history.push(points, gradients, rough)?,
            Memory::Full(matrix) => matrix.push(points, gradients, step)?,
        }
        Ok(())
    }

    /// Writes `−H ∇f` into `direction`, for the gradient at the point that was [pushed](Self::push) last.
    pub fn direction(&mut self, gradient: &[T], rough: &mut Rough<T>, direction: &mut [T]) -> Result<()> {
        match self {
            Memory::Limited(history) => history.direction(gradient, rough, direction)?,
            Memory::Full(matrix) => matrix.direction(gradient, direction),
        }
        Ok(())
    }

    /// The multiple of the direction that a search tries first.
    pub fn reach(&self) -> f64 {
        match self {
            Memory::Limited(_) => 1.0,
            Memory::Full(matrix) => matrix.reach(),
        }
    }

    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        match self {
            Memory::Limited(history) => history.save(container, prefix),
            Memory::Full(matrix) => matrix.save(container, prefix),
        }
    }

    pub fn load(container: &Container, prefix: &str, length: usize) -> Result<Self> {
        if Broyden::<T>::is_in(container, prefix) {
            return Ok(Memory::Full(Broyden::load(container, prefix, length)?));
        }
        Ok(Memory::Limited(History::load(container, prefix, length)?))
    }
}
