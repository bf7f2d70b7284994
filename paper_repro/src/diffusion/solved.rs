//! A solution, however it was found, ready for tables and figures.

use super::problem::OnGrid;

/// What one method gave.
#[derive(Debug, Clone)]
pub struct Solved {
    /// Name in metrics, such as `"lm"`.
    pub name: &'static str,
    /// The method and its settings, for people.
    pub what: String,
    /// On the 101 × 101 grid.
    pub grid: OnGrid,
    /// Seconds that the solver took, compiling its formulas included.
    pub seconds: f64,
    /// Steps or iterations, and the loss.
    pub losses: Vec<(f64, f64)>,
    /// Steps, and the relative L2 error there.
    pub errors: Vec<(f64, f64)>,
    /// Why it stopped, in words.
    pub stopped: String,
}
