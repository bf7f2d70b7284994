//! How the gradient changes along a step or a direction.

use crate::Scalar;

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
        let (mut product, mut squares, mut size) = (0.0, 0.0, 0.0);
        for (((a, b), g), h) in x.iter().zip(new_x).zip(gradient).zip(new_gradient) {
            let (s, y) = ((*b - *a).to_f64(), (*h - *g).to_f64());
            product += s * y;
            squares += y * y;
            size += (s * y).abs();
        }
        let curved = product > f64::EPSILON * size && squares > 0.0;
        let usable = curved && (product / squares).is_finite() && product >= f64::MIN_POSITIVE;
        usable.then_some(Curvature { product, squares })
    }
}

/// Whether `direction` descends to working precision, in whatever units the parameters are.
pub(super) fn descends<T: Scalar>(slope: f64, gradient: &[T], direction: &[T]) -> bool {
    let sizes = gradient.iter().zip(direction).map(|(&g, &d)| (g.to_f64() * d.to_f64()).abs());
    slope < -f64::EPSILON * sizes.sum::<f64>() && slope.is_finite()
}
