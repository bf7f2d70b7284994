//! Which part of a spectrum is sought.

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
