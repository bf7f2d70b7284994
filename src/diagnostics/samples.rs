//! Data in blocks of rows.

use std::ops::Range;

use crate::autodiff::Workspace;
use crate::error::Error;
use crate::{Result, Scalar};

/// The inputs of a program for all samples, bound a block at a time.
///
/// ```
/// use eigennet::diagnostics::Samples;
/// let samples = Samples::new(6)?.input("x", &[0.0; 12])?.input("label", &[0.0, 1.0, 0.0, 1.0, 0.0, 1.0])?.block(4)?;
/// assert_eq!(samples.blocks().collect::<Vec<_>>(), [0..4, 4..6]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Samples<'a, T> {
    rows: usize,
    block: usize,
    inputs: Vec<(&'a str, &'a [T])>,
}

/// Rows of a block unless another number is asked for.
const BLOCK: usize = 256;

impl<'a, T: Scalar> Samples<'a, T> {
    /// So many samples, in blocks of 256.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for none.
    pub fn new(rows: usize) -> Result<Self> {
        Error::require(rows > 0, "Samples", "there are none; give at least one")?;
        Ok(Samples { rows, block: BLOCK, inputs: Vec::new() })
    }

    /// The input of this name, `[rows, width]`, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `data` fills whole rows, [`Error::NonFinite`].
    pub fn input(mut self, name: &'a str, data: &'a [T]) -> Result<Self> {
        if data.is_empty() || !data.len().is_multiple_of(self.rows) {
            return Err(Error::shape("Samples::input", &[data.len()], &[self.rows, data.len() / self.rows]));
        }
        Error::check_finite("input of Samples", data)?;
        self.inputs.push((name, data));
        Ok(self)
    }

    /// Rows that are computed with at a time, which bounds the memory.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for 0.
    pub fn block(mut self, rows: usize) -> Result<Self> {
        Error::require(rows > 0, "block of Samples", "0 rows hold nothing; give at least one")?;
        self.block = rows;
        Ok(self)
    }

    /// The input of that name, `[rows, width]`, if there is one.
    pub fn get(&self, name: &str) -> Option<&'a [T]> {
        self.inputs.iter().find(|(own, _)| *own == name).map(|&(_, data)| data)
    }

    /// Number of samples.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows of each block.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let (rows, block) = (self.rows, self.block);
        (0..rows).step_by(block).map(move |start| start..(start + block).min(rows))
    }

    /// Binds the inputs of some rows.
    pub(super) fn bind(&self, rows: Range<usize>, workspace: &mut Workspace<T>) -> Result<()> {
        for (name, data) in &self.inputs {
            let width = data.len() / self.rows;
            workspace.set(name, &data[rows.start * width..rows.end * width])?;
        }
        Ok(())
    }
}
