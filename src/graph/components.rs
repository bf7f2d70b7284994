//! Connected components.

use crate::Scalar;
use crate::sparse::Csr;

/// Which points hang together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    labels: Vec<usize>,
    count: usize,
}

impl Components {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The component of each point `[n]`, numbered by their first points.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }
}

/// The components of a graph with symmetric weights, 0 being none.
pub(super) fn components<T: Scalar>(weights: &Csr<T>) -> Components {
    components_by(weights, |_, _, weight| weight != T::zero())
}

/// Those by the edges that are `joined`, whichever end they are looked at from: a search from each point not yet reached.
pub(super) fn components_by<T: Scalar>(weights: &Csr<T>, joined: impl Fn(usize, usize, T) -> bool) -> Components {
    let mut labels = vec![usize::MAX; weights.rows()];
    let (mut count, mut open) = (0, Vec::new());
    for start in 0..labels.len() {
        if labels[start] != usize::MAX {
            continue;
        }
        labels[start] = count;
        open.push(start);
        while let Some(i) = open.pop() {
            let (others, row) = weights.row(i);
            for (&j, _) in others.iter().zip(row).filter(|(j, weight)| joined(i, **j as usize, **weight)) {
                if labels[j as usize] == usize::MAX {
                    labels[j as usize] = count;
                    open.push(j as usize);
                }
            }
        }
        count += 1;
    }
    Components { labels, count }
}
