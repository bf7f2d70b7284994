//! Which unknowns to eliminate first, so that little fills in.

use super::Csr;
use crate::Scalar;
use crate::error::Error;

/// No node.
const NONE: u32 = u32::MAX;

/// The approximate minimum degree ordering of a symmetric matrix (Amestoy, Davis and Duff, 1996): at every step the
/// unknown is eliminated that is coupled to about the fewest others. Unknown `order[i]` is the i-th to be eliminated.
///
/// The graph of what is left is kept as a quotient graph: an eliminated unknown stays as an *element*, the list of
/// unknowns it coupled, so that the storage never grows beyond that of the factor. Unknowns with the same neighbours
/// are treated as one, elements inside another vanish. Rows denser than `10 √n` go last.
///
/// The pattern counts, not the values; an entry counts for its mirror image too.
///
/// # Errors
/// [`Error::Shape`] if the matrix is not square.
pub fn minimum_degree<T: Scalar>(a: &Csr<T>) -> Result<Vec<usize>, Error> {
    Ok(order(&symmetric_pattern("minimum_degree", a)?))
}

/// A small matrix of positive entries with the pattern of `A + Aᵀ`: whether entries cancel does not count.
pub(super) fn symmetric_pattern<T: Scalar>(operation: &'static str, a: &Csr<T>) -> Result<Csr<f32>, Error> {
    a.check_square(operation)?;
    let (width, pointers, indices) = (a.width, a.pointers.clone(), a.indices.clone());
    let pattern = Csr { width, pointers, indices, values: vec![1.0; a.nnz()] };
    pattern.add(&pattern.transpose())
}

/// [`minimum_degree`] of a symmetric pattern.
pub(super) fn order<T: Scalar>(pattern: &Csr<T>) -> Vec<usize> {
    let n = pattern.rows();
    let mut graph = Quotient::new(pattern);
    let mut target = 0;
    while graph.eliminated < n {
        while graph.head[target] == NONE {
            target += 1;
        }
        target = graph.eliminate(graph.head[target], target);
    }
    graph.order()
}

/// The graph of what is left to eliminate.
struct Quotient {
    n: usize,
    /// All lists, one after another; that of node i is `lists[start[i]..][..length[i]]`. Of an unknown these are its
    /// elements (`elements[i]` of them), then its neighbours; of an element its unknowns.
    lists: Vec<u32>,
    start: Vec<usize>,
    length: Vec<usize>,
    elements: Vec<usize>,
    /// How many unknowns a node stands for; 0 once merged into another, negative while it is in the pivot's element.
    weight: Vec<i32>,
    /// About how many other unknowns it is coupled to; of an element: how many unknowns it has.
    degree: Vec<usize>,
    /// Marks, valid if not below `stamp`; of a live element `stamp` plus its unknowns outside the pivot's element.
    mark: Vec<usize>,
    stamp: usize,
    /// Whether an element was absorbed by another.
    absorbed: Vec<bool>,
    /// Unknowns of a degree, as doubly linked lists.
    head: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Unknowns merged into a node, as a linked list from the node itself to `last`.
    follower: Vec<u32>,
    last: Vec<u32>,
    pivots: Vec<u32>,
    eliminated: usize,
}

impl Quotient {
    /// The graph of a symmetric pattern.
    fn new<T: Scalar>(pattern: &Csr<T>) -> Self {
        let n = pattern.rows();
        let neighbours = |i: usize| pattern.row(i).0.iter().copied().filter(move |&j| j as usize != i);
        let degree: Vec<usize> = (0..n).map(|i| neighbours(i).count()).collect();
        let dense = 16.max((10.0 * (n as f64).sqrt()) as usize);
        let mut graph = Quotient {
            n,
            lists: Vec::with_capacity(pattern.nnz() + pattern.nnz() / 2),
            start: Vec::with_capacity(n),
            length: Vec::with_capacity(n),
            elements: vec![0; n],
            weight: vec![1; n],
            mark: vec![0; n],
            stamp: 1,
            absorbed: vec![false; n],
            head: vec![NONE; n + 1],
            next: vec![NONE; n],
            previous: vec![NONE; n],
            follower: vec![NONE; n],
            last: (0..n as u32).collect(),
            pivots: Vec::with_capacity(n),
            eliminated: 0,
            degree: Vec::new(),
        };
        let is_dense = |i: usize| degree[i] > dense;
        for i in 0..n {
            graph.start.push(graph.lists.len());
            if !is_dense(i) {
                graph.lists.extend(neighbours(i).filter(|&j| !is_dense(j as usize)));
            }
            graph.length.push(graph.lists.len() - graph.start[i]);
        }
        graph.degree = graph.length.clone();
        let mut postponed = Vec::new();
        for i in (0..n).rev() {
            if is_dense(i) {
                graph.weight[i] = 0;
                graph.eliminated += 1;
                postponed.push(i as u32);
            } else {
                graph.insert(i as u32);
            }
        }
        // The dense ones follow the very last pivot; `order` reads them from `head[n]`, which no degree uses.
        for i in postponed {
            graph.next[i as usize] = graph.head[n];
            graph.head[n] = i;
        }
        graph
    }

    fn insert(&mut self, i: u32) {
        let degree = self.degree[i as usize];
        let first = self.head[degree];
        self.next[i as usize] = first;
        self.previous[i as usize] = NONE;
        if first != NONE {
            self.previous[first as usize] = i;
        }
        self.head[degree] = i;
    }

    fn remove(&mut self, i: u32) {
        let (before, after) = (self.previous[i as usize], self.next[i as usize]);
        if after != NONE {
            self.previous[after as usize] = before;
        }
        match before {
            NONE => self.head[self.degree[i as usize]] = after,
            _ => self.next[before as usize] = after,
        }
    }

    /// Puts the unknowns that `j` stands for behind those of `i`.
    fn merge(&mut self, i: u32, j: u32) {
        self.follower[self.last[i as usize] as usize] = j;
        self.last[i as usize] = self.last[j as usize];
        self.weight[j as usize] = 0;
    }

    /// Eliminates `pivot`, one of the least `degree`, and returns a lower bound of the next least degree.
    fn eliminate(&mut self, pivot: u32, degree: usize) -> usize {
        let p = pivot as usize;
        self.remove(pivot);
        self.pivots.push(pivot);
        let mut pivot_weight = self.weight[p];
        let begin = self.lists.len();
        let mut size = self.gather(p);
        let end = self.lists.len();

        // How much of every element lies outside the pivot's: mark[e] = stamp + |e \ p|.
        self.advance_stamp();
        for at in begin..end {
            let i = self.lists[at] as usize;
            let weight = (-self.weight[i]) as usize;
            for &e in &self.lists[self.start[i]..][..self.elements[i]] {
                let e = e as usize;
                if self.absorbed[e] {
                    continue;
                }
                if self.mark[e] < self.stamp {
                    self.mark[e] = self.stamp + self.degree[e];
                }
                self.mark[e] -= weight;
            }
        }

        let mut keys: Vec<(u64, u32)> = Vec::with_capacity(end - begin);
        for at in begin..end {
            let i = self.lists[at];
            match self.update(i, pivot) {
                Some(key) => keys.push((key, i)),
                None => {
                    // Coupled to nothing but the pivot's element: eliminated with it.
                    let weight = -self.weight[i as usize];
                    pivot_weight += weight;
                    size -= weight as usize;
                    self.merge(pivot, i);
                }
            }
        }
        self.merge_indistinguishable(&mut keys);

        self.eliminated += pivot_weight as usize;
        let mut least = degree;
        let left = self.n - self.eliminated;
        let mut kept = begin;
        for at in begin..end {
            let i = self.lists[at] as usize;
            if self.weight[i] == 0 {
                continue;
            }
            self.weight[i] = -self.weight[i];
            let weight = self.weight[i] as usize;
            self.degree[i] = (self.degree[i] + size - weight).min(left.saturating_sub(weight));
            least = least.min(self.degree[i]);
            self.insert(i as u32);
            self.lists[kept] = i as u32;
            kept += 1;
        }
        self.lists.truncate(kept);
        (self.start[p], self.length[p], self.elements[p]) = (begin, kept - begin, 0);
        self.degree[p] = size;
        self.absorbed[p] = kept == begin;
        self.weight[p] = 0;
        least
    }

    /// Appends the unknowns of the new element `p` to the lists, takes them out of the degree lists and negates their
    /// weights, whose sum it returns; the elements they came from are absorbed.
    fn gather(&mut self, p: usize) -> usize {
        let mut size = 0;
        let mut take = |graph: &mut Self, i: u32| {
            let weight = graph.weight[i as usize];
            if weight > 0 {
                size += weight as usize;
                graph.weight[i as usize] = -weight;
                graph.remove(i);
                graph.lists.push(i);
            }
        };
        self.weight[p] = 0;
        for at in self.start[p]..self.start[p] + self.length[p] {
            let node = self.lists[at];
            if at - self.start[p] >= self.elements[p] {
                take(self, node);
            } else if !self.absorbed[node as usize] {
                let e = node as usize;
                for from in self.start[e]..self.start[e] + self.length[e] {
                    take(self, self.lists[from]);
                }
                self.absorbed[e] = true;
            }
        }
        size
    }

    /// Renews the list of `i` after `pivot`, one of its neighbours, became an element: `degree[i]` is then what it is
    /// coupled to outside that element. A key that equal lists share, or `None` if the list is empty but for the pivot.
    fn update(&mut self, i: u32, pivot: u32) -> Option<u64> {
        let i = i as usize;
        let (start, elements, length) = (self.start[i], self.elements[i], self.length[i]);
        let (mut write, mut degree, mut key) = (start, 0, u64::from(pivot));
        for at in start..start + elements {
            let e = self.lists[at];
            if self.absorbed[e as usize] {
                continue;
            }
            let outside = self.mark[e as usize] - self.stamp;
            if outside == 0 {
                self.absorbed[e as usize] = true;
                continue;
            }
            degree += outside;
            key += u64::from(e);
            self.lists[write] = e;
            write += 1;
        }
        let kept_elements = write - start;
        for at in start + elements..start + length {
            let j = self.lists[at];
            let weight = self.weight[j as usize];
            if weight > 0 {
                degree += weight as usize;
                key += u64::from(j);
                self.lists[write] = j;
                write += 1;
            }
        }
        if degree == 0 {
            return None;
        }
        // The pivot comes first; what it displaces moves to the end of its part. There is room: the pivot, or an
        // element it absorbed, has left the list.
        if write > start {
            self.lists[write] = self.lists[start + kept_elements];
            self.lists[start + kept_elements] = self.lists[start];
        }
        self.lists[start] = pivot;
        self.elements[i] = kept_elements + 1;
        self.length[i] = write + 1 - start;
        self.degree[i] = self.degree[i].min(degree);
        Some(key)
    }

    /// Merges unknowns with equal lists among those with equal keys.
    fn merge_indistinguishable(&mut self, keys: &mut [(u64, u32)]) {
        keys.sort_unstable();
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            for (at, &(_, i)) in group.iter().enumerate() {
                let rest = &group[at + 1..];
                if self.weight[i as usize] == 0 || rest.is_empty() {
                    continue;
                }
                self.advance_stamp();
                let own = self.start[i as usize]..self.start[i as usize] + self.length[i as usize];
                for at in own {
                    self.mark[self.lists[at] as usize] = self.stamp;
                }
                for &(_, j) in rest {
                    let same = self.weight[j as usize] != 0
                        && self.length[j as usize] == self.length[i as usize]
                        && self.elements[j as usize] == self.elements[i as usize]
                        && self.lists[self.start[j as usize]..][..self.length[j as usize]]
                            .iter()
                            .all(|&node| self.mark[node as usize] == self.stamp);
                    if same {
                        self.weight[i as usize] += self.weight[j as usize];
                        self.merge(i, j);
                    }
                }
            }
        }
    }

    /// Invalidates all marks, none of which is beyond the stamp by more than n.
    fn advance_stamp(&mut self) {
        self.stamp += self.n + 1;
    }

    fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.n);
        for &pivot in &self.pivots {
            let mut at = pivot;
            while at != NONE {
                order.push(at as usize);
                at = self.follower[at as usize];
            }
        }
        let mut at = self.head[self.n];
        while at != NONE {
            order.push(at as usize);
            at = self.next[at as usize];
        }
        order
    }
}
