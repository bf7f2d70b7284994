//! Progress on the terminal: a bar a phase, with the live loss and the time left.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::number;

/// Hands out one bar a phase. Without a terminal nothing is drawn, only one line when a phase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bars on a terminal.
    Bars,
    /// A line at the end of each phase, for logs.
    Lines,
    /// Nothing at all.
    Silent,
}

impl Progress {
    /// Bars if standard error is a terminal, lines otherwise.
    pub fn on_standard_error() -> Self {
        if std::io::stderr().is_terminal() { Progress::Bars } else { Progress::Lines }
    }

    /// A line for whoever watches, now.
    pub fn tell(self, text: &str) {
        if self != Progress::Silent {
            eprintln!("{text}");
        }
    }

    /// Starts a phase of `steps` steps; 0 means that nobody knows how many.
    pub fn phase(self, name: impl Into<Cow<'static, str>>, steps: u64) -> Phase {
        let name = name.into();
        let bar = (self == Progress::Bars).then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(10);
            let bar = ProgressBar::with_draw_target((steps > 0).then_some(steps), target);
            bar.set_style(style(steps > 0));
            bar.set_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        Phase { name, bar, lines: self == Progress::Lines, started: now, drawn: now, step: 0, loss: f64::NAN }
    }
}

fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{prefix:.bold} {bar:28.cyan/dim} {pos}/{len} {msg} {elapsed} · {eta} left"
    } else {
        "{prefix:.bold} {spinner} {pos} {msg} {elapsed}"
    };
    // The templates are constants that a test parses, so the fallback is never drawn.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// One phase of a run.
#[derive(Debug)]
pub struct Phase {
    name: Cow<'static, str>,
    bar: Option<ProgressBar>,
    lines: bool,
    started: Instant,
    drawn: Instant,
    step: u64,
    loss: f64,
}

impl Phase {
    /// Steps done before, when resuming: they do not count for the time left.
    pub fn start_at(&mut self, step: u64) {
        self.step = step;
        if let Some(bar) = &self.bar {
            bar.set_position(step);
            bar.reset_eta();
        }
    }

    /// `step` steps are done and the loss is `loss` (NaN: nothing to show). Cheap enough for every step.
    pub fn update(&mut self, step: u64, loss: f64) {
        self.step = step;
        self.loss = loss;
        if let Some(bar) = &self.bar
            && self.drawn.elapsed() >= Duration::from_millis(100)
        {
            self.drawn = Instant::now();
            bar.set_position(step);
            bar.set_message(self.message());
        }
    }

    fn message(&self) -> String {
        if self.loss.is_nan() { String::new() } else { format!("loss {:.3e}", self.loss) }
    }

    /// Ends the phase; also what dropping it does.
    pub fn finish(self) {}
}

impl Drop for Phase {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.step);
            bar.set_message(self.message());
            bar.abandon();
        }
        if self.lines {
            let time = number::duration(self.started.elapsed().as_secs_f64());
            eprintln!("{}: {} steps in {time} {}", self.name, self.step, self.message());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse() {
        for bounded in [true, false] {
            let bar = ProgressBar::hidden();
            bar.set_style(style(bounded));
            bar.tick();
        }
        assert!(ProgressStyle::with_template("{bar:28.cyan/dim} {pos}/{len} {msg} {elapsed} · {eta} left").is_ok());
    }

    #[test]
    fn a_phase_survives_more_steps_than_announced_and_a_loss_that_is_not_a_number() {
        for progress in [Progress::Bars, Progress::Silent] {
            let mut phase = progress.phase("test", 2);
            phase.start_at(1);
            for (step, loss) in [(1, 1.0), (5, f64::NAN), (7, f64::INFINITY)] {
                phase.update(step, loss);
            }
            phase.finish();
            progress.phase("unbounded", 0).update(u64::MAX, -1.0);
        }
    }
}
