//! A square matrix as coloured cells with a colour bar.

use super::canvas::{self, FAINT, INK};
use crate::colour::{ColourMap, Theme, hex};
use crate::failure::Failure;
use crate::figure::{Field, MatrixPlot, Shade};
use crate::image;
use crate::number;

/// Up to here cells are rectangles that tell their value; beyond, the matrix is a picture.
const MOST_CELLS: usize = 32;
/// Up to here every row has room for its label.
const MOST_LABELS: usize = 18;

const SIDE: f64 = 300.0;
const LEFT: f64 = 62.0;
const TOP: f64 = 84.0;

pub(super) fn draw(plot: &MatrixPlot) -> Result<String, Failure> {
    let size = plot.labels.len();
    let field = Field::new(size, size, flipped(&plot.values, size))?;
    let cell = SIDE / size as f64;
    let mut svg = canvas::open(436, 396, &plot.title);
    svg += &canvas::label(LEFT + SIDE / 2.0, 18.0, "middle", 14.0, INK, &plot.title);
    if size <= MOST_CELLS {
        for (index, &value) in plot.values.iter().enumerate() {
            let (row, column) = (index / size, index % size);
            svg += &rectangle(plot, cell, row, column, value);
        }
    } else {
        let places = field.values().iter().map(|&value| plot.shade.place(value)).collect();
        let field = Field::new(size, size, places)?;
        let picture = match plot.shade {
            Shade::Signed { .. } => image::signed(&centred(&field)?, 1.0)?,
            Shade::Magnitude { .. } => image::sequential(&field, 0.0, 1.0)?,
        };
        svg += &canvas::picture(&picture, LEFT, TOP, SIDE, SIDE)
            .replace("<image ", r#"<image image-rendering="pixelated" "#);
    }
    svg += &canvas::outline(LEFT, TOP, SIDE, SIDE);
    if size <= MOST_LABELS {
        let font = (cell * 0.4).clamp(8.0, 12.0);
        for (index, label) in plot.labels.iter().enumerate() {
            let middle = (index as f64 + 0.5) * cell;
            svg += &canvas::label(LEFT - 6.0, TOP + middle + font * 0.36, "end", font, FAINT, label);
            let (x, y) = (LEFT + middle + font * 0.3, TOP - 7.0);
            let above = canvas::label(x, y, "start", font, FAINT, label);
            svg += &above.replacen("<text ", &format!(r#"<text transform="rotate(-55 {x:.1} {y:.1})" "#), 1);
        }
    }
    svg += &colour_bar(plot.shade)?;
    Ok(svg + "</svg>")
}

fn rectangle(plot: &MatrixPlot, cell: f64, row: usize, column: usize, value: f64) -> String {
    let (x, y) = (LEFT + column as f64 * cell, TOP + row as f64 * cell);
    let words = format!("{}, {}: {}", plot.labels[row], plot.labels[column], number::compact(value));
    let place = plot.shade.place(value);
    let one = |class: &str, theme| {
        let colour = hex(plot.shade.map().colour(theme, place));
        format!(
            r#"<rect{class} x="{x:.2}" y="{y:.2}" width="{cell:.2}" height="{cell:.2}" fill="{colour}" shape-rendering="crispEdges"><title>{}</title></rect>"#,
            canvas::escape(&words)
        )
    };
    if plot.shade.map().follows_theme() {
        one(r#" class="only-light""#, Theme::Light) + &one(r#" class="only-dark" display="none""#, Theme::Dark)
    } else {
        one("", Theme::Light)
    }
}

fn colour_bar(shade: Shade) -> Result<String, Failure> {
    let (x, width) = (LEFT + SIDE + 14.0, 12.0);
    // The ramp is one pixel high; turned by a quarter it grows upward.
    let turned = format!(r#"<g transform="translate({x} {}) rotate(-90)">"#, TOP + SIDE);
    let mut svg = turned + &canvas::picture(&image::ramp(shade.map())?, 0.0, 0.0, SIDE, width) + "</g>";
    svg += &canvas::outline(x, TOP, width, SIDE);
    for (place, label) in shade.marks() {
        svg += &canvas::label(x + width + 5.0, TOP + SIDE * (1.0 - place) + 4.0, "start", 11.0, FAINT, &label);
    }
    Ok(svg)
}

/// A field's first row is its bottom one, a matrix's is its top one.
fn flipped(values: &[f64], size: usize) -> Vec<f64> {
    values.chunks(size.max(1)).rev().flatten().copied().collect()
}

fn centred(field: &Field) -> Result<Field, Failure> {
    Field::new(field.columns(), field.rows(), field.values().iter().map(|place| 2.0 * place - 1.0).collect())
}

impl Shade {
    fn map(self) -> ColourMap {
        match self {
            Shade::Signed { .. } => ColourMap::Diverging,
            Shade::Magnitude { .. } => ColourMap::Sequential,
        }
    }

    /// The place of a value along the colours.
    fn place(self, value: f64) -> f64 {
        match self {
            Shade::Signed { limit } if limit > 0.0 => 0.5 + 0.5 * value / limit,
            Shade::Signed { .. } => 0.5,
            Shade::Magnitude { floor } if value == 0.0 || floor <= 0.0 || floor >= 1.0 => 0.0,
            Shade::Magnitude { floor } => 1.0 - value.abs().log10() / floor.log10(),
        }
    }

    fn marks(self) -> Vec<(f64, String)> {
        match self {
            Shade::Signed { limit } => [(0.0, -limit), (0.5, 0.0), (1.0, limit)]
                .map(|(place, value)| (place, number::typeset(&number::compact(value))))
                .to_vec(),
            Shade::Magnitude { floor } if floor > 0.0 && floor < 1.0 => {
                let decades = (-floor.log10()).round().max(1.0);
                let step = (decades / 4.0).ceil();
                let count = (decades / step) as i32;
                (0..=count)
                    .map(|k| f64::from(k) * step)
                    .map(|power| (1.0 - power / decades, number::power_of_ten(&format!("{:.0}", -power))))
                    .map(|(place, label)| {
                        (place, if place == 1.0 { "1".to_string() } else { label.replace("⁻⁰", "⁰") })
                    })
                    .collect()
            }
            Shade::Magnitude { .. } => Vec::new(),
        }
    }
}
