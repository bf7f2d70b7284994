//! The stochastic gradient that drives the functions to their places.

use std::sync::Arc;

use super::{Form, GramEstimate, NestedLora, Nesting, OffDiagonalWeight};
use crate::autodiff::Workspace;
use crate::container::Container;
use crate::eigenfunctions::operator::SelfAdjoint;
use crate::eigenfunctions::sampler::Sampler;
use crate::eigenfunctions::solution::{Eigenfunctions, Family, POINTS};
use crate::eigenfunctions::trial::{Envelope, log_spaced};
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::optim::TrainingStep;
use crate::{Result, Scalar, Seed};

/// The most values of all functions on a batch: a slip beyond, and 2 GB in `f64`.
const MAX_ENTRIES: usize = 1 << 28;
/// The most terms of a weak form.
const MAX_TERMS: usize = 8;

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
        if self.states == 0 || self.batch == 0 {
            return Err(Error::invalid(
                "NestedLora",
                format!("{} states on batches of {}; both have to be positive", self.states, self.batch),
            ));
        }
        if self.batch.checked_mul(self.states).is_none_or(|entries| entries > MAX_ENTRIES) {
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
        let family = Arc::new(Family::record(operator, &self.trial, self.states)?);
        if family.dimension != 2 {
            return Err(Error::invalid(
                "dimension of the operator",
                "the samplers draw points of the plane; give an operator in two dimensions",
            ));
        }
        if self.form == Form::Weak && family.signs.len() > MAX_TERMS {
            return Err(Error::invalid("weak form", format!("{} terms; at most {MAX_TERMS}", family.signs.len())));
        }
        let (l, size) = (self.states, self.batch * self.states);
        let program = match self.form {
            Form::Strong => &family.strong,
            Form::Weak => &family.weak,
        };
        let expected = match self.trial.envelope {
            Envelope::Exponential { first, last } => log_spaced(first, last, l).iter().map(|a| a * a).collect(),
            _ => vec![1.0; l],
        };
        Ok(NestedLoraTask {
            workspace: program.workspace(),
            second: family.values.workspace(),
            points: vec![T::zero(); 2 * self.batch],
            weights: vec![T::zero(); self.batch],
            gram: vec![T::zero(); l * l],
            mixing: vec![T::zero(); l * l],
            pace: vec![T::zero(); l],
            quadratic: vec![0.0; l],
            norms: vec![0.0; l],
            packing: Packing::new(),
            cotangents: vec![vec![T::zero(); size]; family.signs.len() + 1],
            names: (0..family.signs.len()).map(|k| format!("term{k}")).collect(),
            floors: expected.iter().map(|v| 0.1 * v).collect(),
            values: expected,
            settings: self.clone(),
            family,
            sampler,
            seed,
        })
    }
}

/// The stochastic gradient of a NestedLoRA solve.
#[derive(Debug)]
pub struct NestedLoraTask<'s, T> {
    settings: NestedLora,
    family: Arc<Family<T>>,
    sampler: &'s dyn Sampler<T>,
    seed: Seed,
    workspace: Workspace<T>,
    second: Workspace<T>,
    points: Vec<T>,
    weights: Vec<T>,
    /// ⟨f_ℓ, f_ℓ′⟩ on the batch.
    gram: Vec<T>,
    /// What the gradient of each function takes of the others and of T f.
    mixing: Vec<T>,
    pace: Vec<T>,
    quadratic: Vec<f64>,
    norms: Vec<f64>,
    packing: Packing<T>,
    cotangents: Vec<Vec<T>>,
    names: Vec<String>,
    /// Running Rayleigh quotients, and what they may not fall below.
    values: Vec<f64>,
    floors: Vec<f64>,
}

/// Decay of the running Rayleigh quotients.
const VALUE_DECAY: f64 = 0.99;

impl<T: Scalar> NestedLoraTask<'_, T> {
    /// The parameters to start from.
    pub fn start(&self) -> Vec<T> {
        self.family.strong.initial(self.seed.child("nested-lora"))
    }

    /// The functions at `parameters`, with the running Rayleigh quotients as eigenvalues.
    pub fn eigenfunctions(&self, parameters: Vec<T>) -> Eigenfunctions<T> {
        Eigenfunctions { family: self.family.clone(), parameters, coefficients: None, values: self.values.clone() }
    }

    /// What has to be the same for a training to be resumed.
    fn fingerprint(&self) -> String {
        format!("{:?} on {:?} from {:?}", self.settings, self.sampler, self.seed)
    }

    /// Draws a batch and computes the Gram matrix of a second one, if that is asked for.
    fn draw(&mut self, step: u64, parameters: &[T]) -> Result<()> {
        let l = self.settings.states;
        if self.settings.gram == GramEstimate::Independent {
            self.sampler.fill(self.seed.child("second"), step, &mut self.points, &mut self.weights)?;
            self.second.set(POINTS, &self.points)?;
            self.family.values.evaluate(parameters, &mut self.second)?;
            gram(self.second.output("f")?, &self.weights, l, &mut self.gram);
        }
        self.sampler.fill(self.seed.child("first"), step, &mut self.points, &mut self.weights)?;
        self.workspace.set(POINTS, &self.points)?;
        Ok(())
    }

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
}

/// `out[ℓ, ℓ′] = Σ w f_ℓ f_ℓ′` for `f` `[batch, l]`.
fn gram<T: Scalar>(f: &[T], weights: &[T], l: usize, out: &mut [T]) {
    out.fill(T::zero());
    for (row, &w) in f.chunks_exact(l).zip(weights) {
        for (i, &a) in row.iter().enumerate() {
            crate::kernels::reduce::axpy(w * a, row, &mut out[i * l..(i + 1) * l]);
        }
    }
}

impl<T: Scalar> NestedLoraTask<'_, T> {
    /// ⟨f_ℓ, T f_ℓ⟩ and ⟨f_ℓ, f_ℓ⟩ of the batch, and the running quotients.
    fn measure(&mut self) -> Result<()> {
        let l = self.settings.states;
        self.quadratic.fill(0.0);
        self.norms.fill(0.0);
        let f = self.workspace.output("f")?;
        add_products(f, f, &self.weights, 1.0, &mut self.norms);
        if self.settings.form == Form::Strong {
            add_products(f, self.workspace.output("Tf")?, &self.weights, 1.0, &mut self.quadratic);
        } else {
            for (name, &sign) in self.names.iter().zip(&self.family.signs) {
                let term = self.workspace.output(name)?;
                add_products(term, term, &self.weights, sign, &mut self.quadratic);
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
                let overlap = Scalar::to_f64(self.gram[i * l + j]);
                loss += self.mask_pair(i.max(j), i.min(j)) * overlap * overlap;
                let own = if i == j { 1.0 } else { weight };
                // Column i holds what the gradient of f_i takes of each f_j.
                self.mixing[j * l + i] = T::of(pace * own * self.mask_pair(i, j) * overlap);
            }
        }
        loss
    }

    /// The cotangents of the functions (last) and of the weak terms.
    fn fill_cotangents(&mut self) -> Result<()> {
        let (l, batch) = (self.settings.states, self.settings.batch);
        let (term_bars, f_bar) = self.cotangents.split_at_mut(self.family.signs.len());
        let f_bar = &mut f_bar[0];
        let f = MatRef::row_major(self.workspace.output("f")?, batch, l);
        let mixing = MatRef::row_major(&self.mixing, l, l);
        gemm(T::one(), f, mixing, T::zero(), &mut MatMut::row_major(f_bar, batch, l), &mut self.packing);
        if self.settings.form == Form::Strong {
            let tf = self.workspace.output("Tf")?;
            for ((bar, tf), &w) in f_bar.chunks_exact_mut(l).zip(tf.chunks_exact(l)).zip(&self.weights) {
                bar.iter_mut().zip(tf).zip(&self.pace).for_each(|((bar, &tf), &pace)| *bar = w * (*bar - pace * tf));
            }
            return Ok(());
        }
        for (bar, &w) in f_bar.chunks_exact_mut(l).zip(&self.weights) {
            bar.iter_mut().for_each(|v| *v *= w);
        }
        for ((bars, name), &sign) in term_bars.iter_mut().zip(&self.names).zip(&self.family.signs) {
            let term = self.workspace.output(name)?;
            for ((bar, p), &w) in bars.chunks_exact_mut(l).zip(term.chunks_exact(l)).zip(&self.weights) {
                let factor = -w * T::of(sign);
                bar.iter_mut().zip(p).zip(&self.pace).for_each(|((bar, &p), &pace)| *bar = factor * pace * p);
            }
        }
        Ok(())
    }
}

/// `out[k] += sign · Σ w a_k b_k` for `a`, `b` `[batch, functions]`.
fn add_products<T: Scalar>(a: &[T], b: &[T], weights: &[T], sign: f64, out: &mut [f64]) {
    let l = out.len();
    for ((a, b), &w) in a.chunks_exact(l).zip(b.chunks_exact(l)).zip(weights) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out += sign * Scalar::to_f64(w * a * b);
        }
    }
}

impl<T: Scalar> TrainingStep<T> for NestedLoraTask<'_, T> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.draw(step, parameters)?;
        let family = self.family.clone();
        let strong = self.settings.form == Form::Strong;
        let program = if strong { &family.strong } else { &family.weak };
        program.forward(parameters, &mut self.workspace)?;
        if self.settings.gram == GramEstimate::Shared {
            gram(self.workspace.output("f")?, &self.weights, self.settings.states, &mut self.gram);
        }
        self.measure()?;
        let loss = self.mix(step);
        self.fill_cotangents()?;
        // T f is a constant in the strong form; the weak form's terms are not.
        let mut named: [(&str, &[T]); MAX_TERMS + 1] = [("", &[]); MAX_TERMS + 1];
        let terms = if strong { 0 } else { self.names.len() };
        for (slot, (name, bar)) in named.iter_mut().zip(self.names[..terms].iter().zip(&self.cotangents)) {
            *slot = (name, bar);
        }
        named[terms] = ("f", &self.cotangents[self.names.len()]);
        program.backward_from(parameters, &named[..=terms], &mut self.workspace, gradient)?;
        Ok(T::of(loss))
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("nested_lora.settings", self.fingerprint())?;
        container.insert("nested_lora.values", &[self.values.len()], &self.values)
    }

    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("nested_lora.settings")?, self.fingerprint());
        if theirs != ours {
            return Err(Error::invalid(
                "NestedLora checkpoint",
                format!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings"),
            ));
        }
        let values = container.get::<f64>("nested_lora.values")?;
        if values.len() != self.values.len() {
            return Err(Error::shape("NestedLora checkpoint", &[values.len()], &[self.values.len()]));
        }
        self.values.copy_from_slice(values);
        Ok(())
    }
}
