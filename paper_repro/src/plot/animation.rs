//! Curves that move: one SVG whose frames show themselves in turn (SMIL), without any script.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{Ends, Ruler};
use super::canvas::{self, INK, SERIES, SIZE};
use super::drawing::{Drawing, Key};
use crate::failure::Failure;
use crate::figure::{Animation, Frame};

pub(super) fn draw(animation: &Animation) -> Result<Drawing, Failure> {
    let points = || animation.frames.iter().flat_map(|frame| frame.curves.iter().flatten());
    let x = Ruler::over(animation.x.scale, Ends::Tight, points().map(|point| point.0));
    let y = Ruler::over(animation.y.scale, Ends::Round, points().map(|point| point.1));
    let title = format!("{} over {}, moving", animation.y.label, animation.x.label);
    let mut svg = canvas::drawing(SIZE, &title, |area| {
        canvas::frame(area, (&animation.x.label, &x), (&animation.y.label, &y)).map(|_| ())
    })?;
    let Some(end) = svg.rfind("</svg>") else { return Ok(Drawing::default()) };
    svg.truncate(end);
    let count = animation.frames.len().max(1);
    for (index, Frame { words, curves }) in animation.frames.iter().enumerate() {
        let frame = canvas::drawing(SIZE, "", |area| {
            let mut chart = canvas::bare(area, &x, &y)?;
            for (curve, colour) in curves.iter().zip(SERIES.iter().cycle()) {
                let placed = curve.iter().filter_map(|&(a, b)| x.place(a).zip(y.place(b)));
                chart.draw_series(LineSeries::new(placed, colour.stroke_width(2))).map_err(canvas::failed)?;
            }
            let style = canvas::text(14.0, INK).pos(Pos::new(HPos::Right, VPos::Top));
            chart.draw_series([Text::new(words.clone(), (0.98, 0.97), style)]).map_err(canvas::failed)?;
            Ok(())
        })?;
        let body = frame.find('>').map_or("", |start| &frame[start + 1..]);
        let body = body.strip_suffix("</svg>").unwrap_or(body);
        // Where nothing moves, on paper say, the first frame is seen.
        let shown = if index == 0 { "visible" } else { "hidden" };
        let place = |index: usize| index as f64 / count as f64;
        let mut keys = vec![(place(index), "visible")];
        if index > 0 {
            keys.insert(0, (0.0, "hidden"));
        }
        if index + 1 < count {
            keys.push((place(index + 1), "hidden"));
        }
        let times = keys.iter().map(|(time, _)| format!("{time:.5}")).collect::<Vec<_>>().join(";");
        let values = keys.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(";");
        svg += &format!(
            r#"<g visibility="{shown}"><animate attributeName="visibility" calcMode="discrete" dur="{:.1}s" repeatCount="indefinite" keyTimes="{times}" values="{values}"/>{body}</g>"#,
            animation.seconds.max(0.1)
        );
    }
    svg += "</svg>";
    let legend = animation.labels.iter().zip(SERIES.iter().cycle());
    let legend = legend.map(|(label, colour)| Key { label: label.clone(), colour: canvas::name(colour) });
    Ok(Drawing { svg: vec![svg], legend: legend.collect() })
}
