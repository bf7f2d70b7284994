//! The door to all eigensolvers: operators of known spectrum, symmetric and not, dense, sparse or known by their products
//! alone, for every target and on both sides of the order at which it begins to iterate. It has to solve them all: values
//! as known, pairs with a small residual. The bytes are what is asked, and the spectrum, over and over up to the order.
#![no_main]

use eigennet::eigen::{self, ComplexEigenpairs, Which};
use eigennet::linalg::{LinearOperator, Symmetry};
use eigennet::sparse::Csr;
use eigennet::{Error, Scalar};
use libfuzzer_sys::fuzz_target;

/// Products only, so that nobody factors it.
struct Hidden<'a>(&'a Csr<f64>, Csr<f64>, Symmetry);

impl LinearOperator<f64> for Hidden<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn symmetry(&self) -> Symmetry {
        self.2
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.0.apply(x, y)
    }
    fn apply_transposed(&self, x: &[f64], y: &mut [f64]) -> Result<(), Error> {
        self.1.apply(x, y)
    }
}

/// Blocks of two, and their eigenvalues: symmetric [a b] turned by 3/5 and 4/5; else α ± iβ, sheared.
fn operator(values: &[f64], symmetric: bool) -> (Csr<f64>, Vec<(f64, f64)>) {
    let n = values.len() / 2 * 2;
    let (mut entries, mut spectrum) = (Vec::new(), Vec::new());
    for (p, pair) in values.chunks_exact(2).enumerate() {
        let (i, a, b) = (2 * p, pair[0], pair[1]);
        let block = if symmetric {
            spectrum.extend([(a, 0.0), (b, 0.0)]);
            let (diagonal, coupling) = (0.36 * a + 0.64 * b, 0.48 * (b - a));
            [diagonal, coupling, coupling, a + b - diagonal]
        } else {
            spectrum.extend([(a, b), (a, -b)]);
            // [1 ½; 0 1] [a −b; b a] [1 −½; 0 1]
            [a + 0.5 * b, -1.25 * b, b, a - 0.5 * b]
        };
        entries.extend((0..4).map(|at| (i + at / 2, i + at % 2, block[at])));
    }
    (Csr::from_triplets(n, n, &entries).expect("within the order"), spectrum)
}

fn judge(what: &str, a: &Csr<f64>, found: &ComplexEigenpairs<f64>, rank: impl Fn(f64, f64) -> f64, expected: &[f64]) {
    let n = a.rows();
    assert!(found.values.len() >= expected.len(), "{what}: {} values", found.values.len());
    for (value, expected) in found.values.iter().zip(expected) {
        assert!((rank(value.re, value.im) - expected).abs() <= 1e-6, "{what}: {:?}, not {expected}", found.values);
    }
    for (j, value) in found.values.iter().enumerate() {
        let (mut off, mut size) = (0.0, 0.0);
        for i in 0..n {
            let (columns, entries) = a.row(i);
            let at = |i: usize| (found.vectors.re[(i, j)], found.vectors.im[(i, j)]);
            let image = columns.iter().zip(entries).fold((0.0, 0.0), |(re, im), (&k, v)| {
                let (x, y) = at(k as usize);
                (re + v * x, im + v * y)
            });
            let (x, y) = at(i);
            off += (image.0 - value.re * x + value.im * y).powi(2) + (image.1 - value.re * y - value.im * x).powi(2);
            size += x * x + y * y;
        }
        let claimed = found.residuals[j].to_f64();
        assert!((size - 1.0).abs() <= 1e-8, "{what}: a vector of norm {}", size.sqrt());
        assert!(off.sqrt() <= 1e-6 && (off.sqrt() - claimed).abs() <= 1e-9, "{what}: residual {}", off.sqrt());
    }
}

fuzz_target!(|data: &[u8]| {
    let [kind, target, values @ ..] = data else { return };
    if values.len() < 2 {
        return;
    }
    let symmetric = kind % 2 == 0;
    let n = if kind % 16 < 4 { 202 + 2 * (values.len() % 16) } else { 8 + 2 * (values.len() % 12) };
    let eighths = |i: usize| f64::from(values[i % values.len()] as i8) / 8.0;
    let (a, spectrum) = operator(&(0..n).map(eighths).collect::<Vec<_>>(), symmetric);
    let k = 1 + usize::from(kind / 16) % 5;
    let sigma = f64::from(*target as i8) / 8.0 + 1.0 / 32.0;
    let (which, rank): (_, Box<dyn Fn(f64, f64) -> f64>) = match target % 4 {
        0 => (Which::Smallest, Box::new(|re, _| re)),
        1 => (Which::Largest, Box::new(|re, _| -re)),
        2 => (Which::LargestMagnitude, Box::new(|re: f64, im: f64| -re.hypot(im))),
        _ => (Which::NearestTo(sigma), Box::new(move |re: f64, im: f64| (re - sigma).hypot(im))),
    };
    let mut expected: Vec<f64> = spectrum.iter().map(|&(re, im)| rank(re, im)).collect();
    expected.sort_by(f64::total_cmp);
    expected.truncate(k);
    let hidden = Hidden(&a, a.transpose(), if symmetric { Symmetry::Symmetric } else { Symmetry::General });
    let dense = a.to_dense();
    let operators: [(&str, &dyn LinearOperator<f64>); 3] = [("dense", &dense), ("sparse", &a), ("products", &hidden)];
    for (name, operator) in operators {
        let what = format!("{name} of order {n}, {k} {which:?}");
        let found = eigen::solve(operator, k, which).unwrap_or_else(|error| panic!("{what}: {error}"));
        judge(&what, &a, &found.into_complex(), &rank, &expected);
    }
});
