//! The looks at a monitored value: the best so far, and for how long there was none better.

use crate::Result;
use crate::container::Container;

/// A value that is looked at every so many steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Monitor {
    /// The best value, and after how many steps it was seen.
    pub best_value: f64,
    pub best_step: u64,
    /// Looks since then, or since the last time that they had a consequence.
    pub checks_since: u64,
    /// The losses since the last look.
    loss_sum: f64,
    loss_count: u64,
}

impl Monitor {
    pub const NEW: Self =
        Monitor { best_value: f64::INFINITY, best_step: 0, checks_since: 0, loss_sum: 0.0, loss_count: 0 };

    pub fn add(&mut self, loss: f64) {
        self.loss_sum += loss;
        self.loss_count = self.loss_count.saturating_add(1);
    }

    /// Looks at a value, by default the mean of the losses; returns it, and whether it is the best.
    pub fn look(&mut self, step: u64, value: Option<f64>, minimum_improvement: f64) -> (f64, bool) {
        let value = value.unwrap_or(self.loss_sum / self.loss_count as f64);
        (self.loss_sum, self.loss_count) = (0.0, 0);
        let improved = value < self.best_value - minimum_improvement;
        if improved {
            (self.best_value, self.best_step, self.checks_since) = (value, step, 0);
        } else {
            self.checks_since = self.checks_since.saturating_add(1);
        }
        (value, improved)
    }

    pub fn save(&self, container: &mut Container, name: &str) -> Result<()> {
        let Monitor { best_value, best_step, checks_since, loss_sum, loss_count } = *self;
        container.insert(format!("{name}/counts"), &[3], &[best_step, checks_since, loss_count])?;
        container.insert(format!("{name}/measures"), &[2], &[best_value, loss_sum])
    }

    pub fn load(container: &Container, name: &str) -> Result<Self> {
        let [best_step, checks_since, loss_count] = container.array::<u64, 3>(&format!("{name}/counts"))?;
        let [best_value, loss_sum] = container.array::<f64, 2>(&format!("{name}/measures"))?;
        Ok(Monitor { best_value, best_step, checks_since, loss_sum, loss_count })
    }
}
