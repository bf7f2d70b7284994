use quickcheck::quickcheck;

use super::fits;
use crate::kernels::gemm::{MatMut, MatRef};

/// Small sizes, and some whose products wrap.
fn size(raw: u16) -> usize {
    let small = usize::from(raw % 7);
    match raw / 7 % 6 {
        0 => usize::MAX - small,
        1 => (usize::MAX >> 1) + small,
        2 => (1 << (usize::BITS / 2)) + small,
        3 => (usize::MAX >> 2) + 1 + small,
        _ => small,
    }
}

quickcheck! {
    fn fits_as_counted_in_wider_numbers(len: u16, rows: u16, cols: u16, row_stride: u16, col_stride: u16) -> bool {
        let [len, m, n, rs, cs] = [len, rows, cols, row_stride, col_stride].map(size);
        let wide = |x: usize| x as u128;
        let inside = m == 0 || n == 0 || {
            let (a, b) = (wide(m - 1) * wide(rs), wide(n - 1) * wide(cs));
            a < wide(len) && b < wide(len) && a + b < wide(len)
        };
        fits(len, m, n, rs, cs) == inside
    }

    fn contiguous_views_need_all_their_entries(len: u16, rows: u16, cols: u16) -> bool {
        let (len, m, n) = (usize::from(len % 50), size(rows), size(cols));
        let holds = (m as u128) * (n as u128) <= len as u128;
        let (data, mut target) = (vec![0.0f32; len], vec![0.0f32; len]);
        let read = std::panic::catch_unwind(|| MatRef::row_major(&data, m, n).rows()).is_ok();
        let write = std::panic::AssertUnwindSafe(|| {
            let _view = MatMut::row_major(&mut target, m, n);
        });
        let written = std::panic::catch_unwind(write).is_ok();
        read == holds && written == holds
    }
}
