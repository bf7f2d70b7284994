//! Lines that are printed as soon as they are known.

use std::error::Error;

use super::python::Race;

/// Columns under their titles.
pub struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// Prints the titles.
    pub fn new<const N: usize>(titles: [&str; N]) -> Self {
        let least = |i: usize| [54, 22].get(i).copied().unwrap_or(8);
        let width = |(i, title): (usize, &&str)| title.chars().count().max(least(i));
        let table = Table { widths: titles.iter().enumerate().map(width).collect() };
        table.row(titles);
        table
    }

    /// Of what is compared, with whom, both times, their ratio, and whether both found the same.
    pub fn of_races() -> Self {
        Table::new(["", "peer", "ours, s", "theirs, s", "ratio", "results"])
    }

    /// Prints a line.
    pub fn row(&self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        let widths = self.widths.iter().copied().chain(std::iter::repeat(0));
        let cells = cells.into_iter().zip(widths).map(|(cell, width)| format!("{:<width$}", cell.as_ref()));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }

    /// Prints a race, or why there was none.
    pub fn race<R>(
        &self,
        what: &str,
        peer: &str,
        race: &Result<Race<R>, Box<dyn Error>>,
        results: impl Fn(&Race<R>) -> String,
    ) {
        let cells = match race {
            Ok(race) => {
                let numbers = [race.ours, race.theirs, race.ours / race.theirs].map(|x| format!("{x:.3}"));
                numbers.into_iter().chain([results(race)]).collect()
            }
            Err(reason) => vec![reason.to_string()],
        };
        self.row([what.to_string(), peer.to_string()].into_iter().chain(cells));
    }
}
