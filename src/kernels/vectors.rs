//! The vectors of every instruction set and both types under the same names: what loops written out by hand are made of.
//!
//! A module has `zero`, `splat`, `load`, `store`, `load_first` and `store_first` for less than a vector, `prefetch`,
//! `multiply`, `multiply_add` and `sum`; those of at most 256 bits have `transpose` for a square block.

/// Vectors of 128 bits in plain Rust, for the compiler to map to what the target has.
macro_rules! portable {
    ($module:ident, $scalar:ty, $lanes:literal) => {
        pub mod $module {
            pub type Vector = [$scalar; $lanes];

            #[inline(always)]
            pub fn zero() -> Vector {
                [0.0; $lanes]
            }

            #[inline(always)]
            pub fn splat(x: $scalar) -> Vector {
                [x; $lanes]
            }

            /// # Safety
            /// All lanes may be read.
            #[inline(always)]
            pub unsafe fn load(from: *const $scalar) -> Vector {
                // SAFETY: what the caller vouches for.
                unsafe { from.cast::<Vector>().read_unaligned() }
            }

            /// # Safety
            /// All lanes may be written.
            #[inline(always)]
            pub unsafe fn store(to: *mut $scalar, x: Vector) {
                // SAFETY: what the caller vouches for.
                unsafe { to.cast::<Vector>().write_unaligned(x) };
            }

            /// The first `count` lanes, zero in the others.
            ///
            /// # Safety
            /// `count` entries may be read; `count` is at most the number of lanes.
            #[inline(always)]
            pub unsafe fn load_first(from: *const $scalar, count: usize) -> Vector {
                let mut x = zero();
                for (i, x) in x.iter_mut().take(count).enumerate() {
                    // SAFETY: i < count.
                    *x = unsafe { *from.add(i) };
                }
                x
            }

            /// # Safety
            /// `count` entries may be written; `count` is at most the number of lanes.
            #[inline(always)]
            pub unsafe fn store_first(to: *mut $scalar, count: usize, x: Vector) {
                for (i, &x) in x.iter().take(count).enumerate() {
                    // SAFETY: i < count.
                    unsafe { *to.add(i) = x };
                }
            }

            /// Nothing: portable Rust has no word for it.
            #[inline(always)]
            pub fn prefetch(_: *const i8) {}

            #[inline(always)]
            pub fn multiply(a: Vector, b: Vector) -> Vector {
                multiply_add(a, b, zero())
            }

            /// Fused where the target has it; elsewhere a call into the C library would cost far
            /// more than a second rounding.
            #[inline(always)]
            pub fn multiply_add(a: Vector, b: Vector, mut c: Vector) -> Vector {
                for ((c, a), b) in c.iter_mut().zip(a).zip(b) {
                    *c = if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                        a.mul_add(b, *c)
                    } else {
                        a * b + *c
                    };
                }
                c
            }

            #[inline(always)]
            pub fn sum(x: Vector) -> $scalar {
                x.into_iter().sum()
            }

            #[inline(always)]
            pub fn transpose(x: [Vector; $lanes]) -> [Vector; $lanes] {
                let mut y = x;
                for (i, y) in y.iter_mut().enumerate() {
                    for (y, x) in y.iter_mut().zip(&x) {
                        *y = x[i];
                    }
                }
                y
            }
        }
    };
}

portable!(portable_f32, f32, 4);
portable!(portable_f64, f64, 2);

#[cfg(target_arch = "x86_64")]
pub use x86::{avx2_f32, avx2_f64, avx512_f32, avx512_f64};

#[cfg(target_arch = "x86_64")]
mod x86 {
    /// Into the first cache.
    #[inline(always)]
    pub fn prefetch(from: *const i8) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every machine of the target has it, and it accesses nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from) };
    }

    pub mod avx2_f32 {
        pub use super::prefetch;
        use std::arch::x86_64::*;
        pub use std::arch::x86_64::{
            __m256 as Vector, _mm256_fmadd_ps as multiply_add, _mm256_loadu_ps as load, _mm256_mul_ps as multiply,
            _mm256_set1_ps as splat, _mm256_setzero_ps as zero, _mm256_storeu_ps as store,
        };

        /// The first `count` lanes, zero in the others.
        ///
        /// # Safety
        /// `count` entries may be read; `count` is at most 8.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub unsafe fn load_first(from: *const f32, count: usize) -> __m256 {
            let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            // SAFETY: lanes that the mask leaves out are not accessed.
            unsafe { _mm256_maskload_ps(from, mask) }
        }

        /// By halves: the masked store takes over forty micro-operations on AMD's machines.
        ///
        /// # Safety
        /// `count` entries may be written; `count` is at most 8.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub unsafe fn store_first(mut to: *mut f32, count: usize, x: __m256) {
            // SAFETY: 8, or 4 + 2 + 1 of them as the bits of `count` say.
            unsafe {
                if count >= 8 {
                    _mm256_storeu_ps(to, x);
                    return;
                }
                let mut x4 = _mm256_castps256_ps128(x);
                if count & 4 != 0 {
                    _mm_storeu_ps(to, x4);
                    x4 = _mm256_extractf128_ps::<1>(x);
                    to = to.add(4);
                }
                if count & 2 != 0 {
                    _mm_storel_pd(to.cast(), _mm_castps_pd(x4));
                    x4 = _mm_movehl_ps(x4, x4);
                    to = to.add(2);
                }
                if count & 1 != 0 {
                    _mm_store_ss(to, x4);
                }
            }
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub fn sum(x: __m256) -> f32 {
            let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
            _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub fn transpose(x: [__m256; 8]) -> [__m256; 8] {
            let mut y = x;
            for i in 0..4 {
                y[2 * i] = _mm256_unpacklo_ps(x[2 * i], x[2 * i + 1]);
                y[2 * i + 1] = _mm256_unpackhi_ps(x[2 * i], x[2 * i + 1]);
            }
            // Columns c and c + 4 of rows 0..4 in z[c], of rows 4..8 in z[4 + c].
            let mut z = y;
            for h in [0, 4] {
                z[h] = _mm256_shuffle_ps::<0x44>(y[h], y[h + 2]);
                z[h + 1] = _mm256_shuffle_ps::<0xEE>(y[h], y[h + 2]);
                z[h + 2] = _mm256_shuffle_ps::<0x44>(y[h + 1], y[h + 3]);
                z[h + 3] = _mm256_shuffle_ps::<0xEE>(y[h + 1], y[h + 3]);
            }
            for c in 0..4 {
                y[c] = _mm256_permute2f128_ps::<0x20>(z[c], z[4 + c]);
                y[4 + c] = _mm256_permute2f128_ps::<0x31>(z[c], z[4 + c]);
            }
            y
        }
    }

    pub mod avx2_f64 {
        pub use super::prefetch;
        use std::arch::x86_64::*;
        pub use std::arch::x86_64::{
            __m256d as Vector, _mm256_fmadd_pd as multiply_add, _mm256_loadu_pd as load, _mm256_mul_pd as multiply,
            _mm256_set1_pd as splat, _mm256_setzero_pd as zero, _mm256_storeu_pd as store,
        };

        /// The first `count` lanes, zero in the others.
        ///
        /// # Safety
        /// `count` entries may be read; `count` is at most 4.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub unsafe fn load_first(from: *const f64, count: usize) -> __m256d {
            let mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), _mm256_setr_epi64x(0, 1, 2, 3));
            // SAFETY: lanes that the mask leaves out are not accessed.
            unsafe { _mm256_maskload_pd(from, mask) }
        }

        /// By halves: the masked store takes many micro-operations on AMD's machines.
        ///
        /// # Safety
        /// `count` entries may be written; `count` is at most 4.
        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub unsafe fn store_first(mut to: *mut f64, count: usize, x: __m256d) {
            // SAFETY: 4, or 2 + 1 of them as the bits of `count` say.
            unsafe {
                if count >= 4 {
                    _mm256_storeu_pd(to, x);
                    return;
                }
                let mut x2 = _mm256_castpd256_pd128(x);
                if count & 2 != 0 {
                    _mm_storeu_pd(to, x2);
                    x2 = _mm256_extractf128_pd::<1>(x);
                    to = to.add(2);
                }
                if count & 1 != 0 {
                    _mm_store_sd(to, x2);
                }
            }
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub fn sum(x: __m256d) -> f64 {
            let x = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
            _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)))
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        pub fn transpose(x: [__m256d; 4]) -> [__m256d; 4] {
            let (a, b) = (_mm256_unpacklo_pd(x[0], x[1]), _mm256_unpackhi_pd(x[0], x[1]));
            let (c, d) = (_mm256_unpacklo_pd(x[2], x[3]), _mm256_unpackhi_pd(x[2], x[3]));
            [
                _mm256_permute2f128_pd::<0x20>(a, c),
                _mm256_permute2f128_pd::<0x20>(b, d),
                _mm256_permute2f128_pd::<0x31>(a, c),
                _mm256_permute2f128_pd::<0x31>(b, d),
            ]
        }
    }

    macro_rules! avx512 {
        ($module:ident, $scalar:ty, $vector:ident, $mask:ty, $maskz_loadu:ident, $mask_storeu:ident, { $($names:tt)* }) => {
            pub mod $module {
                pub use super::prefetch;
                use std::arch::x86_64::*;
                pub use std::arch::x86_64::{$vector as Vector, $($names)*};

                /// The first `count` lanes, zero in the others.
                ///
                /// # Safety
                /// `count` entries may be read; `count` is at most the number of lanes.
                #[inline]
                #[target_feature(enable = "avx512f")]
                pub unsafe fn load_first(from: *const $scalar, count: usize) -> $vector {
                    // SAFETY: lanes that the mask leaves out are not accessed.
                    unsafe { $maskz_loadu(((1u32 << count) - 1) as $mask, from) }
                }

                /// # Safety
                /// `count` entries may be written; `count` is at most the number of lanes.
                #[inline]
                #[target_feature(enable = "avx512f")]
                pub unsafe fn store_first(to: *mut $scalar, count: usize, x: $vector) {
                    // SAFETY: lanes that the mask leaves out are not accessed.
                    unsafe { $mask_storeu(to, ((1u32 << count) - 1) as $mask, x) };
                }
            }
        };
    }

    avx512!(avx512_f32, f32, __m512, u16, _mm512_maskz_loadu_ps, _mm512_mask_storeu_ps, {
        _mm512_fmadd_ps as multiply_add, _mm512_loadu_ps as load, _mm512_mul_ps as multiply, _mm512_reduce_add_ps as sum, _mm512_set1_ps as splat, _mm512_setzero_ps as zero, _mm512_storeu_ps as store
    });
    avx512!(avx512_f64, f64, __m512d, u8, _mm512_maskz_loadu_pd, _mm512_mask_storeu_pd, {
        _mm512_fmadd_pd as multiply_add, _mm512_loadu_pd as load, _mm512_mul_pd as multiply, _mm512_reduce_add_pd as sum, _mm512_set1_pd as splat, _mm512_setzero_pd as zero, _mm512_storeu_pd as store
    });
}
