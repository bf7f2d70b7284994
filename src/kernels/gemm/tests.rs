//! Every kernel against the triple loop.

use super::super::Simd;
use super::super::isa::Isa;
use super::kernel::Element;
use super::{MatMut, MatRef, PackedRight, Packing, gemm, gemm_on};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};

/// How the rows and columns of an operand lie in memory.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Rows,
    Columns,
    /// Rows with a gap behind each.
    PaddedRows,
    /// Neither side contiguous.
    Spread,
}

const LAYOUTS: [Layout; 4] = [Layout::Rows, Layout::Columns, Layout::PaddedRows, Layout::Spread];

impl Layout {
    fn strides(self, rows: usize, cols: usize) -> (usize, usize) {
        match self {
            Layout::Rows => (cols.max(1), 1),
            Layout::Columns => (1, rows.max(1)),
            Layout::PaddedRows => (cols + 3, 1),
            Layout::Spread => (2 * cols + 5, 2),
        }
    }
}

fn extent(rows: usize, cols: usize, (rs, cs): (usize, usize)) -> usize {
    if rows == 0 || cols == 0 { 0 } else { (rows - 1) * rs + (cols - 1) * cs + 1 }
}

#[derive(Debug, Clone)]
struct Case {
    m: usize,
    n: usize,
    k: usize,
    layouts: [Layout; 3],
    alpha: f64,
    beta: f64,
    seed: u64,
}

/// Small odd numbers from a linear congruence, in [-1, 1].
fn noise(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as f64 / (1u64 << 30) as f64 - 1.0
}

impl Arbitrary for Case {
    fn arbitrary(g: &mut Gen) -> Self {
        let side = |g: &mut Gen| match u8::arbitrary(g) % 8 {
            0 => 0,
            1 => 1,
            2..=4 => 2 + usize::arbitrary(g) % 8,
            _ => usize::arbitrary(g) % 70,
        };
        let (m, n, k) = (side(g), side(g), side(g));
        let k = if bool::arbitrary(g) && m * n < 400 { k * 13 } else { k };
        let mut layout = || LAYOUTS[usize::arbitrary(g) % 4];
        let layouts = [layout(), layout(), layout()];
        let mut factor = || [0.0, 1.0, -0.75, 2.5][usize::arbitrary(g) % 4];
        let (alpha, beta) = (factor(), factor());
        Case { m, n, k, layouts, alpha, beta, seed: u64::arbitrary(g) }
    }
}

/// The product by `isa` agrees with the triple loop in f64, C with beta = 0 is not read, and
/// nothing but the entries of C is written.
fn holds<T: Simd>(case: &Case, isa: Isa, packing: &mut Packing<T>) -> Result<(), String> {
    let Case { m, n, k, layouts, alpha, beta, .. } = *case;
    let mut state = case.seed;
    let of = |x: f64| T::from(x).unwrap_or_else(T::nan);
    let to = |x: T| x.to_f64().unwrap_or(f64::NAN);
    let guard = of(77.0);
    let (sa, sb, sc) = (layouts[0].strides(m, k), layouts[1].strides(k, n), layouts[2].strides(m, n));
    let mut fill = |len: usize| (0..len).map(|_| of(noise(&mut state))).collect::<Vec<T>>();
    let (a, b) = (fill(extent(m, k, sa)), fill(extent(k, n, sb)));
    let old = fill(m * n);
    const MARGIN: usize = 40;
    let len = extent(m, n, sc);
    let mut c = vec![guard; len + 2 * MARGIN];
    for i in 0..m {
        for j in 0..n {
            c[MARGIN + i * sc.0 + j * sc.1] = if beta == 0.0 { T::nan() } else { old[i * n + j] };
        }
    }
    gemm_on(
        isa,
        of(alpha),
        MatRef::new(&a, m, k, sa.0, sa.1).map_err(|e| e.to_string())?,
        MatRef::new(&b, k, n, sb.0, sb.1).map_err(|e| e.to_string())?,
        of(beta),
        &mut MatMut::new(&mut c[MARGIN..MARGIN + len], m, n, sc.0, sc.1).map_err(|e| e.to_string())?,
        packing,
    );
    let epsilon = to(T::epsilon());
    for i in 0..m {
        for j in 0..n {
            let (mut sum, mut size) = (0.0, 0.0);
            for p in 0..k {
                let term = to(a[i * sa.0 + p * sa.1]) * to(b[p * sb.0 + j * sb.1]);
                sum += term;
                size += term.abs();
            }
            let before = if beta == 0.0 { 0.0 } else { beta * to(old[i * n + j]) };
            let expected = alpha * sum + before;
            let bound = (k as f64 + 4.0) * epsilon * (alpha.abs() * size + before.abs());
            let place = &mut c[MARGIN + i * sc.0 + j * sc.1];
            let got = to(*place);
            let error = (got - expected).abs();
            if error.is_nan() || error > bound {
                return Err(format!("{isa:?} {case:?}: C[{i}, {j}] = {got}, not {expected} +- {bound}"));
            }
            *place = guard;
        }
    }
    match c.iter().position(|&x| x != guard) {
        Some(at) => Err(format!("{isa:?} {case:?}: wrote outside of C, at {at} - {MARGIN}")),
        None => Ok(()),
    }
}

/// Else the tests of "all sets" would go through one of them several times.
#[test]
fn every_set_of_the_machine_has_kernels_of_its_own() {
    fn distinct<T: Element>() -> bool {
        let kernels: Vec<_> = Isa::available().map(|isa| std::ptr::from_ref(T::kernels(isa))).collect();
        kernels.iter().enumerate().all(|(i, kernel)| !kernels[..i].contains(kernel))
    }
    assert!(distinct::<f32>() && distinct::<f64>());
}

fn on_all<T: Simd>(case: &Case) -> Result<(), String> {
    let mut packing = Packing::new();
    Isa::available().try_for_each(|isa| holds::<T>(case, isa, &mut packing))
}

fn check<T: Simd>(case: Case) -> TestResult {
    on_all::<T>(&case).map_or_else(TestResult::error, |()| TestResult::passed())
}

#[test]
fn random_products() {
    let mut checks = QuickCheck::new().tests(1500);
    checks.quickcheck(check::<f32> as fn(Case) -> TestResult);
    checks.quickcheck(check::<f64> as fn(Case) -> TestResult);
}

/// Every tile of rows and vectors, each path, each layout: sides around the kernels' sizes.
#[test]
fn sides_around_the_tiles() {
    let sides = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15, 17, 33];
    let mut seed = 1;
    for &m in &sides {
        for &n in &sides {
            for (l, &k) in [1, 2, 4, 8, 19, 33].iter().enumerate() {
                seed += 1;
                let pick = |i: usize| LAYOUTS[(seed as usize * 7 + i * 3 + l + m + n) % 4];
                let case =
                    Case { m, n, k, layouts: [pick(0), pick(1), pick(2)], alpha: 1.0, beta: (seed % 3) as f64, seed };
                assert_eq!(on_all::<f32>(&case), Ok(()));
                assert_eq!(on_all::<f64>(&case), Ok(()));
            }
        }
    }
}

/// Columns that fill part of a vector, and products of few rows, have kernels of their own: all add up a row's terms one by
/// one as the others do, so that what a column gives does not hang on the width of its matrix.
#[test]
fn sums_are_taken_in_one_order_whatever_the_width() {
    fn check<T: Simd>(isa: Isa, [m, n, k]: [usize; 3], a_by_columns: bool) {
        let mut state = (m * n + k) as u64;
        let mut fill = |len: usize| -> Vec<T> { (0..len).map(|_| T::from(noise(&mut state)).unwrap()).collect() };
        let (a, b, mut c) = (fill(m * k), fill(k * n), fill(m * n));
        let (before, [alpha, beta]) = (c.clone(), [0.75, -1.5].map(|x| T::from(x).unwrap()));
        let left = if a_by_columns { MatRef::row_major(&a, k, m).transposed() } else { MatRef::row_major(&a, m, k) };
        let right = MatRef::row_major(&b, k, n);
        gemm_on(isa, alpha, left, right, beta, &mut MatMut::row_major(&mut c, m, n), &mut Packing::new());
        for (i, row) in c.chunks_exact(n).enumerate() {
            for (j, &got) in row.iter().enumerate() {
                let term = |p: usize| (if a_by_columns { a[p * m + i] } else { a[i * k + p] }, b[p * n + j]);
                let sum = (0..k).map(term).fold(T::zero(), |sum, (x, y)| x.mul_add(y, sum));
                let expected = beta.mul_add(before[i * n + j], alpha * sum);
                assert!(got == expected, "{isa:?} {m} {n} {k} {a_by_columns}: C[{i}, {j}] = {got}, not {expected}");
            }
        }
    }
    for isa in Isa::available().filter(|&isa| isa > Isa::Baseline) {
        for m in [1, 2, 3, 4, 5, 8, 31, 33, 70] {
            for n in [18, 20, 34, 50, 100] {
                for k in [9, 12, 14, 51] {
                    for a_by_columns in [false, true] {
                        check::<f32>(isa, [m, n, k], a_by_columns);
                        check::<f64>(isa, [m, n, k], a_by_columns);
                    }
                }
            }
        }
    }
}

/// Sides beyond one block of rows, of depth and of columns; the place in the list decides the layout of C.
#[test]
fn several_blocks() {
    let sides = [
        (300, 20, 530),
        (20, 2100, 20),
        (700, 9, 600),
        (1, 70, 700),
        (70, 1, 700),
        (200, 300, 3),
        (7, 1500, 7),
        (6, 90, 600),
        (90, 5, 51),
        (1500, 9, 8),
    ];
    for (i, (m, n, k)) in sides.into_iter().enumerate() {
        for a in LAYOUTS {
            for b in LAYOUTS {
                let layouts = [a, b, LAYOUTS[i % 4]];
                let case = Case { m, n, k, layouts, alpha: -0.5, beta: (i % 2) as f64, seed: i as u64 };
                assert_eq!(on_all::<f32>(&case), Ok(()));
                assert_eq!(on_all::<f64>(&case), Ok(()));
            }
        }
    }
}

/// Results beyond the second cache with long rows: of more rows than one packing of `A`, of more terms and columns than one
/// of `B`.
#[test]
fn large_results() {
    let layouts = [
        [Layout::Rows, Layout::Rows, Layout::Rows],
        [Layout::Columns, Layout::Spread, Layout::PaddedRows],
        [Layout::PaddedRows, Layout::Columns, Layout::Spread],
    ];
    for (i, layouts) in layouts.into_iter().enumerate() {
        for (m, n, k) in [(2100, 1030, 512), (530, 1100, 530)] {
            let case = Case { m, n, k, layouts, alpha: -0.5, beta: (i % 2) as f64, seed: i as u64 };
            assert_eq!(on_all::<f32>(&case), Ok(()));
            assert_eq!(on_all::<f64>(&case), Ok(()));
        }
    }
}

/// Degenerate views: nothing to sum leaves beta C; NaN in C does not survive beta = 0.
#[test]
fn nothing_to_sum() {
    let mut packing = Packing::new();
    let mut c = [f64::NAN, 1.0];
    gemm(
        1.0,
        MatRef::row_major(&[], 1, 0),
        MatRef::row_major(&[], 0, 2),
        0.0,
        &mut MatMut::row_major(&mut c, 1, 2),
        &mut packing,
    );
    assert_eq!(c, [0.0, 0.0]);
    let mut c = [3.0, -1.0];
    gemm(
        1.0,
        MatRef::row_major(&[], 1, 0),
        MatRef::row_major(&[], 0, 2),
        0.5,
        &mut MatMut::row_major(&mut c, 1, 2),
        &mut packing,
    );
    assert_eq!(c, [1.5, -0.5]);
    // alpha = 0 reads neither factor.
    gemm(
        0.0,
        MatRef::row_major(&[f64::NAN], 1, 1),
        MatRef::row_major(&[1.0, 1.0], 1, 2),
        1.0,
        &mut MatMut::row_major(&mut c, 1, 2),
        &mut packing,
    );
    assert_eq!(c, [1.5, -0.5]);
}

/// NaN and infinity in a factor reach exactly the entries they belong to, on every path.
#[test]
fn non_finite_factors_spread_as_they_should() {
    for isa in Isa::available() {
        for (m, n, k) in [(20, 20, 20), (30, 1, 40), (1, 30, 40), (30, 40, 2), (7, 3, 33)] {
            for bad in [f32::NAN, f32::INFINITY] {
                let mut a = vec![1.0f32; m * k];
                a[(m - 1) * k + k - 1] = bad;
                let b = vec![1.0f32; k * n];
                let mut c = vec![0.0f32; m * n];
                gemm_on(
                    isa,
                    1.0,
                    MatRef::row_major(&a, m, k),
                    MatRef::row_major(&b, k, n),
                    0.0,
                    &mut MatMut::row_major(&mut c, m, n),
                    &mut Packing::new(),
                );
                assert!(c[..(m - 1) * n].iter().all(|&x| x == k as f32), "{isa:?} {m} {n} {k}");
                assert!(c[(m - 1) * n..].iter().all(|&x| !x.is_finite()), "{isa:?} {m} {n} {k}");
            }
        }
    }
}

/// A row stride of 0 repeats a row of A; the same matrix may be both factors.
#[test]
fn repeated_entries() {
    let row: Vec<f64> = (0..9).map(f64::from).collect();
    let Ok(a) = MatRef::new(&row, 20, 9, 0, 1) else { panic!("a stride of 0 is a view") };
    let mut c = vec![0.0; 400];
    gemm(1.0, a, a.transposed(), 0.0, &mut MatMut::row_major(&mut c, 20, 20), &mut Packing::new());
    assert!(c.iter().all(|&x| x == 204.0));
}

#[test]
fn bad_views_are_errors() {
    let mut data = [0.0f32; 6];
    assert!(MatRef::new(&data, 2, 3, 4, 1).is_err());
    assert!(MatRef::new(&data, usize::MAX, 2, usize::MAX, 1).is_err());
    assert!(MatMut::new(&mut data, 2, 2, 0, 1).is_err());
    assert!(MatMut::new(&mut data, 2, 2, 1, 1).is_err());
    assert!(MatMut::new(&mut data, 2, usize::MAX, 1, usize::MAX).is_err());
    assert!(MatMut::new(&mut data, 0, usize::MAX, 1, usize::MAX).is_ok());
}

#[test]
fn a_factor_packed_once_gives_the_same_products() {
    fn check<T: Simd>() {
        let mut packing = Packing::new();
        let fill = |len: usize| (0..len).map(|i| T::from((i * 37 % 101) as f64 / 101.0 - 0.5).unwrap()).collect();
        for isa in Isa::available() {
            let shapes = [(64, 128, 128), (200, 33, 9), (64, 70, 256), (3000, 64, 128), (1, 128, 20), (0, 64, 64)];
            for (m, n, k) in shapes.into_iter().chain([(50, 300, 600), (3, 70, 520)]) {
                let (a, b): (Vec<T>, Vec<T>) = (fill(m * k), fill(k * n));
                for transposed in [false, true] {
                    let a = MatRef::row_major(&a, m, k);
                    let b =
                        if transposed { MatRef::row_major(&b, n, k).transposed() } else { MatRef::row_major(&b, k, n) };
                    // What is there already is not read.
                    let (mut ours, mut plain) = (vec![T::nan(); m * n], vec![T::zero(); m * n]);
                    let packed = PackedRight::on(isa, b, 4 * m.max(64), &mut packing).unwrap();
                    packed.multiply(a, &mut MatMut::row_major(&mut ours, m, n));
                    let mut c = MatMut::row_major(&mut plain, m, n);
                    gemm_on(isa, T::one(), a, b, T::zero(), &mut c, &mut Packing::new());
                    let near = |x: T, y: T| {
                        let allowed = T::from(100).unwrap() * T::epsilon() * y.abs().max(T::one());
                        assert!((x - y).abs() <= allowed, "{isa:?} {m} {n} {k}: {x} {y}");
                    };
                    ours.iter().zip(&plain).for_each(|(&x, &y)| near(x, y));
                    // 2 A B + C for the first columns, A by rows and by columns; the others are left alone.
                    let by_columns: Vec<T> = (0..k * m).map(|i| a.data[i % m.max(1) * k + i / m.max(1)]).collect();
                    for a in [a, MatRef::row_major(&by_columns, k, m).transposed()] {
                        for columns in [1, n / 2, n - 1] {
                            let mut c = MatMut::new(&mut ours, m, columns, n, 1).unwrap();
                            let mut left = Packing::new();
                            packed.multiply_first(T::one() + T::one(), a, -T::one(), &mut c, &mut left);
                            for (i, (x, &y)) in ours.iter_mut().zip(&plain).enumerate() {
                                near(*x, y);
                                assert!(i % n < columns || x.is_finite());
                                *x = y;
                            }
                        }
                    }
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
    // Too few rows, too thin, too short.
    let data = vec![0.0f64; 300 * 300];
    for (k, n, rows) in [(64, 64, 1), (8, 64, 100), (64, 1, 100)] {
        assert!(PackedRight::new(MatRef::row_major(&data, k, n), rows, &mut Packing::new()).is_none());
    }
}
