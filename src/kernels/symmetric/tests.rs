use super::multiply_upper;

#[test]
fn agrees_with_the_full_matrix_and_reads_only_its_upper_half() {
    for n in 0..40_usize {
        let stride = n + 3;
        let entry = |i: usize, j: usize| ((i.min(j) * 7 + i.max(j) * 13) % 11) as f64 - 5.0;
        let a: Vec<f64> = (0..n * stride)
            .map(|at| (at / stride.max(1), at % stride.max(1)))
            .map(|(i, j)| if j < i || j >= n { f64::NAN } else { entry(i, j) })
            .collect();
        let x: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
        let mut out = vec![f64::NAN; n];
        multiply_upper(&a, stride, n, &x, &mut out);
        // Small whole numbers: every order of summation is exact.
        let expected: Vec<f64> = (0..n).map(|i| (0..n).map(|j| entry(i, j) * x[j]).sum()).collect();
        assert_eq!(out, expected, "{n}");
        // The same in two terms.
        let cut = n / 8 * 4;
        multiply_upper(&a, stride, cut, &x, &mut out);
        let mut rest = vec![f64::NAN; n - cut];
        multiply_upper(&a[(cut * (stride + 1)).min(a.len())..], stride, n - cut, &x[cut..], &mut rest);
        out[cut..].iter_mut().zip(&rest).for_each(|(o, &v)| *o += v);
        assert_eq!(out, expected, "{n} cut at {cut}");
    }
}
