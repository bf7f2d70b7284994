//! What spectra say of a network: its weights, the covariance of its gradients, its loss landscape, its classes.
//!
//! [`diagnose`] is one call for all of it; [`Diagnosis`] says what to look at and at what cost, [`SpectrumRecorder`] looks
//! while a network trains, and [`TangentKernel`] says why the residuals of an equation are slow to train. Everything is
//! known by products with blocks of samples, one block at a time: no Hessian is formed and no more gradients are held
//! than a block has samples.
//!
//! An article on reading spectra ("Math for Deep Learning IV") sketches such a tool. Its eigenvectors by hand:
//!
//! ```
//! use eigennet::linalg::{Matrix, eigenvectors_of};
//! // A(1, 0) = 3 (1, 0), while (7, 2) is no multiple of (2, 1).
//! let a = Matrix::from_vec(2, 2, vec![3.0_f64, 1.0, 0.0, 2.0])?;
//! assert_eq!(a.matvec(&[1.0, 0.0])?, [3.0, 0.0]);
//! assert_eq!(a.matvec(&[2.0, 1.0])?, [7.0, 2.0]);
//! // From λ = 2 to its vector, (−1, 1) and multiples of it.
//! let v = eigenvectors_of(&a, 2.0, None)?.column(0);
//! assert!((v[0] + v[1]).abs() < 1e-14);
//! // From λ = 9 to (2, 3); the other eigenvalue is 4.
//! let b = Matrix::from_vec(2, 2, vec![6.0_f64, 2.0, 3.0, 7.0])?;
//! let v = eigenvectors_of(&b, 9.0, None)?.column(0);
//! assert!((v[1] / v[0] - 1.5).abs() < 1e-14);
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Its snippet for weights takes the eigenvalues of WWᵀ for norm and condition number. They are the squares of both, and
//! of a tall W some of them are 0 whatever it holds; here they are those of W itself:
//!
//! ```
//! use eigennet::diagnostics::WeightSpectrum;
//! use eigennet::linalg::{Matrix, symmetric_eigen};
//! let tall = Matrix::from_vec(3, 2, vec![3.0_f64, 0.0, 0.0, 2.0, 0.0, 0.0])?;
//! let of_product = symmetric_eigen(&tall.matmul_t(&tall)?)?.values;
//! assert_eq!(of_product, [0.0, 4.0, 9.0]); // the article: norm 9, condition number ∞
//! for weights in [&tall, &tall.transpose()] {
//!     let spectrum = WeightSpectrum::of(weights)?;
//!     assert!((spectrum.norm() - 3.0).abs() < 1e-14 && (spectrum.condition() - 1.5).abs() < 1e-14);
//! }
//! # Ok::<(), eigennet::Error>(())
//! ```

mod activations;
mod collapse;
mod curvature;
mod density;
mod diagnosis;
mod recorder;
mod report;
mod samples;
mod spectrum;
mod tail;
mod tangent_kernel;
mod trace;
mod verdict;
mod weights;

pub use activations::Activations;
pub use collapse::NeuralCollapse;
pub use curvature::{Curvature, OutputLoss};
pub use density::{SpectralDensity, spectral_density};
pub use diagnosis::{Diagnosis, diagnose, weight_spectra};
pub use recorder::SpectrumRecorder;
pub use report::{Figures, Report, Section};
pub use samples::Samples;
pub use spectrum::{End, Spectrum, SpectrumSettings};
pub use tail::PowerLaw;
pub use tangent_kernel::{TangentKernel, tangent_kernel};
pub use trace::{TraceEstimate, trace};
pub use verdict::{Finding, Verdict};
pub use weights::{MarchenkoPastur, WeightSpectrum};
