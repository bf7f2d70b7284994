//! Several processes that solve one problem together.
//!
//! All of them run the same program with the same data and seeds. What is dealt out to them is the work: the shards of a
//! batch, the rows of a long vector. Each computes its own and all get what all have computed, in one order that the
//! problem fixes, so that the bits are those of one process.

mod sharing;
#[cfg(test)]
mod tests;
mod threads;

use std::cell::RefCell;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::scalar::{Family, Known};
use crate::{Result, Scalar};

pub use sharing::{gather, own_shards, sum_shards_among};
pub use threads::run_threads;

/// Numbers on their way to another process.
#[derive(Debug, Clone, Copy)]
pub enum Sent<'a> {
    /// Bytes of a file.
    U8(&'a [u8]),
    /// Indices.
    U64(&'a [u64]),
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

/// Room for numbers from another process, as many as it sends.
#[derive(Debug)]
pub enum Received<'a> {
    /// Bytes of a file.
    U8(&'a mut [u8]),
    /// Indices.
    U64(&'a mut [u64]),
    /// Single precision.
    F32(&'a mut [f32]),
    /// Double precision.
    F64(&'a mut [f64]),
}

/// Processes that reach each other by messages, one for each `rank` below `size`. The member crate `distributed` has one
/// of MPI processes; [`run_threads`] makes one of threads, for tests.
///
/// Every process calls the same methods in the same order. A process that cannot go on must end all of them: the others
/// wait for its messages.
pub trait Team: Debug + Send + Sync {
    /// Which of the processes this one is.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Sends to another process, which [receives](Self::receive) as many numbers of the same type. It may wait until
    /// that one does.
    ///
    /// # Errors
    /// Whatever keeps the processes from each other.
    fn send(&self, to: usize, data: Sent<'_>) -> Result<()>;

    /// Waits for what another process sends.
    ///
    /// # Errors
    /// Whatever keeps the processes from each other.
    fn receive(&self, from: usize, data: Received<'_>) -> Result<()>;

    /// Gives all processes what the one called `from` holds.
    ///
    /// # Errors
    /// Whatever keeps the processes from each other.
    fn broadcast(&self, from: usize, data: Received<'_>) -> Result<()>;
}

thread_local! {
    static TEAM: RefCell<Option<Arc<dyn Team>>> = const { RefCell::new(None) };
}

/// Runs `work` as one of a team, as a thread pool's `install` runs it on some threads: programs, solvers and files that
/// are made in there share their work with the other processes, which do the same. Of threads that `work` starts none
/// belongs to the team.
///
/// ```
/// use eigennet::par::{run_threads, team};
/// assert!(team().is_none());
/// let ranks = run_threads(3, || team().map(|team| team.rank()));
/// assert_eq!(ranks, [Some(0), Some(1), Some(2)]);
/// ```
pub fn with_team<R>(team: Arc<dyn Team>, work: impl FnOnce() -> R) -> R {
    /// Puts the team from before back, also after a panic.
    struct Back(Option<Arc<dyn Team>>);
    impl Drop for Back {
        fn drop(&mut self) {
            TEAM.set(self.0.take());
        }
    }
    let _back = Back(TEAM.replace((team.size() > 1).then_some(team)));
    work()
}

/// The team that the calling thread [works in](with_team), if it has other members.
pub fn team() -> Option<Arc<dyn Team>> {
    TEAM.with_borrow(Clone::clone)
}

/// What the first process of the team says; without a team, what this one says.
///
/// ```
/// use eigennet::par::{decide, run_threads, team};
/// // Each has looked at its own clock, which is a different one.
/// let late = run_threads(2, || decide(team().is_some_and(|team| team.rank() == 1)));
/// assert_eq!(late, [Ok(false), Ok(false)]);
/// ```
///
/// # Errors
/// Those of the team.
pub fn decide(yes: bool) -> Result<bool> {
    let Some(team) = team() else { return Ok(yes) };
    let mut said = [u8::from(yes)];
    team.broadcast(0, Received::U8(&mut said))?;
    Ok(said == [1])
}

/// Whether this is the process that writes files and speaks for the team; without a team it is.
pub fn is_first() -> bool {
    team().is_none_or(|team| team.rank() == 0)
}

/// Slices by their scalar.
struct Slices<'a>(PhantomData<&'a ()>);

impl<'a> Family for Slices<'a> {
    type Of<T: Scalar> = &'a [T];
}

/// Slices to write to by their scalar.
struct SlicesMut<'a>(PhantomData<&'a ()>);

impl<'a> Family for SlicesMut<'a> {
    type Of<T: Scalar> = &'a mut [T];
}

impl<'a> Sent<'a> {
    /// Scalars to send.
    pub fn scalars<T: Scalar>(data: &'a [T]) -> Self {
        match T::known::<Slices<'a>>(data) {
            Known::F32(data) => Sent::F32(data),
            Known::F64(data) => Sent::F64(data),
        }
    }
}

impl<'a> Received<'a> {
    /// Room for scalars.
    pub fn scalars<T: Scalar>(data: &'a mut [T]) -> Self {
        match T::known::<SlicesMut<'a>>(data) {
            Known::F32(data) => Received::F32(data),
            Known::F64(data) => Received::F64(data),
        }
    }
}
