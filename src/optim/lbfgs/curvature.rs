//! How the gradient changes along a step or a direction.

use crate::Scalar;
use crate::optim::vector::norm;

/// How the gradient changed along a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curvature {
    /// s·y
    pub product: f64,
    /// y·y
    pub squares: f64,
}

impl Curvature {
    /// Along `s = x₊ − x`, with `y = ∇f₊ − ∇f`, if it is positive to working precision.
    pub fn along<T: Scalar>([x, new_x]: [&[T]; 2], [gradient, new_gradient]: [&[T]; 2]) -> Option<Self> {
        let (mut product, mut squares, mut moved) = (0.0, 0.0, 0.0);
        for (((a, b), g), h) in x.iter().zip(new_x).zip(gradient).zip(new_gradient) {
            let (s, y) = ((*b - *a).to_f64(), (*h - *g).to_f64());
            product += s * y;
            squares += y * y;
            moved += s * s;
        }
        let curved = product > f64::EPSILON * (squares * moved).sqrt() && squares > 0.0;
        let usable = curved && (product / squares).is_finite() && product >= f64::MIN_POSITIVE;
        usable.then_some(Curvature { product, squares })
    }
}

/// Whether `direction` descends to working precision.
pub(super) fn descends<T: Scalar>(slope: f64, gradient: &[T], direction: &[T]) -> bool {
    slope < -f64::EPSILON * norm(gradient) * norm(direction) && slope.is_finite()
}
