//! Long solves with a file: resumed where there is one, saved as they go.

#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::container::Container;
use crate::par::decide;
use crate::{Error, Result, Scalar};

/// Where and how often to save a long solve; always when it ends, and atomically, so that a crash leaves the file of
/// the time before.
///
/// ```
/// use std::ops::ControlFlow;
/// use eigennet::optim::{Checkpoints, Lbfgs, SolveState, objective};
/// let mut quartic = objective::from_fn(1, |x: &[f64], g: &mut [f64]| {
///     g[0] = 4.0 * (x[0] - 1.0).powi(3);
///     Ok((x[0] - 1.0).powi(4))
/// });
/// let path = std::env::temp_dir().join(format!("eigennet-checkpoints-{}", std::process::id()));
/// let checkpoints = Checkpoints { path: path.clone(), every: 10 };
/// let (method, mut x) = (Lbfgs::default(), [3.0]);
/// let mut interrupt = |state: &dyn SolveState<f64>| match state.iterations() {
///     7 => ControlFlow::Break(()), // Ctrl-C
///     _ => ControlFlow::Continue(()),
/// };
/// let interrupted = checkpoints.run("quartic", &method, &mut quartic, &mut x, &mut interrupt)?;
/// assert_eq!(interrupted.iterations, 7);
/// let mut go_on = |_: &dyn SolveState<f64>| ControlFlow::Continue(());
/// let resumed = checkpoints.run("quartic", &method, &mut quartic, &mut x, &mut go_on)?;
///
/// let mut whole = [3.0];
/// assert_eq!((resumed, x), (method.minimize(&mut quartic, &mut whole)?, whole));
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoints {
    /// The file, overwritten each time.
    pub path: PathBuf,
    /// Iterations, or steps of a training, between two checkpoints; 0 saves at the end only.
    pub every: u64,
}

/// A solve between two iterations: what is seen of it, and what a file has to hold of it.
pub trait SolveState<T>: Debug {
    /// Iterations made since the start.
    fn iterations(&self) -> u64;

    /// f at the last iterate.
    fn value(&self) -> f64;

    /// The last iterate θ, `[p]`.
    fn parameters(&self) -> &[T];

    /// The parameters that are the result if the solve ends here, `[p]`.
    fn best_parameters(&self) -> &[T];

    /// Writes the state, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    fn save(&self, container: &mut Container, prefix: &str) -> Result<()>;
}

/// A method that can be interrupted after any iteration, saved, loaded and resumed, and passes through the same bits as
/// if it had not been: [`LevenbergMarquardt`](super::LevenbergMarquardt), [`GaussNewton`](super::GaussNewton) and
/// [`Spring`](super::Spring) on [`Residuals`](super::Residuals), a [`Chain`](super::Chain) of them, and
/// [`Lbfgs`](super::Lbfgs) on an [`Objective`](super::Objective). [`Checkpoints::run`] does all of it.
pub trait Resumable<T: Scalar, P: ?Sized> {
    /// A solve between two iterations.
    type State: SolveState<T>;
    /// How a solve ends.
    type Outcome;

    /// The method, such as `"Lbfgs"`.
    fn name(&self) -> &'static str;

    /// The state before the first iteration.
    ///
    /// # Errors
    /// Those of the method.
    fn start(&self, problem: &mut P, parameters: &[T]) -> Result<Self::State>;

    /// The state that [`SolveState::save`] wrote.
    ///
    /// # Errors
    /// If sections are missing, of another type, or do not fit together.
    fn load(&self, container: &Container, prefix: &str) -> Result<Self::State>;

    /// Goes on from `state` until there is a reason to stop.
    ///
    /// # Errors
    /// Those of the method; `state` then holds the last good point.
    fn resume(
        &self,
        problem: &mut P,
        state: &mut Self::State,
        observer: &mut dyn FnMut(&dyn SolveState<T>) -> ControlFlow<()>,
    ) -> Result<Self::Outcome>;
}

/// Looks on while [`Checkpoints::run`] solves. A closure `FnMut(&dyn SolveState<T>) -> ControlFlow<()>` does; a type
/// of its own can also keep what it has seen in the file.
pub trait Watch<T> {
    /// Called after each iteration. [`ControlFlow::Break`] ends the solve in good order, its state saved.
    fn look(&mut self, state: &dyn SolveState<T>) -> ControlFlow<()>;

    /// Adds to the file what is to be known after a resume.
    ///
    /// # Errors
    /// Those of [`Container::insert`].
    fn save_state(&self, container: &mut Container) -> Result<()> {
        let _ = container;
        Ok(())
    }

    /// Goes back to what [`save_state`](Self::save_state) added.
    ///
    /// # Errors
    /// If something is missing or does not fit.
    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let _ = container;
        Ok(())
    }
}

impl<T, F: FnMut(&dyn SolveState<T>) -> ControlFlow<()>> Watch<T> for F {
    fn look(&mut self, state: &dyn SolveState<T>) -> ControlFlow<()> {
        self(state)
    }
}

impl Checkpoints {
    /// Runs `method` on `problem`: from the file if it is there, else from `parameters`, which hold the result
    /// afterwards. What the solve depends on, settings, problem, seed, is in the words of `fingerprint`; a file with
    /// another one is refused. Remove the file to start over.
    ///
    /// A file that holds a finished solve gives its outcome at once; with more iterations allowed, and these not part of
    /// the fingerprint, it goes on.
    ///
    /// # Errors
    /// Those of the method, of `watch`, and of reading and writing; [`Error::InvalidArgument`] if the file is of another
    /// method or another fingerprint, [`Error::Corrupt`] if it is damaged.
    pub fn run<T, P, M>(
        &self,
        fingerprint: &str,
        method: &M,
        problem: &mut P,
        parameters: &mut [T],
        watch: &mut dyn Watch<T>,
    ) -> Result<M::Outcome>
    where
        T: Scalar,
        P: ?Sized,
        M: Resumable<T, P>,
    {
        let mut state = if decide(self.path.exists())? {
            let container = Container::load(&self.path)?;
            for (section, ours) in [("method", method.name()), ("fingerprint", fingerprint)] {
                let theirs = container.text(section)?;
                let path = self.path.display();
                let reason = format_args!(
                    "the {section} of {path} is `{theirs}`, not `{ours}`; give the same, or remove the file to start over"
                );
                Error::require(theirs == ours, "checkpoint", reason)?;
            }
            watch.restore_state(&container.nested("watch"))?;
            method.load(&container, "solve")?
        } else {
            method.start(problem, parameters)?
        };
        Error::same_shape("checkpoint", &[state.parameters().len()], &[parameters.len()])?;
        let write = |state: &dyn SolveState<T>, watch: &dyn Watch<T>| {
            let mut container = Container::new();
            container.insert_text("method", method.name())?;
            container.insert_text("fingerprint", fingerprint)?;
            state.save(&mut container, "solve")?;
            let mut own = Container::new();
            watch.save_state(&mut own)?;
            container.nest("watch", own)?;
            container.save(&self.path)
        };
        let mut written = Ok(());
        let outcome = method.resume(problem, &mut state, &mut |state| {
            let flow = watch.look(state);
            if flow.is_continue() && self.every > 0 && state.iterations().is_multiple_of(self.every) {
                written = write(state, watch);
            }
            if written.is_err() { ControlFlow::Break(()) } else { flow }
        });
        parameters.copy_from_slice(state.best_parameters());
        written?;
        let outcome = outcome?;
        write(&state, watch)?;
        Ok(outcome)
    }
}
