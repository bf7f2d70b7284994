//! k-means, spectral clustering and what judges them.

use quickcheck::quickcheck;

use crate::eigen::Method;
use crate::graph::{
    Affinity, Bandwidth, Embedding, KMeans, Laplacian, Neighborhood, ScaleSearch, SpectralClustering, accuracy,
    adjusted_rand_index, data, normalized_mutual_information, silhouette,
};
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Error, Scalar, Seed};

quickcheck! {
    /// Among all matchings of at most five labels.
    fn accuracy_is_that_of_the_best_matching(a: Vec<u8>, seed: u64) -> bool {
        let a: Vec<usize> = a.iter().map(|&x| x as usize % 5).collect();
        let mut stream = Seed(seed).into_stream();
        let b: Vec<usize> = a.iter().map(|&x| if stream.below(3) == 0 { stream.below(5) } else { (x + 2) % 5 }).collect();
        if a.is_empty() {
            return accuracy(&a, &b).is_err();
        }
        fn best(a: &[usize], b: &[usize], place: usize, order: &mut [usize; 5]) -> usize {
            if place == 5 {
                return a.iter().zip(b).filter(|(x, y)| order[**x] == **y).count();
            }
            (place..5).map(|i| {
                order.swap(place, i);
                let found = best(a, b, place + 1, order);
                order.swap(place, i);
                found
            }).max().unwrap()
        }
        let right = best(&a, &b, 0, &mut [0, 1, 2, 3, 4]) as f64 / a.len() as f64;
        accuracy(&a, &b).unwrap() == right && accuracy(&b, &a).unwrap() == right
    }

    fn names_of_clusters_do_not_matter(a: Vec<u8>) -> bool {
        let a: Vec<usize> = a.iter().map(|&x| x as usize % 4).collect();
        let b: Vec<usize> = a.iter().map(|&x| 1000 - 7 * x).collect();
        a.is_empty() || [accuracy(&a, &b), normalized_mutual_information(&a, &b), adjusted_rand_index(&a, &b)]
            .into_iter()
            .all(|value| (value.unwrap() - 1.0).abs() < 1e-12)
    }
}

/// Values that scikit-learn's documentation and its tests print.
#[test]
fn indices_agree_with_scikit_learn() {
    let ari = |a: &[usize], b: &[usize]| adjusted_rand_index(a, b).unwrap();
    assert!((ari(&[0, 0, 1, 2], &[0, 0, 1, 1]) - 0.571_428_571_428_571_4).abs() < 1e-12);
    assert!((ari(&[0, 0, 1, 1], &[0, 0, 1, 2]) - 0.571_428_571_428_571_4).abs() < 1e-12);
    assert!((ari(&[0, 0, 1, 1], &[0, 1, 0, 1]) + 0.5).abs() < 1e-12);
    assert_eq!(ari(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
    let nmi = |a: &[usize], b: &[usize]| normalized_mutual_information(a, b).unwrap();
    assert_eq!(nmi(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
    assert!((nmi(&[0, 0, 1, 1], &[0, 0, 1, 2]) - 0.8).abs() < 1e-12);
    // Two pairs on a line, by hand: a = 1, b = 10 or 9 … for each.
    let line = Matrix::from_vec(4, 1, vec![0.0, 1.0, 10.0, 11.0]).unwrap();
    let width = |a: f64, b: f64| (b - a) / b;
    let right = (2.0 * width(1.0, 10.5) + 2.0 * width(1.0, 9.5)) / 4.0;
    assert!((silhouette(&line, &[0, 0, 1, 1]).unwrap() - right).abs() < 1e-12);
    for labels in [&[0, 0, 0, 0][..], &[0, 1, 2, 3], &[0, 1]] {
        assert!(silhouette(&line, labels).is_err());
    }
}

#[test]
fn k_means_finds_blobs_and_repairs_empty_clusters() {
    let centres = Matrix::from_fn(5, 3, |i, j| 20.0 * ((i * 7 + j * 3) % 5) as f64);
    let blobs = data::blobs::<f64>(1000, &centres, &[1.0; 5], Seed(1));
    let fit = KMeans::new(5).fit(&blobs.points, Seed(0)).unwrap();
    assert_eq!(accuracy(&fit.labels, &blobs.labels).unwrap(), 1.0);
    assert!(fit.converged && (fit.inertia / 3000.0 - 1.0).abs() < 0.1, "{}", fit.inertia);
    // Its centres are the means, its labels those of the nearest, and the inertia what they say.
    let mut inertia = 0.0;
    for (i, &label) in fit.labels.iter().enumerate() {
        let to = |k: usize| -> f64 {
            blobs.points.row(i).iter().zip(fit.centres.row(k)).map(|(x, y)| (x - y).powi(2)).sum()
        };
        assert!((0..5).all(|k| to(label) <= to(k)));
        inertia += to(label);
    }
    assert!((inertia / fit.inertia - 1.0).abs() < 1e-12);
    let distances = fit.transform(&blobs.points).unwrap();
    let predicted = fit.predict(&blobs.points).unwrap();
    assert_eq!(predicted, fit.labels);
    assert!((0..1000).all(|i| distances.row(i).iter().all(|&d| distances[(i, predicted[i])] <= d)));
    // As many clusters as different points: each its own.
    let few = Matrix::from_fn(12, 1, |i, _| (i % 4) as f64);
    let fit = KMeans::new(4).fit(&few, Seed(0)).unwrap();
    assert_eq!((fit.inertia, fit.labels.as_slice()), (0.0, &[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3][..]));
    assert!(matches!(KMeans::new(5).fit(&few, Seed(0)), Err(Error::InvalidArgument { .. })));
    for refused in [KMeans::new(0), KMeans::new(13), KMeans { restarts: 0, ..KMeans::new(2) }] {
        assert!(refused.fit(&few, Seed(0)).is_err());
    }
    assert!(KMeans::new(1).fit(&few.map(|x| x / 0.0), Seed(0)).is_err());
    // Units do not matter.
    for unit in [1e-200, 1e200] {
        let fit = KMeans::new(4).fit(&few.map(|x| x * unit), Seed(0)).unwrap();
        assert_eq!(fit.labels[..4], [0, 1, 2, 3], "{unit:e}");
    }
}

#[test]
fn the_same_clusters_on_any_number_of_threads() {
    let points = data::moons::<f32>(5000, 0.1, Seed(2)).points;
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| (KMeans::new(7).fit(&points, Seed(0)).unwrap(), Affinity::nearest(10).fit(&points).unwrap()))
    };
    let ((a, g), (b, h)) = (on(1), on(3));
    assert_eq!(a, b);
    assert_eq!(g.weights(), h.weights());
}

/// Where k-means fails, spectral clustering does not, and it knows points that it has not seen.
#[test]
fn circles_and_moons_come_apart_seen_or_not() {
    for (name, make, least) in [
        ("circles .05", (|seed| data::circles::<f64>(1000, 0.05, 0.5, seed)) as fn(Seed) -> data::DataSet<f64>, 1.0),
        ("circles .1", |seed| data::circles(1000, 0.1, 0.2, seed), 1.0),
        ("moons .05", |seed| data::moons(1000, 0.05, seed), 1.0),
        ("moons .1", |seed| data::moons(1000, 0.1, seed), 0.99),
    ] {
        let (known, others) = (make(Seed(3)), make(Seed(4)));
        let plain = KMeans::new(2).fit(&known.points, Seed(0)).unwrap();
        assert!(accuracy(&plain.labels, &known.labels).unwrap() < 0.95, "{name}");
        let fit = SpectralClustering::new(2).fit(&known.points).unwrap();
        let (own, new) = (
            accuracy(&fit.labels, &known.labels).unwrap(),
            accuracy(&fit.predict(&others.points).unwrap(), &others.labels).unwrap(),
        );
        assert!(own >= least && new >= least - 0.005, "{name}: {own}, new points {new}");
    }
}

#[test]
fn graphs_in_pieces_copies_and_few_points_are_clustered_or_refused() {
    let centres = Matrix::from_fn(3, 2, |i, _| 1000.0 * i as f64);
    let blobs = data::blobs::<f64>(150, &centres, &[1.0; 3], Seed(1));
    let fixed = Affinity { bandwidth: Bandwidth::Fixed(1.0), ..Affinity::nearest(10) };
    let clustering = SpectralClustering { affinity: fixed, ..SpectralClustering::new(3) };
    let fit = clustering.fit(&blobs.points).unwrap();
    assert_eq!(fit.graph().components().count(), 3);
    assert_eq!(accuracy(&fit.labels, &blobs.labels).unwrap(), 1.0);
    // Each point twice: neighbours at distance 0.
    let twice = Matrix::from_fn(300, 2, |i, j| blobs.points[(i / 2, j)]);
    let labels = clustering.fit(&twice).unwrap().labels;
    assert!(labels.chunks(2).all(|pair| pair[0] == pair[1]));
    for points in
        [Matrix::zeros(0, 2), Matrix::from_fn(5, 2, |_, _| f64::NAN), Matrix::from_fn(2, 2, |i, j| (i + j) as f64)]
    {
        assert!(clustering.fit(&points).is_err());
    }
}

/// Pairs of outliers hang on two circles by weights that rounding drops: a dozen eigenvalues are 1 up to rounding, and any
/// two of their vectors would do for a solver. Those of the largest parts tell the circles apart.
#[test]
fn outliers_that_hang_on_by_less_than_rounding_are_no_clusters() {
    fn check<T: Scalar>() {
        let circles = data::circles::<f64>(400, 0.0, 0.5, Seed(0));
        let points = Matrix::from_fn(420, 2, |i, axis| {
            let angle = (i / 2) as f64 * std::f64::consts::TAU / 10.0 + 0.01 * (i % 2) as f64;
            let outlier = [2.0 * angle.cos(), 2.0 * angle.sin()];
            T::of(if i < 400 { circles.points[(i, axis)] } else { outlier[axis] })
        });
        let affinity = Affinity { bandwidth: Bandwidth::Fixed(0.08), ..Affinity::nearest(10) };
        let graph = affinity.fit(&points).unwrap();
        let values = symmetric_eigen(&graph.laplacian(Laplacian::Symmetric).to_dense()).unwrap().values;
        assert_eq!(values.iter().filter(|&&value| value.abs() < T::of(100.0) * T::EPSILON).count(), 12);
        for embedding in [Embedding::ShiMalik, Embedding::NgJordanWeiss] {
            let fit = SpectralClustering { affinity, embedding, ..SpectralClustering::new(2) }.fit(&points).unwrap();
            assert_eq!(accuracy(&fit.labels[..400], &circles.labels).unwrap(), 1.0);
            assert_eq!(fit.pairs.method, Method::GraphComponents);
            assert!(fit.pairs.residuals.iter().all(|&residual| residual < T::of(100.0) * T::EPSILON));
            let products = fit.pairs.vectors.t_matmul(&fit.pairs.vectors).unwrap();
            assert!((0..4).all(|at| {
                let (i, j) = (at / 2, at % 2);
                (products[(i, j)] - T::of(f64::from(i == j))).abs() < T::of(100.0) * T::EPSILON
            }));
        }
    }
    check::<f64>();
    check::<f32>();
}

/// The blobs of scikit-learn's comparison of clustering methods, stretched, and of different deviations.
#[test]
fn blobs_stretched_or_of_different_widths_come_apart() {
    let centres = Matrix::from_vec(3, 2, vec![-9.0, -5.5, 0.0, 0.5, 2.0, -7.0]).unwrap();
    let even = data::blobs::<f64>(500, &centres, &[1.0; 3], Seed(0));
    let varied = data::blobs::<f64>(500, &centres, &[1.0, 2.5, 0.5], Seed(0));
    let turn = Matrix::from_vec(2, 2, vec![0.6, -0.6, -0.4, 0.8]).unwrap();
    let stretched = data::DataSet { points: even.points.matmul(&turn).unwrap(), labels: even.labels.clone() };
    for (name, set, least) in [("even", even, 1.0), ("stretched", stretched, 0.98), ("varied", varied, 0.95)] {
        let fit = SpectralClustering::new(3).fit(&set.points).unwrap();
        let right = accuracy(&fit.labels, &set.labels).unwrap();
        assert!(right >= least, "{name}: {right}");
    }
}

/// Where the scale that is usual is too large, a smaller one is found; where it does, it is kept.
#[test]
fn the_scale_shrinks_until_the_clusters_are_the_eigenvectors() {
    let (moons, others) = (data::moons::<f64>(1500, 0.1, Seed(0)), data::moons::<f64>(1000, 0.1, Seed(100)));
    let choice = ScaleSearch::default().fit(&SpectralClustering::new(2), &moons.points).unwrap();
    assert!(choice.fraction() < 1.0 && choice.tried.len() > 1);
    assert!(choice.tried[choice.chosen].ratio() < choice.tried[0].ratio());
    assert!(accuracy(&choice.labels, &moons.labels).unwrap() >= 0.995);
    assert!(accuracy(&choice.clusters.predict(&others.points).unwrap(), &others.labels).unwrap() >= 0.99);
    // No cut is below its bound.
    assert!(choice.tried.iter().all(|scale| scale.cut >= scale.bound * (1.0 - 1e-9) - 1e-12), "{:?}", choice.tried);
    let circles = data::circles::<f64>(1000, 0.05, 0.5, Seed(0));
    let choice = ScaleSearch::default().fit(&SpectralClustering::new(2), &circles.points).unwrap();
    assert_eq!((choice.fraction(), choice.tried.len()), (1.0, 1));
    // Nothing to try, and nothing but copies.
    let search = ScaleSearch { fractions: Vec::new(), ..ScaleSearch::default() };
    assert!(search.fit(&SpectralClustering::new(2), &circles.points).is_err());
    assert!(ScaleSearch::default().fit(&SpectralClustering::new(2), &Matrix::<f64>::zeros(100, 2)).is_err());
}

/// Noise at which the graph crumbles before the moons come apart.
#[test]
fn fragments_are_left_out_and_get_the_clusters_about_them() {
    let moons = data::moons::<f64>(1500, 0.15, Seed(7).child("points"));
    let choice = ScaleSearch::default().fit(&SpectralClustering::new(2), &moons.points).unwrap();
    let left_out = choice.tried[choice.chosen].left_out;
    assert!(left_out > 0 && left_out < 25 && choice.kept.len() + left_out == 1500, "{:?}", choice.tried);
    assert!(choice.kept.iter().zip(&choice.clusters.labels).all(|(&i, &label)| choice.labels[i] == label));
    assert!(accuracy(&choice.labels, &moons.labels).unwrap() >= 0.97);
    // What is small at every scale did not break off: a third cluster, which two leave no place for.
    let mut stream = Seed(0).into_stream();
    let points = Matrix::from_fn(1015, 2, |i, _| stream.normal::<f64>() + if i < 1000 { 0.0 } else { 100.0 });
    let error = ScaleSearch::default().fit(&SpectralClustering::new(2), &points).unwrap_err();
    assert!(error.to_string().contains("smaller than a neighbourhood"), "{error}");
}

/// As many labels as points: the table of all pairs of them would take gigabytes.
#[test]
fn labels_by_the_ten_thousand_are_compared_in_the_memory_of_the_points() {
    let n = 60_000;
    let (one, other): (Vec<usize>, Vec<usize>) = ((0..n).collect(), (0..n).map(|i| (i * 7919) % n).collect());
    assert_eq!(accuracy(&one, &other).unwrap(), 1.0);
    assert!((normalized_mutual_information(&one, &other).unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(adjusted_rand_index(&one, &other).unwrap(), 1.0);
    // Pairs of points against pairs that lie across them: one ring, of which the best matching has every second link.
    let (pairs, across): (Vec<usize>, Vec<usize>) = (0..n).map(|i| (i / 2, (i + 1) % n / 2)).unzip();
    assert_eq!(accuracy(&pairs, &across).unwrap(), 0.5);
    // Rows and columns are treated differently, but it does not matter which is which.
    for (labels, seed) in [(40, 0), (300, 1), (300, 2)] {
        let mut stream = Seed(seed).into_stream();
        let a: Vec<usize> = (0..2000).map(|_| stream.below(labels)).collect();
        let b: Vec<usize> =
            a.iter().map(|&x| if stream.below(2) == 0 { x / 2 } else { stream.below(labels) }).collect();
        assert_eq!(accuracy(&a, &b).unwrap(), accuracy(&b, &a).unwrap());
    }
}

/// What lies near one another is told apart however far off another point is.
#[test]
fn k_means_knows_groups_beside_an_outlier() {
    fn check<T: Scalar>(outliers: &[f64]) {
        for &outlier in outliers {
            let line = [0.0, 0.1, 0.2, 10.0, 10.1, 10.2, outlier].map(T::of);
            let points = Matrix::from_vec(7, 1, line.to_vec()).unwrap();
            let fit = KMeans::new(3).fit(&points, Seed(0)).unwrap();
            assert_eq!(fit.labels, [0, 0, 0, 1, 1, 1, 2], "{outlier:e}");
            assert!((fit.inertia / 0.04 - 1.0).abs() < 1e-4, "{outlier:e}: {}", fit.inertia);
            assert_eq!(fit.predict(&points).unwrap(), fit.labels, "{outlier:e}");
            let distances = fit.transform(&points).unwrap();
            assert!((distances[(0, 0)].to_f64() / 0.1 - 1.0).abs() < 1e-4, "{outlier:e}: {}", distances[(0, 0)]);
            // Seven different points, and no eighth.
            let all = KMeans::new(7).fit(&points, Seed(0)).unwrap();
            assert_eq!(all.labels, [0, 1, 2, 3, 4, 5, 6], "{outlier:e}");
        }
    }
    check::<f32>(&[1e3, 1e20, 1e24, 1e30, 1e35]);
    check::<f64>(&[1e3, 1e24, 1e170, 1e250, 1e300]);
}

#[test]
fn more_clusters_than_different_points_are_refused() {
    let copies = Matrix::from_fn(40, 2, |i, j| ((i % 3) * (j + 1)) as f64);
    let affinity =
        Affinity { bandwidth: Bandwidth::Fixed(0.3), neighborhood: Neighborhood::All, ..Affinity::default() };
    let clustering = |clusters: usize| SpectralClustering { affinity, ..SpectralClustering::new(clusters) };
    let labels = clustering(3).fit(&copies).unwrap().labels;
    assert!((0..40).all(|i| labels[i] == i % 3), "{labels:?}");
    for clusters in [4, 5, 40] {
        let refused = clustering(clusters).fit(&copies);
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{clusters}");
    }
}

/// Two chains and a point far off: the walk has no place for it, and three clusters would halve a chain.
#[test]
fn points_without_neighbours_do_not_cut_the_others() {
    let at = |i: usize| {
        if i < 10 {
            i as f64
        } else if i < 20 {
            1e3 + i as f64
        } else {
            1e6
        }
    };
    let affinity =
        Affinity { neighborhood: Neighborhood::Within(1.5), bandwidth: Bandwidth::Fixed(1.0), ..Affinity::default() };
    let all = Matrix::from_fn(21, 1, |i, _| at(i));
    let cluster = |clusters| SpectralClustering { affinity, ..SpectralClustering::new(clusters) };
    let told = cluster(3).fit(&all).map(|fit| fit.labels).unwrap_err();
    assert!(matches!(told, Error::InvalidArgument { .. }) && told.to_string().contains("ask for 2"), "{told}");
    let labels = cluster(2).fit(&all).unwrap().labels;
    assert!((0..20).all(|i| labels[i] == i / 10), "{labels:?}");
    let labels = cluster(2).fit(&all.submatrix(0..20, 0..1)).unwrap().labels;
    assert!((0..20).all(|i| labels[i] == i / 10), "{labels:?}");
}
