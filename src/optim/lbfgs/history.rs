//! The limited memory: the last changes of the parameters and of the gradient, and the product of
//! the inverse Hessian they stand for with a vector.

use super::curvature::Curvature;
use super::preconditioner::Rough;
use crate::container::Container;
use crate::par::dot;
use crate::{Error, Result, Scalar};

/// The last pairs `s = x₊ − x`, `y = ∇f₊ − ∇f`, in a ring of `capacity` places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct History<T> {
    length: usize,
    capacity: usize,
    /// Pairs ever pushed since the last reset; the newest is at `(pushed − 1) % capacity`.
    pushed: usize,
    /// `[capacity, length]` each.
    steps: Vec<T>,
    changes: Vec<T>,
    /// s·y of each pair.
    products: Vec<f64>,
    /// s·y / y·P y of the newest pair (Shanno and Phua, 1978): the scale of the inverse Hessian.
    scale: f64,
    coefficients: Vec<f64>,
}

impl<T: Scalar> History<T> {
    /// An empty memory for `capacity` pairs of vectors of `length`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if that many numbers cannot be counted.
    #[inline(never)]
    pub(super) fn new(length: usize, capacity: usize) -> Result<Self> {
        let Some(total) = length.checked_mul(capacity).filter(|&n| n < isize::MAX as usize / 16) else {
            return Err(Error::invalid("memory of Lbfgs", format!("{capacity} is too much; 10 to 100 will do")));
        };
        Ok(History {
            length,
            capacity,
            pushed: 0,
            steps: vec![T::zero(); total],
            changes: vec![T::zero(); total],
            products: vec![0.0; capacity],
            scale: 1.0,
            coefficients: vec![0.0; capacity],
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pushed == 0
    }

    pub(super) fn clear(&mut self) {
        self.pushed = 0;
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    fn place(&self, pair: usize) -> std::ops::Range<usize> {
        let slot = pair % self.capacity;
        slot * self.length..(slot + 1) * self.length
    }

    /// The pairs kept, oldest first.
    fn kept(&self) -> std::ops::Range<usize> {
        self.pushed.saturating_sub(self.capacity)..self.pushed
    }

    /// Remembers the way from (x, ∇f) to (x₊, ∇f₊), unless the curvature along it is not positive to working precision.
    pub(super) fn push(&mut self, points: [&[T]; 2], gradients: [&[T]; 2], rough: &mut Rough<T>) -> Result<()> {
        let ([x, new_x], [gradient, new_gradient]) = (points, gradients);
        if self.capacity == 0 {
            return Ok(());
        }
        let place = self.place(self.pushed);
        // The slot of the oldest pair is overwritten even if the new one is then refused: so a
        // refusal has to drop that pair, which is why the test comes from a pass of its own.
        let Some(Curvature { product, squares }) = Curvature::along(points, gradients) else { return Ok(()) };
        for ((s, a), b) in self.steps[place.clone()].iter_mut().zip(x).zip(new_x) {
            *s = *b - *a;
        }
        let changes = &mut self.changes[place];
        for ((y, a), b) in changes.iter_mut().zip(gradient).zip(new_gradient) {
            *y = *b - *a;
        }
        let squares = rough.square(changes)?.unwrap_or(squares);
        let slot = self.pushed % self.capacity;
        self.products[slot] = product;
        self.scale = product / squares;
        self.pushed += 1;
        Ok(())
    }

    /// Writes `−H ∇f` into `direction`, by the two-loop recursion (Nocedal, 1980).
    pub(super) fn direction(&mut self, gradient: &[T], rough: &mut Rough<T>, direction: &mut [T]) -> Result<()> {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -*g;
        }
        if self.is_empty() {
            return rough.apply(direction);
        }
        for pair in self.kept().rev() {
            let (slot, place) = (pair % self.capacity, self.place(pair));
            let coefficient = dot(&self.steps[place.clone()], direction) / self.products[slot];
            self.coefficients[slot] = coefficient;
            add(-coefficient, &self.changes[place], direction);
        }
        rough.apply(direction)?;
        let scale = T::of(self.scale);
        direction.iter_mut().for_each(|d| *d *= scale);
        for pair in self.kept() {
            let (slot, place) = (pair % self.capacity, self.place(pair));
            let coefficient = dot(&self.changes[place.clone()], direction) / self.products[slot];
            add(self.coefficients[slot] - coefficient, &self.steps[place], direction);
        }
        Ok(())
    }

    pub(super) fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        container.insert(format!("{prefix}/steps"), &[self.capacity, self.length], &self.steps)?;
        container.insert(format!("{prefix}/changes"), &[self.capacity, self.length], &self.changes)?;
        container.insert(format!("{prefix}/products"), &[self.capacity], &self.products)?;
        container.insert_number(format!("{prefix}/scale"), self.scale)?;
        container.insert_number(format!("{prefix}/pushed"), self.pushed as u64)
    }

    #[inline(never)]
    pub(super) fn load(container: &Container, prefix: &str, length: usize) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let products = container.get::<f64>(&get("products"))?.to_vec();
        let capacity = products.len();
        let steps = container.get::<T>(&get("steps"))?.to_vec();
        let changes = container.get::<T>(&get("changes"))?.to_vec();
        let pushed = container.number::<u64>(&get("pushed"))?;
        let total = capacity.checked_mul(length);
        let fit = Some(steps.len()) == total && Some(changes.len()) == total && (capacity > 0 || pushed == 0);
        Error::intact(fit, format_args!("the vectors under {prefix} do not fit together"))?;
        // Only the place in the ring and whether it is full matter of a count.
        let wrapped = pushed % (capacity.max(1) as u64);
        let pushed = if pushed >= capacity as u64 { capacity + wrapped as usize } else { wrapped as usize };
        let scale = container.number::<f64>(&get("scale"))?;
        let coefficients = vec![0.0; capacity];
        Ok(History { length, capacity, pushed, steps, changes, products, scale, coefficients })
    }
}

/// `y += alpha x`
fn add<T: Scalar>(alpha: f64, x: &[T], y: &mut [T]) {
    let alpha = T::of(alpha);
    for (y, &x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}
