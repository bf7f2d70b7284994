//! Optimisers, schedules and the training loop.
//!
//! Parameters are one flat slice `&mut [T]` and so are gradients; nothing here knows what a network is. A loss that can
//! be evaluated as a whole is an [`Objective`], which [`Lbfgs`] minimises to the last digit; a loss known only through
//! random batches is a [`TrainingStep`], which [`Trainer`] drives with any [`Optimizer`]. The two chain: a stochastic
//! method finds the valley, L-BFGS its bottom. Which settings are the best, a [`GridSearch`] finds out.
//!
//! ```
//! use eigennet::optim::{Adam, FullBatch, Lbfgs, Schedule, Trainer, objective};
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
//! let trainer = Trainer { steps: 200, schedule: Schedule::cosine(0.1, 200)?, ..Trainer::default() };
//! let trained = trainer.run(&mut FullBatch(&mut quadratic), &mut Adam::default(), &mut x, &mut ())?;
//! assert_eq!(trained.iterations, 200);
//!
//! let outcome = Lbfgs::default().minimize(&mut quadratic, &mut x)?;
//! assert!(outcome.reason.is_converged(), "{}", outcome.reason);
//! assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-12));
//! # Ok::<(), eigennet::Error>(())
//! ```

mod adam;
mod chain;
mod checkpoints;
mod clip;
mod ema;
mod first_gradient;
mod fit;
mod gauss_newton;
mod grid_search;
mod held_out;
mod lbfgs;
pub mod least_squares;
mod levenberg_marquardt;
mod line_search;
pub mod objective;
mod optimizer;
mod outcome;
mod rmsprop;
mod schedule;
mod settings;
mod sgd;
mod soap;
mod solve;
mod spring;
mod trainer;
mod vector;

pub use adam::{Adam, AdamSettings};
pub use chain::{Chain, ChainOutcome, ChainProgress, ChainState, Stage, StageOutcome};
pub use checkpoints::{Checkpoints, Resumable, SolveState, Watch};
pub use clip::Clip;
pub use ema::Average;
pub use fit::{Fit, Trainable};
pub use gauss_newton::GaussNewton;
pub use grid_search::{Grid, GridSearch, Ranking, Score, Trial};
pub use held_out::HeldOut;
pub use lbfgs::{InverseHessian, Lbfgs, LbfgsState, Progress};
pub use least_squares::{FitProgress, FitState, LineSearch, Residuals, StepSolver, SumOfSquares};
pub use levenberg_marquardt::{LevenbergMarquardt, Scaling};
pub use objective::{Objective, Preconditioner};
pub use optimizer::{FirstOrder, Optimizer, OptimizerState};
pub use outcome::{Outcome, StopReason};
pub use rmsprop::{RmsProp, RmsPropSettings};
pub use schedule::Schedule;
pub use sgd::{Sgd, SgdSettings};
pub use soap::{Soap, SoapSettings};
pub use spring::Spring;
pub use trainer::{
    EarlyStopping, FullBatch, Observer, Recovery, ReduceOnPlateau, StepReport, Trainer, TrainingOutcome, TrainingState,
    TrainingStep,
};
