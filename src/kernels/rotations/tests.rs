use super::rotate_chain;

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
