//! Everything a training needs to go on: saved and read back, it continues bit for bit.

use crate::container::Container;
use crate::optim::vector::all_finite;
use crate::optim::{Average, Optimizer, OptimizerState};
use crate::{Error, Scalar};

use super::TrainingStep;

/// A training between two steps.
#[derive(Debug, Clone)]
pub struct TrainingState<T> {
    pub(super) parameters: Vec<T>,
    pub(super) average: Option<Average<T>>,
    /// The parameters of the best monitored value.
    pub(super) best: Option<Vec<T>>,
    pub(super) counters: Counters,
    /// What recoveries have multiplied the learning rate by, and how many there were.
    pub(super) rate_factor: f64,
    pub(super) recoveries: u32,
    /// Scratch, and the state to go back to.
    pub(super) gradient: Vec<T>,
    pub(super) snapshot: Option<Snapshot<T>>,
}

/// The numbers that a step changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counters {
    pub step: u64,
    pub loss: f64,
    /// The best monitored value, after how many steps it was seen, and the checks since then.
    pub best_value: f64,
    pub best_step: u64,
    pub checks_since: u64,
    /// The losses since the last check.
    pub loss_sum: f64,
    pub loss_count: u64,
}

/// A good state to go back to.
#[derive(Debug, Clone)]
pub(super) struct Snapshot<T> {
    parameters: Vec<T>,
    average: Option<Average<T>>,
    best: Option<Vec<T>>,
    counters: Counters,
    optimizer: OptimizerState<T>,
    task: Container,
}

impl<T: Scalar> TrainingState<T> {
    pub(super) fn new(parameters: &[T], decay: Option<f64>, keep_best: bool) -> Result<Self, Error> {
        Error::check_finite("parameters that a training starts from", parameters)?;
        let average = decay.map(|decay| Average::new(decay, true, parameters)).transpose()?;
        let counters = Counters {
            step: 0,
            loss: f64::NAN,
            best_value: f64::INFINITY,
            best_step: 0,
            checks_since: 0,
            loss_sum: 0.0,
            loss_count: 0,
        };
        Ok(TrainingState {
            parameters: parameters.to_vec(),
            average,
            best: keep_best.then(|| parameters.to_vec()),
            counters,
            rate_factor: 1.0,
            recoveries: 0,
            gradient: vec![T::zero(); parameters.len()],
            snapshot: None,
        })
    }

    /// Steps made.
    pub fn step(&self) -> u64 {
        self.counters.step
    }

    /// The loss of the last step; NaN if there was none.
    pub fn loss(&self) -> f64 {
        self.counters.loss
    }

    /// θ after the last step, `[n]`.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The average of θ, if the trainer keeps one, `[n]`.
    pub fn average(&self) -> Option<&[T]> {
        self.average.as_ref().map(Average::values)
    }

    /// What to use after the training: the parameters of the best monitored value if they are kept,
    /// else the average if there is one, else the last parameters. `[n]`
    pub fn trained(&self) -> &[T] {
        // Before the first look there is no best value, and `best` holds the start.
        let best = self.best.as_deref().filter(|_| self.counters.best_value < f64::INFINITY);
        best.or(self.average()).unwrap_or(&self.parameters)
    }

    /// The whole training as a container: the checkpoint.
    ///
    /// # Errors
    /// Those of `task`.
    pub fn save<P, S>(&self, optimizer: &P, task: &S) -> Result<Container, Error>
    where
        P: Optimizer<T> + ?Sized,
        S: TrainingStep<T> + ?Sized,
    {
        let mut own = Container::new();
        task.save_state(&mut own)?;
        self.save_beside(optimizer.state(), own)
    }

    /// [`save`](Self::save) of what the optimiser and the task remember.
    pub(in crate::optim) fn save_beside(
        &self,
        memory: &OptimizerState<T>,
        task: Container,
    ) -> Result<Container, Error> {
        let mut container = Container::new();
        let n = self.parameters.len();
        container.insert("parameters", &[n], &self.parameters)?;
        if let Some(average) = &self.average {
            average.save(&mut container, "average")?;
        }
        if let Some(best) = &self.best {
            container.insert("best", &[n], best)?;
        }
        let Counters { step, loss, best_value, best_step, checks_since, loss_sum, loss_count } = self.counters;
        let counts = [step, best_step, checks_since, loss_count, u64::from(self.recoveries)];
        container.insert("counts", &[counts.len()], &counts)?;
        let measures = [loss, best_value, loss_sum, self.rate_factor];
        container.insert("measures", &[measures.len()], &measures)?;
        memory.save(&mut container, "optimizer")?;
        container.nest("task", task)?;
        Ok(container)
    }

    /// Reads what [`save`](Self::save) wrote, and puts `optimizer` and `task` into the state they
    /// were in.
    ///
    /// # Errors
    /// Missing, ill-typed, inconsistent or non-finite sections, another optimiser, and errors of
    /// `task`; `optimizer` and `task` may then have changed.
    pub fn load<P, S>(container: &Container, optimizer: &mut P, task: &mut S) -> Result<Self, Error>
    where
        P: Optimizer<T> + ?Sized,
        S: TrainingStep<T> + ?Sized,
    {
        let mut memory = optimizer.state().clone();
        let state = Self::load_beside(container, &mut memory)?;
        optimizer.restore(&memory)?;
        task.restore_state(&container.nested("task"))?;
        Ok(state)
    }

    /// [`load`](Self::load) without a task; `memory` says which optimiser is expected.
    pub(in crate::optim) fn load_beside(container: &Container, memory: &mut OptimizerState<T>) -> Result<Self, Error> {
        let corrupt = |reason: &str| Err(Error::Corrupt { reason: reason.to_string() });
        let parameters = container.get::<T>("parameters")?;
        let n = parameters.len();
        let average =
            if container.contains("average/values") { Some(Average::load(container, "average")?) } else { None };
        let best = if container.contains("best") { Some(container.get::<T>("best")?.to_vec()) } else { None };
        let &[step, best_step, checks_since, loss_count, recoveries] = container.get::<u64>("counts")? else {
            return corrupt("the counts of the training are incomplete");
        };
        let &[loss, best_value, loss_sum, rate_factor] = container.get::<f64>("measures")? else {
            return corrupt("the measures of the training are incomplete");
        };
        memory.load(container, "optimizer")?;

        let vectors = memory.vectors().iter().map(Vec::as_slice).filter(|v| !v.is_empty());
        let vectors = vectors.chain(average.as_ref().map(Average::values)).chain(best.as_deref());
        for vector in vectors {
            if vector.len() != n {
                return corrupt("the vectors of the training differ in length");
            }
            if !all_finite(vector) {
                return corrupt("a vector of the training is not finite");
            }
        }
        if !(all_finite(parameters) && rate_factor > 0.0 && rate_factor <= 1.0) {
            return corrupt("a number of the training is out of range");
        }
        Ok(TrainingState {
            parameters: parameters.to_vec(),
            average,
            best,
            counters: Counters { step, loss, best_value, best_step, checks_since, loss_sum, loss_count },
            rate_factor,
            recoveries: u32::try_from(recoveries).unwrap_or(u32::MAX),
            gradient: vec![T::zero(); n],
            snapshot: None,
        })
    }

    /// Remembers the present as good. Allocates nothing once it has been called twice, unless the
    /// task has a state of its own.
    pub(super) fn take_snapshot<P, S>(&mut self, optimizer: &P, task: &S) -> Result<(), Error>
    where
        P: Optimizer<T> + ?Sized,
        S: TrainingStep<T> + ?Sized,
    {
        let mut own = Container::new();
        task.save_state(&mut own)?;
        match &mut self.snapshot {
            Some(snapshot) => {
                snapshot.parameters.copy_from_slice(&self.parameters);
                if let (Some(kept), Some(average)) = (&mut snapshot.average, &self.average) {
                    kept.copy_from(average);
                }
                if let (Some(kept), Some(best)) = (&mut snapshot.best, &self.best) {
                    kept.copy_from_slice(best);
                }
                snapshot.counters = self.counters;
                snapshot.optimizer.copy_from(optimizer.state())?;
                snapshot.task = own;
            }
            none => {
                *none = Some(Snapshot {
                    parameters: self.parameters.clone(),
                    average: self.average.clone(),
                    best: self.best.clone(),
                    counters: self.counters,
                    optimizer: optimizer.state().clone(),
                    task: own,
                });
            }
        }
        Ok(())
    }

    /// Goes back to the last snapshot; whether there was one.
    pub(super) fn restore_snapshot<P, S>(&mut self, optimizer: &mut P, task: &mut S) -> Result<bool, Error>
    where
        P: Optimizer<T> + ?Sized,
        S: TrainingStep<T> + ?Sized,
    {
        let Some(snapshot) = &self.snapshot else { return Ok(false) };
        self.parameters.copy_from_slice(&snapshot.parameters);
        if let (Some(average), Some(kept)) = (&mut self.average, &snapshot.average) {
            average.copy_from(kept);
        }
        if let (Some(best), Some(kept)) = (&mut self.best, &snapshot.best) {
            best.copy_from_slice(kept);
        }
        self.counters = snapshot.counters;
        optimizer.restore(&snapshot.optimizer)?;
        task.restore_state(&snapshot.task)?;
        Ok(true)
    }
}
