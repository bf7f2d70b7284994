//! Scratch memory of operators.

use std::sync::{Mutex, PoisonError};

/// Workspaces lent out for one product each.
///
/// A [`LinearOperator`](super::LinearOperator) multiplies through `&self`, and from several threads at once. One that
/// needs scratch memory keeps it here: every product gets a workspace of its own, made only if none is idle. Taking one
/// and giving it back is all that is locked, never the work between; as soon as there are as many as products that run
/// side by side, none is made any more. What a product gives must not depend on what its workspace held.
///
/// ```
/// use eigennet::linalg::{LinearOperator, Matrix, Pool, Symmetry};
/// use eigennet::Error;
///
/// /// `AᵀA`, never formed.
/// struct Normal { a: Matrix<f64>, images: Pool<Vec<f64>> }
///
/// impl LinearOperator<f64> for Normal {
///     fn rows(&self) -> usize { self.a.cols() }
///     fn cols(&self) -> usize { self.a.cols() }
///     fn symmetry(&self) -> Symmetry { Symmetry::Symmetric }
///     fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
///         self.images.lend(|| vec![0.0; self.a.rows()], |image| {
///             self.a.apply(x, image)?;
///             self.a.apply_transposed(image, y)
///         })
///     }
/// }
/// let normal = Normal { a: Matrix::from_vec(1, 2, vec![1.0, 2.0])?, images: Pool::default() };
/// let mut y = [0.0; 2];
/// normal.apply(&[1.0, 1.0], &mut y)?;
/// assert_eq!(y, [3.0, 6.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Pool<W> {
    idle: Mutex<Vec<W>>,
}

impl<W> Default for Pool<W> {
    /// No workspace yet.
    fn default() -> Self {
        Pool { idle: Mutex::default() }
    }
}

impl<W> Pool<W> {
    /// Runs `work` on a workspace that nobody else has meanwhile: an idle one, or one made by `make`.
    ///
    /// # Panics
    /// If `make` or `work` does; the pool stays usable, without that workspace.
    pub fn lend<R>(&self, make: impl FnOnce() -> W, work: impl FnOnce(&mut W) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut workspace = taken.unwrap_or_else(make);
        let result = work(&mut workspace);
        idle().push(workspace);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::Pool;
    use crate::error::Error;
    use crate::linalg::LinearOperator;

    /// Twice the identity by way of scratch memory; a product waits until another one is under way.
    struct Twice {
        pool: Pool<Vec<f64>>,
        made: AtomicUsize,
        inside: AtomicUsize,
    }

    impl LinearOperator<f64> for Twice {
        fn rows(&self) -> usize {
            3
        }

        fn cols(&self) -> usize {
            3
        }

        fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
            let make = || {
                self.made.fetch_add(1, Ordering::Relaxed);
                vec![0.0; 3]
            };
            self.pool.lend(make, |scratch| {
                scratch.copy_from_slice(x);
                self.inside.fetch_add(1, Ordering::SeqCst);
                let start = Instant::now();
                while self.inside.load(Ordering::SeqCst) < 2 {
                    if start.elapsed() > Duration::from_secs(20) {
                        return Err(Error::invalid("Twice", "no other product came in"));
                    }
                    std::thread::yield_now();
                }
                y.iter_mut().zip(scratch).for_each(|(y, v)| *y = 2.0 * *v);
                Ok(())
            })
        }
    }

    #[test]
    fn products_run_side_by_side_and_share_what_was_made() {
        let twice = Twice { pool: Pool::default(), made: AtomicUsize::new(0), inside: AtomicUsize::new(0) };
        let multiply = |first: f64| {
            let mut y = [0.0; 3];
            twice.apply(&[first, 1.0, -1.0], &mut y).map(|()| y)
        };
        std::thread::scope(|scope| {
            let threads = [3.0, 5.0].map(|first| scope.spawn(move || multiply(first)));
            let [a, b] = threads.map(|thread| thread.join().expect("no panic").expect("both inside"));
            assert_eq!((a, b), ([6.0, 2.0, -2.0], [10.0, 2.0, -2.0]));
        });
        // The workspaces of the two serve all that follow.
        for i in 0..10 {
            assert_eq!(multiply(f64::from(i)), Ok([2.0 * f64::from(i), 2.0, -2.0]));
        }
        assert_eq!(twice.made.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_panic_costs_one_workspace() {
        let pool = Pool::<Vec<u8>>::default();
        let failed = std::thread::scope(|scope| scope.spawn(|| pool.lend(Vec::new, |empty| empty[0])).join());
        assert!(failed.is_err());
        assert_eq!(pool.lend(|| vec![7], |workspace| workspace[0]), 7);
        assert_eq!(pool.lend(Vec::new, |workspace| workspace[0]), 7);
    }
}
