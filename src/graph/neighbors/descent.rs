//! Neighbours that are likely the nearest: of a neighbour's neighbours many are one's own (Dong, Moses and Li, 2011).
//!
//! A round looks at what the round before has left, for each point apart: threads do not matter. New points walk the graph of
//! neighbours towards themselves.

use rayon::prelude::*;

use super::forest::Forest;
use super::nearest::{Candidate, Collector};
use crate::kernels::distances::gathered_squared_distances;
use crate::linalg::Matrix;
use crate::{Scalar, Seed};

/// Neighbours that the graph knows of each point, and the fewest that a walk keeps in sight.
const KNOWN: usize = 32;
const IN_SIGHT: usize = 48;
/// Of these, the nearest that others are asked about in a round, and as many of those whose neighbour one is.
const ASKED: usize = 16;
const TREES: usize = 8;
const MOST_ROUNDS: usize = 10;
/// The fewest points that share the memory of a walk, which grows with all of them.
const POINTS_PER_WALK: usize = 1024;
/// Rounds end when less than this share of the neighbours is new.
const SETTLED: f64 = 1e-3;

/// The graph of likely neighbours.
#[derive(Debug)]
pub(crate) struct Descent<T> {
    forest: Forest<T>,
    /// `[points, known]`
    neighbors: Vec<u32>,
    known: usize,
}

/// Memory of a walk.
#[derive(Debug, Default)]
pub(crate) struct Walk<T> {
    /// When a point was last met.
    met: Vec<u32>,
    time: u32,
    ring: Vec<u32>,
    distances: Vec<T>,
    /// The nearest so far in order, and whether their neighbours have been looked at.
    sight: Vec<(Candidate<T>, bool)>,
}

/// The likely neighbours of a point, nearest first, and whether they were found in the last round.
type List<T> = Vec<(Candidate<T>, bool)>;

impl<T: Scalar> Descent<T> {
    #[inline(never)]
    pub fn new(points: &Matrix<T>, seed: Seed) -> Self {
        let n = points.rows();
        let known = KNOWN.min(n - 1);
        let forest = Forest::new(points, TREES, seed);
        let mut lists: Vec<List<T>> = (0..n as u32)
            .into_par_iter()
            .with_min_len(POINTS_PER_WALK)
            .map_init(Walk::default, |walk, i| {
                walk.begin(n, known);
                forest.beside(i, &mut walk.ring);
                walk.improve(points, i, known)
            })
            .collect();
        for _ in 0..MOST_ROUNDS {
            let beside = reversed(&lists, ASKED);
            let next: Vec<List<T>> = (0..n as u32)
                .into_par_iter()
                .with_min_len(POINTS_PER_WALK)
                .map_init(Walk::default, |walk, i| {
                    let own = &lists[i as usize];
                    walk.begin(n, known);
                    walk.know(own);
                    let both = own
                        .iter()
                        .take(ASKED)
                        .map(|(c, new)| (c.index, *new))
                        .chain(beside[i as usize].iter().copied());
                    for (j, new) in both {
                        // Two that have known each other have met before.
                        let theirs = lists[j as usize].iter().filter(|(_, theirs)| new || *theirs);
                        walk.ring.extend(theirs.map(|(c, _)| c.index));
                        walk.ring.push(j);
                    }
                    walk.improve(points, i, known)
                })
                .collect();
            lists = next;
            let new = lists.iter().flatten().filter(|(_, new)| *new).count();
            if new as f64 <= SETTLED * (n * known) as f64 {
                break;
            }
        }
        // Few points, or many copies, may have found fewer: they know themselves instead.
        let row = |(i, list): (usize, &List<T>)| {
            let found: Vec<u32> = list.iter().map(|(c, _)| c.index).collect();
            (0..known).map(move |k| found.get(k).copied().unwrap_or(i as u32)).collect::<Vec<u32>>()
        };
        let neighbors = lists.iter().enumerate().flat_map(row).collect();
        Descent { forest, neighbors, known }
    }

    fn of(&self, i: u32) -> &[u32] {
        &self.neighbors[i as usize * self.known..(i as usize + 1) * self.known]
    }

    /// Offers the likely nearest to `point`, all but number `except`, which is where the walk starts if there is one.
    pub fn search(
        &self,
        points: &Matrix<T>,
        point: &[T],
        except: Option<u32>,
        wanted: usize,
        walk: &mut Walk<T>,
        found: &mut impl Collector<T>,
    ) {
        let most = IN_SIGHT.max(wanted + wanted / 2);
        walk.begin(points.rows(), most);
        // Of few the graph itself is what would be found.
        let known = wanted <= self.known;
        match except {
            Some(i) => {
                walk.ring.extend_from_slice(self.of(i));
                if !known {
                    self.forest.beside(i, &mut walk.ring);
                }
            }
            None => self.forest.around(point, &mut walk.ring),
        }
        walk.look(points, point, except, most);
        if known && except.is_some() {
            walk.sight.iter_mut().for_each(|(_, seen)| *seen = true);
        }
        while let Some(next) = walk.sight.iter().position(|(_, seen)| !seen) {
            walk.sight[next].1 = true;
            let index = walk.sight[next].0.index;
            walk.ring.extend_from_slice(self.of(index));
            walk.look(points, point, except, most);
        }
        if walk.sight.len() < wanted {
            // The graph hangs together too little to reach so many: all points are looked at.
            walk.begin(points.rows(), most);
            walk.ring.extend(0..points.rows() as u32);
            walk.look(points, point, except, most);
        }
        walk.sight.drain(..).take(wanted).for_each(|(candidate, _)| found.offer(candidate));
    }
}

impl<T: Scalar> Walk<T> {
    fn begin(&mut self, points: usize, most: usize) {
        self.met.resize(points, 0);
        if self.time == u32::MAX {
            self.met.fill(0);
            self.time = 0;
        }
        self.time += 1;
        self.ring.clear();
        self.sight.clear();
        self.sight.reserve(most + 1);
    }

    /// Takes a list into sight, whose points are not met again.
    fn know(&mut self, list: &List<T>) {
        list.iter().for_each(|(candidate, _)| self.met[candidate.index as usize] = self.time);
        self.sight.extend(list.iter().map(|(candidate, _)| (*candidate, true)));
    }

    /// The nearest of those in sight and in the ring, others than the point itself.
    fn improve(&mut self, points: &Matrix<T>, i: u32, count: usize) -> List<T> {
        self.look(points, points.row(i as usize), Some(i), count);
        self.sight.iter().map(|&(candidate, known)| (candidate, !known)).collect()
    }

    /// Takes those of the ring into sight that are nearer than the farthest there.
    fn look(&mut self, points: &Matrix<T>, point: &[T], except: Option<u32>, most: usize) {
        let Walk { met, time, ring, distances, sight } = self;
        ring.retain(|&i| std::mem::replace(&mut met[i as usize], *time) != *time && Some(i) != except);
        distances.resize(ring.len(), T::zero());
        gathered_squared_distances(points.as_slice(), ring, point, distances);
        for (&index, &distance) in ring.iter().zip(&*distances) {
            let candidate = Candidate { distance, index };
            if sight.len() == most && sight.last().is_some_and(|(farthest, _)| candidate >= *farthest) {
                continue;
            }
            let place = sight.partition_point(|(other, _)| *other < candidate);
            sight.insert(place, (candidate, false));
            sight.truncate(most);
        }
        ring.clear();
    }
}

/// For each point those whose neighbour it is, up to so many, the first in number.
fn reversed<T: Scalar>(lists: &[List<T>], most: usize) -> Vec<Vec<(u32, bool)>> {
    let mut out: Vec<Vec<(u32, bool)>> = vec![Vec::new(); lists.len()];
    for (i, list) in lists.iter().enumerate() {
        for (candidate, new) in list {
            let of = &mut out[candidate.index as usize];
            if of.len() < most {
                of.push((i as u32, *new));
            }
        }
    }
    out
}
