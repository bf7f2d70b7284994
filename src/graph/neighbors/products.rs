//! All distances by matrix products, for points of many coordinates: ‖x − y‖² = ‖x‖² + ‖y‖² − 2 x·y tells which may be
//! wanted, and for these the differences themselves are added up.

use super::nearest::{Candidate, Collector};
use crate::Scalar;
use crate::kernels::distances::squared_distances;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::reduce::dot;
use crate::linalg::Matrix;

/// Points that meet a block of others at a time.
const PANEL: usize = 512;

/// Points and their squared norms, around their mean, where less is lost.
#[derive(Debug)]
pub(crate) struct Products<T> {
    mean: Vec<T>,
    centred: Matrix<T>,
    norms: Vec<T>,
}

impl<T: Scalar> Products<T> {
    pub fn new(points: &Matrix<T>) -> Self {
        let mut mean = vec![T::zero(); points.cols()];
        let share = T::of(1.0 / points.rows() as f64);
        for row in points.row_iter() {
            mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += share * x);
        }
        let centred = centre(points.as_slice(), &mean);
        let norms = centred.row_iter().map(|row| dot(row, row)).collect();
        Products { mean, centred, norms }
    }

    /// Offers to each of the `searched` points, number `except` of them left out, every one of `points` that may be wanted.
    pub fn search(
        &self,
        points: &Matrix<T>,
        searched: &[T],
        except: Option<&[u32]>,
        found: &mut [impl Collector<T>],
        packing: &mut Packing<T>,
    ) {
        let dimension = points.cols();
        let block = centre(searched, &self.mean);
        let norms: Vec<T> = block.row_iter().map(|row| dot(row, row)).collect();
        let mut products = vec![T::zero(); block.rows() * PANEL];
        // What rounding may do to a product and to the norms.
        let slack = T::of(4.0 * (dimension + 8) as f64) * T::EPSILON;
        for start in (0..points.rows()).step_by(PANEL) {
            let width = PANEL.min(points.rows() - start);
            let panel = &self.centred.as_slice()[start * dimension..(start + width) * dimension];
            let panel = MatRef::row_major(panel, width, dimension).transposed();
            let products = &mut products[..block.rows() * width];
            let mut out = MatMut::row_major(products, block.rows(), width);
            gemm(T::one(), block.view(), panel, T::zero(), &mut out, packing);
            for (i, products) in products.chunks_exact(width).enumerate() {
                let searched = &searched[i * dimension..(i + 1) * dimension];
                let except = except.map(|except| except[i]);
                for (j, &product) in products.iter().enumerate() {
                    let size = norms[i] + self.norms[start + j];
                    let index = (start + j) as u32;
                    if size - (product + product) - slack * size > found[i].reach() || Some(index) == except {
                        continue;
                    }
                    let mut distance = [T::zero()];
                    squared_distances(points.row(start + j), searched, &mut distance);
                    found[i].offer(Candidate { distance: distance[0], index });
                }
            }
        }
    }
}

fn centre<T: Scalar>(rows: &[T], mean: &[T]) -> Matrix<T> {
    let count = rows.len() / mean.len();
    Matrix::from_fn(count, mean.len(), |i, axis| rows[i * mean.len() + axis] - mean[axis])
}
