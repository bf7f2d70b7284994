//! Losses on exact eigenvectors and against differences, Ritz values between bounds.

use super::*;

fn same<'g>(x: Var<'g>) -> Var<'g> {
    x
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
    let [all, most] = dense_clouds();
    [cloud(), all, most].iter().for_each(|(graph, _)| check_losses_of_exact_eigenfunctions(graph));
}

fn check_losses_of_exact_eigenfunctions(graph: &Graph<f64>) {
    let (n, q, ridge) = (40, 4, 1e-6);
    let unit_vectors = Matrix::identity(n);
    let unit = (1.0 - 1.0 / n as f64).sqrt();
    for normalized in [true, false] {
        let (values, functions) = exact(graph, normalized);
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
            let mut task = whole(loss, normalized, q).task_of(&same, graph, &unit_vectors, Seed(0)).unwrap();
            let mut gradient = vec![0.0; parameters.len()];
            let found = task.gradient(0, &parameters, &mut gradient).unwrap();
            assert!((found - right).abs() < 1e-9 * right.abs(), "{loss:?} {normalized}: {found} for {right}");
            let slope = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            // But for δ.
            assert!(!flat || slope < 1e-4, "{loss:?} {normalized}: slope {slope}");
            // Any others give more. Orthonormal ones can take in some of the constant, whose eigenvalue is 0: that is less
            // where all others are near 1, as on a graph of most pairs.
            let mut stream = Seed(5).into_stream();
            let moved: Vec<f64> = parameters.iter().map(|p| p + 0.1 * stream.normal::<f64>()).collect();
            let moved = task.gradient(0, &moved, &mut gradient).unwrap();
            let dense = graph.laplacian(Laplacian::Unnormalized).nnz() >= n * n / 2;
            assert!(moved > right || dense && !flat, "{loss:?} {normalized}: {moved} for {right}");
        }
        let found = whole(Loss::Trace, normalized, q)
            .task_of(&same, graph, &unit_vectors, Seed(0))
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
    let [all, most] = dense_clouds();
    [cloud(), all, most].iter().for_each(|(graph, points)| check_gradients(graph, points));
}

fn check_gradients(graph: &Graph<f64>, points: &Matrix<f64>) {
    let hidden = HiddenLayers { widths: vec![6, 5], dropout: 0.2, batch_norm: true, ..HiddenLayers::default() };
    for sampling in [Sampling::Edges { edges: 30, nodes: 25 }, Sampling::Points { batch: 36 }] {
        for loss in [Loss::Trace, Loss::LogDeterminant] {
            if loss == Loss::LogDeterminant && matches!(sampling, Sampling::Points { .. }) {
                continue;
            }
            let net = SpectralNet { sampling, features: hidden.clone(), loss, outputs: 3, ..SpectralNet::new(3) };
            let mut task = net.task(graph, points, Seed(1)).unwrap();
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
