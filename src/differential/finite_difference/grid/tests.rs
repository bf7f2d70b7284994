use super::*;
use crate::linalg::{Matrix, nonsymmetric_eigenvalues};

/// The largest errors of u_x and u_xx for u = sin(3x + ½) on [0, 1] (or sin 2πx, periodic), end points aside.
fn errors(points: usize, order: usize, boundary: Boundary) -> (f64, f64) {
    let grid = DifferenceGrid::<f64>::new(0.0..1.0, points, order, boundary).unwrap();
    let (wave, phase) = if boundary == Boundary::Periodic { (std::f64::consts::TAU, 0.0) } else { (3.0, 0.5) };
    let u: Vec<f64> = grid.points().iter().map(|x| (wave * x + phase).sin()).collect();
    let (mut first, mut second) = (vec![0.0; points], vec![0.0; points]);
    grid.derivatives(&u, &mut first, &mut second);
    let worst = |found: &[f64], exact: &dyn Fn(f64) -> f64| {
        let inside = 1..points - 1;
        found[inside.clone()].iter().zip(&grid.points()[inside]).map(|(v, &x)| (v - exact(x)).abs()).fold(0.0, f64::max)
    };
    let cosine = |x: f64| wave * (wave * x + phase).cos();
    let sine = |x: f64| -wave * wave * (wave * x + phase).sin();
    (worst(&first, &cosine), worst(&second, &sine))
}

#[test]
fn differences_have_their_order() {
    let neumann = Boundary::Ends(End::Neumann(3.0 * 0.5_f64.cos()), End::Neumann(3.0 * 3.5_f64.cos()));
    let dirichlet = Boundary::Ends(End::Dirichlet(0.5_f64.sin()), End::Dirichlet(3.5_f64.sin()));
    for order in [2, 4] {
        for boundary in [Boundary::Periodic, dirichlet, neumann] {
            let (coarse, fine) = (errors(40, order, boundary), errors(80, order, boundary));
            let least = order as f64 - 0.25;
            assert!((coarse.0 / fine.0).log2() > least, "{order} {boundary:?}: {coarse:?} {fine:?}");
            assert!((coarse.1 / fine.1).log2() > least, "{order} {boundary:?}: {coarse:?} {fine:?}");
        }
    }
}

/// u_t = u_xx must not grow: no eigenvalue to the right of 0.
#[test]
fn diffusion_is_stable_with_all_ends() {
    let ends = [End::Neumann(0.0), End::Dirichlet(0.0)];
    for order in [2, 4] {
        for (left, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for n in [12, 31, 60] {
                let grid =
                    DifferenceGrid::<f64>::new(0.0..1.0, n, order, Boundary::Ends(ends[left], ends[right])).unwrap();
                let mut columns = Matrix::zeros(n, n);
                for j in 0..n {
                    let mut unit = vec![0.0; n];
                    unit[j] = 1.0;
                    let (mut first, mut second) = (vec![0.0; n], vec![0.0; n]);
                    grid.derivatives(&unit, &mut first, &mut second);
                    grid.constrain_rate(&mut second);
                    columns.row_mut(j).copy_from_slice(&second);
                }
                let values = nonsymmetric_eigenvalues(&columns).unwrap();
                assert!(values.iter().all(|v| v.re < 1e-8), "{order} {left} {right} {n}");
            }
        }
    }
}

#[test]
fn polynomials_of_the_order_are_exact() {
    let boundary = Boundary::Ends(End::Neumann(0.0), End::Neumann(4.0));
    let grid = DifferenceGrid::<f64>::new(0.0..1.0, 12, 4, boundary).unwrap();
    let u: Vec<f64> = grid.points().iter().map(|x| x.powi(4)).collect();
    let (mut first, mut second) = (vec![0.0; 12], vec![0.0; 12]);
    grid.derivatives(&u, &mut first, &mut second);
    for (i, x) in grid.points().iter().enumerate() {
        assert!((first[i] - 4.0 * x.powi(3)).abs() < 1e-11 && (second[i] - 12.0 * x * x).abs() < 1e-10, "{i}");
    }
}

#[test]
fn hostile_grids_are_refused() {
    let walls = Boundary::Ends(End::Dirichlet(0.0), End::Dirichlet(0.0));
    assert!(DifferenceGrid::<f64>::new(1.0..0.0, 20, 2, walls).is_err());
    assert!(DifferenceGrid::<f64>::new(0.0..f64::NAN, 20, 2, walls).is_err());
    // Where 1/h² is 0 all stands still.
    assert!(DifferenceGrid::<f32>::new(0.0..1e23, 41, 2, walls).is_err());
    assert!(DifferenceGrid::<f32>::new(0.0..1e-18, 41, 2, walls).is_err());
    assert!(DifferenceGrid::<f32>::new(0.0..1e15, 41, 2, walls).is_ok());
    assert!([1e160, 1e-160].iter().all(|&end| DifferenceGrid::<f64>::new(0.0..end, 41, 2, walls).is_err()));
    assert!(DifferenceGrid::<f64>::new(0.0..1.0, 5, 2, walls).is_err());
    assert!(DifferenceGrid::<f64>::new(0.0..1.0, usize::MAX, 2, walls).is_err());
    assert!(DifferenceGrid::<f64>::new(0.0..1.0, 20, 3, walls).is_err());
    let nan = Boundary::Ends(End::Neumann(f64::NAN), End::Dirichlet(0.0));
    assert!(DifferenceGrid::<f32>::new(0.0..1.0, 20, 2, nan).is_err());
}
