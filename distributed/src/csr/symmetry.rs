//! Whether a matrix is symmetric whose mirrored entries different processes hold.

use eigennet::linalg::{Span, Symmetry};
use eigennet::par::{Received, Sent};
use eigennet::{Result, Scalar};

use super::Rows;
use super::halo::{swap, swap_lists};

/// The same answer on all processes. Each looks up the mirror images of all entries whose columns are its own rows, and of
/// those that others hold in these columns.
pub(super) fn agreed<T: Scalar>(span: &Span, here: &Rows<T>) -> Result<Symmetry> {
    let own = span.range();
    let rounding = T::of(64.0) * T::EPSILON * span.max_abs(&here.values);
    let is_mirrored = |i: usize, j: usize, value: T| {
        let (columns, values) = here.row(j - own.start);
        let mirrored = columns.binary_search(&i).map_or(T::zero(), |at| values[at]);
        (value - mirrored).abs() <= rounding
    };
    let entries = || {
        let rows = own.clone().map(|i| (i, here.row(i - own.start)));
        rows.flat_map(|(i, (columns, values))| columns.iter().zip(values).map(move |(&j, &value)| (i, j, value)))
    };
    let mut symmetric = entries().filter(|(_, j, _)| own.contains(j)).all(|(i, j, value)| is_mirrored(i, j, value));
    if let Some(team) = span.team() {
        for rank in (0..team.size()).filter(|&rank| rank != team.rank()) {
            let theirs = span.range_of(rank);
            let mine = || entries().filter(|(_, j, _)| theirs.contains(j));
            let places: Vec<u64> = mine().flat_map(|(i, j, _)| [i as u64, j as u64]).collect();
            let values: Vec<T> = mine().map(|(_, _, value)| value).collect();
            let other_places = swap_lists(&**team, rank, &places)?;
            let mut others = vec![T::zero(); other_places.len() / 2];
            let room = others.as_mut_slice();
            swap(
                &**team,
                rank,
                || if values.is_empty() { Ok(()) } else { team.send(rank, Sent::scalars(&values)) },
                || if room.is_empty() { Ok(()) } else { team.receive(rank, Received::scalars(room)) },
            )?;
            symmetric &= other_places.chunks_exact(2).zip(others).all(|(place, value)| {
                let [i, j] = [place[0], place[1]].map(|place| place as usize);
                own.contains(&j) && is_mirrored(i, j, value)
            });
        }
    }
    let asymmetric = span.max_abs(&[if symmetric { T::zero() } else { T::one() }]);
    Ok(if asymmetric == T::zero() { Symmetry::Symmetric } else { Symmetry::General })
}
