//! The train of a solve, and the sweeps along it.

use super::TensorTrain;
use super::local::Local;
use super::site::{Core, Environment, Site};
use crate::Result;
use crate::eigenfunctions::chain_operator::Link;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{EigenRange, Matrix, Qr, symmetric_eigen_range};

/// Trains beyond those asked for, which keep the last of them from being the one that is least exact.
const GUARD: usize = 2;
/// Enlargements of the basis of a local eigenproblem.
const STEPS: usize = 3;
/// The residual of a local problem by the square root of the tolerance.
const ACCURACY: f64 = 0.01;

/// What may go from one coordinate to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// So many functions at most.
    pub rank: usize,
    /// Without so large a share of the states.
    pub truncation: f64,
}

/// Tensors, of which the last (after [`sweep_right`](Self::sweep_right)) or the first is replaced by a block of states.
pub(super) struct Chain {
    sites: Vec<Site>,
    mirrored: Vec<Site>,
    pub cores: Vec<Core>,
    /// `[l n r, states]` of the coordinate that carries the states.
    pub block: Matrix<f64>,
    /// What lies to the left of each coordinate, and, mirrored, to its right.
    lefts: Vec<Environment>,
    rights: Vec<Environment>,
    /// The weights of the bonds before each coordinate that stand for the identity on all before it, and on all from it on.
    before: Vec<Vec<f64>>,
    from: Vec<Vec<f64>>,
    states: usize,
    /// The residual, beside the level, that a local problem is solved to: levels are off by its square.
    accuracy: f64,
    packing: Packing<f64>,
}

impl Chain {
    /// Random functions, the lowest of each coordinate foremost; the first states and functions are products of given ones,
    /// one of each coordinate.
    pub fn new(links: &[Link], sites: Vec<Site>, settings: &TensorTrain, starts: &[Vec<Vec<f64>>]) -> Result<Self> {
        let d = sites.len();
        let mut stream = settings.seed.child("tensor-train").into_stream();
        let mut random =
            |function: usize| stream.normal::<f64>() * 0.5_f64.powi(i32::try_from(function).unwrap_or(i32::MAX));
        let states = settings.states + GUARD;
        let mut cores = Vec::with_capacity(d);
        let mut right = 1;
        for (at, site) in sites.iter().enumerate().rev() {
            let (size, left) = (site.rows, START.min(settings.rank).min(site.rows * right));
            // [(r, n), l], orthonormal columns: mirrored.
            let given = |k: usize, j: usize| {
                let own = &starts.get(k)?[at];
                Some(if j / size == k.min(right - 1) { own[j % size] } else { 0.0 })
            };
            let entry = |k: usize, j: usize| given(k, j).unwrap_or_else(|| random(j % size));
            let raw = Matrix::from_fn(left, right * size, entry).transpose();
            let core = Core { left: right, size, right: left, data: Qr::factor(&raw)?.thin_q()?.into_vec() };
            cores.push(core.mirrored());
            right = left;
        }
        cores.reverse();
        let first = sites[0].rows * cores[0].right;
        let right = cores[0].right;
        let given = |k: usize, j: usize| {
            let own = &starts.get(k)?[0];
            Some(if j % right == k.min(right - 1) { own[j / right] } else { 0.0 })
        };
        let entry = |k: usize, j: usize| given(k, j).unwrap_or_else(|| random(j / right));
        let block = Matrix::from_fn(states.min(first), first, entry);
        let (mut before, mut from) = (vec![vec![1.0]], vec![vec![1.0]]);
        for link in links {
            let mut next = vec![0.0; link.behind];
            let identities = link.entries.iter().filter(|entry| entry.3.is_none());
            identities.for_each(|&(w, v, c, _)| next[v] += c * before[before.len() - 1][w]);
            before.push(next);
        }
        for link in links.iter().rev() {
            let mut next = vec![0.0; link.before];
            let identities = link.entries.iter().filter(|entry| entry.3.is_none());
            identities.for_each(|&(w, v, c, _)| next[w] += c * from[from.len() - 1][v]);
            from.push(next);
        }
        from.reverse();
        let mirrored: Vec<Site> = sites.iter().map(Site::mirrored).collect();
        let (lefts, mut rights) = (vec![Environment::end(); d], vec![Environment::end(); d]);
        let mut packing = Packing::new();
        for k in (1..d).rev() {
            rights[k - 1] = rights[k].advanced(&mirrored[k], &cores[k].mirrored(), &mut packing);
        }
        let (block, accuracy) = (block.transpose(), ACCURACY * settings.tolerance.sqrt());
        Ok(Chain { sites, mirrored, cores, block, lefts, rights, before, from, states, accuracy, packing })
    }

    /// From the first coordinate to the last; the levels there.
    pub fn sweep_right(&mut self, cut: Cut) -> Result<Vec<f64>> {
        for k in 0..self.sites.len() - 1 {
            self.solve(k)?;
            let shape = self.shape(k);
            let (core, block) = handed_on(&self.block, shape, &self.cores[k + 1], cut, &mut self.packing)?;
            self.lefts[k + 1] = self.lefts[k].advanced(&self.sites[k], &core, &mut self.packing);
            (self.cores[k], self.block) = (core, block);
        }
        self.solve(self.sites.len() - 1)
    }

    /// From the last coordinate to the first.
    pub fn sweep_left(&mut self, cut: Cut) -> Result<Vec<f64>> {
        for k in (1..self.sites.len()).rev() {
            self.solve(k)?;
            let [l, n, r] = self.shape(k);
            let turned = mirrored_block(&self.block, [l, n, r]);
            let neighbour = self.cores[k - 1].mirrored();
            let (core, block) = handed_on(&turned, [r, n, l], &neighbour, cut, &mut self.packing)?;
            self.rights[k - 1] = self.rights[k].advanced(&self.mirrored[k], &core, &mut self.packing);
            self.block = mirrored_block(&block, [core.right, neighbour.size, neighbour.right]);
            self.cores[k] = core.mirrored();
        }
        self.solve(0)
    }

    fn shape(&self, k: usize) -> [usize; 3] {
        [self.lefts[k].rank, self.sites[k].rows, self.rights[k].rank]
    }

    /// The lowest states of coordinate k, all other tensors held fixed.
    fn solve(&mut self, k: usize) -> Result<Vec<f64>> {
        let local = Local { left: &self.lefts[k], site: &self.sites[k], right: &self.rights[k] };
        let before = [&self.before[k][..], &self.before[k + 1][..]];
        let from = [&self.from[k][..], &self.from[k + 1][..]];
        let diagonal = local.diagonal(before, from)?;
        let (values, block) =
            local.solve(&self.block, self.states, &diagonal, STEPS, self.accuracy, &mut self.packing)?;
        self.block = block;
        Ok(values)
    }
}

/// The first rank.
const START: usize = 8;

/// The tensor that spans what the states `[l n r, s]` are made of to the left, and the states as combinations of it with the
/// tensor behind.
fn handed_on(
    block: &Matrix<f64>,
    [l, n, r]: [usize; 3],
    behind: &Core,
    cut: Cut,
    packing: &mut Packing<f64>,
) -> Result<(Core, Matrix<f64>)> {
    let states = block.cols();
    let m = MatRef::row_major(block.as_slice(), l * n, r * states);
    // The density matrix of the left part: its small eigenvalues are squares of the singular values that are dropped.
    let mut density = Matrix::zeros(l * n, l * n);
    gemm(1.0, m, m.transposed(), 0.0, &mut density.view_mut(), packing);
    let most = cut.rank.min(l * n).min(r * states);
    let pairs = symmetric_eigen_range(&density, &EigenRange::Indices(l * n - most..l * n))?;
    let total = pairs.values.iter().sum::<f64>();
    let mut rest = 0.0;
    let may_be_dropped = |&&weight: &&f64| {
        rest += weight.max(0.0);
        rest <= cut.truncation * total
    };
    let dropped = pairs.values.iter().take(most - 1).take_while(may_be_dropped).count();
    let kept = most - dropped;
    let u = pairs.vectors.submatrix(0..l * n, dropped..most);
    let mut carried = vec![0.0; kept * r * states];
    gemm(1.0, u.view().transposed(), m, 0.0, &mut MatMut::row_major(&mut carried, kept, r * states), packing);
    let wide = behind.size * behind.right;
    let mut next = Matrix::zeros(kept * wide, states);
    for state in 0..states {
        let from = MatRef::new(&carried[state..], kept, r, r * states, states)?;
        let mut to = MatMut::new(&mut next.as_mut_slice()[state..], kept, wide, wide * states, states)?;
        gemm(1.0, from, MatRef::row_major(&behind.data, r, wide), 0.0, &mut to, packing);
    }
    Ok((Core { left: l, size: n, right: kept, data: u.into_vec() }, next))
}

/// `[l n r, s]` as `[r n l, s]`.
fn mirrored_block(block: &Matrix<f64>, [l, n, r]: [usize; 3]) -> Matrix<f64> {
    let mut out = Matrix::zeros(block.rows(), block.cols());
    for a in 0..l {
        for i in 0..n {
            for b in 0..r {
                out.row_mut((b * n + i) * l + a).copy_from_slice(block.row((a * n + i) * r + b));
            }
        }
    }
    out
}
