//! Arbitrary triplets as sparse matrices: construction refuses or agrees with a dense sum; storage, transposes and
//! products agree; whatever counts as symmetric is ordered, and what its factors solve leaves a small residual; what is
//! positive definite must be solved.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::linalg::LinearOperator;
use eigennet::sparse::{Cholesky, ConjugateGradient, Csc, Csr, IncompleteCholesky, Ldlt, Symbolic};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    rows: u8,
    cols: u8,
    triplets: Vec<(u8, u8, f32)>,
    pointers: Vec<u8>,
    mirrored: bool,
}

fuzz_target!(|case: Case| {
    let (m, n) = (usize::from(case.rows % 48), usize::from(case.cols % 48));
    // Sums of f32 in f64 may be infinite in neither order, but differ by rounding: only their size is compared.
    let mut triplets: Vec<(usize, usize, f64)> =
        case.triplets.iter().map(|&(i, j, v)| (usize::from(i), usize::from(j), f64::from(v))).collect();
    if case.mirrored {
        let mirror: Vec<_> = triplets.iter().map(|&(i, j, v)| (j, i, v)).collect();
        triplets.extend(mirror);
    }
    parts(&case, n);
    let good = triplets.iter().all(|&(i, j, v)| i < m && j < n && v.is_finite());
    let csr = match Csr::from_triplets(m, n, &triplets) {
        Err(_) => return assert!(!good, "good triplets refused"),
        Ok(csr) => csr,
    };
    assert!(good, "bad triplets taken");
    let csc = Csc::from_triplets(m, n, &triplets).expect("taken by rows");
    assert_eq!(csr.to_csc(), csc);
    assert_eq!(csr.transpose().transpose(), csr);
    let dense = csr.to_dense();
    for &(i, j, _) in &triplets {
        let sum: f64 = triplets.iter().filter(|t| (t.0, t.1) == (i, j)).map(|t| t.2).sum();
        assert_eq!(dense[(i, j)], sum);
    }
    let ones = vec![1.0; n];
    let (mut y, mut z) = (vec![0.0; m], vec![0.0; m]);
    csr.apply(&ones, &mut y).expect("lengths fit");
    csc.apply(&ones, &mut z).expect("lengths fit");
    let size: f64 = csr.entries().iter().map(|v| v.abs()).sum();
    y.iter().zip(&z).for_each(|(a, b)| assert!((a - b).abs() <= 1e-12 * size));
    if m == n {
        let symbolic = Symbolic::analyze(&csr).expect("square");
        let mut order = symbolic.permutation().to_vec();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..n));
        if let Ok(factor) = Ldlt::factor(&csr) {
            assert_eq!(factor.order(), n);
            // The largest entries may be beyond what the smallest can be divided by: then there is an error instead.
            if let Ok(x) = factor.solve(&ones) {
                solves(&csr, &x, &ones, factor.growth());
            }
        }
        if let Ok(preconditioner) = IncompleteCholesky::new(&csr) {
            assert!(preconditioner.apply(&ones, &mut y).is_ok());
        }
        // Diagonally dominant, so that every solver has to succeed.
        let sum = csr.add(&csr.transpose()).expect("in range");
        let dominant = sum.shift(2.0 * sum.infinity_norm() + 1.0).expect("in range");
        let factor = Cholesky::factor(&dominant).expect("positive definite");
        solves(&dominant, &factor.solve(&ones).expect("of moderate size"), &ones, 1.0);
        assert_eq!(Ldlt::factor(&dominant).expect("positive definite").inertia().positive, n);
        let iterated = ConjugateGradient::default().solve(&dominant, &ones).expect("well conditioned");
        solves(&dominant, &iterated.x, &ones, 1e5);
    }
});

/// `A x = b` up to rounding, and to what `A` lacks in symmetry.
fn solves(a: &Csr<f64>, x: &[f64], b: &[f64], growth: f64) {
    let n = b.len();
    let mut image = vec![0.0; n];
    a.apply(x, &mut image).expect("lengths fit");
    let lopsided = a.sub(&a.transpose()).expect("same shape").max_abs();
    let size = x.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let unit = 64.0 * n as f64 * f64::EPSILON * growth.max(1.0);
    let bound = unit * (a.infinity_norm() * size + 1.0) + n as f64 * lopsided * size;
    for (i, (image, b)) in image.iter().zip(b).enumerate() {
        assert!((image - b).abs() <= bound, "row {i}: {image} for {b}, growth {growth:e}, bound {bound:e}");
    }
}

/// Arbitrary storage is refused or in order.
fn parts(case: &Case, n: usize) {
    let pointers: Vec<usize> = case.pointers.iter().map(|&p| usize::from(p)).collect();
    let indices: Vec<u32> = case.triplets.iter().map(|t| u32::from(t.1)).collect();
    let values: Vec<f32> = case.triplets.iter().map(|t| t.2).collect();
    if let Ok(a) = Csr::from_parts(n, pointers, indices, values) {
        assert_eq!(a.transpose().transpose(), a);
        assert!(a.row_iter().all(|(columns, _)| columns.windows(2).all(|p| p[0] < p[1])));
    }
}
