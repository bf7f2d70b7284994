use super::{rotate_chain, rotate_rows};

#[test]
fn agrees_with_one_rotation_after_the_other() {
    for cols in [0, 1, 3, 4, 7, 16, 37] {
        for count in [0, 1, 2, 9] {
            let start: Vec<f64> = (0..(count + 1) * cols).map(|i| (i * 7 % 23) as f64 - 11.0).collect();
            // Whole numbers in place of sines and cosines: every sum is exact.
            let rotations: Vec<(f64, f64)> = (0..count).map(|k| (k as f64 - 3.0, 2.0 - k as f64)).collect();
            let mut expected = start.clone();
            for (k, &(c, s)) in rotations.iter().enumerate().rev() {
                for j in 0..cols {
                    let (x, y) = (expected[k * cols + j], expected[(k + 1) * cols + j]);
                    expected[k * cols + j] = c * x - s * y;
                    expected[(k + 1) * cols + j] = s * x + c * y;
                }
            }
            let mut rows = start;
            rotate_chain(&mut rows, cols, &rotations);
            assert_eq!(rows, expected, "{cols} columns, {count} rotations");
        }
    }
}

/// Against sines and cosines in the plain formula, and to rounding where the angle is tiny.
#[test]
fn two_rows_turn() {
    for n in [0, 1, 7, 8, 33] {
        let (x, y): (Vec<f64>, Vec<f64>) = (0..n).map(|i| ((i as f64).sin(), (2.0 * i as f64).cos())).unzip();
        for angle in [0.7, -0.3, 1e-9] {
            let (sine, cosine) = f64::sin_cos(angle);
            let (mut u, mut v) = (x.clone(), y.clone());
            rotate_rows(&mut u, &mut v, sine, cosine);
            for j in 0..n {
                assert!((u[j] - (cosine * x[j] - sine * y[j])).abs() < 1e-15);
                assert!((v[j] - (sine * x[j] + cosine * y[j])).abs() < 1e-15);
            }
        }
    }
}
