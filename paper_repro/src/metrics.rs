//! The numbers an experiment is judged by, as `metrics.json` and `metrics.csv`.

use serde::Serialize;

use crate::failure::Failure;

/// One number, beside what was aimed at and what was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name, `snake_case`; parts are joined by dots.
    pub name: String,
    /// Our value. NaN and infinities become `null` in JSON.
    pub value: f64,
    /// What was aimed at.
    pub target: Option<Target>,
    /// The published value.
    pub published: Option<f64>,
    /// Where it was published.
    pub source: Option<String>,
}

/// A bound to stay on the right side of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The value is to be at most this.
    AtMost(f64),
    /// The value is to be at least this.
    AtLeast(f64),
}

impl Target {
    /// The bound itself.
    pub fn bound(self) -> f64 {
        match self {
            Target::AtMost(bound) | Target::AtLeast(bound) => bound,
        }
    }

    /// The sign between value and bound.
    pub fn sign(self) -> char {
        match self {
            Target::AtMost(_) => '≤',
            Target::AtLeast(_) => '≥',
        }
    }

    fn met_by(self, value: f64) -> bool {
        match self {
            Target::AtMost(bound) => value <= bound,
            Target::AtLeast(bound) => value >= bound,
        }
    }
}

impl Metric {
    /// A number with nothing beside it yet.
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Metric { name: name.into(), value, target: None, published: None, source: None }
    }

    /// Aims at no more than `bound`.
    #[must_use]
    pub fn at_most(mut self, bound: f64) -> Self {
        self.target = Some(Target::AtMost(bound));
        self
    }

    /// Aims at no less than `bound`.
    #[must_use]
    pub fn at_least(mut self, bound: f64) -> Self {
        self.target = Some(Target::AtLeast(bound));
        self
    }

    /// The published value and where it stands.
    #[must_use]
    pub fn published(mut self, value: f64, source: impl Into<String>) -> Self {
        self.published = Some(value);
        self.source = Some(source.into());
        self
    }

    /// Whether the target is met; `None` without a target. NaN meets none.
    pub fn meets_target(&self) -> Option<bool> {
        self.target.map(|target| target.met_by(self.value))
    }
}

#[derive(Serialize)]
struct Document<'a> {
    experiment: &'a str,
    seed: u64,
    seconds: Option<f64>,
    metrics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    value: Option<f64>,
    target: Option<f64>,
    published: Option<f64>,
    source: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(metric: &'a Metric) -> Self {
        Entry {
            name: &metric.name,
            value: finite(metric.value),
            target: metric.target.map(Target::bound).and_then(finite),
            published: metric.published.and_then(finite),
            source: metric.source.as_deref(),
        }
    }
}

/// JSON has no word for NaN or infinity.
fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

/// `metrics.json`.
///
/// # Errors
/// None in practice: every field has a JSON form.
pub fn to_json(experiment: &str, seed: u64, seconds: f64, metrics: &[Metric]) -> Result<String, Failure> {
    let metrics = metrics.iter().map(Entry::of).collect();
    serde_json::to_string_pretty(&Document { experiment, seed, seconds: finite(seconds), metrics })
        .map(|text| text + "\n")
        .map_err(|error| Failure::Other(format!("metrics.json: {error}")))
}

/// `metrics.csv`: the same columns; a value that is not finite is an empty field.
///
/// # Errors
/// None in practice: memory takes every field.
pub fn to_csv(metrics: &[Metric]) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Other(format!("metrics.csv: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for metric in metrics {
        writer.serialize(Entry::of(metric)).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(&error))
}

/// More than so many are no table that anybody reads.
const MOST_SHOWN: usize = 100;

/// Those with a target or a published value; all, if there are none.
pub fn headline(metrics: &[Metric]) -> Vec<Metric> {
    let is_headline = |metric: &&Metric| metric.target.is_some() || metric.published.is_some();
    let headline: Vec<Metric> = metrics.iter().filter(is_headline).cloned().collect();
    if headline.is_empty() { metrics.to_vec() } else { headline }
}

/// All, or the [`headline`] where they are too many to be read.
pub fn shown(metrics: &[Metric]) -> Vec<Metric> {
    if metrics.len() > MOST_SHOWN { headline(metrics) } else { metrics.to_vec() }
}

/// Sentences about metrics that a reader must not overlook: values that are no numbers, names given twice.
pub fn complaints(metrics: &[Metric]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, metric) in metrics.iter().enumerate() {
        if !metric.value.is_finite() {
            complaints.push(format!("{} is {}, written to metrics.json as null.", metric.name, metric.value));
        }
        if metrics[..index].iter().any(|earlier| earlier.name == metric.name) {
            complaints.push(format!("There is more than one metric named {}.", metric.name));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_exactly_the_documented_shape() {
        let metrics = [
            Metric::new("error", 1.5e-9).at_most(1e-6).published(0.019, "a \"quoted\" source"),
            Metric::new("bare", f64::NAN),
            Metric::new("steps_per_second", f64::INFINITY).at_least(2.0),
        ];
        let text = to_json("hydrogen", u64::MAX, 1.25, &metrics).expect("JSON");
        let value: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(
            value,
            serde_json::json!({
                "experiment": "hydrogen", "seed": u64::MAX, "seconds": 1.25,
                "metrics": [
                    {"name": "error", "value": 1.5e-9, "target": 1e-6, "published": 0.019, "source": "a \"quoted\" source"},
                    {"name": "bare", "value": null, "target": null, "published": null, "source": null},
                    {"name": "steps_per_second", "value": null, "target": 2.0, "published": null, "source": null},
                ]
            })
        );
    }

    #[test]
    fn values_survive_json_and_csv_to_the_last_bit() {
        for value in [0.1 + 0.2, f64::MIN_POSITIVE, 5e-324, -f64::MAX, 1.0 / 3.0] {
            let metric = [Metric::new("x", value)];
            let json: serde_json::Value =
                serde_json::from_str(&to_json("e", 0, 0.0, &metric).expect("JSON")).expect("valid");
            assert_eq!(json["metrics"][0]["value"].as_f64(), Some(value));
            let csv = to_csv(&metric).expect("CSV");
            let mut reader = csv::Reader::from_reader(csv.as_slice());
            let row = reader.records().next().expect("one row").expect("valid");
            assert_eq!(row[1].parse::<f64>(), Ok(value));
        }
    }

    #[test]
    fn targets_are_judged_on_the_right_side_and_nan_meets_none() {
        assert_eq!(Metric::new("x", 1.0).meets_target(), None);
        assert_eq!(Metric::new("x", 1.0).at_most(1.0).meets_target(), Some(true));
        assert_eq!(Metric::new("x", 1.0).at_least(1.5).meets_target(), Some(false));
        assert_eq!(Metric::new("x", f64::NAN).at_most(1.0).meets_target(), Some(false));
        assert_eq!(Metric::new("x", f64::NAN).at_least(1.0).meets_target(), Some(false));
    }

    #[test]
    fn complaints_name_what_is_wrong() {
        let metrics = [Metric::new("a", 1.0), Metric::new("b", f64::NAN), Metric::new("a", 2.0)];
        let complaints = complaints(&metrics);
        assert_eq!(complaints.len(), 2);
        assert!(complaints[0].contains("b is NaN") && complaints[1].contains("named a"));
    }
}
