use super::{Reflection, reflect_columns, reflect_rows};

/// One reflection after another, entry by entry.
fn plain(chain: &[Reflection<f64>], data: &mut [f64], rows: usize, stride: usize, columns: std::ops::Range<usize>) {
    for (i, r) in chain.iter().enumerate() {
        let v = [1.0, r.v[0], r.v[1]];
        let height = (rows - i).min(3);
        for j in columns.clone() {
            let s: f64 = (0..height).map(|p| v[p] * data[(i + p) * stride + j]).sum();
            (0..height).for_each(|p| data[(i + p) * stride + j] -= r.tau * v[p] * s);
        }
    }
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-12 * (1.0 + x.abs()))
}

#[test]
fn chains_agree_with_plain_loops() {
    for length in 1..7_usize {
        for rows in [length + 1, length + 2] {
            for columns in [0..1, 1..3, 2..18, 3..40, 0..0] {
                let stride = 41;
                let data: Vec<f64> = (0..rows * stride).map(|i| ((i * 37) % 19) as f64 / 9.0 - 1.0).collect();
                let chain: Vec<Reflection<f64>> = (0..length)
                    .map(|i| Reflection { tau: 0.3 + i as f64 / 9.0, v: [0.5 - i as f64 / 4.0, 0.2 * i as f64] })
                    .collect();
                let (mut got, mut expected) = (data.clone(), data);
                reflect_rows(&chain, &mut got, rows, stride, columns.clone());
                plain(&chain, &mut expected, rows, stride, columns);
                assert!(close(&got, &expected));
            }
        }
    }
}

#[test]
fn columns_are_rows_of_the_transpose() {
    let (n, chain) = (9, [Reflection { tau: 1.2, v: [0.3, -0.7] }]);
    let data: Vec<f64> = (0..n * n).map(|i| ((i * 31) % 17) as f64 / 8.0 - 1.0).collect();
    for width in [2, 3] {
        let mut got = data.clone();
        reflect_columns(chain[0], &mut got, n, 1..7, 4..4 + width);
        let mut turned: Vec<f64> = (0..n * n).map(|i| data[i % n * n + i / n]).collect();
        plain(&chain, &mut turned[4 * n..], width, n, 1..7);
        let expected: Vec<f64> = (0..n * n).map(|i| turned[i % n * n + i / n]).collect();
        assert!(close(&got, &expected));
    }
}
