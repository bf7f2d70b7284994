//! Settings and points that make no network.

use super::*;

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
