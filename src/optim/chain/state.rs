//! Everything a chain needs to go on: saved and read back, it continues bit for bit.

use crate::container::Container;
use crate::optim::vector::all_finite;
use crate::optim::{Adam, FitState, LbfgsState, Optimizer, OptimizerState, SolveState, StopReason, TrainingState};
use crate::{Error, Scalar};

use super::{Stage, StageOutcome};

/// A [`Chain`](super::Chain) between two iterations of one of its stages.
#[derive(Debug, Clone)]
pub struct ChainState<T> {
    /// Where the current stage starts, and f there.
    pub(super) parameters: Vec<T>,
    pub(super) value: f64,
    /// The stages that have ended.
    pub(super) done: Vec<StageOutcome>,
    pub(super) current: Current<T>,
}

/// What the current stage is at.
#[derive(Debug, Clone)]
pub(super) enum Current<T> {
    /// Its start.
    Waiting,
    Fit(Box<FitState<T>>),
    Lbfgs(LbfgsState<T>),
    Training(TrainingState<T>, OptimizerState<T>),
}

impl<T: Scalar> ChainState<T> {
    /// θ, `[p]`.
    pub fn parameters(&self) -> &[T] {
        self.view().at()
    }

    /// The parameters that are the result if the chain ends here, `[p]`.
    pub fn best_parameters(&self) -> &[T] {
        self.view().best()
    }

    /// f at the last iterate.
    pub fn value(&self) -> f64 {
        self.view().value()
    }

    /// Iterations that all stages have made.
    pub fn iterations(&self) -> usize {
        self.view().iterations() as usize
    }

    /// Iterations of the current stage.
    pub(super) fn stage_iterations(&self) -> usize {
        self.view().current.iterations()
    }

    /// The stages that have ended.
    pub fn stages(&self) -> &[StageOutcome] {
        &self.done
    }

    /// Writes the state, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<(), Error> {
        self.view().save(container, prefix)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`], [`Error::NonFinite`] or [`Error::Corrupt`] if the sections
    /// are missing, of another type, or do not fit together.
    pub fn load(container: &Container, prefix: &str) -> Result<Self, Error> {
        let get = |name: &str| format!("{prefix}/{name}");
        let corrupt = |reason: &str| Error::Corrupt { reason: format!("{reason} under {prefix}") };
        let parameters = container.get::<T>(&get("parameters"))?.to_vec();
        let value = container.number::<f64>(&get("value"))?;
        let (names, counts) = (container.text(&get("stages"))?, container.get::<u64>(&get("counts"))?);
        let measures = container.get::<f64>(&get("measures"))?;
        let names: Vec<&str> = names.split_terminator(',').collect();
        let fits = counts.len() == 2 * names.len() && measures.len() == 3 * names.len();
        if !(fits && all_finite(&parameters) && value.is_finite()) {
            return Err(corrupt("the stages do not fit together"));
        }
        let mut done = Vec::with_capacity(names.len());
        for (i, ((name, counts), measures)) in names.iter().zip(counts.chunks(2)).zip(measures.chunks(3)).enumerate() {
            let name = Stage::NAMES.into_iter().find(|known| known == name).ok_or(corrupt("an unknown stage"))?;
            let reason = StopReason::decode(counts[1], measures[2]).ok_or(corrupt("an unknown reason"))?;
            let error = get(&format!("error{i}"));
            let error = if container.contains(&error) { Some(container.text(&error)?.to_string()) } else { None };
            let iterations = usize::try_from(counts[0]).unwrap_or(usize::MAX);
            done.push(StageOutcome { name, iterations, before: measures[0], value: measures[1], reason, error });
        }
        let current = get("current");
        let current = match container.text(&get("kind"))? {
            "waiting" => Current::Waiting,
            "fit" => Current::Fit(Box::new(FitState::load(container, &current)?)),
            "lbfgs" => Current::Lbfgs(LbfgsState::load(container, &current)?),
            "training" => {
                let mut memory = Adam::<T>::default().state().clone();
                let state = TrainingState::load_beside(&container.nested(&current), &mut memory)?;
                Current::Training(state, memory)
            }
            _ => return Err(corrupt("an unknown kind of stage")),
        };
        let state = ChainState { parameters, value, done, current };
        if state.parameters().len() != state.parameters.len() {
            return Err(corrupt("vectors of different lengths"));
        }
        Ok(state)
    }

    fn view(&self) -> View<'_, T> {
        let current = match &self.current {
            Current::Waiting => Part::Waiting,
            Current::Fit(state) => Part::Fit(state),
            Current::Lbfgs(state) => Part::Lbfgs(state),
            Current::Training(state, memory) => Part::Training(state, memory),
        };
        View { parameters: &self.parameters, value: self.value, done: &self.done, current }
    }
}

crate::optim::checkpoints::solve_state!(ChainState);

/// A [`ChainState`] whose stage is at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a, T> {
    pub parameters: &'a [T],
    pub value: f64,
    pub done: &'a [StageOutcome],
    pub current: Part<'a, T>,
}

/// [`Current`], lent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a, T> {
    Waiting,
    Fit(&'a FitState<T>),
    Lbfgs(&'a LbfgsState<T>),
    Training(&'a TrainingState<T>, &'a OptimizerState<T>),
}

impl<T: Scalar> Part<'_, T> {
    /// Iterations of this stage.
    pub fn iterations(&self) -> usize {
        match self {
            Part::Waiting => 0,
            Part::Fit(state) => state.iterations(),
            Part::Lbfgs(state) => state.iterations(),
            Part::Training(state, _) => usize::try_from(state.step()).unwrap_or(usize::MAX),
        }
    }
}

impl<'a, T: Scalar> View<'a, T> {
    /// The last iterate.
    fn at(self) -> &'a [T] {
        match self.current {
            Part::Waiting => self.parameters,
            Part::Fit(state) => state.parameters(),
            Part::Lbfgs(state) => state.parameters(),
            Part::Training(state, _) => state.parameters(),
        }
    }

    /// The result if the chain ends here.
    fn best(self) -> &'a [T] {
        match self.current {
            Part::Fit(state) => state.best_parameters(),
            Part::Training(state, _) => state.trained(),
            _ => self.at(),
        }
    }
}

impl<T: Scalar> SolveState<T> for View<'_, T> {
    fn iterations(&self) -> u64 {
        let done = self.done.iter().map(|stage| stage.iterations);
        done.fold(self.current.iterations(), usize::saturating_add) as u64
    }

    fn value(&self) -> f64 {
        match self.current {
            Part::Waiting => self.value,
            Part::Fit(state) => state.value(),
            Part::Lbfgs(state) => state.value().to_f64(),
            Part::Training(state, _) => state.loss(),
        }
    }

    fn parameters(&self) -> &[T] {
        self.at()
    }

    fn best_parameters(&self) -> &[T] {
        self.best()
    }

    fn save(&self, container: &mut Container, prefix: &str) -> Result<(), Error> {
        let set = |name: &str| format!("{prefix}/{name}");
        let (mut names, mut counts, mut measures) = (String::new(), Vec::new(), Vec::new());
        for (i, stage) in self.done.iter().enumerate() {
            names += stage.name;
            names.push(',');
            let (code, number) = stage.reason.encode();
            counts.extend([stage.iterations as u64, code]);
            measures.extend([stage.before, stage.value, number]);
            if let Some(error) = &stage.error {
                container.insert_text(set(&format!("error{i}")), error)?;
            }
        }
        container.insert(set("parameters"), &[self.parameters.len()], self.parameters)?;
        container.insert_number(set("value"), self.value)?;
        container.insert_text(set("stages"), names)?;
        container.insert(set("counts"), &[counts.len()], &counts)?;
        container.insert(set("measures"), &[measures.len()], &measures)?;
        let current = set("current");
        container.insert_text(
            set("kind"),
            match self.current {
                Part::Waiting => "waiting",
                Part::Fit(_) => "fit",
                Part::Lbfgs(_) => "lbfgs",
                Part::Training(..) => "training",
            },
        )?;
        match self.current {
            Part::Waiting => Ok(()),
            Part::Fit(state) => state.save(container, &current),
            Part::Lbfgs(state) => state.save(container, &current),
            Part::Training(state, memory) => container.nest(&current, state.save_beside(memory, Container::new())?),
        }
    }
}
