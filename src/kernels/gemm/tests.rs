//! Every kernel against the triple loop.

use super::super::Simd;
use super::super::isa::Isa;
use super::{MatMut, MatRef, Packing, gemm_on};
use quickcheck::{Arbitrary, Gen, TestResult, quickcheck};

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
            // NaN must fail too.
            if !((got - expected).abs() <= bound) {
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

fn on_all<T: Simd>(case: &Case) -> Result<(), String> {
    let mut packing = Packing::new();
    Isa::available().try_for_each(|isa| holds::<T>(case, isa, &mut packing))
}

quickcheck! {
    fn random_products_f32(case: Case) -> TestResult {
        on_all::<f32>(&case).map_or_else(TestResult::error, |()| TestResult::passed())
    }

    fn random_products_f64(case: Case) -> TestResult {
        on_all::<f64>(&case).map_or_else(TestResult::error, |()| TestResult::passed())
    }
}

/// Every tile of rows and vectors, each path, each layout: sides around the kernels' sizes.
#[test]
fn sides_around_the_tiles() {
    let sides = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 31, 33];
    let mut seed = 1;
    for &m in &sides {
        for &n in &sides {
            for (l, &k) in [1, 2, 7, 8, 19, 40].iter().enumerate() {
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

/// Sides beyond one block of rows, of depth and of columns.
#[test]
fn several_blocks() {
    for (i, (m, n, k)) in [(300, 40, 530), (40, 2100, 20), (700, 9, 300), (1, 70, 700), (70, 1, 700), (600, 600, 3)]
        .into_iter()
        .enumerate()
    {
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
