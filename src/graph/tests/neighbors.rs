//! Against all distances, sorted.

use quickcheck::quickcheck;

use crate::graph::NeighborSearch;
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
