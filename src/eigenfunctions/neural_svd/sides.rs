//! The trial functions of both sides as one set of parameters.

use super::super::family::POINTS;
use super::super::sampled_operator::{INPUTS, OUTPUTS};
use super::super::trial::Trial;
use crate::autodiff::{Buffers, Function, Output, PassOnce, Program, Rows, Workspace, record};
use crate::container::{Container, Element};
use crate::error::Error;
use crate::{Result, Scalar, Seed};

/// Right functions f, then left functions g. So come their parameters.
#[derive(Debug)]
pub(super) struct Sides<T>([Side<T>; 2]);

#[derive(Debug)]
struct Side<T> {
    program: Program<T>,
    output: Output,
    workspace: Workspace<T>,
}

/// The functions of one side on a batch.
pub(super) struct Values<'a, T: Scalar> {
    pass: PassOnce<'a, T>,
    output: Output,
    parameters: usize,
}

/// Where the buffers of both are kept.
const NAMES: [&str; 2] = ["neural_svd.right", "neural_svd.left"];

impl<T: Scalar> Sides<T> {
    pub fn record(trials: [&dyn Trial; 2], dimensions: [usize; 2], count: usize) -> Result<Self> {
        let side = |side: usize| {
            trials[side].check()?;
            let recording = record(|g| {
                let x = g.coordinates_slice(POINTS, Rows::named(POINTS), dimensions[side]);
                let f = trials[side].record(g, &x, count);
                match f.width() == count {
                    true => f,
                    false => g.refuse("trial functions", &format!("{} of them were recorded for {count}", f.width())),
                }
            })?;
            let program = recording.compile();
            Ok(Side { workspace: program.workspace(), output: program.recording().result(), program })
        };
        Ok(Sides([side(INPUTS)?, side(OUTPUTS)?]))
    }

    /// Names and shapes of the parameters of both, for people.
    pub fn layout(&self) -> String {
        let blocks = |side: &Side<T>| {
            let blocks = side.program.parameters().blocks().iter();
            blocks.map(|block| format!("{} {:?}", block.name, block.shape)).collect::<Vec<_>>()
        };
        format!("{:?}", self.0.each_ref().map(blocks))
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.0.iter().map(|side| side.program.parameters().len()).sum()
    }

    pub fn initial(&self, seed: Seed) -> Vec<T> {
        let [right, left] = &self.0;
        let mut parameters = right.program.initial(seed.child("right functions"));
        parameters.extend(left.program.initial(seed.child("left functions")));
        parameters
    }

    fn split<'p>(&self, parameters: &'p [T]) -> Result<[&'p [T]; 2]> {
        let [right, left] = self.0.each_ref().map(|side| side.program.parameters().len());
        Error::same_shape("parameters of NeuralSvd", &[parameters.len()], &[right + left])?;
        Ok([&parameters[..right], &parameters[right..]])
    }

    /// The functions at `parameters`, to be evaluated anywhere.
    pub fn functions(&self, parameters: &[T]) -> Result<[Function<T>; 2]> {
        let parts = self.split(parameters)?;
        let function = |side: usize| {
            let Side { program, output, workspace } = &self.0[side];
            Function::new(program, &[*output], parts[side])?.with_buffers(workspace.buffers())
        };
        Ok([function(INPUTS)?, function(OUTPUTS)?])
    }

    /// Puts both into training mode for a step.
    pub fn train(&mut self, seed: Seed, step: u64) {
        for side in &mut self.0 {
            side.workspace.set_training(true).set_step(seed, step);
        }
    }

    /// The functions on points of both sides.
    pub fn forward<'a>(&'a mut self, parameters: &'a [T], points: &[Vec<T>; 2]) -> Result<[Values<'a, T>; 2]> {
        let [of_right, of_left] = self.split(parameters)?;
        let [right, left] = &mut self.0;
        let pass = |side: &'a mut Side<T>, parameters: &'a [T], points: &[T]| {
            side.workspace.set(POINTS, points)?;
            let pass = side.program.forward_once(parameters, &mut side.workspace)?;
            Ok(Values { pass, output: side.output, parameters: parameters.len() })
        };
        Ok([pass(right, of_right, &points[INPUTS])?, pass(left, of_left, &points[OUTPUTS])?])
    }
}

impl<T: Scalar> Values<'_, T> {
    /// `[batch, functions]`.
    pub fn values(&self) -> Result<&[T]> {
        self.pass.value(self.output)
    }

    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Pulls back what `cotangent(values, out)` writes.
    pub fn pull_back(self, mut cotangent: impl FnMut(&[T], &mut [T]) -> Result<()>, gradient: &mut [T]) -> Result<()> {
        let mut written = Ok(());
        self.pass.pull_back_with(|_, values, out| written = cotangent(values, out), gradient)?;
        written
    }
}

impl<T: Scalar + Element> Sides<T> {
    pub fn save_buffers(&self, container: &mut Container) -> Result<()> {
        let mut sides = NAMES.iter().zip(&self.0);
        sides.try_for_each(|(name, side)| container.nest(name, side.workspace.buffers().save()?))
    }

    pub fn load_buffers(&mut self, container: &Container) -> Result<()> {
        for (name, side) in NAMES.iter().zip(&mut self.0) {
            side.workspace.set_buffers(&Buffers::load(&container.nested(name))?)?;
        }
        Ok(())
    }
}
