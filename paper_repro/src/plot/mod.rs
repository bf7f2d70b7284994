//! Figures as SVG that needs no fonts of the system and follows the page's theme.
//!
//! Everything is drawn in the colours of a light page. On the report, rules of the style sheet that
//! match these very colours exchange them for the theme's; elsewhere the SVG is right as it is.

mod animation;
mod axis;
mod bars;
mod canvas;
mod drawing;
mod lines;
mod map;
mod matrix;
mod scatter;

use crate::failure::Failure;
use crate::figure::Kind;
pub use drawing::{Drawing, Key};

/// Draws a figure; panels are no drawing but a table of pictures, which the page sets itself.
///
/// # Errors
/// The drawing library or the PNG encoder refused.
pub fn draw(kind: &Kind) -> Result<Drawing, Failure> {
    match kind {
        Kind::Lines(plot) => lines::draw(plot),
        Kind::Bars(chart) => bars::draw(chart),
        Kind::Matrices(plots) => {
            let svg = plots.iter().map(matrix::draw).collect::<Result<_, _>>()?;
            Ok(Drawing { svg, legend: Vec::new() })
        }
        Kind::Map(map) => Ok(Drawing { svg: vec![map::draw(map)?], legend: Vec::new() }),
        Kind::Panels(_) => Ok(Drawing::default()),
        Kind::Animation(animation) => animation::draw(animation),
        Kind::Scatter(plot) => scatter::draw(plot),
    }
}

/// Every colour a drawing may use, as the style sheet must know them.
pub fn colours() -> Vec<String> {
    canvas::colours()
}

#[cfg(test)]
mod tests;
