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
