use super::{add_combination, multiply_rows};

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
