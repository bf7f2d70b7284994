//! Clusters, in both precisions, of learned affinities, and where the authors' settings fail.

use super::*;

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
