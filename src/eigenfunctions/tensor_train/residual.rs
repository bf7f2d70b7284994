//! ⟨ψ, Hψ⟩ and ‖Hψ − Eψ‖, computed anew in a larger basis.

use super::local::column_norm;
use super::site::{Core, Site, half_applied};
use crate::Result;
use crate::eigenfunctions::check::Checked;
use crate::kernels::gemm::Packing;
use crate::linalg::{Matrix, Qr};

/// Of states whose last tensor `[l n, states]` alone differs. `sites` lead into the larger basis, and `identities` are the
/// same basis functions in it.
///
/// Hψ − Eψ is a train of its own, of ranks W r + r. Its tensors are made orthogonal from the left, so that the norm is that
/// of the last one, to rounding.
pub(super) fn checked(
    sites: &[Site],
    identities: &[Site],
    cores: &[Core],
    last: &Matrix<f64>,
    values: &[f64],
) -> Result<Checked> {
    let mut packing = Packing::new();
    // [(ρ, W), r] of Hψ and [ρ, r] of ψ.
    let (mut image, mut own) = (Matrix::identity(1), Matrix::identity(1));
    let (end, before) = (sites.len() - 1, &cores[..sites.len() - 1]);
    for ((site, identity), core) in sites.iter().zip(identities).zip(before) {
        let applied = half_applied(&image, site, &core.data, core.right, &mut packing);
        let plain = half_applied(&own, identity, &core.data, core.right, &mut packing);
        let (wide, narrow) = (site.behind * core.right, core.right);
        let rows = plain.len() / narrow;
        let entry = |i: usize, j: usize| if j < wide { applied[i * wide + j] } else { plain[i * narrow + j - wide] };
        let both = Qr::factor(&Matrix::from_fn(rows, wide + narrow, entry))?;
        let r = both.r();
        image = Matrix::from_vec(r.rows() * site.behind, core.right, r.submatrix(0..r.rows(), 0..wide).into_vec())?;
        own = r.submatrix(0..r.rows(), wide..wide + narrow);
    }
    let states = last.cols();
    let applied = half_applied(&image, &sites[end], last.as_slice(), states, &mut packing);
    let plain = half_applied(&own, &identities[end], last.as_slice(), states, &mut packing);
    let entry = |values: &[f64], i: usize, s: usize| values[i * states + s];
    let rows = plain.len() / states;
    let square = |s: usize, f: &dyn Fn(usize) -> f64| (0..rows).map(|i| f(i) * entry(&plain, i, s)).sum::<f64>();
    let levels = (0..states).map(|s| square(s, &|i| entry(&applied, i, s)) / square(s, &|i| entry(&plain, i, s)));
    let difference = |i: usize, s: usize| entry(&applied, i, s) - values[s] * entry(&plain, i, s);
    let difference = Matrix::from_fn(rows, states, difference);
    Ok(Checked { levels: levels.collect(), residuals: (0..states).map(|s| column_norm(&difference, s)).collect() })
}
