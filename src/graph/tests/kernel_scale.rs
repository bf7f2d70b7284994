//! The scale and dimension of a kernel sum: sets of known dimension, the sum itself, hostile points.

use crate::graph::{Affinity, Bandwidth, KernelScale, NeighborSearch, Neighborhood, data};
use crate::linalg::Matrix;
use crate::{Error, Scalar, Seed};

fn scale<T: Scalar>(points: &Matrix<T>, neighbors: usize) -> Result<KernelScale<T>, Error> {
    KernelScale::of(&NeighborSearch::new(points)?, neighbors)
}

/// Points of the unit sphere, or within it, in so many dimensions.
fn sphere(count: usize, dimension: usize, filled: bool) -> Matrix<f64> {
    let mut stream = Seed(2).into_stream();
    let mut points = Matrix::from_fn(count, dimension, |_, _| stream.normal::<f64>());
    for i in 0..count {
        let length = points.row(i).iter().map(|x| x * x).sum::<f64>().sqrt();
        let radius = if filled { stream.uniform::<f64>().powf(1.0 / dimension as f64) } else { 1.0 };
        points.row_mut(i).iter_mut().for_each(|x| *x *= radius / length);
    }
    points
}

#[test]
fn the_dimension_of_a_set_is_found_in_both_precisions() {
    let circle = data::unit_circle::<f64>(&data::CircleSampling::Uniform.angles(2000, Seed(0)));
    let (roll, _) = data::swiss_roll::<f64>(3000, 0.0, Seed(0));
    for (name, points, dimension) in [
        ("circle", circle, 1.0),
        ("sphere", sphere(3000, 3, false), 2.0),
        ("Swiss roll", roll, 2.0),
        ("ball", sphere(4000, 3, true), 3.0),
    ] {
        let found = scale(&points, 100).unwrap();
        let single = scale(&Matrix::from_fn(points.rows(), points.cols(), |i, j| points[(i, j)] as f32), 100).unwrap();
        assert!((found.dimension - dimension).abs() < 0.1 * dimension, "{name}: {found:?}");
        assert!((single.dimension as f64 - found.dimension).abs() < 1e-3, "{name}: {single:?} {found:?}");
        assert!((single.sigma as f64 / found.sigma - 1.0).abs() < 1e-3, "{name}: {single:?} {found:?}");
        // Lengths in other units, tiny and huge: σ in these, the same dimension.
        for unit in [2.0_f64.powi(-400), 2.0_f64.powi(400)] {
            let other = scale(&points.scale(unit), 100).unwrap();
            assert!((other.dimension - found.dimension).abs() < 1e-9, "{name}: {other:?} {found:?}");
            assert!((other.sigma / unit / found.sigma - 1.0).abs() < 1e-9, "{name}: {other:?} {found:?}");
        }
    }
}

/// With all neighbours the sum is that of the definition, summed here pair by pair: it grows nowhere faster.
#[test]
fn the_sum_grows_fastest_at_the_scale_found() {
    let points = sphere(300, 2, true);
    let slope = |sigma: f64| {
        let (mut sum, mut derivative) = (0.0, 0.0);
        for (a, b) in (0..300).flat_map(|i| (0..300).map(move |j| (i, j))) {
            let square: f64 = points.row(a).iter().zip(points.row(b)).map(|(x, y)| (x - y).powi(2)).sum();
            let exponent = 0.5 * square / (sigma * sigma);
            sum += (-exponent).exp();
            derivative += exponent * (-exponent).exp();
        }
        (derivative / sum, derivative / (sum - 300.0))
    };
    let found = scale(&points, 299).unwrap();
    let (steepest, alone) = slope(found.sigma);
    let most = (1..200).map(|step| slope(2.0 * 0.96_f64.powi(step)).0).fold(0.0, f64::max);
    assert!(steepest > 0.999 * most, "{steepest} of {most}");
    assert!((found.dimension - 2.0 * alone).abs() < 1e-2, "{found:?} for {}", 2.0 * alone);
    // As a bandwidth it is the graph's.
    let affinity =
        Affinity { bandwidth: Bandwidth::KernelSum(299), neighborhood: Neighborhood::All, ..Affinity::default() };
    assert_eq!(affinity.fit(&points).unwrap().bandwidth(), Some(found.sigma));
}

#[test]
fn copies_and_outliers_do_no_harm_and_too_little_is_refused() {
    let circle = data::unit_circle::<f64>(&data::CircleSampling::Uniform.angles(1000, Seed(1)));
    let alone = scale(&circle, 100).unwrap();
    // Each tenth point twice, and one far away.
    let copied = Matrix::from_fn(1101, 2, |i, j| match i {
        1100 => 1e9,
        1000.. => circle[(10 * (i - 1000), j)],
        _ => circle[(i, j)],
    });
    let found = scale(&copied, 100).unwrap();
    assert!((found.dimension - alone.dimension).abs() < 0.1 && found.sigma < 2.0 * alone.sigma, "{found:?} {alone:?}");
    for (points, neighbors) in [
        (Matrix::from_fn(1, 2, |_, _| 1.0), 10),
        (Matrix::from_fn(50, 2, |_, _| 4.0), 10),
        (Matrix::from_fn(50, 2, |i, _| if i < 30 { 4.0 } else { i as f64 }), 10),
        (Matrix::from_fn(2, 1, |i, _| i as f64), 1),
        (circle.clone(), 0),
        (circle.clone(), 1),
    ] {
        let refused = scale(&points, neighbors);
        assert!(matches!(refused, Err(Error::InvalidArgument { .. })), "{neighbors}: {refused:?}");
    }
    assert!(matches!(scale(&circle.map(|x| x / 0.0), 10), Err(Error::NonFinite { .. })));
    assert!(Affinity { bandwidth: Bandwidth::KernelSum(0), ..Affinity::default() }.fit(&circle).is_err());
}
