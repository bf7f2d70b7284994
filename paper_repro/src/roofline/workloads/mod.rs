//! What is measured: the kernels, the training steps and the decompositions by name, with their nominal work.

mod decompositions;
mod equations;
mod hydrogen;
mod kernels;
mod levenberg_marquardt;
mod spectral_net;

use eigennet::container::Element;
use eigennet::{Scalar, Seed};

use super::measure::Steps;
use crate::failure::Failure;

pub use decompositions::Decomposition;
pub use equations::{Diffusion, EigenFlow};
pub use hydrogen::Hydrogen;
pub use kernels::{Elementwise, Product};
pub use levenberg_marquardt::LmStep;
pub use spectral_net::SpectralNetStep;

/// `f32` or `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// `f32`
    Single,
    /// `f64`
    Double,
}

impl Precision {
    /// Both.
    pub const ALL: [Precision; 2] = [Precision::Single, Precision::Double];

    /// Its name in Rust.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Single => f32::NAME,
            Precision::Double => f64::NAME,
        }
    }
}

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A matrix product on each thread.
    Product,
    /// A step of a training.
    Training,
    /// A dense decomposition.
    Decomposition,
    /// A function of all entries of a slice, on each thread.
    Elementwise,
}

impl Kind {
    /// In the order of the report.
    pub const ALL: [Kind; 4] = [Kind::Training, Kind::Product, Kind::Decomposition, Kind::Elementwise];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Product => "matrix products",
            Kind::Training => "training steps",
            Kind::Decomposition => "dense decompositions",
            Kind::Elementwise => "elementwise functions",
        }
    }

    /// Whether its code is serial, so that on many threads each does a step of its own.
    pub fn is_serial(self) -> bool {
        matches!(self, Kind::Product | Kind::Elementwise)
    }
}

/// Work of one kind in either precision.
pub trait Problem: Send + Sync + 'static {
    /// What kind of work it is.
    const KIND: Kind;

    /// The nominal floating-point operations of a step, or its elements.
    fn work(&self) -> f64;

    /// Ready to run on the threads of the current pool.
    ///
    /// # Errors
    /// What the library says.
    fn build<T: Scalar + Element>(&self, seed: Seed) -> Result<Box<dyn Steps>, Failure>;
}

type Builder = Box<dyn Fn(Precision, Seed) -> Result<Box<dyn Steps>, Failure> + Send + Sync>;

/// A [`Problem`] with a name.
pub struct Workload {
    /// Name on the command line and in metrics.
    pub name: String,
    /// What kind of work it is.
    pub kind: Kind,
    work: f64,
    builder: Builder,
}

impl Workload {
    /// A problem under a name.
    pub fn new<P: Problem>(name: impl Into<String>, problem: P) -> Self {
        let work = problem.work();
        let builder = move |precision, seed| match precision {
            Precision::Single => problem.build::<f32>(seed),
            Precision::Double => problem.build::<f64>(seed),
        };
        Workload { name: name.into(), kind: P::KIND, work, builder: Box::new(builder) }
    }

    /// The nominal floating-point operations of a step on so many threads, or its elements.
    pub fn work(&self, threads: usize) -> f64 {
        if self.kind.is_serial() { self.work * threads as f64 } else { self.work }
    }

    /// Ready to run on the threads of the current pool.
    ///
    /// # Errors
    /// What the library says.
    pub fn build(&self, precision: Precision, seed: Seed) -> Result<Box<dyn Steps>, Failure> {
        (self.builder)(precision, seed)
    }
}

/// All of them, in the order of the report.
pub fn all() -> Vec<Workload> {
    let mut all = vec![
        Workload::new("hydrogen_step", Hydrogen::paper()),
        Workload::new("hydrogen_step_full", Hydrogen { full: true, ..Hydrogen::paper() }),
        Workload::new("lagaris_step", Diffusion::lagaris()),
        Workload::new("eigen_ode_step", EigenFlow),
        Workload::new("spectralnet_step", SpectralNetStep { all_pairs: true }),
        Workload::new("spectralnet_step_neighbours", SpectralNetStep { all_pairs: false }),
        Workload::new("lm_step", LmStep),
    ];
    all.extend(Product::SHAPES.map(|product| Workload::new(product.name(), product)));
    all.extend(Decomposition::ALL.map(|decomposition| Workload::new(decomposition.name(), decomposition)));
    all.extend(Elementwise::ALL.map(|function| Workload::new(function.name, function)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_has_work_and_steps_in_both_precisions() {
        for workload in all() {
            assert!(workload.work(1) > 0.0, "{}", workload.name);
            for precision in Precision::ALL {
                let mut steps = workload.build(precision, Seed(0)).expect(&workload.name);
                steps.run(2).expect(&workload.name);
            }
        }
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<String> = all().into_iter().map(|workload| workload.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
