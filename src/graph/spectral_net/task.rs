//! One step of a SpectralNet's training, and what becomes of its parameters.

use super::check::{Checked, SpectralNetFit};
use super::functions::{SpectralFunctions, basis, first_columns, refined};
use super::loss::{Loss, METRIC};
use super::network::{EDGE_WEIGHTS, HEAD, NODE_WEIGHTS, Network};
use super::orthonormalization::orthonormalization;
use super::pairs::{HALF_LAPLACIAN, POINTS, bind_ends};
use super::part::Part;
use super::ritz::{Ritz, laplacian_of, moments, ritz};
use super::sampling::Sampler;
use super::{Readout, SpectralNet};
use crate::autodiff::{Buffers, Function, Workspace};
use crate::container::{Container, Element};
use crate::linalg::{Matrix, sort_places};
use crate::optim::TrainingStep;
use crate::{Error, Result, Scalar, Seed};

/// Products with the walk that eigenvalues are bounded by.
const PRODUCTS: usize = 4;

/// The stochastic gradient of a [`SpectralNet`], for a training loop of one's own.
#[derive(Debug)]
pub struct SpectralNetTask<T> {
    pub(super) settings: SpectralNet,
    pub(super) seed: Seed,
    pub(super) network: Network<T>,
    pub(super) workspace: Workspace<T>,
    /// The whole graph, and the part of it that is trained on.
    pub(super) all: Part<T>,
    pub(super) training: Part<T>,
    /// Points that are not.
    pub(super) held: Vec<usize>,
    pub(super) sampler: Sampler<T>,
    pub(super) metric: Matrix<T>,
    pub(super) start: Vec<T>,
}

impl<T: Scalar> SpectralNetTask<T> {
    /// The parameters to start from.
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// Gives the last layer the combinations of the features that are nearest to eigenfunctions.
    pub(super) fn start_by_ritz(&mut self) -> Result<()> {
        let q = self.network.outputs;
        let values = basis(&self.function(&self.start)?, &self.training.points)?;
        let width = values.cols();
        // Without the outputs, which are not trained yet.
        let features = Matrix::from_fn(values.rows(), width - q, |i, j| values[(i, if j == 0 { 0 } else { j + q })]);
        let Ritz { coefficients, .. } = ritz(&self.training, &features)?;
        let layout = self.network.loss.parameters();
        let [bias, weight] = ["bias", "weight"].map(|part| layout.block(&format!("{HEAD}.{part}")).map(|b| b.range()));
        let (bias, weight) = (bias?.start, weight?.start);
        // The first is the constant. Features may hold fewer functions than there are outputs.
        for output in 0..q.min(coefficients.cols() - 1) {
            self.start[bias + output] = coefficients[(0, output + 1)];
            for feature in 0..width - 1 - q {
                self.start[weight + feature * q + output] = coefficients[(feature + 1, output + 1)];
            }
        }
        Ok(())
    }

    fn function(&self, parameters: &[T]) -> Result<Function<T>> {
        let (program, basis) = &self.network.basis;
        Function::new(program, &[*basis], parameters)?.with_buffers(self.workspace.buffers())
    }

    /// The functions at `parameters`, and what speaks against them; `outcome` says how they were found.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the network holds fewer functions than were asked for; [`Error::Shape`] or
    /// [`Error::NonFinite`] for parameters that do not fit.
    pub fn finish<O>(&self, parameters: &[T], outcome: O) -> Result<SpectralNetFit<T, O>> {
        let function = self.function(parameters)?;
        let values = basis(&function, &self.all.points)?;
        let mut checked = None;
        if !self.held.is_empty() {
            let trained = basis(&function, &self.training.points)?;
            let Ritz { values: levels, coefficients } = self.combine(&self.training, &trained)?;
            checked = Some(Checked::new(&self.all, &self.held, &values.matmul(&coefficients)?, &levels)?);
        }
        let refined = refined(&self.all, &values, self.settings.components, PRODUCTS)?;
        let bounds = refined.values.iter().map(|&value| Scalar::to_f64(value)).collect();
        let beyond = refined.beyond.map(Scalar::to_f64);
        let Ritz { values, coefficients } = self.combine(&self.all, &values)?;
        let functions = SpectralFunctions { function, coefficients, values, normalized: self.settings.normalized };
        Ok(SpectralNetFit { functions, outcome, bounds, beyond, checked })
    }

    /// The functions asked for, of a basis at the points of a part.
    fn combine(&self, part: &Part<T>, basis: &Matrix<T>) -> Result<Ritz<T>> {
        let (k, q) = (self.settings.components, self.network.outputs);
        let Ritz { values, coefficients } = match self.settings.readout {
            Readout::OutputsAndHidden => ritz(part, basis)?,
            Readout::Outputs => embedded(ritz(part, &first_columns(basis, 1 + q))?, 0, basis.cols()),
            Readout::Orthonormalized => {
                let outputs = basis.submatrix(0..basis.rows(), 1..1 + q);
                embedded(quotients(part, &outputs)?, 1, basis.cols())
            }
        };
        if values.len() < k {
            let reason = format!(
                "the network holds {} independent functions of the {k} asked for; take a wider last layer, more outputs, or \
                 Readout::OutputsAndHidden",
                values.len()
            );
            return Err(Error::invalid("components of SpectralNet", reason));
        }
        Ok(Ritz { values: values[..k].to_vec(), coefficients: first_columns(&coefficients, k) })
    }

    /// What has to be the same for a training to be resumed.
    fn fingerprint(&self) -> String {
        let layout = self.network.loss.parameters().blocks().iter().map(|b| (&b.name, b.shape));
        let layout: Vec<_> = layout.collect();
        let SpectralNet { normalized, sampling, loss, held_out, .. } = self.settings;
        let graph = (self.all.len(), self.all.weights.nnz(), self.all.total.to_f64());
        format!("{sampling:?} {loss:?} {normalized} {held_out} of {layout:?} on {graph:?} from {:?}", self.seed)
    }

    /// S of a batch of its own: the orthonormalisation step.
    fn orthonormalize(&mut self, batch: usize, step: u64, parameters: &[T]) -> Result<()> {
        let mut stream = self.seed.child("orthonormalization").numbered(step).into_stream();
        self.sampler.draw_nodes(batch, &self.training, &mut stream);
        let drawn = &self.sampler.batch;
        self.workspace.set(POINTS, &drawn.points)?.set(NODE_WEIGHTS, &drawn.node_weights)?;
        let (program, moments) = &self.network.moments;
        let moments = program.evaluate(parameters, &mut self.workspace)?.value(*moments)?;
        self.metric.as_mut_slice().copy_from_slice(moments);
        let orthonormal = orthonormalization(&self.metric)?;
        self.metric = orthonormal.matmul_t(&orthonormal)?;
        self.workspace.set(METRIC, self.metric.as_slice())?;
        Ok(())
    }
}

/// The coefficients of functions that are some columns of a basis, from column `first` on.
fn embedded<T: Scalar>(ritz: Ritz<T>, first: usize, width: usize) -> Ritz<T> {
    let Ritz { values, coefficients } = ritz;
    let own = first..first + coefficients.rows();
    let entry = |i: usize, j: usize| if own.contains(&i) { coefficients[(i - first, j)] } else { T::zero() };
    Ritz { values, coefficients: Matrix::from_fn(width, coefficients.cols(), entry) }
}

/// Functions made orthonormal, by their Rayleigh quotients.
fn quotients<T: Scalar>(part: &Part<T>, functions: &Matrix<T>) -> Result<Ritz<T>> {
    let coefficients = orthonormalization(&moments(part, functions)?)?;
    let orthonormal = functions.matmul(&coefficients)?;
    let image = laplacian_of(part, &orthonormal)?;
    let quotient = |j: usize| (0..part.len()).map(|i| orthonormal[(i, j)] * image[(i, j)]).sum::<T>();
    let quotients: Vec<T> = (0..orthonormal.cols()).map(quotient).collect();
    let mut order: Vec<usize> = (0..quotients.len()).collect();
    sort_places(&mut order, &|a, b| quotients[a].to_f64().total_cmp(&quotients[b].to_f64()));
    let coefficients = Matrix::from_fn(coefficients.rows(), order.len(), |i, j| coefficients[(i, order[j])]);
    Ok(Ritz { values: order.iter().map(|&j| quotients[j]).collect(), coefficients })
}

impl<T: Scalar + Element> TrainingStep<T> for SpectralNetTask<T> {
    #[inline(never)]
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        self.workspace.set_training(true).set_step(self.seed, step);
        if let Loss::Orthonormalized { batch } = self.settings.loss {
            self.orthonormalize(batch, step, parameters)?;
        }
        let mut stream = self.seed.child("batch").numbered(step).into_stream();
        self.sampler.draw(self.settings.sampling, &self.training, &mut stream);
        let drawn = &mut self.sampler.batch;
        let ws = &mut self.workspace;
        ws.set(POINTS, &drawn.points)?.set(NODE_WEIGHTS, &drawn.node_weights)?;
        if drawn.half_laplacian.is_empty() {
            bind_ends(ws, &drawn.ends)?;
            ws.set(EDGE_WEIGHTS, &drawn.edge_weights)?;
        } else {
            ws.exchange(HALF_LAPLACIAN, &mut drawn.half_laplacian)?;
        }
        self.network.loss.gradient(parameters, ws, gradient)
    }

    fn save_state(&self, container: &mut Container) -> Result<()> {
        container.insert_text("spectral_net.settings", self.fingerprint())?;
        container.nest("spectral_net.buffers", self.workspace.buffers().save()?)
    }

    fn restore_state(&mut self, container: &Container) -> Result<()> {
        let (theirs, ours) = (container.text("spectral_net.settings")?, self.fingerprint());
        let reason =
            format_args!("it was written by another run ({theirs}), this one is {ours}; resume with the same settings");
        Error::require(theirs == ours, "SpectralNet checkpoint", reason)?;
        self.workspace.set_buffers(&Buffers::load(&container.nested("spectral_net.buffers"))?)?;
        Ok(())
    }
}
