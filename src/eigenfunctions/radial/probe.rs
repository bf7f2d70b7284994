//! What a potential is between and beyond the points that states were computed with.

use super::state::RadialState;
use crate::Result;
use crate::eigenfunctions::wells::{
    Accuracy, COARSE, EXACT, Gaussian, REACH, Well, larger, lowest, missed, rule, wells,
};
use crate::quadrature::Quadrature;

/// Points s of r = R s² at which it is looked at; and beyond R, where there is a beyond, up to so many times R.
const INSIDE: usize = 16_384;
const OUTSIDE: usize = 1024;
const FAR: f64 = 64.0;
/// Panels for the quotients of states, and points of each.
const PANELS: usize = 1024;
const EACH: usize = 4;
/// By how much, relative to the largest, quotients differ that agree.
const AGREEMENT: f64 = 1e-9;

/// Raises the uncertainties of states to what fresh points tell of them.
pub(super) fn ask_others(states: &mut [RadialState], potential: &dyn Fn(f64) -> f64) -> Result<()> {
    let panel = Quadrature::<f64>::gauss_legendre(EACH, 0.0..1.0)?;
    let at =
        |k: usize| panel.points().iter().zip(panel.weights()).map(move |(s, w)| ((k as f64 + s) / PANELS as f64, *w));
    let points: Vec<(f64, f64)> = (0..PANELS).flat_map(at).collect();
    let scale = states.iter().fold(0.0_f64, |most, state| most.max(state.energy.abs()));
    let mut known: Option<(i64, f64, f64)> = None;
    for state in states {
        let own = (state.angular_momentum().abs(), state.energy);
        let off = match known {
            Some((m, energy, off)) if (m, energy) == own => off,
            _ => (state.quotient(potential, &points) - state.energy).abs(),
        };
        known = Some((own.0, own.1, off));
        // NaN is noted as well.
        if !(off <= AGREEMENT * scale || off <= state.uncertainty) {
            state.uncertainty = off;
        }
    }
    Ok(())
}

/// A ring e^(−(r − c)²/2s²) that has an energy below the last of the states, which are taken out of it.
pub(super) fn missed_ring(
    states: &[RadialState],
    disk: Option<f64>,
    potential: &dyn Fn(f64) -> f64,
) -> Option<(Well, f64)> {
    let radius = states.iter().map(RadialState::radius).fold(0.0, f64::max);
    let inside = (0..INSIDE).map(|k| radius * ((k as f64 + 0.5) / INSIDE as f64).powi(2));
    let outside = (1..=OUTSIDE).map(|k| radius * FAR.powf(k as f64 / OUTSIDE as f64));
    let points: Vec<f64> = inside.chain(outside.filter(|_| disk.is_none())).collect();
    let values: Vec<f64> = points.iter().map(|&r| potential(r)).collect();
    let mut energy = |g: &Gaussian, accuracy: Accuracy| {
        let (c, s) = (g.centre[0], g.widths[0]);
        if c < REACH * s || disk.is_some_and(|disk| c + REACH * s > disk) {
            return f64::INFINITY;
        }
        let counts = if accuracy == Accuracy::Rough { COARSE } else { EXACT };
        larger(counts.map(|count| ring_energy(c, s, &rule(count, REACH), potential)))
    };
    let found = wells(lowest(&points, &values, &[radius]), &[0.25 * radius], &mut energy);
    let levels: Vec<f64> = states.iter().map(|state| state.energy).collect();
    let overlaps = |g: &Gaussian| {
        let (c, s) = (g.centre[0], g.widths[0]);
        let ring: Vec<[f64; 3]> = rule(EXACT[0], REACH)
            .iter()
            .map(|(xi, weight)| [c + s * xi, (-0.5 * xi * xi).exp(), weight * (c + s * xi) * (xi * xi).exp()])
            .collect();
        // The rule's weights have the norm 1 with e^(−ξ²), whose integral is √π.
        let length = s * std::f64::consts::PI.sqrt();
        let norm = ring.iter().map(|[_, g, w]| length * w * g * g).sum::<f64>().sqrt();
        let overlap = |state: &RadialState| match state.angular_momentum() {
            0 => ring.iter().map(|[r, g, w]| length * w * g * state.radial_value(*r)).sum::<f64>() / norm,
            _ => 0.0,
        };
        Some(states.iter().map(overlap).collect())
    };
    let beside = missed(&found, &levels, &[], overlaps, |_| true);
    beside.first().map(|&(well, energy)| (well.clone(), energy))
}

/// ∫ (g′² + V g²) r dr / ∫ g² r dr.
fn ring_energy(c: f64, s: f64, rule: &[(f64, f64)], potential: &dyn Fn(f64) -> f64) -> f64 {
    let (mut top, mut norm) = (0.0, 0.0);
    for (xi, weight) in rule {
        let r = c + s * xi;
        top += weight * r * (xi * xi / (s * s) + potential(r));
        norm += weight * r;
    }
    top / norm
}
