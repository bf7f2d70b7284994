//! Trial functions: networks with what is known of the solution built in.

use super::operator::{distance, radius};
use crate::Result;
use crate::autodiff::{Graph, Initializer, Var};
use crate::error::Error;
use crate::nn::{Activation, Mlp};

/// The factor that makes trial functions vanish where they have to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Envelope {
    /// None.
    None,
    /// e^{−α_k r}, one trainable rate for each function, starting spaced evenly in the logarithm. With several
    /// [centres](TrialFunctions::centres), r is the mean of the distances from them.
    Exponential {
        /// Rate of the first function.
        first: f64,
        /// Rate of the last function.
        last: f64,
    },
    /// Π (√(2D² − xᵢ²) − D)/D: 0 on the boundary of the box [−D, D]^d and outside it.
    Box {
        /// D.
        half_width: f64,
    },
}

/// How the functions share a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// One network with an output for each function.
    Trunk,
    /// A network of its own for each function.
    Disjoint,
}

/// A family of trial functions `f_k(x) = scale_k · net_k(x/ℓ, r/ℓ) · envelope_k(x)`, with the distance r from each centre.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialFunctions {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// The function between layers.
    pub activation: Activation,
    /// The length ℓ that inputs are divided by.
    pub length: f64,
    /// Where functions may have cusps, such as the nuclei of a molecule (default: the origin).
    pub centres: Vec<Vec<f64>>,
    /// Whether the distances from the centres are inputs: functions with a cusp there need them.
    pub radius_input: bool,
    /// The factor at the end.
    pub envelope: Envelope,
    /// Whether functions share their hidden layers.
    pub sharing: Sharing,
    /// How weights start.
    pub weights: Initializer,
    /// How biases start (default: uniform in −1 … 1). From 0, functions without a distance among their inputs would be odd
    /// at the start, all of them.
    pub biases: Initializer,
    /// With an exponential envelope, constant factors that give each function the norm √λ expected of
    /// a decay rate α, where λ = α²: α² √(2/π). Otherwise 1.
    pub scaled: bool,
}

impl Default for TrialFunctions {
    fn default() -> Self {
        TrialFunctions {
            hidden: vec![64, 64],
            activation: Activation::Tanh,
            length: 5.0,
            centres: Vec::new(),
            radius_input: true,
            envelope: Envelope::Exponential { first: 0.5, last: 0.12 },
            sharing: Sharing::Trunk,
            weights: Initializer::GlorotUniform { gain: 1.0 },
            biases: Initializer::Uniform { low: -1.0, high: 1.0 },
            scaled: false,
        }
    }
}

/// Functions that an eigensolver trains. [`TrialFunctions`] are the usual ones; any closure that records
/// `[rows, count]` serves as well, with [normalisation](crate::nn) or dropout in it or whatever else can be recorded.
///
/// ```
/// use eigennet::autodiff::{Graph, Var};
/// use eigennet::eigenfunctions::Trial;
/// use eigennet::nn::Mlp;
/// fn bumps<'g>(g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
///     let net = Mlp::new("net", [x.len(), 16, count]);
///     (-x[0].square()).exp() * net.call(g.concat(x))
/// }
/// let trial: &dyn Trial = &bumps;
/// ```
pub trait Trial: Send + Sync {
    /// Records `count` functions at the coordinates, each `[rows, 1]`: `[rows, count]`.
    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g>;

    /// Refuses settings that make no function.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The eigenvalues that `count` functions are expected to start near, if that is known.
    fn expected(&self, count: usize) -> Vec<f64> {
        vec![1.0; count]
    }
}

impl<F> Trial for F
where
    F: for<'g> Fn(&'g Graph, &[Var<'g>], usize) -> Var<'g> + Send + Sync,
{
    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
        self(g, x, count)
    }
}

impl Trial for TrialFunctions {
    /// Refuses lengths, rates and widths that make no function.
    fn check(&self) -> Result<()> {
        let positive = |what: &str, value: f64| {
            if value > 0.0 && value.is_finite() {
                return Ok(());
            }
            Err(Error::invalid(format!("{what} of TrialFunctions"), format!("{value}; give a positive, finite number")))
        };
        positive("length", self.length)?;
        match self.envelope {
            Envelope::None => {}
            Envelope::Exponential { first, last } => {
                positive("first rate of the envelope", first)?;
                positive("last rate of the envelope", last)?;
            }
            Envelope::Box { half_width } => positive("half-width of the box", half_width)?,
        }
        if let Some(centre) = self.centres.iter().find(|centre| centre.iter().any(|c| !c.is_finite())) {
            return Err(Error::invalid("centres of TrialFunctions", format!("{centre:?}; give finite coordinates")));
        }
        if self.hidden.contains(&0) {
            return Err(Error::invalid("hidden of TrialFunctions", "a layer has width 0; give each layer 1 or more"));
        }
        Ok(())
    }

    /// λ = α² for the rates of an exponential envelope.
    fn expected(&self, count: usize) -> Vec<f64> {
        match self.envelope {
            Envelope::Exponential { first, last } => log_spaced(first, last, count).iter().map(|a| a * a).collect(),
            _ => vec![1.0; count],
        }
    }

    fn record<'g>(&self, g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
        if let Some(centre) = self.centres.iter().find(|centre| centre.len() != x.len()) {
            let reason = format!("{centre:?} for {} coordinates; give one number for each", x.len());
            return g.refuse("centres of TrialFunctions", &reason);
        }
        let radii = match &self.centres[..] {
            [] => vec![radius(x)],
            centres => centres.iter().map(|centre| distance(x, centre)).collect(),
        };
        let mut inputs = x.to_vec();
        if self.radius_input {
            inputs.extend(&radii);
        }
        let inputs = g.concat(&inputs) * (1.0 / self.length);
        let (members, outputs) = match self.sharing {
            Sharing::Trunk => (1, count),
            Sharing::Disjoint => (count, 1),
        };
        let mut widths = vec![inputs.width()];
        widths.extend(&self.hidden);
        widths.push(outputs);
        let net = Mlp::new("trial", widths)
            .members(members)
            .activation(self.activation)
            .weights(self.weights)
            .biases(self.biases);
        let f = net.call(inputs);
        match self.envelope {
            Envelope::None => f,
            Envelope::Exponential { first, last } => {
                let rate = rates(g, first, last, count);
                let mean = radii[1..].iter().fold(radii[0], |sum, &r| sum + r) * (1.0 / radii.len() as f64);
                let f = f * (-(mean * rate)).exp();
                if !self.scaled {
                    return f;
                }
                let scales: Vec<f64> =
                    log_spaced(first, last, count).iter().map(|r| r * r * std::f64::consts::FRAC_2_PI.sqrt()).collect();
                f * g.matrix([1, count], &scales)
            }
            Envelope::Box { half_width: d } => {
                let zero = g.constant(0.0);
                x.iter().fold(f, |f, &x| {
                    // Outside the box the factor is 0 (the square root is fed 1 there).
                    let inside = (d * d - x.square()).greater_equal(zero);
                    let root = (2.0 * d * d - inside.select(x, zero).square()).sqrt();
                    f * inside.select((root - d) * (1.0 / d), zero)
                })
            }
        }
    }
}

/// Trainable rates `[1, count]` that start from the first to the last, evenly in the logarithm: start · e^θ with θ = 0 at
/// first, so they stay positive.
pub(super) fn rates<'g>(g: &'g Graph, first: f64, last: f64, count: usize) -> Var<'g> {
    let theta = g.parameter("envelope.log_rate", [1, count], Initializer::Constant(0.0));
    g.matrix([1, count], &log_spaced(first, last, count)) * theta.exp()
}

/// `count` numbers from the first to the last, evenly in the logarithm.
fn log_spaced(first: f64, last: f64, count: usize) -> Vec<f64> {
    let step = (last / first).ln() / (count.max(2) - 1) as f64;
    (0..count).map(|k| first * (step * k as f64).exp()).collect()
}
