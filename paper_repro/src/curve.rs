//! A loss curve that outlives its process.

use std::time::Instant;

use eigennet::container::Container;
use eigennet::optim::TrainingStep;
use eigennet::{Error, Scalar};

/// A training step that keeps the curve of its losses. The curve is part of the checkpoint, so a
/// resumed training shows it whole; and so are the settings, so that another run's is refused.
#[derive(Debug)]
pub struct Recorded<S> {
    /// What is trained.
    pub step: S,
    every: u64,
    points: Vec<(f64, f64)>,
    /// Sum and number of the losses since the last point.
    open: [f64; 2],
    run: String,
    started: Instant,
    before: f64,
}

/// The most points of a curve.
const POINTS: u64 = 400;

impl<S> Recorded<S> {
    /// Records the losses of `step` in a training of so many steps: few hundred points, each the mean
    /// of the losses since the one before.
    pub fn new(step: S, steps: u64) -> Self {
        let every = steps.div_ceil(POINTS).max(1);
        let (points, started) = (Vec::with_capacity(POINTS as usize), Instant::now());
        Recorded { step, every, points, open: [0.0; 2], run: String::new(), started, before: 0.0 }
    }

    /// With settings that a checkpoint has to agree with.
    pub fn of_run(self, settings: &str) -> Self {
        Recorded { run: settings.to_string(), ..self }
    }

    /// Seconds of the processes that this training goes on from.
    pub fn before(&self) -> f64 {
        self.before
    }

    /// Steps made, and the mean loss of the steps up to there.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The same, to keep.
    pub fn into_points(self) -> Vec<(f64, f64)> {
        self.points
    }
}

impl<T: Scalar, S: TrainingStep<T>> TrainingStep<T> for Recorded<S> {
    fn gradient(&mut self, step: u64, parameters: &[T], gradient: &mut [T]) -> Result<T, Error> {
        let loss = self.step.gradient(step, parameters, gradient)?;
        let value = Scalar::to_f64(loss);
        if value.is_finite() {
            let [sum, count] = &mut self.open;
            *sum += value;
            *count += 1.0;
            if (step + 1).is_multiple_of(self.every) {
                self.points.push(((step + 1) as f64, *sum / *count));
                self.open = [0.0; 2];
            }
        }
        Ok(loss)
    }

    fn validate(&mut self, step: u64, parameters: &[T]) -> Result<Option<f64>, Error> {
        self.step.validate(step, parameters)
    }

    fn save_state(&self, container: &mut Container) -> Result<(), Error> {
        self.step.save_state(container)?;
        container.insert_text("run", &self.run)?;
        insert(container, &self.points)?;
        container.insert("losses.seconds", &[1], &[self.before + self.started.elapsed().as_secs_f64()])?;
        container.insert("losses.open", &[2], &self.open)
    }

    fn restore_state(&mut self, container: &Container) -> Result<(), Error> {
        self.step.restore_state(container)?;
        if container.text("run")? != self.run {
            return Err(Error::invalid("checkpoint", "it is of a run with other settings; start anew"));
        }
        self.points = read(container)?;
        self.before = container.get::<f64>("losses.seconds")?.iter().sum();
        let &[sum, count] = container.get::<f64>("losses.open")? else {
            return Err(Error::Corrupt { reason: "the loss curve is incomplete".to_string() });
        };
        self.open = [sum, count];
        Ok(())
    }
}

/// Adds a curve to a checkpoint.
pub fn insert(container: &mut Container, points: &[(f64, f64)]) -> Result<(), Error> {
    let flat: Vec<f64> = points.iter().flat_map(|&(x, y)| [x, y]).collect();
    container.insert("losses", &[points.len(), 2], &flat)
}

/// Reads what [`insert`] added.
pub fn read(container: &Container) -> Result<Vec<(f64, f64)>, Error> {
    Ok(container.get::<f64>("losses")?.chunks_exact(2).map(|p| (p[0], p[1])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Step = fn(u64, &[f64], &mut [f64]) -> Result<f64, Error>;

    fn step(step: u64, _: &[f64], _: &mut [f64]) -> Result<f64, Error> {
        Ok(if step == 3 { f64::NAN } else { step as f64 })
    }

    fn run(recorded: &mut Recorded<Step>, steps: std::ops::Range<u64>) {
        for k in steps {
            recorded.gradient(k, &[], &mut []).expect("a loss");
        }
    }

    #[test]
    fn a_curve_goes_on_where_it_was_saved_and_skips_what_is_not_finite() {
        let mut whole = Recorded::new(step as Step, 800);
        run(&mut whole, 0..9);
        assert_eq!(whole.points(), [(2.0, 0.5), (6.0, 11.0 / 3.0), (8.0, 6.5)]);
        let mut first = Recorded::new(step as Step, 800);
        run(&mut first, 0..5);
        let mut container = Container::new();
        TrainingStep::<f64>::save_state(&first, &mut container).expect("saved");
        let mut second = Recorded::new(step as Step, 800);
        TrainingStep::<f64>::restore_state(&mut second, &container).expect("restored");
        run(&mut second, 5..9);
        assert_eq!(second.points(), whole.points());
        // Its seconds add up: those of a third process hold those of the first and of the second.
        assert!(first.before() == 0.0 && second.before() > 0.0);
        let mut container = Container::new();
        TrainingStep::<f64>::save_state(&second, &mut container).expect("saved");
        let mut third = Recorded::new(step as Step, 800);
        TrainingStep::<f64>::restore_state(&mut third, &container).expect("restored");
        assert!(third.before() > second.before());
        assert!(TrainingStep::<f64>::restore_state(&mut second, &Container::new()).is_err());
    }
}
