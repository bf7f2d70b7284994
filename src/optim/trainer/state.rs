//! Everything a training needs to go on: saved and read back, it continues bit for bit.

use crate::container::Container;
use crate::optim::vector::all_finite;
use crate::optim::{Average, Optimizer, OptimizerState};
use crate::{Error, Result, Scalar};

use super::TrainingStep;
use super::monitor::Monitor;

/// A training between two steps.
#[derive(Debug, Clone)]
pub struct TrainingState<T> {
    pub(super) point: Point<T>,
    /// What recoveries have multiplied the learning rate by, and how many there were.
    pub(super) rate_factor: f64,
    pub(super) recoveries: u32,
    /// Scratch, and the state to go back to.
    pub(super) gradient: Vec<T>,
    pub(super) snapshot: Option<Snapshot<T>>,
}

/// What a step changes.
#[derive(Debug, Clone)]
pub(super) struct Point<T> {
    pub parameters: Vec<T>,
    pub average: Option<Average<T>>,
    /// The parameters of the best monitored value.
    pub best: Option<Vec<T>>,
    pub counters: Counters,
}

impl<T: Scalar> Point<T> {
    /// Becomes a copy of `other`, in place.
    fn copy_from(&mut self, other: &Self) {
        self.parameters.clone_from(&other.parameters);
        if let (Some(average), Some(other)) = (&mut self.average, &other.average) {
            average.copy_from(other);
        }
        self.best.clone_from(&other.best);
        self.counters = other.counters;
    }
}

/// The numbers among it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counters {
    pub step: u64,
    pub loss: f64,
    /// What early stopping looks at, and what lowers the rate.
    pub stopping: Monitor,
    pub plateau: Monitor,
    /// How often it has lowered it.
    pub drops: u64,
}

/// A good state to go back to.
#[derive(Debug, Clone)]
pub(super) struct Snapshot<T> {
    point: Point<T>,
    pub optimizer: OptimizerState<T>,
    pub task: Container,
}

impl<T: Scalar> TrainingState<T> {
    pub(super) fn new(parameters: &[T], decay: Option<f64>, keep_best: bool) -> Result<Self> {
        Error::check_finite("parameters that a training starts from", parameters)?;
        let average = decay.map(|decay| Average::new(decay, true, parameters)).transpose()?;
        let best = keep_best.then(|| parameters.to_vec());
        let counters = Counters { step: 0, loss: f64::NAN, stopping: Monitor::NEW, plateau: Monitor::NEW, drops: 0 };
        Ok(Self::at(Point { parameters: parameters.to_vec(), average, best, counters }, 1.0, 0))
    }

    fn at(point: Point<T>, rate_factor: f64, recoveries: u32) -> Self {
        let gradient = vec![T::zero(); point.parameters.len()];
        TrainingState { point, rate_factor, recoveries, gradient, snapshot: None }
    }

    /// Steps made.
    pub fn step(&self) -> u64 {
        self.point.counters.step
    }

    /// The loss of the last step; NaN if there was none.
    pub fn loss(&self) -> f64 {
        self.point.counters.loss
    }

    /// θ after the last step, `[n]`.
    pub fn parameters(&self) -> &[T] {
        &self.point.parameters
    }

    /// The average of θ, if the trainer keeps one, `[n]`.
    pub fn average(&self) -> Option<&[T]> {
        self.point.average.as_ref().map(Average::values)
    }

    /// What to use after the training: the parameters of the best monitored value if they are kept,
    /// else the average if there is one, else the last parameters. `[n]`
    pub fn trained(&self) -> &[T] {
        // Before the first look there is no best value, and `best` holds the start.
        let best = self.point.best.as_deref().filter(|_| self.point.counters.stopping.best_value < f64::INFINITY);
        best.or(self.average()).unwrap_or(&self.point.parameters)
    }

    /// The whole training as a container: the checkpoint.
    ///
    /// # Errors
    /// Those of `task`.
    pub fn save<P, S>(&self, optimizer: &P, task: &S) -> Result<Container>
    where
        P: Optimizer<T> + ?Sized,
        S: TrainingStep<T> + ?Sized,
    {
        let mut own = Container::new();
        task.save_state(&mut own)?;
        self.save_beside(optimizer.state(), own)
    }

    /// [`save`](Self::save) of what the optimiser and the task remember.
    #[inline(never)]
    pub(in crate::optim) fn save_beside(&self, memory: &OptimizerState<T>, task: Container) -> Result<Container> {
        let mut container = Container::new();
        let n = self.point.parameters.len();
        container.insert("parameters", &[n], &self.point.parameters)?;
        if let Some(average) = &self.point.average {
            average.save(&mut container, "average")?;
        }
        if let Some(best) = &self.point.best {
            container.insert("best", &[n], best)?;
        }
        let Counters { step, loss, stopping, plateau, drops } = self.point.counters;
        container.insert("counts", &[3], &[step, drops, u64::from(self.recoveries)])?;
        container.insert("measures", &[2], &[loss, self.rate_factor])?;
        stopping.save(&mut container, "stopping")?;
        plateau.save(&mut container, "plateau")?;
        memory.save(&mut container, "optimizer")?;
        container.nest("task", task)?;
        Ok(container)
    }

    /// Reads what [`save`](Self::save) wrote, and puts `optimizer` and `task` into the state they were in.
    ///
    /// # Errors
    /// Missing, ill-typed, inconsistent or non-finite sections, another optimiser, and errors of
    /// `task`; `optimizer` and `task` may then have changed.
    pub fn load<P, S>(container: &Container, optimizer: &mut P, task: &mut S) -> Result<Self>
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
    #[inline(never)]
    pub(in crate::optim) fn load_beside(container: &Container, memory: &mut OptimizerState<T>) -> Result<Self> {
        let parameters = container.get::<T>("parameters")?;
        let n = parameters.len();
        let averaged = container.contains("average/values");
        let average = averaged.then(|| Average::load(container, "average")).transpose()?;
        let best = container.contains("best").then(|| container.get("best")).transpose()?.map(<[T]>::to_vec);
        let [step, drops, recoveries] = container.array::<u64, 3>("counts")?;
        let [loss, rate_factor] = container.array::<f64, 2>("measures")?;
        let [stopping, plateau] = ["stopping", "plateau"].map(|name| Monitor::load(container, name));
        memory.load(container, "optimizer")?;

        let vectors = memory.vectors().iter().map(Vec::as_slice).filter(|v| !v.is_empty());
        for vector in vectors.chain(average.as_ref().map(Average::values)).chain(best.as_deref()) {
            Error::intact(vector.len() == n, "the vectors of the training differ in length")?;
            Error::intact(all_finite(vector), "a vector of the training is not finite")?;
        }
        let in_range = all_finite(parameters) && rate_factor > 0.0 && rate_factor <= 1.0;
        Error::intact(in_range, "a number of the training is out of range")?;
        let counters = Counters { step, loss, stopping: stopping?, plateau: plateau?, drops };
        let absurd = |_| Error::Corrupt { reason: format!("a training that has recovered {recoveries} times") };
        let recoveries = u32::try_from(recoveries).map_err(absurd)?;
        Ok(Self::at(Point { parameters: parameters.to_vec(), average, best, counters }, rate_factor, recoveries))
    }

    /// Remembers the present, beside what optimiser and task do, as good. Allocates nothing once it has been called
    /// twice.
    #[inline(never)]
    pub(super) fn take_snapshot(&mut self, memory: &OptimizerState<T>, task: Container) -> Result<()> {
        match &mut self.snapshot {
            Some(snapshot) => {
                snapshot.point.copy_from(&self.point);
                snapshot.optimizer.copy_from(memory)?;
                snapshot.task = task;
            }
            none => *none = Some(Snapshot { point: self.point.clone(), optimizer: memory.clone(), task }),
        }
        Ok(())
    }

    /// Goes back to the last snapshot, if there is one.
    pub(super) fn restore_snapshot(&mut self) -> Option<&Snapshot<T>> {
        let snapshot = self.snapshot.as_ref()?;
        self.point.copy_from(&snapshot.point);
        Some(snapshot)
    }
}
