//! Neighbouring columns of `L` with (nearly) the same rows, taken together as one dense panel.

use super::Csr;
use super::elimination_tree::{ROOT, inverse};
use crate::Scalar;

/// The columns of `L` in groups, in postorder: every subtree is a contiguous range of groups.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Supernodes {
    /// Group s has the columns `starts[s]..starts[s + 1]`.
    pub starts: Vec<usize>,
    /// The rows below those columns are `rows[row_pointers[s]..row_pointers[s + 1]]`, ascending.
    pub row_pointers: Vec<usize>,
    pub rows: Vec<u32>,
    /// The group of the first row below, or `ROOT`.
    pub parents: Vec<u32>,
    /// The first group of the subtree of s.
    pub first: Vec<u32>,
    /// The panel `[width + rows below, width]` of group s begins at `panels[s]`.
    pub panels: Vec<usize>,
}

/// A group while groups are merged.
struct Group {
    start: usize,
    end: usize,
    /// Rows below.
    below: usize,
    /// Zeros among the entries of the panel's trapezoid.
    zeros: usize,
}

impl Group {
    fn merged(&self, above: &Group) -> Group {
        let width = self.end - self.start;
        let gained = (above.end - above.start + above.below).saturating_sub(self.below);
        Group {
            start: self.start,
            end: above.end,
            below: above.below,
            zeros: self.zeros + above.zeros + width * gained,
        }
    }

    /// Whether wider panels are worth their zeros (the thresholds are those of Chen, Davis, Hager and Rajamanickam,
    /// 2008, a little stricter).
    fn is_worthwhile(&self) -> bool {
        let width = self.end - self.start;
        let share = self.zeros as f64 / (width * (width + 1) / 2 + width * self.below) as f64;
        match width {
            0..=4 => share < 0.5,
            5..=16 => share < 0.25,
            17..=48 => share < 0.1,
            _ => share < 0.05,
        }
    }
}

impl Supernodes {
    /// Groups the columns of a factor with this elimination tree and these numbers of entries below the diagonal.
    pub fn new<T: Scalar>(a: &Csr<T>, permutation: &[usize], parents: &[u32], pointers: &[usize]) -> Self {
        let n = permutation.len();
        let place = inverse(permutation);
        let mut out = Supernodes { starts: partition(parents, pointers), row_pointers: vec![0], ..Self::default() };
        let count = out.starts.len() - 1;
        let mut group_of = vec![0_u32; n];
        for s in 0..count {
            group_of[out.starts[s]..out.starts[s + 1]].fill(s as u32);
        }
        let mut children = vec![Vec::new(); count];
        let mut seen = vec![ROOT; n];
        let mut offset = 0;
        for s in 0..count {
            let (start, end) = (out.starts[s], out.starts[s + 1]);
            let begin = out.rows.len();
            let mut take = |rows: &mut Vec<u32>, i: u32| {
                if i as usize >= end && seen[i as usize] != s as u32 {
                    seen[i as usize] = s as u32;
                    rows.push(i);
                }
            };
            for &row in &permutation[start..end] {
                a.row(row).0.iter().for_each(|&column| take(&mut out.rows, place[column as usize]));
            }
            let mut first = s as u32;
            for &child in &children[s] {
                let child: usize = child;
                first = first.min(out.first[child]);
                for at in out.row_pointers[child]..out.row_pointers[child + 1] {
                    let i = out.rows[at];
                    take(&mut out.rows, i);
                }
            }
            out.rows[begin..].sort_unstable();
            out.row_pointers.push(out.rows.len());
            out.first.push(first);
            let parent = out.rows.get(begin).map_or(ROOT, |&i| group_of[i as usize]);
            out.parents.push(parent);
            if parent != ROOT {
                children[parent as usize].push(s);
            }
            out.panels.push(offset);
            offset += (end - start) * (end - start + out.rows.len() - begin);
        }
        out.panels.push(offset);
        out
    }

    pub fn len(&self) -> usize {
        self.parents.len()
    }

    pub fn columns(&self, s: usize) -> std::ops::Range<usize> {
        self.starts[s]..self.starts[s + 1]
    }

    pub fn below(&self, s: usize) -> &[u32] {
        &self.rows[self.row_pointers[s]..self.row_pointers[s + 1]]
    }

    pub fn panel(&self, s: usize) -> std::ops::Range<usize> {
        self.panels[s]..self.panels[s + 1]
    }

    /// Multiplications to factor group s, about.
    pub fn work(&self, s: usize) -> usize {
        let (width, below) = (self.columns(s).len(), self.below(s).len());
        width * (width + below) * (width + below)
    }
}

/// Where the groups begin: columns that continue one another, then groups merged with their parents while that pays.
fn partition(parents: &[u32], pointers: &[usize]) -> Vec<usize> {
    let n = parents.len();
    let count = |j: usize| pointers[j + 1] - pointers[j];
    let mut groups: Vec<Group> = Vec::new();
    let mut start = 0;
    for end in 1..=n {
        if end < n && parents[end - 1] as usize == end && count(end - 1) == count(end) + 1 {
            continue;
        }
        let mut group = Group { start, end, below: count(end - 1), zeros: 0 };
        while let Some(before) = groups.last() {
            let parent = parents[before.end - 1] as usize;
            let merged = before.merged(&group);
            if parent < group.start || parent >= group.end || !merged.is_worthwhile() {
                break;
            }
            groups.pop();
            group = merged;
        }
        groups.push(group);
        start = end;
    }
    groups.iter().map(|group| group.start).chain([n]).collect()
}
