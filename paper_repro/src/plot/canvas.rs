//! What all drawings share: colours, the frame with its ticks, and small pieces of SVG.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::axis::Ruler;
use crate::colour::hex;
use crate::failure::Failure;
use crate::image::Picture;

pub(super) const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x27);
pub(super) const FAINT: RGBColor = RGBColor(0x6B, 0x72, 0x80);
pub(super) const GRID: RGBColor = RGBColor(0xE6, 0xE8, 0xEC);
/// Ours: blue, orange, green, violet, red, teal, brown, pink; then from the start.
pub(super) const SERIES: [RGBColor; 8] = [
    RGBColor(0x25, 0x63, 0xEB),
    RGBColor(0xE0, 0x7A, 0x10),
    RGBColor(0x0F, 0x9D, 0x6E),
    RGBColor(0x9D, 0x3B, 0xE3),
    RGBColor(0xDC, 0x26, 0x3E),
    RGBColor(0x0A, 0x8F, 0xA8),
    RGBColor(0x8B, 0x5E, 0x34),
    RGBColor(0xDB, 0x27, 0x9B),
];
/// Published by others: greys.
pub(super) const PUBLISHED: [RGBColor; 4] =
    [RGBColor(0xC3, 0xC8, 0xD1), RGBColor(0xA3, 0xAA, 0xB7), RGBColor(0x84, 0x8D, 0x9C), RGBColor(0x66, 0x70, 0x81)];

/// Size of plots with two axes.
pub(super) const SIZE: (u32, u32) = (560, 350);

pub(super) fn colours() -> Vec<String> {
    [INK, FAINT, GRID].iter().chain(&SERIES).chain(&PUBLISHED).map(name).collect()
}

pub(super) fn name(&RGBColor(red, green, blue): &RGBColor) -> String {
    hex([red, green, blue])
}

/// Text of plotters' own notion of size: it draws `font-size` smaller by 1.24.
pub(super) fn text(size: f64, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size * 1.24).into_font().color(&colour)
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ruler, Ruler>>;

/// To plotters every axis is the unit interval; ticks and their words are the ruler's own.
impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (first, last): (i32, i32)) -> i32 {
        // Pixels: a few hundred, so nothing is lost.
        first + (place * f64::from(last - first)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.place).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..1.0
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format_ext(&self, place: &f64) -> String {
        self.label_at(*place)
    }
}

/// Any complaint of plotters as a [`Failure`].
pub(super) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Other(format!("cannot draw a figure: {error}"))
}

/// A frame with grid lines, ticks and labels over the unit square, into which both rulers measure.
pub(super) fn frame<'a, 'b>(
    area: &'a Area<'b>,
    (x_label, x): (&str, &Ruler),
    (y_label, y): (&str, &Ruler),
) -> Result<Chart<'a, 'b>, Failure> {
    let mut chart = bare(area, x, y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(FAINT)
        .label_style(text(13.5, FAINT))
        .axis_desc_style(text(14.0, INK))
        .x_desc(x_label)
        .draw()
        .map_err(failed)?;
    // A label that lies flat above the axis is read more easily than one that stands beside it.
    area.draw(&Text::new(y_label.to_string(), (8, 8), text(14.0, INK))).map_err(failed)?;
    Ok(chart)
}

/// The same unit square without anything drawn.
pub(super) fn bare<'a, 'b>(area: &'a Area<'b>, x: &Ruler, y: &Ruler) -> Result<Chart<'a, 'b>, Failure> {
    ChartBuilder::on(area)
        .margin_top(34)
        .margin_right(22)
        .x_label_area_size(52)
        .y_label_area_size(66)
        .build_cartesian_2d(x.clone(), y.clone())
        .map_err(failed)
}

/// Draws into a new SVG of that size; what comes out scales with the page.
pub(super) fn drawing(
    (width, height): (u32, u32),
    label: &str,
    draw: impl FnOnce(&Area) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        draw(&area)?;
        area.present().map_err(failed)?;
    }
    let body = text.find('>').map_or("", |end| &text[end + 1..]);
    Ok(open(width, height, label) + body.trim_end())
}

/// The opening tag of a drawing that scales with the page.
pub(super) fn open(width: u32, height: u32, label: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{}">"#,
        escape(label)
    )
}

/// Text at a place; `anchor` is `start`, `middle` or `end`.
pub(super) fn label(x: f64, y: f64, anchor: &str, size: f64, colour: RGBColor, text: &str) -> String {
    format!(
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-family="sans-serif" font-size="{size}" fill="{}">{}</text>"#,
        name(&colour),
        escape(text)
    )
}

/// An empty rectangle.
pub(super) fn outline(x: f64, y: f64, width: f64, height: f64) -> String {
    format!(
        r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="none" stroke="{}"/>"#,
        name(&FAINT)
    )
}

/// A picture stretched over a rectangle, once for each theme.
pub(super) fn picture(picture: &Picture, x: f64, y: f64, width: f64, height: f64) -> String {
    let image = |class: &str, address: &str| {
        format!(
            r#"<image class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" preserveAspectRatio="none" href="{address}"/>"#
        )
    };
    match &picture.dark {
        None => image("", &picture.light),
        // An SVG on its own has no style sheet to hide the one for dark pages.
        Some(dark) => {
            image("only-light", &picture.light)
                + &image("only-dark", dark).replacen("<image ", r#"<image display="none" "#, 1)
        }
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
