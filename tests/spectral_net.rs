//! SpectralNet: its losses on exact eigenvectors and against differences, Ritz values between bounds, clusters and
//! eigenfunctions on points that it has not seen, resume, threads, files, hostile settings.

use std::ops::ControlFlow;

use eigennet::autodiff::Var;
use eigennet::container::Container;
use eigennet::graph::spectral_net::{Doubt, HiddenLayers, Loss, Readout, Sampling, SpectralFunctions, SpectralNetTask};
use eigennet::graph::{Affinity, Bandwidth, Graph, KMeans, Laplacian, Siamese, SpectralNet, accuracy, data};
use eigennet::linalg::{Matrix, Qr, jacobi_svd, symmetric_eigen};
use eigennet::nn::{LayerNorm, Mlp};
use eigennet::optim::{RmsProp, Schedule, StepReport, Trainer, TrainingState, TrainingStep};
use eigennet::{Error, Seed, eigen};

fn same<'g>(x: Var<'g>) -> Var<'g> {
    x
}

/// A connected graph of 40 points of the plane.
fn cloud() -> (Graph<f64>, Matrix<f64>) {
    let mut stream = Seed(3).into_stream();
    let points = Matrix::from_fn(40, 2, |_, _| stream.normal());
    let graph = Affinity { bandwidth: Bandwidth::Fixed(0.8), ..Affinity::nearest(8) }.fit(&points).unwrap();
    assert_eq!(graph.components().count(), 1);
    (graph, points)
}

/// Exact eigenpairs: values and functions of mean square 1.
fn exact(graph: &Graph<f64>, normalized: bool) -> (Vec<f64>, Matrix<f64>) {
    let (n, degrees) = (graph.len(), graph.degrees());
    let (laplacian, masses): (_, Vec<f64>) = match normalized {
        true => (Laplacian::Symmetric, degrees.iter().map(|d| d / degrees.iter().sum::<f64>()).collect()),
        false => (Laplacian::Unnormalized, vec![1.0 / n as f64; n]),
    };
    let eigen = symmetric_eigen(&graph.laplacian(laplacian).to_dense()).unwrap();
    (eigen.values, Matrix::from_fn(n, n, |i, j| eigen.vectors[(i, j)] / masses[i].sqrt()))
}

/// The whole graph in each batch.
fn whole(loss: Loss, normalized: bool, outputs: usize) -> SpectralNet {
    let readout = Readout::Outputs;
    let sampling = Sampling::Points { batch: 40 };
    SpectralNet {
        outputs,
        loss,
        normalized,
        sampling,
        readout,
        ritz_start: false,
        held_out: 0.0,
        ..SpectralNet::new(3)
    }
}

/// A last layer alone, on points that are the unit vectors: any functions. Those of the smallest eigenvalues have to give
/// their sum, or the sum of their logarithms, and there the slope ends.
#[test]
fn losses_of_exact_eigenfunctions_are_sums_of_eigenvalues() {
    let (graph, _) = cloud();
    let (n, q, ridge) = (40, 4, 1e-6);
    let unit_vectors = Matrix::identity(n);
    let unit = (1.0 - 1.0 / n as f64).sqrt();
    for normalized in [true, false] {
        let (values, functions) = exact(&graph, normalized);
        let mut parameters = vec![0.0; n * q + q];
        for j in 0..q {
            let mean = (0..n).map(|i| functions[(i, j + 1)]).sum::<f64>() / n as f64;
            (0..n).for_each(|i| parameters[i * q + j] = unit * (functions[(i, j + 1)] - mean));
            parameters[n * q + j] = mean;
        }
        let wanted = &values[1..=q];
        for (loss, right, flat) in [
            (Loss::Trace, wanted.iter().map(|v| (v + ridge) / (1.0 + ridge)).sum::<f64>(), true),
            (Loss::LogDeterminant, wanted.iter().map(|v| ((v + ridge) / (1.0 + ridge)).ln()).sum(), true),
            (Loss::Orthonormalized { batch: n }, wanted.iter().sum(), false),
        ] {
            let mut task = whole(loss, normalized, q).task_of(&same, &graph, &unit_vectors, Seed(0)).unwrap();
            let mut gradient = vec![0.0; parameters.len()];
            let found = task.gradient(0, &parameters, &mut gradient).unwrap();
            assert!((found - right).abs() < 1e-9 * right.abs(), "{loss:?} {normalized}: {found} for {right}");
            let slope = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            // But for δ.
            assert!(!flat || slope < 1e-4, "{loss:?} {normalized}: slope {slope}");
            // Any others give more.
            let mut stream = Seed(5).into_stream();
            let moved: Vec<f64> = parameters.iter().map(|p| p + 0.1 * stream.normal::<f64>()).collect();
            assert!(task.gradient(0, &moved, &mut gradient).unwrap() > right);
        }
        let found = whole(Loss::Trace, normalized, q)
            .task_of(&same, &graph, &unit_vectors, Seed(0))
            .unwrap()
            .finish(&parameters, ())
            .unwrap();
        for (found, right) in found.functions.values().iter().zip(&values) {
            assert!((found - right).abs() < 1e-12, "{found} {right}");
        }
    }
}

#[test]
fn gradients_agree_with_differences() {
    let (graph, points) = cloud();
    let hidden = HiddenLayers { widths: vec![6, 5], dropout: 0.2, batch_norm: true, ..HiddenLayers::default() };
    for sampling in [Sampling::Edges { edges: 30, nodes: 25 }, Sampling::Points { batch: 36 }] {
        for loss in [Loss::Trace, Loss::LogDeterminant] {
            if loss == Loss::LogDeterminant && matches!(sampling, Sampling::Points { .. }) {
                continue;
            }
            let net = SpectralNet { sampling, features: hidden.clone(), loss, outputs: 3, ..SpectralNet::new(3) };
            let mut task = net.task(&graph, &points, Seed(1)).unwrap();
            let start = task.start().to_vec();
            let (mut gradient, mut other) = (vec![0.0; start.len()], vec![0.0; start.len()]);
            task.gradient(7, &start, &mut gradient).unwrap();
            let scale = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            for k in (0..start.len()).step_by(5) {
                let h = 1e-5 * start[k].abs().max(1.0);
                let mut at = |shift: f64| {
                    let mut moved = start.clone();
                    moved[k] += shift;
                    task.gradient(7, &moved, &mut other).unwrap()
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                assert!((slope - gradient[k]).abs() < 1e-5 * scale, "{loss:?} {k}: {slope} {}", gradient[k]);
            }
        }
    }
}

/// Courant and Fischer: Ritz values lie above the eigenvalues and fall as functions are added; the last layer starts at
/// them.
#[test]
fn ritz_values_lie_above_the_eigenvalues_and_fall_as_functions_come() {
    let (graph, points) = cloud();
    let (exact, _) = exact(&graph, true);
    let levels = |readout, ritz_start| -> Vec<f64> {
        let features = HiddenLayers { widths: vec![10, 10], ..HiddenLayers::default() };
        let net = SpectralNet { features, readout, ritz_start, outputs: 5, held_out: 0.0, ..SpectralNet::new(4) };
        let task = net.task(&graph, &points, Seed(0)).unwrap();
        task.finish(task.start(), ()).unwrap().functions.values().to_vec()
    };
    let all = levels(Readout::OutputsAndHidden, false);
    for (level, value) in all.iter().enumerate() {
        assert!(*value > exact[level] - 1e-12, "{value} below {}", exact[level]);
        assert!(levels(Readout::Outputs, false)[level] > value - 1e-12);
        // The outputs are the best of what is hidden.
        assert!((levels(Readout::Outputs, true)[level] - value).abs() < 1e-9);
    }
    assert!(all[0].abs() < 1e-12);
}

#[test]
fn orthonormalised_outputs_are_orthonormal_and_dependent_ones_do_no_harm() {
    let (graph, points) = cloud();
    let trainer = Trainer { steps: 20, ..SpectralNet::paper(3).trainer };
    let net = SpectralNet {
        sampling: Sampling::Points { batch: 20 },
        loss: Loss::Orthonormalized { batch: 30 },
        trainer,
        ..SpectralNet::paper(3)
    };
    let fit = net.fit(&graph, &points, Seed(0)).unwrap();
    let f = fit.functions.transform(&points).unwrap();
    let moments = f.t_matmul(&f).unwrap().scale(1.0 / 40.0);
    assert!(moments.sub(&Matrix::identity(3)).unwrap().max_abs() < 1e-10, "{moments:?}");
    // Nine outputs of a layer of two: seven are dependent.
    let features = HiddenLayers { widths: vec![8, 2], ..net.features.clone() };
    let thin = SpectralNet { components: 2, outputs: 9, features, ..net };
    assert_eq!(thin.fit(&graph, &points, Seed(0)).unwrap().functions.components(), 2);
    let refused = SpectralNet { components: 9, ..thin }.fit(&graph, &points, Seed(0)).unwrap_err();
    assert!(refused.to_string().contains("holds 2 independent functions"), "{refused}");
}

/// The principal angles between the columns, squared and added up, to the power of a half.
fn grassmann(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    let orthonormal = |m: &Matrix<f64>| Qr::factor(m).unwrap().thin_q().unwrap();
    let (a, b) = (orthonormal(a), orthonormal(b));
    let cosines = a.t_matmul(&b).unwrap();
    let rest = b.sub(&a.matmul(&cosines).unwrap()).unwrap();
    let (cosines, sines) = (jacobi_svd(&cosines).unwrap().values, jacobi_svd(&rest).unwrap().values);
    cosines.iter().zip(sines.iter().rev()).map(|(c, s)| s.atan2(*c).powi(2)).sum::<f64>().sqrt()
}

fn circle(count: usize, seed: u64) -> Matrix<f64> {
    data::unit_circle(&data::CircleSampling::Uniform.angles(count, Seed(seed)))
}

/// The circle: its functions are those of the direct solver, also at points that are in no graph; products of the kernel
/// bring them nearer.
#[test]
fn eigenfunctions_of_a_circle_agree_with_the_direct_solver() {
    let points = circle(1500, 0);
    let bandwidth = Bandwidth::Median { neighbor: 60, fraction: 0.5 };
    let graph = Affinity { bandwidth, ..Affinity::nearest(60) }.fit(&points).unwrap();
    let k = 5;
    let direct = eigen::smallest(&graph.laplacian(Laplacian::Symmetric), k).tolerance(1e-9).solve_symmetric().unwrap();
    let fit = SpectralNet { trainer: trainer(300), ..SpectralNet::new(k) }.fit(&graph, &points, Seed(0)).unwrap();
    let roots: Vec<f64> = graph.degrees().iter().map(|d| d.sqrt()).collect();
    let weighted = |f: &Matrix<f64>| Matrix::from_fn(f.rows(), f.cols(), |i, j| roots[i] * f[(i, j)]);
    let distance = grassmann(&weighted(&fit.functions.transform(&points).unwrap()), &direct.vectors);
    let refined = fit.functions.refine(&graph, &points, 4).unwrap();
    let nearer = grassmann(&weighted(&refined.functions), &direct.vectors);
    assert!(distance < 0.1 && nearer < 0.5 * distance, "{distance} {nearer}");
    for (level, &value) in direct.values.iter().enumerate() {
        let [ritz, refined] = [fit.functions.values()[level], refined.values[level]];
        assert!(
            refined > value - 1e-9 && ritz > refined - 1e-9 && ritz < 1.05 * value + 1e-9,
            "{value} {refined} {ritz}"
        );
    }
    // cos mθ and sin mθ, at points that it has not seen.
    let (new, others) = (circle(500, 1), fit.functions.transform(&circle(500, 1)).unwrap());
    let angle = |i: usize| new[(i, 1)].atan2(new[(i, 0)]);
    let harmonics = Matrix::from_fn(500, k, |i, j| match j {
        0 => 1.0,
        _ if j % 2 == 1 => ((j / 2 + 1) as f64 * angle(i)).cos(),
        _ => ((j / 2) as f64 * angle(i)).sin(),
    });
    assert!(grassmann(&others, &harmonics) < 0.2, "{}", grassmann(&others, &harmonics));
    assert!(fit.doubt().is_none(), "{:?} {:?}", fit.doubt(), fit.checked);
}

fn trainer(steps: u64) -> Trainer {
    Trainer { steps, schedule: Schedule::cosine(2e-3, steps).unwrap().warm_up(20), ..SpectralNet::new(2).trainer }
}

#[test]
fn clusters_that_k_means_cannot_find_seen_or_not() {
    for (name, make, steps, least) in [
        (
            "circles .05",
            (|seed| data::circles::<f64>(1000, 0.05, 0.5, seed)) as fn(Seed) -> data::DataSet<f64>,
            400,
            0.999,
        ),
        ("moons .1", |seed| data::moons(1000, 0.1, seed), 400, 0.98),
    ] {
        let (known, others) = (make(Seed(3)), make(Seed(4)));
        let graph = Affinity::default().fit(&known.points).unwrap();
        let fit = SpectralNet { trainer: trainer(steps), ..SpectralNet::clustering(2) }
            .fit(&graph, &known.points, Seed(0))
            .unwrap();
        let clusters = fit.functions.cluster(&known.points, &KMeans::new(2), Seed(0)).unwrap();
        let own = accuracy(&clusters.labels, &known.labels).unwrap();
        let new = accuracy(&clusters.predict(&others.points).unwrap(), &others.labels).unwrap();
        assert!(own >= least && new >= least, "{name}: {own}, new points {new}");
    }
}

/// Functions that follow the points rather than the graph are doubted: a wide network on few points.
#[test]
fn what_holds_on_the_points_of_the_training_alone_is_doubted() {
    let mut stream = Seed(0).into_stream();
    // In 30 dimensions, no two of 200 points are near; what the features hold of them does not hold of others.
    let points = Matrix::from_fn(200, 30, |_, _| stream.normal::<f64>());
    let graph = Affinity::nearest(12).fit(&points).unwrap();
    let net = SpectralNet {
        features: HiddenLayers { widths: vec![150], ..HiddenLayers::default() },
        held_out: 0.3,
        ..SpectralNet::new(3)
    };
    let fit = SpectralNet { trainer: trainer(100), ..net }.fit(&graph, &points, Seed(0)).unwrap();
    let doubt = fit.doubt().expect("a doubt");
    let Doubt::Elsewhere { trained, checked, .. } = doubt else { panic!("{doubt}") };
    assert!(checked > 1.1 * trained && doubt.to_string().contains("on others"), "{doubt}");
}

fn small(steps: u64) -> SpectralNet {
    let features = HiddenLayers { widths: vec![16, 16], dropout: 0.1, batch_norm: true, ..HiddenLayers::default() };
    let sampling = Sampling::Edges { edges: 64, nodes: 64 };
    SpectralNet { features, sampling, loss: Loss::Trace, trainer: trainer(steps), ..SpectralNet::new(3) }
}

#[test]
fn a_resumed_training_ends_in_the_same_bits() {
    let points = circle(300, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let net = small(40);
    let whole = net.fit(&graph, &points, Seed(2)).unwrap();

    let mut task = net.task(&graph, &points, Seed(2)).unwrap();
    let mut optimizer = net.optimizer().unwrap();
    let mut state = net.trainer.start(task.start()).unwrap();
    let mut interrupt = |report: &StepReport<'_, f64>| {
        if report.step == 17 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let _ = net.trainer.resume(&mut task, &mut *optimizer, &mut state, &mut interrupt).unwrap();
    let bytes = state.save(&*optimizer, &task).unwrap().to_bytes();

    let file = Container::from_bytes(&bytes).unwrap();
    let mut task = net.task(&graph, &points, Seed(2)).unwrap();
    let mut optimizer = net.optimizer().unwrap();
    let mut state = TrainingState::load(&file, &mut *optimizer, &mut task).unwrap();
    let outcome = net.trainer.resume(&mut task, &mut *optimizer, &mut state, &mut ()).unwrap();
    let resumed = task.finish(state.trained(), outcome).unwrap();
    assert_eq!(resumed.functions.network().parameters(), whole.functions.network().parameters());
    assert_eq!((resumed.functions.values(), resumed.outcome), (whole.functions.values(), whole.outcome));
    assert_eq!((resumed.bounds, resumed.checked), (whole.bounds, whole.checked));
    // Another seed is another run.
    let mut other = net.task(&graph, &points, Seed(3)).unwrap();
    let refused = TrainingState::load(&file, &mut *optimizer, &mut other).unwrap_err();
    assert!(refused.to_string().contains("another run"), "{refused}");
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let points = circle(300, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let on = |threads: usize, net: &SpectralNet| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let fit = pool.install(|| net.fit(&graph, &points, Seed(0)).unwrap());
        (fit.functions.transform(&points).unwrap(), fit.checked)
    };
    let paper = SpectralNet {
        sampling: Sampling::Points { batch: 200 },
        loss: Loss::Orthonormalized { batch: 250 },
        trainer: trainer(5),
        ..SpectralNet::paper(3)
    };
    for net in [small(10), paper] {
        assert_eq!(on(1, &net), on(2, &net));
    }
}

#[test]
fn functions_come_back_from_a_file_as_they_were() {
    let points = circle(200, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let fit = small(5).fit(&graph, &points, Seed(0)).unwrap();
    let saved = fit.functions.save().unwrap();
    let read = SpectralFunctions::<f64>::load(&Container::from_bytes(&saved.to_bytes()).unwrap()).unwrap();
    let new = circle(50, 1);
    assert_eq!(read.transform(&new).unwrap(), fit.functions.transform(&new).unwrap());
    assert_eq!(read.values(), fit.functions.values());
    assert_eq!(read.refine(&graph, &points, 2).unwrap(), fit.functions.refine(&graph, &points, 2).unwrap());
    assert_eq!(read.save().unwrap().to_bytes(), saved.to_bytes());
    assert!(SpectralFunctions::<f32>::load(&saved).is_err());
    assert!(SpectralFunctions::<f64>::load(&Container::new()).is_err());
}

#[test]
fn single_precision_will_do() {
    let circles = data::circles::<f32>(600, 0.05, 0.5, Seed(0));
    let graph = Affinity::default().fit(&circles.points).unwrap();
    let fit = SpectralNet { trainer: trainer(150), ..SpectralNet::clustering(2) }
        .fit(&graph, &circles.points, Seed(0))
        .unwrap();
    let clusters = fit.functions.cluster(&circles.points, &KMeans::new(2), Seed(0)).unwrap();
    assert!(accuracy(&clusters.labels, &circles.labels).unwrap() > 0.99);
}

/// Images of points, and the graph of these: the network knows the points themselves.
#[test]
fn an_affinity_can_be_learned() {
    let moons = data::moons::<f64>(400, 0.05, Seed(0));
    let trainer = Trainer { steps: 300, schedule: Schedule::constant(1e-3).unwrap(), ..Trainer::default() };
    let siamese = Siamese { trainer, ..Siamese::default() };
    let fit = siamese.fit(&moons.points, Seed(0)).unwrap();
    let judged = fit.outcome.held_out.unwrap();
    assert!(judged.trained < 0.6 && judged.elsewhere < 1.5 * judged.trained, "{judged:?}");
    let graph = Affinity::nearest(15).fit(&fit.embed(&moons.points).unwrap()).unwrap();
    let net = SpectralNet { trainer: self::trainer(150), ..SpectralNet::clustering(2) };
    let clusters = net
        .fit(&graph, &moons.points, Seed(0))
        .unwrap()
        .functions
        .cluster(&moons.points, &KMeans::new(2), Seed(0))
        .unwrap();
    assert_eq!(clusters.labels.len(), 400);
    for refused in [
        Siamese { pairs: 0, ..siamese.clone() },
        Siamese { neighbors: 0, ..siamese.clone() },
        Siamese { neighbors: 400, ..siamese.clone() },
        Siamese { margin: f64::NAN, ..siamese.clone() },
        Siamese { held_out: 1.0, ..siamese.clone() },
        Siamese { outputs: 0, ..siamese.clone() },
    ] {
        assert!(refused.fit(&moons.points, Seed(0)).is_err(), "{refused:?}");
    }
    assert!(siamese.fit(&moons.points.map(|x| x / 0.0), Seed(0)).is_err());
}

#[test]
fn what_makes_no_network_is_refused() {
    let (graph, points) = cloud();
    let net =
        SpectralNet { sampling: Sampling::Edges { edges: 8, nodes: 8 }, trainer: trainer(2), ..SpectralNet::new(3) };
    assert!(net.fit(&graph, &points, Seed(0)).is_ok());
    let features = |widths: Vec<usize>, dropout| HiddenLayers { widths, dropout, ..HiddenLayers::default() };
    for refused in [
        SpectralNet { components: 0, ..net.clone() },
        SpectralNet { components: 41, ..net.clone() },
        SpectralNet { components: usize::MAX, ..net.clone() },
        SpectralNet { outputs: 0, ..net.clone() },
        SpectralNet { outputs: 1, readout: Readout::Outputs, ..net.clone() },
        SpectralNet { outputs: 2, readout: Readout::Orthonormalized, ..net.clone() },
        SpectralNet { sampling: Sampling::Edges { edges: 0, nodes: 8 }, ..net.clone() },
        SpectralNet { sampling: Sampling::Edges { edges: 8, nodes: 0 }, ..net.clone() },
        SpectralNet { sampling: Sampling::Edges { edges: usize::MAX, nodes: 8 }, ..net.clone() },
        // 36 points are trained on.
        SpectralNet { sampling: Sampling::Points { batch: 37 }, loss: Loss::Trace, ..net.clone() },
        SpectralNet { sampling: Sampling::Points { batch: 0 }, loss: Loss::Trace, ..net.clone() },
        SpectralNet { sampling: Sampling::Points { batch: 10 }, ..net.clone() },
        SpectralNet { loss: Loss::Orthonormalized { batch: 37 }, ..net.clone() },
        SpectralNet { loss: Loss::Orthonormalized { batch: 0 }, ..net.clone() },
        SpectralNet { held_out: 1.0, ..net.clone() },
        SpectralNet { held_out: f64::NAN, ..net.clone() },
        SpectralNet { features: features(vec![], 0.0), ..net.clone() },
        SpectralNet { features: features(vec![4, 0], 0.0), ..net.clone() },
        SpectralNet { features: features(vec![4], 1.5), ..net.clone() },
    ] {
        let error = refused.fit(&graph, &points, Seed(0)).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{refused:?}: {error}");
    }
    // Other points than the graph's.
    assert!(net.fit(&graph, &circle(39, 0), Seed(0)).is_err());
    assert!(net.fit(&graph, &points.map(|x| x / 0.0), Seed(0)).is_err());
    // The same point forty times has no features but a constant.
    let error = net.fit(&graph, &points.map(|_| 1.0), Seed(0)).expect_err("refused");
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    let fit = net.fit(&graph, &points, Seed(0)).unwrap();
    assert!(
        fit.functions.transform(&Matrix::zeros(2, 3)).is_err()
            && fit.functions.transform(&Matrix::zeros(0, 2)).is_err()
    );
    assert!(fit.functions.refine(&graph, &circle(39, 0), 1).is_err());
}

/// Two circles far apart: eigenvalue 0 twice, whose logarithm has no bound.
#[test]
fn a_graph_in_pieces_is_refused_by_the_determinant_and_taken_by_the_trace() {
    let circles = data::circles::<f64>(300, 0.0, 0.3, Seed(0));
    let graph = Affinity::nearest(10).fit(&circles.points).unwrap();
    assert_eq!(graph.components().count(), 2);
    let net = small(100);
    let error =
        SpectralNet { loss: Loss::LogDeterminant, ..net.clone() }.fit(&graph, &circles.points, Seed(0)).unwrap_err();
    assert!(error.to_string().contains("2 components"), "{error}");
    let fit = net.fit(&graph, &circles.points, Seed(0)).unwrap();
    assert!(fit.functions.values()[1] < 0.01, "{:?}", fit.functions.values());
}

/// Cholesky of fifty outputs at once.
#[test]
fn fifty_functions_are_trained() {
    let points = circle(1000, 0);
    let graph = Affinity::nearest(40).fit(&points).unwrap();
    let fit = SpectralNet { trainer: trainer(20), ..SpectralNet::new(50) }.fit(&graph, &points, Seed(0)).unwrap();
    let values = fit.functions.values();
    assert!(values.len() == 50 && values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
    // On a last layer of 32 fifty outputs are dependent: the orthonormalisation layer goes on with those that are not.
    let thin = SpectralNet { trainer: trainer(5), ..SpectralNet::paper(50) };
    let mut task = thin.task(&graph, &points, Seed(0)).unwrap();
    let mut parameters = task.start().to_vec();
    let outcome = thin.trainer.run(&mut task, &mut *thin.optimizer().unwrap(), &mut parameters, &mut ()).unwrap();
    assert!(outcome.value.is_finite() && outcome.recoveries == 0, "{outcome}");
    let refused = task.finish(&parameters, ()).unwrap_err();
    assert!(refused.to_string().contains("independent functions of the 50"), "{refused}");
}

fn own<'g>(x: Var<'g>) -> Var<'g> {
    LayerNorm::new("norm").call(Mlp::new("own", [2, 12, 12]).call(x).swish())
}

#[test]
fn any_module_and_any_optimiser_will_do() {
    let points = circle(200, 0);
    let graph = Affinity::nearest(20).fit(&points).unwrap();
    let net = SpectralNet { ritz_start: false, readout: Readout::Outputs, ..small(60) };
    let mut task = net.task_of(&own, &graph, &points, Seed(0)).unwrap();
    let mut parameters = task.start().to_vec();
    let sum = |parameters: &[f64], task: &SpectralNetTask<f64>| -> f64 {
        task.finish(parameters, ()).unwrap().functions.values().iter().sum()
    };
    let before = sum(&parameters, &task);
    let _ = net.trainer.run(&mut task, &mut RmsProp::default(), &mut parameters, &mut ()).unwrap();
    assert!(sum(&parameters, &task) < before);
}

/// Two outputs that are orthonormal do not take two circles apart; the fit says so.
#[test]
fn the_authors_configuration_fails_on_circles_and_is_doubted() {
    let circles = data::circles::<f64>(1000, 0.05, 0.5, Seed(3));
    let graph = Affinity::default().fit(&circles.points).unwrap();
    let paper = SpectralNet::paper(2);
    let net = SpectralNet { trainer: Trainer { steps: 1000, ..paper.trainer.clone() }, ..paper };
    let fit = net.fit(&graph, &circles.points, Seed(0)).unwrap();
    let clusters = fit.functions.cluster(&circles.points, &KMeans::new(2), Seed(0)).unwrap();
    assert!(accuracy(&clusters.labels, &circles.labels).unwrap() < 0.9);
    assert!(matches!(fit.doubt(), Some(Doubt::Lower { .. })), "{:?}", fit.doubt());
}
