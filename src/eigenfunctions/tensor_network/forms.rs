//! Matrices of a Hamiltonian between products of functions, and how they change with the functions.

use rayon::prelude::*;

use crate::Result;
use crate::eigenfunctions::chain_operator::Link;
use crate::eigenfunctions::family::weigh;
use crate::eigenfunctions::separable::Factor;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Gram, Matrix};
use crate::quadrature::Quadrature;

/// Values and slopes `[points, p]` of p functions of a coordinate.
pub(super) type Pair<'a> = [&'a [f64]; 2];

/// A Hamiltonian on products of functions of one coordinate each, integrated by a rule for each.
#[derive(Debug, Clone)]
pub(super) struct Forms {
    links: Vec<Link>,
    kinetic: Vec<bool>,
    /// Weights times values of each factor on the points of each coordinate, then the weights alone.
    weights: Vec<Vec<Vec<f64>>>,
}

/// What a coordinate contributes, factor by factor, the identity last, of functions of norm 1 `[p, p]`.
struct Share {
    matrices: Vec<Matrix<f64>>,
    norms: Vec<f64>,
}

/// Products, entry by entry, of what lies to one side of each coordinate: of H on each bond, and of M.
struct Sides {
    h: Vec<Vec<Matrix<f64>>>,
    m: Vec<Matrix<f64>>,
}

impl Forms {
    pub fn new(links: &[Link], factors: &[Factor], rules: &[Quadrature<f64>]) -> Result<Self> {
        let mut weights = Vec::with_capacity(rules.len());
        for rule in rules {
            let mut own = Vec::with_capacity(factors.len() + 1);
            for factor in factors {
                let at = |(&x, &w): (&f64, &f64)| w * factor.value(x).unwrap_or(1.0);
                let values: Vec<f64> = rule.points().iter().zip(rule.weights()).map(at).collect();
                Error::check_finite("factor of a Hamiltonian on a point; shift or cap what is singular; it", &values)?;
                own.push(values);
            }
            own.push(rule.weights().to_vec());
            weights.push(own);
        }
        let kinetic = factors.iter().map(|factor| *factor == Factor::Kinetic).chain([false]).collect();
        Ok(Forms { links: links.to_vec(), kinetic, weights })
    }

    /// H and M `[p, p]` of the products, and what [`pull_back`](Self::pull_back) needs.
    pub fn matrices(&self, functions: &[Pair<'_>]) -> Result<([Matrix<f64>; 2], Assembled)> {
        // Coordinate by coordinate: nothing is added up across them here.
        let shares = functions.par_iter().enumerate().map(|(i, &pair)| self.share(i, pair));
        let shares = shares.collect::<Result<Vec<_>>>()?;
        let p = shares[0].norms.len();
        let ones = || Matrix::from_fn(p, p, |_, _| 1.0);
        let mut before = Sides { h: vec![vec![ones()]], m: vec![ones()] };
        for (link, share) in self.links.iter().zip(&shares) {
            let last = &before.h[before.h.len() - 1];
            let mut next = vec![Matrix::zeros(p, p); link.behind];
            for &(w, v, c, factor) in &link.entries {
                add_product(&mut next[v], c, &last[w], share.factor(factor));
            }
            before.h.push(next);
            before.m.push(product(&before.m[before.m.len() - 1], share.factor(None)));
        }
        let h = before.h[self.links.len()][0].clone();
        let m = before.m[self.links.len()].clone();
        Ok(([h, m], Assembled { shares, before }))
    }

    /// The weights of a coordinate's rule.
    pub fn rule(&self, coordinate: usize) -> &[f64] {
        let weights = &self.weights[coordinate];
        &weights[weights.len() - 1]
    }

    fn share(&self, coordinate: usize, [values, slopes]: Pair<'_>) -> Result<Share> {
        let weights = &self.weights[coordinate];
        let points = weights[0].len();
        let p = values.len() / points;
        let used = |place: usize| {
            place + 1 == weights.len() || self.links[coordinate].entries.iter().any(|entry| entry.3 == Some(place))
        };
        let mut gram = Gram::new();
        let mut matrices = Vec::with_capacity(weights.len());
        for (place, weights) in weights.iter().enumerate() {
            if !used(place) {
                matrices.push(Matrix::zeros(0, 0));
                continue;
            }
            let mut matrix = Matrix::zeros(p, p);
            gram.add_weighted(1.0, if self.kinetic[place] { slopes } else { values }, weights, &mut matrix)?;
            matrices.push(matrix);
        }
        let norms: Vec<f64> = matrices[weights.len() - 1].diagonal().iter().map(|square| square.sqrt()).collect();
        if let Some(pivot) = norms.iter().position(|&norm| !(norm > 0.0 && norm.is_finite())) {
            return Err(Error::NotPositiveDefinite { operation: "tensor network: a function vanished", pivot });
        }
        for matrix in &mut matrices {
            let entry = |i: usize, j: usize| matrix[(i, j)] / (norms[i] * norms[j]);
            *matrix = Matrix::from_fn(matrix.rows(), matrix.cols(), entry);
        }
        Ok(Share { matrices, norms })
    }

    /// With cotangents of H and M `[p, p]`, both symmetric, those of the values and slopes: `into[i]` is added to.
    pub fn pull_back(
        &self,
        assembled: &Assembled,
        functions: &[Pair<'_>],
        [of_h, of_m]: [&Matrix<f64>; 2],
        into: &mut [[Vec<f64>; 2]],
    ) -> Result<()> {
        let Assembled { shares, before } = assembled;
        let p = of_h.rows();
        // What lies behind each coordinate, with the cotangents multiplied in, and from it those of its matrices.
        let (mut h, mut m) = (vec![of_h.clone()], of_m.clone());
        let mut cotangents = Vec::with_capacity(self.links.len());
        for (i, link) in self.links.iter().enumerate().rev() {
            let share = &shares[i];
            let identity = self.weights[i].len() - 1;
            let mut own = vec![Matrix::zeros(p, p); identity + 1];
            let mut next = vec![Matrix::zeros(p, p); link.before];
            for &(w, v, c, factor) in &link.entries {
                add_product(&mut own[factor.unwrap_or(identity)], c, &before.h[i][w], &h[v]);
                add_product(&mut next[w], c, &h[v], share.factor(factor));
            }
            add_product(&mut own[identity], 1.0, &before.m[i], &m);
            m = product(&m, share.factor(None));
            h = next;
            cotangents.push(own);
        }
        cotangents.reverse();
        let coordinates = into.par_iter_mut().zip(&cotangents).enumerate();
        coordinates
            .try_for_each(|(i, (into, cotangents))| self.pull_back_share(i, &shares[i], functions[i], cotangents, into))
    }

    /// From the cotangents of a coordinate's matrices to those of its functions.
    fn pull_back_share(
        &self,
        coordinate: usize,
        share: &Share,
        functions: Pair<'_>,
        cotangents: &[Matrix<f64>],
        into: &mut [Vec<f64>; 2],
    ) -> Result<()> {
        let p = share.norms.len();
        let (mut weighted, mut packing) = (Vec::new(), Packing::new());
        for (place, cotangent) in cotangents.iter().enumerate() {
            if share.matrices[place].rows() == 0 {
                continue;
            }
            let side = usize::from(self.kinetic[place]);
            let weights = &self.weights[coordinate][place];
            let scaled = |a: usize, b: usize| 2.0 * cotangent[(a, b)] / (share.norms[a] * share.norms[b]);
            weigh(functions[side], weights, &mut weighted);
            let left = MatRef::row_major(&weighted, weights.len(), p);
            let mut out = MatMut::row_major(&mut into[side], weights.len(), p);
            gemm(1.0, left, Matrix::from_fn(p, p, scaled).view(), 1.0, &mut out, &mut packing);
        }
        Ok(())
    }
}

/// What [`Forms::matrices`] has computed on the way.
pub(super) struct Assembled {
    shares: Vec<Share>,
    before: Sides,
}

impl Assembled {
    /// Of each coordinate Γ `[p, p]`: with functions changed by δ there and nowhere else, Σ of the squared norms of what
    /// the columns of C `[p, states]` make of the products changes by Σ Γₕₖ ⟨δₕ, δₖ⟩. `outer` is C Cᵀ, for products of
    /// norm 1.
    pub fn neighbourhoods(&self, outer: &Matrix<f64>) -> Vec<Matrix<f64>> {
        let mut behind = outer.clone();
        let mut all: Vec<_> = (self.shares.iter().zip(&self.before.m).rev())
            .map(|(share, before)| {
                let others = product(before, &behind);
                behind = product(&behind, share.factor(None));
                let entry = |i: usize, j: usize| others[(i, j)] / (share.norms[i] * share.norms[j]);
                Matrix::from_fn(others.rows(), others.cols(), entry)
            })
            .collect();
        all.reverse();
        all
    }

    /// The norms of the products `[p]`, by which H and M are divided.
    pub fn norms(&self) -> Vec<f64> {
        (0..self.shares[0].norms.len()).map(|h| self.shares.iter().map(|share| share.norms[h]).product()).collect()
    }
}

impl Share {
    fn factor(&self, place: Option<usize>) -> &Matrix<f64> {
        &self.matrices[place.unwrap_or(self.matrices.len() - 1)]
    }
}

fn product(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] * b[(i, j)])
}

/// out += c a ∘ b
fn add_product(out: &mut Matrix<f64>, c: f64, a: &Matrix<f64>, b: &Matrix<f64>) {
    let pairs = a.as_slice().iter().zip(b.as_slice());
    out.as_mut_slice().iter_mut().zip(pairs).for_each(|(out, (a, b))| *out += c * a * b);
}
