//! What a solver returns, and what points that it has not used say of it.

use std::fmt;

use super::family::POINTS;
use super::solution::Eigenfunctions;
use super::wells::Missed;
use crate::linalg::Matrix;
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// What a solve returns; `O` is how its optimiser ended.
///
/// ```
/// use eigennet::eigenfunctions::{Envelope, NeuralRitz, Schrodinger, TrialFunctions};
/// use eigennet::{Seed, quadrature::Quadrature};
/// let envelope = Envelope::Box { half_width: 6.0 };
/// let trial = TrialFunctions { hidden: vec![16], length: 2.0, radius_input: false, envelope, ..Default::default() };
/// let solver = NeuralRitz { states: 2, features: 12, trial, refinements: 0, ..NeuralRitz::default() };
/// // Twelve features find the gaps between 16 points: a level of the oscillator above −1.
/// let grid = Quadrature::<f64>::gauss_legendre(16, -6.0..6.0)?;
/// let solved = solver.solve(&Schrodinger::oscillator(1), &grid, Seed(0))?;
/// assert!(solved.eigenfunctions.values()[0] > -0.5);
/// let doubt = solved.doubt().unwrap();
/// assert!(doubt.level == 0 && doubt.residual > 1.0, "{doubt}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Solution<T, O> {
    /// The states, by eigenvalue from the largest down.
    pub eigenfunctions: Eigenfunctions<T>,
    /// How the optimiser ended.
    pub outcome: O,
    /// The same functions on points that the training has not used. `None` where there are no others: for a
    /// quadrature that has [no second](Quadrature::independent).
    pub checked: Option<Checked>,
    /// The first level beyond the states, where the solver has one.
    pub beyond: Option<Beyond>,
    /// What each side of a box holds back that stands for the whole space; else empty.
    pub rim: Vec<RimShift>,
    /// A state that none of these is: a Gaussian in a well of the potential, where the solver chose the points and looked.
    pub missed: Option<Missed>,
}

/// By how much levels rise, relative to themselves, where a side of the box that the functions live in gives way by a
/// twentieth of the box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RimShift {
    /// The coordinate.
    pub coordinate: usize,
    /// Whether the side is the upper one.
    pub upper: bool,
    /// Where it is.
    pub at: f64,
    /// The largest rise of a level.
    pub relative: f64,
    /// Which level that is.
    pub level: usize,
    /// How much further out the side would let no level rise by more than 1e-8 of itself, if the functions go on to decay as
    /// they do before it.
    pub further: f64,
}

/// The largest rise that is not noted.
pub(super) const RIM: f64 = 1e-7;

impl fmt::Display for RimShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RimShift { coordinate, at, relative, .. } = self;
        write!(
            f,
            "a box too small: with its side at {at:.3} of coordinate {coordinate} further out, levels would rise by \
             {relative:.1e} of themselves; give a larger length, or fewer states"
        )
    }
}

/// The first level beyond those that were asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beyond {
    /// The Ritz value.
    pub value: f64,
    /// `‖T f − λ f‖ / ‖f‖` of its function; NaN where nothing was [checked](Solution::checked).
    pub residual: f64,
}

/// A degenerate level that was perhaps cut: its last state that was asked for, and the first beyond, cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutLevel {
    /// How many states were asked for.
    pub states: usize,
    /// The value of the last.
    pub last: f64,
    /// The value of the first beyond.
    pub beyond: f64,
}

impl fmt::Display for CutLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CutLevel { states, last, beyond } = self;
        write!(
            f,
            "state {} is at {last:.6e}, the next beyond those asked for at {beyond:.6e}, the same within their residuals: a \
             degenerate level may be cut; set `trained` to {} or more, up to the end of the level",
            states - 1,
            states + 1
        )
    }
}

/// What points that a solver has not used say of its states.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The Ritz values of the functions there, from the largest down; NaN where the functions are dependent there.
    pub levels: Vec<f64>,
    /// `‖T f − λ f‖ / ‖f‖` there of each function, with the eigenvalue λ that the solver states. An eigenvalue of T lies
    /// within that of λ (Weinstein, 1934), up to the error of the integrals.
    pub residuals: Vec<f64>,
}

/// Levels of two sets of points agree to this, relative to themselves and their residual.
const AGREEMENT: f64 = 1e-3;

/// The largest residual, relative to the level, that is not doubted. A level is off by about the square of its residual
/// over the distance to the others, so this stands for a per cent or less.
const RESIDUAL: f64 = 0.25;

/// Points that residuals are computed at at a time.
const BLOCK: usize = 1024;

/// A level that is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    /// The first such level, counted from 0.
    pub level: usize,
    /// Its value on the points of the training.
    pub trained: f64,
    /// Its value on the others, in a larger box, or that of a state that should be in its place.
    pub checked: f64,
    /// Its [residual](Checked::residuals) there.
    pub residual: f64,
    /// Which of these.
    pub reason: DoubtReason,
}

/// Why a level is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoubtReason {
    /// It depends on the points it was computed on, or its function is far from being an eigenfunction.
    Points,
    /// It is a level of the box that its function is confined to: the whole space has another.
    SmallBox,
    /// It is a level, but perhaps not this one: a [state was missed](Missed) that comes before it, or cannot be told from it.
    Missed,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Doubt { level, trained, checked, residual, reason } = self;
        match reason {
            DoubtReason::Points => write!(
                f,
                "level {level} is {trained:.6e} on the points of the training and {checked:.6e} on others, where its \
                 function leaves a residual of {residual:.1e}: none of it is to be trusted; if the levels differ take more \
                 points, fewer features, or a larger penalty, else train longer or take a larger network"
            ),
            DoubtReason::SmallBox => write!(
                f,
                "level {level} is {trained:.6e} in a box that is too small for it: a little larger, about {checked:.6e}; \
                 give a larger length, or fewer states"
            ),
            DoubtReason::Missed => write!(
                f,
                "level {level} is {trained:.6e}, but a Gaussian beside the states tells of one at about {checked:.6e}: a state \
                 was missed in another well of the potential, which `missed` tells; give a domain or bases that hold it, or \
                 more functions"
            ),
        }
    }
}

impl<T: Scalar, O> Solution<T, O> {
    /// Of the first `states` of some functions; one more is the level beyond.
    pub(in crate::eigenfunctions) fn new(
        functions: &Eigenfunctions<T>,
        states: usize,
        outcome: O,
        others: Option<&Quadrature<T>>,
    ) -> Self {
        let eigenfunctions = functions.first(states);
        let unknown = |count| vec![f64::NAN; count];
        let found = others.map(|others| residuals(functions, others));
        let mut residuals = found.and_then(Result::ok).unwrap_or_else(|| unknown(functions.states()));
        let beyond = functions.values.get(states).map(|&value| Beyond { value, residual: residuals[states] });
        residuals.truncate(states);
        let checked = others.map(|others| Checked {
            levels: eigenfunctions.ritz(others).map_or_else(|_| unknown(states), |there| there.values),
            residuals,
        });
        Solution { eigenfunctions, outcome, checked, beyond, rim: Vec::new(), missed: None }
    }

    /// The first level that is not to be trusted: as [`Checked::doubt`] tells, in a [small box](Self::small_box) that holds
    /// it back by more than 1e-3 of itself, or behind a state that was [missed](Self::missed). `None` if there is none, or
    /// nothing was [checked](Self::checked).
    pub fn doubt(&self) -> Option<Doubt> {
        let (checked, levels) = (self.checked.as_ref()?, self.eigenfunctions.values());
        let held_back =
            self.small_box().filter(|shift| shift.relative > AGREEMENT || shift.relative.is_nan()).and_then(|shift| {
                let about = levels.get(shift.level).map_or(f64::NAN, |level| level + shift.relative * level.abs());
                checked.about(levels, shift.level, about, DoubtReason::SmallBox)
            });
        let missed = self.missed.as_ref().and_then(|missed| checked.behind(levels, missed));
        let doubts = [checked.doubt(levels), held_back, missed].into_iter().flatten();
        doubts.min_by_key(|doubt| doubt.level)
    }

    /// Whether the last state and the first beyond are one level within their residuals, so that a degenerate level was
    /// cut: then the loss has kinks, and the states of that level are some of it only.
    pub fn cut_level(&self) -> Option<CutLevel> {
        let (Some(&last), Some(beyond)) = (self.eigenfunctions.values().last(), self.beyond) else { return None };
        let residual = self.checked.as_ref().and_then(|checked| checked.residuals.last().copied()).unwrap_or(0.0);
        // NaN where nothing was checked.
        let off = residual + beyond.residual.max(0.0);
        let cut = (last - beyond.value).abs() <= AGREEMENT * last.abs() + off;
        cut.then_some(CutLevel { states: self.eigenfunctions.states(), last, beyond: beyond.value })
    }

    /// The side of the box that holds the levels back the most, if one does by more than 1e-7.
    pub fn small_box(&self) -> Option<RimShift> {
        // NaN is noted as well.
        let large = self.rim.iter().filter(|shift| shift.relative > RIM || shift.relative.is_nan());
        large.copied().max_by(|a, b| a.relative.total_cmp(&b.relative))
    }

    /// [`Checked::error_bounds`] of the eigenvalues; `None` where nothing was [checked](Self::checked). They bound the
    /// distance to *an* eigenvalue of the operator *on the box* that the functions live in: whether it is the one sought, of
    /// the whole space, [`doubt`](Self::doubt) and [`small_box`](Self::small_box) tell.
    pub fn error_bounds(&self) -> Option<Vec<f64>> {
        Some(self.checked.as_ref()?.error_bounds(self.eigenfunctions.values(), self.beyond))
    }
}

impl Checked {
    /// The first of the levels that differs here by more than 1e-3 of itself plus its residual, or whose residual is more
    /// than a quarter of it.
    pub fn doubt(&self, levels: &[f64]) -> Option<Doubt> {
        // NaN is doubted as well.
        self.all(levels).find(|doubt| !(doubt.agrees() && doubt.residual <= RESIDUAL * doubt.trained.abs()))
    }

    /// Whether none of the levels differs here by more than 1e-3 of itself plus its residual.
    pub fn agrees(&self, levels: &[f64]) -> bool {
        self.all(levels).all(|level| level.agrees())
    }

    /// Each level with what is known of it.
    pub(super) fn all(&self, levels: &[f64]) -> impl Iterator<Item = Doubt> {
        let all = levels.iter().zip(&self.levels).zip(&self.residuals).enumerate();
        let reason = DoubtReason::Points;
        all.map(move |(level, ((&trained, &checked), &residual))| Doubt { level, trained, checked, residual, reason })
    }

    /// A doubt of the first level that a missed state comes before, in the order of the levels, or of the last.
    pub(super) fn behind(&self, levels: &[f64], missed: &Missed) -> Option<Doubt> {
        let &[first, .., last] = levels else {
            return self.about(levels, 0, missed.value, DoubtReason::Missed);
        };
        let falling = first > last || missed.value > last;
        let level = levels.iter().position(|&level| if falling { level < missed.value } else { level > missed.value });
        self.about(levels, level.unwrap_or(levels.len() - 1), missed.value, DoubtReason::Missed)
    }

    /// A doubt of a level that should be another.
    pub(super) fn about(&self, levels: &[f64], level: usize, other: f64, reason: DoubtReason) -> Option<Doubt> {
        self.all(levels).nth(level).map(|doubt| Doubt { checked: other, reason, ..doubt })
    }

    /// A bound on the distance of each level to an eigenvalue, min(ρ, ρ²/gap) with its residual ρ and the distance to the
    /// nearest other level, the first [`Beyond`] among them, less what both may be off, if none is missing (Kato, 1949;
    /// Temple, 1928). ρ where another is nearer than that, and for the last if nothing is known of what lies beyond; NaN
    /// where ρ is. To *an* eigenvalue: that no other comes before it is for `doubt` to tell.
    pub fn error_bounds(&self, levels: &[f64], beyond: Option<Beyond>) -> Vec<f64> {
        let known: Vec<(f64, f64)> = levels.iter().copied().zip(self.residuals.iter().copied()).collect();
        let beyond = beyond.filter(|beyond| beyond.value.is_finite()).map(|beyond| (beyond.value, beyond.residual));
        let bound = |(i, &(value, own)): (usize, &(f64, f64))| {
            if beyond.is_none() && i + 1 == known.len() {
                return own;
            }
            let others = known.iter().chain(&beyond).enumerate().filter(|&(j, _)| j != i);
            let gaps = others.map(|(_, &(other, residual))| (other - value).abs() - residual - own);
            // A level of an unknown residual may be anywhere.
            let gap =
                gaps.fold(f64::INFINITY, |least, gap| if gap.is_nan() { f64::NEG_INFINITY } else { least.min(gap) });
            if gap > own { own * own / gap } else { own }
        };
        known.iter().enumerate().map(bound).collect()
    }
}

impl Doubt {
    fn agrees(&self) -> bool {
        let &Doubt { trained, checked, residual, .. } = self;
        // A residual that is large for the gaps between points excuses nothing.
        (trained - checked).abs() <= AGREEMENT * (trained.abs().max(checked.abs()) + residual)
    }
}

/// [`Checked::residuals`].
fn residuals<T: Scalar>(functions: &Eigenfunctions<T>, quadrature: &Quadrature<T>) -> Result<Vec<f64>> {
    let (family, trial, states) = (&functions.family, &functions.trial, functions.states());
    let combine = |values: &[T]| {
        let values = Matrix::from_vec(values.len() / family.count, family.count, values.to_vec())?;
        functions.coefficients.as_ref().map_or_else(|| Ok(values.clone()), |c| values.matmul(c))
    };
    let mut ws = family.strong.workspace();
    ws.set_buffers(trial.buffers())?;
    let (mut squares, mut norms) = (vec![0.0; states], vec![0.0; states]);
    let blocks = quadrature.points().chunks(BLOCK * quadrature.dimension()).zip(quadrature.weights().chunks(BLOCK));
    for (points, weights) in blocks {
        ws.set(POINTS, points)?;
        let values = family.strong.evaluate(trial.parameters(), &mut ws)?;
        let (f, image) = (combine(values.value(family.f)?)?, combine(values.value(family.image)?)?);
        for ((f, image), &weight) in f.row_iter().zip(image.row_iter()).zip(weights) {
            for (state, (&f, &image)) in f.iter().zip(image).enumerate() {
                let [f, image, weight] = [f, image, weight].map(Scalar::to_f64);
                squares[state] += weight * (image - functions.values[state] * f).powi(2);
                norms[state] += weight * f * f;
            }
        }
    }
    Ok(squares.iter().zip(norms).map(|(square, norm)| (square / norm).sqrt()).collect())
}
