//! Trained functions: a program with its parameters, as a function of the points it is given.

use super::record::output::Output;
use super::record::recording::Recording;
use super::replay::buffers::Buffers;
use super::replay::program::Program;
use crate::container::{Container, Element};
use crate::error::Error;
use crate::linalg::Matrix;
use crate::{Result, Scalar};

/// Points evaluated at a time: bounds the memory of an evaluation.
const BLOCK: usize = 512;

/// Outputs of a program at fixed parameters, as functions of the points bound to one input.
///
/// ```
/// use eigennet::autodiff::{Function, Rows, record};
/// let program = record(|g| {
///     let x = g.coordinate("points", Rows::named("points"));
///     let u = (g.scalar_parameter("a", 1.0) * x).sin();
///     g.output("slope", u.d(x));
///     u
/// })?
/// .compile::<f64>();
/// let [u, slope] = [program.recording().result(), program.output("slope")?];
/// let sine = Function::new(&program, &[u, slope], &[2.0])?;
/// assert_eq!(sine.at(&[0.5])?, 1f64.sin());
/// assert_eq!(sine.evaluate(&[0.0, 0.5])?[1].as_slice(), [2.0, 2.0 * 1f64.cos()]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Function<T> {
    program: Program<T>,
    outputs: Vec<Output>,
    parameters: Vec<T>,
    buffers: Buffers<T>,
    /// The input that holds the points, and its width.
    points: String,
    dimension: usize,
    /// Columns of each output.
    widths: Vec<usize>,
}

impl<T: Scalar> Function<T> {
    /// The functions that `outputs` are at `parameters`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no output, or outputs that are not functions of the rows of one input, the
    /// same for all; [`Error::Shape`] if `parameters` do not fit; [`Error::NonFinite`] if they hold NaN.
    #[inline(never)]
    pub fn new(program: &Program<T>, outputs: &[Output], parameters: &[T]) -> Result<Self> {
        let program = program.select(outputs)?;
        program.check_length("parameters of a function", parameters)?;
        Error::check_finite("parameters of a function", parameters)?;
        let recording = program.recording();
        let mut points: Option<&str> = None;
        let mut widths = Vec::with_capacity(outputs.len());
        for &output in outputs {
            let index = recording.position(output)?;
            let (name, shape) = (&recording.outputs[index].0, recording.shape(index));
            let refuse = |reason: String| Err(Error::invalid(format!("output {name:?}"), reason));
            if shape.symbol().is_none() {
                return refuse(
                    "it is one value shared by all points, so it is no function of them; read parameters by their names"
                        .to_string(),
                );
            }
            let inputs = recording.inputs_of(output)?;
            let buffer = |name: &&&str| recording.inputs.iter().any(|i| i.name == **name && i.initial.is_some());
            let inputs: Vec<&str> = inputs.iter().filter(|name| !buffer(name)).copied().collect();
            // A constant, such as the slope of a line, needs no points but the rows.
            let same = recording.inputs.iter().find(|i| i.shape.symbol() == shape.symbol());
            let own = inputs.first().copied().or(same.map(|i| i.name.as_str()));
            if inputs.len() > 1 || own.is_none() || points.is_some_and(|known| Some(known) != own) {
                return refuse(format!(
                    "it depends on {inputs:?} and not on one set of points alone, so it is no function of them"
                ));
            }
            points = own;
            widths.push(shape.cols);
        }
        let Some(points) = points else { return Err(Error::invalid("outputs of a function", "name at least one")) };
        let dimension = recording.inputs.iter().find(|i| i.name == points).map_or(1, |i| i.shape.cols);
        let (points, outputs, parameters) = (points.to_string(), outputs.to_vec(), parameters.to_vec());
        let buffers = program.workspace().buffers();
        Ok(Function { outputs, parameters, buffers, points, dimension, widths, program })
    }

    /// The functions with the running statistics that training has left in a workspace.
    ///
    /// # Errors
    /// As [`Workspace::set_buffers`](super::Workspace::set_buffers).
    #[inline(never)]
    pub fn with_buffers(mut self, buffers: Buffers<T>) -> Result<Self> {
        self.program.workspace().set_buffers(&buffers)?;
        self.buffers = buffers;
        Ok(self)
    }

    /// The program behind the functions.
    pub fn program(&self) -> &Program<T> {
        &self.program
    }

    /// The running statistics.
    pub fn buffers(&self) -> &Buffers<T> {
        &self.buffers
    }

    /// The parameters.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// Number of coordinates of a point.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of values of the first output at each point.
    pub fn width(&self) -> usize {
        self.widths[0]
    }

    /// The first value of the first output at `point` `[dimension]`.
    ///
    /// # Errors
    /// [`Error::Shape`]; [`Error::NonFinite`] if the point is not finite.
    #[inline(never)]
    pub fn at(&self, point: &[T]) -> Result<T> {
        if point.len() != self.dimension {
            return Err(Error::shape("Function::at", &[point.len()], &[self.dimension]));
        }
        Ok(self.evaluate(point)?[0][(0, 0)])
    }

    /// The derivative of the first output along coordinates, by their columns: `[0, 0, 1]` for u_xxt. It is a function
    /// like this one, with derivatives of its own.
    ///
    /// ```
    /// use eigennet::autodiff::{Function, Rows, record};
    /// let program = record(|g| g.coordinate("points", Rows::named("points")).sin())?.compile::<f64>();
    /// let sine = Function::new(&program, &[program.recording().result()], &[])?;
    /// assert!((sine.derivative(&[0, 0, 0])?.at(&[1.0])? + 1f64.cos()).abs() < 1e-15);
    /// assert!((sine.derivative(&[0])?.derivative(&[0])?.at(&[1.0])? + 1f64.sin()).abs() < 1e-15);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Recording::with_derivative`](super::Recording::with_derivative).
    pub fn derivative(&self, along: &[usize]) -> Result<Self> {
        let recording = self.program.recording();
        // A derivative may itself be of a derivative, and a recording has a value of any name once.
        let mut name = "derivative of a function".to_string();
        while recording.outputs.iter().any(|(old, _)| *old == name) {
            name.insert_str(0, "derivative of ");
        }
        let program: Program<T> = recording.with_derivative(&name, self.outputs[0], along)?.compile();
        let derivative = program.output(&name)?;
        Ok(Function {
            program: program.select(&[derivative])?,
            outputs: vec![derivative],
            widths: vec![self.widths[0]],
            ..self.clone()
        })
    }

    /// The first output at `points` `[n, dimension]`: `[n, width]`, row after row.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn on(&self, points: &[T]) -> Result<Vec<T>> {
        Ok(self.evaluate(points)?.swap_remove(0).into_vec())
    }

    /// Each output, `[n, width]`, at `points` `[n, dimension]`, row after row.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn evaluate(&self, points: &[T]) -> Result<Vec<Matrix<T>>> {
        self.evaluate_mapped(points, Ok)
    }

    /// What `map` makes, row by row, of each output.
    #[inline(never)]
    pub(crate) fn evaluate_mapped(
        &self,
        points: &[T],
        map: impl Fn(Matrix<T>) -> Result<Matrix<T>>,
    ) -> Result<Vec<Matrix<T>>> {
        if points.is_empty() || !points.len().is_multiple_of(self.dimension) {
            return Err(Error::shape("Function::evaluate", &[points.len()], &[1, self.dimension]));
        }
        let n = points.len() / self.dimension;
        let mut ws = self.program.workspace();
        ws.set_buffers(&self.buffers)?;
        let mut columns: Vec<Vec<T>> = vec![Vec::new(); self.outputs.len()];
        for block in points.chunks(BLOCK * self.dimension) {
            ws.set(&self.points, block)?;
            let values = self.program.evaluate(&self.parameters, &mut ws)?;
            for ((&output, &width), column) in self.outputs.iter().zip(&self.widths).zip(&mut columns) {
                let rows = block.len() / self.dimension;
                let mapped = map(Matrix::from_vec(rows, width, values.value(output)?.to_vec())?)?;
                if column.is_empty() {
                    column.reserve_exact(n * mapped.cols());
                }
                column.extend_from_slice(mapped.as_slice());
            }
        }
        columns.into_iter().map(|column| Matrix::from_vec(n, column.len() / n, column)).collect()
    }
}

impl<T: Scalar + Element> Function<T> {
    /// The functions whole, the recorded graph among it: what [`load`](Self::load) needs in any other process, with
    /// derivatives and without the source that recorded them.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self) -> Result<Container> {
        let mut out = Container::new();
        out.nest("recording", self.program.recording().save()?)?;
        out.nest("buffers", self.buffers.save()?)?;
        out.insert("parameters", &[self.parameters.len()], &self.parameters)?;
        let outputs: Vec<u64> = self.outputs.iter().map(|output| output.index.into()).collect();
        out.insert("function outputs", &[outputs.len()], &outputs)?;
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// ```
    /// use eigennet::autodiff::{Function, Rows, record};
    /// use eigennet::container::Container;
    /// let program = record(|g| g.scalar_parameter("a", 1.0) * g.coordinate("x", Rows::named("x")).sin())?.compile::<f64>();
    /// let wave = Function::new(&program, &[program.recording().result()], &[3.0])?;
    /// let bytes = wave.save()?.to_bytes();
    /// let read = Function::<f64>::load(&Container::from_bytes(&bytes)?)?;
    /// assert_eq!(read.derivative(&[0])?.at(&[0.0])?, 3.0);
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Recording::load`] and [`new`](Self::new).
    #[inline(never)]
    pub fn load(container: &Container) -> Result<Self> {
        let recording = Recording::load(&container.nested("recording"))?;
        let known = recording.outputs.len() as u64;
        let outputs = container.get::<u64>("function outputs")?;
        if outputs.iter().any(|&index| index >= known) {
            return Err(Error::Corrupt { reason: "a function of outputs that are not there".to_string() });
        }
        let identity = recording.identity;
        let outputs: Vec<Output> =
            outputs.iter().map(|&index| Output { index: index as u32, recording: identity }).collect();
        Function::new(&recording.compile(), &outputs, container.get::<T>("parameters")?)?
            .with_buffers(Buffers::load(&container.nested("buffers"))?)
    }
}
