//! Cells cover the points, and what is drawn lies between them.

use super::*;
use crate::{Error, Seed};

fn rule(points: Vec<f64>, dimension: usize) -> Quadrature<f64> {
    let count = points.len() / dimension;
    Quadrature::new(points, vec![1.0; count], dimension).expect("a rule")
}

fn sizes(cells: &Cells) -> Vec<usize> {
    let starts = std::iter::once(&0).chain(&cells.ends);
    cells.ends.iter().zip(starts).map(|(end, start)| end - start).collect()
}

#[test]
fn the_cells_of_a_grid_are_its_meshes() {
    for counts in [[2, 2], [3, 5], [8, 7], [2, 9]] {
        let grid = Quadrature::<f64>::rectangle(&[0.0..1.0, -3.0..4.0], &counts).expect("a grid");
        let cells = Cells::new(&grid);
        assert_eq!(sizes(&cells), vec![4; (counts[0] - 1) * (counts[1] - 1)], "{counts:?}");
    }
    let cube = Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..1.0, 0.0..9.0], &[4, 3, 5]).expect("a grid");
    assert_eq!(sizes(&Cells::new(&cube)), vec![8; 3 * 2 * 4]);
}

#[test]
fn every_gap_of_a_line_is_a_cell() {
    let mut stream = Seed(1).stream("line");
    let places: Vec<f64> = (0..57).map(|_| stream.uniform()).collect();
    let line = rule(places.clone(), 1);
    let cells = Cells::new(&line);
    assert_eq!(sizes(&cells), vec![2; 56]);
    let drawn = cells.draw(&line, 56, &mut stream).expect("drawn");
    let mut sorted = places;
    sorted.sort_by(f64::total_cmp);
    let gaps = sorted.windows(2).filter(|gap| drawn.points().iter().any(|x| gap[0] <= *x && *x <= gap[1]));
    assert_eq!(gaps.count(), 56);
}

#[test]
fn the_mean_of_many_is_the_integral() {
    // The weights of a product rule over the cells: a midpoint rule for the density of the points.
    let grid = Quadrature::<f64>::rectangle(&[0.0..1.0, 0.0..2.0], &[40, 40]).expect("a grid");
    let drawn = Cells::new(&grid).draw(&grid, 40_000, &mut Seed(0).into_stream()).expect("drawn");
    let total: f64 = drawn.weights().iter().sum();
    let mean = drawn.integrate(|p| p[0] * p[1] * p[1]) / total;
    assert!((mean - 0.5 * 4.0 / 3.0).abs() < 5e-3, "{mean}");
}

#[test]
fn what_degenerates_is_no_danger() {
    let mut stream = Seed(2).stream("points");
    let shapes = [
        rule(vec![0.5], 1),
        rule(vec![0.5, 0.25, 0.125], 3),
        rule(vec![1.0; 200], 2), // one point, a hundred times
        rule((0..200).map(|i| if i % 2 == 0 { 7.0 } else { f64::from(i) }).collect(), 2), // a line
        rule((0..24_000).map(|_| stream.uniform()).collect(), 12),
    ];
    for shape in shapes {
        let drawn = Cells::new(&shape).draw(&shape, shape.len(), &mut stream).expect("drawn");
        assert_eq!((drawn.len(), drawn.dimension()), (shape.len(), shape.dimension()));
        for axis in 0..shape.dimension() {
            let along = |rule: &Quadrature<f64>| (0..rule.len()).map(|i| rule.point(i)[axis]).collect::<Vec<_>>();
            let (low, high) = along(&shape).iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
            assert!(along(&drawn).iter().all(|x| (low..=high).contains(x)));
        }
    }
    // Beyond what a mean can be taken of, it says so.
    let far = rule(vec![-1.7e308, 1.7e308], 1);
    let drawn = Cells::new(&far).draw(&far, 2, &mut stream);
    assert!(drawn.is_ok() || matches!(drawn, Err(Error::NonFinite { .. })));
}
