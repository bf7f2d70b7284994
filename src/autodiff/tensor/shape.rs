//! Shapes: `[heads, rows, cols]`, where the number of rows may be a symbol bound at replay.

use std::fmt;

/// A named number of rows, bound when a program runs: one program runs on 1, 100 and 10 000 rows.
///
/// ```
/// use eigennet::autodiff::Rows;
/// let batch = Rows::named("batch");
/// assert_eq!(batch, Rows::named("batch"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rows(pub(crate) &'static str);

impl Rows {
    /// The symbol of that name; equal names are the same symbol.
    pub fn named(name: &'static str) -> Self {
        Rows(name)
    }
}

/// Number of rows of a value: fixed when recorded, or a symbol bound at replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Extent {
    Fixed(usize),
    Rows(u16),
}

/// `[heads, rows, cols]`; plain values have one head, an ensemble of disjoint networks has many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub heads: usize,
    pub rows: Extent,
    pub cols: usize,
}

impl Shape {
    pub const SCALAR: Shape = Shape { heads: 1, rows: Extent::Fixed(1), cols: 1 };

    pub fn fixed(rows: usize, cols: usize) -> Self {
        Shape { heads: 1, rows: Extent::Fixed(rows), cols }
    }

    pub fn rows(symbol: u16, cols: usize) -> Self {
        Shape { heads: 1, rows: Extent::Rows(symbol), cols }
    }

    pub fn with_heads(self, heads: usize) -> Self {
        Shape { heads, ..self }
    }

    pub fn with_cols(self, cols: usize) -> Self {
        Shape { cols, ..self }
    }

    pub fn with_rows(self, rows: Extent) -> Self {
        Shape { rows, ..self }
    }

    /// The row symbol, if the number of rows is bound at replay.
    pub fn symbol(&self) -> Option<u16> {
        match self.rows {
            Extent::Rows(symbol) => Some(symbol),
            Extent::Fixed(_) => None,
        }
    }

    /// The fixed number of rows; `None` for a symbol.
    pub fn fixed_rows(&self) -> Option<usize> {
        match self.rows {
            Extent::Fixed(rows) => Some(rows),
            Extent::Rows(_) => None,
        }
    }

    /// Entries of one row, over all heads.
    pub fn row_len(&self) -> usize {
        self.heads * self.cols
    }

    /// Number of entries if no symbol is involved.
    pub fn fixed_len(&self) -> Option<usize> {
        self.fixed_rows().map(|rows| rows * self.row_len())
    }

    /// The shape both broadcast to: along each axis the extents are equal or one of them is 1.
    pub fn broadcast(self, other: Shape) -> Option<Shape> {
        fn axis<X: PartialEq + Copy>(a: X, b: X, one: X) -> Option<X> {
            if a == b || b == one {
                Some(a)
            } else if a == one {
                Some(b)
            } else {
                None
            }
        }
        Some(Shape {
            heads: axis(self.heads, other.heads, 1)?,
            rows: axis(self.rows, other.rows, Extent::Fixed(1))?,
            cols: axis(self.cols, other.cols, 1)?,
        })
    }

    /// Numbers for an error message.
    pub fn numbers(&self) -> Vec<usize> {
        let rows = self.fixed_rows().unwrap_or(crate::Error::BATCH);
        if self.heads == 1 { vec![rows, self.cols] } else { vec![self.heads, rows, self.cols] }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match self.rows {
            Extent::Fixed(rows) => rows.to_string(),
            Extent::Rows(symbol) => format!("rows#{symbol}"),
        };
        if self.heads == 1 {
            write!(f, "[{rows}, {}]", self.cols)
        } else {
            write!(f, "[{} heads, {rows}, {}]", self.heads, self.cols)
        }
    }
}
