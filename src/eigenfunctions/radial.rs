//! Radially symmetric operators on the plane, solved classically to machine precision.

mod basis;
mod probe;
mod state;

use basis::RadialBasis;
use probe::{ask_others, missed_ring};
pub use state::RadialState;

use crate::Result;
use crate::error::Error;
use crate::reference::Eigenfunction;

/// Spectral Galerkin solver for `L = κ ∇² + c(‖x‖)` on the plane, or on a disk with ψ = 0 at its rim.
///
/// For each angular momentum m the radial problem
///
/// ```text
/// E ∫ u² r dr = ∫ (u′² + m² u²/r² + V u²) r dr,   V = −c/κ,   λ = −κ E
/// ```
///
/// is solved on [0, R] in polynomials of s, r = R s²: the map resolves the cusp of 1/r and the tail alike. A basis
/// orthonormal in the kinetic energy keeps the matrices well-conditioned, the shift-inverted problem makes the wanted
/// states the dominant ones, and Rayleigh quotients taken point by point give the eigenvalues to rounding. Without a
/// radius, R is searched over 2^±40 (so lengths may be in any unit) and each eigenvalue is the best of several R near
/// the optimum: all are bounds from one side, by the minimax principle.
///
/// The potential is known at the points of the basis only. So the states are asked at some thousand others, where what
/// differs is their uncertainty, and the potential at 16 384 points of the disk, and up to 64 R: a ring there that has an
/// energy below the last state, beside the states, is a well that was missed.
///
/// ```
/// use eigennet::eigenfunctions::radial::RadialSolver;
/// let atom = RadialSolver::default().solve(1.0, |r| 1.0 / r, 9)?;
/// assert!((atom.eigenvalues()[0] - 1.0).abs() < 1e-12);
/// assert!((atom.eigenvalues()[8] * 25.0 - 1.0).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadialSolver {
    /// Polynomials in the basis; 96 by default.
    pub basis: usize,
    /// Radius R of a disk with ψ = 0 at its rim; `None`, the default, means the whole plane.
    pub radius: Option<f64>,
    /// The largest [`RadialState::uncertainty`] that is accepted, relative to the largest
    /// eigenvalue asked for; 1e-6 by default.
    pub tolerance: f64,
}

impl Default for RadialSolver {
    fn default() -> Self {
        RadialSolver { basis: 96, radius: None, tolerance: 1e-6 }
    }
}

/// What [`RadialSolver::solve`] found: states in the order of the eigenvalue, those of E ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialSolution {
    states: Vec<RadialState>,
}

impl RadialSolution {
    /// The states; those of one eigenvalue by angular momentum 0, 1, −1, 2, −2, …
    pub fn states(&self) -> &[RadialState] {
        &self.states
    }

    /// The eigenvalues λ, repeated by degeneracy.
    pub fn eigenvalues(&self) -> Vec<f64> {
        self.states.iter().map(|s| s.eigenvalue).collect()
    }

    /// The eigenfunction of state `index`, `None` if there is no such state.
    pub fn state(&self, index: usize) -> Option<&dyn Eigenfunction> {
        self.states.get(index).map(|s| s as &dyn Eigenfunction)
    }

    /// The largest uncertainty of the states.
    pub fn uncertainty(&self) -> f64 {
        self.states.iter().fold(0.0, |m, s| m.max(s.uncertainty))
    }
}

impl RadialSolver {
    /// The first `states` states of `κ ∇² + c(r)`: the largest eigenvalues for κ > 0, as of
    /// `∇² + 1/r`, the smallest for κ < 0, as of a Hamiltonian `−∇² + V(r)`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if κ is 0 or not finite, no states are asked for, or the basis is too small or over
    /// 1000; [`Error::NonFinite`] if c is not finite at a point inside the disk; [`Error::NoConvergence`] if the
    /// uncertainty exceeds the tolerance, as it does when there are fewer bound states than asked for, and if a well
    /// of the potential holds a state that was missed.
    pub fn solve(
        &self,
        laplacian_factor: f64,
        multiplier: impl Fn(f64) -> f64,
        states: usize,
    ) -> Result<RadialSolution> {
        self.check(laplacian_factor, states)?;
        let kappa = laplacian_factor;
        let potential = |r: f64| -multiplier(r) / kappa;
        // The best first: the largest basis, or the radius of the least eigenvalue sum.
        let mut bases = vec![(RadialBasis::new(self.basis)?, Vec::new())];
        match self.radius {
            Some(radius) => {
                bases[0].1.push(radius);
                bases.push((RadialBasis::new(self.basis - self.basis / 4)?, vec![radius]));
            }
            None => {
                let center = search_radius(&potential, states)?;
                bases[0].1.extend((-1..=4).map(|k| center * f64::exp2(0.5 * f64::from(k))));
            }
        }
        let mut found: Vec<RadialState> = Vec::new();
        for m in 0.. {
            let mut candidates = Vec::new();
            for (basis, radii) in &mut bases {
                let channel = basis.channel(m)?;
                for &radius in radii.iter() {
                    match channel.solve(radius, &potential, states) {
                        Ok(solved) => {
                            let state = |(energy, u)| RadialState::new(m, radius, energy, u);
                            candidates.push(solved.into_iter().map(state).collect());
                        }
                        // Of several radii those may fail that the search did not try.
                        Err(error) if self.radius.is_some() => return Err(error),
                        Err(_) => {}
                    }
                }
            }
            let new = best_of(candidates);
            let beyond = found.len() >= states && new.first().is_none_or(|s| s.energy > found[states - 1].energy);
            if beyond || new.is_empty() {
                break;
            }
            for state in new {
                if m > 0 {
                    found.push(state.clone().sine());
                }
                found.push(state);
            }
            found.sort_by(|a, b| a.energy.total_cmp(&b.energy));
        }
        if found.len() < states {
            return Err(Error::NoConvergence {
                method: "RadialSolver",
                iterations: self.basis,
                reason: format!("only {} of {states} states found; enlarge the basis", found.len()),
            });
        }
        order_degenerate(&mut found);
        found.truncate(states);
        ask_others(&mut found, &potential)?;
        if let Some((ring, energy)) = missed_ring(&found, self.radius, &potential) {
            return Err(Error::NoConvergence {
                method: "RadialSolver",
                iterations: self.basis,
                reason: format!(
                    "a ring of width {:.2e} at r = {:.6e} has the energy {energy:.6e} beside the states found, below the last \
                     of them: the potential has a well between the points of the basis, or beyond; enlarge the basis, or \
                     give a radius",
                    ring.at.widths[0], ring.at.centre[0]
                ),
            });
        }
        for state in &mut found {
            state.eigenvalue = -kappa * state.energy;
            state.uncertainty *= kappa.abs();
        }
        self.accept(RadialSolution { states: found })
    }

    fn check(&self, kappa: f64, states: usize) -> Result<()> {
        if kappa == 0.0 || !kappa.is_finite() {
            return Err(Error::invalid("laplacian factor of RadialSolver", format!("{kappa}; give 1 or -1")));
        }
        if states == 0 {
            return Err(Error::invalid("states of RadialSolver", "0 states; ask for at least one"));
        }
        if !(8..=1000).contains(&self.basis) {
            return Err(Error::invalid("basis of RadialSolver", format!("{}; give 8 to 1000", self.basis)));
        }
        let most = self.basis.pow(2);
        if states > most {
            let reason =
                format!("{states}; a basis of {} resolves fewer than {most}: enlarge it, or ask for less", self.basis);
            return Err(Error::invalid("states of RadialSolver", reason));
        }
        if let Some(radius) = self.radius.filter(|r| !(*r > 0.0 && r.is_finite())) {
            return Err(Error::invalid("radius of RadialSolver", format!("{radius}; give a positive number")));
        }
        Ok(())
    }

    fn accept(&self, solution: RadialSolution) -> Result<RadialSolution> {
        let scale = solution.states.iter().fold(0.0_f64, |m, s| m.max(s.eigenvalue.abs()));
        if solution.uncertainty() <= self.tolerance * scale {
            return Ok(solution);
        }
        let worst = solution.states.iter().position(|s| s.uncertainty > self.tolerance * scale).unwrap_or(0);
        Err(Error::NoConvergence {
            method: "RadialSolver",
            iterations: self.basis,
            reason: format!(
                "from state {worst} on the eigenvalues are uncertain by {:.1e}; if so many bound states exist, enlarge \
                 the basis, else ask for fewer or give a radius",
                solution.uncertainty()
            ),
        })
    }
}

/// Orders states that differ by rounding only by angular momentum: 0, 1, −1, 2, −2, …
fn order_degenerate(states: &mut [RadialState]) {
    for level in states.chunk_by_mut(|a, b| (b.energy - a.energy).abs() <= 1e-9 * b.energy.abs()) {
        level.sort_by_key(|s| (s.angular_momentum().abs(), s.angular_momentum() < 0));
    }
}

/// The n-th state is the best n-th of all candidates, uncertain by its lead over the second best.
fn best_of(candidates: Vec<Vec<RadialState>>) -> Vec<RadialState> {
    let count = candidates.iter().map(Vec::len).max().unwrap_or(0);
    let mut nth: Vec<Vec<RadialState>> = vec![Vec::new(); count];
    for states in candidates {
        for (n, state) in states.into_iter().enumerate() {
            nth[n].push(state);
        }
    }
    nth.into_iter()
        .filter_map(|mut all| {
            all.sort_by(|a, b| a.energy.total_cmp(&b.energy));
            let lead = all.get(1).map_or(f64::INFINITY, |second| second.energy - all[0].energy);
            let mut best = all.into_iter().next()?;
            best.uncertainty = lead;
            Some(best)
        })
        .collect()
}

/// The power of 2 in 2^±40 for which a coarse basis gives the least sum of s-wave energies: first in
/// steps of 2⁴, then the neighbours of the best.
fn search_radius(potential: &dyn Fn(f64) -> f64, states: usize) -> Result<f64> {
    let waves = states.isqrt().max(1); // as many s waves as hydrogen has among its first states
    let mut basis = RadialBasis::new((2 * waves + 24).min(200))?;
    let channel = basis.channel(0)?;
    let energy_sum = |exponent: i32| -> Result<f64> {
        let solved = channel.solve(f64::exp2(f64::from(exponent)), potential, waves)?;
        Ok(solved.iter().map(|s| s.0).sum())
    };
    let mut least = (f64::INFINITY, 0);
    let mut failure = None;
    let mut attempt = |exponent: i32, least: (f64, i32)| match energy_sum(exponent) {
        Ok(sum) if sum < least.0 => (sum, exponent),
        Ok(_) => least,
        Err(error) => {
            failure = Some(error);
            least
        }
    };
    for exponent in (-40..=40).step_by(4) {
        least = attempt(exponent, least);
    }
    let center = least.1;
    for exponent in (center - 3..=center + 3).filter(|&e| e != center) {
        least = attempt(exponent, least);
    }
    match failure {
        Some(error) if least.0 == f64::INFINITY => Err(error),
        _ => Ok(f64::exp2(f64::from(least.1))),
    }
}

#[cfg(test)]
mod tests;
