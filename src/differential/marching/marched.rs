//! The windows of a march, done so far: a solution, and what going on needs.

use std::ops::Range;

use super::window;
use crate::container::Container;
use crate::kernels::reduce::max_abs;
use crate::{Error, Result, Scalar, Seed};

/// The windows of an initial-value problem that is solved, or on the way: [`save`](Self::save) and
/// [`load`](Self::load) lose no bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Marched<T> {
    pub(super) windows: Vec<MarchedWindow<T>>,
    pub(super) times: Range<f64>,
    /// What starts networks.
    pub(super) seed: Seed,
    /// How far it has come.
    pub(super) time: f64,
    /// y there `[n]`.
    pub(in crate::differential) state: Vec<T>,
    /// Of the next window.
    pub(super) length: f64,
    pub(super) rejected: usize,
}

/// One trained window.
#[derive(Debug, Clone, PartialEq)]
pub struct MarchedWindow<T> {
    /// When it starts.
    pub start: T,
    /// How long it lasts.
    pub length: T,
    /// The residual that its training reached, in the unit of [`Marching::accuracy`](super::Marching::accuracy).
    pub residual: f64,
    /// The residual between the nodes that it was trained on, in the same unit.
    pub between: f64,
    /// Levenberg–Marquardt iterations made.
    pub iterations: usize,
    pub(super) initial: Vec<T>,
    pub(super) parameters: Vec<T>,
}

impl<T: Scalar> MarchedWindow<T> {
    /// y `[n]` at ξ ∈ [0, 1] of the window.
    pub(super) fn at(&self, xi: T) -> Vec<T> {
        window::value(&self.initial, &self.parameters, xi)
    }
}

impl<T: Scalar> Marched<T> {
    pub(super) fn new(times: Range<f64>, state: Vec<T>, length: f64, seed: Seed) -> Self {
        let time = times.start;
        Marched { windows: Vec::new(), times, seed, time, state, length, rejected: 0 }
    }

    /// The largest |yⱼ| where windows start, or will; 1 for a march from zero, which has no size to begin with.
    pub(super) fn largest(&self) -> f64 {
        let starts = self.windows.iter().map(|w| &w.initial).chain([&self.state]);
        let largest = starts.fold(0.0, |m: f64, y| m.max(Scalar::to_f64(max_abs(y))));
        if max_abs(self.initial()) == T::zero() { largest.max(1.0) } else { largest }
    }

    /// y(t) `[n]`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] outside the times that were solved for.
    pub fn at(&self, t: T) -> Result<Vec<T>> {
        let (start, end) = (T::of(self.times.start), self.end());
        if !(t >= start && t <= end) {
            return Err(Error::invalid("t of Marched::at", format!("{t} lies outside {start}..={end}")));
        }
        Ok(match self.windows.iter().rev().find(|w| w.start <= t) {
            Some(window) => window.at(((t - window.start) / window.length).min(T::one())),
            None => self.state.clone(),
        })
    }

    /// y(t) `[n]` at the first time.
    pub fn initial(&self) -> &[T] {
        self.windows.first().map_or(&self.state, |w| &w.initial)
    }

    /// The time that was reached: the last one, unless an observer ended the march.
    pub fn end(&self) -> T {
        T::of(self.time)
    }

    /// The trained windows, in order.
    pub fn windows(&self) -> &[MarchedWindow<T>] {
        &self.windows
    }

    /// Windows that were halved because their training fell short.
    pub fn rejected(&self) -> usize {
        self.rejected
    }

    /// Writes the march, each section's name behind `prefix` and a slash.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if `container` holds such sections already.
    pub fn save(&self, container: &mut Container, prefix: &str) -> Result<()> {
        let (w, n) = (self.windows.len(), self.state.len());
        let times = [self.times.start, self.times.end, self.time, self.length];
        container.insert(format!("{prefix}/times"), &[4], &times)?;
        container.insert(format!("{prefix}/counts"), &[2], &[self.rejected as u64, self.seed.0])?;
        container.insert(format!("{prefix}/state"), &[n], &self.state)?;
        let measures =
            |w: &MarchedWindow<T>| [w.start.to_f64(), w.length.to_f64(), w.residual, w.between, w.iterations as f64];
        let measures: Vec<f64> = self.windows.iter().flat_map(measures).collect();
        container.insert(format!("{prefix}/windows"), &[w, 5], &measures)?;
        let all = |of: fn(&MarchedWindow<T>) -> &[T]| self.windows.iter().flat_map(of).copied().collect::<Vec<T>>();
        container.insert(format!("{prefix}/initial"), &[w, n], &all(|w| &w.initial))?;
        let parameters = all(|w| &w.parameters);
        container.insert(format!("{prefix}/parameters"), &[w, parameters.len() / w.max(1)], &parameters)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::UnknownName`], [`Error::InvalidArgument`] or [`Error::Corrupt`] if the sections are
    /// missing, of another type, or do not fit together.
    pub fn load(container: &Container, prefix: &str) -> Result<Self> {
        let get = |name: &str| format!("{prefix}/{name}");
        let state = container.get::<T>(&get("state"))?.to_vec();
        let times = container.get::<f64>(&get("times"))?;
        let counts = container.get::<u64>(&get("counts"))?;
        let measures = container.get::<f64>(&get("windows"))?;
        let (initial, parameters) = (container.get::<T>(&get("initial"))?, container.get::<T>(&get("parameters"))?);
        let (w, n) = (measures.len() / 5, state.len());
        let per_window = parameters.len() / w.max(1);
        let fits = n > 0
            && measures.len() == 5 * w
            && initial.len() == w * n
            && parameters.len() == w * per_window
            && measures.as_chunks::<5>().0.iter().all(|m| m[4] as usize as f64 == m[4])
            && (w == 0 || (per_window > n && (per_window - n).is_multiple_of(n + 2)))
            && [&state, initial, parameters].iter().all(|v| v.iter().all(|x| x.is_finite()));
        let corrupt = |what: &str| Error::Corrupt { reason: format!("march under {prefix}: the {what}") };
        let (&[start, end, time, length], &[rejected, seed], true) = (times, counts, fits) else {
            return Err(corrupt("arrays do not fit together"));
        };
        if !(start <= time && time <= end && start < end && length > 0.0) {
            return Err(corrupt("times are out of order"));
        }
        let networks = initial.chunks_exact(n).zip(parameters.chunks_exact(per_window.max(1)));
        let windows = measures.as_chunks().0.iter().zip(networks);
        let windows =
            windows.map(|(&[start, length, residual, between, iterations], (initial, parameters))| MarchedWindow {
                start: T::of(start),
                length: T::of(length),
                residual,
                between,
                iterations: iterations as usize,
                initial: initial.to_vec(),
                parameters: parameters.to_vec(),
            });
        let (times, seed, rejected) = (start..end, Seed(seed), usize::try_from(rejected).unwrap_or(usize::MAX));
        Ok(Marched { windows: windows.collect(), times, seed, time, state, length, rejected })
    }
}
