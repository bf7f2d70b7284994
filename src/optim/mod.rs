//! Optimisers, schedules and the training loop.
//!
//! Parameters are one flat slice `&mut [T]` and so are gradients; nothing here knows what a network
//! is. A loss that can be evaluated as a whole is an [`Objective`], which [`Lbfgs`] minimises to the
//! last digit; a loss known only through random batches is a [`TrainingStep`], which [`Trainer`]
//! drives with any [`Optimizer`]. The two chain: a stochastic method finds the valley, L-BFGS its
//! bottom.
//!
//! ```
//! use eigennet::optim::{Lbfgs, objective};
//!
//! // f(x) = Σᵢ wᵢ (xᵢ − 1)², with curvatures wᵢ from 1 to 100.
//! let weights = [1.0, 10.0, 100.0];
//! let mut quadratic = objective::from_fn(3, |x: &[f64], gradient: &mut [f64]| {
//!     let mut value = 0.0;
//!     for ((g, x), w) in gradient.iter_mut().zip(x).zip(weights) {
//!         *g = 2.0 * w * (x - 1.0);
//!         value += w * (x - 1.0) * (x - 1.0);
//!     }
//!     Ok(value)
//! });
//!
//! let mut x = [5.0, -3.0, 0.0];
//!
//! let outcome = Lbfgs::default().minimize(&mut quadratic, &mut x)?;
//! assert!(outcome.reason.is_converged(), "{}", outcome.reason);
//! assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-12));
//! # Ok::<(), eigennet::Error>(())
//! ```

mod adam;
//Xmod clip;
//Xmod ema;
mod lbfgs;
mod line_search;
pub mod objective;
mod optimizer;
mod rmsprop;
//Xmod schedule;
mod sgd;
//Xmod trainer;
mod vector;

pub use adam::{Adam, AdamSettings};
//Xpub use clip::Clip;
//Xpub use ema::Average;
pub use lbfgs::{Lbfgs, LbfgsState, Outcome, Progress, StopReason};
pub use objective::Objective;
pub use optimizer::{Optimizer, OptimizerState};
pub use rmsprop::{RmsProp, RmsPropSettings};
//Xpub use schedule::Schedule;
pub use sgd::{Sgd, SgdSettings};
