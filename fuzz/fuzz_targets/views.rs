//! Views of arbitrary sizes and strides, those among them whose products wrap: made exactly where all their entries exist,
//! as counted in wider numbers, and then multiplied as the triple loop does.
#![no_main]

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use arbitrary::Arbitrary;
use eigennet::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use libfuzzer_sys::fuzz_target;

/// A small number, or one whose products wrap.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Size {
    Small(u8),
    Power(u8, i8),
}

impl Size {
    fn get(self) -> usize {
        match self {
            Size::Small(n) => usize::from(n % 40),
            Size::Power(bits, offset) => {
                (1_usize << (u32::from(bits) % usize::BITS)).wrapping_add_signed(offset.into())
            }
        }
    }
}

#[derive(Debug, Arbitrary)]
struct Case {
    lengths: [u16; 3],
    sizes: [Size; 3],
    strides: [[Size; 2]; 3],
    contiguous: bool,
}

/// Whether a function panics, without the report of it.
fn refuses<V>(function: impl FnOnce() -> V) -> bool {
    let hook = take_hook();
    set_hook(Box::new(|_| ()));
    let refused = catch_unwind(AssertUnwindSafe(|| drop(function()))).is_err();
    set_hook(hook);
    refused
}

fn inside(len: usize, rows: usize, cols: usize, [rs, cs]: [usize; 2]) -> bool {
    let wide = |x: usize| x as u128;
    let last = || wide(rows - 1).checked_mul(wide(rs))?.checked_add(wide(cols - 1).checked_mul(wide(cs))?);
    rows == 0 || cols == 0 || last().is_some_and(|last| last < wide(len))
}

fuzz_target!(|case: Case| {
    let [m, n, k] = case.sizes.map(Size::get);
    let shapes = [(m, k), (k, n), (m, n)];
    let mut strides = case.strides.map(|pair| pair.map(Size::get));
    if case.contiguous {
        (0..3).for_each(|at| strides[at] = [shapes[at].1, 1]);
    }
    let lengths = case.lengths.map(|length| usize::from(length % 2000));
    let data = lengths.map(|length| (0..length).map(|i| (i % 13) as f64 - 6.0).collect::<Vec<_>>());
    for ((&(rows, cols), data), &[rs, cs]) in shapes.iter().zip(&data).zip(&strides) {
        let holds = inside(data.len(), rows, cols, [rs, cs]);
        assert_eq!(MatRef::new(data, rows, cols, rs, cs).is_ok(), holds);
        let mut target = data.clone();
        assert!(holds || MatMut::new(&mut target, rows, cols, rs, cs).is_err());
        let whole = inside(data.len(), rows, cols, [cols, 1]);
        assert_eq!(refuses(|| MatRef::row_major(data, rows, cols)), !whole);
        assert_eq!(refuses(|| MatMut::row_major(&mut target, rows, cols)), !whole);
    }
    // A stride of zero makes views of any size; what is to be multiplied has to end.
    if m.saturating_mul(n.max(1)).saturating_mul(k.max(1)) > 1 << 20 || n > 1 << 20 || k > 1 << 20 {
        return;
    }
    let mut c = data[2].clone();
    let [sa, sb, sc] = strides;
    let (Ok(a), Ok(b)) = (MatRef::new(&data[0], m, k, sa[0], sa[1]), MatRef::new(&data[1], k, n, sb[0], sb[1])) else {
        return;
    };
    let Ok(mut target) = MatMut::new(&mut c, m, n, sc[0], sc[1]) else { return };
    gemm(1.0, a, b, 1.0, &mut target, &mut Packing::new());
    let mut expected = data[2].clone();
    for i in 0..m {
        for j in 0..n {
            // Small whole numbers: exact in any order.
            let sum: f64 = (0..k).map(|p| data[0][i * sa[0] + p * sa[1]] * data[1][p * sb[0] + j * sb[1]]).sum();
            expected[i * sc[0] + j * sc[1]] += sum;
        }
    }
    assert_eq!(c, expected);
});
