//! Points that go through a network once, compared in pairs.

use crate::autodiff::{Graph, Rows, Var, Workspace};
use crate::{Result, Scalar};

pub(super) const POINTS: &str = "points";
/// D/2 − U of the points of a batch, U the weights of each pair once.
pub(super) const HALF_LAPLACIAN: &str = "half laplacian";
const PLACES: &str = "places";
const PAIRS: &str = "pairs";
const ENDS: [&str; 2] = ["first", "second"];

pub(super) fn points<'g>(g: &'g Graph, coordinates: usize) -> Var<'g> {
    g.input(POINTS, Rows::named(POINTS), coordinates)
}

/// Data of each of the points.
pub(super) fn of_points<'g>(g: &'g Graph, name: &str) -> Var<'g> {
    g.input(name, Rows::named(POINTS), 1)
}

/// Data of each pair.
pub(super) fn of_pairs<'g>(g: &'g Graph, name: &str) -> Var<'g> {
    g.input(name, Rows::named(PAIRS), 1)
}

/// Σ w (f(a) − f(b))(f(a) − f(b))ᵀ over the pairs of `batch` points, fᵀ L f with their Laplacian L = D − U − Uᵀ,
/// `[width, width]`. Half of L is enough: fᵀ (D/2 − U) f is half of it but for its antisymmetric part.
pub(super) fn energy_of_all<'g>(f: Var<'g>, batch: usize) -> Var<'g> {
    let g = f.graph();
    let half = g.input(HALF_LAPLACIAN, Rows::named(POINTS), batch);
    let half = f.transpose_matmul(half.matmul(f.scatter_add(of_points(g, PLACES), batch)));
    half + half.transpose()
}

/// f(a) − f(b) of pairs of `batch` points whose images `f` are, `[pairs, width]`. However often a point is in a pair, it goes
/// through the network once, and all points go together, as normalisation over the batch demands.
pub(super) fn differences<'g>(f: Var<'g>, batch: usize) -> Var<'g> {
    let g = f.graph();
    let table = f.scatter_add(of_points(g, PLACES), batch);
    let [first, second] = ENDS.map(|end| table.gather(of_pairs(g, end)));
    first - second
}

/// Binds what is the same for all batches: the place of each point.
pub(super) fn bind_places<T: Scalar>(ws: &mut Workspace<T>, batch: usize) -> Result<()> {
    let places: Vec<T> = (0..batch).map(|place| T::of(place as f64)).collect();
    ws.set(PLACES, &places).map(drop)
}

/// Binds the places of both ends of each pair.
pub(super) fn bind_ends<T: Scalar>(ws: &mut Workspace<T>, ends: &[Vec<T>; 2]) -> Result<()> {
    ws.set(ENDS[0], &ends[0])?.set(ENDS[1], &ends[1]).map(drop)
}
