//! Quadrature rules inside a recording.

use std::panic::Location;

use super::graph::Graph;
use super::var::Var;
use crate::Scalar;
use crate::autodiff::tensor::shape::Shape;
use crate::quadrature::Quadrature;

impl Graph {
    /// The points `[n, d]` and weights `[n, 1]` of a rule, known to the recording: nobody has to bind them.
    ///
    /// | integral | f, K | written |
    /// |---|---|---|
    /// | ∫ f(s) ds `[1, width]` | f at the points, `[n, width]` | `weights.transpose_matmul(f)` |
    /// | ∫ f(x, s) ds `[rows, 1]` | a column for each point, `[rows, n]` | `f.matmul(weights)` |
    /// | ∫ K(x, s) f(s) ds `[rows, width]` | `[rows, n]` and `[n, width]` | `kernel.matmul(weights * f)` |
    ///
    /// ```
    /// use eigennet::autodiff::{Function, Rows, record};
    /// use eigennet::quadrature::Quadrature;
    /// // ∫₀^π sin(x s) ds = (1 − cos πx)/x
    /// let rule = Quadrature::<f64>::gauss_legendre(12, 0.0..std::f64::consts::PI)?;
    /// let program = record(|g| {
    ///     let [s, weights] = g.quadrature(&rule);
    ///     (g.coordinate("x", Rows::named("points")) * s.transpose()).sin().matmul(weights)
    /// })?
    /// .compile::<f64>();
    /// let integral = Function::new(&program, &[program.recording().result()], &[])?;
    /// assert!((integral.at(&[1.0])? - 2.0).abs() < 1e-14 && integral.at(&[2.0])?.abs() < 1e-14);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[track_caller]
    pub fn quadrature<T: Scalar>(&self, rule: &Quadrature<T>) -> [Var<'_>; 2] {
        let location = Location::caller();
        let columns = [("points", rule.points(), rule.dimension()), ("weights", rule.weights(), 1)];
        columns.map(|(name, data, width)| {
            self.build_at(location, &[], |r| {
                let data = data.iter().map(|&v| v.to_f64()).collect();
                let name = format!("quadrature {}: {name}", r.inputs.len());
                r.slot(&name, Shape::fixed(rule.len(), width), Some(data))
            })
        })
    }
}
