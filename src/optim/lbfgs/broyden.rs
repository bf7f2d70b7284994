//! The inverse Hessian as a matrix, by self-scaled updates of Broyden's class.
//!
//! With s = x₊ − x, y = ∇f₊ − ∇f, h = yᵀHy / sᵀy and b = sᵀH⁻¹s / sᵀy, an update is
//!
//! H₊ = (H − H y yᵀ H / yᵀHy + φ v vᵀ) / τ + s sᵀ / sᵀy, where v = √(yᵀHy) (s / sᵀy − H y / yᵀHy).
//!
//! φ = τ = 1 is BFGS. Here τ shrinks eigenvalues that are too large and φ lies on the side of SR1, both as Al-Baali (1998)
//! chose them, which Urbán, Stefanou and Pons (2025) found to train networks to errors a hundred times smaller.
//!
//! An H that is too large stays so: τ never shrinks it. With b < 1 its direction overshoots, to the same degree for many
//! steps. For b is that multiple of the direction where the straight line through both slopes vanishes, and a search begins at
//! the geometric mean of those lately seen, which spares it one evaluation in four.

#[cfg(test)]
mod tests;

use super::curvature::Curvature;
use super::triangle::{Change, Triangle};
use crate::container::Container;
use crate::par::dot;
use crate::{Error, Result, Scalar};

/// The most entries of a matrix, half of which are kept: 1 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;

/// The share of the last step in what is known of the reach.
const LATEST: f64 = 0.1;
/// A single step counts as no shorter and no longer than this.
const REACH: [f64; 2] = [0.05, 3.0];

/// H.
#[derive(Debug, Clone)]
pub(super) struct Broyden<T> {
    /// Whether a step was taken in.
    known: bool,
    /// H before the last step.
    matrix: Triangle<T>,
    /// What the last step, s and H y, makes of it: done when H is gone through for the next product.
    pending: Option<Update>,
    /// The mean of ln b.
    reach: f64,
    step: Vec<T>,
    image: Vec<T>,
    /// H ∇f at the last point.
    product: Vec<T>,
    /// Room for the next one.
    next: Vec<T>,
}

/// The coefficients of `H₊ = scale H + hh (Hy)(Hy)ᵀ + hs (Hy sᵀ + s (Hy)ᵀ) + ss s sᵀ`.
#[derive(Debug, Clone, Copy)]
struct Update {
    scale: f64,
    hh: f64,
    hs: f64,
    ss: f64,
}

impl Update {
    fn with<'a, T>(self, image: &'a [T], step: &'a [T]) -> Change<'a, T> {
        Change { scale: self.scale, aa: self.hh, ab: self.hs, bb: self.ss, a: image, b: step }
    }

    /// From sᵀy, yᵀHy and sᵀH⁻¹s (that is not known at the first step, which is BFGS), for `n` parameters.
    fn new(sy: f64, yhy: f64, sbs: Option<f64>, n: usize) -> Self {
        let (phi, tau) = sbs.map_or((1.0, 1.0), |sbs| factors(yhy / sy, sbs / sy, n));
        let scale = tau.recip();
        Update { scale, hh: scale * (phi - 1.0) / yhy, hs: -scale * phi / sy, ss: (scale * phi * yhy / sy + 1.0) / sy }
    }
}

/// φ and τ from h and b.
fn factors(h: f64, b: f64, n: usize) -> (f64, f64) {
    let shrink = b.recip().min(1.0);
    // h b ≥ 1 by Cauchy and Schwarz, and 1 where s and H y are parallel: then all updates are one.
    let a = h * b - 1.0;
    if a <= f64::EPSILON.sqrt() {
        return (1.0, shrink);
    }
    let least = (h * (1.0 - (a / (1.0 + a)).sqrt())).min(1.0);
    let theta = ((1.0 - b) / b).min(least.recip()).max((least - 1.0) / a);
    let sigma = 1.0 + a * theta;
    let root = sigma.powf(-1.0 / (n.max(2) - 1) as f64);
    let tau = if theta <= 0.0 { (shrink * root).min(sigma) } else { shrink * root.min(theta.recip()) };
    ((1.0 - theta) / sigma, tau)
}

impl<T: Scalar> Broyden<T> {
    /// For so many parameters.
    pub fn new(length: usize) -> Result<Self> {
        let entries = length.checked_mul(length).filter(|&entries| entries <= MAX_ENTRIES);
        let reason = format_args!("Full for {length} parameters; take Limited for so many");
        Error::require(entries.is_some(), "inverse_hessian of Lbfgs", reason)?;
        Ok(Self::of(Triangle::new(length), length))
    }

    /// A matrix of which no step is known.
    fn of(matrix: Triangle<T>, length: usize) -> Self {
        let zeros = || vec![T::zero(); length];
        let (step, image, product, next) = (zeros(), zeros(), zeros(), zeros());
        Broyden { known: false, matrix, pending: None, reach: 0.0, step, image, product, next }
    }

    pub fn is_empty(&self) -> bool {
        !self.known
    }

    pub fn clear(&mut self) {
        (self.known, self.pending, self.reach) = (false, None, 0.0);
    }

    /// As `Memory::push`.
    pub fn push(&mut self, points: [&[T]; 2], gradients: [&[T]; 2], step: f64) -> Result<()> {
        let curvature = Curvature::along(points, gradients);
        let ([x, new_x], [gradient, new_gradient]) = (points, gradients);
        let Broyden { known, matrix, pending, reach, product, step: s, image, next } = self;
        let n = x.len();
        if !*known {
            // Nothing is known yet: H = (s·y / y·y) I (Shanno and Phua, 1978).
            let Some(Curvature { product: sy, squares }) = curvature else { return Ok(()) };
            let scale = T::of(sy / squares);
            matrix.fill_diagonal(scale);
            product.iter_mut().zip(gradient).for_each(|(p, &g)| *p = scale * g);
        }
        let change = pending.take().map(|update| update.with(image, s));
        matrix.change_and_multiply(change, new_gradient, next)?;
        let Some(Curvature { product: sy, .. }) = curvature else {
            product.copy_from_slice(next);
            return Ok(());
        };
        // H y = H ∇f₊ − H ∇f, and H ∇f₊ takes the place of H ∇f.
        for ((image, product), &next) in image.iter_mut().zip(&mut *product).zip(&*next) {
            *image = next - *product;
            *product = next;
        }
        for ((s, &a), &b) in s.iter_mut().zip(x).zip(new_x) {
            *s = b - a;
        }
        let yhy = dot(image, new_gradient) - dot(image, gradient);
        // s = −step H ∇f, so sᵀH⁻¹s = −step sᵀ∇f.
        let sbs = known.then(|| -step * dot(s, gradient));
        if let Some(sbs) = sbs {
            let [least, most] = REACH;
            *reach += LATEST * ((sbs / sy).clamp(least, most).ln() - *reach);
        }
        let update = Update::new(sy, yhy, sbs, n);
        let sound = yhy > 0.0 && [update.scale, update.hh, update.hs, update.ss].iter().all(|c| c.is_finite());
        if !sound {
            return Ok(());
        }
        *known = true;
        *pending = Some(update);
        let Update { scale, hh, hs, ss } = update;
        let along = [dot(image, new_gradient), dot(s, new_gradient)];
        let factor = T::of(scale);
        let [on_image, on_step] = [hh * along[0] + hs * along[1], hs * along[0] + ss * along[1]].map(T::of);
        for ((p, &hy), &s) in product.iter_mut().zip(&*image).zip(&*s) {
            *p = factor * *p + on_image * hy + on_step * s;
        }
        Ok(())
    }

    /// As `Memory::reach`.
    pub fn reach(&self) -> f64 {
        self.reach.exp()
    }

    /// As `Memory::direction`.
    pub fn direction(&self, gradient: &[T], direction: &mut [T]) {
        let product = if self.known { &self.product } else { gradient };
        direction.iter_mut().zip(product).for_each(|(d, &p)| *d = -p);
    }

    /// Whether one was saved there.
    pub fn is_in(container: &Container, prefix: &str) -> bool {
        container.contains(&format!("{prefix}/triangle"))
    }

    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        let n = self.product.len();
        container.insert_number(format!("{prefix}/known"), u64::from(self.known))?;
        container.insert_vec(format!("{prefix}/triangle"), &[n * (n + 1) / 2], self.matrix.entries()?)?;
        let update = self.pending.map_or(vec![], |Update { scale, hh, hs, ss }| vec![scale, hh, hs, ss]);
        container.insert_number(format!("{prefix}/reach"), self.reach)?;
        container.insert(format!("{prefix}/update"), &[update.len()], &update)?;
        for (name, vector) in [("step", &self.step), ("image", &self.image), ("product", &self.product)] {
            container.insert(format!("{prefix}/{name}"), &[n], vector)?;
        }
        Ok(())
    }

    pub fn load(container: &Container, prefix: &str, length: usize) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let known = container.number::<u64>(&get("known"))? != 0;
        let reach = container.number::<f64>(&get("reach"))?;
        Error::intact(reach.is_finite(), format_args!("the reach under {prefix} is not finite"))?;
        let vector = |name: &str| -> Result<Vec<T>> {
            let vector = container.get::<T>(&get(name))?.to_vec();
            Error::intact(vector.len() == length, format_args!("the {name} under {prefix} does not fit"))?;
            Ok(vector)
        };
        let pending = match container.get::<f64>(&get("update"))?[..] {
            [] => None,
            [scale, hh, hs, ss] => Some(Update { scale, hh, hs, ss }),
            _ => return Err(Error::Corrupt { reason: format!("the update under {prefix} does not fit") }),
        };
        let (step, image, product) = (vector("step")?, vector("image")?, vector("product")?);
        let matrix = Triangle::from_entries(length, container.get::<T>(&get("triangle"))?)?;
        Ok(Broyden { known, pending, reach, step, image, product, ..Self::of(matrix, length) })
    }
}
