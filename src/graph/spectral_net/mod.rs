//! SpectralNet: eigenfunctions of a graph by a network (Shaham, Stanton, Li, Nadler, Basri and Kluger, 2018).
//!
//! The smallest eigenpairs of (D − W)f = λDf minimise Σᵢⱼ wᵢⱼ (f(xᵢ) − f(xⱼ))² among orthonormal functions. A network
//! lowers it on random batches, as a function of the points, so that it knows points that are not in the graph. What it
//! finds is combined by a Rayleigh–Ritz step on the whole graph.

mod check;
mod features;
mod functions;
mod held_out;
mod loss;
mod network;
mod orthonormalization;
mod pairs;
mod part;
mod ritz;
mod sampling;
mod siamese;
mod standardize;
mod task;

pub use check::{Checked, Doubt, SpectralNetFit};
pub use features::{Features, HiddenLayers};
pub use functions::{Refined, SpectralFunctions, SpectralNetClusters};
pub use loss::Loss;
pub use sampling::Sampling;
pub use siamese::{Siamese, SiameseFit};
pub use task::SpectralNetTask;

use self::network::Network;
use self::part::Part;
use self::sampling::{Sampler, is_dense};
use super::components::components;
use super::points;
use super::weighted_graph::Graph;
use crate::autodiff::Initializer;
use crate::container::Element;
use crate::linalg::Matrix;
use crate::nn::Activation;
use crate::optim::{
    Adam, AdamSettings, Clip, Observer, Optimizer, ReduceOnPlateau, RmsProp, RmsPropSettings, Schedule, Trainer,
};
use crate::{Error, Result, Scalar, Seed};

/// What the functions are combined of, in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// The outputs, made orthonormal and no more: they span eigenfunctions, but are none.
    Orthonormalized,
    /// The Ritz functions of a constant and the outputs.
    Outputs,
    /// The Ritz functions of a constant, the outputs and the last hidden layer.
    OutputsAndHidden,
}

/// The optimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// [`Adam`]
    Adam(AdamSettings),
    /// [`RmsProp`]
    RmsProp(RmsPropSettings),
}

/// Settings of SpectralNet.
///
/// ```no_run
/// use eigennet::Seed;
/// use eigennet::graph::{Affinity, KMeans, SpectralNet, accuracy, data};
/// let circles = data::circles::<f64>(1500, 0.05, 0.5, Seed(0));
/// let graph = Affinity::default().fit(&circles.points)?;
/// let fit = SpectralNet::clustering(2).fit(&graph, &circles.points, Seed(0))?;
/// let clusters = fit.functions.cluster(&circles.points, &KMeans::new(2), Seed(0))?;
/// // Points that it has never seen.
/// let others = data::circles::<f64>(1000, 0.05, 0.5, Seed(1));
/// assert_eq!(accuracy(&clusters.predict(&others.points)?, &others.labels)?, 1.0);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralNet {
    /// Functions sought, the constant one counted.
    pub components: usize,
    /// Outputs that are trained.
    pub outputs: usize,
    /// The network before its last layer, which is linear.
    pub features: HiddenLayers,
    /// Whether eigenvalues are those of (D − W)f = λDf, or of (D − W)f = λf.
    pub normalized: bool,
    /// What a step sees of the graph.
    pub sampling: Sampling,
    /// What is lowered.
    pub loss: Loss,
    /// Whether the last layer starts as Ritz combinations of the untrained features.
    pub ritz_start: bool,
    /// What the functions are made of.
    pub readout: Readout,
    /// The optimiser.
    pub method: Method,
    /// Steps, learning rates, clipping, patience, checkpoints.
    pub trainer: Trainer,
    /// The share of points, in [0, 1), that are kept from the training to [check](Checked) it.
    pub held_out: f64,
}

/// Steps that ours takes.
const STEPS: u64 = 1000;
/// Parameter updates that the authors call an epoch.
const EPOCH: u64 = 100;

impl SpectralNet {
    /// For eigenfunctions of a connected graph: more outputs than functions, since the last ones trained are the least
    /// exact; hidden layers twice as wide as that, and of 64 at least; edges by weight; the log-determinant; Adam.
    pub fn new(components: usize) -> Self {
        let outputs = components.saturating_sub(1).saturating_add((components / 5).max(2));
        let widths = vec![outputs.saturating_mul(2).max(64); 3];
        let schedule = Schedule::cosine(2e-3, STEPS).unwrap_or_default().warm_up(100);
        SpectralNet {
            components,
            outputs,
            features: HiddenLayers { widths, ..HiddenLayers::default() },
            normalized: true,
            sampling: Sampling::Edges { edges: 1024, nodes: 1024 },
            loss: Loss::LogDeterminant,
            ritz_start: true,
            readout: Readout::OutputsAndHidden,
            method: Method::Adam(AdamSettings { beta2: 0.99, ..AdamSettings::default() }),
            trainer: Trainer { steps: STEPS, schedule, clip: Some(Clip::GlobalNorm(1.0)), ..Trainer::default() },
            held_out: 0.1,
        }
    }

    /// For clusters, which may be components of the graph: eight outputs or more, of which the Ritz step takes those that
    /// matter, steeper features, the trace.
    pub fn clustering(clusters: usize) -> Self {
        let weights = Initializer::GlorotUniform { gain: 4.0 };
        SpectralNet {
            outputs: clusters.saturating_add(6).max(8),
            features: HiddenLayers { input_weights: weights, weights, ..HiddenLayers::default() },
            loss: Loss::Trace,
            ..SpectralNet::new(clusters)
        }
    }

    /// As its authors and a thesis on it set it: hidden layers of 128, 64 and 32 with ELU, as many outputs as
    /// functions, batches of 256 points, an orthonormalisation layer from batches of 512, RMSProp at 10⁻⁴, a fifth of that
    /// after 30 epochs in a row without a lower loss, 70 epochs of 100 steps. (The thesis calls the factor a dropout of 0.2; in
    /// the program of the authors, which it ran, `drop` is what the rate is multiplied by.) Known to fail where a batch
    /// holds few edges.
    pub fn paper(components: usize) -> Self {
        let weights = Initializer::GlorotUniform { gain: 1.0 };
        let features = HiddenLayers {
            widths: vec![128, 64, 32],
            activation: Activation::Elu,
            input_weights: weights,
            weights,
            biases: Initializer::Constant(0.0),
            ..HiddenLayers::default()
        };
        let plateau = ReduceOnPlateau { every: EPOCH, patience: 30, factor: 0.2, ..ReduceOnPlateau::default() };
        SpectralNet {
            outputs: components,
            features,
            normalized: false,
            sampling: Sampling::Points { batch: 256 },
            loss: Loss::Orthonormalized { batch: 512 },
            ritz_start: false,
            readout: Readout::Orthonormalized,
            method: Method::RmsProp(RmsPropSettings { alpha: 0.9, epsilon: 1e-7, ..RmsPropSettings::default() }),
            trainer: Trainer {
                steps: 70 * EPOCH,
                schedule: Schedule::constant(1e-4).unwrap_or_default(),
                plateau: Some(plateau),
                ..Trainer::default()
            },
            ..SpectralNet::new(components)
        }
    }

    /// Eigenfunctions of `graph` as functions of `points` `[n, coordinates]`, one for each of its own: those that it was made of, or
    /// others that belong to them. Ask the fit for its [`doubt`](SpectralNetFit::doubt).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit the graph, and what the trainer reports.
    #[inline(never)]
    pub fn fit<T: Scalar + Element>(
        &self,
        graph: &Graph<T>,
        points: &Matrix<T>,
        seed: Seed,
    ) -> Result<SpectralNetFit<T>> {
        self.fit_observed(graph, points, seed, &mut ())
    }

    /// [`fit`](Self::fit) with a look at each step.
    ///
    /// # Errors
    /// As there.
    pub fn fit_observed<T: Scalar + Element>(
        &self,
        graph: &Graph<T>,
        points: &Matrix<T>,
        seed: Seed,
        observer: &mut dyn Observer<T>,
    ) -> Result<SpectralNetFit<T>> {
        let mut task = self.task(graph, points, seed)?;
        let mut parameters = task.start().to_vec();
        let outcome = self.trainer.run(&mut task, &mut *self.optimizer()?, &mut parameters, observer)?;
        task.finish(&parameters, outcome)
    }

    /// The optimiser of [`method`](Self::method).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges.
    pub fn optimizer<T: Scalar + Element>(&self) -> Result<Box<dyn Optimizer<T>>> {
        Ok(match self.method {
            Method::Adam(settings) => Box::new(Adam::new(settings)?),
            Method::RmsProp(settings) => Box::new(RmsProp::new(settings)?),
        })
    }

    /// The stochastic gradient, for a training loop of one's own, such as one that is resumed.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    #[inline(never)]
    pub fn task<T: Scalar>(&self, graph: &Graph<T>, points: &Matrix<T>, seed: Seed) -> Result<SpectralNetTask<T>> {
        self.task_of(&self.features, graph, points, seed)
    }

    /// [`task`](Self::task) with features of one's own in place of [`features`](Self::features).
    ///
    /// # Errors
    /// As there.
    #[inline(never)]
    pub fn task_of<T: Scalar>(
        &self,
        features: &dyn Features,
        graph: &Graph<T>,
        points: &Matrix<T>,
        seed: Seed,
    ) -> Result<SpectralNetTask<T>> {
        points::check(points, "points of SpectralNet")?;
        Error::same_shape("points of SpectralNet", &[points.rows()], &[graph.len()])?;
        let differ = points.rows() < 2 || points.row_iter().any(|point| point != points.row(0));
        Error::require(
            differ,
            "points of SpectralNet",
            "all are copies of one, which leaves a network nothing to tell",
        )?;
        let [rows, held] = held_out::split(graph.len(), self.held_out, seed)?;
        let training = Part::of(&graph.kernel(), points, &rows, self.normalized);
        self.check(&training)?;
        let all: Vec<usize> = (0..graph.len()).collect();
        let all = Part::of(&graph.kernel(), points, &all, self.normalized);
        let dense = is_dense(self.sampling, &training);
        let network = Network::record(features, self.loss, self.outputs, points, self.sampling.rows(), dense)?;
        let mut task = SpectralNetTask {
            settings: self.clone(),
            start: network.loss.initial(seed.child("spectral-net")),
            workspace: network.loss.workspace(),
            sampler: Sampler::new(&training),
            metric: Matrix::zeros(self.outputs, self.outputs),
            network,
            seed,
            all,
            training,
            held,
        };
        pairs::bind_places(&mut task.workspace, self.sampling.rows())?;
        if self.ritz_start {
            task.start_by_ritz()?;
        }
        Ok(task)
    }

    /// Refuses settings that do not fit the points trained on.
    fn check<T: Scalar>(&self, training: &Part<T>) -> Result<()> {
        let n = training.len();
        let positive = self.components > 0 && self.outputs > 0 && self.components <= n;
        let reason = format_args!(
            "{} with {} outputs, of {n} points; both have to be in 1..=points",
            self.components, self.outputs
        );
        Error::require(positive && self.outputs <= n, "components of SpectralNet", reason)?;
        let enough = match self.readout {
            Readout::Orthonormalized => self.outputs >= self.components,
            Readout::Outputs => self.outputs + 1 >= self.components,
            Readout::OutputsAndHidden => true,
        };
        let reason = format_args!("{} outputs hold fewer than {} functions; take more", self.outputs, self.components);
        Error::require(enough, "outputs of SpectralNet", reason)?;
        Error::require(
            training.weights.nnz() > 0,
            "graph of SpectralNet",
            "no point of the training has a neighbour there",
        )?;
        let sizes = match self.sampling {
            Sampling::Edges { edges, nodes } => [edges, nodes],
            Sampling::Points { batch } => [batch, batch],
        };
        let most = if let Sampling::Points { batch } = self.sampling { batch } else { 1 };
        let most = if let Loss::Orthonormalized { batch } = self.loss { most.max(batch) } else { most };
        let reason = format_args!(
            "batches of {sizes:?} on {n} points of the training; they have to hold some, and each point once at most"
        );
        let positive = !sizes.contains(&0) && self.loss != (Loss::Orthonormalized { batch: 0 });
        Error::require(positive && most <= n, "batch of SpectralNet", reason)?;
        // A place in a batch is a number of the type, and exact.
        let rows = self.sampling.rows();
        let room = (rows as f64) * T::EPSILON.to_f64() < 1.0 && rows.saturating_mul(self.outputs) <= MAX_ENTRIES;
        Error::require(room, "batch of SpectralNet", format_args!("{rows} points are too many; take fewer"))?;
        if self.loss == Loss::LogDeterminant {
            let count = components(&training.weights).count();
            let reason = format_args!(
                "the graph has {count} components on the points of the training, so that eigenvalues 0 leave the log-determinant without a bound; take \
                 Loss::Trace, as SpectralNet::clustering does, or more neighbours"
            );
            Error::require(count == 1, "loss of SpectralNet", reason)?;
            let whole = !matches!(self.sampling, Sampling::Points { batch } if batch < n);
            let reason = "the edges between some of the points do not connect them, which leaves the log-determinant \
                          without a bound; take Sampling::Edges";
            Error::require(whole, "sampling of SpectralNet", reason)?;
        }
        Ok(())
    }
}

/// The most values of all outputs on a batch: a slip beyond.
const MAX_ENTRIES: usize = 1 << 28;
