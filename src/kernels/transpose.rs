//! Rows that become columns.

use super::Simd;
use super::extent::fits;
use super::gemm::{Element, Interleave};
use super::isa::Isa;

/// Rows that are read together: what is left of a line of cache waits for the next columns in the first cache.
const STRIP: usize = 64;

/// `to[j, i] = from[i, j]` for a block `[rows, cols]`, both in rows as far apart as their strides say; by square blocks in
/// registers, as the factors of a product are packed.
///
/// # Panics
/// If the block reaches past a buffer, or rows of its transpose overlap.
pub fn transpose<T: Simd>(from: (&[T], usize), shape: [usize; 2], to: (&mut [T], usize)) {
    transpose_on(Isa::best(), from, shape, to);
}

fn transpose_on<T: Simd>(
    isa: Isa,
    (from, from_stride): (&[T], usize),
    [rows, cols]: [usize; 2],
    (to, to_stride): (&mut [T], usize),
) {
    assert!(
        fits(from.len(), rows, cols, from_stride, 1) && fits(to.len(), cols, rows, to_stride, 1) && rows <= to_stride,
        "transpose: a block [{rows}, {cols}] reaches past a buffer"
    );
    // No entry, and no stride that means anything.
    if cols == 0 {
        return;
    }
    let kernels = <T as Element>::kernels(isa);
    for first in (0..rows).step_by(STRIP) {
        let lines = STRIP.min(rows - first);
        if lines < kernels.lanes {
            for i in first..rows {
                (0..cols).for_each(|j| to[j * to_stride + i] = from[i * from_stride + j]);
            }
            return;
        }
        let block = Interleave {
            from: from.as_ptr().wrapping_add(first * from_stride),
            line: from_stride,
            step: 1,
            lines,
            k: cols,
            width: lines,
            pitch: to_stride,
            to: to.as_mut_ptr().wrapping_add(first),
        };
        // SAFETY: all entries of both blocks exist (`fits`); the lines fill a vector, so that nothing is written beside
        // them. The kernels are those of an instruction set that the machine has.
        unsafe { (kernels.interleave)(&block) };
    }
}

#[cfg(test)]
mod tests {
    use super::{transpose, transpose_on};
    use crate::kernels::Simd;
    use crate::kernels::isa::Isa;

    fn against_the_definition<T: Simd>() {
        let sides = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 65, 81];
        for isa in Isa::available() {
            for rows in sides {
                for cols in sides {
                    for (from_stride, to_stride) in [(cols, rows), (cols + 3, rows + 5)] {
                        let from: Vec<T> = (0..rows * from_stride).map(|i| T::from(i).unwrap()).collect();
                        let untouched = -T::one();
                        let mut to = vec![untouched; cols * to_stride];
                        transpose_on(isa, (&from, from_stride), [rows, cols], (&mut to, to_stride));
                        for (at, &entry) in to.iter().enumerate() {
                            let (j, i) = (at / to_stride, at % to_stride);
                            let expected = if i < rows { from[i * from_stride + j] } else { untouched };
                            assert_eq!(entry, expected, "{isa:?} [{rows}, {cols}] at {j} {i}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn entries_change_their_places_and_nothing_else_is_written() {
        against_the_definition::<f32>();
        against_the_definition::<f64>();
    }

    #[test]
    fn blocks_that_are_not_there() {
        let hostile: [(usize, [usize; 2], usize, usize); 6] = [
            (4, [2, 3], 3, 2),
            (6, [2, 3], 3, 1),
            (6, [2, 3], usize::MAX, 2),
            (6, [2, usize::MAX], 3, 2),
            (6, [3, 2], 2, usize::MAX),
            (5, [3, 2], 2, 3),
        ];
        for (len, shape, from_stride, to_stride) in hostile {
            let outside = move || transpose((&vec![1.0; len], from_stride), shape, (&mut [0.0; 5], to_stride));
            assert!(std::panic::catch_unwind(outside).is_err(), "{len} {shape:?}");
        }
    }
}
