//! The stochastic gradient that drives the functions to their places.

use std::sync::Arc;

use super::{Form, GramEstimate, NestedLora, Nesting, OffDiagonalWeight};
use crate::autodiff::{Buffers, Output, Workspace};
use crate::container::{Container, Element};
use crate::eigenfunctions::operator::SelfAdjoint;
use crate::eigenfunctions::sampler::Sampler;
use crate::eigenfunctions::solution::{Eigenfunctions, Family, POINTS};
use crate::eigenfunctions::trial::Trial;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix};
use crate::optim::TrainingStep;
use crate::par::add_weighted_products;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar, Seed};

/// The least number of points that functions are checked on.
const FRESH_POINTS: usize = 4096;

/// The most values of all functions on a batch: a slip beyond, and 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;

impl NestedLora {
    /// One stochastic gradient a step, for a training loop of one's own.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit.
    pub fn task<'s, T: Scalar>(
        &self,
        operator: &dyn SelfAdjoint,
        sampler: &'s dyn Sampler<T>,
        seed: Seed,
    ) -> Result<NestedLoraTask<'s, T>> {
        self.task_of(&self.trial, operator, sampler, seed)
    }

    /// [`task`](Self::task) with trial functions of one's own in place of [`trial`](Self::trial). They are trained
    /// in training mode: batch statistics and dropout are at work, and running statistics are learned.
    ///
    /// # Errors
    /// As there.
    pub fn task_of<'s, T: Scalar>(
        &self,
        trial: &dyn Trial,
        operator: &dyn SelfAdjoint,
        sampler: &'s dyn Sampler<T>,
        seed: Seed,
    ) -> Result<NestedLoraTask<'s, T>> {
        if self.states == 0 || self.batch == 0 {
            return Err(Error::invalid(
                "NestedLora",
                format!("{} states on batches of {}; both have to be positive", self.states, self.batch),
            ));
        }
        let most = self.batch.max(self.states);
        if most.checked_mul(self.states).is_none_or(|entries| entries > MAX_ENTRIES) {
            return Err(Error::invalid(
                "NestedLora",
                format!("{} states on batches of {}; at most {MAX_ENTRIES} values fit", self.states, self.batch),
            ));
        }
        let OffDiagonalWeight { last, begin, end } = self.off_diagonal;
        if !(last.is_finite() && last > 0.0 && begin.is_finite() && end.is_finite() && begin <= end) {
            return Err(Error::invalid(
                "off_diagonal of NestedLora",
                format!("weight {last} from {begin} to {end}; give a positive weight and shares begin ≤ end"),
            ));
        }
        let family = Arc::new(Family::record(operator, trial, self.states)?);
        if family.dimension != 2 {
            return Err(Error::invalid(
                "dimension of the operator",
                "the samplers draw points of the plane; give an operator in two dimensions",
            ));
        }
        let l = self.states;
        let expected = trial.expected(l);
        Ok(NestedLoraTask {
            workspace: family.values.workspace(),
            points: vec![T::zero(); 2 * self.batch],
            estimate: Estimate {
                weights: vec![T::zero(); self.batch],
                gram: Matrix::zeros(l, l),
                room: Gram::new(),
                mixing: vec![T::zero(); l * l],
                pace: vec![T::zero(); l],
                quadratic: vec![0.0; l],
                norms: vec![0.0; l],
                packing: Packing::new(),
                image: Vec::with_capacity(self.batch * l),
                floors: expected.iter().map(|v| 0.1 * v).collect(),
                values: expected,
                settings: self.clone(),
            },
            family,
            sampler,
            seed,
        })
    }
}

/// The stochastic gradient of a NestedLoRA solve.
#[derive(Debug)]
pub struct NestedLoraTask<'s, T> {
    family: Arc<Family<T>>,
    sampler: &'s dyn Sampler<T>,
    seed: Seed,
    workspace: Workspace<T>,
    points: Vec<T>,
    estimate: Estimate<T>,
}

/// What a batch says of the functions.
#[derive(Debug)]
struct Estimate<T> {
    settings: NestedLora,
    weights: Vec<T>,
    /// ⟨f_ℓ, f_ℓ′⟩ on the batch.
    gram: Matrix<T>,
    room: Gram<T>,
    /// What the gradient of each function takes of the others and of T f.
    mixing: Vec<T>,
    pace: Vec<T>,
    quadratic: Vec<f64>,
    norms: Vec<f64>,
    packing: Packing<T>,
    /// T f on the batch.
    image: Vec<T>,
    /// Running Rayleigh quotients, and what they may not fall below.
    values: Vec<f64>,
    floors: Vec<f64>,
}

/// Decay of the running Rayleigh quotients.
const VALUE_DECAY: f64 = 0.99;

impl<T: Scalar> NestedLoraTask<'_, T> {
    /// The parameters to start from.
    pub fn start(&self) -> Vec<T> {
        self.family.values.initial(self.seed.child("nested-lora"))
    }

    /// The functions at `parameters`, with the running Rayleigh quotients as eigenvalues.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NonFinite`] for parameters that do not fit.
    pub fn eigenfunctions(&self, parameters: &[T]) -> Result<Eigenfunctions<T>> {
        Ok(Eigenfunctions {
            trial: self.family.at(parameters, self.workspace.buffers())?,
            family: self.family.clone(),
            coefficients: None,
            values: self.estimate.values.clone(),
        })
    }

    /// Points that no step has seen, to check the functions on.
    pub(super) fn fresh_points(&self) -> Result<Quadrature<T>> {
        let batch = self.estimate.settings.batch;
        let draws = FRESH_POINTS.div_ceil(batch);
        let (mut points, mut weights) = (vec![T::zero(); 2 * batch * draws], vec![T::zero(); batch * draws]);
        let parts = points.chunks_exact_mut(2 * batch).zip(weights.chunks_exact_mut(batch));
        for (draw, (points, weights)) in parts.enumerate() {
            self.sampler.fill(self.seed.child("fresh"), draw as u64, points, weights)?;
        }
        weights.iter_mut().for_each(|w| *w /= T::of(draws as f64));
        Quadrature::new(points, weights, 2)
    }

    /// What has to be the same for a training to be resumed.
    fn fingerprint(&self) -> String {
        let layout = self.family.values.parameters().blocks().iter().map(|b| (&b.name, b.shape));
        let layout: Vec<_> = layout.collect();
        format!("{:?} of {layout:?} on {:?} from {:?}", self.estimate.settings, self.sampler, self.seed)
    }

    /// Draws a batch; before it a second one for the Gram matrix, if that is asked for.
    fn draw(&mut self, step: u64, parameters: &[T]) -> Result<()> {
        let Estimate { settings, weights, gram, room, .. } = &mut self.estimate;
        self.workspace.set_training(true).set_step(self.seed, step);
        if settings.gram == GramEstimate::Independent {
            self.sampler.fill(self.seed.child("second"), step, &mut self.points, weights)?;
            self.workspace.set(POINTS, &self.points)?;
            let values = self.family.values.evaluate(parameters, &mut self.workspace)?;
            gram.as_mut_slice().fill(T::zero());
            room.add_weighted(T::one(), values.value(self.family.f)?, weights, gram)?;
        }
        self.sampler.fill(self.seed.child("first"), step, &mut self.points, weights)?;
        self.workspace.set(POINTS, &self.points)?;
        Ok(())
    }
}

impl<T: Scalar> Estimate<T> {
    /// m_ℓ of the nesting.
    fn mask(&self, function: usize) -> f64 {
        match self.settings.nesting {
            Nesting::Joint => (self.settings.states - function) as f64 / self.settings.states as f64,
            Nesting::Sequential => 1.0,
        }
    }

    /// M_ℓℓ′ of the nesting.
    fn mask_pair(&self, function: usize, other: usize) -> f64 {
        match self.settings.nesting {
            Nesting::Joint => self.mask(function.max(other)),
            Nesting::Sequential if other <= function => 1.0,
            Nesting::Sequential => 0.0,
        }
    }

    /// ⟨f_ℓ, T f_ℓ⟩ and ⟨f_ℓ, f_ℓ⟩ of the batch, and the running quotients.
    fn measure<'v>(&mut self, family: &Family<T>, value: impl Fn(Output) -> Result<&'v [T]>) -> Result<()> {
        let l = self.settings.states;
        self.quadratic.fill(0.0);
        self.norms.fill(0.0);
        let f = value(family.f)?;
        if self.settings.gram == GramEstimate::Shared {
            self.gram.as_mut_slice().fill(T::zero());
            self.room.add_weighted(T::one(), f, &self.weights, &mut self.gram)?;
        }
        add_weighted_products(1.0, f, f, &self.weights, &mut self.norms);
        if self.settings.form == Form::Strong {
            add_weighted_products(1.0, f, value(family.image)?, &self.weights, &mut self.quadratic);
        } else {
            for &(term, sign) in &family.terms {
                let term = value(term)?;
                add_weighted_products(sign, term, term, &self.weights, &mut self.quadratic);
            }
        }
        for k in 0..l {
            let quotient = self.quadratic[k] / self.norms[k];
            if quotient.is_finite() {
                self.values[k] = VALUE_DECAY * self.values[k] + (1.0 - VALUE_DECAY) * quotient;
            }
        }
        Ok(())
    }

    /// Sets the weights that each function's gradient takes of T f and of the other functions; returns
    /// the loss Σ −2 m_ℓ ⟨f_ℓ, T f_ℓ⟩ + Σ M_ℓℓ′ ⟨f_ℓ, f_ℓ′⟩².
    fn mix(&mut self, step: u64) -> f64 {
        let l = self.settings.states;
        let weight = self.settings.off_diagonal.at(step as f64 / self.settings.steps.max(1) as f64);
        let mut loss = 0.0;
        for i in 0..l {
            let mask = self.mask(i);
            let balance = mask * self.values[i].max(self.floors[i]);
            let pace = if self.settings.balanced { 4.0 / balance } else { 4.0 };
            self.pace[i] = T::of(pace * mask);
            loss -= 2.0 * mask * self.quadratic[i];
            for j in 0..l {
                let overlap = Scalar::to_f64(self.gram[(i, j)]);
                loss += self.mask_pair(i.max(j), i.min(j)) * overlap * overlap;
                let own = if i == j { 1.0 } else { weight };
                // Column i holds what the gradient of f_i takes of each f_j.
                self.mixing[j * l + i] = T::of(pace * own * self.mask_pair(i, j) * overlap);
            }
        }
        loss
    }

    /// The cotangent of the functions: what it takes of the others, times the weights.
    fn mix_functions(&mut self, f: &[T], out: &mut [T]) {
        let (l, batch) = (self.settings.states, self.settings.batch);
        let (f, mixing) = (MatRef::row_major(f, batch, l), MatRef::row_major(&self.mixing, l, l));
        gemm(T::one(), f, mixing, T::zero(), &mut MatMut::row_major(out, batch, l), &mut self.packing);
        for (row, &w) in out.chunks_exact_mut(l).zip(&self.weights) {
            row.iter_mut().for_each(|v| *v *= w);
        }
    }

    /// Adds what the cotangent of the functions, or of a weak term, takes of the operator: `−w · sign · pace · p`.
    fn add_pull(&self, p: &[T], sign: f64, out: &mut [T]) {
        let l = self.settings.states;
        for ((out, p), &w) in out.chunks_exact_mut(l).zip(p.chunks_exact(l)).zip(&self.weights) {
            let factor = -w * T::of(sign);
            out.iter_mut().zip(p).zip(&self.pace).for_each(|((out, &p), &pace)| *out += factor * pace * p);
        }
    }
}

impl<T: Scalar + Element> TrainingStep<T> for NestedLoraTask<'_, T> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.draw(step, parameters)?;
        let NestedLoraTask { family, workspace, estimate, .. } = self;
        let family = &**family;
        let strong = estimate.settings.form == Form::Strong;
        let pass = if strong { &family.strong } else { &family.weak }.forward_once(parameters, workspace)?;
        estimate.measure(family, |output| pass.value(output))?;
        let loss = estimate.mix(step);
        if strong {
            estimate.image.clear();
            estimate.image.extend_from_slice(pass.value(family.image)?);
        }
        let seed = |output, value: &[T], out: &mut [T]| {
            if output == family.f {
                estimate.mix_functions(value, out);
                if strong {
                    estimate.add_pull(&estimate.image, 1.0, out);
                }
            } else if let Some(&(_, sign)) = family.terms.iter().find(|(term, _)| *term == output) {
                estimate.add_pull(value, sign, out);
            }
        };
        pass.pull_back_with(seed, gradient)?;
        Ok(T::of(loss))
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("nested_lora.settings", self.fingerprint())?;
        container.nest("nested_lora.buffers", self.workspace.buffers().save()?)?;
        container.insert("nested_lora.values", &[self.estimate.values.len()], &self.estimate.values)
    }

    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("nested_lora.settings")?, self.fingerprint());
        if theirs != ours {
            return Err(Error::invalid(
                "NestedLora checkpoint",
                format!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings"),
            ));
        }
        self.workspace.set_buffers(&Buffers::load(&container.nested("nested_lora.buffers"))?)?;
        let values = container.get::<f64>("nested_lora.values")?;
        if values.len() != self.estimate.values.len() {
            return Err(Error::shape("NestedLora checkpoint", &[values.len()], &[self.estimate.values.len()]));
        }
        self.estimate.values.copy_from_slice(values);
        Ok(())
    }
}
