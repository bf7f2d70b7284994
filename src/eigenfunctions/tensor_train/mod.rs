//! Eigenfunctions of many coordinates as functional tensor trains, by alternating eigenproblems.
//!
//! ψ_s(x) = G₁(x₁) G₂(x₂) … G_d(x_d), matrices of functions of one coordinate, of which one carries the state s (Dolgov,
//! Khoromskij, Oseledets and Savostyanov, 2014). The Hamiltonian is a chain of the same shape, so that with all but one
//! tensor held fixed the levels are those of a small symmetric matrix; the index s wanders along the chain by truncated
//! singular value decompositions, which let the ranks grow to where they are needed.

mod chain;
mod local;
mod residual;
mod site;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use chain::{Chain, Cut};
use residual::checked;
use site::{Core, Site};

use super::chain_operator::{Link, links};
use super::check::{Beyond, Checked, Doubt};
use super::line_basis::LineBasis;
use super::separable::SeparableSum;
use super::wells::{Gaussian, Missed, Well, missed};
use crate::error::Error;
use crate::linalg::{Matrix, Qr, symmetric_eigen};
use crate::{Result, Seed};

/// The settings of a solve by tensor trains.
///
/// ```
/// use eigennet::eigenfunctions::{LineBasis, SeparableSum, TensorTrain};
/// use eigennet::reference::coupled_oscillators;
/// // Eight coordinates, all pairs of them coupled.
/// let frequencies: Vec<f64> = (1..=8).map(|i| (i as f64 / 2.0).sqrt()).collect();
/// let h = SeparableSum::coupled_oscillators(&frequencies, 0.1);
/// let bases = vec![LineBasis::hermite(10, 0.0, 1.0)?; 8];
/// let solver = TensorTrain { states: 3, functions: 8, ..TensorTrain::default() };
/// let solved = solver.solve(&h, &bases)?;
/// for (value, exact) in solved.values().iter().zip(coupled_oscillators(&frequencies, 0.1, 3)?) {
///     assert!((value / exact - 1.0).abs() < 1e-7, "{value} for {exact}");
/// }
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TensorTrain {
    /// States that are returned (default 1).
    pub states: usize,
    /// Functions of each coordinate: the lowest states of what acts on it alone, in its basis (default 16).
    pub functions: usize,
    /// The largest rank (default 100).
    pub rank: usize,
    /// The share of the states, of norm 1, that may be lost at a cut (default 1e-12). It is the rank that it asks for,
    /// where that is not too large, and about the relative error of the levels.
    pub truncation: f64,
    /// Relative change of the levels in a sweep that ends the solve (default 1e-10).
    pub tolerance: f64,
    /// The most sweeps, there and back (default 20).
    pub sweeps: usize,
    /// Of the start.
    pub seed: Seed,
}

impl Default for TensorTrain {
    fn default() -> Self {
        TensorTrain {
            states: 1,
            functions: 16,
            rank: 100,
            truncation: 1e-12,
            tolerance: 1e-10,
            sweeps: 20,
            seed: Seed(0),
        }
    }
}

/// How a solve stands after a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainSweep<'a> {
    /// Sweeps made.
    pub sweep: usize,
    /// The levels, those beyond the ones asked for among them.
    pub values: &'a [f64],
    /// Their largest relative change in it.
    pub change: f64,
    /// The largest rank.
    pub rank: usize,
}

/// Eigenfunctions as tensor trains, and how good they are.
#[derive(Debug, Clone)]
pub struct TensorTrains {
    values: Vec<f64>,
    checked: Checked,
    missed: Option<Missed>,
    beyond: f64,
    change: f64,
    sweeps: usize,
    /// All tensors but the last, which are those of every state.
    cores: Vec<Core>,
    /// `[l n, states]`
    last: Matrix<f64>,
    bases: Vec<LineBasis>,
    /// `[functions of the basis, n]` for each coordinate.
    contractions: Vec<Matrix<f64>>,
}

/// The first rank.
const START: usize = 8;
/// Functions by which the basis of the residual is larger.
const LARGER: usize = 8;
/// The bound, by the level, from which on it is doubted.
const WIDE: f64 = 0.05;
/// By how much its quadrature is denser.
const FINER: f64 = 1.25;

impl TensorTrain {
    fn check(&self, h: &SeparableSum, bases: &[LineBasis]) -> Result<()> {
        let d = h.dimension();
        Error::require(
            d > 0 && h.terms() > 0,
            "SeparableSum",
            "it has no coordinate or no term; give at least one of each",
        )?;
        Error::same_shape("bases of TensorTrain", &[bases.len()], &[d])?;
        let reason = "states, functions, rank and sweeps have to be positive, the tolerance not negative, the truncation in [0, 1)";
        let positive = ![self.states, self.functions, self.rank, self.sweeps].contains(&0);
        Error::require(
            positive && self.tolerance >= 0.0 && (0.0..1.0).contains(&self.truncation),
            "settings of TensorTrain",
            reason,
        )?;
        let least = bases.iter().map(|basis| basis.len().min(self.functions)).fold(1.0, |all, n| all * n as f64);
        let reason = format_args!("{} of {least} products of functions; take larger bases", self.states);
        Error::require(least >= self.states as f64, "states of TensorTrain", reason)?;
        let entries = (self.rank as f64).powi(2) * (self.functions * self.states) as f64;
        let reason = format_args!("rank {} with {} functions and {} states", self.rank, self.functions, self.states);
        Error::require(entries <= MAX_ENTRIES, "size of TensorTrain", reason)
    }

    /// The lowest levels of `h`, in a basis for each coordinate.
    ///
    /// The start is random, about the lowest states of what acts on each coordinate alone. Where a Gaussian in a well of the
    /// whole potential has a level that is [missing](TensorTrains::missed), the solve begins anew in that well, with functions
    /// of each coordinate that are those of the well as well.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings that do not fit; [`Error::NoConvergence`] where the levels still change
    /// after all sweeps.
    pub fn solve(&self, h: &SeparableSum, bases: &[LineBasis]) -> Result<TensorTrains> {
        self.solve_observed(h, bases, |_| ControlFlow::Continue(()))
    }

    /// [`solve`](Self::solve) with a look at each sweep; breaking off takes what there is.
    ///
    /// # Errors
    /// As there.
    pub fn solve_observed(
        &self,
        h: &SeparableSum,
        bases: &[LineBasis],
        mut observer: impl FnMut(&TrainSweep<'_>) -> ControlFlow<()>,
    ) -> Result<TensorTrains> {
        self.check(h, bases)?;
        let links = links(h)?;
        let reach: Vec<_> = bases.iter().map(LineBasis::reach).collect();
        let wells = h.wells(&reach, self.seed.child("wells"));
        let (mut found, stopped) = self.started_in(h, bases, &links, &[], &mut observer)?;
        let mut missed = found.missed_among(&wells);
        if !missed.is_empty() && !stopped {
            let starts: Vec<&Gaussian> = missed.iter().take(MOST_WELLS).map(|(well, _)| &well.at).collect();
            found = self.started_in(h, bases, &links, &starts, &mut observer)?.0;
            missed = found.missed_among(&wells);
        }
        found.missed = missed.first().map(|(well, value)| well.missed(*value));
        Ok(found)
    }

    /// What sweeps from random functions end in, or from Gaussians and such; and whether they were broken off.
    fn started_in(
        &self,
        h: &SeparableSum,
        bases: &[LineBasis],
        links: &[Link],
        wells: &[&Gaussian],
        observer: &mut dyn FnMut(&TrainSweep<'_>) -> ControlFlow<()>,
    ) -> Result<(TensorTrains, bool)> {
        let mut starts = vec![Vec::with_capacity(bases.len()); wells.len()];
        let mut contractions = Vec::with_capacity(bases.len());
        let mut sites = Vec::with_capacity(bases.len());
        for (coordinate, (basis, link)) in bases.iter().zip(links).enumerate() {
            let matrices = basis.matrices(&h.factors, 1.0)?;
            let contraction = self.contraction(h, coordinate, &matrices, wells)?;
            for (start, well) in starts.iter_mut().zip(wells) {
                let overlaps = basis.overlaps(well.centre[coordinate], well.widths[coordinate]);
                start.push(contraction.transpose().matvec(&overlaps)?);
            }
            let contracted = matrices.iter().map(|m| contraction.t_matmul(&m.matmul(&contraction)?));
            let mut contracted = contracted.collect::<Result<Vec<_>>>()?;
            contracted.push(Matrix::identity(contraction.cols()));
            sites.push(Site::new(link, &contracted));
            contractions.push(contraction);
        }
        let mut chain = Chain::new(links, sites, self, &starts)?;
        let mut cut = Cut { rank: START.min(self.rank), truncation: self.truncation };
        let mut values = chain.sweep_right(cut)?;
        let (mut change, mut sweeps, mut converged, mut stopped) = (f64::INFINITY, 0, false, false);
        while sweeps < self.sweeps {
            sweeps += 1;
            // Half as much again from end to end.
            cut.rank = (cut.rank + cut.rank / 2).min(self.rank);
            chain.sweep_left(cut)?;
            cut.rank = (cut.rank + cut.rank / 2).min(self.rank);
            let before = std::mem::replace(&mut values, chain.sweep_right(cut)?);
            let pairs = before.iter().zip(&values).take(self.states);
            change = pairs.map(|(a, b)| (a - b).abs() / b.abs().max(f64::MIN_POSITIVE)).fold(0.0, f64::max);
            let rank = chain.cores.iter().map(|core| core.right).max().unwrap_or(1);
            stopped = observer(&TrainSweep { sweep: sweeps, values: &values, change, rank }).is_break();
            converged = stopped || (change <= self.tolerance && (rank < cut.rank || cut.rank == self.rank));
            if converged {
                break;
            }
        }
        if !converged {
            let reason =
                format!("levels still change by {change:.1e} of themselves: allow more sweeps, or a larger tolerance");
            return Err(Error::NoConvergence { method: "TensorTrain", iterations: sweeps, reason });
        }
        let last = chain.block.submatrix(0..chain.block.rows(), 0..self.states);
        let beyond = values.get(self.states).copied().unwrap_or(f64::INFINITY);
        values.truncate(self.states);
        chain.cores.pop();
        let (cores, bases) = (chain.cores, bases.to_vec());
        let checked = Checked { levels: Vec::new(), residuals: Vec::new() };
        let missed = None;
        let mut found =
            TensorTrains { values, checked, missed, beyond, change, sweeps, cores, last, bases, contractions };
        found.checked = found.on_larger_bases(h, links)?;
        Ok((found, stopped))
    }

    /// The lowest states of what acts on a coordinate alone `[basis, n]`; in equal shares also of what acts on it where the
    /// others are in some wells.
    fn contraction(
        &self,
        h: &SeparableSum,
        coordinate: usize,
        matrices: &[Matrix<f64>],
        wells: &[&Gaussian],
    ) -> Result<Matrix<f64>> {
        let size = matrices.first().map_or(0, Matrix::rows);
        let states = |parts: &mut dyn Iterator<Item = (usize, f64)>| {
            let mut own = Matrix::zeros(size, size);
            for (factor, weight) in parts {
                own = own.add(&matrices[factor].scale(weight))?;
            }
            Ok::<_, Error>(symmetric_eigen(&own)?.vectors)
        };
        let alone = h.terms.iter().filter_map(|term| match term.factors[..] {
            [(at, factor)] if at == coordinate => Some((factor, term.coefficient)),
            _ => None,
        });
        let mut sets = vec![states(&mut alone.into_iter())?];
        let count = self.functions.min(size);
        if wells.is_empty() || count == size {
            return Ok(sets[0].submatrix(0..size, 0..count));
        }
        for well in wells {
            sets.push(states(&mut h.mean_field(well, coordinate).into_iter())?);
        }
        let of = |i: usize, j: usize| sets[j % sets.len()][(i, j / sets.len())];
        Qr::factor(&Matrix::from_fn(size, count, of))?.thin_q()
    }
}

/// The most entries of a local eigenvector block: a slip beyond.
const MAX_ENTRIES: f64 = 1e8;
/// The most wells that a second run starts in.
const MOST_WELLS: usize = 3;

impl TensorTrains {
    /// What bases that are larger and quadratures that are finer say.
    fn on_larger_bases(&self, h: &SeparableSum, links: &[Link]) -> Result<Checked> {
        let (mut sites, mut identities) = (Vec::new(), Vec::new());
        let unit = Link { before: 1, behind: 1, entries: vec![(0, 0, 1.0, None)] };
        for ((basis, link), contraction) in self.bases.iter().zip(links).zip(&self.contractions) {
            let large = basis.enlarged(LARGER);
            let padded = Matrix::from_fn(large.len(), contraction.cols(), |i, j| {
                if i < contraction.rows() { contraction[(i, j)] } else { 0.0 }
            });
            let matrices = large.matrices(&h.factors, FINER)?;
            let mut images = matrices.iter().map(|m| m.matmul(&padded)).collect::<Result<Vec<_>>>()?;
            images.push(padded);
            sites.push(Site::new(link, &images));
            identities.push(Site::new(&unit, &images));
        }
        checked(&sites, &identities, &self.cores, &self.last, &self.values)
    }

    /// The levels, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The levels and residuals ‖Hψ − Eψ‖, computed anew with the finished trains, a finer quadrature and a basis with eight
    /// functions more.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The wells that hold a state beside these, with its level.
    fn missed_among<'a>(&self, wells: &'a [Well]) -> Vec<(&'a Well, f64)> {
        let overlaps = |gaussian: &Gaussian| {
            let places = gaussian.centre.iter().zip(&gaussian.widths);
            let overlaps: Vec<Vec<f64>> =
                self.bases.iter().zip(places).map(|(basis, (centre, width))| basis.overlaps(*centre, *width)).collect();
            Some(self.contracted(&overlaps))
        };
        missed(wells, &self.values, &self.checked.residuals, overlaps, |_| true)
    }

    /// A state that none of these is and that comes before the last of them, if a Gaussian in a well of the potential, where
    /// the bases reach, tells of one. Wells that all coordinates of a term make together are found in any dimension if they
    /// are no narrower than a 500th of where functions live; what several terms make, by some random points, which in many
    /// dimensions see only wide ones.
    pub fn missed(&self) -> Option<&Missed> {
        self.missed.as_ref()
    }

    /// The first level that is not to be trusted: as [`Checked::doubt`] tells, for its [bound](Self::error_bounds) of more
    /// than a twentieth of it, or behind a state that was [missed](Self::missed).
    pub fn doubt(&self) -> Option<Doubt> {
        let wide = |(value, bound): (&f64, f64)| bound > WIDE * value.abs();
        let wide = self.values.iter().zip(self.error_bounds()).position(wide);
        let wide = wide.and_then(|level| self.checked.all(&self.values).nth(level));
        let missed = self.missed.as_ref().and_then(|missed| self.checked.behind(&self.values, missed));
        [self.checked.doubt(&self.values), wide, missed].into_iter().flatten().min_by_key(|doubt| doubt.level)
    }

    /// [`Checked::error_bounds`] of the levels; the first beyond is taken to be as good as the last of them.
    pub fn error_bounds(&self) -> Vec<f64> {
        let residual = self.checked.residuals.last().copied().unwrap_or(0.0);
        self.checked.error_bounds(&self.values, Some(Beyond { value: self.beyond, residual }))
    }

    /// The largest relative change of a level in the last sweep.
    pub fn change(&self) -> f64 {
        self.change
    }

    /// Sweeps made.
    pub fn sweeps(&self) -> usize {
        self.sweeps
    }

    /// The ranks between the coordinates `[d − 1]`.
    pub fn ranks(&self) -> Vec<usize> {
        self.cores.iter().map(|core| core.right).collect()
    }

    /// The states at points `[rows, d]`: `[rows, states]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other coordinates, [`Error::NonFinite`] for others than numbers.
    pub fn evaluate(&self, points: &Matrix<f64>) -> Result<Matrix<f64>> {
        Error::same_shape("TensorTrains::evaluate", &[points.cols()], &[self.bases.len()])?;
        Error::check_finite("points of TensorTrains", points.as_slice())?;
        let mut out = Matrix::zeros(points.rows(), self.last.cols());
        for (row, point) in points.row_iter().enumerate() {
            let values = self.bases.iter().zip(point).map(|(basis, &x)| {
                let mut functions = vec![0.0; basis.len()];
                basis.at(x, |k, value, _| functions[k] = value);
                functions
            });
            out.row_mut(row).copy_from_slice(&self.contracted(&values.collect::<Vec<_>>()));
        }
        Ok(out)
    }

    /// The states `[states]` from the values of the functions of each basis, or from their overlaps.
    fn contracted(&self, values: &[Vec<f64>]) -> Vec<f64> {
        let mut carried = vec![1.0];
        for (coordinate, (values, contraction)) in values.iter().zip(&self.contractions).enumerate() {
            let mut functions = vec![0.0; contraction.cols()];
            for (k, value) in values.iter().enumerate() {
                functions.iter_mut().zip(contraction.row(k)).for_each(|(f, c)| *f += c * value);
            }
            let (data, right) = match self.cores.get(coordinate) {
                Some(core) => (&core.data[..], core.right),
                None => (self.last.as_slice(), self.last.cols()),
            };
            let mut next = vec![0.0; right];
            for (a, left) in carried.iter().enumerate() {
                for (i, f) in functions.iter().enumerate() {
                    let row = &data[(a * functions.len() + i) * right..][..right];
                    next.iter_mut().zip(row).for_each(|(n, g)| *n += left * f * g);
                }
            }
            carried = next;
        }
        carried
    }
}
