//! Random Fourier features.

use crate::Seed;
use crate::autodiff::Var;

/// `[cos 2πxB, sin 2πxB]` with random frequencies B `[in, count]`, normal of this deviation and not trained (Tancik et
/// al., 2020; Rahimi and Recht, 2007). A network behind them learns what varies as fast; several of them side by side
/// cover several scales.
///
/// ```
/// use eigennet::Seed;
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::{FourierFeatures, Mlp};
/// let [slow, fast] = [1.0, 10.0].map(|deviation| FourierFeatures { count: 8, deviation, seed: Seed(1) });
/// let net = Mlp::new("net", [32, 20, 1]);
/// let recording = record(|g| {
///     let x = g.input("x", Rows::named("batch"), 2);
///     net.call(g.concat(&[slow.call(x), fast.call(x)]))
/// })?;
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FourierFeatures {
    /// Frequencies; there are twice as many features.
    pub count: usize,
    /// Their standard deviation, in periods per unit of x.
    pub deviation: f64,
    /// What they are drawn from.
    pub seed: Seed,
}

/// The most frequencies: more is a slip.
const MOST: usize = 1 << 20;

impl FourierFeatures {
    /// Records the features of `x` `[rows, in]`; the result is `[rows, 2 · count]`.
    ///
    /// No frequencies or more than a million, and a deviation that is not positive and finite, are mistakes that the
    /// recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let (g, width) = (x.graph(), x.width());
        if self.count == 0 || self.count > MOST / width.max(1) {
            return g.refuse("count of FourierFeatures", &format!("give 1 to {MOST} frequencies, not {}", self.count));
        }
        if !(self.deviation > 0.0 && self.deviation.is_finite()) {
            return g.refuse("deviation of FourierFeatures", "it has to be positive and finite");
        }
        let mut stream = self.seed.stream("fourier features");
        let scale = std::f64::consts::TAU * self.deviation;
        let frequencies: Vec<f64> = (0..width * self.count).map(|_| scale * stream.normal::<f64>()).collect();
        let phase = x.matmul(g.matrix([width, self.count], &frequencies));
        Var::concat(&[phase.cos(), phase.sin()])
    }
}
