use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::container::Container;

/// A file that is removed in the end.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("eigennet-grid-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        File(std::env::temp_dir().join(name))
    }

    fn search(&self, every: u64) -> GridSearch {
        GridSearch { seed: Seed(3), checkpoints: Some(Checkpoints { path: self.0.clone(), every }) }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Random numbers in plenty, and a record of some.
fn train(candidate: &(u64, f64), seed: Seed) -> Result<Score> {
    let mut stream = seed.into_stream();
    let draws: Vec<f64> = (0..1000 * candidate.0).map(|_| stream.uniform()).collect();
    let mut record = Container::new();
    record.insert("draws", &[3], &draws[..3])?;
    Ok(Score { value: candidate.1 + draws.iter().sum::<f64>(), record })
}

fn candidates() -> Vec<(u64, f64)> {
    Grid::new((1, 0.0)).axis(&[3, 1, 2], |c, &n| c.0 = n).axis(&[0.5, -0.25, 7.0], |c, &x| c.1 = x).into_candidates()
}

fn go_on<C>(_: &Trial<'_, C>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn a_grid_is_the_product_of_its_axes() {
    let expected: Vec<(u64, f64)> = [3, 1, 2].into_iter().flat_map(|n| [0.5, -0.25, 7.0].map(|x| (n, x))).collect();
    assert_eq!(candidates(), expected);
    assert!(Grid::new(1).axis::<u8>(&[], |_, _| ()).candidates().is_empty());
}

#[test]
fn the_best_comes_first_and_the_number_of_threads_does_not_matter() {
    let all = candidates();
    let run = |threads| in_pool(threads, || GridSearch::default().run("", &all, train, &mut go_on).unwrap());
    let one = run(1);
    assert_eq!(one.untried, 0);
    assert!(one.trials.is_sorted_by_key(|trial| trial.score().unwrap()));
    // Each as if it were alone.
    for trial in &one.trials {
        assert_eq!(trial.result, Ok(train(&all[trial.index], trial.seed).unwrap()));
        assert_eq!(trial.candidate, &all[trial.index]);
    }
    for threads in [2, 3, 20] {
        assert_eq!(run(threads), one);
    }
    // A seed is the candidate's, wherever it stands.
    let alone = GridSearch::default().run("", &all[4..5], train, &mut go_on).unwrap();
    assert_eq!(alone.trials[0].result, one.in_order()[4].result);
}

#[test]
fn threads_are_shared_out_among_trainings() {
    let all = [1, 2, 3];
    let threads = |_: &i32, _| Ok(rayon::current_num_threads() as f64);
    for (pool, expected) in [(1, [1.0, 1.0, 1.0]), (3, [1.0, 1.0, 1.0])] {
        let ranking = in_pool(pool, || GridSearch::default().run("", &all, threads, &mut go_on).unwrap());
        let found: Vec<f64> = ranking.in_order().iter().map(|trial| trial.score().unwrap()).collect();
        assert_eq!(found, expected);
    }
    let ranking = in_pool(5, || GridSearch::default().run("", &all[..1], threads, &mut go_on).unwrap());
    assert_eq!(ranking.trials[0].score(), Some(5.0));
}

#[test]
fn an_interrupted_search_goes_on_to_the_same_bits() {
    let all = candidates();
    let whole = GridSearch { seed: Seed(3), checkpoints: None }.run("it", &all, train, &mut go_on).unwrap();
    for (threads, at) in [(1, 1), (1, 4), (2, 3), (2, 9)] {
        let file = File::new();
        let trained = AtomicUsize::new(0);
        let counted = |candidate: &(u64, f64), seed| {
            trained.fetch_add(1, Ordering::Relaxed);
            train(candidate, seed)
        };
        let mut seen = 0;
        let first = in_pool(threads, || {
            let mut interrupt = |_: &Trial<'_, _>| {
                seen += 1;
                if seen == at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            file.search(1).run("it", &all, counted, &mut interrupt).unwrap()
        });
        // What had begun is kept.
        let before = trained.load(Ordering::Relaxed);
        assert!((at..at + threads).contains(&before), "{before} for {at} on {threads}");
        assert_eq!((first.trials.len(), first.untried), (before, all.len() - before));
        let mut shown = 0;
        let mut show = |_: &Trial<'_, _>| {
            shown += 1;
            ControlFlow::Continue(())
        };
        let resumed = file.search(1).run("it", &all, counted, &mut show).unwrap();
        assert_eq!(resumed, whole);
        assert_eq!((trained.load(Ordering::Relaxed), shown), (all.len(), all.len()));
        // Once more, with one candidate more and one fewer: only the new one is trained.
        let mut other = all[1..].to_vec();
        other.push((1, 99.0));
        let extended = file.search(0).run("it", &other, counted, &mut go_on).unwrap();
        assert_eq!((trained.load(Ordering::Relaxed), extended.trials.len()), (all.len() + 1, all.len()));
        // And the one left out is still known.
        let back = file.search(0).run("it", &all, counted, &mut go_on).unwrap();
        assert_eq!((back, trained.load(Ordering::Relaxed)), (whole.clone(), all.len() + 1));
    }
}

#[test]
fn what_is_saved_survives_a_crash_of_the_search() {
    let (file, all) = (File::new(), [1, 2, 3, 4, 5, 6, 7]);
    let half = |&n: &u64, _| {
        assert!(n != 6, "killed");
        Ok(n as f64)
    };
    let crashed = std::panic::catch_unwind(|| {
        in_pool(1, || file.search(2).run("it", &all, half, &mut go_on).map(|ranking| ranking.trials.len()))
    });
    assert!(crashed.is_err());
    // Five were finished, and every second one saved.
    let trained = AtomicUsize::new(0);
    let rest = |&n: &u64, _| {
        trained.fetch_add(1, Ordering::Relaxed);
        Ok(n as f64)
    };
    assert_eq!(file.search(2).run("it", &all, rest, &mut go_on).unwrap().trials.len(), 7);
    assert_eq!(trained.load(Ordering::Relaxed), 3);
}

#[test]
fn failures_are_kept_as_words_and_nan_comes_after_every_number() {
    let all = ["fails", "nan", "inf", "two", "-nan", "one", "-inf", "zero", "-zero"];
    let score = |name: &&str, _| match *name {
        "fails" => Err(Error::invalid("the candidate", "was made to fail")),
        "nan" => Ok(f64::NAN),
        "-nan" => Ok(-f64::NAN),
        "inf" => Ok(f64::INFINITY),
        "-inf" => Ok(f64::NEG_INFINITY),
        "two" => Ok(2.0),
        "one" => Ok(1.0),
        "zero" => Ok(0.0),
        _ => Ok(-0.0),
    };
    let file = File::new();
    for _ in 0..2 {
        let ranking = file.search(1).run("", &all, score, &mut go_on).unwrap();
        let order: Vec<&str> = ranking.trials.iter().map(|trial| *trial.candidate).collect();
        assert_eq!(order, ["-inf", "zero", "-zero", "one", "two", "inf", "nan", "-nan", "fails"]);
        assert_eq!(ranking.best().map(|best| *best.candidate), Some("-inf"));
        let words = ranking.trials[8].result.clone().unwrap_err();
        assert!(words.contains("was made to fail"), "{words}");
        let table = ranking.to_string();
        assert!(table.lines().count() == 10 && table.contains("failed") && table.contains("NaN"), "{table}");
    }
    let none = GridSearch::default().run("", &all[..2], score, &mut go_on).unwrap();
    assert!(none.best().is_none());
}

#[test]
fn what_makes_no_search_is_refused() {
    let file = File::new();
    let search = |candidates: &[(u64, f64)], fingerprint: &str, search: GridSearch| {
        search.run(fingerprint, candidates, train, &mut go_on).map(|ranking| ranking.trials.len())
    };
    let refused = |result: Result<usize>, words: &str| {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }) && error.to_string().contains(words), "{error}");
    };
    refused(search(&[], "it", file.search(1)), "at least one");
    refused(search(&[(1, 0.5), (2, 0.5), (1, 0.5)], "it", file.search(1)), "numbers 0 and 2");
    assert!(!file.0.exists());
    assert_eq!(search(&candidates(), "it", file.search(0)).unwrap(), 9);
    refused(search(&candidates(), "another", file.search(0)), "fingerprint");
    refused(search(&candidates(), "it", GridSearch { seed: Seed(4), ..file.search(0) }), "seed");
    let lost = Checkpoints { path: file.0.join("no").join("where"), every: 1 };
    let lost = search(&candidates(), "it", GridSearch { checkpoints: Some(lost), ..GridSearch::default() });
    assert!(matches!(lost, Err(Error::Io { .. })), "{lost:?}");
    // A file that was cut, and one that lacks a trial.
    let mut container = Container::load(&file.0).unwrap();
    let bytes = fs::read(&file.0).unwrap();
    fs::write(&file.0, &bytes[..bytes.len() - 9]).unwrap();
    assert!(matches!(search(&candidates(), "it", file.search(0)), Err(Error::Corrupt { .. })));
    container.insert_text("9/candidate", "(9, 9.0)").unwrap();
    container.insert_number("9/score", 1.0).unwrap();
    container.save(&file.0).unwrap();
    assert!(matches!(search(&candidates(), "it", file.search(0)), Err(Error::Corrupt { .. })));
}
