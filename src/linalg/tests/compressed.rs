//! CSR and CSC against the dense matrix of the same entries.

use quickcheck::quickcheck;

use crate::Error;
use crate::linalg::compressed::{Csc, Csr};
use crate::linalg::{LinearOperator, Matrix, Symmetry};

/// Triplets inside `rows × cols` with small whole numbers, so that every sum is exact.
fn inside(rows: usize, cols: usize, raw: &[(u8, u8, i8)]) -> Vec<(usize, usize, f64)> {
    raw.iter().map(|&(i, j, v)| (usize::from(i) % rows, usize::from(j) % cols, f64::from(v))).collect()
}

fn dense(rows: usize, cols: usize, triplets: &[(usize, usize, f64)]) -> Matrix<f64> {
    let mut out = Matrix::zeros(rows, cols);
    triplets.iter().for_each(|&(i, j, v)| out[(i, j)] += v);
    out
}

fn ramp(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((7 * i + 3) % 11) as f64 - 5.0).collect()
}

fn products(a: &impl LinearOperator<f64>, expected: &Matrix<f64>) {
    let (x, z) = (ramp(a.cols()), ramp(a.rows()));
    let (mut y, mut t) = (vec![f64::NAN; a.rows()], vec![f64::NAN; a.cols()]);
    a.apply(&x, &mut y).unwrap();
    a.apply_transposed(&z, &mut t).unwrap();
    assert_eq!(y, expected.matvec(&x).unwrap());
    assert_eq!(t, expected.transpose().matvec(&z).unwrap());
    for k in [0, 1, 3, 16, 21, 32] {
        let block = Matrix::from_fn(a.cols(), k, |i, j| ((3 * i + 5 * j) % 7) as f64);
        let mut image = Matrix::from_fn(a.rows(), k, |_, _| f64::NAN);
        a.apply_block(&block, &mut image).unwrap();
        assert_eq!(image, expected.matmul(&block).unwrap());
    }
}

quickcheck! {
    fn csr_and_csc_are_the_dense_matrix(m: u8, n: u8, raw: Vec<(u8, u8, i8)>) -> bool {
        let (m, n) = (1 + usize::from(m % 12), 1 + usize::from(n % 12));
        let triplets = inside(m, n, &raw);
        let expected = dense(m, n, &triplets);
        let csr = Csr::from_triplets(m, n, &triplets).unwrap();
        let csc = Csc::from_triplets(m, n, &triplets).unwrap();
        products(&csr, &expected);
        products(&csc, &expected);
        let rebuilt = Csr::from_parts(n, csr.pointers().to_vec(), csr.indices().to_vec(), csr.entries().to_vec());
        assert_eq!(rebuilt.unwrap(), csr);
        assert_eq!(csr.to_csc(), csc);
        assert_eq!(csc.to_csr(), csr);
        assert_eq!(csr.transpose().transpose(), csr);
        csr.to_dense() == expected && csc.to_dense() == expected
            && csr.transpose().to_dense() == expected.transpose()
            && csc.transpose().to_dense() == expected.transpose()
            && Csr::from_dense(&expected).unwrap().to_dense() == expected
            && Csc::from_dense(&expected).unwrap().to_dense() == expected
            && csr.diagonal() == expected.diagonal() && csc.diagonal() == expected.diagonal()
            && csr.infinity_norm() == expected.infinity_norm() && csc.one_norm() == expected.one_norm()
            && (0..m).all(|i| (0..n).all(|j| csr.get(i, j) == Some(expected[(i, j)]) && csc.get(i, j) == csr.get(i, j)))
    }

    fn sums_scales_and_permutations_are_those_of_the_dense_matrix(n: u8, a: Vec<(u8, u8, i8)>, b: Vec<(u8, u8, i8)>) -> bool {
        let n = 1 + usize::from(n % 9);
        let (ta, tb) = (inside(n, n, &a), inside(n, n, &b));
        let (da, db) = (dense(n, n, &ta), dense(n, n, &tb));
        let (a, b) = (Csr::from_triplets(n, n, &ta).unwrap(), Csr::from_triplets(n, n, &tb).unwrap());
        let (ca, cb) = (a.to_csc(), b.to_csc());
        let rows: Vec<usize> = (0..n).rev().collect();
        let cols: Vec<usize> = (0..n).map(|j| (j + 1) % n).collect();
        let permuted = Matrix::from_fn(n, n, |i, j| da[(rows[i], cols[j])]);
        let shifted = da.add(&Matrix::identity(n).scale(2.5)).unwrap();
        a.add(&b).unwrap().to_dense() == da.add(&db).unwrap()
            && ca.sub(&cb).unwrap().to_dense() == da.sub(&db).unwrap()
            && a.add_scaled(2.0, &b).unwrap().to_dense() == da.add(&db.scale(2.0)).unwrap()
            && a.shift(2.5).unwrap().to_dense() == shifted && ca.shift(2.5).unwrap().to_dense() == shifted
            && a.scale(-3.0).unwrap().to_dense() == da.scale(-3.0)
            && a.permute(&rows, &cols).unwrap().to_dense() == permuted
            && ca.permute(&rows, &cols).unwrap().to_dense() == permuted
            && a.is_symmetric(0.0) == da.is_symmetric(0.0) && ca.is_symmetric(3.0) == da.is_symmetric(3.0)
            && a.add(&a.transpose()).unwrap().symmetry() == Symmetry::Symmetric
    }

    fn any_triplets_are_taken_or_refused(m: u16, n: u16, triplets: Vec<(u16, u16, f64)>) -> bool {
        let (m, n) = (usize::from(m % 40), usize::from(n % 40));
        let triplets: Vec<_> = triplets.into_iter().map(|(i, j, v)| (usize::from(i % 41), usize::from(j % 41), v)).collect();
        let good = triplets.iter().all(|&(i, j, v)| i < m && j < n && v.is_finite());
        match Csr::from_triplets(m, n, &triplets) {
            Ok(a) => good && a.nnz() <= triplets.len(),
            Err(Error::InvalidArgument { .. } | Error::NonFinite { .. }) => true,
            Err(_) => false,
        }
    }
}

#[test]
fn hostile_storage_is_refused() {
    let triplets = |t: &[(usize, usize, f64)]| Csr::from_triplets(2, 2, t).unwrap_err();
    assert!(matches!(triplets(&[(2, 0, 1.0)]), Error::InvalidArgument { .. }));
    assert!(matches!(triplets(&[(0, usize::MAX, 1.0)]), Error::InvalidArgument { .. }));
    assert!(matches!(triplets(&[(0, 0, 1.0), (1, 1, f64::NAN)]), Error::NonFinite { index: 1, .. }));
    assert!(matches!(triplets(&[(0, 0, f64::MAX), (0, 0, f64::MAX)]), Error::NonFinite { .. }));
    for size in [usize::MAX, u32::MAX as usize + 1] {
        assert!(matches!(Csr::<f64>::from_triplets(size, 1, &[]), Err(Error::InvalidArgument { .. })));
        assert!(matches!(Csc::<f64>::from_triplets(size, 1, &[]), Err(Error::InvalidArgument { .. })));
    }
    let parts = |cols, p: &[usize], i: &[u32], v: &[f64]| Csr::from_parts(cols, p.to_vec(), i.to_vec(), v.to_vec());
    assert!(parts(2, &[0, 1, 2], &[1, 0], &[1.0, 2.0]).is_ok());
    assert!(parts(2, &[], &[], &[]).is_err());
    assert!(parts(2, &[1, 1], &[0], &[1.0]).is_err());
    assert!(parts(2, &[0, 2, 1], &[0], &[1.0]).is_err());
    assert!(parts(2, &[0, 9, 1], &[0], &[1.0]).is_err());
    assert!(parts(2, &[0, 2], &[1, 0], &[1.0, 2.0]).is_err());
    assert!(parts(2, &[0, 2], &[1, 1], &[1.0, 2.0]).is_err());
    assert!(parts(2, &[0, 1], &[2], &[1.0]).is_err());
    assert!(parts(2, &[0, 1], &[0], &[1.0, 2.0]).is_err());
    assert!(parts(2, &[0, 1], &[0], &[f64::INFINITY]).is_err());
    let a = Csr::<f64>::identity(3).unwrap();
    assert!(a.apply(&[1.0; 2], &mut [0.0; 3]).is_err() && a.apply_transposed(&[1.0; 3], &mut [0.0; 2]).is_err());
    assert!(a.add(&Csr::identity(2).unwrap()).is_err() && a.shift(f64::NAN).is_err() && a.scale(f64::NAN).is_err());
    assert!(a.permute(&[0, 1, 1], &[0, 1, 2]).is_err() && a.permute(&[0, 1], &[0, 1, 2]).is_err());
    assert_eq!(a.get(3, 0), None);
}

#[test]
fn empty_matrices_work() {
    for (m, n) in [(0, 0), (0, 3), (3, 0)] {
        let a = Csr::<f32>::from_triplets(m, n, &[]).unwrap();
        let mut y = vec![1.0; m];
        a.apply(&vec![1.0; n], &mut y).unwrap();
        assert_eq!(y, vec![0.0; m]);
        assert_eq!(a.to_dense().shape(), [m, n]);
        assert_eq!(a.transpose().rows(), n);
    }
}

/// A matrix with rows of very different lengths, large enough to be cut.
fn uneven(n: usize) -> Csr<f64> {
    let entry = |i: usize, j: usize| (i, (i * 31 + j * 17) % n, ((i * 7 + j * 13) as f64).sin());
    let triplets: Vec<_> = (0..n).flat_map(|i| (0..1 + (i * i) % 97).map(move |j| entry(i, j))).collect();
    Csr::from_triplets(n, n, &triplets).unwrap()
}

#[test]
fn products_have_the_same_bits_on_any_number_of_threads() {
    let a = uneven(4000);
    let x = Matrix::from_fn(4000, 5, |i, j| ((i + 3 * j) as f64).cos());
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut y, mut t, mut block) = (vec![0.0; 4000], vec![0.0; 4000], Matrix::zeros(4000, 5));
            a.apply(&x.column(0), &mut y).unwrap();
            a.apply_transposed(&x.column(0), &mut t).unwrap();
            a.apply_block(&x, &mut block).unwrap();
            (y, t, block)
        })
    };
    assert_eq!(run(1), run(2));
}
