//! Eigenfunctions against a direct solver, on points that the network has not seen.

use super::*;

/// The principal angles between the columns, squared and added up, to the power of a half.
fn grassmann(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    let orthonormal = |m: &Matrix<f64>| Qr::factor(m).unwrap().thin_q().unwrap();
    let (a, b) = (orthonormal(a), orthonormal(b));
    let cosines = a.t_matmul(&b).unwrap();
    let rest = b.sub(&a.matmul(&cosines).unwrap()).unwrap();
    let (cosines, sines) = (jacobi_svd(&cosines).unwrap().values, jacobi_svd(&rest).unwrap().values);
    cosines.iter().zip(sines.iter().rev()).map(|(c, s)| s.atan2(*c).powi(2)).sum::<f64>().sqrt()
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
