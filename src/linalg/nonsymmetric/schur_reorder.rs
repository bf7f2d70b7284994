//! Sorting the eigenvalues on the diagonal of a real Schur form.

use super::exchange::exchange;
use super::standard_block::{order_at, quasi_triangular_values};
use crate::Scalar;
use crate::error::Error;
use crate::linalg::{Complex, Schur};

impl<T: Scalar> Schur<T> {
    /// Moves the wanted eigenvalues to the top of the diagonal, in the order they stood in, and returns how many they
    /// are: as many first columns of `Q` then span their invariant subspace. A conjugate pair moves as one; `wanted` is
    /// asked for the one with the positive imaginary part.
    ///
    /// ```
    /// use eigennet::linalg::{Matrix, schur};
    /// let mut form = schur(&Matrix::from_vec(2, 2, vec![1.0_f64, 5.0, 0.0, 2.0])?)?;
    /// assert_eq!(form.reorder(|value| value.re > 1.5)?, 1);
    /// assert!((form.values()[0].re - 2.0).abs() < 1e-14);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if `t` and `q` are not square of one order; [`Error::NoConvergence`] if two eigenvalues are too
    /// close to be exchanged stably: what has been exchanged before stays so, and the form stays a Schur form.
    pub fn reorder(&mut self, mut wanted: impl FnMut(Complex<T>) -> bool) -> Result<usize, Error> {
        let blocks = self.sort(|value| if wanted(value) { T::zero() } else { T::one() })?;
        Ok(blocks.iter().filter(|block| block.1 == T::zero()).map(|block| block.0).sum())
    }

    /// Sorts the eigenvalues along the diagonal by ascending `rank`, those of one rank in the order they stood in. A
    /// conjugate pair moves as one; `rank` is asked for the one with the positive imaginary part. A rank that is NaN
    /// comes last.
    ///
    /// # Errors
    /// As [`reorder`](Self::reorder).
    pub fn reorder_by(&mut self, rank: impl FnMut(Complex<T>) -> T) -> Result<(), Error> {
        self.sort(rank).map(|_| ())
    }

    /// [`reorder_by`](Self::reorder_by); returns the orders and ranks of the diagonal blocks as they stand then.
    fn sort(&mut self, mut rank: impl FnMut(Complex<T>) -> T) -> Result<Vec<(usize, T)>, Error> {
        let n = self.t.rows();
        if self.t.shape() != [n, n] || self.q.shape() != [n, n] {
            return Err(Error::shape("Schur::reorder", &self.t.shape(), &self.q.shape()));
        }
        // The blocks by their sizes and ranks, sorted by insertion, which is stable.
        let values = quasi_triangular_values(&self.t);
        let mut blocks: Vec<(usize, T)> = Vec::with_capacity(n);
        let mut at = 0;
        while at < n {
            let size = order_at(&self.t, at);
            let rank = rank(values[at]);
            blocks.push((size, if rank.is_nan() { T::infinity() } else { rank }));
            at += size;
        }
        let mut qt = self.q.transpose();
        let mut outcome = Ok(());
        let mut end = 0;
        'blocks: for next in 0..blocks.len() {
            let (mut place, mut row) = (next, end);
            end += blocks[next].0;
            while place > 0 && blocks[place - 1].1 > blocks[place].1 {
                let (above, below) = (blocks[place - 1].0, blocks[place].0);
                row -= above;
                if !exchange(&mut self.t, &mut qt, row, above, below) {
                    let reason = format!(
                        "the eigenvalues at rows {row} and below are too close to be exchanged; treat them as one cluster"
                    );
                    outcome = Err(Error::NoConvergence { method: "Schur::reorder", iterations: place, reason });
                    break 'blocks;
                }
                blocks.swap(place - 1, place);
                place -= 1;
            }
        }
        self.q = qt.transpose();
        outcome.map(|()| blocks)
    }
}
