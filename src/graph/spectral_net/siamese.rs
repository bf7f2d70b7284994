//! A siamese network: an embedding in which neighbours are near and others are not, to take affinities in.

use super::features::{Features, HiddenLayers};
use super::held_out::split;
use super::pairs;
use super::standardize::standardized;
use crate::autodiff::{Buffers, Function, Output, Program, Workspace, record};
use crate::container::{Container, Element};
use crate::graph::neighbors::{NeighborSearch, Neighbors};
use crate::graph::points;
use crate::linalg::Matrix;
use crate::nn::Linear;
use crate::optim::{Adam, HeldOut, Observer, Schedule, Trainer, TrainingOutcome, TrainingStep};
use crate::rng::Stream;
use crate::{Error, Result, Scalar, Seed};

/// Settings of a siamese network (Hadsell, Chopra and LeCun, 2006, as in SpectralNet): it lowers the mean of ‖a − b‖² over
/// pairs of neighbours and of max(0, margin − ‖a − b‖)² over pairs of any points, a and b being their images. A graph of
/// the images keeps neighbours together and forgets distances that the neighbours do not carry.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::graph::{Affinity, Siamese, data};
/// use eigennet::optim::Trainer;
/// let moons = data::moons::<f64>(300, 0.05, Seed(0));
/// let siamese = Siamese { trainer: Trainer { steps: 50, ..Trainer::default() }, ..Siamese::default() };
/// let fit = siamese.fit(&moons.points, Seed(0))?;
/// let graph = Affinity::nearest(10).fit(&fit.embed(&moons.points)?)?;
/// assert_eq!(graph.len(), 300);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Siamese {
    /// The network before its last layer, which is linear.
    pub features: HiddenLayers,
    /// Coordinates of an image (default 8).
    pub outputs: usize,
    /// Nearest points that are neighbours (default 2, as the authors').
    pub neighbors: usize,
    /// How far apart others are wanted (default 1).
    pub margin: f64,
    /// Pairs of neighbours in a batch, and as many of others (default 128).
    pub pairs: usize,
    /// The share of points, in [0, 1), that are kept from the training (default .1). Pairs of each and any others judge it.
    pub held_out: f64,
    /// Steps, rates, patience, checkpoints; the optimiser is [`Adam`].
    pub trainer: Trainer,
}

impl Default for Siamese {
    fn default() -> Self {
        let schedule = Schedule::cosine(1e-3, 2000).unwrap_or_default().warm_up(100);
        Siamese {
            features: HiddenLayers::default(),
            outputs: 8,
            neighbors: 2,
            margin: 1.0,
            pairs: 128,
            held_out: 0.1,
            trainer: Trainer { steps: 2000, schedule, ..Trainer::default() },
        }
    }
}

/// A trained embedding; [`TrainingOutcome::held_out`] has the root of its loss on pairs of the training and on pairs of
/// points held out.
#[derive(Debug, Clone)]
pub struct SiameseFit<T> {
    /// The embedding.
    pub function: Function<T>,
    /// How the training ended.
    pub outcome: TrainingOutcome,
}

impl<T: Scalar> SiameseFit<T> {
    /// The images of points `[rows of at, outputs]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn embed(&self, at: &Matrix<T>) -> Result<Matrix<T>> {
        points::check(at, "points of SiameseFit")?;
        Error::same_shape("SiameseFit::embed", &[at.cols()], &[self.function.dimension()])?;
        Ok(self.function.evaluate(at.as_slice())?.swap_remove(0))
    }
}

const NEAR: &str = "near";
const IMAGE: &str = "image";
/// More are a slip, and their places no exact numbers as `f32`.
const MAX_PAIRS: usize = 1 << 20;
/// Pairs of each kind that a training is judged on.
const JUDGED: usize = 1024;

impl Siamese {
    /// Trains on `points` `[n, coordinates]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit the points; [`Error::NonFinite`] for others than numbers;
    /// what the trainer reports.
    pub fn fit<T: Scalar + Element>(&self, points: &Matrix<T>, seed: Seed) -> Result<SiameseFit<T>> {
        self.fit_observed(points, seed, &mut ())
    }

    /// [`fit`](Self::fit) with a look at each step.
    ///
    /// # Errors
    /// As there.
    pub fn fit_observed<T: Scalar + Element>(
        &self,
        points: &Matrix<T>,
        seed: Seed,
        observer: &mut dyn Observer<T>,
    ) -> Result<SiameseFit<T>> {
        let mut task = self.task(points, seed)?;
        let mut parameters = task.loss.initial(seed.child("siamese"));
        let outcome = self.trainer.run(&mut task, &mut Adam::default(), &mut parameters, observer)?;
        let (program, image) = &task.image;
        let function = Function::new(program, &[*image], &parameters)?.with_buffers(task.workspace.buffers())?;
        Ok(SiameseFit { function, outcome })
    }

    fn task<T: Scalar>(&self, points: &Matrix<T>, seed: Seed) -> Result<SiameseTask<T>> {
        points::check(points, "points of Siamese")?;
        self.features.check()?;
        let sound = self.outputs > 0 && (1..=MAX_PAIRS).contains(&self.pairs);
        let sound = sound && self.margin > 0.0 && self.margin.is_finite();
        let reason = format_args!("outputs and margin have to be positive, pairs in 1..={MAX_PAIRS}");
        Error::require(sound, "Siamese", reason)?;
        let n = points.rows();
        let [rows, held] = split(n, self.held_out, seed)?;
        let training = Pool::new(points, rows, self.neighbors)?;
        // The neighbours of a point held out may be any.
        let judged = if held.is_empty() { None } else { Some(Pool::new(points, (0..n).collect(), self.neighbors)?) };
        let batch = 4 * self.pairs;
        let recording = record(|g| {
            let hidden = self.features.record(standardized(pairs::points(g, points.cols()), points));
            let image = Linear::new("image", [hidden.width(), self.outputs]).call(hidden);
            g.output(IMAGE, image);
            let square = pairs::differences(image, batch).square().row_sum();
            let near = pairs::of_pairs(g, NEAR);
            (near * square + (1.0 - near) * (self.margin - square.sqrt()).relu().square()).mean()
        })?;
        let program = recording.compile::<T>();
        let (result, image) = (program.recording().result(), program.output(IMAGE)?);
        let loss = program.select(&[result])?;
        let mut workspace = loss.workspace();
        pairs::bind_places(&mut workspace, batch)?;
        let place = |first: usize| (0..2 * self.pairs).map(|pair| T::of((2 * pair + first) as f64)).collect();
        pairs::bind_ends(&mut workspace, &[place(0), place(1)])?;
        let near: Vec<T> =
            (0..2 * self.pairs).map(|pair| if pair < self.pairs { T::one() } else { T::zero() }).collect();
        workspace.set(NEAR, &near)?;
        Ok(SiameseTask {
            image: (program.select(&[image])?, image),
            batch: vec![T::zero(); batch * points.cols()],
            pairs: self.pairs,
            fingerprint: {
                let Siamese { features, outputs, neighbors, margin, pairs, held_out, .. } = self;
                format!("{features:?} {outputs} {neighbors} {margin} {pairs} {held_out} on {n} points from {seed:?}")
            },
            points: points.clone(),
            workspace,
            loss,
            seed,
            held,
            judged,
            training,
        })
    }
}

/// Points, as rows of all, and which of them are neighbours.
#[derive(Debug)]
struct Pool<T> {
    rows: Vec<usize>,
    neighbors: Neighbors<T>,
}

impl<T: Scalar> Pool<T> {
    fn new(points: &Matrix<T>, rows: Vec<usize>, count: usize) -> Result<Self> {
        let own = Matrix::from_fn(rows.len(), points.cols(), |i, j| points[(rows[i], j)]);
        Ok(Pool { neighbors: NeighborSearch::new(&own)?.nearest_of_each(count)?, rows })
    }

    /// Point i of the pool and one of its neighbours.
    fn near(&self, i: usize, stream: &mut Stream) -> [usize; 2] {
        let (others, _) = self.neighbors.of(i);
        [i, others[stream.below(others.len())] as usize].map(|i| self.rows[i])
    }
}

/// The stochastic gradient of a siamese network.
#[derive(Debug)]
struct SiameseTask<T> {
    loss: Program<T>,
    image: (Program<T>, Output),
    workspace: Workspace<T>,
    seed: Seed,
    pairs: usize,
    /// What has to be the same for a training to be resumed.
    fingerprint: String,
    points: Matrix<T>,
    training: Pool<T>,
    held: Vec<usize>,
    judged: Option<Pool<T>>,
    batch: Vec<T>,
}

impl<T: Scalar> SiameseTask<T> {
    /// Draws pairs: of neighbours, then of any two, the first of each by `first`.
    fn draw(&mut self, judged: bool, stream: &mut Stream) -> Result<()> {
        let width = self.points.cols();
        let pool = self.judged.as_ref().filter(|_| judged).unwrap_or(&self.training);
        for (pair, ends) in self.batch.chunks_exact_mut(2 * width).enumerate() {
            let first = if judged { self.held[stream.below(self.held.len())] } else { stream.below(pool.rows.len()) };
            let two = match pair < self.pairs {
                true => pool.near(first, stream),
                false => [pool.rows[first], pool.rows[stream.below(pool.rows.len())]],
            };
            for (end, i) in ends.chunks_exact_mut(width).zip(two) {
                end.copy_from_slice(self.points.row(i));
            }
        }
        self.workspace.set(pairs::POINTS, &self.batch).map(drop)
    }

    /// The mean loss of some batches, as the trained network has it.
    fn judge(&mut self, judged: bool, parameters: &[T]) -> Result<f64> {
        let mut stream = self.seed.child("judged").numbered(u64::from(judged)).into_stream();
        let batches = JUDGED.div_ceil(self.pairs);
        let mut sum = 0.0;
        self.workspace.set_training(false);
        for _ in 0..batches {
            self.draw(judged, &mut stream)?;
            sum += Scalar::to_f64(self.loss.value(parameters, &mut self.workspace)?);
        }
        Ok(sum / batches as f64)
    }
}

impl<T: Scalar + Element> TrainingStep<T> for SiameseTask<T> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.workspace.set_training(true).set_step(self.seed, step);
        self.draw(false, &mut self.seed.child("pairs").numbered(step).into_stream())?;
        self.loss.gradient(parameters, &mut self.workspace, gradient)
    }

    fn held_out(&mut self, parameters: &[T]) -> Result<Option<HeldOut>> {
        if self.held.is_empty() {
            return Ok(None);
        }
        let [trained, elsewhere] = [self.judge(false, parameters)?.sqrt(), self.judge(true, parameters)?.sqrt()];
        Ok(Some(HeldOut { trained, elsewhere, rounding: 0.0 }))
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("siamese.settings", &*self.fingerprint)?;
        container.nest("siamese.buffers", self.workspace.buffers().save()?)
    }

    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("siamese.settings")?, &*self.fingerprint);
        let reason =
            format_args!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings");
        Error::require(theirs == ours, "Siamese checkpoint", reason)?;
        self.workspace.set_buffers(&Buffers::load(&container.nested("siamese.buffers"))?).map(drop)
    }
}
