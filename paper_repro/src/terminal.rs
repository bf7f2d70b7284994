//! The result as text tables on standard output.

use std::io::{self, Write};
use std::path::Path;

use comfy_table::{CellAlignment, LineStyle, TableStyle};

use crate::experiment::{Note, Outcome};
use crate::metrics::{self, Metric};
use crate::number;
use crate::table::{Cell, Table};

/// Prints `text`. A reader who has gone away, as in `| head`, is no failure of the run.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// All of an outcome, and where its report is.
pub fn summary(outcome: &Outcome, seconds: f64, report: &Path) -> String {
    let mut text = String::from("\n");
    for table in &outcome.tables {
        text += &format!("{}\n{}\n\n", table.title, render(table));
    }
    let shown = metrics::shown(&outcome.metrics);
    if !shown.is_empty() {
        text += &render(&metrics_table(&shown));
        text.push('\n');
    }
    if shown.len() < outcome.metrics.len() {
        text += &format!("  … and {} more in metrics.json\n", outcome.metrics.len() - shown.len());
    }
    let sources = sources(&shown);
    for (index, source) in sources.iter().enumerate() {
        text += &format!("  [{}] {source}\n", index + 1);
    }
    for note in &outcome.notes {
        if let Note::Warning(warning) = note {
            text += &format!("  Note: {warning}\n");
        }
    }
    text + &format!("\n{} · report: {}\n", number::duration(seconds), report.display())
}

/// The metrics as a [`Table`]; sources are numbered, see [`sources`].
pub fn metrics_table(metrics: &[Metric]) -> Table {
    let sources = sources(metrics);
    let mut table = Table::new("metrics", "Metrics", ["metric", "ours", "target", "", "published"]);
    for metric in metrics {
        let mark = metric.source.as_ref().and_then(|source| sources.iter().position(|known| known == source));
        table.row([
            Cell::from(metric.name.clone()),
            Cell::Number(metric.value),
            metric.target.map(|target| format!("{} {}", target.sign(), number::given(target.bound()))).into(),
            metric.meets_target().map(|met| if met { "✓" } else { "✗" }).into(),
            match (metric.published, mark) {
                (Some(value), Some(mark)) => Cell::from(format!("{} [{}]", number::given(value), mark + 1)),
                (Some(value), None) => Cell::from(number::given(value)),
                (None, Some(mark)) => Cell::from(format!("[{}]", mark + 1)),
                (None, None) => Cell::Empty,
            },
        ]);
    }
    table
}

/// The sources of published values, each once, in order of appearance.
pub fn sources(metrics: &[Metric]) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for source in metrics.iter().filter_map(|metric| metric.source.as_ref()) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    sources
}

fn render(table: &Table) -> String {
    let mut text = comfy_table::Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    let style = TableStyle::new().top_border(rule).header_separator(rule).bottom_border(rule);
    text.load_style(style).set_header(table.columns.iter().map(String::as_str));
    text.add_rows(table.rows.iter().map(|row| row.iter().map(Cell::shown)));
    for (index, column) in text.column_iter_mut().enumerate() {
        if table.is_numeric(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_values_targets_sources_warnings_and_the_report() {
        let outcome = Outcome::default()
            .metric(Metric::new("good", 1e-9).at_most(1e-6).published(0.019, "Somebody (2024), Table 3"))
            .metric(Metric::new("bad", f64::NAN).at_most(1e-3).published(0.5, "Somebody (2024), Table 3"))
            .note(Note::warning("mind the step"))
            .note(Note::remark("only for the report"));
        let text = summary(&outcome, 12.34, Path::new("x/report.html"));
        for part in
            ["good", "1.00e-9", "✓", "✗", "not a number", "[1]", "Table 3", "mind the step", "12.3 s", "x/report.html"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(text.matches("Somebody").count(), 1);
        assert!(!text.contains("only for the report"));
    }

    #[test]
    fn an_empty_outcome_is_only_a_path() {
        assert_eq!(summary(&Outcome::default(), 0.0, Path::new("r")), "\n\n0.00 s · report: r\n");
    }
}
