//! Eigenproblems of data: neighbours, affinities and Laplacians of graphs, and what is made of their eigenvectors.

mod affinity;
mod bandwidth;
mod clustering_metrics;
mod components;
mod cut;
pub mod data;
mod diffusion_map;
mod fiedler;
mod heat;
mod k_means;
mod kernel_pca;
mod kernel_scale;
mod laplacian;
mod neighbors;
mod points;
mod scale;
mod spectral_clustering;
pub mod spectral_net;
mod spectrum;
#[cfg(test)]
mod tests;
mod transition;
mod weighted_graph;
mod weights;

pub use affinity::{Affinity, Neighborhood, Symmetrization};
pub use bandwidth::Bandwidth;
pub use clustering_metrics::{accuracy, adjusted_rand_index, normalized_mutual_information, silhouette};
pub use components::Components;
pub use cut::Partition;
pub use diffusion_map::{DiffusionCoordinates, DiffusionMap};
pub use fiedler::{Fiedler, SpectralGap};
pub use heat::HeatFlow;
pub use k_means::{KMeans, KMeansFit};
pub use kernel_pca::{KernelComponents, KernelPca};
pub use kernel_scale::KernelScale;
pub use laplacian::Laplacian;
pub use neighbors::{Index, NeighborSearch, Neighbors};
pub use scale::{ScaleChoice, ScaleSearch, TriedScale};
pub use spectral_clustering::{Embedding, SpectralClustering, SpectralClusters};
pub use spectral_net::{Siamese, SpectralNet};
pub use weighted_graph::Graph;
