//! Networks with one hidden layer, whose derivatives of every order are known in closed form.

use crate::nn::Activation;
use crate::{Error, Result};

/// The highest order of derivatives: about zero, where terms cancel, four digits are lost to them.
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
        Ok(match (self.activation, n) {
            (Activation::Sigmoid, n) => logistic(n, z),
            (Activation::Softplus, 0) => z.max(0.0) + (-z.abs()).exp().ln_1p(),
            (Activation::Softplus, n) => logistic(n - 1, z),
            (Activation::Tanh, 0) => z.tanh(),
            // tanh z = 2 σ(2z) − 1
            (Activation::Tanh, n) => 2f64.powi(n as i32 + 1) * logistic(n, 2.0 * z),
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

/// The n-th derivative of σ(z) = 1/(1 + e⁻ᶻ). With q = e^(−|z|) and the Eulerian numbers A(n, k), for n ≥ 1,
///
/// `σ^(n)(−|z|) = Σ_k (−1)ᵏ A(n, k) q^(k+1)/(1 + q)^(n+1)`, `σ^(n)(|z|) = (−1)^(n−1) σ^(n)(−|z|)`
///
/// (Minai and Williams, 1993): in both tails the first term is the largest, where a polynomial in σ cancels.
fn logistic(n: usize, z: f64) -> f64 {
    let q = (-z.abs()).exp();
    if n == 0 {
        return if z < 0.0 { q / (1.0 + q) } else { 1.0 / (1.0 + q) };
    }
    // A(m, k) = (k + 1) A(m − 1, k) + (m − k) A(m − 1, k − 1)
    let mut eulerian = vec![1.0];
    for m in 2..=n {
        let at = |k: Option<usize>| k.and_then(|k| eulerian.get(k)).copied().unwrap_or(0.0);
        eulerian = (0..m).map(|k| (k + 1) as f64 * at(Some(k)) + (m - k) as f64 * at(k.checked_sub(1))).collect();
    }
    let sum = eulerian.iter().rev().fold(0.0, |sum, &number| number - q * sum);
    let below = q * sum / (1.0 + q).powi(n as i32 + 1);
    if z > 0.0 && n.is_multiple_of(2) { -below } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far out and of high orders, where a polynomial in σ has no digit right; by 60 digits.
    #[test]
    fn derivatives_have_their_digits_in_the_tails() {
        for (activation, order, z, exact) in [
            (Activation::Tanh, 1, 20.0, 1.699_341_702_116_335e-17),
            (Activation::Tanh, 10, 15.0, -1.9164411838348303e-10),
            (Activation::Tanh, 15, 10.0, 0.00013507064053707354),
            (Activation::Tanh, 20, 10.0, -0.004313210275829397),
            (Activation::Tanh, 20, 5.0, 3762.8126816148465),
            (Activation::Sigmoid, 20, 3.0, -58090.113736190564),
            (Activation::Sigmoid, 7, -40.0, 4.2483542552915866e-18),
            (Activation::Softplus, 12, 9.0, 9.255078697881642e-05),
        ] {
            let layer = OneHiddenLayer::new(activation, vec![1.0], vec![0.0], vec![1.0]).unwrap();
            let value = layer.derivative(&[order], &[z]).unwrap();
            assert!((value / exact - 1.0).abs() < 1e-11, "{activation:?}, order {order} at {z}: {value:e} {exact:e}");
        }
    }
}
