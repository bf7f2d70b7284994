//! A k-d tree (Bentley 1975; Friedman, Bentley and Finkel 1977): boxes split at the median of their longest side.

use std::cmp::Ordering;
use std::ops::Range;

use super::nearest::{Candidate, Collector};
use crate::Scalar;
use crate::kernels::distances::squared_distances;
use crate::linalg::Matrix;

/// Most points of a leaf: few vector registers hold their distances.
const LEAF: usize = 32;

/// A box and what is in it.
#[derive(Debug)]
struct Node {
    /// Its points, in the order of the tree.
    start: usize,
    end: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The first half follows the node, the second stands there.
    Halves { second: usize },
    /// Where its points start, a row for each coordinate.
    Leaf { block: usize },
    /// Where the one point starts that all are, the first in number first.
    Copies { block: usize },
}

/// A tree over the rows of a matrix.
#[derive(Debug)]
pub(crate) struct KdTree<T> {
    dimension: usize,
    nodes: Vec<Node>,
    /// Lower and upper corner of each node's box.
    corners: Vec<T>,
    /// The number of each point, in the order of the tree.
    order: Vec<u32>,
    /// Coordinates of the leaves' points.
    blocks: Vec<T>,
    /// Slightly below 1: makes up for rounding in distances to boxes.
    shrink: T,
}

/// Room for a search.
#[derive(Debug)]
pub(crate) struct Space<T> {
    open: Vec<(usize, T)>,
    distances: [T; LEAF],
}

impl<T: Scalar> Default for Space<T> {
    fn default() -> Self {
        Space { open: Vec::new(), distances: [T::zero(); LEAF] }
    }
}

impl<T: Scalar> KdTree<T> {
    #[inline(never)]
    pub fn new(points: &Matrix<T>) -> Self {
        let mut tree = KdTree {
            dimension: points.cols(),
            nodes: Vec::new(),
            corners: Vec::new(),
            order: (0..points.rows() as u32).collect(),
            blocks: Vec::with_capacity(points.rows() * points.cols()),
            shrink: T::one() - T::of(4.0 * (points.cols() + 2) as f64) * T::EPSILON,
        };
        // Halves that still have to be made, and the node that waits for the place of its second.
        let mut open: Vec<(usize, usize, Option<usize>)> = vec![(0, points.rows(), None)];
        while let Some((start, end, parent)) = open.pop() {
            let own = tree.nodes.len();
            if let Some(parent) = parent {
                tree.nodes[parent].content = Content::Halves { second: own };
            }
            let content = match tree.enclose(points, start, end) {
                None => {
                    tree.order[start..end].sort_unstable();
                    Content::Copies { block: tree.store(points, start..start + 1) }
                }
                Some(_) if end - start <= LEAF => Content::Leaf { block: tree.store(points, start..end) },
                Some(axis) => {
                    let middle = start + (end - start) / 2;
                    tree.split(points, axis, start..end, middle - start);
                    open.push((middle, end, Some(own)));
                    open.push((start, middle, None));
                    // Set when the second is made.
                    Content::Halves { second: own }
                }
            };
            tree.nodes.push(Node { start, end, content });
        }
        tree
    }

    /// Adds the box around some points, and returns its longest side, or none if they are one point.
    fn enclose(&mut self, points: &Matrix<T>, start: usize, end: usize) -> Option<usize> {
        let at = self.corners.len();
        let first = points.row(self.order[start] as usize);
        self.corners.extend_from_slice(first);
        self.corners.extend_from_slice(first);
        let (low, high) = self.corners[at..].split_at_mut(self.dimension);
        for &i in &self.order[start..end] {
            for ((low, high), &x) in low.iter_mut().zip(&mut *high).zip(points.row(i as usize)) {
                *low = low.min(x);
                *high = high.max(x);
            }
        }
        let mut longest = (None, T::zero());
        for (axis, (&low, &high)) in low.iter().zip(&*high).enumerate() {
            if high > low && (longest.0.is_none() || high - low > longest.1) {
                longest = (Some(axis), high - low);
            }
        }
        longest.0
    }

    /// Puts the `middle` smallest along an axis first. Equal ones go by their number.
    fn split(&mut self, points: &Matrix<T>, axis: usize, range: Range<usize>, middle: usize) {
        let along = |&i: &u32| points.row(i as usize)[axis];
        self.order[range].select_nth_unstable_by(middle, |a, b| {
            along(a).partial_cmp(&along(b)).unwrap_or(Ordering::Equal).then(a.cmp(b))
        });
    }

    /// Copies some points, a row for each coordinate.
    fn store(&mut self, points: &Matrix<T>, range: Range<usize>) -> usize {
        let block = self.blocks.len();
        for axis in 0..self.dimension {
            self.blocks.extend(self.order[range.clone()].iter().map(|&i| points.row(i as usize)[axis]));
        }
        block
    }

    /// The points in the order of the tree: neighbours in it are neighbours in space.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Offers every point that may be wanted, all but number `except`, with its squared distance.
    pub fn search(&self, point: &[T], except: Option<u32>, space: &mut Space<T>, found: &mut impl Collector<T>) {
        let Space { open, distances } = space;
        open.clear();
        open.push((0, T::zero()));
        while let Some((number, bound)) = open.pop() {
            if bound > found.reach() {
                continue;
            }
            let node = &self.nodes[number];
            let (block, own, width) = match node.content {
                Content::Halves { second } => {
                    let mut halves = [number + 1, second].map(|half| (half, self.distance_to_box(half, point)));
                    if halves[0].1 < halves[1].1 {
                        halves.reverse();
                    }
                    open.extend(halves);
                    continue;
                }
                Content::Leaf { block } => (block, &self.order[node.start..node.end], node.end - node.start),
                Content::Copies { block } => {
                    // One more, for one of them may be left out.
                    let wanted = (node.end - node.start).min(found.copies().saturating_add(1));
                    (block, &self.order[node.start..node.start + wanted], 1)
                }
            };
            let distances = &mut distances[..width];
            squared_distances(&self.blocks[block..block + width * self.dimension], point, distances);
            for (i, &index) in own.iter().enumerate() {
                let distance = distances[i.min(width - 1)];
                if distance <= found.reach() && Some(index) != except {
                    found.offer(Candidate { distance, index });
                }
            }
        }
    }

    /// No point of the box is nearer than this.
    fn distance_to_box(&self, node: usize, point: &[T]) -> T {
        let (low, high) = self.corners[2 * self.dimension * node..][..2 * self.dimension].split_at(self.dimension);
        let mut sum = T::zero();
        for ((&low, &high), &x) in low.iter().zip(high).zip(point) {
            let outside = (low - x).max(x - high).max(T::zero());
            sum += outside * outside;
        }
        sum * self.shrink
    }
}
