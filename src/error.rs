//! The one error type of the crate. Every message says what was wrong and what to try next.

use std::fmt;
use std::io;
use std::panic::Location;

/// Everything that can go wrong in this crate.
///
/// The enum is `non_exhaustive`: match the variants you can act on and print the rest, the
/// message is written to be read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// Two operands do not fit together.
    Shape {
        /// The operation that refused, such as `"matmul"`.
        operation: &'static str,
        /// Shape of the left (or only) operand; [`Error::BATCH`] stands for rows bound at replay.
        left: Vec<usize>,
        /// Shape of the right operand, or the shape that was expected.
        right: Vec<usize>,
        /// Where in the caller's code the operation was written, where known.
        location: Option<&'static Location<'static>>,
    },
    /// An argument lies outside what the operation can take.
    InvalidArgument {
        /// The argument and the operation, such as `"states of NeuralRitz"`.
        what: String,
        /// What was wrong and what would do.
        reason: String,
    },
    /// A NaN or an infinity where a finite number is needed.
    NonFinite {
        /// What holds the value.
        what: String,
        /// Flat index of the first such entry.
        index: usize,
    },
    /// A matrix that has to be symmetric positive definite is not.
    NotPositiveDefinite {
        /// The operation that needed it, or the matrix of an operation, such as `"B of generalized_symmetric_eigen"`.
        operation: &'static str,
        /// Index of the first pivot that is not positive.
        pivot: usize,
    },
    /// A matrix is singular to working precision.
    Singular {
        /// The operation that needed its inverse, or the matrix of an operation.
        operation: &'static str,
        /// Index of the pivot that vanished.
        pivot: usize,
    },
    /// A pivot vanished in an elimination without 2×2 pivots: the matrix may be regular all the same, and only a leading
    /// part of it singular.
    ZeroPivot {
        /// The operation that needed the pivot, or the matrix of an operation.
        operation: &'static str,
        /// Index of the pivot that vanished.
        pivot: usize,
    },
    /// An iteration ended before it reached its tolerance.
    NoConvergence {
        /// The method that was running.
        method: &'static str,
        /// Iterations made.
        iterations: usize,
        /// What it reached and what to try next.
        reason: String,
    },
    /// An eigensolver ended before all pairs asked for had converged.
    Unconverged(Box<Unconverged>),
    /// A derivative was asked for that does not exist or is not supported.
    Derivative {
        /// The operation that cannot be differentiated so.
        operation: String,
        /// Why, and what to write instead.
        reason: String,
        /// Where in the caller's code the operation was written, where known.
        location: Option<&'static Location<'static>>,
    },
    /// A name that the program, container or parameter list does not hold.
    UnknownName {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Bytes that are no intact container of this crate.
    Corrupt {
        /// What is wrong with them.
        reason: String,
    },
    /// The operating system refused.
    Io {
        /// The file or folder.
        path: String,
        /// The kind of refusal.
        kind: std::io::ErrorKind,
        /// The system's own words.
        message: String,
    },
}

/// What an eigensolver had when it gave up: nothing is lost. Numbers are in `f64`, whatever it computed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Unconverged {
    /// The method that was running.
    pub method: &'static str,
    /// Iterations made.
    pub iterations: usize,
    /// Products with the operator.
    pub products: usize,
    /// Best eigenvalues so far, as (real, imaginary) parts, best first.
    pub values: Vec<(f64, f64)>,
    /// Their vectors `[k][n]`, as (real, imaginary) parts.
    pub vectors: Vec<Vec<(f64, f64)>>,
    /// Their residuals `‖A v − λ v‖`.
    pub residuals: Vec<f64>,
    /// How many of them meet the tolerance.
    pub converged: usize,
    /// What to try next.
    pub advice: String,
}

/// Prints a shape, with a word for the rows of a batch.
struct Sizes<'a>(&'a [usize]);

impl fmt::Display for Sizes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (k, &size) in self.0.iter().enumerate() {
            let comma = if k > 0 { ", " } else { "" };
            match size {
                Error::BATCH => write!(f, "{comma}rows")?,
                _ => write!(f, "{comma}{size}")?,
            }
        }
        f.write_str("]")
    }
}

impl Error {
    /// In the shapes of [`Error::Shape`]: a number of rows that is bound at replay.
    pub const BATCH: usize = usize::MAX;

    /// [`Error::InvalidArgument`] from anything that reads as text.
    pub fn invalid(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::InvalidArgument { what: what.into(), reason: reason.into() }
    }

    /// [`Error::Shape`] without a location.
    pub fn shape(operation: &'static str, left: &[usize], right: &[usize]) -> Self {
        Error::Shape { operation, left: left.to_vec(), right: right.to_vec(), location: None }
    }

    /// The same error under another name, where it names a matrix that could not be factored: whose it was, and in what.
    ///
    /// ```
    /// use eigennet::linalg::{Cholesky, Matrix};
    /// let stiffness = Matrix::from_diagonal(&[1.0, -2.0]);
    /// let error = Cholesky::factor(&stiffness).unwrap_err().of("stiffness of the beam");
    /// assert!(error.to_string().starts_with("stiffness of the beam: the matrix is not positive definite (pivot 1)"));
    /// # Ok::<(), eigennet::Error>(())
    /// ```
    #[must_use]
    pub fn of(self, operation: &'static str) -> Self {
        match self {
            Error::NotPositiveDefinite { pivot, .. } => Error::NotPositiveDefinite { operation, pivot },
            Error::Singular { pivot, .. } => Error::Singular { operation, pivot },
            Error::ZeroPivot { pivot, .. } => Error::ZeroPivot { operation, pivot },
            other => other,
        }
    }

    /// [`Error::Io`] for `path`.
    pub fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        Error::Io { path: path.display().to_string(), kind: error.kind(), message: error.to_string() }
    }

    /// `Ok(())` if `holds`, else [`Error::invalid`] of the texts, which are written only then.
    pub(crate) fn require(holds: bool, what: impl fmt::Display, reason: impl fmt::Display) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Error::invalid(what.to_string(), reason.to_string())) }
    }

    /// `Ok(())` if `holds`, else [`Error::Corrupt`] for this reason.
    pub(crate) fn intact(holds: bool, reason: impl fmt::Display) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Error::Corrupt { reason: reason.to_string() }) }
    }

    /// `Ok(())` if the shapes are equal, else [`Error::shape`] of them.
    pub(crate) fn same_shape(operation: &'static str, left: &[usize], right: &[usize]) -> Result<(), Self> {
        if left == right { Ok(()) } else { Err(Error::shape(operation, left, right)) }
    }

    /// `Ok(())` if every entry is finite, else [`Error::NonFinite`] with the first index that is not.
    ///
    /// # Errors
    /// The index of the first NaN or infinity.
    pub fn check_finite<T: num_traits::Float>(what: &str, values: &[T]) -> Result<(), Self> {
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(index) => Err(Error::NonFinite { what: what.to_string(), index }),
        }
    }
}

fn at(f: &mut fmt::Formatter<'_>, location: &Option<&'static Location<'static>>) -> fmt::Result {
    location.map_or(Ok(()), |place| write!(f, " (at {place})"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Shape { operation, left, right, location } => {
                write!(f, "{operation}: shapes {} and {} do not fit", Sizes(left), Sizes(right))?;
                at(f, location)
            }
            Error::InvalidArgument { what, reason } => write!(f, "{what}: {reason}"),
            Error::NonFinite { what, index } => write!(
                f,
                "{what}: entry {index} is not finite; remove NaN and infinities from the data, or lower the step if they arose in training"
            ),
            Error::NotPositiveDefinite { operation, pivot } => write!(
                f,
                "{operation}: the matrix is not positive definite (pivot {pivot}); add a multiple of the identity, drop dependent columns, or use a method for indefinite matrices"
            ),
            Error::Singular { operation, pivot } => write!(
                f,
                "{operation}: the matrix is singular to working precision (pivot {pivot}); use least squares or regularise"
            ),
            Error::ZeroPivot { operation, pivot } => write!(
                f,
                "{operation}: pivot {pivot} vanishes beside what it was summed from, and there are no 2×2 pivots to go \
                 round it, so the matrix may be regular: move the shift a little, use Minres, or factor the dense matrix"
            ),
            Error::NoConvergence { method, iterations, reason } => {
                write!(f, "{method} did not converge in {iterations} iterations: {reason}")
            }
            Error::Unconverged(best) => write!(
                f,
                "{} found {} of {} pairs in {} iterations ({} products; largest residual {:e}): {}",
                best.method,
                best.converged,
                best.values.len(),
                best.iterations,
                best.products,
                best.residuals.iter().copied().fold(0.0, f64::max),
                best.advice
            ),
            Error::Derivative { operation, reason, location } => {
                write!(f, "{operation}: {reason}")?;
                at(f, location)
            }
            Error::UnknownName { name, known } => {
                write!(f, "there is no {name:?}; there are: {}", known.join(", "))
            }
            Error::Corrupt { reason } => write!(f, "not an intact eigennet container: {reason}"),
            Error::Io { path, kind: io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, message } => {
                write!(f, "{path}: {message}; make room there and try again")
            }
            Error::Io { path, message, .. } => write!(f, "{path}: {message}"),
        }
    }
}

impl std::error::Error for Error {}
