//! A batch of an operator.

use super::images::{Images, kernel_values, weigh_rows};
use super::{Coupling, INPUTS, OUTPUTS, SampledOperator};
use crate::rng::Stream;
use crate::{Result, Scalar};

/// A batch of both sides, in memory that is used again.
#[derive(Debug)]
pub(in crate::eigenfunctions) struct Draw<T> {
    pub points: [Vec<T>; 2],
    /// Scaled, so that a sum over the batch estimates that over all points.
    pub weights: [Vec<T>; 2],
    /// k `[outputs, inputs]`, or the weights of pairs.
    coupling: Vec<T>,
    indices: Vec<usize>,
    room: Images<T>,
}

impl<T: Scalar> Draw<T> {
    pub fn new() -> Self {
        let pair = || [Vec::new(), Vec::new()];
        Draw { points: pair(), weights: pair(), coupling: Vec::new(), indices: Vec::new(), room: Images::default() }
    }

    /// `batch` points of each side, or pairs, at random and with repetition; all of them where they are no more.
    pub fn fill(&mut self, operator: &SampledOperator<T>, batch: usize, random: &mut Stream) -> Result<()> {
        for side in [INPUTS, OUTPUTS] {
            let space = &operator.spaces[side];
            let n = space.len();
            if side == INPUTS || !operator.is_paired() {
                self.indices.clear();
                match n <= batch {
                    true => self.indices.extend(0..n),
                    false => self.indices.extend((0..batch).map(|_| random.below(n))),
                }
            }
            let scale = T::of(n as f64 / self.indices.len() as f64);
            self.points[side].clear();
            self.weights[side].clear();
            for &i in &self.indices {
                self.points[side].extend_from_slice(space.point(i));
                self.weights[side].push(scale * space.weights()[i]);
            }
        }
        match &operator.coupling {
            Coupling::Kernel(kernel) => {
                let [inputs, outputs] = &self.points;
                kernel_values(kernel, [inputs, outputs], operator.dimensions(), &mut self.coupling)
            }
            Coupling::Pairs(weights) => {
                let scale = T::of(weights.len() as f64 / self.indices.len() as f64);
                self.coupling.clear();
                self.coupling.extend(self.indices.iter().map(|&i| scale * weights[i]));
                Ok(())
            }
        }
    }

    /// [`SampledOperator::weighted_image`] on the batch.
    pub fn weighted_image(&mut self, operator: &SampledOperator<T>, from: usize, f: &[T], out: &mut [T]) {
        let Draw { weights, coupling, room, .. } = self;
        room.prepare(f, &weights[from], operator.centred);
        if operator.is_paired() {
            room.couple_pairs(coupling, out);
        } else {
            room.weigh(&weights[from]);
            room.couple(from, coupling, out);
            weigh_rows(out, &weights[1 - from]);
        }
        if operator.centred {
            room.centre_image(out, &weights[1 - from]);
        }
    }
}
