//! The inverse Hessian as a matrix, by self-scaled updates of Broyden's class.
//!
//! With s = x₊ − x, y = ∇f₊ − ∇f, h = yᵀHy / sᵀy and b = sᵀH⁻¹s / sᵀy, an update is
//!
//! H₊ = (H − H y yᵀ H / yᵀHy + φ v vᵀ) / τ + s sᵀ / sᵀy, where v = √(yᵀHy) (s / sᵀy − H y / yᵀHy).
//!
//! φ = τ = 1 is BFGS. Here τ shrinks eigenvalues that are too large and φ lies on the side of SR1, both as Al-Baali (1998)
//! chose them, which Urbán, Stefanou and Pons (2025) found to train networks to errors a hundred times smaller.

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::curvature::Curvature;
use crate::container::Container;
use crate::par::dot;
use crate::{Error, Result, Scalar};

/// The most entries of a matrix: 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;
/// The fewest entries of rows that are worth a thread.
const MIN_PARALLEL: usize = 1 << 16;

/// H.
#[derive(Debug, Clone)]
pub(super) struct Broyden<T> {
    /// Whether a step was taken in.
    known: bool,
    /// `[n, n]`.
    matrix: Vec<T>,
    /// H ∇f at the last point.
    product: Vec<T>,
    /// Of the last step: s and H y.
    step: Vec<T>,
    image: Vec<T>,
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
        let zeros = |n: usize| vec![T::zero(); n];
        let matrix = zeros(length * length);
        Ok(Broyden { known: false, matrix, product: zeros(length), step: zeros(length), image: zeros(length) })
    }

    pub fn is_empty(&self) -> bool {
        !self.known
    }

    pub fn clear(&mut self) {
        self.known = false;
    }

    /// As `Memory::push`.
    pub fn push(&mut self, points: [&[T]; 2], gradients: [&[T]; 2], step: f64) {
        let curvature = Curvature::along(points, gradients);
        let ([x, new_x], [gradient, new_gradient]) = (points, gradients);
        let Broyden { known, matrix, product, step: s, image } = self;
        let n = x.len();
        let rows = MIN_PARALLEL.div_ceil(n.max(1));
        if !*known {
            // Nothing is known yet: H = (s·y / y·y) I (Shanno and Phua, 1978).
            let Some(Curvature { product: sy, squares }) = curvature else { return };
            let scale = T::of(sy / squares);
            matrix.fill(T::zero());
            matrix.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = scale);
            product.iter_mut().zip(gradient).for_each(|(p, &g)| *p = scale * g);
        }
        let entries = image.par_iter_mut().with_min_len(rows).zip(matrix.par_chunks_exact(n));
        entries.for_each(|(entry, row)| *entry = T::of(dot(row, new_gradient)));
        let Some(Curvature { product: sy, .. }) = curvature else {
            product.copy_from_slice(image);
            return;
        };
        // H y = H ∇f₊ − H ∇f, and H ∇f₊ takes the place of H ∇f.
        for (image, product) in image.iter_mut().zip(&mut *product) {
            let new = *image;
            *image = new - *product;
            *product = new;
        }
        for ((s, &a), &b) in s.iter_mut().zip(x).zip(new_x) {
            *s = b - a;
        }
        let yhy = dot(image, new_gradient) - dot(image, gradient);
        // s = −step H ∇f, so sᵀH⁻¹s = −step sᵀ∇f.
        let sbs = known.then(|| -step * dot(s, gradient));
        let update = Update::new(sy, yhy, sbs, n);
        let sound = yhy > 0.0 && [update.scale, update.hh, update.hs, update.ss].iter().all(|c| c.is_finite());
        if !sound {
            return;
        }
        *known = true;
        let Update { scale, hh, hs, ss } = update;
        let along = [dot(image, new_gradient), dot(s, new_gradient)];
        let both =
            |on_image: f64, on_step: f64| [hh * on_image + hs * on_step, hs * on_image + ss * on_step].map(T::of);
        let factor = T::of(scale);
        let [on_image, on_step] = both(along[0], along[1]);
        for ((p, &hy), &s) in product.iter_mut().zip(&*image).zip(&*s) {
            *p = factor * *p + on_image * hy + on_step * s;
        }
        let (image, s) = (&*image, &*s);
        matrix.par_chunks_exact_mut(n).with_min_len(rows).enumerate().for_each(|(i, row)| {
            let [on_image, on_step] = both(image[i].to_f64(), s[i].to_f64());
            for ((entry, &hy), &s) in row.iter_mut().zip(image).zip(s) {
                *entry = factor * *entry + on_image * hy + on_step * s;
            }
        });
    }

    /// As `Memory::direction`.
    pub fn direction(&self, gradient: &[T], direction: &mut [T]) {
        let product = if self.known { &self.product } else { gradient };
        direction.iter_mut().zip(product).for_each(|(d, &p)| *d = -p);
    }

    /// Whether one was saved there.
    pub fn is_in(container: &Container, prefix: &str) -> bool {
        container.contains(&format!("{prefix}/matrix"))
    }

    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        let n = self.product.len();
        container.insert_number(format!("{prefix}/known"), u64::from(self.known))?;
        container.insert(format!("{prefix}/matrix"), &[n, n], &self.matrix)?;
        container.insert(format!("{prefix}/product"), &[n], &self.product)
    }

    pub fn load(container: &Container, prefix: &str, length: usize) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let known = container.number::<u64>(&get("known"))? != 0;
        let matrix = container.get::<T>(&get("matrix"))?.to_vec();
        let product = container.get::<T>(&get("product"))?.to_vec();
        let fit = Some(matrix.len()) == length.checked_mul(length) && product.len() == length;
        Error::intact(fit, format_args!("the matrix under {prefix} does not fit"))?;
        let zeros = vec![T::zero(); length];
        Ok(Broyden { known, matrix, product, step: zeros.clone(), image: zeros })
    }
}
