//! Where values lie along an axis, and which of them get a tick.

use crate::figure::Scale;
use crate::number;

/// A tick: its place in [0, 1] and its words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub place: f64,
    pub label: String,
}

/// Measures values into [0, 1].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruler {
    scale: Scale,
    /// Ends, as logarithms on a logarithmic scale.
    low: f64,
    high: f64,
    pub ticks: Vec<Tick>,
}

/// What lies beyond an end by less than this part of a step is drawn on the end.
const OVERLAP: f64 = 2e-3;

/// Whether the ends of a ruler are the data's or the nearest ticks beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Tight,
    Round,
}

impl Ruler {
    /// A ruler over all values that have a place on the scale. Without any it runs from 0 (or 1) to 1 (or 10).
    pub fn over(scale: Scale, ends: Ends, values: impl IntoIterator<Item = f64>) -> Self {
        let bounds = values
            .into_iter()
            .filter_map(|value| coordinate(scale, value))
            .fold(None, |bounds: Option<(f64, f64)>, x| Some(bounds.map_or((x, x), |(a, b)| (a.min(x), b.max(x)))));
        let (mut low, mut high) = bounds.unwrap_or((0.0, 1.0));
        // A range too small for its size cannot be told apart on paper, or in floating point.
        let least = match scale {
            Scale::Linear => (1e-9 * low.abs().max(high.abs())).max(f64::MIN_POSITIVE * 1e20),
            Scale::Log => 1e-3,
        };
        if high - low < least {
            let margin = match scale {
                Scale::Linear if low == 0.0 && high == 0.0 => 1.0,
                Scale::Linear => 0.1 * low.abs().max(high.abs()).max(least),
                Scale::Log => 0.25,
            };
            (low, high) = (low - margin, high + margin);
        }
        let step = match scale {
            Scale::Linear => nice_step((high - low) / 5.0),
            Scale::Log => ((high - low) / 6.0).ceil().max(1.0),
        };
        if ends == Ends::Round {
            let unit = if scale == Scale::Log { 1.0 } else { step };
            (low, high) = ((low / unit + OVERLAP).floor() * unit, (high / unit - OVERLAP).ceil() * unit);
        }
        let mut ruler = Ruler { scale, low, high, ticks: Vec::new() };
        ruler.ticks = ruler.ticks_every(step);
        ruler
    }

    /// A ruler over `count` equal places with a word in the middle of each.
    pub fn over_words(words: &[String]) -> Self {
        let count = words.len().max(1) as f64;
        let tick = |(index, word): (usize, &String)| Tick { place: (index as f64 + 0.5) / count, label: word.clone() };
        let ticks = words.iter().enumerate().map(tick).collect();
        Ruler { scale: Scale::Linear, low: 0.0, high: count, ticks }
    }

    fn ticks_every(&self, step: f64) -> Vec<Tick> {
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).clamp(-1.0, 20.0);
        let place = |x: f64| ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        let named = |x: f64| {
            // Without the rounding on the way to a logarithm and back.
            let value = number::scientific(10f64.powf(x), 1).parse().unwrap_or(10f64.powf(x));
            Tick { place: place(x), label: number::typeset(&number::given(value)) }
        };
        let tick = |index: usize| {
            let x = (first + index as f64) * step;
            let label = match self.scale {
                Scale::Linear => linear_label(x, step),
                Scale::Log => number::power_of_ten(&format!("{x:.0}")),
            };
            Tick { place: place(x), label }
        };
        let mut ticks: Vec<Tick> = (0..(count + 1.0) as usize).map(tick).collect();
        if self.scale == Scale::Log && ticks.len() < 2 {
            // Not even a decade: name what lies within it, or the ends.
            let within = (self.low.floor() as i32..=self.high.floor() as i32)
                .flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| (digit * 10f64.powi(decade)).log10()));
            ticks = within.filter(|x| (self.low - 1e-9..=self.high + 1e-9).contains(x)).map(named).collect();
            if ticks.len() < 2 {
                ticks = [self.low, self.high].map(named).to_vec();
            }
        }
        ticks
    }

    /// The place of a value, if the scale has one for it and it lies on the ruler.
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = (coordinate(self.scale, value)? - self.low) / (self.high - self.low);
        (-OVERLAP..=1.0 + OVERLAP).contains(&place).then(|| place.clamp(0.0, 1.0))
    }

    /// The words of the tick at a place.
    pub fn label_at(&self, place: f64) -> String {
        let near = |tick: &&Tick| (tick.place - place).abs() < 1e-9;
        self.ticks.iter().find(near).map_or(String::new(), |tick| tick.label.clone())
    }
}

fn coordinate(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        // Differences of what is left stay finite.
        Scale::Linear => value.is_finite().then(|| value.clamp(-1e300, 1e300)),
        Scale::Log => (value.is_finite() && value > 0.0).then(|| value.log10()),
    }
}

/// The least of 1, 2, 5 times a power of ten that is no less than `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let mantissa = rough / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| mantissa <= nice * (1.0 + 1e-9)).unwrap_or(10.0);
    nice * power
}

fn linear_label(value: f64, step: f64) -> String {
    let value = if value.abs() < 1e-9 * step { 0.0 } else { value };
    if value == 0.0 {
        "0".to_string()
    } else if value.abs() >= 1e7 || step < 1e-4 {
        number::typeset(&number::scientific(value, if step.abs() < 0.05 * value.abs() { 2 } else { 1 }))
    } else {
        let digits = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
        grouped(&format!("{value:.digits$}"))
    }
}

/// A true minus sign, and thin spaces between thousands from five digits on.
fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("−", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if whole.len() < 5 {
        return format!("{sign}{whole}{rest}");
    }
    let (head, tail) = whole.split_at(whole.len() - 3);
    let (million, head) = head.split_at(head.len().saturating_sub(3));
    let space = if million.is_empty() { "" } else { "\u{2009}" };
    format!("{sign}{million}{space}{head}\u{2009}{tail}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, ends: Ends, values: &[f64]) -> Vec<String> {
        let ruler = Ruler::over(scale, ends, values.iter().copied());
        ruler.ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(Scale::Linear, Ends::Tight, &[0.0, 1.0]), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(Scale::Linear, Ends::Round, &[-3.0, 47.0]), ["−10", "0", "10", "20", "30", "40", "50"]);
        assert_eq!(labels(Scale::Log, Ends::Round, &[2e-9, 0.5]), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        assert_eq!(labels(Scale::Log, Ends::Round, &[3.0]), ["10⁰", "10¹"]);
        assert_eq!(labels(Scale::Log, Ends::Tight, &[2.0, 64.0]), ["2", "5", "10", "20", "50"]);
        assert_eq!(labels(Scale::Log, Ends::Tight, &[3.0, 4.0]), ["3", "4"]);
        assert_eq!(labels(Scale::Linear, Ends::Tight, &[0.0, 5e5])[1], "100\u{2009}000");
        assert_eq!(grouped("-1234567.5"), "−1\u{2009}234\u{2009}567.5");
    }

    #[test]
    fn whatever_the_values_places_lie_in_the_unit_interval() {
        let hostile: [&[f64]; 9] = [
            &[],
            &[f64::NAN, f64::INFINITY],
            &[0.0],
            &[1.0, 1.0 + f64::EPSILON],
            &[f64::MAX, -f64::MAX],
            &[5e-324, f64::MIN_POSITIVE],
            &[-1.0, -2.0],
            &[1e-300, 1e300],
            &[1e16, 1e16 + 2.0],
        ];
        for values in hostile {
            for scale in [Scale::Linear, Scale::Log] {
                for ends in [Ends::Tight, Ends::Round] {
                    let ruler = Ruler::over(scale, ends, values.iter().copied());
                    assert!(ruler.high > ruler.low, "{values:?} {ruler:?}");
                    assert!(ruler.ticks.len() <= 21);
                    assert!(ruler.ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.place)), "{values:?} {ruler:?}");
                    for &value in values {
                        let placed = coordinate(scale, value).is_some();
                        assert_eq!(ruler.place(value).is_some(), placed, "{value} on {ruler:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_sit_in_the_middle_of_their_places() {
        let ruler = Ruler::over_words(&["a".to_string(), "b".to_string()]);
        assert_eq!(ruler.label_at(0.25), "a");
        assert_eq!(ruler.label_at(0.75), "b");
        assert_eq!(ruler.label_at(0.5), "");
    }
}
