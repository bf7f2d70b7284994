//! One function of two variables, with axes and a colour bar.

use super::axis::{Ends, Ruler};
use super::canvas::{self, FAINT, INK};
use crate::colour::ColourMap;
use crate::failure::Failure;
use crate::figure::{HeatMap, Scale};
use crate::image;
use crate::number;

const LEFT: f64 = 62.0;
const TOP: f64 = 34.0;
const WIDTH: f64 = 390.0;
/// Room beyond the colour bar for words such as −9.8 × 10⁻⁷.
const RIGHT: f64 = 118.0;

pub(super) fn draw(map: &HeatMap) -> Result<String, Failure> {
    let field = &map.field;
    let shape = ((map.y.1 - map.y.0) / (map.x.1 - map.x.0)).abs();
    let height = WIDTH * if shape.is_finite() { shape.clamp(0.3, 1.0) } else { 1.0 };
    let (low, high) = if map.signed { (-field.largest(), field.largest()) } else { range(field.values()) };
    let picture = if map.signed { image::signed(field, high)? } else { image::sequential(field, low, high)? };
    let label = format!("{} over {} and {}", map.value_label, map.x_label, map.y_label);
    let mut svg = canvas::open((LEFT + WIDTH + RIGHT) as u32, (TOP + height + 52.0) as u32, &label);
    svg += &canvas::picture(&picture, LEFT, TOP, WIDTH, height);
    svg += &canvas::outline(LEFT, TOP, WIDTH, height);
    let bottom = TOP + height;
    for tick in Ruler::over(Scale::Linear, Ends::Tight, [map.x.0, map.x.1]).ticks {
        svg += &canvas::label(LEFT + tick.place * WIDTH, bottom + 18.0, "middle", 12.5, FAINT, &tick.label);
    }
    for tick in Ruler::over(Scale::Linear, Ends::Tight, [map.y.0, map.y.1]).ticks {
        svg += &canvas::label(LEFT - 8.0, bottom - tick.place * height + 4.0, "end", 12.5, FAINT, &tick.label);
    }
    svg += &canvas::label(LEFT + WIDTH / 2.0, bottom + 42.0, "middle", 13.5, INK, &map.x_label);
    svg += &canvas::label(8.0, 18.0, "start", 13.5, INK, &map.y_label);
    let (x, width) = (LEFT + WIDTH + 18.0, 14.0);
    let ramp = image::ramp(if map.signed { ColourMap::Diverging } else { ColourMap::Sequential })?;
    svg += &format!(r#"<g transform="translate({x} {bottom}) rotate(-90)">"#);
    svg += &(canvas::picture(&ramp, 0.0, 0.0, height, width) + "</g>");
    svg += &canvas::outline(x, TOP, width, height);
    for place in [0.0, 0.5, 1.0] {
        let value = low + place * (high - low);
        let words = if value == 0.0 { "0".to_string() } else { number::typeset(&number::brief(value)) };
        svg += &canvas::label(x + width + 6.0, bottom - place * height + 4.0, "start", 12.0, FAINT, &words);
    }
    svg += &canvas::label(x, 18.0, "start", 13.5, INK, &map.value_label);
    Ok(svg + "</svg>")
}

fn range(values: &[f64]) -> (f64, f64) {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    if low <= high { (low, high) } else { (0.0, 0.0) }
}
