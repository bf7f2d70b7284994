//! The stochastic gradient that drives the functions to their places.

use std::sync::Arc;

use super::jacobian::GramJacobian;
use super::rule::{Mixing, Moments, Rule};
use super::training::{Form, MAX_ENTRIES, StochasticTraining};
use crate::autodiff::{Buffers, Output, Workspace};
use crate::container::{Container, Element};
use crate::eigenfunctions::check::Solution;
use crate::eigenfunctions::family::{Family, POINTS, weigh};
use crate::eigenfunctions::operator::SelfAdjoint;
use crate::eigenfunctions::sampler::Sampler;
use crate::eigenfunctions::solution::Eigenfunctions;
use crate::eigenfunctions::trial::Trial;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix};
use crate::optim::TrainingStep;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar, Seed};

/// Points that functions are checked on, if a batch has no more, and the most coordinates of all of them.
const FRESH_POINTS: usize = 1 << 17;
const FRESH_COORDINATES: usize = 1 << 20;

/// The stochastic gradient of a [`StochasticMethod`](super::StochasticMethod).
#[derive(Debug)]
pub struct StochasticTask<'s, T> {
    family: Arc<Family<T>>,
    sampler: &'s dyn Sampler<T>,
    seed: Seed,
    training: StochasticTraining,
    /// What has to be the same for a training to be resumed.
    fingerprint: String,
    workspace: Workspace<T>,
    points: Vec<T>,
    rule: Box<dyn Rule>,
    batch: Batch<T>,
    jacobian: Option<GramJacobian<T>>,
}

/// The batch of a step.
#[derive(Debug)]
struct Batch<T> {
    weights: Vec<T>,
    moments: Moments,
    mixing: Mixing,
    /// A and B as they multiply the values.
    factors: [Vec<T>; 2],
    /// Weights times T f.
    image: Vec<T>,
    square: Matrix<T>,
    room: Gram<T>,
    packing: Packing<T>,
}

impl<'s, T: Scalar> StochasticTask<'s, T> {
    #[inline(never)]
    pub(super) fn new(
        (training, settings): (StochasticTraining, String),
        rule: Box<dyn Rule>,
        (operator, trial): (&dyn SelfAdjoint, &dyn Trial),
        sampler: &'s dyn Sampler<T>,
        seed: Seed,
    ) -> Result<Self> {
        let StochasticTraining { states, batch, .. } = training;
        let family = Arc::new(Family::record(operator, trial, states)?);
        let (theirs, ours) = (sampler.dimension(), family.dimension);
        let reason = format_args!("the sampler draws points of {theirs} coordinates, the operator has {ours}");
        Error::require(theirs == ours, "dimension of the sampler", reason)?;
        // Before the training, as a sampler that cannot serve the check would lose it.
        fresh_points(sampler, seed, batch)?;
        let layout: Vec<_> = family.values.parameters().blocks().iter().map(|b| (&b.name, b.shape)).collect();
        let fingerprint = format!("{settings} of {layout:?} on {sampler:?} from {seed:?}");
        let parameters = family.values.parameters().len();
        let jacobian = rule.jacobian_decay().map(|decay| {
            let pairs = states * (states + 1) / 2;
            let fits = pairs.checked_mul(parameters).is_some_and(|entries| entries <= MAX_ENTRIES);
            let reason =
                format_args!("{pairs} pairs by {parameters} parameters; give fewer states or smaller networks");
            Error::require(fits, "averages of the Jacobian", reason)?;
            Ok(GramJacobian::new(decay, states, parameters))
        });
        let square = || Matrix::zeros(states, states);
        Ok(StochasticTask {
            workspace: family.values.workspace(),
            points: vec![T::zero(); family.dimension * batch],
            batch: Batch {
                weights: vec![T::zero(); batch],
                moments: Moments { gram: square(), form: square(), second: square() },
                mixing: Mixing { functions: square(), images: square() },
                factors: [(); 2].map(|()| vec![T::zero(); states * states]),
                image: Vec::with_capacity(batch * states),
                square: Matrix::zeros(states, states),
                room: Gram::new(),
                packing: Packing::new(),
            },
            jacobian: jacobian.transpose()?,
            family,
            sampler,
            seed,
            training,
            fingerprint,
            rule,
        })
    }

    /// The parameters to start from, the same for all methods.
    pub fn start(&self) -> Vec<T> {
        self.family.values.initial(self.seed.child("nested-lora"))
    }

    /// The shapes of the parameters, `[count, rows, cols]`, in their order.
    pub fn shapes(&self) -> impl Iterator<Item = [usize; 3]> {
        self.family.values.parameters().blocks().iter().map(|block| block.shape)
    }

    /// The functions at `parameters`, with the running estimates as eigenvalues.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::NonFinite`] for parameters that do not fit; as [`Rule::coefficients`].
    #[inline(never)]
    pub fn eigenfunctions(&self, parameters: &[T]) -> Result<Eigenfunctions<T>> {
        Ok(Eigenfunctions {
            trial: self.family.at(parameters, self.workspace.buffers())?,
            family: self.family.clone(),
            coefficients: self
                .rule
                .coefficients()?
                .map(|c| Matrix::from_fn(c.rows(), c.cols(), |i, j| T::of(c[(i, j)]))),
            values: self.rule.values().iter().map(|value| value - self.training.shift).collect(),
        })
    }

    /// The same with what points say of them that no step has seen; `outcome` says how they were found.
    ///
    /// # Errors
    /// As there, and [`Rule::verdict`] for a result that the method cannot stand for.
    pub fn finish<O>(&self, parameters: &[T], outcome: O) -> Result<Solution<T, O>> {
        self.rule.verdict()?;
        let functions = self.eigenfunctions(parameters)?;
        let others = fresh_points(self.sampler, self.seed, self.training.batch)?;
        Ok(Solution::new(&functions, functions.states(), outcome, Some(&others)))
    }

    /// Draws a batch; before it a second one for another Gram matrix, if that is asked for.
    fn draw(&mut self, step: u64, parameters: &[T]) -> Result<()> {
        let Batch { weights, moments, square, room, .. } = &mut self.batch;
        self.workspace.set_training(true).set_step(self.seed, step);
        if self.rule.second_draw() {
            self.sampler.fill(self.seed.child("second"), step, &mut self.points, weights)?;
            self.workspace.set(POINTS, &self.points)?;
            let values = self.family.values.evaluate(parameters, &mut self.workspace)?;
            square.as_mut_slice().fill(T::zero());
            room.add_weighted(T::one(), values.value(self.family.f)?, weights, square)?;
            copy(square.as_slice(), &mut moments.second);
        }
        self.sampler.fill(self.seed.child("first"), step, &mut self.points, weights)?;
        self.workspace.set(POINTS, &self.points)?;
        Ok(())
    }
}

/// Points that no step has seen, to check the functions on: one draw, as those that fill a domain evenly tell the more of the
/// integrals the more points are in it.
fn fresh_points<T: Scalar>(sampler: &dyn Sampler<T>, seed: Seed, batch: usize) -> Result<Quadrature<T>> {
    let dimension = sampler.dimension();
    let count = FRESH_POINTS.min(FRESH_COORDINATES / dimension).max(batch);
    let (mut points, mut weights) = (vec![T::zero(); dimension * count], vec![T::zero(); count]);
    sampler.fill(seed.child("fresh"), 0, &mut points, &mut weights)?;
    Quadrature::new(points, weights, dimension)
}

fn copy<T: Scalar>(from: &[T], to: &mut Matrix<f64>) {
    to.as_mut_slice().iter_mut().zip(from).for_each(|(to, &from)| *to = Scalar::to_f64(from));
}

impl<T: Scalar> Batch<T> {
    /// Σ and Π of the batch.
    fn measure<'v>(
        &mut self,
        family: &Family<T>,
        StochasticTraining { form, shift, .. }: &StochasticTraining,
        value: impl Fn(Output) -> Result<&'v [T]>,
    ) -> Result<()> {
        let Batch { weights, moments, image, square, room, packing, .. } = self;
        let (f, l, batch) = (value(family.f)?, family.count, weights.len());
        square.as_mut_slice().fill(T::zero());
        room.add_weighted(T::one(), f, weights, square)?;
        copy(square.as_slice(), &mut moments.gram);
        square.as_mut_slice().fill(T::zero());
        match form {
            Form::Strong => {
                weigh(value(family.image)?, weights, image);
                let (f, image) = (MatRef::row_major(f, batch, l).transposed(), MatRef::row_major(image, batch, l));
                gemm(T::one(), f, image, T::zero(), &mut square.view_mut(), packing);
            }
            Form::Weak => {
                for &(term, sign) in &family.terms {
                    room.add_weighted(T::of(sign), value(term)?, weights, square)?;
                }
            }
        }
        for i in 0..l {
            for j in 0..l {
                let [a, b] = [square[(i, j)], square[(j, i)]].map(Scalar::to_f64);
                moments.form[(i, j)] = 0.5 * (a + b) + shift * moments.gram[(i, j)];
            }
        }
        Ok(())
    }

    /// The cotangents, by `rule`; returns the loss. Where averages of the Jacobian stand for A, only what the shift
    /// contributes is left to it.
    fn mix(&mut self, step: u64, rule: &mut dyn Rule, shift: f64) -> Result<f64> {
        let Batch { moments, mixing, factors: [functions, images], .. } = self;
        if !rule.second_draw() {
            moments.second.as_mut_slice().copy_from_slice(moments.gram.as_slice());
        }
        mixing.functions.as_mut_slice().fill(0.0);
        mixing.images.as_mut_slice().fill(0.0);
        let loss = rule.cotangents(step, moments, mixing)?;
        let own = if rule.jacobian_decay().is_some() { 0.0 } else { 1.0 };
        let entries = mixing.functions.as_slice().iter().zip(mixing.images.as_slice());
        for ((f, image), (a, b)) in functions.iter_mut().zip(images).zip(entries) {
            *f = T::of(own * a + shift * b);
            *image = T::of(*b);
        }
        Ok(loss)
    }

    /// The cotangent of an output that is `value`, from zeros.
    fn seed(&mut self, family: &Family<T>, form: Form, output: Output, value: &[T], out: &mut [T]) {
        let (l, batch) = (family.count, self.weights.len());
        let [functions, images] = [0, 1].map(|k| MatRef::row_major(&self.factors[k], l, l));
        let (factor, sign) = if output == family.f {
            (functions, 1.0)
        } else if let Some(&(_, sign)) = family.terms.iter().find(|(term, _)| *term == output) {
            (images, sign)
        } else {
            return;
        };
        let value = MatRef::row_major(value, batch, l);
        gemm(T::of(sign), value, factor, T::zero(), &mut MatMut::row_major(out, batch, l), &mut self.packing);
        for (row, &w) in out.chunks_exact_mut(l).zip(&self.weights) {
            row.iter_mut().for_each(|v| *v *= w);
        }
        if form == Form::Strong {
            let image = MatRef::row_major(&self.image, batch, l);
            gemm(T::one(), image, images, T::one(), &mut MatMut::row_major(out, batch, l), &mut self.packing);
        }
    }
}

impl<T: Scalar + Element> TrainingStep<T> for StochasticTask<'_, T> {
    #[inline(never)]
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.draw(step, parameters)?;
        let StochasticTask { family, workspace, training, rule, batch, jacobian, .. } = self;
        let (family, form, shift) = (&**family, training.form, training.shift);
        let program = if form == Form::Strong { &family.strong } else { &family.weak };
        let loss = if let Some(jacobian) = jacobian {
            let mut pass = program.forward(parameters, workspace)?;
            batch.measure(family, training, |output| pass.value(output))?;
            let loss = batch.mix(step, &mut **rule, shift)?;
            jacobian.update(step, family.f, &batch.weights, &mut pass)?;
            pass.pull_back_with(|output, value, out| batch.seed(family, form, output, value, out), gradient)?;
            jacobian.add_to(&batch.mixing.functions, gradient);
            loss
        } else {
            let pass = program.forward_once(parameters, workspace)?;
            batch.measure(family, training, |output| pass.value(output))?;
            let loss = batch.mix(step, &mut **rule, shift)?;
            pass.pull_back_with(|output, value, out| batch.seed(family, form, output, value, out), gradient)?;
            loss
        };
        Ok(T::of(loss))
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("stochastic.settings", self.fingerprint.clone())?;
        container.nest("stochastic.buffers", self.workspace.buffers().save()?)?;
        container.insert("stochastic.rule", &[self.rule.state().len()], self.rule.state())?;
        if let Some(jacobian) = &self.jacobian {
            container.insert("stochastic.jacobian", &[jacobian.averages.len()], &jacobian.averages)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("stochastic.settings")?, &self.fingerprint);
        let reason =
            format_args!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings");
        Error::require(theirs == ours, "checkpoint of a stochastic eigensolver", reason)?;
        self.workspace.set_buffers(&Buffers::load(&container.nested("stochastic.buffers"))?)?;
        restore(container.get("stochastic.rule")?, self.rule.state_mut())?;
        if let Some(jacobian) = &mut self.jacobian {
            restore(container.get("stochastic.jacobian")?, &mut jacobian.averages)?;
        }
        Ok(())
    }
}

fn restore<V: Copy>(from: &[V], to: &mut [V]) -> Result<()> {
    Error::same_shape("checkpoint of a stochastic eigensolver", &[from.len()], &[to.len()])?;
    to.copy_from_slice(from);
    Ok(())
}
