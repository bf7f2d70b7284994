use quickcheck::{TestResult, quickcheck};

use super::standardize;

quickcheck! {
    fn the_rotation_is_a_similarity(m: (i8, i8, i8, i8), shift: i8) -> TestResult {
        let factor = 2.0f64.powi(i32::from(shift));
        let m = [[f64::from(m.0) * factor, f64::from(m.1)], [f64::from(m.2), f64::from(m.3) * factor]];
        let made = standardize(m);
        let (c, s) = (made.rotation.c, made.rotation.s);
        let r = [[c, s], [-s, c]];
        let size = m.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs()));
        let mut worst = (c * c + s * s - 1.0).abs() * size;
        for i in 0..2 {
            for j in 0..2 {
                let entry: f64 = (0..4).map(|p| r[i][p / 2] * m[p / 2][p % 2] * r[j][p % 2]).sum();
                worst = worst.max((entry - made.entries[i][j]).abs());
            }
        }
        let [[a, b], [c, d]] = made.entries;
        TestResult::from_bool(worst <= 1e-14 * size && (c == 0.0 || (a == d && b * c < 0.0)))
    }
}
