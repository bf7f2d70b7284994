//! The matrix product of arbitrary shapes, strides and factors against the triple loop. A failure
//! prints a line that can be pasted into `fn main` of a crate with `eigennet` beside [`Case`].
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Scalar;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use libfuzzer_sys::fuzz_target;

/// An operand's strides: contiguous along `inner`, `gap` entries between lines, `step` between
/// neighbours in a line.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Layout {
    by_columns: bool,
    gap: u8,
    step: u8,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Case {
    m: u8,
    n: u8,
    k: u16,
    a: Layout,
    b: Layout,
    c: Layout,
    alpha: i8,
    beta: i8,
    seed: u32,
    single: bool,
}

impl Layout {
    fn strides(self, rows: usize, cols: usize) -> (usize, usize) {
        let step = 1 + usize::from(self.step % 3);
        let line = |length: usize| (length.max(1) - 1) * step + 1 + usize::from(self.gap % 20);
        if self.by_columns { (step, line(rows)) } else { (line(cols), step) }
    }
}

fn extent(rows: usize, cols: usize, (rs, cs): (usize, usize)) -> usize {
    if rows == 0 || cols == 0 { 0 } else { (rows - 1) * rs + (cols - 1) * cs + 1 }
}

fn run<T: Scalar>(case: Case) -> Result<(), String> {
    let (m, n, k) = (usize::from(case.m), usize::from(case.n), usize::from(case.k % 600));
    let (alpha, beta) = (f64::from(case.alpha) / 4.0, f64::from(case.beta) / 4.0);
    let (sa, sb, sc) = (case.a.strides(m, k), case.b.strides(k, n), case.c.strides(m, n));
    let mut state = u64::from(case.seed);
    let mut fill = |len: usize| {
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                T::of((state >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
            })
            .collect::<Vec<T>>()
    };
    let (a, b) = (fill(extent(m, k, sa)), fill(extent(k, n, sb)));
    let old = fill(extent(m, n, sc));
    let mut c = old.clone();
    if beta == 0.0 {
        for i in 0..m {
            for j in 0..n {
                c[i * sc.0 + j * sc.1] = T::nan();
            }
        }
    }
    {
        let a = MatRef::new(&a, m, k, sa.0, sa.1).map_err(|e| e.to_string())?;
        let b = MatRef::new(&b, k, n, sb.0, sb.1).map_err(|e| e.to_string())?;
        let mut c = MatMut::new(&mut c, m, n, sc.0, sc.1).map_err(|e| e.to_string())?;
        gemm(T::of(alpha), a, b, T::of(beta), &mut c, &mut Packing::new());
    }
    let mut expected = old.clone();
    for i in 0..m {
        for j in 0..n {
            let (mut sum, mut size) = (0.0, 0.0);
            for p in 0..k {
                let term = a[i * sa.0 + p * sa.1].to_f64() * b[p * sb.0 + j * sb.1].to_f64();
                sum += term;
                size += term.abs();
            }
            let at = i * sc.0 + j * sc.1;
            let before = beta * old[at].to_f64();
            let (got, wanted) = (c[at].to_f64(), alpha * sum + before);
            let bound = (k as f64 + 4.0) * T::EPSILON.to_f64() * (alpha.abs() * size + before.abs());
            let error = (got - wanted).abs();
            if error.is_nan() || error > bound {
                return Err(format!("C[{i}, {j}] = {got}, not {wanted} +- {bound}"));
            }
            expected[at] = c[at];
        }
    }
    match c.iter().zip(&expected).position(|(x, y)| x != y) {
        Some(at) => Err(format!("entry {at}, in a gap of C, was written")),
        None => Ok(()),
    }
}

fuzz_target!(|case: Case| {
    let outcome = if case.single { run::<f32>(case) } else { run::<f64>(case) };
    if let Err(reason) = outcome {
        let scalar = if case.single { "f32" } else { "f64" };
        panic!("{reason}\nreproduce: assert_eq!(run::<{scalar}>({case:?}), Ok(()));");
    }
});
