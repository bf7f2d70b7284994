//! Colours: maps from numbers, interpolated in Oklab (Ottosson, 2020) so that equal steps look equal.
//!
//! Each map is a short table of anchors; the 256 colours between them are computed.

/// Red, green and blue of sRGB.
pub type Rgb = [u8; 3];

/// The page a colour stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on a light page.
    Light,
    /// Light ink on a dark page.
    Dark,
}

/// A map from [0, 1] to colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourMap {
    /// Blue through the page's own colour to red: 0.5 is zero.
    Diverging,
    /// Dark violet to yellow (viridis: van der Walt and Smith, 2015).
    Sequential,
}

/// After ColorBrewer's RdBu (Brewer, 2002), reversed so that red is positive; white in the middle.
const DIVERGING_LIGHT: [u32; 9] =
    [0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xFFFFFF, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F];
/// The same hues on a dark page: the middle is the page, the ends are bright.
const DIVERGING_DARK: [u32; 9] =
    [0xD6EBFF, 0x7DBBF2, 0x3C82C8, 0x20466F, 0x15181E, 0x6B2A2B, 0xC14E42, 0xF4957A, 0xFFE3D6];
const VIRIDIS: [u32; 9] = [0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725];

impl ColourMap {
    /// The colour of `value`, which is clamped to [0, 1]; NaN is grey.
    pub fn colour(self, theme: Theme, value: f64) -> Rgb {
        if value.is_nan() {
            return [128, 128, 128];
        }
        let anchors = match (self, theme) {
            (ColourMap::Diverging, Theme::Light) => &DIVERGING_LIGHT,
            (ColourMap::Diverging, Theme::Dark) => &DIVERGING_DARK,
            (ColourMap::Sequential, _) => &VIRIDIS,
        };
        let position = value.clamp(0.0, 1.0) * (anchors.len() - 1) as f64;
        let index = (position as usize).min(anchors.len() - 2);
        let weight = position - index as f64;
        let [low, high] = [anchors[index], anchors[index + 1]].map(|anchor| to_oklab(unpack(anchor)));
        from_oklab(std::array::from_fn(|i| low[i] + weight * (high[i] - low[i])))
    }

    /// 256 colours from one end to the other.
    pub fn palette(self, theme: Theme) -> [Rgb; 256] {
        std::array::from_fn(|index| self.colour(theme, index as f64 / 255.0))
    }

    /// Whether the map differs between light and dark pages.
    pub fn follows_theme(self) -> bool {
        self == ColourMap::Diverging
    }
}

/// `#RRGGBB`.
pub fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn unpack(colour: u32) -> Rgb {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

fn to_oklab(colour: Rgb) -> [f64; 3] {
    let [r, g, b] = colour.map(|byte| {
        let value = f64::from(byte) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

fn from_oklab([lightness, a, b]: [f64; 3]) -> Rgb {
    let l = (lightness + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let m = (lightness - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let s = (lightness - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
    .map(|value| {
        let value = if value <= 0.0031308 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        // Clamped to the range of a byte just before.
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(map: ColourMap, theme: Theme) -> Vec<f64> {
        map.palette(theme).map(|colour| to_oklab(colour)[0]).to_vec()
    }

    #[test]
    fn oklab_and_back_is_the_identity() {
        for colour in [[0, 0, 0], [255, 255, 255], [1, 128, 254], [200, 3, 77]] {
            assert_eq!(from_oklab(to_oklab(colour)), colour);
        }
        assert!((to_oklab([255, 255, 255])[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn lightness_never_turns_back_on_the_way() {
        let rises = |values: &[f64]| values.windows(2).all(|pair| pair[1] >= pair[0] - 2e-3);
        let falls = |values: &[f64]| values.windows(2).all(|pair| pair[1] <= pair[0] + 2e-3);
        let light = lightness(ColourMap::Diverging, Theme::Light);
        assert!(rises(&light[..128]) && falls(&light[128..]));
        let dark = lightness(ColourMap::Diverging, Theme::Dark);
        assert!(falls(&dark[..128]) && rises(&dark[128..]));
        assert!(rises(&lightness(ColourMap::Sequential, Theme::Light)));
    }

    #[test]
    fn the_two_signs_are_equally_strong() {
        for theme in [Theme::Light, Theme::Dark] {
            let values = lightness(ColourMap::Diverging, theme);
            for index in 0..128 {
                let difference = values[index] - values[255 - index];
                assert!(difference.abs() < 0.06, "{theme:?} {index}: {difference}");
            }
        }
    }

    #[test]
    fn whatever_the_number_there_is_a_colour() {
        for value in [f64::NEG_INFINITY, -1.0, 2.0, f64::INFINITY] {
            let end = if value < 0.5 { 0.0 } else { 1.0 };
            let map = ColourMap::Sequential;
            assert_eq!(map.colour(Theme::Light, value), map.colour(Theme::Light, end));
        }
        assert_eq!(ColourMap::Diverging.colour(Theme::Light, f64::NAN), [128; 3]);
        assert_eq!(ColourMap::Diverging.colour(Theme::Light, 0.5), [255; 3]);
        assert_eq!(hex([0, 10, 255]), "#000AFF");
    }
}
