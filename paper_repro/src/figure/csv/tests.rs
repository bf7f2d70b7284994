//! Rows of figures.

use super::*;
use crate::figure::{BarChart, MatrixPlot, PanelGrid, Shade};

#[test]
fn csv_has_a_row_a_number() {
    let lines = LinePlot::new(Axis::linear("step"), Axis::log("loss")).series("a", vec![(0.0, 1.0), (1.0, 0.5)]);
    let bars = BarChart::new(Axis::log("error"), ["x", "y"]).ours("us", vec![Some(1.0), None]);
    let matrix = MatrixPlot {
        title: "m".into(),
        labels: vec!["a".into(), "b".into()],
        values: vec![1.0, 0.0, 0.0, 1.0],
        shade: Shade::Signed { limit: 1.0 },
    };
    let points = ScatterPlot::new(Axis::linear("x"), Axis::linear("y")).group("a", vec![(0.0, 1.0)]);
    for (kind, rows) in [(Kind::from(lines), 2), (bars.into(), 2), (vec![matrix].into(), 4), (points.into(), 1)] {
        let csv = to_csv(&Figure::new("f", "F", kind)).expect("CSV").expect("numbers");
        assert_eq!(csv::Reader::from_reader(csv.as_slice()).records().count(), rows);
    }
    assert_eq!(to_csv(&Figure::new("f", "F", PanelGrid::default())).expect("CSV"), None);
}
