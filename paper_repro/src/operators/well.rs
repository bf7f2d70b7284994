//! Wells of one coordinate: their potentials, what they bind, and how far their states reach.

use std::ops::Range;
use std::sync::Arc;

use eigennet::eigenfunctions::{Coordinate, Schrodinger};

use super::family::Member;
use super::problem::Operator;
use crate::failure::Failure;
use crate::number::given;

/// A well, as deep as its family says.
#[derive(Debug, Clone, Copy)]
pub struct Well {
    kind: Kind,
    depth: f64,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// D (1 − e^−x)².
    Morse,
    /// −D sech² x.
    PoschlTeller,
    /// (x² − √D)².
    Double,
}

/// States that fall off more slowly, as e^(−κ|x|) with a smaller κ, ask for intervals that are too long.
const SLOWEST: f64 = 0.45;
/// The last state has fallen to e^−11.5 at the ends of an interval: to e^−23 of a level.
const FALLEN: f64 = 11.5;
/// Steps of the search for an edge.
const STEP: f64 = 1.0 / 256.0;

impl Member {
    /// As a well of one coordinate, if it is one.
    pub fn well(&self) -> Option<Well> {
        let kind = match self.operator {
            Operator::Morse1d => Kind::Morse,
            Operator::PoschlTeller1d => Kind::PoschlTeller,
            Operator::DoubleWell1d => Kind::Double,
            _ => return None,
        };
        Some(Well { kind, depth: self.value() })
    }
}

impl Well {
    /// −d²/dx² + V.
    pub fn operator(&self) -> Schrodinger {
        match self.kind {
            Kind::Morse => Schrodinger::morse(self.depth, 1.0),
            Kind::PoschlTeller => Schrodinger::poschl_teller(self.l()),
            Kind::Double => {
                let root = self.depth.sqrt();
                Schrodinger::new(1, move |x| (x[0].square() - root).square())
            }
        }
    }

    /// V.
    pub fn potential(&self) -> Arc<dyn Fn(f64) -> f64 + Send + Sync> {
        let (depth, root) = (self.depth, self.depth.sqrt());
        match self.kind {
            Kind::Morse => Arc::new(move |x| depth * (1.0 - (-x).exp()).powi(2)),
            Kind::PoschlTeller => Arc::new(move |x| -depth / x.cosh().powi(2)),
            Kind::Double => Arc::new(move |x| (x * x - root).powi(2)),
        }
    }

    /// l, where l(l + 1) = D.
    fn l(&self) -> f64 {
        0.5 * ((1.0 + 4.0 * self.depth).sqrt() - 1.0)
    }

    /// κ of the bound state n, which falls off as e^(−κx), while that is positive; infinite in the double well.
    fn decay(&self, n: usize) -> f64 {
        match self.kind {
            Kind::Morse => self.depth.sqrt() - (n as f64 + 0.5),
            Kind::PoschlTeller => self.l() - n as f64,
            Kind::Double => f64::INFINITY,
        }
    }

    /// Level n of one that is known.
    pub fn level(&self, n: usize) -> Option<f64> {
        let half = n as f64 + 0.5;
        match self.kind {
            Kind::Morse => Some(2.0 * self.depth.sqrt() * half - half * half),
            Kind::PoschlTeller => Some(-self.decay(n).powi(2)),
            Kind::Double => None,
        }
    }

    /// Level n, or somewhat more: of the double well those of its halves, 2D^¼ (2m + 1), two each, or where the barrier
    /// is low those of x⁴ by the rule of Bohr and Sommerfeld.
    fn about(&self, n: usize) -> f64 {
        let paired = 2.0 * self.depth.powf(0.25) * (n + 1) as f64;
        self.level(n).unwrap_or_else(|| paired.max(2.185 * (n as f64 + 0.5).powf(4.0 / 3.0)))
    }

    /// How many states to seek: those asked for, else as many as usual and no more than there are.
    ///
    /// # Errors
    /// [`Failure::Usage`] for more states than are bound and fall off before long.
    pub fn states(&self, asked: Option<usize>, usual: usize) -> Result<usize, Failure> {
        let within = |least: f64, most: usize| (0..most).take_while(|&n| self.decay(n) > least).count();
        let states = asked.unwrap_or_else(|| usual.min(within(SLOWEST, usual)));
        let held = within(SLOWEST, states);
        if held > 0 && held == states {
            return Ok(states);
        }
        let [bound, slowest, depth] = [within(0.0, usize::MAX) as f64, SLOWEST, self.depth].map(given);
        let text = format!(
            "--states: at depth {depth} it has {bound} bound states, and {held} that fall off faster than e^(−{slowest} x) \
             and can be sought; ask for fewer states, or a greater --depth"
        );
        Err(Failure::Usage(text))
    }

    /// Where the states up to so many live: outwards from the outermost minima to where the last has fallen by
    /// e^(−`decay`), ∫ √(V − E) dx = `decay` (Wentzel, Kramers and Brillouin).
    pub fn interval(&self, states: usize, decay: f64) -> Range<f64> {
        let (potential, level) = (self.potential(), self.about(states.saturating_sub(1)));
        let outermost = if let Kind::Double = self.kind { self.depth.powf(0.25) } else { 0.0 };
        let edge = |side: f64| {
            let (mut x, mut fallen) = (side * outermost, 0.0);
            while fallen < decay {
                x += side * STEP;
                fallen += STEP * (potential(x) - level).max(0.0).sqrt();
            }
            x
        };
        edge(-1.0)..edge(1.0)
    }

    /// Where functions of the states up to so many are summed, and of how many: sines up to the momentum √(E − min V) and
    /// what a pole of the potential at ±iπ/2 adds, e^(−πk) of a level; in the double well Hermite functions, 80 of which
    /// reach ±10 and momenta of ±16 whatever the barrier.
    pub fn coordinate(&self, states: usize) -> (Coordinate, usize) {
        if let Kind::Double = self.kind {
            return (Coordinate::line(0.0, 0.8), 80.max(4 * states + 20));
        }
        let interval = self.interval(states, FALLEN);
        let momentum = (self.about(states.saturating_sub(1)) - self.bottom()).sqrt() + 12.0;
        let sines = momentum * (interval.end - interval.start) / std::f64::consts::PI;
        (Coordinate::Interval(interval), 140.max(sines.ceil() as usize))
    }

    /// min V.
    fn bottom(&self) -> f64 {
        if let Kind::PoschlTeller = self.kind { -self.depth } else { 0.0 }
    }

    /// Of T = −H: what lifts the levels sought above 0, and what takes all of it below.
    pub fn shifts(&self, states: usize) -> [f64; 2] {
        [(1.25 * self.about(states.saturating_sub(1))).max(0.0), self.bottom()]
    }
}
