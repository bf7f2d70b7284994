//! The numbers of a figure as a table of text.

use super::{Axis, Figure, Frame, Kind, LinePlot, ScatterPlot, Series};
use crate::failure::Failure;

/// The numbers behind curves, bars and matrices, in long form; `None` for pictures.
///
/// # Errors
/// None in practice: memory takes every field.
pub fn to_csv(figure: &Figure) -> Result<Option<Vec<u8>>, Failure> {
    let rows: Vec<Vec<String>> = match &figure.kind {
        Kind::Lines(LinePlot { x, y, series, .. }) => series_rows("series", x, y, series),
        Kind::Scatter(ScatterPlot { x, y, groups }) => series_rows("group", x, y, groups),
        Kind::Bars(chart) => std::iter::once(vec!["group".into(), "series".into(), chart.y.label.clone()])
            .chain(chart.series.iter().flat_map(|series| {
                chart.groups.iter().zip(&series.values).map(|(group, value)| {
                    let value = value.map_or(String::new(), |value| format!("{value:e}"));
                    vec![group.clone(), series.label.clone(), value]
                })
            }))
            .collect(),
        Kind::Matrices(plots) => std::iter::once(["matrix", "row", "column", "value"].map(String::from).to_vec())
            .chain(plots.iter().flat_map(|plot| {
                let size = plot.labels.len().max(1);
                plot.values.iter().enumerate().map(move |(index, value)| {
                    let (row, column) = (index / size, index % size);
                    vec![plot.title.clone(), row.to_string(), column.to_string(), format!("{value:e}")]
                })
            }))
            .collect(),
        Kind::Animation(animation) => {
            std::iter::once(vec!["frame".into(), "series".into(), animation.x.label.clone(), animation.y.label.clone()])
                .chain(animation.frames.iter().flat_map(|Frame { words, curves }| {
                    curves.iter().zip(&animation.labels).flat_map(move |(curve, label)| {
                        let row = move |(x, y): &(f64, f64)| {
                            vec![words.clone(), label.clone(), x.to_string(), format!("{y:e}")]
                        };
                        curve.iter().map(row)
                    })
                }))
                .collect()
        }
        Kind::Map(_) | Kind::Panels(_) => return Ok(None),
    };
    let failed = |error: &dyn std::fmt::Display| Failure::Other(format!("{}.csv: {error}", figure.name));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map(Some).map_err(|error| failed(&error))
}

fn series_rows(head: &str, x: &Axis, y: &Axis, series: &[Series]) -> Vec<Vec<String>> {
    std::iter::once(vec![head.into(), x.label.clone(), y.label.clone()])
        .chain(series.iter().flat_map(|series| {
            let row = |(x, y): &(f64, f64)| vec![series.label.clone(), x.to_string(), format!("{y:e}")];
            series.points.iter().map(row)
        }))
        .collect()
}

#[cfg(test)]
mod tests;
