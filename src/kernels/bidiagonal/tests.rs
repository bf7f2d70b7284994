use super::bidiagonal_pass;

#[test]
fn agrees_with_two_products() {
    for (m, n) in [(0, 1), (1, 1), (3, 2), (4, 9), (7, 8), (13, 25), (8, 17)] {
        let stride = n + 3;
        // Small whole numbers: every order of summation is exact.
        let a: Vec<f64> =
            (0..m * stride).map(|i| if i % stride < n { (i % 7) as f64 - 3.0 } else { f64::NAN }).collect();
        let v: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
        let (mut x, mut column): (Vec<f64>, Vec<f64>) = (0..m).map(|i| (i as f64, (i % 3) as f64)).unzip();
        let mut out = vec![f64::NAN; n - 1];
        let expected_x: Vec<f64> =
            (0..m).map(|i| 2.0 * ((0..n).map(|j| a[i * stride + j] * v[j]).sum::<f64>() - x[i])).collect();
        let expected: Vec<f64> = (0..m).map(|i| a[i * stride] - column[i] - expected_x[i]).collect();
        bidiagonal_pass(&a, stride, &v, 2.0, &mut x, &mut column, &mut out);
        assert_eq!((&x, &column), (&expected_x, &expected), "{m}x{n}");
        for j in 1..n {
            let sum: f64 = (0..m).map(|i| a[i * stride + j] * column[i]).sum();
            assert_eq!(out[j - 1], sum, "{m}x{n}");
        }
    }
}
