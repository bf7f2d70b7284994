use std::f64::consts::PI;

use super::*;
use crate::differential::chebyshev::ChebyshevGrid;
use crate::differential::finite_difference::{Boundary, DifferenceGrid, End};
use crate::differential::fourier::FourierGrid;
use crate::differential::runge_kutta::{DormandPrince, Integrator, Radau, Record};
use crate::reference::Burgers;

const TIGHT: DormandPrince =
    DormandPrince { rtol: 1e-11, atol: 1e-12, max_steps: 100_000, max_step: f64::INFINITY, record: Record::Dense };

fn distance(points: &[f64], values: &[f64], exact: impl Fn(f64) -> f64) -> f64 {
    points.iter().zip(values).map(|(&x, u)| (u - exact(x)).abs()).fold(0.0, f64::max)
}

#[test]
fn burgers_agrees_with_cole_and_hopf() {
    let viscosity = 0.1 / PI;
    let exact = Burgers::new(viscosity).unwrap();
    let equation = |p: Local<f64>| viscosity * p.u_xx - p.u * p.u_x;
    let start = |x: f64| -(PI * x).sin();
    // The sine and all that follows is odd and of period 2.
    let fourier = FourierGrid::new(160, -1.0..1.0).unwrap();
    let found = method_of_lines(&fourier, equation, start, 0.0..1.0, &TIGHT).unwrap();
    for t in [0.25, 0.5, 1.0] {
        let error = distance(fourier.points(), &found.at(t).unwrap(), |x| exact.value(x, t));
        assert!(error < 1e-9, "{t}: {error:e}");
    }
    // A tenth of it, before the layer forms.
    let sharp = Burgers::new(viscosity / 10.0).unwrap();
    let fourier = FourierGrid::new(256, -1.0..1.0).unwrap();
    let equation = |p: Local<f64>| viscosity * 0.1 * p.u_xx - p.u * p.u_x;
    let found = method_of_lines(&fourier, equation, start, 0.0..0.25, &TIGHT).unwrap();
    let error = distance(fourier.points(), found.end(), |x| sharp.value(x, 0.25));
    assert!(error < 1e-9, "{error:e}");
    let equation = |p: Local<f64>| viscosity * p.u_xx - p.u * p.u_x;
    let chebyshev = ChebyshevGrid::new(113, -1.0..1.0).unwrap();
    let stiff = Radau { rtol: 1e-9, atol: 1e-11, ..Radau::default() };
    let found = method_of_lines(&chebyshev, equation, start, 0.0..0.6, &stiff).unwrap();
    let error = distance(chebyshev.points(), found.end(), |x| exact.value(x, 0.6));
    assert!(error < 1e-6, "{error:e}");
}

#[test]
fn differences_converge_with_their_order() {
    // Heat between an insulated end and one held at 0: e^{−π²t/4} cos(πx/2).
    let boundary = Boundary::Ends(End::Neumann(0.0), End::Dirichlet(0.0));
    let error = |points: usize, order: usize| {
        let grid = DifferenceGrid::<f64>::new(0.0..1.0, points, order, boundary).unwrap();
        let start = |x: f64| (0.5 * PI * x).cos();
        let found = method_of_lines(&grid, |p: Local<f64>| p.u_xx, start, 0.0..0.3, &TIGHT).unwrap();
        distance(SpaceGrid::points(&grid), found.end(), |x| (-0.25 * PI * PI * 0.3).exp() * start(x))
    };
    for order in [2, 4] {
        let observed = (error(21, order) / error(41, order)).log2();
        assert!((observed - order as f64).abs() < 0.3, "{order}: {observed}");
    }
}

#[test]
fn a_wave_is_carried_around() {
    // u_t = −u_x on a period: after one turn it is back.
    let grid = DifferenceGrid::<f64>::new(0.0..1.0, 128, 4, Boundary::Periodic).unwrap();
    let start = |x: f64| (std::f64::consts::TAU * x).sin();
    let found = method_of_lines(&grid, |p: Local<f64>| -p.u_x, start, 0.0..1.0, &TIGHT).unwrap();
    assert!(distance(SpaceGrid::points(&grid), found.end(), start) < 1e-5);
}

#[test]
fn kuramoto_sivashinsky_keeps_its_mean_and_its_energy_law() {
    // u_t + u u_x + u_xx + u_xxxx = 0 on a period of 22: d/dt ∫u²/2 = ∫ u_x² − u_xx².
    let grid = FourierGrid::new(64, 0.0..22.0).unwrap();
    let linear = grid.derivative(2).add(&grid.derivative(4)).unwrap();
    let advection = grid.derivative(1);
    let rate = |_: f64, u: &[f64], rate: &mut [f64]| {
        for (i, rate) in rate.iter_mut().enumerate() {
            let [linear, slope] =
                [&linear, &advection].map(|m| m.row(i).iter().zip(u).map(|(a, u)| a * u).sum::<f64>());
            *rate = -linear - u[i] * slope;
        }
    };
    let wave = std::f64::consts::TAU / 22.0;
    let start: Vec<f64> = grid.points().iter().map(|x| (wave * x).cos() * (1.0 + (wave * x).sin())).collect();
    let mean: f64 = start.iter().sum::<f64>() / 64.0;
    let solver = Radau { rtol: 1e-8, atol: 1e-10, ..Radau::default() };
    let found = solver.integrate(rate, 0.0..20.0, &start).unwrap();
    assert!((found.end().iter().sum::<f64>() / 64.0 - mean).abs() < 1e-8);
    let energy = |u: &[f64]| u.iter().map(|u| 0.5 * u * u).sum::<f64>();
    let (t, h) = (12.0, 1e-3);
    let change = (energy(&found.at(t + h).unwrap()) - energy(&found.at(t - h).unwrap())) / (2.0 * h);
    let u = found.at(t).unwrap();
    let squares = |order| grid.derivative(order).matvec(&u).unwrap().iter().map(|v| v * v).sum::<f64>();
    let law = squares(1) - squares(2);
    assert!((change - law).abs() < 1e-4 * (squares(1) + squares(2)), "{change} {law}");
    assert!(u.iter().all(|u| u.abs() < 5.0) && u.iter().any(|u| u.abs() > 0.5));
}

#[test]
fn single_precision_and_hostile_data() {
    let walls = Boundary::Ends(End::Dirichlet(0.0), End::Dirichlet(0.0));
    let grid = DifferenceGrid::<f32>::new(0.0..1.0, 21, 2, walls).unwrap();
    let solver = DormandPrince { rtol: 1e-4, atol: 1e-5, ..DormandPrince::default() };
    let heat = |p: Local<f32>| p.u_xx;
    let found = method_of_lines(&grid, heat, |x| x * (1.0 - x), 0.0..0.05, &solver).unwrap();
    assert!((found.end()[10] - 0.158).abs() < 2e-3, "{}", found.end()[10]);
    assert!(matches!(method_of_lines(&grid, heat, |_| 1.0, 0.0..0.1, &solver), Err(Error::InvalidArgument { .. })));
    assert!(matches!(method_of_lines(&grid, heat, |_| f32::NAN, 0.0..0.1, &solver), Err(Error::NonFinite { .. })));
    assert!(method_of_lines(&grid, heat, |_| 0.0, 0.1..0.1, &solver).is_err());
    let broken = method_of_lines(&grid, |_| f32::NAN, |_| 0.0, 0.0..0.1, &solver);
    assert!(matches!(broken, Err(Error::NonFinite { index: 1, .. })), "{broken:?}");
}

#[test]
fn small_data_meet_the_ends_as_large_ones_do() {
    fn judged<T: Scalar>(scale: f64) {
        let scale = T::of(scale);
        let points = [0.0, 0.5, 1.0].map(T::of);
        let meets = |ends: [f64; 2], u: [f64; 3]| {
            let mut u = u.map(|u| T::of(u) * scale);
            meet_ends("u", ends.map(|end| Some(T::of(end) * scale)), &points, &mut u).is_ok()
        };
        // The sine of π, to rounding; and what contradicts the ends.
        let rounding = Scalar::to_f64(T::EPSILON);
        assert!(meets([0.0, 0.0], [0.0, 1.0, rounding]) && meets([1.0, 2.0], [1.0, 1.5, 2.0 + 2.0 * rounding]));
        assert!(!meets([0.0, 0.0], [1.0; 3]) && !meets([0.0, 1.0], [0.0; 3]) && !meets([0.0, 0.0], [0.0, 1.0, 1e-2]));
        assert!(meets([0.0, 0.0], [0.0; 3]));
    }
    for scale in [1e-30, 1e-9, 1.0, 1e9, 1e30] {
        judged::<f64>(scale);
        judged::<f32>(scale);
    }
}
