use super::{add_combination, multiply_rows, outer_products};

#[test]
fn agree_with_the_double_loop() {
    for (m, n) in [(0, 0), (0, 3), (3, 0), (1, 1), (4, 8), (5, 7), (7, 17), (13, 25), (8, 16)] {
        let stride = n + 2;
        // Small whole numbers: every order of summation is exact.
        let entry = |i: usize, j: usize| ((i * 7 + j * 3) % 11) as f64 - 5.0;
        let a: Vec<f64> = (0..m * stride)
            .map(|at| if at % stride < n { entry(at / stride, at % stride) } else { f64::NAN })
            .collect();
        let v: Vec<f64> = (0..n).map(|j| (j % 5) as f64 - 2.0).collect();
        let w: Vec<f64> = (0..m).map(|i| (i % 3) as f64 - 1.0).collect();
        let (mut products, mut combination) = (vec![f64::NAN; m], v.clone());
        multiply_rows(&a, stride, &v, &mut products);
        add_combination(&a, stride, &w, &mut combination);
        for (i, &product) in products.iter().enumerate() {
            assert_eq!(product, (0..n).map(|j| entry(i, j) * v[j]).sum::<f64>(), "{m}x{n}");
        }
        for (j, &sum) in combination.iter().enumerate() {
            assert_eq!(sum, v[j] + (0..m).map(|i| entry(i, j) * w[i]).sum::<f64>(), "{m}x{n}");
        }
    }
}

#[test]
fn outer_products_of_rows() {
    for (rows, m, n) in [(0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (5, 3, 17), (4, 16, 16), (7, 1, 9), (7, 9, 1)] {
        let entry = |i: usize| ((i * 7) % 11) as f64 - 5.0;
        let a: Vec<f64> = (0..if m == 0 { 0 } else { rows * m }).map(entry).collect();
        let b: Vec<f64> = (0..if m == 0 { 0 } else { rows * n }).map(|i| entry(3 * i + 1)).collect();
        let mut out = vec![f64::NAN; a.len() * n];
        outer_products(&a, &b, [m, n], &mut out);
        for (at, &product) in out.iter().enumerate() {
            let (i, p, q) = (at / (m * n), at / n % m, at % n);
            assert_eq!(product, a[i * m + p] * b[i * n + q], "{rows} rows of {m} and {n}");
        }
    }
    for (a, b, sizes, out) in [(3, 2, [2, 1], 6), (2, 2, [1, 1], 3), (2, 3, [1, 1], 2)] {
        let (a, b, mut out) = (vec![1.0; a], vec![1.0; b], vec![0.0; out]);
        assert!(std::panic::catch_unwind(move || outer_products(&a, &b, sizes, &mut out)).is_err());
    }
}
