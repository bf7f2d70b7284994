//! Values of a kernel, and images of functions by them.

use rayon::prelude::*;

use super::{INPUTS, Kernel};
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::{Result, Scalar};

/// Values of the kernel that are worth a second thread.
const MIN_PARALLEL: usize = 1 << 12;

/// k(y, x) for all points of both sides, `[outputs, inputs]`.
pub(super) fn kernel_values<T: Scalar>(
    kernel: &Kernel<T>,
    [inputs, outputs]: [&[T]; 2],
    [x, y]: [usize; 2],
    out: &mut Vec<T>,
) -> Result<()> {
    let n = inputs.len() / x;
    out.clear();
    out.resize(n * (outputs.len() / y), T::zero());
    let row = |(y, out): (&[T], &mut [T])| {
        out.iter_mut().zip(inputs.chunks_exact(x)).for_each(|(out, x)| *out = kernel(y, x));
    };
    if out.len() < MIN_PARALLEL {
        outputs.chunks_exact(y).zip(out.chunks_exact_mut(n)).for_each(row);
    } else {
        outputs.par_chunks_exact(y).zip(out.par_chunks_exact_mut(n)).for_each(row);
    }
    Error::check_finite("kernel of SampledOperator", out)
}

pub(super) fn weigh_rows<T: Scalar>(f: &mut [T], weights: &[T]) {
    let k = f.len() / weights.len();
    f.chunks_exact_mut(k).zip(weights).for_each(|(row, &w)| row.iter_mut().for_each(|v| *v *= w));
}

/// Memory for images: grows on first use, then allocates nothing.
#[derive(Debug)]
pub(super) struct Images<T> {
    /// The functions, centred and weighted as the operator wants them, `[n, k]`.
    functions: Vec<T>,
    means: Vec<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Default for Images<T> {
    fn default() -> Self {
        Images { functions: Vec::new(), means: Vec::new(), packing: Packing::new() }
    }
}

impl<T: Scalar> Images<T> {
    /// Takes f `[n, k]`, without its means where the operator is centred.
    pub fn prepare(&mut self, f: &[T], weights: &[T], centred: bool) {
        let k = f.len() / weights.len();
        self.functions.clear();
        self.functions.extend_from_slice(f);
        self.means.clear();
        self.means.resize(k, T::zero());
        if centred {
            for (row, &w) in f.chunks_exact(k).zip(weights) {
                self.means.iter_mut().zip(row).for_each(|(mean, &f)| *mean += w * f);
            }
            let mass = weights.iter().fold(T::zero(), |sum, &w| sum + w);
            for row in self.functions.chunks_exact_mut(k) {
                row.iter_mut().zip(&self.means).for_each(|(f, &mean)| *f -= mean / mass);
            }
        }
    }

    pub fn weigh(&mut self, weights: &[T]) {
        weigh_rows(&mut self.functions, weights);
    }

    pub fn couple_pairs(&self, weights: &[T], out: &mut [T]) {
        let k = self.means.len();
        for ((out, f), &w) in out.chunks_exact_mut(k).zip(self.functions.chunks_exact(k)).zip(weights) {
            out.iter_mut().zip(f).for_each(|(out, &f)| *out = w * f);
        }
    }

    /// `out` `[targets, k]` from values of the kernel `[outputs, inputs]`.
    pub fn couple(&mut self, from: usize, values: &[T], out: &mut [T]) {
        let Images { functions, means, packing } = self;
        let k = means.len();
        let [sources, targets] = [functions.len() / k, out.len() / k];
        let kernel = match from {
            INPUTS => MatRef::row_major(values, targets, sources),
            _ => MatRef::row_major(values, sources, targets).transposed(),
        };
        let functions = MatRef::row_major(functions, sources, k);
        gemm(T::one(), kernel, functions, T::zero(), &mut MatMut::row_major(out, targets, k), packing);
    }

    /// Takes the mean from what is weighted already.
    pub fn centre_image(&mut self, image: &mut [T], weights: &[T]) {
        let k = self.means.len();
        self.means.fill(T::zero());
        for row in image.chunks_exact(k) {
            self.means.iter_mut().zip(row).for_each(|(mean, &v)| *mean += v);
        }
        let mass = weights.iter().fold(T::zero(), |sum, &w| sum + w);
        for (row, &w) in image.chunks_exact_mut(k).zip(weights) {
            row.iter_mut().zip(&self.means).for_each(|(v, &mean)| *v -= w * mean / mass);
        }
    }
}
