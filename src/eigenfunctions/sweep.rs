//! Integrals over all points of a quadrature: the matrices of trial functions, and the gradient of what they make.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::family::{Family, POINTS, weigh};
use crate::autodiff::{Buffers, Workspace};
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix, Pool};
use crate::par::{MAX_SHARDS, Team, own_shards, shard, sum_shards, sum_shards_among, team};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// Points that are worked on at a time. What is computed of them stays in the second cache, and is forgotten for the next:
/// memory does not grow with the quadrature.
const BLOCK: usize = 256;

/// Trial functions on a quadrature, block after block of points. Threads and the processes of a team share the blocks; sums
/// are made in an order that the quadrature fixes.
#[derive(Debug)]
pub(super) struct Sweep<T> {
    family: Arc<Family<T>>,
    team: Option<Arc<dyn Team>>,
    /// What a worker begins as.
    idle: Worker<T>,
    workers: Pool<Worker<T>>,
    shards: Vec<Shard<T>>,
}

/// Room for one block.
#[derive(Debug, Clone)]
struct Worker<T> {
    workspace: Workspace<T>,
    gram: Gram<T>,
    weighted: Vec<T>,
    packing: Packing<T>,
    gradient: Vec<T>,
}

/// What some neighbouring blocks add to the sums.
#[derive(Debug)]
struct Shard<T> {
    /// A and M.
    forms: [Matrix<T>; 2],
    gradient: Vec<T>,
}

impl<T: Scalar> Sweep<T> {
    /// With the values of buffers that the functions have.
    pub fn new(family: Arc<Family<T>>, buffers: &Buffers<T>) -> Result<Self> {
        let mut workspace = family.weak.workspace();
        workspace.set_buffers(buffers)?;
        workspace.keep_whole();
        let (weighted, gradient) = (Vec::new(), vec![T::zero(); family.weak.parameters().len()]);
        let idle = Worker { workspace, gram: Gram::new(), weighted, packing: Packing::new(), gradient };
        Ok(Sweep { family, team: team(), idle, workers: Pool::default(), shards: Vec::new() })
    }

    /// The values of the buffers.
    pub fn buffers(&self) -> Buffers<T> {
        self.idle.workspace.buffers()
    }

    /// A = Σ sign ∫ p pᵀ and M = ∫ f fᵀ of all trial functions.
    pub fn forms(&mut self, parameters: &[T], quadrature: &Quadrature<T>) -> Result<[Matrix<T>; 2]> {
        self.each_block(quadrature, |family, worker, shard, (points, weights), first| {
            if first {
                shard.forms.iter_mut().for_each(|form| form.as_mut_slice().fill(T::zero()));
            }
            worker.workspace.set(POINTS, points)?;
            let values = family.weak.evaluate(parameters, &mut worker.workspace)?;
            let [a, m] = &mut shard.forms;
            worker.gram.add_weighted(T::one(), values.value(family.f)?, weights, m)?;
            family
                .terms
                .iter()
                .try_for_each(|&(term, sign)| worker.gram.add_weighted(T::of(sign), values.value(term)?, weights, a))
        })?;
        let n = self.family.count;
        let mut forms = [(); 2].map(|()| Matrix::zeros(n, n));
        for (k, form) in forms.iter_mut().enumerate() {
            self.sum(quadrature, |shard| shard.forms[k].as_slice(), form.as_mut_slice())?;
        }
        Ok(forms)
    }

    /// The gradient of what changes by tr(S dA) − tr(S′ dM), for S and S′ symmetric. The functions are computed anew rather
    /// than kept since [`forms`](Self::forms), which would take memory for all points.
    pub fn gradient(
        &mut self,
        parameters: &[T],
        quadrature: &Quadrature<T>,
        [s, s_mass]: &[Matrix<T>; 2],
        gradient: &mut [T],
    ) -> Result<()> {
        let two = T::of(2.0);
        self.each_block(quadrature, |family, worker, shard, (points, weights), first| {
            let Worker { workspace, weighted, packing, gradient, .. } = worker;
            workspace.set(POINTS, points)?;
            let seed = |output, value: &[T], out: &mut [T]| {
                let term = family.terms.iter().find(|(term, _)| *term == output);
                let (sign, matrix) = term.map_or((-1.0, s_mass), |&(_, sign)| (sign, s));
                weigh(value, weights, weighted);
                let left = MatRef::row_major(weighted, weights.len(), family.count);
                let mut out = MatMut::row_major(out, weights.len(), family.count);
                gemm(two * T::of(sign), left, matrix.view(), T::zero(), &mut out, packing);
            };
            family.weak.forward_once(parameters, workspace)?.pull_back_with(seed, gradient)?;
            if first {
                shard.gradient.copy_from_slice(gradient);
            } else {
                shard.gradient.iter_mut().zip(&*gradient).for_each(|(sum, &part)| *sum += part);
            }
            Ok(())
        })?;
        self.sum(quadrature, |shard| &shard.gradient, gradient)
    }

    /// Runs `work(family, worker, shard, block, first)` on the blocks, one after the other within each shard.
    fn each_block(
        &mut self,
        quadrature: &Quadrature<T>,
        work: impl Fn(&Family<T>, &mut Worker<T>, &mut Shard<T>, (&[T], &[T]), bool) -> Result<()> + Sync,
    ) -> Result<()> {
        let (own, n) = (self.own(quadrature), self.family.count);
        let Sweep { family, idle, workers, shards, .. } = self;
        if shards.len() < own.len() {
            let length = idle.gradient.len();
            let shard = || Shard { forms: [(); 2].map(|()| Matrix::zeros(n, n)), gradient: vec![T::zero(); length] };
            shards.resize_with(own.len(), shard);
        }
        let count = shards_of(quadrature);
        let of_shard = |(index, place): (usize, &mut Shard<T>)| {
            let blocks = shard(blocks_of(quadrature), count, own.start + index);
            let first = blocks.start;
            workers.lend(
                || idle.clone(),
                |worker| {
                    let mut each = blocks.map(|block| (block == first, points_of(quadrature, block)));
                    each.try_for_each(|(first, points)| work(family, worker, place, points, first))
                },
            )
        };
        shards[..own.len()].par_iter_mut().enumerate().with_max_len(1).try_for_each(of_shard)
    }

    /// The shards that this process works on.
    fn own(&self, quadrature: &Quadrature<T>) -> Range<usize> {
        let count = shards_of(quadrature);
        self.team.as_ref().map_or(0..count, |team| own_shards(&**team, count))
    }

    /// The sum of parts over the shards of all processes.
    fn sum<'a>(
        &'a self,
        quadrature: &Quadrature<T>,
        part: impl Fn(&'a Shard<T>) -> &'a [T] + Sync,
        out: &mut [T],
    ) -> Result<()> {
        let (count, first) = (shards_of(quadrature), self.own(quadrature).start);
        let part = |index: usize| part(&self.shards[index - first]);
        match &self.team {
            Some(team) => sum_shards_among(&**team, count, part, out),
            None => {
                sum_shards(count, part, out);
                Ok(())
            }
        }
    }
}

fn blocks_of<T: Scalar>(quadrature: &Quadrature<T>) -> usize {
    quadrature.len().div_ceil(BLOCK).max(1)
}

fn shards_of<T: Scalar>(quadrature: &Quadrature<T>) -> usize {
    blocks_of(quadrature).min(MAX_SHARDS)
}

/// Points and weights of a block.
fn points_of<T: Scalar>(quadrature: &Quadrature<T>, block: usize) -> (&[T], &[T]) {
    let Range { start, end } = shard(quadrature.len(), blocks_of(quadrature), block);
    let dimension = quadrature.dimension();
    (&quadrature.points()[start * dimension..end * dimension], &quadrature.weights()[start..end])
}
