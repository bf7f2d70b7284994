//! Differential equations as recorded residuals.

use std::sync::Arc;

use super::collocation::Collocation;
use super::domain::{Domain, POINTS};
use crate::autodiff::{Graph, Layout, Program, RESULT, Recording, Var, record};
use crate::quadrature::Quadrature;
use crate::{Error, Result, Scalar, Seed};

/// A differential equation: residuals that vanish where a trial solution solves it, on a domain and,
/// for conditions and data that are not built into the trial solution, on point sets of their own.
///
/// ```
/// use eigennet::{Seed, differential::{Domain, Equation}, nn::Mlp, optim::LevenbergMarquardt};
/// // u″ = −u with u(0) = 0 and u′(0) = 1 built in: the sine.
/// let domain = Domain::new(["t"], [0.0..3.0])?;
/// let net = Mlp::new("net", [1, 10, 1]);
/// let oscillator = Equation::<f64>::record(&domain, |g, [t]| {
///     let u = t + t.square() * net.call(domain.scaled([t]));
///     g.output("u", u);
///     u.d(t).d(t) + u
/// })?;
/// let mut theta = oscillator.initial(Seed(0));
/// let mut system = oscillator.on(&domain.gauss([40])?)?;
/// let outcome = LevenbergMarquardt::default().minimize(&mut system, &mut theta)?;
/// let u = oscillator.solution("u", &theta)?;
/// assert!((u.at(&[1.0])? - 1f64.sin()).abs() < 1e-5, "{outcome}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Equation<T> {
    pub(super) recording: Recording,
    /// All outputs, for a forward and backward pass.
    pub(super) program: Arc<Program<T>>,
    pub(super) terms: Vec<Term<T>>,
    names: Vec<&'static str>,
}

/// Residuals on one set of points.
#[derive(Debug, Clone)]
pub(super) struct Term<T> {
    /// The output that holds them.
    pub output: String,
    /// The inputs that have one row per residual row.
    pub rows: &'static str,
    pub width: usize,
    pub weight: f64,
    /// The output as the result.
    pub program: Arc<Program<T>>,
}

impl<T: Scalar> Equation<T> {
    /// Records an equation. The closure is given the coordinates, each `[points, 1]`, and returns the
    /// residuals `[points, equations]` on the domain; several equations are put side by side by
    /// [`Var::concat`]. Values that are to be read later it names by [`Graph::output`].
    ///
    /// # Errors
    /// The first mistake in the closure with its place, such as a third derivative.
    #[track_caller]
    pub fn record<const N: usize, F>(domain: &Domain<N>, residual: F) -> Result<Self>
    where
        F: for<'g> FnOnce(&'g Graph, [Var<'g>; N]) -> Var<'g>,
    {
        let recording = record(|g| {
            let coordinates = domain.coordinates(g);
            residual(g, coordinates)
        })?;
        if recording.parameters().is_empty() {
            return Err(Error::invalid("equation", "it has no parameters to be trained; build a network into it"));
        }
        let mut equation = Equation {
            program: Arc::new(recording.clone().compile()),
            recording,
            terms: Vec::new(),
            names: domain.names().to_vec(),
        };
        equation.add_term(RESULT, 1.0)?;
        Ok(equation)
    }

    /// Makes an output a residual as well: a soft condition, or a misfit to data, on points of its own.
    /// Its mean square counts `weight` times.
    ///
    /// Inside the closure, `g.coordinates("edge", Rows::named("edge"))` or `g.input(…)` declare the
    /// points; [`Collocation::set`] binds them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is no such output; [`Error::InvalidArgument`] for a weight that
    /// is not positive and finite, and for an output that has no rows.
    pub fn with_condition(mut self, output: &str, weight: f64) -> Result<Self> {
        self.add_term(output, weight)?;
        Ok(self)
    }

    fn add_term(&mut self, output: &str, weight: f64) -> Result<()> {
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(Error::invalid(
                format!("weight of {output:?}"),
                format!("it has to be positive and finite, not {weight}"),
            ));
        }
        if self.terms.iter().any(|t| t.output == output) {
            return Err(Error::invalid(format!("condition {output:?}"), "it is a residual already"));
        }
        let (rows, width) = self.recording.output_shape(output)?;
        let Some(rows) = rows else {
            return Err(Error::invalid(
                format!("residual {output:?}"),
                "it is one value shared by all points; return residuals point by point, without a sum or mean",
            ));
        };
        let program = Arc::new(self.recording.select(&[output])?.compile());
        self.terms.push(Term { output: output.to_string(), rows, width, weight, program });
        Ok(())
    }

    /// The trainable parameters by name: weights of networks and unknown coefficients.
    pub fn parameters(&self) -> &Layout {
        self.recording.parameters()
    }

    /// A starting vector of parameters, by their initialisers.
    pub fn initial(&self, seed: Seed) -> Vec<T> {
        self.program.initial(seed)
    }

    /// The value of the trainable number `name` ([`Graph::scalar_parameter`]): an unknown coefficient.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::Shape`] if it is no single number or `theta` does not fit.
    pub fn coefficient(&self, name: &str, theta: &[T]) -> Result<T> {
        let block = self.parameters().block(name)?;
        match theta.get(block.range()) {
            Some([value]) if theta.len() == self.parameters().len() => Ok(*value),
            _ => Err(Error::shape("coefficient", &block.shape, &[theta.len()])),
        }
    }

    /// The residuals on `points` of the domain, ready to be minimised. Each is multiplied by the root
    /// of its point's weight.
    ///
    /// # Errors
    /// [`Error::Shape`] if the points have another dimension than the domain.
    pub fn on(&self, points: &Quadrature<T>) -> Result<Collocation<T>> {
        Collocation::new(self, points)
    }

    /// The output `name` as a function of the coordinates.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::InvalidArgument`] if it depends on other inputs than the
    /// coordinates, or is one value shared by all points; [`Error::Shape`] if `theta` does not fit; [`Error::NonFinite`] if it holds NaN.
    pub fn solution(&self, name: &str, theta: &[T]) -> Result<Solution<T>> {
        if theta.len() != self.parameters().len() {
            return Err(Error::shape("parameters of a solution", &[theta.len()], &[self.parameters().len()]));
        }
        Error::check_finite("parameters of a solution", theta)?;
        let others: Vec<&str> = self.recording.inputs_of(name)?.into_iter().filter(|n| *n != POINTS).collect();
        if !others.is_empty() {
            return Err(Error::invalid(
                format!("output {name:?}"),
                format!("it depends on {others:?} and not on the coordinates alone, so it is no function of them"),
            ));
        }
        let (rows, width) = self.recording.output_shape(name)?;
        if rows.is_none() {
            return Err(Error::invalid(
                format!("output {name:?}"),
                "it is one value shared by all points, so it is no function of them; read parameters by \
                 Equation::coefficient",
            ));
        }
        let program = Arc::new(self.recording.select(&[name])?.compile());
        Ok(Solution { program, parameters: theta.to_vec(), dimension: self.names.len(), width })
    }

    /// The names of the coordinates.
    pub fn coordinates(&self) -> &[&'static str] {
        &self.names
    }
}

/// A trained function of the coordinates.
#[derive(Debug, Clone)]
pub struct Solution<T> {
    program: Arc<Program<T>>,
    parameters: Vec<T>,
    dimension: usize,
    width: usize,
}

impl<T: Scalar> Solution<T> {
    /// The parameters.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// Number of values at each point.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The (first) value at `point` `[dimension]`.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::NonFinite`] if the point is not finite.
    pub fn at(&self, point: &[T]) -> Result<T> {
        if point.len() != self.dimension {
            return Err(Error::shape("Solution::at", &[point.len()], &[self.dimension]));
        }
        Ok(self.values(point)?[0])
    }

    /// The values `[n, width]` at `points` `[n, dimension]`.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn values(&self, points: &[T]) -> Result<Vec<T>> {
        if points.is_empty() || !points.len().is_multiple_of(self.dimension) {
            return Err(Error::shape("Solution::values", &[points.len()], &[self.dimension]));
        }
        let mut ws = self.program.workspace();
        let mut out = Vec::with_capacity(points.len() / self.dimension * self.width);
        // Blocks of points bound the memory.
        for block in points.chunks(4096 * self.dimension) {
            ws.set(POINTS, block)?;
            self.program.evaluate(&self.parameters, &mut ws)?;
            out.extend_from_slice(ws.output(RESULT)?);
        }
        Ok(out)
    }
}
