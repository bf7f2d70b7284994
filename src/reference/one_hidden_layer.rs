//! Networks with one hidden layer, whose derivatives of every order are known in closed form.

use crate::nn::Activation;
use crate::{Error, Result};

/// The highest order of derivatives: beyond, the polynomials lose too many digits.
const MAX_ORDER: usize = 20;

/// The network `N(x) = Σⱼ vⱼ σ(zⱼ)`, `zⱼ = Σₖ wⱼₖ xₖ + bⱼ`, and all its derivatives (Lagaris, Likas and
/// Fotiadis, 1998, eqs. 10–15): with `Λ = Σ λₖ`
///
/// `∂^λ N = Σⱼ vⱼ Pⱼ σ^(Λ)(zⱼ)`, `Pⱼ = Πₖ wⱼₖ^λₖ`.
///
/// An oracle for derivatives found in other ways. σ is the sigmoid, tanh, sine or softplus.
///
/// ```
/// use eigennet::nn::Activation;
/// use eigennet::reference::OneHiddenLayer;
/// // N = sin(2x + 3y): ∂³/∂x²∂y = −12 cos(2x + 3y)
/// let n = OneHiddenLayer::new(Activation::Sin, vec![2.0, 3.0], vec![0.0], vec![1.0])?;
/// let third = n.derivative(&[2, 1], &[0.1, 0.2])?;
/// assert!((third + 12.0 * 0.8_f64.cos()).abs() < 1e-14);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OneHiddenLayer {
    activation: Activation,
    /// `[hidden, inputs]`
    weights: Vec<f64>,
    /// `[hidden]`
    biases: Vec<f64>,
    /// `[hidden]`
    coefficients: Vec<f64>,
}

/// The derivatives of one number by the parameters of an [`OneHiddenLayer`].
#[derive(Debug, Clone, PartialEq)]
pub struct LayerGradient {
    /// By w, `[hidden, inputs]`.
    pub weights: Vec<f64>,
    /// By b, `[hidden]`.
    pub biases: Vec<f64>,
    /// By v, `[hidden]`.
    pub coefficients: Vec<f64>,
}

impl OneHiddenLayer {
    /// The network of w `[hidden, inputs]`, b `[hidden]` and v `[hidden]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if these do not fit together, [`Error::NonFinite`] for NaN and infinities,
    /// [`Error::InvalidArgument`] for an activation whose derivatives are not built in.
    pub fn new(activation: Activation, weights: Vec<f64>, biases: Vec<f64>, coefficients: Vec<f64>) -> Result<Self> {
        let hidden = coefficients.len();
        if hidden == 0 || biases.len() != hidden || weights.is_empty() || !weights.len().is_multiple_of(hidden) {
            return Err(Error::shape("OneHiddenLayer", &[weights.len(), biases.len()], &[hidden]));
        }
        Error::check_finite("weights", &weights)?;
        Error::check_finite("biases", &biases)?;
        Error::check_finite("coefficients", &coefficients)?;
        let layer = OneHiddenLayer { activation, weights, biases, coefficients };
        layer.slope(0, 0.0)?;
        Ok(layer)
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weights.len() / self.biases.len()
    }

    /// σ^(n)(z), `n` a small number.
    fn slope(&self, n: usize, z: f64) -> Result<f64> {
        let logistic = || if z < 0.0 { z.exp() / (1.0 + z.exp()) } else { 1.0 / (1.0 + (-z).exp()) };
        Ok(match (self.activation, n) {
            (Activation::Sigmoid, n) => polynomial(n, [0.0, 1.0, -1.0], logistic()),
            (Activation::Softplus, 0) => z.max(0.0) + (-z.abs()).exp().ln_1p(),
            (Activation::Softplus, n) => polynomial(n - 1, [0.0, 1.0, -1.0], logistic()),
            (Activation::Tanh, n) => polynomial(n, [1.0, 0.0, -1.0], z.tanh()),
            (Activation::Sin, n) => [z.sin(), z.cos(), -z.sin(), -z.cos()][n % 4],
            (other, _) => {
                let reason = format!("{other:?} has no closed form here; use Sigmoid, Tanh, Sin or Softplus");
                return Err(Error::invalid("activation of OneHiddenLayer", reason));
            }
        })
    }

    fn check(&self, orders: &[usize], x: &[f64]) -> Result<usize> {
        for given in [orders.len(), x.len()] {
            if given != self.inputs() {
                return Err(Error::shape("OneHiddenLayer", &[given], &[self.inputs()]));
            }
        }
        Error::check_finite("point", x)?;
        let total = orders.iter().try_fold(0usize, |sum, &order| sum.checked_add(order));
        total
            .filter(|&total| total <= MAX_ORDER)
            .ok_or_else(|| Error::invalid("orders of OneHiddenLayer", format!("they add up to more than {MAX_ORDER}")))
    }

    /// zⱼ for each hidden unit with its weights.
    fn units<'a>(&'a self, x: &'a [f64]) -> impl Iterator<Item = (f64, &'a [f64])> {
        self.weights.chunks_exact(self.inputs()).zip(&self.biases).map(move |(w, b)| {
            let z = w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b;
            (z, w)
        })
    }

    /// `∂^λ N` at `x`: differentiated `orders[k]` times by input k. Order zero is the value.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::NonFinite`] for points that do not fit; [`Error::InvalidArgument`]
    /// for orders that add up to more than 20.
    pub fn derivative(&self, orders: &[usize], x: &[f64]) -> Result<f64> {
        let total = self.check(orders, x)?;
        let mut sum = 0.0;
        for ((z, w), v) in self.units(x).zip(&self.coefficients) {
            sum += v * powers(w, orders) * self.slope(total, z)?;
        }
        Ok(sum)
    }

    /// The derivatives of `∂^λ N` at `x` by the parameters:
    ///
    /// `∂/∂vⱼ = Pⱼ σ^(Λ)`, `∂/∂bⱼ = vⱼ Pⱼ σ^(Λ+1)`,
    /// `∂/∂wⱼₖ = vⱼ (xₖ Pⱼ σ^(Λ+1) + λₖ wⱼₖ^(λₖ−1) Π_{l≠k} wⱼₗ^λₗ σ^(Λ))`, also where `wⱼₖ = 0`.
    ///
    /// # Errors
    /// As [`derivative`](Self::derivative).
    pub fn parameter_gradient(&self, orders: &[usize], x: &[f64]) -> Result<LayerGradient> {
        let total = self.check(orders, x)?;
        let mut gradient = LayerGradient { weights: Vec::new(), biases: Vec::new(), coefficients: Vec::new() };
        let mut lower = orders.to_vec();
        for ((z, w), v) in self.units(x).zip(&self.coefficients) {
            let (slope, next) = (self.slope(total, z)?, self.slope(total + 1, z)?);
            let product = powers(w, orders);
            gradient.coefficients.push(product * slope);
            gradient.biases.push(v * product * next);
            for k in 0..w.len() {
                let mut by_weight = x[k] * product * next;
                if orders[k] > 0 {
                    lower[k] -= 1;
                    by_weight += orders[k] as f64 * powers(w, &lower) * slope;
                    lower[k] += 1;
                }
                gradient.weights.push(v * by_weight);
            }
        }
        Ok(gradient)
    }
}

/// Πₖ wₖ^λₖ.
fn powers(w: &[f64], orders: &[usize]) -> f64 {
    w.iter().zip(orders).map(|(w, &order)| w.powi(order as i32)).product()
}

/// The n-th derivative of y(z) where y′ = `rate`(y), a polynomial of degree 2: p₀ = y and pₙ₊₁(y) = pₙ′(y) rate(y).
fn polynomial(n: usize, rate: [f64; 3], y: f64) -> f64 {
    let mut p = vec![0.0, 1.0];
    for _ in 0..n {
        let mut next = vec![0.0; p.len() + 1];
        for (power, &coefficient) in p.iter().enumerate().skip(1) {
            for (more, factor) in rate.iter().enumerate() {
                next[power - 1 + more] += power as f64 * coefficient * factor;
            }
        }
        p = next;
    }
    p.iter().rev().fold(0.0, |sum, &coefficient| sum * y + coefficient)
}
