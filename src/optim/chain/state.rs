//! Everything a chain needs to go on: saved and read back, it continues bit for bit.

use std::borrow::Borrow;
use std::fmt::Debug;

use crate::container::Container;
use crate::optim::vector::all_finite;
use crate::optim::{Adam, FitState, LbfgsState, Optimizer, OptimizerState, SolveState, StopReason, TrainingState};
use crate::{Error, Result, Scalar};

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
    Lbfgs(Box<LbfgsState<T>>),
    Training(Training<Box<TrainingState<T>>, OptimizerState<T>>),
}

impl<T: Scalar> Current<T> {
    fn part(&self) -> Option<Part<'_, T>> {
        match self {
            Current::Waiting => None,
            Current::Fit(state) => Some(("fit", &**state)),
            Current::Lbfgs(state) => Some(("lbfgs", &**state)),
            Current::Training(state) => Some(("training", state)),
        }
    }
}

/// A training and what its optimiser remembers, owned or lent.
#[derive(Debug, Clone)]
pub(super) struct Training<S, M>(pub S, pub M);

impl<T: Scalar, S: Borrow<TrainingState<T>> + Debug, M: Borrow<OptimizerState<T>> + Debug> SolveState<T>
    for Training<S, M>
{
    fn iterations(&self) -> u64 {
        self.0.borrow().step()
    }
    fn value(&self) -> f64 {
        self.0.borrow().loss()
    }
    fn parameters(&self) -> &[T] {
        self.0.borrow().parameters()
    }
    fn best_parameters(&self) -> &[T] {
        self.0.borrow().trained()
    }
    fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        container.nest(prefix, self.0.borrow().save_beside(self.1.borrow(), Container::new())?)
    }
}

/// A stage at work: its kind, as a file calls it, and its state.
pub(super) type Part<'a, T> = (&'static str, &'a dyn SolveState<T>);

impl<T: Scalar> ChainState<T> {
    fn view(&self) -> View<'_, T> {
        View { parameters: &self.parameters, value: self.value, done: &self.done, current: self.current.part() }
    }

    /// θ, `[p]`.
    pub fn parameters(&self) -> &[T] {
        self.current.part().map_or(&self.parameters, |(_, state)| state.parameters())
    }

    /// The parameters that are the result if the chain ends here, `[p]`.
    pub fn best_parameters(&self) -> &[T] {
        self.current.part().map_or(&self.parameters, |(_, state)| state.best_parameters())
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
        self.current.part().map_or(0, |(_, state)| state.iterations() as usize)
    }

    /// The stages that have ended.
    pub fn stages(&self) -> &[StageOutcome] {
        &self.done
    }

    /// Writes the state, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        self.view().save(container, prefix)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`], [`Error::NonFinite`] or [`Error::Corrupt`] if the sections
    /// are missing, of another type, or do not fit together.
    #[inline(never)]
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let corrupt = |reason: &str| Error::Corrupt { reason: format!("{reason} under {prefix}") };
        let parameters = container.get::<T>(&get("parameters"))?.to_vec();
        let value = container.number::<f64>(&get("value"))?;
        let (stages, counts) = (container.text(&get("stages"))?, container.get::<u64>(&get("counts"))?);
        let measures = container.get::<f64>(&get("measures"))?;
        let names: Vec<&str> = stages.split_terminator(',').collect();
        let whole = stages.is_empty() || stages.ends_with(',');
        let fits = whole && counts.len() == 2 * names.len() && measures.len() == 3 * names.len();
        let intact = fits && all_finite(&parameters) && value.is_finite();
        Error::intact(intact, format_args!("the stages do not fit together under {prefix}"))?;
        let mut done = Vec::with_capacity(names.len());
        for (i, ((name, counts), measures)) in names.iter().zip(counts.chunks(2)).zip(measures.chunks(3)).enumerate() {
            let name = Stage::NAMES.into_iter().find(|known| known == name).ok_or(corrupt("an unknown stage"))?;
            let reason = StopReason::decode(counts[1], measures[2]).ok_or(corrupt("an unknown reason"))?;
            let error = get(&format!("error{i}"));
            let error = container.contains(&error).then(|| container.text(&error)).transpose()?.map(str::to_string);
            let iterations = usize::try_from(counts[0]).unwrap_or(usize::MAX);
            done.push(StageOutcome { name, iterations, before: measures[0], value: measures[1], reason, error });
        }
        let current = get("current");
        let current = match container.text(&get("kind"))? {
            "waiting" => Current::Waiting,
            "fit" => Current::Fit(Box::new(FitState::load(container, &current)?)),
            "lbfgs" => Current::Lbfgs(Box::new(LbfgsState::load(container, &current)?)),
            "training" => {
                let mut memory = Adam::<T>::default().state().clone();
                let state = TrainingState::load_beside(&container.nested(&current), &mut memory)?;
                Current::Training(Training(Box::new(state), memory))
            }
            _ => return Err(corrupt("an unknown kind of stage")),
        };
        let state = ChainState { parameters, value, done, current };
        let fit = state.parameters().len() == state.parameters.len();
        Error::intact(fit, format_args!("vectors of different lengths under {prefix}"))?;
        Ok(state)
    }
}

/// A [`ChainState`] whose stage is at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a, T> {
    pub parameters: &'a [T],
    pub value: f64,
    pub done: &'a [StageOutcome],
    pub current: Option<Part<'a, T>>,
}

impl<T: Scalar> SolveState<T> for View<'_, T> {
    fn iterations(&self) -> u64 {
        let done = self.done.iter().map(|stage| stage.iterations as u64);
        done.fold(self.current.map_or(0, |(_, state)| state.iterations()), u64::saturating_add)
    }
    fn value(&self) -> f64 {
        self.current.map_or(self.value, |(_, state)| state.value())
    }
    fn parameters(&self) -> &[T] {
        self.current.map_or(self.parameters, |(_, state)| state.parameters())
    }
    fn best_parameters(&self) -> &[T] {
        self.current.map_or(self.parameters, |(_, state)| state.best_parameters())
    }
    #[inline(never)]
    fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
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
        let (kind, state) = self.current.map_or(("waiting", None), |(kind, state)| (kind, Some(state)));
        container.insert_text(set("kind"), kind)?;
        state.map_or(Ok(()), |state| state.save(container, &set("current")))
    }
}
