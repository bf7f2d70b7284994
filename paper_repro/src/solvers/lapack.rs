//! LAPACK's test ratios over LAPACK's test classes.

use eigennet::linalg::{self, Matrix};
use eigennet::{Error, Scalar, Seed};

use super::classes::{self, Family, Sample};
use super::ratios;
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

    fn add<T: Scalar>(&mut self, sample: &Sample<T>, quantity: Quantity, value: Result<f64, Error>) {
        let (class, family, precision, order) = (sample.class, sample.family, T::NAME, sample.matrix.rows());
        if let Err(error) = &value {
            self.refusals.push(format!("{} of {class}, order {order}, {precision}: {error}", quantity.name()));
        }
        self.all.push(Ratio { class, family, precision, order, quantity, value: value.unwrap_or(f64::NAN) });
    }
}

/// Measures all of them at the orders given.
///
/// # Errors
/// Ctrl-C.
pub fn measure(context: &Context, orders: &[usize]) -> Result<Ratios, Failure> {
    let mut ratios = Ratios::default();
    let mut phase = context.progress.phase("LAPACK's classes", 2 * orders.len() as u64);
    for (done, &order) in orders.iter().enumerate() {
        in_precision::<f64>(context, order, &mut ratios)?;
        phase.update(2 * done as u64 + 1, f64::NAN);
        in_precision::<f32>(context, order, &mut ratios)?;
        phase.update(2 * done as u64 + 2, f64::NAN);
    }
    phase.finish();
    Ok(ratios)
}

fn in_precision<T: Scalar>(context: &Context, order: usize, ratios: &mut Ratios) -> Result<(), Failure> {
    let seed: Seed = context.seed;
    let symmetric = classes::symmetric::<T>(order, seed)?;
    let general = classes::general::<T>(order, seed)?;
    for sample in &symmetric {
        context.check_interrupt()?;
        match linalg::symmetric_eigen(&sample.matrix) {
            Err(error) => ratios.add(sample, Quantity::Eigen, Err(error)),
            Ok(eigen) => {
                ratios.add(sample, Quantity::Eigen, ratios::symmetric_eigen(&sample.matrix, &eigen));
                ratios.add(sample, Quantity::Orthogonality, ratios::orthogonality(&eigen.vectors));
            }
        }
        ratios.add(sample, Quantity::Factorizations, ratios::ldlt(&sample.matrix));
    }
    for sample in &general {
        context.check_interrupt()?;
        let a = &sample.matrix;
        let eigen = linalg::nonsymmetric_eigen(a);
        ratios.add(sample, Quantity::Eigen, eigen.and_then(|eigen| ratios::nonsymmetric_eigen(a, &eigen)));
        match linalg::schur(a) {
            Err(error) => ratios.add(sample, Quantity::Eigen, Err(error)),
            Ok(schur) => {
                ratios.add(sample, Quantity::Eigen, ratios::schur(a, &schur));
                ratios.add(sample, Quantity::Orthogonality, ratios::orthogonality(&schur.q));
            }
        }
    }
    for sample in symmetric.iter().chain(&general).chain(&classes::rectangular::<T>(order, seed)) {
        context.check_interrupt()?;
        let a = &sample.matrix;
        ratios.add(sample, Quantity::Svd, linalg::svd(a).and_then(|svd| ratios::svd(a, &svd)));
        let mut factor = |of: fn(&Matrix<T>) -> Result<f64, Error>| ratios.add(sample, Quantity::Factorizations, of(a));
        factor(ratios::qr);
        factor(ratios::pivoted_qr);
        if a.is_square() {
            factor(ratios::lu);
        }
    }
    for sample in &classes::positive_definite::<T>(order, seed)? {
        context.check_interrupt()?;
        ratios.add(sample, Quantity::Factorizations, ratios::cholesky(&sample.matrix));
    }
    Ok(())
}
