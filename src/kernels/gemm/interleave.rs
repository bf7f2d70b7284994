//! Packing: lines of a matrix laid side by side, so that the kernels read straight on.

/// How far lines that are contiguous along k are fetched ahead.
pub const AHEAD_BYTES: usize = 256;

/// Interleaving by square blocks of the vectors of the same name.
macro_rules! interleaving {
    ($module:ident, $scalar:ty, $lanes:literal, { $(#[$attribute:meta])* }, [$($width:literal),*]) => {
        pub mod $module {
            use super::*;
            use crate::kernels::vectors::$module as vector;

            /// # Safety
            /// The machine has the instruction set, the entries of `from` may be read and those of `to` written.
            $(#[$attribute])*
            pub unsafe fn interleave(x: &Interleave<$scalar>) {
                const { assert!($lanes <= SLACK) };
                // SAFETY: what the caller vouches for.
                unsafe {
                    match (x.line, x.step) {
                        $((1, _) if x.lines == $width && x.width == $width => copy_rows::<$width>(x),)*
                        (1, _) if x.width % $lanes == 0 => copy_vectors(x),
                        (_, 1) => transpose(x),
                        _ => each(x, 0),
                    }
                }
            }

            /// Contiguous lines: one copy of W entries a step.
            ///
            /// # Safety
            /// As for `interleave`.
            $(#[$attribute])*
            unsafe fn copy_rows<const W: usize>(x: &Interleave<$scalar>) {
                let (mut from, mut to) = (x.from, x.to);
                for _ in 0..x.k {
                    for j in (0..W).step_by(64 / size_of::<$scalar>()) {
                        vector::prefetch(from.wrapping_add(AHEAD * x.step + j).cast());
                    }
                    // SAFETY: W lines exist at each of the k steps; arrays of scalars read unaligned.
                    unsafe { to.cast::<[$scalar; W]>().write_unaligned(from.cast::<[$scalar; W]>().read_unaligned()) };
                    from = from.wrapping_add(x.step);
                    to = to.wrapping_add(x.pitch);
                }
            }

            /// Contiguous lines that end within the vectors they are to fill.
            ///
            /// # Safety
            /// As for `interleave`, `width` a multiple of the lanes.
            $(#[$attribute])*
            unsafe fn copy_vectors(x: &Interleave<$scalar>) {
                for p in 0..x.k {
                    for j in (0..x.width).step_by($lanes) {
                        let rest = x.lines.saturating_sub(j).min($lanes);
                        // SAFETY: `rest` lines exist from j on; j + lanes <= width.
                        unsafe {
                            let from = x.from.wrapping_add(p * x.step + j);
                            vector::store(x.to.add(p * x.pitch + j), vector::load_first(from, rest));
                        }
                    }
                }
            }

            /// Lines contiguous along k: square blocks are transposed in registers. The last block
            /// overlaps the one before it; a width below the vector's spills into the next step,
            /// which is written later, and at the end into the slack.
            ///
            /// # Safety
            /// As for `interleave`.
            $(#[$attribute])*
            unsafe fn transpose(x: &Interleave<$scalar>) {
                let whole = x.k / $lanes * $lanes;
                let mut p = 0;
                while p < whole {
                    let mut start = 0;
                    loop {
                        let mut block = [vector::zero(); $lanes];
                        for (j, line) in block.iter_mut().enumerate() {
                            if start + j < x.lines {
                                let from = x.from.wrapping_add((start + j) * x.line + p);
                                vector::prefetch(from.wrapping_add(AHEAD_BYTES / size_of::<$scalar>()).cast());
                                // SAFETY: the line exists and has entries p .. p + lanes.
                                *line = unsafe { vector::load(from) };
                            }
                        }
                        for (t, &step) in vector::transpose(block).iter().enumerate() {
                            // SAFETY: start + lanes <= width, or the block is packed and (p + t) * width + start + lanes <=
                            // k * width + SLACK.
                            unsafe { vector::store(x.to.add((p + t) * x.pitch + start), step) };
                        }
                        if start + $lanes >= x.width {
                            break;
                        }
                        start = (start + $lanes).min(x.width - $lanes);
                    }
                    p += $lanes;
                }
                // SAFETY: what the caller vouches for.
                unsafe { each(x, whole) };
            }

            /// Entry by entry, from step `first` on.
            ///
            /// # Safety
            /// As for `interleave`.
            $(#[$attribute])*
            unsafe fn each(x: &Interleave<$scalar>, first: usize) {
                for p in first..x.k {
                    for j in 0..x.width {
                        // SAFETY: j < lines and p < k for `from`, j < width and p < k for `to`.
                        unsafe {
                            *x.to.add(p * x.pitch + j) =
                                if j < x.lines { *x.from.add(j * x.line + p * x.step) } else { 0.0 };
                        }
                    }
                }
            }
        }
    };
}

pub(super) use interleaving;
