//! Groups of points in the plane.

use plotters::prelude::*;

use super::axis::{Ends, Ruler};
use super::canvas::{self, SERIES, SIZE};
use super::drawing::{Drawing, Key};
use crate::failure::Failure;
use crate::figure::ScatterPlot;

/// More points than this together are thinned evenly: every report carries them.
const MOST_POINTS: usize = 3000;

pub(super) fn draw(plot: &ScatterPlot) -> Result<Drawing, Failure> {
    let points = || plot.groups.iter().flat_map(|group| &group.points);
    let x = Ruler::over(plot.x.scale, Ends::Round, points().map(|point| point.0));
    let y = Ruler::over(plot.y.scale, Ends::Round, points().map(|point| point.1));
    let step = points().count().div_ceil(MOST_POINTS).max(1);
    let coloured = || plot.groups.iter().zip(SERIES.iter().cycle());
    let svg = canvas::drawing(SIZE, &format!("{} against {}", plot.y.label, plot.x.label), |area| {
        let mut chart = canvas::frame(area, (&plot.x.label, &x), (&plot.y.label, &y))?;
        for (group, colour) in coloured() {
            let placed = group.points.iter().step_by(step).filter_map(|&(a, b)| x.place(a).zip(y.place(b)));
            let dots = placed.map(|place| Circle::new(place, 2, colour.filled()));
            chart.draw_series(dots).map_err(canvas::failed)?;
        }
        Ok(())
    })?;
    let legend = coloured().map(|(group, colour)| Key { label: group.label.clone(), colour: canvas::name(colour) });
    Ok(Drawing { svg: vec![svg], legend: legend.collect() })
}
