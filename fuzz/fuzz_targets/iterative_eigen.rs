//! Spectra of eighths, some of them many times, through every iterative eigensolver and the door: what they return has to
//! agree with the dense solver. The door of a sparse matrix has to succeed; the others may give up, but not always. The
//! bytes are the number of pairs, the target, the seed, and the spectrum, over and over up to the order.
#![no_main]

use eigennet::eigen::{Arnoldi, Eigenproblem, GolubKahanLanczos, JacobiDavidson, Lanczos, Lobpcg, ShiftInvert, Which};
use eigennet::linalg::{LinearOperator, Symmetry, singular_values, symmetric_eigen};
use eigennet::sparse::Csr;
use eigennet::{Error, Seed};
use libfuzzer_sys::fuzz_target;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Products only, so that nobody factors it.
struct Hidden<'a>(&'a Csr<f64>);

impl LinearOperator<f64> for Hidden<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
    fn apply_transposed(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
}

/// The diagonal, every pair of coordinates turned by 3/5 and 4/5.
fn turned(spectrum: &[f64]) -> Csr<f64> {
    let mut entries = Vec::new();
    for (p, pair) in spectrum.chunks(2).enumerate() {
        let i = 2 * p;
        match *pair {
            [a, b] => {
                let (diagonal, coupling) = (0.36 * a + 0.64 * b, 0.48 * (b - a));
                entries.extend([(i, i, diagonal), (i + 1, i + 1, a + b - diagonal)]);
                entries.extend([(i, i + 1, coupling), (i + 1, i, coupling)]);
            }
            _ => entries.push((i, i, pair[0])),
        }
    }
    Csr::from_triplets(spectrum.len(), spectrum.len(), &entries).expect("within the order")
}

/// The solvers, how often each was asked and how often it gave up.
static TALLY: [(&str, AtomicUsize, AtomicUsize); 8] = {
    const fn of(name: &'static str) -> (&'static str, AtomicUsize, AtomicUsize) {
        (name, AtomicUsize::new(0), AtomicUsize::new(0))
    }
    [
        of("JacobiDavidson"),
        of("Arnoldi"),
        of("the door"),
        of("the door of products"),
        of("shift-invert"),
        of("Lanczos"),
        of("Lobpcg"),
        of("GolubKahanLanczos"),
    ]
};

fuzz_target!(|data: &[u8]| {
    let [count, target, seed, values @ ..] = data else { return };
    if values.is_empty() {
        return;
    }
    // Beyond what the door writes out and what the methods take as dense.
    let n = 201 + values.len() % 40;
    let spectrum: Vec<f64> = (0..n).map(|i| f64::from(values[i % values.len()] as i8) / 8.0).collect();
    let (k, seed) = (1 + usize::from(count % 5), Seed(u64::from(*seed)));
    // Between two eighths, so that nothing is nearest by a hair; a quarter of the way, so that there is one order.
    let which = match target % 3 {
        0 => Which::Smallest,
        1 => Which::Largest,
        _ => Which::NearestTo(f64::from(*target as i8) / 8.0 + 1.0 / 32.0),
    };
    let a = turned(&spectrum);
    let hidden = Hidden(&a);
    let rank = |value: f64| match which {
        Which::Largest => -value,
        Which::NearestTo(sigma) => (value - sigma).abs(),
        _ => value,
    };
    let ranked = |values: &[f64]| {
        let mut ranks: Vec<f64> = values.iter().map(|&v| rank(v)).collect();
        ranks.sort_by(f64::total_cmp);
        ranks.truncate(k);
        ranks
    };
    let dense = a.to_dense();
    let expected = ranked(&symmetric_eigen(&dense).expect("finite and symmetric").values);
    let judge = |solver: &str, found: Result<Vec<f64>, Error>, expected: &[f64]| {
        let (_, asked, refused) = TALLY.iter().find(|(name, ..)| *name == solver).expect("one of them");
        let asked = asked.fetch_add(1, Ordering::Relaxed) + 1;
        match found {
            Ok(found) => {
                let right = found.iter().zip(expected).all(|(&v, e)| (rank(v) - e).abs() < 1e-6);
                assert!(right && found.len() >= k, "{solver}, {k} {which:?}: {found:?}, not ranks {expected:?}");
            }
            Err(error @ Error::Unconverged(_)) if solver != "the door" => {
                let refused = refused.fetch_add(1, Ordering::Relaxed) + 1;
                assert!(asked < 30 || 10 * refused < 9 * asked, "{solver} gave up {refused} of {asked} times: {error}");
            }
            Err(error) => panic!("{solver}, {k} {which:?}: {error}"),
        }
    };
    let davidson = JacobiDavidson { k, which, seed, max_iterations: 100, ..JacobiDavidson::default() }.solve(&a);
    judge("JacobiDavidson", davidson.map(|p| p.values), &expected);
    let arnoldi = Arnoldi { k, which, seed, max_iterations: 60, ..Arnoldi::default() }.solve(&hidden);
    judge("Arnoldi", arnoldi.map(|p| p.values.iter().map(|v| v.re).collect()), &expected);
    for (name, operator) in [("the door", &a as &dyn LinearOperator<f64>), ("the door of products", &hidden)] {
        let found = Eigenproblem::new(operator, k, which).seed(seed).max_iterations(100).solve_symmetric();
        judge(name, found.map(|p| p.values), &expected);
    }
    let lanczos = Lanczos { k, which, seed, max_iterations: 100, ..Lanczos::default() };
    if let Which::NearestTo(sigma) = which {
        let inverse = ShiftInvert::sparse(&a, sigma).expect("the shift is no eigenvalue");
        judge("shift-invert", lanczos.solve_inverted(&inverse).map(|p| p.values), &expected);
        return;
    }
    judge("Lanczos", lanczos.solve(&a).map(|p| p.values), &expected);
    judge(
        "Lobpcg",
        Lobpcg { k, which, seed, max_iterations: 200, ..Lobpcg::default() }.solve(&a).map(|p| p.values),
        &expected,
    );
    let moduli = ranked(&singular_values(&dense).expect("finite"));
    let triplets =
        GolubKahanLanczos { k, which, seed, max_iterations: 30, ..GolubKahanLanczos::default() }.solve(&hidden);
    judge("GolubKahanLanczos", triplets.map(|t| t.values), &moduli);
});
