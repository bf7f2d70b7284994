//! What a partition of a graph cuts (Shi and Malik 2000; von Luxburg 2007).

use super::weighted_graph::Graph;
use crate::{Error, Result, Scalar};

/// What parts of a graph weigh, and what ties each to the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// cut(A, Ā) = Σ wᵢⱼ over i in A and j elsewhere, part by part.
    pub cuts: Vec<f64>,
    /// Vol(A) = Σ dᵢ over i in A, part by part.
    pub volumes: Vec<f64>,
    /// How many points each part has.
    pub sizes: Vec<usize>,
}

impl Partition {
    /// ½ Σ cut(A, Ā): the weight of all edges between parts.
    pub fn cut(&self) -> f64 {
        0.5 * self.cuts.iter().sum::<f64>()
    }

    /// Σ cut(A, Ā)/Vol(A), as Shi and Malik's; a part without weight adds nothing.
    pub fn normalized_cut(&self) -> f64 {
        let parts = self.cuts.iter().zip(&self.volumes).filter(|(_, volume)| **volume > 0.0);
        parts.map(|(cut, volume)| cut / volume).sum()
    }

    /// Σ cut(A, Ā)/|A| (Hagen and Kahng, 1992), over parts that are not empty.
    pub fn ratio_cut(&self) -> f64 {
        let parts = self.cuts.iter().zip(&self.sizes).filter(|(_, size)| **size > 0);
        parts.map(|(cut, &size)| cut / size as f64).sum()
    }
}

impl<T: Scalar> Graph<T> {
    /// What the parts cut into which `labels` `[n]` divide the graph.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a label for each point; [`Error::InvalidArgument`] for labels of n or more.
    pub fn partition(&self, labels: &[usize]) -> Result<Partition> {
        let n = self.len();
        if labels.len() != n {
            return Err(Error::shape("partition", &[labels.len()], &[n]));
        }
        let parts = labels.iter().max().map_or(0, |&last| last.saturating_add(1));
        if parts > n {
            return Err(Error::invalid(
                "labels of a partition",
                format!("they have to be below the number of points, {n}"),
            ));
        }
        let mut out = Partition { cuts: vec![0.0; parts], volumes: vec![0.0; parts], sizes: vec![0; parts] };
        for (((others, row), &own), itself) in self.weights().row_iter().zip(labels).zip(self.loops()) {
            out.sizes[own] += 1;
            out.volumes[own] += itself.to_f64();
            for (&j, &weight) in others.iter().zip(row) {
                let weight = weight.to_f64();
                out.volumes[own] += weight;
                if labels[j as usize] != own {
                    out.cuts[own] += weight;
                }
            }
        }
        Ok(out)
    }
}
