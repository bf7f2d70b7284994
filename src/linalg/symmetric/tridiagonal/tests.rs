use super::{LARGE, LARGE_PANEL, Matrix, PANEL, SHARDS, by_panels, multiply_in_shards, multiply_upper};

#[test]
fn the_matrix_comes_back_whatever_the_panel() {
    for n in [1, 2, 31, 90] {
        let a = Matrix::from_fn(n, n, |i, j| 1.0 / (1.0 + (i + j) as f64).sqrt() + f64::from(i == j));
        for panel in [1, PANEL, LARGE_PANEL] {
            let reduced = by_panels(a.clone(), panel).expect("shapes");
            let mut product = Matrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
                0 => reduced.diagonal[i],
                1 => reduced.off_diagonal[i.min(j)],
                _ => 0.0,
            });
            // Q T Qᵀ: Q from the left, twice, transposed in between.
            for _ in 0..2 {
                reduced.reflectors.apply_left(false, &mut product).expect("shapes");
                product = product.transpose();
            }
            assert!(product.sub(&a).expect("shapes").max_abs() < 1e-13, "{n} by {panel}");
        }
    }
}

#[test]
fn shards_add_up_to_the_whole_product() {
    for n in [LARGE, LARGE + 1, LARGE + 103] {
        // Small whole numbers: every order of summation is exact.
        let upper: Vec<f64> = (0..n * n).map(|i| (i % 7) as f64 - 3.0).collect();
        let v: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
        let (mut whole, mut cut) = (vec![f64::NAN; n], vec![f64::NAN; n]);
        multiply_upper(&upper, n, n, &v, &mut whole);
        multiply_in_shards(&upper, n, &v, &mut cut, &mut vec![f64::NAN; SHARDS * n]);
        assert_eq!(whole, cut);
    }
}
