//! What drawing a figure gives.

/// A drawn figure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawing {
    /// `<svg>` elements, side by side.
    pub svg: Vec<String>,
    /// What the colours mean.
    pub legend: Vec<Key>,
}

/// One entry of a legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Words.
    pub label: String,
    /// `#RRGGBB`, one of the colours that the style sheet knows.
    pub colour: String,
}
