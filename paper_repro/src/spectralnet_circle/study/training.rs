//! One training of a study, and all that is measured of it.

use std::time::Instant;

use eigennet::container::Container;
use eigennet::graph::spectral_net::Readout;
use eigennet::graph::{Graph, HeatFlow, SpectralNet};
use eigennet::linalg::{Cholesky, LinearOperator, Matrix, grassmann_distance, symmetric_eigen};
use eigennet::optim::{Score, StepReport};
use eigennet::{Error, Seed};

use super::measures::Measure;
use super::{Candidate, Curve, Problem, Setting};
use crate::curve::Recorded;

/// When heat is compared.
const TIME: f64 = 0.5;
/// Distances over a training.
const LOOKS: u64 = 30;

impl Curve {
    /// Its section in a record.
    pub fn name(self) -> &'static str {
        match self {
            Curve::Loss => "curve.loss",
            Curve::Distance => "curve.distance",
            Curve::Levels(Measure::Median) => "curve.levels.median",
            Curve::Levels(Measure::Mean) => "curve.levels.mean",
            Curve::Levels(_) => "curve.levels.rayleigh",
        }
    }

    /// Its points in a record.
    pub fn of(self, record: &Container) -> Vec<(f64, f64)> {
        let flat = record.get::<f64>(self.name()).unwrap_or_default();
        flat.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    fn save(self, record: &mut Container, points: &[(f64, f64)]) -> Result<(), Error> {
        let flat: Vec<f64> = points.iter().flat_map(|&(x, y)| [x, y]).collect();
        record.insert(self.name(), &[points.len(), 2], &flat)
    }
}

/// Trains a candidate; its score is the Grassmann distance.
pub(super) fn train(candidate: &Candidate, problem: &Problem<'_>, seed: Seed) -> Result<Score, Error> {
    let started = Instant::now();
    let Setting { net, fixed_start, .. } = &candidate.setting;
    let (graph, points) = (problem.map.graph(), &problem.circle.points);
    let task = net.task(graph, points, seed)?;
    let mut parameters = match fixed_start {
        true => net.task(graph, points, problem.seed)?.start().to_vec(),
        false => task.start().to_vec(),
    };
    let start = parameters.clone();
    let mut task = Recorded::new(task, net.trainer.steps);
    let every = (net.trainer.steps / LOOKS).max(1);
    let mut seen = Vec::new();
    let mut look = |report: &StepReport<'_, f64>| {
        if problem.looks && report.step.is_multiple_of(every) {
            seen.push((report.step as f64, report.parameters.to_vec()));
        }
        std::ops::ControlFlow::Continue(())
    };
    let outcome = net.trainer.run(&mut task, &mut *net.optimizer()?, &mut parameters, &mut look)?;
    let fit = task.step.finish(&parameters, outcome)?;
    let functions = fit.functions.transform(points)?;
    let outputs = |values: &Matrix<f64>| values.submatrix(0..values.rows(), 1..1 + net.outputs);
    let trained = outputs(&fit.functions.network().evaluate(points.as_slice())?.swap_remove(0));
    // Of one function of many there are always enough.
    let untrained = SpectralNet { components: 1, readout: Readout::OutputsAndHidden, ..alone(net) };
    let untrained = untrained.task(graph, points, seed)?.finish(&start, ())?;
    let untrained = outputs(&untrained.functions.network().evaluate(points.as_slice())?.swap_remove(0));

    let k = net.components;
    let distance = grassmann_distance(&functions, &problem.functions(k))?;
    let mut record = Container::new();
    let mut measured = |measure: Measure, value: f64| record.insert_number(measure.name(), value);
    measured(Measure::Grassmann, distance)?;
    let batch = Batch::of(net, points.rows(), seed);
    let [before, after] = [batch.moments(&untrained)?, batch.moments(&trained)?];
    measured(Measure::Orthogonality, batch.orthogonality(&trained, &after).unwrap_or(f64::NAN))?;
    measured(Measure::Condition, condition(&before).unwrap_or(f64::INFINITY))?;
    let breaks = batch.breaks(&untrained)? || batch.breaks(&trained)?;
    measured(Measure::Breaks, f64::from(u8::from(breaks)))?;
    measured(Measure::Loss, outcome.value)?;
    let exact = &problem.map.values()[..k];
    let mut levels = levels(graph, &functions)?;
    measured(Measure::Heat, heat_error(problem, functions, &levels[0].1).unwrap_or(f64::NAN))?;
    // Outputs come in no order of their own.
    levels.iter_mut().for_each(|(_, levels)| levels.sort_by(|a, b| b.total_cmp(a)));
    for (measure, values) in &levels {
        let error = values.iter().zip(exact).map(|(value, exact)| (value - exact).powi(2)).sum::<f64>().sqrt();
        measured(*measure, error)?;
    }
    measured(Measure::Seconds, started.elapsed().as_secs_f64())?;

    for (measure, values) in &levels {
        let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(j, mu)| (j as f64, 1.0 - mu)).collect();
        Curve::Levels(*measure).save(&mut record, &points)?;
    }
    Curve::Loss.save(&mut record, task.points())?;
    if problem.looks {
        Curve::Distance.save(&mut record, &distances(net, problem, seed, &seen)?)?;
    }
    Ok(Score { value: distance, record })
}

/// Grassmann distances of the outputs at the parameters of some steps.
fn distances(
    net: &SpectralNet,
    problem: &Problem<'_>,
    seed: Seed,
    seen: &[(f64, Vec<f64>)],
) -> Result<Vec<(f64, f64)>, Error> {
    let (points, exact) = (&problem.circle.points, problem.functions(net.components));
    let readout = if net.readout == Readout::OutputsAndHidden { Readout::Outputs } else { net.readout };
    let reader = SpectralNet { readout, ..alone(net) }.task(problem.map.graph(), points, seed)?;
    let mut distances = Vec::with_capacity(seen.len());
    for (step, parameters) in seen {
        // Outputs that are dependent at the start span too little: a gap in the curve.
        let Ok(fit) = reader.finish(parameters, ()) else { continue };
        distances.push((*step, grassmann_distance(&fit.functions.transform(points)?, &exact)?));
    }
    Ok(distances)
}

/// The same network, to be read and not trained.
fn alone(net: &SpectralNet) -> SpectralNet {
    SpectralNet { ritz_start: false, held_out: 0.0, ..net.clone() }
}

/// Some of the points, as many as orthonormalise the outputs in a training.
struct Batch {
    rows: Vec<usize>,
}

impl Batch {
    fn of(net: &SpectralNet, n: usize, seed: Seed) -> Self {
        let mut rows: Vec<usize> = (0..n).collect();
        seed.stream("orthogonality").shuffle(&mut rows);
        rows.truncate(super::plans::batch(net));
        Batch { rows }
    }

    fn drawn(&self, values: &Matrix<f64>) -> Matrix<f64> {
        Matrix::from_fn(self.rows.len(), values.cols(), |i, j| values[(self.rows[i], j)])
    }

    /// YᵀY by the number of points, Y the outputs on the batch.
    fn moments(&self, values: &Matrix<f64>) -> Result<Matrix<f64>, Error> {
        moments(&self.drawn(values))
    }

    /// ‖I − VᵀV/n‖ of V = Y L⁻ᵀ over all points, LLᵀ the moments on the batch.
    fn orthogonality(&self, values: &Matrix<f64>, on_batch: &Matrix<f64>) -> Result<f64, Error> {
        let inverse = Cholesky::factor(on_batch)?.inverse()?;
        // ‖I − L⁻¹ M L⁻ᵀ‖² = tr (I − G⁻¹M)², M the moments on all points.
        let off = inverse.matmul(&moments(values)?)?.sub(&Matrix::identity(values.cols()))?;
        let square = off.matmul(&off)?;
        Ok(square.diagonal().iter().sum::<f64>().max(0.0).sqrt())
    }

    /// Whether YᵀY, summed in single precision as the authors' program does, has no Cholesky factor.
    fn breaks(&self, values: &Matrix<f64>) -> Result<bool, Error> {
        let drawn = self.drawn(values);
        let single = Matrix::<f32>::from_fn(drawn.rows(), drawn.cols(), |i, j| drawn[(i, j)] as f32);
        Ok(Cholesky::factor(&single.t_matmul(&single)?).is_err())
    }
}

fn moments(values: &Matrix<f64>) -> Result<Matrix<f64>, Error> {
    let sum = values.t_matmul(values)?;
    Ok(Matrix::from_fn(sum.rows(), sum.cols(), |i, j| sum[(i, j)] / values.rows() as f64))
}

fn condition(moments: &Matrix<f64>) -> Option<f64> {
    let values = symmetric_eigen(moments).ok()?.values;
    let (least, largest) = (*values.first()?, *values.last()?);
    // Rounding decides what is below.
    Some(largest / least.max(largest * f64::EPSILON))
}

/// Eigenvalues μ of the walk P = D⁻¹W, one of each function: Rayleigh quotients, medians and means of (Pv)ᵢ/vᵢ.
fn levels(graph: &Graph<f64>, functions: &Matrix<f64>) -> Result<[(Measure, Vec<f64>); 3], Error> {
    let (degrees, loops) = (graph.degrees(), graph.loops());
    let mut levels = [Measure::Rayleigh, Measure::Median, Measure::Mean].map(|measure| (measure, Vec::new()));
    for j in 0..functions.cols() {
        let v = functions.column(j);
        let mut image = vec![0.0; v.len()];
        graph.weights().apply(&v, &mut image)?;
        let (mut energy, mut mass) = (0.0, 0.0);
        let mut ratios = Vec::with_capacity(v.len());
        for (i, &own) in v.iter().enumerate().filter(|&(i, _)| degrees[i] > 0.0) {
            let sum = image[i] + loops.get(i).copied().unwrap_or(0.0) * own;
            energy += own * sum;
            mass += degrees[i] * own * own;
            ratios.push(sum / degrees[i] / own);
        }
        ratios.sort_by(f64::total_cmp);
        let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
        let values = [energy / mass, ratios[ratios.len() / 2], mean];
        levels.iter_mut().zip(values).for_each(|((_, levels), value)| levels.push(value));
    }
    Ok(levels)
}

/// ‖u − exact‖/‖exact‖ over the points.
pub(super) fn heat_error(problem: &Problem<'_>, functions: Matrix<f64>, mu: &[f64]) -> Option<f64> {
    let (exact, initial) = problem.heat.as_ref().filter(|_| functions.cols() >= 5)?;
    let values = mu.iter().map(|&mu| problem.map.generator_value(mu)).collect();
    let found = HeatFlow::new(functions, values, initial).ok()?.at(TIME);
    let right = problem.circle.angles.iter().map(|&angle| exact.value(angle, TIME));
    let (missed, size) = found
        .iter()
        .zip(right)
        .fold((0.0, 0.0), |(missed, size), (found, right)| (missed + (found - right).powi(2), size + right.powi(2)));
    Some((missed / size).sqrt())
}
