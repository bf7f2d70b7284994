//! Curves over a common axis.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{Ends, Ruler};
use super::canvas::{self, FAINT, SERIES, SIZE};
use super::drawing::{Drawing, Key};
use crate::failure::Failure;
use crate::figure::LinePlot;

/// More points than this a curve are thinned: no eye tells them apart, and every report carries them.
const MOST_POINTS: usize = 1200;

pub(super) fn draw(plot: &LinePlot) -> Result<Drawing, Failure> {
    let points = || plot.series.iter().flat_map(|series| &series.points);
    let levels = plot.levels.iter().map(|level| level.value);
    let x = Ruler::over(plot.x.scale, Ends::Tight, points().map(|point| point.0));
    let y = Ruler::over(plot.y.scale, Ends::Round, points().map(|point| point.1).chain(levels));
    let svg = canvas::drawing(SIZE, &format!("{} over {}", plot.y.label, plot.x.label), |area| {
        let mut chart = canvas::frame(area, (&plot.x.label, &x), (&plot.y.label, &y))?;
        for level in &plot.levels {
            let Some(height) = y.place(level.value) else { continue };
            let ends = [(0.0, height), (1.0, height)];
            chart.draw_series(DashedLineSeries::new(ends, 5, 4, FAINT.into())).map_err(canvas::failed)?;
            let below = height > 0.95;
            let style =
                canvas::text(12.0, FAINT).pos(Pos::new(HPos::Right, if below { VPos::Top } else { VPos::Bottom }));
            let place = (0.995, height + if below { -0.01 } else { 0.01 });
            chart.draw_series([Text::new(level.label.clone(), place, style)]).map_err(canvas::failed)?;
        }
        for (series, colour) in plot.series.iter().zip(SERIES.iter().cycle()) {
            let placed = series.points.iter().map(|&(a, b)| x.place(a).zip(y.place(b))).collect::<Vec<_>>();
            // A gap in the data is a gap in the curve.
            for run in placed.split(Option::is_none).filter(|run| !run.is_empty()) {
                let run = thinned(run.iter().flatten().copied().collect());
                if let [single] = run[..] {
                    chart.draw_series([Circle::new(single, 2, colour.filled())]).map_err(canvas::failed)?;
                } else {
                    chart.draw_series(LineSeries::new(run, colour.stroke_width(2))).map_err(canvas::failed)?;
                }
            }
        }
        Ok(())
    })?;
    let legend = plot.series.iter().zip(SERIES.iter().cycle());
    let legend = legend.map(|(series, colour)| Key { label: series.label.clone(), colour: canvas::name(colour) });
    Ok(Drawing { svg: vec![svg], legend: legend.collect() })
}

/// At most [`MOST_POINTS`] points with the same outline: lowest and highest of every bucket.
fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let bucket = points.len().div_ceil(MOST_POINTS / 2);
    let kept = points.chunks(bucket).flat_map(|chunk| {
        let height = |&index: &usize| chunk[index].1;
        let by_height = |a: &usize, b: &usize| height(a).total_cmp(&height(b));
        let lowest = (0..chunk.len()).min_by(by_height).unwrap_or(0);
        let highest = (0..chunk.len()).max_by(by_height).unwrap_or(0);
        let (first, second) = (lowest.min(highest), lowest.max(highest));
        std::iter::once(chunk[first]).chain((second != first).then(|| chunk[second]))
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_few_points_and_every_extreme() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        points[77_777].1 = 99.0;
        points[33_333].1 = -99.0;
        let thin = thinned(points.clone());
        assert!(thin.len() <= MOST_POINTS);
        assert!(thin.contains(&points[77_777]) && thin.contains(&points[33_333]));
        assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(thinned(points[..9].to_vec()), points[..9]);
    }
}
