//! Fields as small PNG pictures inside `data:` addresses: one byte a pixel, whatever the page's theme.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::colour::{ColourMap, Theme};
use crate::failure::Failure;
use crate::figure::Field;

/// Addresses of one picture, one for each theme. They are equal if the colours do not follow the theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// For a light page.
    pub light: String,
    /// For a dark page, if it differs.
    pub dark: Option<String>,
}

/// A signed field: 0 is the page's own colour, ±`limit` are the ends of the colours.
///
/// # Errors
/// The PNG encoder refused; only a picture wider than 2³¹ brings it to that.
pub fn signed(field: &Field, limit: f64) -> Result<Picture, Failure> {
    let half = if limit > 0.0 { 0.5 / limit } else { 0.0 };
    picture(field, ColourMap::Diverging, |value| 0.5 + half * value)
}

/// A field from `low` to `high`.
///
/// # Errors
/// As [`signed`].
pub fn sequential(field: &Field, low: f64, high: f64) -> Result<Picture, Failure> {
    let scale = if high > low { 1.0 / (high - low) } else { 0.0 };
    picture(field, ColourMap::Sequential, |value| (value - low) * scale)
}

/// The colours of a map from one end to the other, one pixel high: a colour bar once stretched.
///
/// # Errors
/// As [`signed`].
pub fn ramp(map: ColourMap) -> Result<Picture, Failure> {
    let values = (0..256).map(|index| f64::from(index) / 255.0).collect();
    picture(&Field::new(256, 1, values)?, map, |value| value)
}

fn picture(field: &Field, map: ColourMap, position: impl Fn(f64) -> f64) -> Result<Picture, Failure> {
    let pixels: Vec<u8> = field
        .values()
        .chunks(field.columns())
        .rev() // a picture's first row is the top one
        .flatten()
        // A NaN becomes the middle: the picture cannot tell it, the metrics do.
        .map(|&value| if value.is_nan() { 128 } else { (position(value).clamp(0.0, 1.0) * 255.0).round() as u8 })
        .collect();
    let address = |theme| encode(field, &pixels, map, theme).map(|png| address_of(&png));
    Ok(Picture {
        light: address(Theme::Light)?,
        dark: if map.follows_theme() { Some(address(Theme::Dark)?) } else { None },
    })
}

fn encode(field: &Field, pixels: &[u8], map: ColourMap, theme: Theme) -> Result<Vec<u8>, Failure> {
    let too_large = |_| Failure::Other("a picture is too large for PNG".to_string());
    let width = u32::try_from(field.columns()).map_err(too_large)?;
    let height = u32::try_from(field.rows()).map_err(too_large)?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(map.palette(theme).concat());
    // Neighbours of a smooth function differ by little, so the differences are what packs well.
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::Paeth);
    let failed = |error: png::EncodingError| Failure::Other(format!("cannot make a picture: {error}"));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn address_of(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(address: &str) -> (u32, u32, Vec<u8>) {
        let data = address.strip_prefix("data:image/png;base64,").expect("a PNG address");
        let bytes = STANDARD.decode(data).expect("base64");
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a sane size")];
        let info = reader.next_frame(&mut pixels).expect("a frame");
        pixels.truncate(info.buffer_size());
        (info.width, info.height, pixels)
    }

    #[test]
    fn the_bottom_row_of_a_field_is_the_bottom_of_the_picture() {
        let field = Field::new(1, 2, vec![-1.0, 1.0]).expect("two values");
        let picture = signed(&field, 1.0).expect("a picture");
        let (width, height, pixels) = decode(&picture.light);
        assert_eq!((width, height), (1, 2));
        let map = ColourMap::Diverging;
        let expected = [map.colour(Theme::Light, 1.0), map.colour(Theme::Light, 0.0)].concat();
        assert_eq!(pixels[..], expected[..]);
    }

    #[test]
    fn dark_pages_have_a_picture_of_their_own_where_the_sign_matters() {
        let field = Field::new(2, 2, vec![0.0, 1.0, 2.0, 3.0]).expect("four values");
        let picture = signed(&field, 3.0).expect("a picture");
        assert!(picture.dark.is_some_and(|dark| dark != picture.light));
        assert_eq!(sequential(&field, 0.0, 3.0).expect("a picture").dark, None);
    }

    #[test]
    fn a_smooth_panel_is_small() {
        let at = |index: usize| (index as f64 - 47.5) / 16.0;
        let values = (0..96 * 96).map(|i| at(i % 96) * (-at(i % 96).hypot(at(i / 96))).exp()).collect();
        let field = Field::new(96, 96, values).expect("a square");
        let picture = signed(&field, field.largest()).expect("a picture");
        assert!(picture.light.len() < 12_000, "{}", picture.light.len());
    }

    #[test]
    fn hostile_values_still_make_a_picture() {
        let field = Field::new(3, 1, vec![f64::NAN, f64::INFINITY, -f64::MAX]).expect("three values");
        for picture in
            [signed(&field, 0.0), signed(&field, f64::NAN), sequential(&field, 1.0, 1.0), ramp(ColourMap::Sequential)]
        {
            let (_, _, pixels) = decode(&picture.expect("a picture").light);
            assert!(!pixels.is_empty());
        }
    }
}
