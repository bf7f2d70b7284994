//! Power laws in tails.

/// A density ∝ x^(−α) above x_min.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// α.
    pub exponent: f64,
    /// Where the tail begins.
    pub minimum: f64,
    /// The largest distance between both distribution functions there (Kolmogorov and Smirnov).
    pub distance: f64,
    /// How many values are in the tail.
    pub count: usize,
}

/// The fewest values that a tail is fitted to.
const LEAST: usize = 10;

impl PowerLaw {
    /// The likeliest law of the largest of `values`, whose beginning is the one that fits best (Clauset, Shalizi and Newman,
    /// 2009). `None` for fewer than 10 positive values.
    ///
    /// ```
    /// use eigennet::diagnostics::PowerLaw;
    /// let exact: Vec<f64> = (0..2000).map(|i| (1.0 - (i as f64 + 0.5) / 2000.0).powf(-1.0 / 1.5)).collect();
    /// let law = PowerLaw::fit(&exact).unwrap(); // P(X > x) = x^(−1.5)
    /// assert!((law.exponent - 2.5).abs() < 0.05, "{law:?}");
    /// ```
    pub fn fit(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| *v > 0.0 && v.is_finite()).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let candidates = (LEAST..=sorted.len()).filter_map(|count| {
            let tail = &sorted[..count];
            let minimum = tail[count - 1];
            let logs: f64 = tail.iter().map(|v| (v / minimum).ln()).sum();
            // Equal values have no tail.
            let exponent = 1.0 + count as f64 / logs;
            exponent.is_finite().then(|| {
                let distance = tail.iter().enumerate().map(|(above, v)| {
                    let [low, high] = [above, above + 1].map(|k| k as f64 / count as f64);
                    let law = (v / minimum).powf(1.0 - exponent);
                    (law - low).abs().max((law - high).abs())
                });
                PowerLaw { exponent, minimum, distance: distance.fold(0.0, f64::max), count }
            })
        });
        candidates.min_by(|a, b| a.distance.total_cmp(&b.distance))
    }
}
