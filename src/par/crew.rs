//! Threads that stay awake between the parallel loops of one long computation.
//!
//! A training step is a row of parallel loops of some ten microseconds each. A thread of the pool that finds nothing to do
//! falls asleep within about as long, and to wake it takes longer than such a loop (23 µs on the machine of the README):
//! it would come when all is done.

#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::Yield;

use super::MAX_SHARDS;

/// A computation that is over before keeps nobody awake: to call threads together takes some ten microseconds.
const WARM_UP: Duration = Duration::from_millis(1);
/// How long a thread that waits keeps its core.
const SPIN: Duration = Duration::from_micros(50);
/// How long it looks for work without a pause.
const EAGER: Duration = Duration::from_micros(500);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_millis(2);

/// The least work that is worth a second thread, in floating-point operations times bytes of a scalar: of threads that are
/// awake, and of any.
const MIN_SHARED: [usize; 2] = [8_000_000, 40_000_000];

thread_local! {
    /// Whether this thread is at such a computation of its own, which must not wait for another one's end.
    static ENGAGED: Cell<bool> = const { Cell::new(false) };
}

/// The threads that help with a computation, see [`with_crew`].
#[derive(Debug)]
pub struct Crew {
    /// When the computation began, until they are called.
    begun: Cell<Option<Instant>>,
    /// Whether it is over.
    done: Arc<AtomicBool>,
}

impl Crew {
    /// To be called once an iteration: from the first millisecond on the other threads of the pool are kept awake.
    /// Allocates when it does so, once.
    pub fn call(&self) {
        if self.begun.get().is_none_or(|begun| begun.elapsed() < WARM_UP) {
            return;
        }
        self.begun.set(None);
        for _ in 1..rayon::current_num_threads().min(MAX_SHARDS) {
            let done = self.done.clone();
            // Nobody waits for them in the end: one may have found something long to do.
            rayon::spawn(move || _ = linger(&done));
        }
    }
}

/// Whether so many floating-point operations on scalars of this type are worth sharing with other threads, which takes less
/// for a computation that [keeps them awake](with_crew).
pub(crate) fn is_worth_sharing<T>(operations: usize) -> bool {
    let [awake, asleep] = MIN_SHARED;
    operations.saturating_mul(size_of::<T>()) >= if ENGAGED.get() { awake } else { asleep }
}

/// Runs a computation of many iterations, the threads of the pool that it runs in at its service. What it computes does not
/// depend on them. Outside of a pool, where every parallel loop has to be handed over to one, it runs as it is.
///
/// Trainings and optimisers do this themselves; a loop of one's own around
/// [`TrainingStep::gradient`](crate::optim::TrainingStep::gradient) or [`Program::gradient`](crate::autodiff::Program::gradient)
/// may:
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::par::with_crew;
/// let program = record(|g| {
///     let x = g.input("x", Rows::named("points"), 1);
///     (g.scalar_parameter("a", 1.0) * x - 2.0).square().mean()
/// })?;
/// let program = program.compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[1.0, 2.0])?;
/// let (mut a, mut gradient) = ([1.0], [0.0]);
/// with_crew(|crew| {
///     for _ in 0..100 {
///         crew.call();
///         program.gradient(&a, &mut ws, &mut gradient)?;
///         a[0] -= 0.1 * gradient[0];
///     }
///     Ok::<(), eigennet::Error>(())
/// })?;
/// assert!((a[0] - 1.2_f64).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
pub fn with_crew<R>(work: impl FnOnce(&Crew) -> R) -> R {
    /// Lets the threads go, also after a panic.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
            ENGAGED.set(false);
        }
    }
    let crew = Crew { begun: Cell::new(None), done: Arc::default() };
    if ENGAGED.get() || rayon::current_thread_index().is_none() || rayon::current_num_threads() == 1 {
        return work(&crew);
    }
    let _over = Over(&crew.done);
    ENGAGED.set(true);
    crew.begun.set(Some(Instant::now()));
    work(&crew)
}

/// Does what there is to do in the pool until the computation is over. After a while without work the pauses grow, to a
/// sixteenth of the time that it has lasted: where nothing is parallel a thread that waits takes next to no time. Returns how
/// often it has paused.
fn linger(done: &AtomicBool) -> usize {
    let (mut since, mut pauses) = (Instant::now(), 0);
    if ENGAGED.get() {
        return pauses;
    }
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(Yield::Executed) {
            since = Instant::now();
            continue;
        }
        let idle = since.elapsed();
        if idle < SPIN {
            // Gently: the other thread may share the core.
            (0..16).for_each(|_| std::hint::spin_loop());
        } else if idle < EAGER {
            // There may be more threads than cores.
            thread::yield_now();
        } else {
            thread::sleep((idle / 16).min(MAX_PAUSE));
            pauses += 1;
        }
    }
    pauses
}
