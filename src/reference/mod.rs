//! Exact spectra and solutions, each with its source.
//!
//! An [`ExactSpectrum`] knows every eigenpair of one operator `L = κ ∇² + c(x)` on the plane in
//! closed form: what a learned or computed spectrum is measured against. [`matrices`] are test matrices.
//!
//! ```
//! use eigennet::reference::{ExactSpectrum, Hydrogen2d};
//! let hydrogen = Hydrogen2d;
//! assert_eq!(hydrogen.eigenvalue(0), 1.0);
//! assert_eq!(hydrogen.level_states(1), 1..4); // three states share λ = 1/9
//! ```

mod burgers;
mod circle;
mod coupled_oscillators;
mod heat;
mod hydrogen;
mod hydrogen_molecular_ion;
mod initial_value_problems;
mod korteweg_de_vries;
mod lowest_sums;
pub mod matrices;
mod one_hidden_layer;
mod oscillator;
mod poisson;
mod sine_modes;
pub mod special;
mod spectrum;
mod wave;
mod well;

pub use burgers::Burgers;
pub use circle::CircleHeat;
pub use coupled_oscillators::coupled_oscillators;
pub use heat::HeatModes;
pub use hydrogen::Hydrogen2d;
pub use hydrogen_molecular_ion::hydrogen_molecular_ion;
pub use initial_value_problems::InitialValueProblem;
pub use korteweg_de_vries::Solitons;
pub use lowest_sums::lowest_sums;
pub use one_hidden_layer::{LayerGradient, OneHiddenLayer};
pub use oscillator::Oscillator2d;
pub use poisson::PoissonModes;
pub use spectrum::{Eigenfunction, ExactSpectrum, Sampled, levels, sample};
pub use wave::WaveSolution;
pub use well::SquareWell;

#[cfg(test)]
mod tests;
