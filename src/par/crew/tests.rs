use std::sync::mpsc::channel;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::*;

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// Sums of many short parallel loops, for long enough that the crew is called.
fn loops() -> usize {
    use rayon::prelude::*;
    with_crew(|crew| {
        let begun = Instant::now();
        let mut last = 0;
        while begun.elapsed() < 5 * WARM_UP {
            crew.call();
            last = (0..100_usize).into_par_iter().with_max_len(10).sum();
        }
        last
    })
}

#[test]
fn all_other_threads_are_called_once_and_let_go() {
    for (threads, called) in [(1, 0), (2, 1), (5, 4), (MAX_SHARDS + 4, MAX_SHARDS - 1)] {
        let helpers = |crew: &Crew| Arc::strong_count(&crew.done) - 1;
        let call = |crew: &Crew| {
            thread::sleep(2 * WARM_UP);
            crew.call();
            let first = helpers(crew);
            crew.call();
            (first, helpers(crew))
        };
        pool(threads).install(|| {
            assert_eq!(with_crew(call), (called, called), "{threads} threads");
            let within = |outer: &Crew| (with_crew(call), helpers(outer));
            assert_eq!(with_crew(within), ((0, 0), 0), "one within another has no crew of its own");
            let done = with_crew(|crew| {
                call(crew);
                crew.done.clone()
            });
            let begun = Instant::now();
            while Arc::strong_count(&done) > 1 {
                assert!(begun.elapsed() < Duration::from_secs(60), "{threads} threads: not let go");
                rayon::yield_now();
            }
        });
    }
}

#[test]
fn loops_have_their_sums_with_and_without_a_crew() {
    for threads in [1, 2, 5] {
        let pool = pool(threads);
        assert_eq!(pool.install(loops), 4950);
        assert_eq!(pool.install(|| rayon::join(loops, loops)), (4950, 4950));
        assert_eq!(pool.install(|| with_crew(|_| loops())), 4950, "one within another");
    }
    assert_eq!(loops(), 4950, "outside of a pool of its own");
}

#[test]
fn a_computation_does_not_wait_for_threads_that_are_busy() {
    let pool = pool(2);
    let (end, wait) = channel::<()>();
    let (begun, busy) = channel();
    pool.spawn(move || {
        begun.send(()).unwrap();
        // Until the computation is over, or a minute has gone by.
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
    });
    busy.recv().unwrap();
    assert_eq!(pool.install(loops), 4950);
    end.send(()).expect("the other thread was busy all the time");
}

/// A thread that waits may be given another computation, which may take longer than what it waits for.
#[test]
fn a_computation_does_not_wait_for_what_another_thread_has_found_to_do() {
    let (end, wait) = channel::<()>();
    let pool = pool(2);
    let (begun, busy) = channel();
    let long = move || {
        begun.send(()).unwrap();
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
    };
    pool.install(move || {
        with_crew(|crew| {
            thread::sleep(2 * WARM_UP);
            crew.call();
            rayon::spawn(long);
            // The thread that was called together takes it.
            busy.recv_timeout(Duration::from_secs(60)).unwrap();
        })
    });
    end.send(()).expect("it is still at it");
}

#[test]
fn a_panic_lets_the_threads_go() {
    let pool = pool(3);
    let panics = || -> () {
        with_crew(|crew| {
            thread::sleep(2 * WARM_UP);
            crew.call();
            panic!("of the computation");
        })
    };
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.install(panics)));
    assert!(panicked.is_err());
    assert_eq!(pool.install(loops), 4950);
}

#[test]
fn where_nothing_is_parallel_the_pauses_grow() {
    let done = AtomicBool::new(false);
    let pauses = thread::scope(|threads| {
        threads.spawn(|| {
            thread::sleep(Duration::from_millis(100));
            done.store(true, Ordering::Release);
        });
        pool(1).install(|| linger(&done))
    });
    // (1 + 1/16)^90 is the ratio of the whole time to that without a pause; with the longest pause some thirty more.
    assert!((1..200).contains(&pauses), "{pauses}");
}
