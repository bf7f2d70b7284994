//! Differential equations as recorded residuals.

use super::checks;
use super::domain::Domain;
use crate::autodiff::{Function, Graph, Layout, Output, Program, RESULT, Var, record};
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
/// let fit = LevenbergMarquardt::default().fit(&mut oscillator.on(&domain.gauss([40])?)?, Seed(0))?;
/// assert!((fit.function("u")?.at(&[1.0])? - 1f64.sin()).abs() < 1e-5, "{fit}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Equation<T> {
    /// All outputs.
    program: Program<T>,
    /// The residuals, term by term.
    pub(super) residuals: Program<T>,
    pub(super) terms: Vec<Term>,
    names: Vec<&'static str>,
}

/// Residuals on one set of points.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub output: Output,
    pub name: String,
    /// The inputs that have one row per residual row; `None` for values that all points share.
    pub rows: Option<String>,
    /// Number of rows, where they are no batch.
    pub height: usize,
    pub width: usize,
    pub weight: f64,
}

impl<T: Scalar> Equation<T> {
    /// Records an equation. The closure is given the coordinates, each `[points, 1]`, and returns the
    /// residuals `[points, equations]` on the domain; several equations are put side by side by
    /// [`Var::concat`]. Values that are to be read later it names by [`Graph::output`].
    ///
    /// # Errors
    /// The first mistake in the closure with its place, such as a second derivative of `relu`.
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
        let program: Program<T> = recording.compile();
        let residual = program.recording().result();
        if program.recording().output_shape(residual)?.0.is_none() {
            let reason = "it is one value shared by all points; return residuals point by point, without a sum or mean, \
                          and make such a value a condition by Equation::with_condition";
            return Err(Error::invalid("residual of the equation", reason));
        }
        let residuals = program.select(&[residual])?;
        let mut equation = Equation { program, residuals, terms: Vec::new(), names: domain.names().to_vec() };
        equation.add_term(RESULT, 1.0)?;
        Ok(equation)
    }

    /// Makes an output a residual as well: a soft condition, or a misfit to data, on points of its own; or a
    /// condition on a value that all points share, such as an integral. Its mean square counts `weight` times.
    ///
    /// Inside the closure, `g.coordinates("edge", Rows::named("edge"))` or `g.input(…)` declare the
    /// points; [`Collocation::set`](super::Collocation::set) binds them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is no such output; [`Error::InvalidArgument`] for a weight that
    /// is not positive and finite.
    pub fn with_condition(mut self, output: &str, weight: f64) -> Result<Self> {
        self.add_term(output, weight)?;
        Ok(self)
    }

    fn add_term(&mut self, name: &str, weight: f64) -> Result<()> {
        checks::positive(format!("weight of {name:?}"), weight)?;
        if self.terms.iter().any(|t| t.name == name) {
            return Err(Error::invalid(format!("condition {name:?}"), "it is a residual already"));
        }
        let recording = self.program.recording();
        let output = recording.output(name)?;
        let (rows, width) = recording.output_shape(output)?;
        let (rows, height) = (rows.map(str::to_string), recording.fixed_rows(output)?);
        self.terms.push(Term { output, name: name.to_string(), rows, height, width, weight });
        let outputs: Vec<Output> = self.terms.iter().map(|t| t.output).collect();
        self.residuals = self.program.select(&outputs)?;
        Ok(())
    }

    /// All that was recorded: its result are the residuals `[points, equations]`, its input `"points"` are the points
    /// `[points, coordinates]`.
    pub fn program(&self) -> &Program<T> {
        &self.program
    }

    /// The trainable parameters by name: weights of networks and unknown coefficients.
    pub fn parameters(&self) -> &Layout {
        self.program.parameters()
    }

    /// A starting vector of parameters, by their initialisers.
    #[inline(never)]
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

    /// The output `name` as a function of the coordinates.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::InvalidArgument`] if it depends on other inputs than the
    /// coordinates, or is one value shared by all points; [`Error::Shape`] if `theta` does not fit; [`Error::NonFinite`] if it holds NaN.
    #[inline(never)]
    pub fn solution(&self, name: &str, theta: &[T]) -> Result<Function<T>> {
        Function::new(&self.program, &[self.program.output(name)?], theta)
    }

    /// The names of the coordinates.
    pub fn coordinates(&self) -> &[&'static str] {
        &self.names
    }
}
