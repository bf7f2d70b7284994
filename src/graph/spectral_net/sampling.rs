//! The batches that a SpectralNet is trained on.

use rayon::prelude::*;

use super::part::Part;
use crate::Scalar;
use crate::kernels::gather::gather;
use crate::kernels::reduce;
use crate::rng::Stream;

/// How a batch is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// Edges in proportion to their weights, and points apart from these: in proportion to their degrees, or uniformly
    /// for the unnormalised Laplacian. However thin the graph, each batch is full of edges.
    Edges {
        /// Edges of a batch.
        edges: usize,
        /// Points of a batch.
        nodes: usize,
    },
    /// Points uniformly, none twice, with the edges that happen to lie between them (Shaham et al., 2018).
    Points {
        /// Points of a batch.
        batch: usize,
    },
}

impl Sampling {
    /// Points that go through the network.
    pub(super) fn rows(self) -> usize {
        match self {
            Sampling::Edges { edges, nodes } => edges.saturating_mul(2).saturating_add(nodes),
            Sampling::Points { batch } => batch,
        }
    }
}

/// Points, edges between them by their places, and weights: what a step is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch<T> {
    pub points: Vec<T>,
    pub node_weights: Vec<T>,
    pub ends: [Vec<T>; 2],
    pub edge_weights: Vec<T>,
    /// In place of the edges, where most pairs of points are one: D/2 − U of the batch, `[points, points]`, U its weights
    /// behind the diagonal.
    pub half_laplacian: Vec<T>,
}

/// Whether most pairs of points of a batch are edges.
pub(super) fn is_dense<T: Scalar>(sampling: Sampling, part: &Part<T>) -> bool {
    matches!(sampling, Sampling::Points { .. }) && part.weights.nnz() / part.len() >= part.len() / 2
}

/// Draws batches, in memory that it keeps.
#[derive(Debug, Clone)]
pub(super) struct Sampler<T> {
    pub batch: Batch<T>,
    /// Σ dⱼ over j ≤ i.
    cumulative: Vec<f64>,
    /// All points, for a moment some of them first.
    order: Vec<u32>,
    swaps: Vec<u32>,
    /// A bit of each point, set if it is in the batch.
    marks: Vec<u64>,
    /// The points of the batch, ascending: their rows and what these hold are read from front to back.
    drawn: Vec<u32>,
    /// Where each point stands in the batch.
    places: Vec<u32>,
    /// What the weights of each point lack.
    lacking: Vec<Lacking>,
    /// A row of weights.
    spread: Vec<T>,
    /// What the points of the batch weigh with those before them.
    masses: Vec<T>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacking {
    Nothing,
    Itself,
    Others,
}

const NONE: u32 = u32::MAX;
/// Rows of a Laplacian that are worth a thread.
const ROWS: usize = 64;

/// What the weights of point `i` lack of all: nothing, itself, or others.
fn lacking<T: Scalar>(part: &Part<T>, i: usize) -> Lacking {
    let others = part.weights.row(i).0;
    let before = |&j: &u32| j + 1 == i as u32;
    let after = |&j: &u32| j == i as u32 + 1;
    match part.len() - others.len() {
        0 => Lacking::Nothing,
        1 if !others.is_empty() && others[..i].last().is_none_or(before) && others.get(i).is_none_or(after) => {
            Lacking::Itself
        }
        _ => Lacking::Others,
    }
}

impl<T: Scalar> Sampler<T> {
    #[inline(never)]
    pub fn new(part: &Part<T>) -> Self {
        let mut sum = 0.0;
        let add = |&d: &T| {
            sum += d.to_f64();
            sum
        };
        Sampler {
            batch: Batch {
                points: Vec::new(),
                node_weights: Vec::new(),
                ends: Default::default(),
                edge_weights: Vec::new(),
                half_laplacian: Vec::new(),
            },
            cumulative: part.degrees.iter().map(add).collect(),
            order: (0..part.len() as u32).collect(),
            swaps: Vec::new(),
            marks: Vec::new(),
            drawn: Vec::new(),
            places: vec![NONE; part.len()],
            lacking: (0..part.len()).map(|i| lacking(part, i)).collect(),
            spread: Vec::new(),
            masses: Vec::new(),
        }
    }

    /// Fills the batch.
    pub fn draw(&mut self, sampling: Sampling, part: &Part<T>, stream: &mut Stream) {
        self.clear();
        match sampling {
            Sampling::Edges { edges, nodes } => self.draw_edges(edges, nodes, part, stream),
            Sampling::Points { batch } => {
                self.draw_points(batch, part, stream);
                if is_dense(sampling, part) {
                    self.fill_half_laplacian(batch, part);
                } else {
                    self.join(batch, part);
                }
                self.put_back();
            }
        }
    }

    /// Points alone, uniformly.
    pub fn draw_nodes(&mut self, batch: usize, part: &Part<T>, stream: &mut Stream) {
        self.clear();
        self.draw_points(batch, part, stream);
        self.put_back();
    }

    fn clear(&mut self) {
        let Batch { points, node_weights, ends: [first, second], edge_weights, .. } = &mut self.batch;
        [points, node_weights, first, second, edge_weights].into_iter().for_each(Vec::clear);
    }

    /// A point in proportion to its degree.
    fn by_degree(&self, stream: &mut Stream) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        // The largest number below the total, should the product be rounded up to it.
        let position = (stream.uniform::<f64>() * total).min(total * (1.0 - f64::EPSILON));
        self.cumulative.partition_point(|&sum| sum <= position)
    }

    fn draw_edges(&mut self, edges: usize, nodes: usize, part: &Part<T>, stream: &mut Stream) {
        for edge in 0..edges {
            // An end in proportion to its degree, and a neighbour of it by weight: each edge from both sides.
            let i = self.by_degree(stream);
            let (others, row) = part.weights.row(i);
            let mut left = stream.uniform::<f64>() * part.degrees[i].to_f64();
            let passed = |w: &T| {
                left -= Scalar::to_f64(*w);
                left < 0.0
            };
            let j = others[row.iter().position(passed).unwrap_or(row.len() - 1)] as usize;
            for (end, (place, point)) in self.batch.ends.iter_mut().zip([(2 * edge, i), (2 * edge + 1, j)]) {
                end.push(T::of(place as f64));
                self.batch.points.extend_from_slice(part.points.row(point));
            }
        }
        for _ in 0..nodes {
            let i = if part.normalized { self.by_degree(stream) } else { stream.below(part.len()) };
            self.batch.points.extend_from_slice(part.points.row(i));
        }
        // Σ w over all edges, each once, by how many there are here.
        let all = 0.5 * self.cumulative.last().copied().unwrap_or(0.0) / part.total.to_f64();
        self.batch.edge_weights.resize(edges, T::of(all / edges as f64));
        self.batch.node_weights.resize(2 * edges, T::zero());
        self.batch.node_weights.resize(2 * edges + nodes, T::of(1.0 / nodes as f64));
    }

    /// Brings `batch` points to the front, and them and their weights into the batch.
    fn draw_points(&mut self, batch: usize, part: &Part<T>, stream: &mut Stream) {
        let n = part.len();
        self.swaps.clear();
        self.marks.clear();
        self.marks.resize(n.div_ceil(64), 0);
        for place in 0..batch {
            let other = place + stream.below(n - place);
            self.order.swap(place, other);
            self.swaps.push(other as u32);
            let i = self.order[place];
            self.marks[i as usize / 64] |= 1 << (i % 64);
        }
        // Marks are in order already: sorting would take longer.
        self.drawn.clear();
        for (word, &marks) in self.marks.iter().enumerate() {
            let mut marks = marks;
            while marks != 0 {
                self.drawn.push(64 * word as u32 + marks.trailing_zeros());
                marks &= marks - 1;
            }
        }
        for (place, &i) in self.drawn.iter().enumerate() {
            self.places[i as usize] = place as u32;
            self.batch.points.extend_from_slice(part.points.row(i as usize));
        }
        let masses = self.drawn.iter().map(|&i| part.mass(i as usize));
        self.batch.node_weights.extend(masses);
        let sum = self.batch.node_weights.iter().fold(T::zero(), |sum, &mass| sum + mass);
        if sum > T::zero() {
            self.batch.node_weights.iter_mut().for_each(|mass| *mass /= sum);
        }
    }

    /// What an edge of a batch of points weighs in E, for its own weight 1.
    fn share(batch: usize, part: &Part<T>) -> T {
        let (n, m) = (part.len() as f64, batch as f64);
        T::of(n * (n - 1.0) / (m * (m - 1.0)).max(1.0)) / part.total
    }

    /// Half of the Laplacian of the points that were drawn: what a large graph costs is the memory that it is read from.
    fn fill_half_laplacian(&mut self, batch: usize, part: &Part<T>) {
        let share = Self::share(batch, part);
        let Sampler { batch: Batch { half_laplacian, .. }, drawn, lacking, spread, masses, .. } = self;
        half_laplacian.resize(batch * batch, T::zero());
        let (drawn, lacking) = (&drawn[..], &lacking[..]);
        // From a row that holds the weights with the points from number `first` on.
        let fill = |place: usize, row: &[T], first: u32, entries: &mut [T]| {
            let (before, behind) = entries.split_at_mut(place + 1);
            before.fill(T::zero());
            gather(row, first, &drawn[place + 1..], behind);
            behind.iter_mut().for_each(|entry| *entry *= -share);
        };
        if drawn.iter().all(|&i| lacking[i as usize] != Lacking::Others) {
            let entries = half_laplacian.par_chunks_exact_mut(batch).zip(drawn).enumerate().with_min_len(ROWS);
            entries.for_each(|(place, (entries, &i))| {
                let (i, row) = (i as usize, part.weights.row(i as usize).1);
                // They end the row, whether it has its own entry or not.
                fill(place, &row[row.len() + i + 1 - part.len()..], i as u32 + 1, entries);
            });
        } else {
            spread.resize(part.len(), T::zero());
            for ((place, &i), entries) in drawn.iter().enumerate().zip(half_laplacian.chunks_exact_mut(batch)) {
                // With zeros between them: a search for each pair would take longer.
                let (others, row) = part.weights.row(i as usize);
                spread.fill(T::zero());
                others.iter().zip(row).for_each(|(&j, &w)| spread[j as usize] = w);
                fill(place, spread, 0, entries);
            }
        }
        // Of each point the weights with those before it.
        masses.clear();
        masses.resize(batch, T::zero());
        for (place, entries) in half_laplacian.chunks_exact_mut(batch).enumerate() {
            let (before, behind) = entries.split_at_mut(place + 1);
            reduce::axpy(T::one(), behind, &mut masses[place + 1..]);
            before[place] = T::of(-0.5) * (masses[place] + reduce::sum(behind));
        }
    }

    /// The edges between the points that were drawn.
    fn join(&mut self, batch: usize, part: &Part<T>) {
        let share = Self::share(batch, part);
        let Batch { ends: [first, second], edge_weights, .. } = &mut self.batch;
        for (place, &i) in self.drawn.iter().enumerate() {
            let (others, row) = part.weights.row(i as usize);
            // Few are in the batch, and no processor foresees which: all are written, each over the one before unless that
            // is.
            let mut kept = edge_weights.len();
            second.resize(kept + others.len(), T::zero());
            edge_weights.resize(kept + others.len(), T::zero());
            for (&j, &w) in others.iter().zip(row) {
                let other = self.places[j as usize];
                second[kept] = T::of(f64::from(other));
                edge_weights[kept] = w * share;
                kept += usize::from(other != NONE && other > place as u32);
            }
            first.resize(kept, T::of(place as f64));
            second.truncate(kept);
            edge_weights.truncate(kept);
        }
        if self.batch.edge_weights.is_empty() {
            // A replay has at least one row of everything.
            self.batch.ends.iter_mut().for_each(|end| end.push(T::zero()));
            self.batch.edge_weights.push(T::zero());
        }
    }

    /// Back to the order from which each draw begins.
    fn put_back(&mut self) {
        for (place, &other) in self.swaps.iter().enumerate().rev() {
            self.places[self.order[place] as usize] = NONE;
            self.order.swap(place, other as usize);
        }
    }
}
