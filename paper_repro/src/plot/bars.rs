//! Groups of bars: ours in colours, published values in greys.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{Ends, Ruler};
use super::canvas::{self, FAINT, INK, PUBLISHED, SERIES, SIZE};
use super::drawing::{Drawing, Key};
use crate::failure::Failure;
use crate::figure::{BarChart, Scale};
use crate::number;

/// Room that a group leaves free on both sides together, and a bar on its right.
const GROUP_GAP: f64 = 0.24;
const BAR_GAP: f64 = 0.08;
/// Width of a letter below a group, of the words as they are set.
const LETTER: u32 = 8;
/// More bars than this have no room for their values.
const MOST_VALUES: usize = 14;

pub(super) fn draw(chart: &BarChart) -> Result<Drawing, Failure> {
    let values = || chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    // Bars of a linear chart stand on zero; those of a logarithmic one on a decade below the least.
    let base = match chart.y.scale {
        Scale::Linear => Some(0.0),
        Scale::Log => values().filter(|value| *value > 0.0).min_by(f64::total_cmp).map(|least| least / 1.5),
    };
    let y = Ruler::over(chart.y.scale, Ends::Round, values().chain(base));
    let x = Ruler::over_words(&chart.groups);
    let floor = if chart.y.scale == Scale::Linear { y.place(0.0) } else { None }.unwrap_or(0.0);
    let colours = colours(chart);
    let (groups, series) = (chart.groups.len().max(1) as f64, chart.series.len().max(1) as f64);
    let width = (1.0 - GROUP_GAP) / series / groups;
    // Words of neighbours must not meet.
    let longest = chart.groups.iter().map(|group| group.chars().count()).max().unwrap_or(0) as u32;
    let size = (SIZE.0.max(60 + LETTER * longest * chart.groups.len() as u32), SIZE.1);
    let svg = canvas::drawing(size, &format!("{} by group", chart.y.label), |area| {
        let mut frame = canvas::frame(area, ("", &x), (&chart.y.label, &y))?;
        for (index, (series, colour)) in chart.series.iter().zip(&colours).enumerate() {
            for (group, value) in series.values.iter().take(chart.groups.len()).enumerate() {
                let Some((value, top)) = value.and_then(|value| Some((value, y.place(value)?))) else { continue };
                let left = (group as f64 + GROUP_GAP / 2.0) / groups + index as f64 * width;
                let right = left + width * (1.0 - BAR_GAP);
                let bar = Rectangle::new([(left, floor), (right, top)], colour.filled());
                frame.draw_series([bar]).map_err(canvas::failed)?;
                if values().count() <= MOST_VALUES {
                    let words = number::typeset(&number::brief(value)).replace(" × ", "×");
                    let ink = if series.published { FAINT } else { INK };
                    let style = canvas::text(11.5, ink).pos(Pos::new(HPos::Center, VPos::Bottom));
                    let place = (0.5 * (left + right), top.max(floor) + 0.012);
                    frame.draw_series([Text::new(words, place, style)]).map_err(canvas::failed)?;
                }
            }
        }
        Ok(())
    })?;
    let legend = chart.series.iter().zip(&colours);
    let legend = legend.map(|(series, colour)| Key { label: series.label.clone(), colour: canvas::name(colour) });
    Ok(Drawing { svg: vec![svg], legend: legend.collect() })
}

fn colours(chart: &BarChart) -> Vec<RGBColor> {
    let (mut ours, mut published) = (SERIES.iter().cycle(), PUBLISHED.iter().cycle());
    let next = |series: &crate::figure::BarSeries| if series.published { published.next() } else { ours.next() };
    // Both cycles are endless.
    chart.series.iter().map(next).map(|colour| colour.copied().unwrap_or(INK)).collect()
}
