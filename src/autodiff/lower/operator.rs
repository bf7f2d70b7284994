//! Linear differential operators with constant coefficients, to second order.

/// Σ cᵢ ∂ᵢ + Σ cᵢⱼ ∂ᵢⱼ, i ≤ j.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Operator {
    pub first: Vec<(u16, f64)>,
    pub second: Vec<(u16, u16, f64)>,
}

impl Operator {
    /// ∂ᵢ.
    pub fn first(i: u16) -> Self {
        Operator { first: vec![(i, 1.0)], second: Vec::new() }
    }

    /// ∂ᵢⱼ.
    pub fn mixed(i: u16, j: u16) -> Self {
        Operator { first: Vec::new(), second: vec![(i.min(j), i.max(j), 1.0)] }
    }

    /// Σ ∂ᵢᵢ.
    pub fn laplacian(coordinates: &[u16]) -> Self {
        Operator { first: Vec::new(), second: coordinates.iter().map(|&i| (i, i, 1.0)).collect() }
    }

    /// The pair of coordinates, if it is one second derivative.
    pub fn as_mixed(&self) -> Option<[u16; 2]> {
        match (&self.first[..], &self.second[..]) {
            ([], &[(i, j, 1.0)]) => Some([i, j]),
            _ => None,
        }
    }

    /// Adds a multiple of another operator.
    pub fn add(&mut self, other: &Operator, factor: f64) {
        for &(i, c) in &other.first {
            match self.first.iter_mut().find(|f| f.0 == i) {
                Some(old) => old.1 += factor * c,
                None => self.first.push((i, factor * c)),
            }
        }
        for &(i, j, c) in &other.second {
            match self.second.iter_mut().find(|s| (s.0, s.1) == (i, j)) {
                Some(old) => old.2 += factor * c,
                None => self.second.push((i, j, factor * c)),
            }
        }
    }

    /// Whether it has terms of second order, none of which has cancelled, and nothing over- or underflows
    /// when it is normalised: not in `f32` either.
    pub fn is_balanced(&self) -> bool {
        let Some(unit) = self.second.first().map(|s| s.2.abs()) else { return false };
        let moderate = |factor: f64| (1e-15..=1e15).contains(&(factor.abs() / unit));
        self.second.iter().all(|s| moderate(s.2)) && self.first.iter().all(|f| f.1 == 0.0 || moderate(f.1))
    }

    /// Divides by the first coefficient of second order and returns it.
    pub fn normalize(&mut self) -> f64 {
        let scale = self.second.first().map_or(1.0, |s| s.2);
        self.first.iter_mut().for_each(|f| f.1 /= scale);
        self.second.iter_mut().for_each(|s| s.2 /= scale);
        scale
    }
}
