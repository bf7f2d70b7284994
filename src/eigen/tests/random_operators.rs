//! Random operators of known spectrum by every iterative solver: no wrong pair comes out as `Ok`, and few are refused.

use std::ops::Range;

use super::solve::Hidden;
use crate::Seed;
use crate::eigen::{
    Arnoldi, Eigenpairs, Eigenproblem, GolubKahanLanczos, JacobiDavidson, Lanczos, Lobpcg, ShiftInvert, Which,
};
use crate::error::Error;
use crate::rng::Stream;
use crate::sparse::Csr;

/// Operators tried, and their orders from `least` on; each is asked for its smallest, its largest and those nearest to a
/// number. With EIGENNET_OPERATORS=1000 so many, of the orders 200 to 400.
fn tried(least: usize) -> (u64, Range<usize>) {
    let many = std::env::var("EIGENNET_OPERATORS").ok().and_then(|count| count.parse().ok());
    many.map_or((42, least..least + 30), |count| (count, 200..401))
}

/// Spectra that are easy to get wrong: dense, clustered, multiple, graded, an end far from the rest, a kernel.
fn spectrum(kind: u64, n: usize, stream: &mut Stream) -> Vec<f64> {
    let mut draw = || stream.uniform::<f64>();
    let copies = 1 + (6.0 * draw()) as usize;
    let apart = |i: usize| if i < copies { 1.0 } else { 2.0 + i as f64 / n as f64 };
    let drawn: Vec<f64> = (0..n).map(|_| draw()).collect();
    let value = |i: usize| match kind {
        0 => 2.0 * drawn[i] - 1.0,
        1 => 4.0 * drawn[i % 8] - 1.0 + 1e-3 * drawn[i],
        2 => 3.0 * drawn[i / copies],
        3 => 10f64.powf(-6.0 * i as f64 / n as f64),
        4 => apart(i),
        5 => -apart(i),
        _ => {
            if i < copies {
                0.0
            } else {
                drawn[i].powi(2)
            }
        }
    };
    (0..n).map(value).collect()
}

/// A matrix of this spectrum: the diagonal, turned in pairs of coordinates.
fn turned(spectrum: &[f64], stream: &mut Stream) -> Csr<f64> {
    let n = spectrum.len();
    let mut entries = Vec::new();
    for (p, pair) in spectrum.chunks(2).enumerate() {
        let (i, (sin, cos)) = (2 * p, stream.uniform_in(0.0, 6.0_f64).sin_cos());
        let &[a, b] = pair else {
            entries.push((i, i, pair[0]));
            continue;
        };
        let coupling = sin * cos * (a - b);
        entries.extend([(i, i, cos * cos * a + sin * sin * b), (i + 1, i + 1, sin * sin * a + cos * cos * b)]);
        entries.extend([(i, i + 1, coupling), (i + 1, i, coupling)]);
    }
    Csr::from_triplets(n, n, &entries).unwrap()
}

/// What a solver was asked, what it got right, and what it refused.
#[derive(Default)]
struct Tally {
    solved: usize,
    asked: usize,
}

impl Tally {
    /// Values that are `expected`, in the order of `rank`; an answer that is not is a failure, a typed refusal is counted.
    #[track_caller]
    fn judge(&mut self, found: Result<Vec<f64>, Error>, expected: &[f64], rank: impl Fn(f64) -> f64, case: &str) {
        self.asked += 1;
        match found {
            Ok(values) => {
                let right = values.len() >= expected.len()
                    && values.iter().zip(expected).all(|(&v, e)| (rank(v) - e).abs() <= 1e-6);
                assert!(
                    right,
                    "{case}: ranks {:?}, not {expected:?}",
                    values.iter().map(|&v| rank(v)).collect::<Vec<_>>()
                );
                self.solved += 1;
            }
            Err(Error::Unconverged(_) | Error::Singular { .. }) => {}
            Err(error) => panic!("{case}: {error}"),
        }
    }

    #[track_caller]
    fn at_least(&self, percent: usize) {
        assert!(100 * self.solved >= percent * self.asked, "{} of {} solved", self.solved, self.asked);
    }
}

/// Gives operators from this order on, with every target, to a solver; where it finds singular values, of the moduli.
#[track_caller]
fn assert_never_wrong(
    percent: usize,
    least: usize,
    targets: &[&str],
    moduli: bool,
    solve: impl Fn(&Csr<f64>, usize, Which<f64>, Seed) -> Result<Vec<f64>, Error>,
) {
    let mut tally = Tally::default();
    let (count, orders) = tried(least);
    for case in 0..count {
        let mut stream = Seed(case).stream("operator");
        let n = orders.start + (orders.len() as f64 * stream.uniform::<f64>()) as usize;
        let values = spectrum(case % 7, n, &mut stream);
        let a = turned(&values, &mut stream);
        let k = 1 + (5.0 * stream.uniform::<f64>()) as usize;
        let (low, high) = values.iter().fold((f64::INFINITY, -f64::INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let sigma = stream.uniform_in(low, high);
        let asked = [Which::Smallest, Which::Largest, Which::NearestTo(sigma)].into_iter();
        for (which, name) in asked.zip(["smallest", "largest", "nearest"]).filter(|(_, name)| targets.contains(name)) {
            let rank = |value: f64| which.rank_real(value);
            let mut expected: Vec<f64> = values.iter().map(|&v| rank(if moduli { v.abs() } else { v })).collect();
            expected.sort_by(f64::total_cmp);
            let found = solve(&a, k, which, Seed(case + 100));
            tally.judge(found, &expected[..k], rank, &format!("operator {case} of order {n}, {k} {name}"));
        }
    }
    tally.at_least(percent);
}

fn values(pairs: Result<Eigenpairs<f64>, Error>) -> Result<Vec<f64>, Error> {
    pairs.map(|pairs| pairs.values)
}

/// An order at which the solvers iterate: their subspaces are smaller.
const SMALL: usize = 80;
/// One at which the door lets them.
const ITERATED: usize = 205;
const ENDS: [&str; 2] = ["smallest", "largest"];
const ALL: [&str; 3] = ["smallest", "largest", "nearest"];

#[test]
fn lanczos_is_never_wrong() {
    assert_never_wrong(85, SMALL, &ENDS, false, |a, k, which, seed| {
        values(Lanczos { k, which, seed, max_iterations: 200, ..Lanczos::default() }.solve(a))
    });
}

#[test]
fn shift_invert_is_never_wrong() {
    assert_never_wrong(95, SMALL, &["nearest"], false, |a, k, which, seed| {
        let Which::NearestTo(sigma) = which else { unreachable!("only the nearest are asked for") };
        let inverse = ShiftInvert::sparse(a, sigma)?;
        values(Lanczos { k, which, seed, ..Lanczos::default() }.solve_inverted(&inverse))
    });
}

#[test]
fn lobpcg_is_never_wrong() {
    // Without a preconditioner, the ends of graded spectra are beyond it.
    assert_never_wrong(70, SMALL, &ENDS, false, |a, k, which, seed| {
        values(Lobpcg { k, which, seed, max_iterations: 1000, ..Lobpcg::default() }.solve(a))
    });
}

#[test]
fn jacobi_davidson_is_never_wrong() {
    assert_never_wrong(85, SMALL, &ALL, false, |a, k, which, seed| {
        values(JacobiDavidson { k, which, seed, ..JacobiDavidson::default() }.solve(a))
    });
}

#[test]
fn arnoldi_is_never_wrong() {
    assert_never_wrong(90, SMALL, &ALL, false, |a, k, which, seed| {
        let pairs = Arnoldi { k, which, seed, max_iterations: 100, ..Arnoldi::default() }.solve(&Hidden(a))?;
        Ok(pairs.values.iter().map(|value| value.re).collect())
    });
}

#[test]
fn golub_kahan_lanczos_is_never_wrong() {
    assert_never_wrong(75, SMALL, &ENDS, true, |a, k, which, seed| {
        let solver = GolubKahanLanczos { k, which, seed, max_iterations: 60, ..GolubKahanLanczos::default() };
        solver.solve(&Hidden(a)).map(|found| found.values)
    });
}

#[test]
fn the_door_is_never_wrong() {
    // Limited, or the dense solver would have the last word.
    assert_never_wrong(98, ITERATED, &ALL, false, |a, k, which, seed| {
        values(Eigenproblem::new(a, k, which).seed(seed).max_iterations(200).solve_symmetric())
    });
    assert_never_wrong(75, ITERATED, &ALL, false, |a, k, which, seed| {
        values(Eigenproblem::new(&Hidden(a), k, which).seed(seed).max_iterations(1000).solve_symmetric())
    });
}

/// Six copies of 0, of which a search from one vector sees one: four are right or refused, however soon the restarts run
/// out. Golub–Kahan–Lanczos looks for six copies of 100 at the other end.
#[test]
fn no_restarts_are_too_few_to_be_never_wrong() {
    let spectrum: Vec<f64> = (6..SMALL).map(|i| i as f64).collect();
    let [a, b] = [0.0, 100.0].map(|copied| Csr::from_diagonal(&[vec![copied; 6], spectrum.clone()].concat()).unwrap());
    let (k, which) = (4, Which::Smallest);
    let mut solved = [0; 5];
    for max_iterations in (0..60).chain([200, 1000]) {
        let arnoldi = Arnoldi { k, which, max_iterations, ..Arnoldi::default() }.solve(&Hidden(&a));
        let golub = GolubKahanLanczos { k, which: Which::Largest, max_iterations, ..GolubKahanLanczos::default() };
        let found = [
            arnoldi.map(|pairs| pairs.values.iter().map(|value| value.re).collect()),
            golub.solve(&Hidden(&b)).map(|triplets| triplets.values.iter().map(|value| value - 100.0).collect()),
            values(Lanczos { k, which, max_iterations, ..Lanczos::default() }.solve(&a)),
            values(Lobpcg { k, which, max_iterations, ..Lobpcg::default() }.solve(&a)),
            values(JacobiDavidson { k, which, max_iterations, ..JacobiDavidson::default() }.solve(&a)),
        ];
        for (solver, found) in found.into_iter().enumerate().filter_map(|(i, found)| Some((i, found.ok()?))) {
            assert!(found.iter().all(|v| v.abs() < 1e-6), "solver {solver}, {max_iterations} iterations: {found:?}");
            solved[solver] += 1;
        }
    }
    assert!(solved.iter().all(|&count| count > 0), "{solved:?}");
}
