//! Which part of a spectrum is sought.

use crate::Scalar;
use crate::linalg::{Complex, sort_places};

/// The eigenvalues sought, and the order in which they are returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Which<T> {
    /// The algebraically largest (of complex ones the largest real parts), descending.
    Largest,
    /// The algebraically smallest (of complex ones the smallest real parts), ascending.
    Smallest,
    /// The largest in modulus, descending.
    LargestMagnitude,
    /// Those nearest to a number, the nearest first.
    NearestTo(T),
}

impl<T: Scalar> Which<T> {
    /// The place of an eigenvalue in the order: the smaller, the more it is sought.
    pub(super) fn rank(self, value: Complex<T>) -> T {
        match self {
            Which::Largest => -value.re,
            Which::Smallest => value.re,
            Which::LargestMagnitude => -value.abs(),
            Which::NearestTo(sigma) => Complex::new(value.re - sigma, value.im).abs(),
        }
    }

    /// [`rank`](Self::rank) of a real one.
    pub(super) fn rank_real(self, value: T) -> T {
        self.rank(Complex::from_real(value))
    }

    /// Indices of the values in the order sought, equal ones in the order given.
    pub(super) fn order(self, values: &[T]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..values.len()).collect();
        let which = match self {
            // Those nearest to a number beyond them all are nearest to that end, from where their distances differ.
            Which::NearestTo(sigma) => {
                let least = values.iter().copied().fold(T::infinity(), T::min);
                let greatest = values.iter().copied().fold(-T::infinity(), T::max);
                Which::NearestTo(sigma.max(least).min(greatest))
            }
            which => which,
        };
        let rank = |i: usize| which.rank_real(values[i]);
        sort_places(&mut order, &|i, j| rank(i).partial_cmp(&rank(j)).unwrap_or(std::cmp::Ordering::Equal));
        order
    }
}
