//! The stochastic gradient of NeuralSVD.

use super::super::nesting::Nesting;
use super::super::sampled_operator::{Draw, INPUTS, OUTPUTS, SampledOperator};
use super::super::trial::Trial;
use super::sides::Sides;
use super::{NeuralSvd, SingularFunctions};
use crate::container::{Container, Element};
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix};
use crate::optim::TrainingStep;
use crate::{Result, Scalar, Seed};

/// The decay of the running estimates of singular values.
const VALUE_DECAY: f64 = 0.95;
/// The least singular value, relative to the largest, by which a gradient is divided.
const FLOOR: f64 = 1e-3;

/// The stochastic gradient of a [`NeuralSvd`]. Its parameters are those of the right functions, then those of the left.
#[derive(Debug)]
pub struct SvdTask<'s, T> {
    operator: &'s SampledOperator<T>,
    batch: usize,
    seed: Seed,
    /// What has to be the same for a training to be resumed.
    fingerprint: String,
    sides: Sides<T>,
    draw: Draw<T>,
    estimate: Estimate<T>,
}

/// What a batch says of both.
#[derive(Debug)]
struct Estimate<T> {
    nesting: Nesting,
    /// ⟨f, f⟩ and ⟨g, g⟩.
    grams: [Matrix<T>; 2],
    /// `μ ∘ T* g` and `ν ∘ T f`.
    images: [Vec<T>; 2],
    /// Running estimates of the singular values.
    values: Vec<f64>,
    /// By what the gradient of each function is multiplied.
    paces: Vec<f64>,
    mixing: Vec<T>,
    packing: Packing<T>,
    room: Gram<T>,
}

impl<'s, T: Scalar> SvdTask<'s, T> {
    pub(super) fn new(
        settings: &NeuralSvd,
        trials: [&dyn Trial; 2],
        operator: &'s SampledOperator<T>,
        seed: Seed,
    ) -> Result<Self> {
        let sides = Sides::record(trials, operator.dimensions(), settings.functions())?;
        let count = settings.functions();
        Ok(SvdTask {
            operator,
            batch: settings.batch,
            seed,
            fingerprint: format!("{settings:?} of {} from {seed:?}", sides.layout()),
            sides,
            draw: Draw::new(),
            estimate: Estimate {
                nesting: settings.nesting,
                grams: [(); 2].map(|()| Matrix::zeros(count, count)),
                images: [Vec::new(), Vec::new()],
                values: vec![0.0; count],
                paces: vec![0.0; count],
                mixing: vec![T::zero(); count * count],
                packing: Packing::new(),
                room: Gram::new(),
            },
        })
    }

    /// The parameters to start from.
    pub fn start(&self) -> Vec<T> {
        self.sides.initial(self.seed)
    }

    /// The functions at `parameters`, with the quotients `⟨g, T f⟩ / ‖f‖ ‖g‖` on the whole sample as singular values.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NonFinite`] for parameters that do not fit.
    pub fn singular_functions(&self, parameters: &[T]) -> Result<SingularFunctions<T>> {
        SingularFunctions::new(self.sides.functions(parameters)?, self.operator)
    }
}

impl<T: Scalar> Estimate<T> {
    /// Gram matrices and images of f and g `[batch, functions]` each, and the singular values that they are at.
    fn measure(&mut self, operator: &SampledOperator<T>, draw: &mut Draw<T>, functions: [&[T]; 2]) -> Result<()> {
        let l = self.values.len();
        for side in [INPUTS, OUTPUTS] {
            self.grams[side].as_mut_slice().fill(T::zero());
            self.room.add_weighted(T::one(), functions[side], &draw.weights[side], &mut self.grams[side])?;
            self.images[1 - side].resize(functions[1 - side].len(), T::zero());
            draw.weighted_image(operator, side, functions[side], &mut self.images[1 - side]);
        }
        for k in 0..l {
            let norms = self.grams.each_ref().map(|gram| Scalar::to_f64(gram[(k, k)]));
            let quotient = self.product(k, functions[OUTPUTS]) / (norms[0] * norms[1]).sqrt();
            if quotient.is_finite() {
                self.values[k] = VALUE_DECAY * self.values[k] + (1.0 - VALUE_DECAY) * quotient;
            }
        }
        Ok(())
    }

    /// ⟨g_k, T f_k⟩.
    fn product(&self, k: usize, g: &[T]) -> f64 {
        let l = self.values.len();
        let pairs = g.iter().skip(k).step_by(l).zip(self.images[OUTPUTS].iter().skip(k).step_by(l));
        Scalar::to_f64(pairs.fold(T::zero(), |sum, (&g, &image)| sum + g * image))
    }

    /// The loss. Each function's gradient is to be divided by its mask and its singular value, so that all learn at one
    /// pace; that moves no fixed point.
    fn set_paces(&mut self, g: &[T]) -> f64 {
        let l = self.values.len();
        let largest = self.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        // Of an operator that is 0 all functions learn to vanish.
        let floor = if largest > 0.0 { FLOOR * largest } else { 1.0 };
        let mut loss = 0.0;
        for i in 0..l {
            let mask = self.nesting.mask(l, i);
            self.paces[i] = 2.0 / (mask * self.values[i].abs().max(floor));
            loss -= 2.0 * mask * self.product(i, g);
            for j in 0..l {
                let [f, g] = self.grams.each_ref().map(|gram| Scalar::to_f64(gram[(i, j)]));
                loss += self.nesting.mask_pair(l, i.max(j), i.min(j)) * f * g;
            }
        }
        loss
    }

    /// The cotangent of the functions `f` of one side.
    fn cotangent(&mut self, side: usize, f: &[T], weights: &[T], out: &mut [T]) -> Result<()> {
        let l = self.values.len();
        for i in 0..l {
            for j in 0..l {
                // Column i holds what f_i takes of each f_j.
                let mask = T::of(self.paces[i] * self.nesting.mask_pair(l, i, j));
                self.mixing[j * l + i] = mask * self.grams[1 - side][(i, j)];
            }
        }
        let batch = weights.len();
        let (f, mixing) = (MatRef::row_major(f, batch, l), MatRef::row_major(&self.mixing, l, l));
        gemm(T::one(), f, mixing, T::zero(), &mut MatMut::row_major(out, batch, l), &mut self.packing);
        for ((out, image), &w) in out.chunks_exact_mut(l).zip(self.images[side].chunks_exact(l)).zip(weights) {
            for (i, (out, &image)) in out.iter_mut().zip(image).enumerate() {
                *out = w * *out - T::of(self.paces[i] * self.nesting.mask(l, i)) * image;
            }
        }
        Ok(())
    }
}

impl<T: Scalar + Element> TrainingStep<T> for SvdTask<'_, T> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.draw.fill(self.operator, self.batch, &mut self.seed.numbered(step).into_stream())?;
        let SvdTask { operator, sides, draw, estimate, seed, .. } = self;
        sides.train(*seed, step);
        let [f, g] = sides.forward(parameters, &draw.points)?;
        estimate.measure(operator, draw, [f.values()?, g.values()?])?;
        let loss = estimate.set_paces(g.values()?);
        let (to_right, to_left) = gradient.split_at_mut(f.parameters());
        let [mu, nu] = &draw.weights;
        f.pull_back(|f, out| estimate.cotangent(INPUTS, f, mu, out), to_right)?;
        g.pull_back(|g, out| estimate.cotangent(OUTPUTS, g, nu, out), to_left)?;
        Ok(T::of(loss))
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("neural_svd.settings", self.fingerprint.clone())?;
        self.sides.save_buffers(container)?;
        container.insert("neural_svd.values", &[self.estimate.values.len()], &self.estimate.values)
    }

    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("neural_svd.settings")?, &self.fingerprint);
        let reason =
            format_args!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings");
        Error::require(theirs == ours, "checkpoint of NeuralSvd", reason)?;
        self.sides.load_buffers(container)?;
        let values = container.get::<f64>("neural_svd.values")?;
        Error::same_shape("checkpoint of NeuralSvd", &[values.len()], &[self.estimate.values.len()])?;
        self.estimate.values.copy_from_slice(values);
        Ok(())
    }
}
