//! Tables as plain data: rendered by the terminal and the report, saved as CSV.

use crate::failure::Failure;
use crate::number;

/// A table. `name` is the stem of its CSV file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Stem of the file, `snake_case`.
    pub name: String,
    /// Headline.
    pub title: String,
    /// Column headers.
    pub columns: Vec<String>,
    /// Rows; one that is short is filled up with empty cells, what is too long is cut.
    pub rows: Vec<Vec<Cell>>,
    /// A sentence below it.
    pub caption: String,
}

impl Table {
    /// A table without rows.
    pub fn new<C: Into<String>>(
        name: impl Into<String>,
        title: impl Into<String>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        Table {
            name: name.into(),
            title: title.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            caption: String::new(),
        }
    }

    /// A sentence below it.
    #[must_use]
    pub fn caption(mut self, text: impl Into<String>) -> Self {
        self.caption = text.into();
        self
    }

    /// Adds a row.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        let mut row: Vec<Cell> = cells.into_iter().map(Into::into).collect();
        row.resize(self.columns.len(), Cell::Empty);
        self.rows.push(row);
        self
    }

    /// Whether a column holds numbers, so that it is set flush right.
    pub fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(column)).filter(|cell| **cell != Cell::Empty);
        cells.clone().next().is_some() && cells.all(|cell| !matches!(cell, Cell::Text(_)))
    }

    /// The table with every digit it has.
    ///
    /// # Errors
    /// None in practice: memory takes every field.
    pub fn to_csv(&self) -> Result<Vec<u8>, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::Other(format!("{}.csv: {error}", self.name));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).map_err(|error| failed(&error))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::exact)).map_err(|error| failed(&error))?;
        }
        writer.into_inner().map_err(|error| failed(&error))
    }
}

/// One entry of a [`Table`].
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number in as few characters as tell it.
    Number(f64),
    /// A number with so many digits after the point, such as an eigenvalue.
    Fixed(f64, usize),
    /// A number as mantissa and power of ten, such as an error.
    Scientific(f64, usize),
}

impl Cell {
    /// An error: two digits and a power of ten.
    pub fn error(value: f64) -> Self {
        Cell::Scientific(value, 1)
    }

    /// As a reader sees it.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Integer(value) => value.to_string(),
            Cell::Number(value) => number::compact(*value),
            Cell::Fixed(value, digits) if value.is_finite() => format!("{value:.digits$}"),
            Cell::Fixed(value, _) => number::compact(*value),
            Cell::Scientific(value, digits) => number::scientific(*value, *digits),
        }
    }

    /// With every digit.
    pub fn exact(&self) -> String {
        match self {
            Cell::Empty | Cell::Text(_) | Cell::Integer(_) => self.shown(),
            Cell::Number(value) | Cell::Fixed(value, _) | Cell::Scientific(value, _) => format!("{value:e}"),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_string())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Number(value)
    }
}

impl<C: Into<Cell>> From<Option<C>> for Cell {
    fn from(cell: Option<C>) -> Self {
        cell.map_or(Cell::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_the_columns_and_csv_keeps_every_digit() {
        let mut table = Table::new("t", "T", ["name", "λ"]);
        table.row([Cell::from("a, \"b\""), Cell::Fixed(1.0 / 3.0, 3)]);
        table.row(["short"]);
        table.row(["x", "y", "too long"]);
        assert!(table.rows.iter().all(|row| row.len() == 2));
        let csv = table.to_csv().expect("CSV");
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let rows: Vec<_> = reader.records().map(|row| row.expect("valid")).collect();
        assert_eq!(&rows[0][0], "a, \"b\"");
        assert_eq!(rows[0][1].parse::<f64>(), Ok(1.0 / 3.0));
        assert_eq!(table.rows[0][1].shown(), "0.333");
    }

    #[test]
    fn a_column_is_numeric_if_all_its_cells_are() {
        let mut table = Table::new("t", "T", ["a", "b", "c"]);
        table.row([Cell::from("x"), Cell::Integer(1), Cell::Empty]);
        table.row([Cell::from("x"), Cell::Empty, Cell::Empty]);
        assert_eq!([0, 1, 2, 9].map(|column| table.is_numeric(column)), [false, true, false, false]);
    }
}
