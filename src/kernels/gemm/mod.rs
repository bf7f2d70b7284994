//! General matrix product `C ← α A B + β C` over strided views.
//!
//! One register-level kernel per instruction set does the work (see `microkernel`; `narrow` for columns that fill little of
//! a vector); the driver cuts the operands to fit the caches, packs what is not laid out as the kernel reads it, and sends
//! products with few columns or rows past all that. Everything is serial and the order of every sum depends on shapes and
//! strides alone, so the bits do not depend on threads.

mod blocks;
mod driver;
mod instructions;
mod interleave;
mod kernel;
mod microkernel;
#[cfg(target_arch = "x86_64")]
mod narrow;
mod packed;
#[cfg(test)]
mod tests;
mod view;

pub use driver::Packing;
pub(super) use kernel::{Element, Interleave};
pub use packed::PackedRight;
pub use view::{MatMut, MatRef};

use super::Simd;
use super::isa::Isa;
use driver::Product;

/// `C ← α A B + β C`; with `β = 0` the old `C` is not read (so NaN in it does not spread), with
/// `α = 0` neither `A` nor `B` is.
///
/// # Panics
/// If the shapes do not fit: `A` is `[m, k]`, `B` is `[k, n]`, `C` is `[m, n]`.
pub fn gemm<T: Simd>(
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    c: &mut MatMut<'_, T>,
    packing: &mut Packing<T>,
) {
    gemm_on(Isa::best(), alpha, a, b, beta, c, packing);
}

/// [`gemm`] by the kernels of `isa`, or of the baseline where the machine lacks it.
fn gemm_on<T: Simd>(
    isa: Isa,
    alpha: T,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    beta: T,
    c: &mut MatMut<'_, T>,
    packing: &mut Packing<T>,
) {
    let product = Product::new(alpha, a, b, beta, c);
    // SAFETY: a view is made only of entries that exist (`fits`), and one to write to of distinct ones; `Product::new`
    // has compared the shapes; the borrows last until here.
    unsafe { product.run(isa, packing) };
}
