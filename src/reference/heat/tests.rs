use super::*;

#[test]
fn derivatives_agree_with_differences() {
    let u = HeatModes::new(&[-1.0..2.0, 0.0..0.5, 1.0..3.0], 0.3).unwrap();
    let u = u.mode(1.5, &[1, 2, 3]).unwrap().mode(-0.7, &[2, 1, 1]).unwrap();
    let (x, t, h) = ([0.3, 0.2, 2.6], 0.02, 1e-4);
    let moved = |i: usize, by: f64| {
        let mut x = x;
        x[i] += by;
        u.value(&x, t)
    };
    let mut laplacian = 0.0;
    for i in 0..3 {
        assert!((u.gradient(&x, t)[i] - (moved(i, h) - moved(i, -h)) / (2.0 * h)).abs() < 1e-5);
        laplacian += (moved(i, h) - 2.0 * moved(i, 0.0) + moved(i, -h)) / (h * h);
    }
    assert!((u.laplacian(&x, t) / laplacian - 1.0).abs() < 1e-5);
    let rate = (u.value(&x, t + h) - u.value(&x, t - h)) / (2.0 * h);
    assert!((u.time_derivative(&x, t) / rate - 1.0).abs() < 1e-5);
}

#[test]
fn zero_on_the_boundary_exactly() {
    let u = HeatModes::new(&[-1.0..2.0, 0.1..0.7], 1.0).unwrap();
    let u = u.mode(1.0, &[7, 4]).unwrap().mode(2.0, &[1, 1]).unwrap();
    for x in [[-1.0, 0.3], [2.0, 0.3], [0.5, 0.1], [0.5, 0.7]] {
        assert_eq!(u.value(&x, 0.0), 0.0);
    }
}

#[test]
fn hostile_boxes_are_refused() {
    assert!(HeatModes::new(&[], 1.0).is_err());
    assert!(HeatModes::new(&[0.0..f64::NAN], 1.0).is_err());
    assert!(HeatModes::new(&[1.0..0.0], 1.0).is_err());
    assert!(HeatModes::new(&[0.0..1.0], 0.0).is_err());
    let square = HeatModes::new(&[0.0..1.0, 0.0..1.0], 1.0).unwrap();
    assert!(square.clone().mode(1.0, &[1]).is_err() && square.mode(f64::NAN, &[1, 1]).is_err());
}
