//! Trainable rows for whole numbers.

use super::{Initializer, Name};
use crate::autodiff::Var;

/// A table `[count, width]` of trainable rows, looked up by number.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::Embedding;
/// let species = Embedding::new("species", [3, 2]);
/// let program = record(|g| species.call(g.input("kind", Rows::named("atoms"), 1)))?.compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("kind", &[2.0, 0.0])?;
/// program.evaluate(&[0.0, 0.1, 1.0, 1.1, 2.0, 2.1], &mut ws)?;
/// assert_eq!(ws.output("result")?, [2.0, 2.1, 0.0, 0.1]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    name: Name,
    shape: [usize; 2],
    table: Initializer,
}

impl Embedding {
    /// A table of `count` rows of `width` entries, the parameter `"name.table"`.
    pub fn new(name: impl Into<Name>, [count, width]: [usize; 2]) -> Self {
        Embedding { name: name.into(), shape: [count, width], table: Initializer::Normal { deviation: 1.0 } }
    }

    /// How the table starts (default standard normal).
    pub fn table(self, table: Initializer) -> Self {
        Embedding { table, ..self }
    }

    /// Records the rows of the table that `index` `[rows, 1]` names, `[rows, width]`. Calling it again shares the table.
    ///
    /// An empty table and an index of other than one column are mistakes that the recording reports; a replay refuses
    /// an index that is no whole number in `0..count`.
    #[track_caller]
    pub fn call<'g>(&self, index: Var<'g>) -> Var<'g> {
        let [count, width] = self.shape;
        self.name.parameter(index.graph(), "table", [1, count, width], self.table).gather(index)
    }
}
