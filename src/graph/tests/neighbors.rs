//! Against all distances, sorted.

use quickcheck::quickcheck;

use crate::graph::{Affinity, Bandwidth, DiffusionMap, NeighborSearch, Neighborhood, Neighbors};
use crate::linalg::Matrix;
use crate::{Error, Scalar, Seed};

/// All others by distance, then by number, from differences added up one by one.
fn by_hand(points: &Matrix<f64>, at: &[f64], except: Option<usize>) -> Vec<(f64, u32)> {
    let distance = |row: &[f64]| row.iter().zip(at).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    let others = (0..points.rows()).filter(|&i| Some(i) != except);
    let mut all: Vec<(f64, u32)> = others.map(|i| (distance(points.row(i)), i as u32)).collect();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    all
}

/// Points on a grid so coarse that many are equal and many distances too: whole numbers, so that all are exact.
fn coarse(seed: u64, rows: usize, cols: usize) -> Matrix<f64> {
    let mut stream = Seed(seed).into_stream();
    Matrix::from_fn(rows, cols, |_, _| stream.below(5) as f64)
}

quickcheck! {
    fn the_tree_and_the_products_find_what_sorting_finds(seed: u64, rows: u8, cols: u8, count: u8) -> bool {
        let (rows, cols) = (rows as usize + 2, cols as usize % 7 + 1);
        let count = count as usize % (rows - 1) + 1;
        let points = coarse(seed, rows, cols);
        let at = coarse(seed ^ 1, 3, cols);
        [true, false].into_iter().all(|tree| {
            let search = NeighborSearch::with_tree(&points, tree).unwrap();
            let same = |found: (&[u32], &[f64]), right: &[(f64, u32)]| {
                found.0.len() == right.len()
                    && found.0.iter().zip(found.1).zip(right).all(|((&i, &d), &(e, j))| i == j && (d - e).abs() < 1e-14)
            };
            let own = search.nearest_of_each(count).unwrap();
            let others = search.nearest(&at, count).unwrap();
            let radius = 2.0;
            let (near, near_others) = (search.within_of_each(radius).unwrap(), search.within(&at, radius).unwrap());
            let within = |all: &[(f64, u32)]| all.iter().take_while(|(d, _)| *d <= radius).count();
            (0..rows).all(|i| {
                let right = by_hand(&points, points.row(i), Some(i));
                same(own.of(i), &right[..count]) && same(near.of(i), &right[..within(&right)])
            }) && (0..3).all(|i| {
                let right = by_hand(&points, at.row(i), None);
                same(others.of(i), &right[..count]) && same(near_others.of(i), &right[..within(&right)])
            })
        })
    }
}

#[test]
fn the_same_on_any_number_of_threads_and_by_both_methods() {
    fn check<T: Scalar>() {
        let mut stream = Seed(3).into_stream();
        let points = Matrix::from_fn(3000, 3, |_, _| stream.normal::<T>());
        let on = |threads: usize, tree: bool| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| NeighborSearch::with_tree(&points, tree).unwrap().nearest_of_each(20).unwrap())
        };
        let found = on(1, true);
        for (threads, tree) in [(4, true), (1, false), (3, false)] {
            assert_eq!(on(threads, tree), found);
        }
    }
    check::<f64>();
    check::<f32>();
}

/// Units do not matter, not even where squares would over- or underflow.
#[test]
fn tiny_and_huge_points_have_their_neighbours() {
    let points = coarse(5, 200, 2);
    let right = NeighborSearch::new(&points).unwrap().nearest_of_each(7).unwrap();
    for exponent in [-1000, -600, 600, 1000] {
        let unit = 2f64.powi(exponent);
        let found = NeighborSearch::new(&points.map(|x| x * unit)).unwrap().nearest_of_each(7).unwrap();
        for ((others, distances), (right, exact)) in found.iter().zip(right.iter()) {
            assert_eq!(others, right, "{unit:e}");
            assert!(distances.iter().zip(exact).all(|(d, e)| *d == e * unit), "{unit:e}");
        }
    }
}

#[test]
fn copies_cost_no_more_than_others() {
    let points = Matrix::from_fn(200_000, 2, |i, _| if i < 199_990 { 1.0 } else { i as f64 });
    let found = NeighborSearch::new(&points).unwrap().nearest_of_each(5).unwrap();
    assert_eq!(found.of(0), (&[1, 2, 3, 4, 5][..], &[0.0; 5][..]));
    assert_eq!(found.of(77_000).0, [0, 1, 2, 3, 4]);
    let refused = NeighborSearch::new(&points).unwrap().within_of_each(0.5);
    assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{refused:?}");
}

#[test]
fn what_is_no_point_or_no_number_of_neighbours_is_refused() {
    let points = coarse(1, 4, 2);
    let search = NeighborSearch::new(&points).unwrap();
    for refused in [
        search.nearest_of_each(0),
        search.nearest_of_each(4),
        search.nearest_of_each(usize::MAX),
        search.nearest(&points, 5),
        search.nearest(&Matrix::zeros(1, 3), 1),
        search.nearest(&Matrix::from_fn(1, 2, |_, _| f64::NAN), 1),
        search.nearest(&Matrix::from_fn(1, 2, |_, _| 1e300), 1),
        search.within_of_each(-1.0),
        search.within_of_each(f64::INFINITY),
        search.within_of_each(f64::NAN),
    ] {
        assert!(refused.is_err(), "{refused:?}");
    }
    assert!(search.nearest(&points, 4).is_ok());
    for points in [Matrix::zeros(0, 2), Matrix::zeros(2, 0), Matrix::from_fn(2, 2, |_, _| f64::INFINITY)] {
        assert!(NeighborSearch::new(&points).is_err());
    }
    // One point has no others.
    assert!(NeighborSearch::new(&Matrix::from_fn(1, 1, |_, _| 3.0)).unwrap().nearest_of_each(1).is_err());
}

/// How many of the true neighbours a search finds.
fn recall<T: Scalar>(points: &Matrix<T>, at: &Matrix<T>, count: usize) -> [f64; 2] {
    let (likely, exact) = (NeighborSearch::approximate(points, Seed(0)).unwrap(), NeighborSearch::new(points).unwrap());
    let share = |a: &Neighbors<T>, b: &Neighbors<T>| {
        let found = a.iter().zip(b.iter()).map(|(a, b)| a.0.iter().filter(|i| b.0.contains(i)).count());
        found.sum::<usize>() as f64 / b.count() as f64
    };
    let own = share(&likely.nearest_of_each(count).unwrap(), &exact.nearest_of_each(count).unwrap());
    [own, share(&likely.nearest(at, count).unwrap(), &exact.nearest(at, count).unwrap())]
}

#[test]
fn likely_neighbours_are_nearly_all_true_and_the_same_on_any_number_of_threads() {
    let mut stream = Seed(7).into_stream();
    // Ten clusters in thirty dimensions, and a sheet.
    let blobs = Matrix::from_fn(3000, 30, |i, j| 8.0 * ((i * 7 + j) % 10) as f32 + stream.normal::<f32>());
    let others = Matrix::from_fn(200, 30, |i, j| 8.0 * ((i * 7 + j) % 10) as f32 + stream.normal::<f32>());
    let [own, new] = recall(&blobs, &others, 15);
    assert!(own > 0.99 && new > 0.97, "{own} {new}");
    let sheet = Matrix::from_fn(3000, 20, |i, j| {
        (((i % 60 + j) as f64) * 0.1).sin() * ((i / 60) as f64 * 0.07 * j as f64).cos()
    });
    let [own, new] = recall(&sheet, &sheet.submatrix(100..200, 0..20).map(|x| x + 1e-3), 30);
    assert!(own > 0.97 && new > 0.95, "{own} {new}");
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| NeighborSearch::approximate(&blobs, Seed(0)).unwrap().nearest_of_each(20).unwrap())
    };
    assert_eq!(on(1), on(3));
    // Copies, few points, and what it does not know.
    let copies = Matrix::<f64>::zeros(500, 3);
    let found = NeighborSearch::approximate(&copies, Seed(0)).unwrap().nearest_of_each(10).unwrap();
    assert!(
        found
            .iter()
            .enumerate()
            .all(|(i, (others, d))| others.len() == 10 && d[9] == 0.0 && !others.contains(&(i as u32)))
    );
    let two = NeighborSearch::approximate(&blobs.submatrix(0..2, 0..30), Seed(0)).unwrap();
    assert_eq!(two.nearest_of_each(1).unwrap().of(1).0, [0]);
    assert!(
        two.within_of_each(1.0).is_err()
            && NeighborSearch::approximate(&blobs.submatrix(0..1, 0..30), Seed(0)).is_err()
    );
}

/// Within the distance that a search tells of a neighbour is that neighbour, whatever the square of the distance rounds to.
#[test]
fn a_neighbour_is_within_its_own_distance() {
    fn check<T: Scalar>() {
        for cols in 1..=6 {
            let mut stream = Seed(cols as u64).into_stream();
            let points = Matrix::from_fn(300, cols, |_, _| stream.normal::<T>());
            for tree in [true, false] {
                let search = NeighborSearch::with_tree(&points, tree).unwrap();
                let nearest = search.nearest_of_each(3).unwrap();
                for i in 0..300 {
                    let (others, distances) = nearest.of(i);
                    let at = points.submatrix(i..i + 1, 0..cols);
                    let found = search.within(&at, distances[2]).unwrap();
                    // Itself, and those three: nothing that is farther.
                    assert_eq!(found.of(0).0.len(), 4, "{cols} {tree} {i}");
                    assert!(others.iter().all(|j| found.of(0).0.contains(j)));
                    let least = T::one() - T::of(2.0) * T::EPSILON;
                    assert_eq!(search.within(&at, distances[2] * least).unwrap().of(0).0.len(), 3);
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
    // A cube: its diagonal is √3.
    let lattice = Matrix::from_fn(125, 3, |i, j| [i / 25, (i / 5) % 5, i % 5][j] as f64);
    let graph = |neighborhood: Neighborhood| {
        Affinity { neighborhood, bandwidth: Bandwidth::Fixed(1.0), ..Affinity::default() }.fit(&lattice).unwrap()
    };
    assert_eq!(graph(Neighborhood::Within(3f64.sqrt())).weights().row(62).0.len(), 26);
    for count in [7, 18, 19] {
        let reached = graph(Neighborhood::Reach(count));
        assert!((0..125).all(|i| reached.weights().row(i).0.len() >= count), "{count}");
    }
    let two = Matrix::from_fn(2, 3, |i, _| i as f64);
    assert!(DiffusionMap { components: 2, ..DiffusionMap::default() }.fit(&two).is_ok());
}
