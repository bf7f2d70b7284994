use super::*;

#[test]
fn derivatives_of_waves_are_exact() {
    for n in [16, 17] {
        let grid = FourierGrid::new(n, -1.0..1.0).unwrap();
        let values: Vec<f64> = grid.points().iter().map(|x| (3.0 * PI * x).sin() + 0.5 * (PI * x).cos()).collect();
        for order in 0..5 {
            let found = grid.derivative(order).matvec(&values).unwrap();
            let turn = order as f64 * PI / 2.0;
            for (&x, v) in grid.points().iter().zip(&found) {
                let wave = |k: f64, phase: f64| (k * PI).powi(order as i32) * (k * PI * x + phase + turn).sin();
                let exact = wave(3.0, 0.0) + 0.5 * wave(1.0, PI / 2.0);
                assert!((v - exact).abs() < 1e-10 * (3.0 * PI).powi(order as i32), "{n} {order} {x}: {v} {exact}");
            }
        }
        for x in [0.123, -0.999, 2.7, grid.points()[3]] {
            let exact = (3.0 * PI * x).sin() + 0.5 * (PI * x).cos();
            assert!((grid.interpolate(&values, x).unwrap() - exact).abs() < 1e-12, "{n} {x}");
        }
    }
}

#[test]
fn hostile_grids_are_refused() {
    assert!(FourierGrid::new(2, 0.0..1.0).is_err());
    assert!(FourierGrid::new(usize::MAX, 0.0..1.0).is_err());
    assert!(FourierGrid::new(8, 1.0..1.0).is_err());
    assert!(FourierGrid::new(8, 0.0..f64::INFINITY).is_err());
    let grid = FourierGrid::new(8, 0.0..1.0).unwrap();
    assert!(grid.interpolate(&[0.0; 7], 0.0).is_err() && grid.interpolate(&[0.0; 8], f64::NAN).is_err());
}
