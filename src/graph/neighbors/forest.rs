//! Trees that halve points by random planes (Dasgupta and Freund, 2008): whoever shares a leaf is likely to be near.

use rayon::prelude::*;

use crate::kernels::reduce::dot;
use crate::linalg::Matrix;
use crate::rng::Stream;
use crate::{Scalar, Seed};

/// The most points of a leaf.
const LEAF: usize = 32;

/// Some such trees over the same points.
#[derive(Debug)]
pub(crate) struct Forest<T> {
    trees: Vec<Tree<T>>,
}

#[derive(Debug)]
struct Tree<T> {
    nodes: Vec<Node>,
    /// The plane of each inner node: its normal, then its offset.
    planes: Vec<T>,
    /// The points, leaf by leaf.
    order: Vec<u32>,
    /// The leaf that each point is in.
    leaves: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    /// The first half is the next node.
    Halves {
        plane: usize,
        second: usize,
    },
    Leaf {
        start: usize,
        end: usize,
    },
}

impl<T: Scalar> Forest<T> {
    pub fn new(points: &Matrix<T>, count: usize, seed: Seed) -> Self {
        let grow = |tree: usize| Tree::new(points, seed.numbered(tree as u64).into_stream());
        Forest { trees: (0..count).into_par_iter().map(grow).collect() }
    }

    /// The points that share a leaf with point `i`, itself among them, some more than once.
    pub fn beside(&self, i: u32, out: &mut Vec<u32>) {
        for tree in &self.trees {
            out.extend_from_slice(tree.leaf(tree.leaves[i as usize] as usize));
        }
    }

    /// The points of the leaves that `point` falls into, some more than once.
    pub fn around(&self, point: &[T], out: &mut Vec<u32>) {
        for tree in &self.trees {
            let mut node = 0;
            while let Node::Halves { plane, second } = tree.nodes[node] {
                node = if tree.is_beyond(plane, point) { second } else { node + 1 };
            }
            out.extend_from_slice(tree.leaf(node));
        }
    }
}

impl<T: Scalar> Tree<T> {
    fn new(points: &Matrix<T>, mut stream: Stream) -> Self {
        let order: Vec<u32> = (0..points.rows() as u32).collect();
        let leaves = vec![0; points.rows()];
        let mut tree = Tree { nodes: Vec::new(), planes: Vec::new(), order, leaves };
        // Second halves wait here with the node that has to know where they begin.
        let mut open = vec![(0, points.rows(), None)];
        while let Some((start, end, parent)) = open.pop() {
            let own = tree.nodes.len();
            if let Some(parent) = parent
                && let Node::Halves { second, .. } = &mut tree.nodes[parent]
            {
                *second = own;
            }
            if end - start <= LEAF {
                tree.order[start..end].iter().for_each(|&i| tree.leaves[i as usize] = own as u32);
                tree.nodes.push(Node::Leaf { start, end });
                continue;
            }
            let (plane, middle) = tree.halve(points, start, end, &mut stream);
            tree.nodes.push(Node::Halves { plane, second: 0 });
            open.push((middle, end, Some(own)));
            open.push((start, middle, None));
        }
        tree
    }

    /// Parts some points by the plane between two of them; by their number, where that would leave one side nearly empty.
    fn halve(&mut self, points: &Matrix<T>, start: usize, end: usize, stream: &mut Stream) -> (usize, usize) {
        let mut draw = || points.row(self.order[start + stream.below(end - start)] as usize);
        let (a, b) = (draw(), draw());
        let plane = self.planes.len();
        let half = T::of(0.5);
        self.planes.extend(a.iter().zip(b).map(|(&a, &b)| b - a));
        let offset = a.iter().zip(b).fold(T::zero(), |sum, (&a, &b)| sum + half * (b - a) * (a + b));
        self.planes.push(offset);
        let own = self.order[start..end].to_vec();
        let (beyond, before): (Vec<u32>, Vec<u32>) =
            own.iter().partition(|&&i| self.is_beyond(plane, points.row(i as usize)));
        let least = (end - start) / 32;
        if beyond.len().min(before.len()) <= least {
            return (plane, start + (end - start) / 2);
        }
        self.order[start..start + before.len()].copy_from_slice(&before);
        self.order[start + before.len()..end].copy_from_slice(&beyond);
        (plane, start + before.len())
    }

    fn is_beyond(&self, plane: usize, point: &[T]) -> bool {
        let (normal, rest) = self.planes[plane..].split_at(point.len());
        dot(normal, point) > rest[0]
    }

    fn leaf(&self, node: usize) -> &[u32] {
        match self.nodes[node] {
            Node::Leaf { start, end } => &self.order[start..end],
            Node::Halves { .. } => &[],
        }
    }
}
