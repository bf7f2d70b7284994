//! LAPACK's test ratios over LAPACK's test classes.

use std::time::{Duration, Instant};

use eigennet::linalg::{self, Matrix};
use eigennet::par::decide;
use eigennet::{Error, Scalar, Seed};

use super::classes::{self, Family, Sample};
use super::ratios;
use crate::checkpoint;
use crate::experiment::Context;
use crate::failure::Failure;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// `‖A V − V Λ‖ / (n ε ‖A‖)`, and `‖A Q − Q T‖ / (n ε ‖A‖)` of the Schur form.
    Eigen,
    /// `‖VᵀV − I‖ / (n ε)` of symmetric eigenvectors and of Schur vectors.
    Orthogonality,
    /// The worst ratio of the singular value decomposition.
    Svd,
    /// The worst ratio of QR, pivoted QR, LU, LDLᵀ and Cholesky.
    Factorizations,
}

impl Quantity {
    /// All, in the order of tables.
    pub const ALL: [Quantity; 4] = [Quantity::Eigen, Quantity::Orthogonality, Quantity::Svd, Quantity::Factorizations];

    /// Its name behind the dot of its metric.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Eigen => "eigen",
            Quantity::Orthogonality => "orthogonality",
            Quantity::Svd => "svd",
            Quantity::Factorizations => "factorizations",
        }
    }

    /// What is aimed at: for eigenvectors ours, for the others LAPACK's own threshold.
    pub fn target(self) -> f64 {
        match self {
            Quantity::Eigen | Quantity::Orthogonality => 10.0,
            Quantity::Svd | Quantity::Factorizations => 30.0,
        }
    }
}

/// One ratio.
#[derive(Debug, Clone)]
pub struct Ratio {
    /// Name of the class.
    pub class: &'static str,
    /// Its family.
    pub family: Family,
    /// `"f32"` or `"f64"`.
    pub precision: &'static str,
    /// Order of the matrix.
    pub order: usize,
    /// What it is a ratio of.
    pub quantity: Quantity,
    /// The ratio; NaN if the library refused.
    pub value: f64,
}

/// All ratios measured, and what was refused.
#[derive(Debug, Clone, Default)]
pub struct Ratios {
    /// The ratios.
    pub all: Vec<Ratio>,
    /// In words, what should have been computed and was not.
    pub refusals: Vec<String>,
}

impl Ratios {
    /// The largest ratio of those chosen, if there are any; a refusal counts as infinite.
    pub fn worst(&self, chosen: impl Fn(&Ratio) -> bool) -> Option<f64> {
        let values =
            self.all.iter().filter(|r| chosen(r)).map(|r| if r.value.is_nan() { f64::INFINITY } else { r.value });
        values.reduce(f64::max)
    }
}

/// Measures all of them at the orders given, or goes on from the checkpoint.
///
/// # Errors
/// Ctrl-C, and a checkpoint of another run.
pub fn measure(context: &Context, orders: &[usize]) -> Result<Ratios, Failure> {
    let mut bench = Bench::begin(context, orders)?;
    let mut phase = context.progress.phase("LAPACK's classes", 2 * orders.len() as u64);
    for (done, &order) in orders.iter().enumerate() {
        in_precision::<f64>(&mut bench, order)?;
        phase.update(2 * done as u64 + 1, f64::NAN);
        in_precision::<f32>(&mut bench, order)?;
        phase.update(2 * done as u64 + 2, f64::NAN);
    }
    phase.finish();
    bench.save()?;
    Ok(bench.ratios)
}

/// What was measured, matrix after matrix in an order that never changes; outlives its process.
struct Bench<'a> {
    context: &'a Context,
    run: String,
    ratios: Ratios,
    /// Matrices asked about so far, and those among them whose ratios a checkpoint holds.
    asked: usize,
    known: usize,
    /// Matrix, quantity (its place among [`Quantity::ALL`]), ratio.
    rows: Vec<[f64; 3]>,
    saved: Instant,
}

/// Ratios of one matrix.
type Measured = Vec<(Quantity, Result<f64, Error>)>;

const NAME: &str = "ratios";

impl<'a> Bench<'a> {
    fn begin(context: &'a Context, orders: &[usize]) -> Result<Self, Failure> {
        let run = format!("orders {orders:?}, {:?}", context.seed);
        let (ratios, saved) = (Ratios::default(), Instant::now());
        let mut bench = Bench { context, run, ratios, asked: 0, known: 0, rows: Vec::new(), saved };
        if let Some(container) = checkpoint::to_resume(context, NAME, &bench.run)? {
            bench.known = container.number::<u64>("known")? as usize;
            bench.rows = container.get::<f64>("rows")?.chunks_exact(3).map(|row| [row[0], row[1], row[2]]).collect();
            bench.ratios.refusals = container.text("refusals")?.lines().map(str::to_string).collect();
        }
        Ok(bench)
    }

    fn save(&mut self) -> Result<(), Failure> {
        let mut container = checkpoint::of_run(&self.run)?;
        container.insert_number("known", self.known as u64)?;
        container.insert("rows", &[self.rows.len(), 3], self.rows.as_flattened())?;
        container.insert_text("refusals", self.ratios.refusals.join("\n"))?;
        container.save(self.context.checkpoint(NAME))?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Adds the ratios of the next matrix, measured unless they are known.
    fn add<T: Scalar>(
        &mut self,
        sample: &Sample<T>,
        measure: impl FnOnce(&Matrix<T>) -> Measured,
    ) -> Result<(), Failure> {
        let (class, family, precision, order) = (sample.class, sample.family, T::NAME, sample.matrix.rows());
        let index = self.asked;
        self.asked += 1;
        if index >= self.known {
            if self.context.interrupted() {
                self.save()?;
                return Err(Failure::Interrupted);
            }
            for (quantity, value) in measure(&sample.matrix) {
                if let Err(error) = &value {
                    let refusal = format!("{} of {class}, order {order}, {precision}: {error}", quantity.name());
                    self.ratios.refusals.push(refusal.replace('\n', " "));
                }
                self.rows.push([index as f64, f64::from(quantity as u8), value.unwrap_or(f64::NAN)]);
            }
            self.known = self.asked;
            if decide(self.saved.elapsed() >= Duration::from_millis(500))? {
                self.save()?;
            }
        }
        let own = self.rows.iter().filter(|[of, ..]| *of == index as f64);
        self.ratios.all.extend(own.map(|&[_, quantity, value]| {
            let quantity = Quantity::ALL[(quantity as usize).min(3)];
            Ratio { class, family, precision, order, quantity, value }
        }));
        Ok(())
    }
}

/// The ratios of eigenvalues and of their orthogonal matrix, or what kept a decomposition from being made.
fn decomposed<D>(
    decomposition: Result<D, Error>,
    residual: impl Fn(&D) -> Result<f64, Error>,
    orthogonality: impl Fn(&D) -> Result<f64, Error>,
) -> Measured {
    match decomposition {
        Err(error) => vec![(Quantity::Eigen, Err(error))],
        Ok(d) => vec![(Quantity::Eigen, residual(&d)), (Quantity::Orthogonality, orthogonality(&d))],
    }
}

fn in_precision<T: Scalar>(bench: &mut Bench<'_>, order: usize) -> Result<(), Failure> {
    let seed: Seed = bench.context.seed;
    let symmetric = classes::symmetric::<T>(order, seed)?;
    let general = classes::general::<T>(order, seed)?;
    for sample in &symmetric {
        bench.add(sample, |a| {
            let eigen = linalg::symmetric_eigen(a);
            let residual = |eigen: &_| ratios::symmetric_eigen(a, eigen);
            let mut all = decomposed(eigen, residual, |eigen| ratios::orthogonality(&eigen.vectors));
            all.push((Quantity::Factorizations, ratios::ldlt(a)));
            all
        })?;
    }
    for sample in &general {
        bench.add(sample, |a| {
            let eigen = linalg::nonsymmetric_eigen(a).and_then(|eigen| ratios::nonsymmetric_eigen(a, &eigen));
            let residual = |schur: &_| ratios::schur(a, schur);
            let mut all = decomposed(linalg::schur(a), residual, |schur| ratios::orthogonality(&schur.q));
            all.push((Quantity::Eigen, eigen));
            all
        })?;
    }
    for sample in symmetric.iter().chain(&general).chain(&classes::rectangular::<T>(order, seed)) {
        bench.add(sample, |a| {
            let mut all = vec![(Quantity::Svd, linalg::svd(a).and_then(|svd| ratios::svd(a, &svd)))];
            all.extend([ratios::qr(a), ratios::pivoted_qr(a)].map(|ratio| (Quantity::Factorizations, ratio)));
            if a.is_square() {
                all.push((Quantity::Factorizations, ratios::lu(a)));
            }
            all
        })?;
    }
    for sample in &classes::positive_definite::<T>(order, seed)? {
        bench.add(sample, |a| vec![(Quantity::Factorizations, ratios::cholesky(a))])?;
    }
    Ok(())
}
