//! Sorting places by what stands there.

use std::cmp::Ordering;

/// Sorts places; those that compare equal stay as they were. A sort is some ten functions to compile, and this one serves
/// every order.
#[inline(never)]
pub(crate) fn sort_places(places: &mut [usize], order: &dyn Fn(usize, usize) -> Ordering) {
    places.sort_by(|&a, &b| order(a, b));
}
