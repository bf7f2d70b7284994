//! Checkpoints that know which run they are of.

use std::path::Path;

use eigennet::container::Container;

use crate::experiment::Context;
use crate::failure::Failure;

const RUN: &str = "run";

/// The checkpoint `name`, if the run goes on from there; `run` is what was put in by [`of_run`].
///
/// # Errors
/// [`Failure::Usage`] if it is of another run, and those of reading it.
pub fn to_resume(context: &Context, name: &str, run: &str) -> Result<Option<Container>, Failure> {
    let Some(path) = context.checkpoint_to_resume(name)? else { return Ok(None) };
    let container = Container::load(&path)?;
    if container.text(RUN)? == run { Ok(Some(container)) } else { Err(another_run(&path)) }
}

/// A checkpoint that holds nothing yet but the run's settings.
///
/// # Errors
/// None in practice.
pub fn of_run(run: &str) -> Result<Container, eigennet::Error> {
    let mut container = Container::new();
    container.insert_text(RUN, run)?;
    Ok(container)
}

/// What is said of a checkpoint that was written with other options.
pub fn another_run(path: &Path) -> Failure {
    Failure::Usage(format!(
        "--resume: {} was written with other options (method, preset, seed or others); give the same, or leave --resume out",
        path.display()
    ))
}

/// What an error in going on from the checkpoint at `path` means: mostly that it is [another run's](another_run).
pub fn refused(path: &Path, error: eigennet::Error) -> Failure {
    match error {
        eigennet::Error::InvalidArgument { .. } | eigennet::Error::UnknownName { .. } => another_run(path),
        other => other.into(),
    }
}
