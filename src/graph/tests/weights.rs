//! Affinities, Laplacians, components and cuts against the formulas on dense matrices.

use crate::graph::{Affinity, Bandwidth, Graph, Laplacian, Neighborhood, SpectralClustering, Symmetrization};
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Error, Scalar, Seed};

fn cloud(count: usize) -> Matrix<f64> {
    let mut stream = Seed(11).into_stream();
    Matrix::from_fn(count, 3, |_, _| stream.normal())
}

fn distance(points: &Matrix<f64>, i: usize, j: usize) -> f64 {
    points.row(i).iter().zip(points.row(j)).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// Whether j is among the `count` nearest others of i.
fn is_near(points: &Matrix<f64>, count: usize, i: usize, j: usize) -> bool {
    let nearer = (0..points.rows()).filter(|&m| m != i && distance(points, i, m) < distance(points, i, j));
    i != j && nearer.count() < count
}

#[test]
fn weights_follow_their_formula() {
    let (points, count) = (cloud(60), 7);
    for symmetrization in [Symmetrization::Mean, Symmetrization::Either, Symmetrization::Mutual] {
        for bandwidth in [Bandwidth::Fixed(0.8), Bandwidth::Local(4)] {
            let affinity = Affinity { bandwidth, symmetrization, ..Affinity::nearest(count) };
            let graph = affinity.fit(&points).unwrap();
            let width = |i: usize| match bandwidth {
                Bandwidth::Fixed(width) => width,
                _ => {
                    let mut all: Vec<f64> = (0..60).filter(|&j| j != i).map(|j| distance(&points, i, j)).collect();
                    all.sort_by(f64::total_cmp);
                    all[3]
                }
            };
            for i in 0..60 {
                for j in 0..60 {
                    let sides = [is_near(&points, count, i, j), is_near(&points, count, j, i)];
                    let share = match (sides, symmetrization) {
                        ([true, true], _) => 1.0,
                        ([false, false], _) | (_, Symmetrization::Mutual) => 0.0,
                        (_, Symmetrization::Either) => 1.0,
                        (_, Symmetrization::Mean) => 0.5,
                    };
                    let right = share * (-0.5 * distance(&points, i, j).powi(2) / (width(i) * width(j))).exp();
                    let found = graph.weights().get(i, j).unwrap();
                    assert!((found - right).abs() < 1e-14, "{symmetrization:?} {bandwidth:?} {i} {j}: {found} {right}");
                }
            }
            assert!(graph.weights().is_symmetric(0.0));
        }
    }
}

#[test]
fn bandwidths_follow_their_rules() {
    // Distances to the second neighbour: 2, 1, 1, 2, 97.
    let line = Matrix::from_vec(5, 1, vec![0.0, 1.0, 2.0, 3.0, 100.0]).unwrap();
    let width = |bandwidth: Bandwidth| {
        let affinity = Affinity { bandwidth, neighborhood: Neighborhood::All, ..Affinity::default() };
        affinity.fit(&line).map(|graph: Graph<f64>| graph.bandwidth())
    };
    assert_eq!(width(Bandwidth::Median { neighbor: 2, fraction: 0.5 }), Ok(Some(1.0)));
    let cutoff = width(Bandwidth::Cutoff { neighbor: 2, tolerance: 1e-8 }).unwrap().unwrap();
    assert!((cutoff - 98.0 / (-1e-8_f64.ln()).sqrt()).abs() < 1e-12, "{cutoff}");
    for refused in [
        Bandwidth::Fixed(0.0),
        Bandwidth::Fixed(f64::NAN),
        Bandwidth::Median { neighbor: 2, fraction: -1.0 },
        Bandwidth::Cutoff { neighbor: 2, tolerance: 1.0 },
        Bandwidth::Fixed(1e-3), // every weight underflows
    ] {
        assert!(matches!(width(refused), Err(Error::InvalidArgument { .. })), "{refused:?}");
    }
    let copies = Matrix::from_fn(50, 2, |_, _| 4.0);
    assert!(Affinity::default().fit(&copies).is_err());
    let fixed = Affinity { bandwidth: Bandwidth::Fixed(1.0), ..Affinity::nearest(3) };
    assert!(fixed.fit(&copies).unwrap().weights().entries().iter().all(|&w| w == 1.0 || w == 0.5));
}

#[test]
fn laplacians_follow_their_formulas_and_know_the_components() {
    // Two clouds far apart, and a point alone.
    let cloud = cloud(40);
    let points = Matrix::from_fn(81, 3, |i, j| match i {
        80 => 1e3,
        _ => cloud[(i / 2, j)] + if i % 2 == 0 { 0.0 } else { 50.0 },
    });
    let affinity =
        Affinity { neighborhood: Neighborhood::Within(4.0), bandwidth: Bandwidth::Fixed(1.0), ..Affinity::default() };
    let graph = affinity.fit(&points).unwrap();
    let components = graph.components();
    assert_eq!(components.count(), 3);
    assert!((0..80).all(|i| components.labels()[i] == i % 2) && components.labels()[80] == 2);
    let (w, d) = (graph.weights().to_dense(), graph.degrees());
    assert_eq!(d[80], 0.0);
    let dense = |entry: &dyn Fn(usize, usize) -> f64| Matrix::from_fn(81, 81, entry);
    let unit = |i: usize, j: usize| if i == j { 1.0 } else { 0.0 };
    let of = |i: usize| if d[i] > 0.0 { 1.0 } else { 0.0 };
    let safe = |i: usize| if d[i] > 0.0 { d[i] } else { 1.0 };
    for (laplacian, right) in [
        (Laplacian::Unnormalized, dense(&|i, j| unit(i, j) * d[i] - w[(i, j)])),
        (Laplacian::Symmetric, dense(&|i, j| unit(i, j) * of(i) - w[(i, j)] / (safe(i) * safe(j)).sqrt())),
        (Laplacian::RandomWalk, dense(&|i, j| unit(i, j) * of(i) - w[(i, j)] / safe(i))),
    ] {
        let found = graph.laplacian(laplacian).to_dense();
        assert!(found.sub(&right).unwrap().max_abs() < 1e-13, "{laplacian:?}");
        if laplacian != Laplacian::RandomWalk {
            let values = symmetric_eigen(&found).unwrap().values;
            assert!(values[..3].iter().all(|v| v.abs() < 1e-12) && values[3] > 1e-3, "{:?}", &values[..5]);
        }
    }
}

#[test]
fn cuts_are_what_the_edges_between_parts_weigh() {
    let graph = Affinity { bandwidth: Bandwidth::Fixed(1.0), ..Affinity::nearest(6) }.fit(&cloud(30)).unwrap();
    let labels: Vec<usize> = (0..30).map(|i| i % 3).collect();
    let partition = graph.partition(&labels).unwrap();
    let w = graph.weights().to_dense();
    for part in 0..3 {
        let sum = |other: &dyn Fn(usize) -> bool| -> f64 {
            let pairs = (0..30).flat_map(|i| (0..30).map(move |j| (i, j)));
            pairs.filter(|&(i, j)| i % 3 == part && other(j)).map(|pair| w[pair]).sum()
        };
        assert!((partition.cuts[part] - sum(&|j| j % 3 != part)).abs() < 1e-12);
        assert!((partition.volumes[part] - sum(&|_| true)).abs() < 1e-12);
        assert_eq!(partition.sizes[part], 10);
    }
    // Of two parts the indicator gives the cut: ½ Σ wᵢⱼ (fᵢ − fⱼ)² = fᵀ L f.
    let two: Vec<usize> = (0..30).map(|i| usize::from(i >= 12)).collect();
    let f: Vec<f64> = two.iter().map(|&label| label as f64).collect();
    let lf = graph.laplacian(Laplacian::Unnormalized).to_dense().matvec(&f).unwrap();
    let form: f64 = f.iter().zip(&lf).map(|(a, b)| a * b).sum();
    let partition = graph.partition(&two).unwrap();
    assert!((partition.cut() - form).abs() < 1e-12);
    let ncut = form * (1.0 / partition.volumes[0] + 1.0 / partition.volumes[1]);
    assert!((partition.normalized_cut() - ncut).abs() < 1e-12);
    assert!((partition.ratio_cut() - form * (1.0 / 12.0 + 1.0 / 18.0)).abs() < 1e-12);
    assert!(graph.partition(&two[1..]).is_err() && graph.partition(&[usize::MAX; 30]).is_err());
}

/// Two clouds on a thin bridge: the vector is that of the dense matrix, and its signs find the bridge.
#[test]
fn the_fiedler_vector_cuts_where_the_graph_is_thin() {
    let cloud = cloud(60);
    let points = Matrix::from_fn(120, 3, |i, j| cloud[(i / 2, j)] + if i % 2 == 1 && j == 0 { 5.0 } else { 0.0 });
    let affinity =
        Affinity { bandwidth: Bandwidth::Fixed(1.0), neighborhood: Neighborhood::All, ..Affinity::default() };
    let graph = affinity.fit(&points).unwrap();
    for laplacian in [Laplacian::Unnormalized, Laplacian::Symmetric, Laplacian::RandomWalk] {
        let found = graph.fiedler(laplacian, Seed(0)).unwrap();
        let image = graph.laplacian(laplacian).to_dense().matvec(&found.vector).unwrap();
        let residual = image.iter().zip(&found.vector).map(|(a, v)| (a - found.value * v).powi(2)).sum::<f64>().sqrt();
        assert!(residual < 1e-8, "{laplacian:?}: {residual:e}");
        let other = if laplacian == Laplacian::RandomWalk { Laplacian::Symmetric } else { laplacian };
        let values = symmetric_eigen(&graph.laplacian(other).to_dense()).unwrap().values;
        assert!((found.value - values[1]).abs() < 1e-10 && found.value > 1e-12, "{laplacian:?}");
        assert!((0..120).all(|i| found.labels[i] == i % 2), "{laplacian:?}: {:?}", found.labels);
        let cut = &found.partition;
        let cost = if laplacian == Laplacian::Unnormalized { cut.ratio_cut() } else { cut.normalized_cut() };
        assert!(cost >= values[1]);
    }
    let gap = graph.clusters_by_gap(10, Seed(0)).unwrap();
    assert_eq!((gap.clusters, gap.values.len()), (2, 11));
    assert!(graph.clusters_by_gap(0, Seed(0)).is_err() && graph.clusters_by_gap(120, Seed(0)).is_err());
    let apart = Affinity { bandwidth: Bandwidth::Fixed(0.05), ..Affinity::nearest(2) }.fit(&points).unwrap();
    let refused = apart.fiedler(Laplacian::Symmetric, Seed(0));
    assert!(matches!(refused, Err(Error::InvalidArgument { .. })));
}

const ALL: [Laplacian; 3] = [Laplacian::Unnormalized, Laplacian::Symmetric, Laplacian::RandomWalk];

/// Groups of twenty points on a line, each within 1, at distances that are given.
fn groups<T: Scalar>(at: &[f64]) -> Graph<T> {
    let place = |i: usize| at[i / 20] + (i as f64 * 0.7919).fract();
    let points = Matrix::from_fn(20 * at.len(), 1, |i, _| T::of(place(i)));
    let affinity =
        Affinity { bandwidth: Bandwidth::Fixed(1.0), neighborhood: Neighborhood::All, ..Affinity::default() };
    affinity.fit(&points).unwrap()
}

/// However little two groups hang together by, the cut is between them, λ₂ what it costs, and the vector constant on each
/// up to what is cut.
#[test]
fn groups_that_hang_together_by_less_than_rounding_come_apart() {
    fn check<T: Scalar>(farthest: u32) {
        for tenths in (50..=10 * farthest).step_by(5) {
            let graph = groups::<T>(&[0.0, f64::from(tenths) / 10.0]);
            let right: Vec<usize> = (0..40).map(|i| i / 20).collect();
            let cut = graph.partition(&right).unwrap();
            assert_eq!(graph.components().count(), 1);
            for laplacian in ALL {
                let plain = laplacian == Laplacian::Unnormalized;
                let found = graph.fiedler(laplacian, Seed(0)).unwrap();
                let what = format!("{laplacian:?} at {tenths}: {}", found.value);
                assert_eq!(found.labels, right, "{what}");
                let cost = if plain { cut.ratio_cut() } else { cut.normalized_cut() };
                let value = found.value.to_f64();
                assert!((value / cost - 1.0).abs() < 0.05 && value <= cost * (1.0 + 1e-6), "{what}, cost {cost}");
                let known = |i: usize| match laplacian {
                    Laplacian::Unnormalized => 1.0,
                    Laplacian::Symmetric => graph.degrees()[i].to_f64().sqrt(),
                    Laplacian::RandomWalk => graph.degrees()[i].to_f64(),
                };
                let along = (0..40).map(|i| known(i) * found.vector[i].to_f64()).sum::<f64>();
                let size = (0..40).map(|i| known(i) * found.vector[i].to_f64().abs()).sum::<f64>();
                assert!(along.abs() < 100.0 * T::EPSILON.to_f64() * size, "{what}: {along:e}");
            }
        }
    }
    check::<f64>(36);
    check::<f32>(11);
}

/// Which of three groups is to be cut off, weights below rounding do not say.
#[test]
fn three_groups_that_hang_together_by_less_than_rounding_are_refused() {
    for laplacian in ALL {
        for at in [[0.0, 16.0, 32.0], [0.0, 12.0, 30.0]] {
            let refused = groups::<f64>(&at).fiedler(laplacian, Seed(0));
            assert!(matches!(&refused, Err(Error::InvalidArgument { .. })), "{laplacian:?}: {refused:?}");
        }
        assert!(groups::<f32>(&[0.0, 9.0, 18.0]).fiedler(laplacian, Seed(0)).is_err());
        // One link of the two is above rounding.
        let found = groups::<f64>(&[0.0, 5.0, 20.0]).fiedler(laplacian, Seed(0)).unwrap();
        assert!((0..60).all(|i| found.labels[i] == i / 40), "{laplacian:?}");
    }
}

/// The reciprocal of a subnormal degree is no number.
#[test]
fn subnormal_weights_make_laplacians_of_numbers() {
    fn check<T: Scalar>(far: f64) {
        // A row of points, and two that hang on one another and on the row by subnormal weights.
        let place = |i: usize| if i < 30 { 0.01 * i as f64 } else { 0.29 + far * (i - 29) as f64 };
        let points = Matrix::from_fn(32, 1, |i, _| T::of(place(i)));
        let affinity = Affinity { bandwidth: Bandwidth::Fixed(1.0), ..Affinity::nearest(5) };
        let graph = affinity.fit(&points).unwrap();
        let d = graph.degrees();
        let subnormal = |x: T| x > T::zero() && x < T::min_positive_value();
        assert!(subnormal(d[30]) && subnormal(d[31]), "{} {}", d[30], d[31]);
        for laplacian in ALL {
            for (i, (others, row)) in graph.laplacian(laplacian).row_iter().enumerate() {
                for (&j, &entry) in others.iter().zip(row).filter(|(j, _)| **j as usize != i) {
                    // Of powers and roots that are normal numbers.
                    let up = T::of(2.0).powi(60);
                    let [own, other] = [d[i], d[j as usize]].map(|d| (d * up).sqrt());
                    let weight = graph.weights().get(i, j as usize).unwrap() * up;
                    let right = match laplacian {
                        Laplacian::Unnormalized => weight / up,
                        Laplacian::Symmetric => weight / own / other,
                        Laplacian::RandomWalk => weight / own / own,
                    };
                    // And what is subnormal itself.
                    let rounding = T::EPSILON * (T::of(8.0) * right + T::min_positive_value());
                    assert!((entry + right).abs() <= rounding, "{laplacian:?} {i} {j}: {entry}");
                }
                let sum = row.iter().fold(T::zero(), |sum, &entry| sum + entry);
                let exact = laplacian != Laplacian::Symmetric;
                assert!(
                    !exact || sum.abs() <= T::of(32.0) * T::EPSILON * row.iter().fold(T::zero(), |m, v| m.max(v.abs()))
                );
            }
        }
        for laplacian in ALL {
            let found = graph.fiedler(laplacian, Seed(0));
            let refused = matches!(found, Err(Error::InvalidArgument { .. }));
            assert!(refused || found.is_ok_and(|found| found.vector.iter().all(|v| v.is_finite())), "{laplacian:?}");
        }
        let fit = SpectralClustering { affinity, ..SpectralClustering::new(2) }.fit(&points).unwrap();
        assert!(fit.coordinates.as_slice().iter().all(|x| x.is_finite()));
    }
    check::<f32>(13.7);
    check::<f64>(38.0);
}
