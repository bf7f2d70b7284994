//! What each preset means for the eigenvector equation.

use eigennet::differential::eigenvector_ode as library;
use eigennet::optim::LevenbergMarquardt;

use super::options::Method;
use super::search::RandomSearch;
use super::whole_interval::{TimeDerivative, WholeIntervalNetwork};
use crate::cli::Preset;

/// Steps of the report's forward Euler, and its final time.
pub const EULER: (usize, f64) = (200_000, 8.0);

/// The settings of a method that diagonalises; those of the network for any other.
pub fn method(method: Method, preset: Preset) -> library::Method {
    let (steps, time) = EULER;
    match method {
        Method::Euler => {
            let steps = if preset == Preset::Quick { steps / 10 } else { steps };
            library::Method::ForwardEuler { steps, time }
        }
        Method::RungeKutta => library::Method::RungeKutta { rtol: 1e-9, atol: 1e-12, tolerance: 1e-7, time: 100.0 },
        Method::ClosedForm => library::Method::ClosedForm { time: 2.0 * time },
        _ => library::Method::default(),
    }
}

/// The report's network.
pub fn whole_interval(preset: Preset, derivative: TimeDerivative) -> WholeIntervalNetwork {
    let epochs = match preset {
        Preset::Quick => 3000,
        Preset::Standard => 30_000,
        Preset::Paper => 100_000,
    };
    WholeIntervalNetwork { epochs, derivative, ..WholeIntervalNetwork::default() }
}

/// The report's network by Levenberg–Marquardt instead: what a second-order method makes of the same residuals.
pub fn whole_interval_refined(preset: Preset) -> WholeIntervalNetwork {
    let max_iterations = if preset == Preset::Quick { 60 } else { 300 };
    WholeIntervalNetwork {
        epochs: 500,
        refine: Some(LevenbergMarquardt { max_iterations, ..LevenbergMarquardt::default() }),
        ..WholeIntervalNetwork::default()
    }
}

/// The report's search; what its code did is 5·10⁴ epochs, ten times less than its text says. The standard preset makes
/// up for fewer epochs by a higher learning rate.
pub fn search(preset: Preset, derivative: TimeDerivative) -> RandomSearch {
    let default = RandomSearch::default();
    let (epochs, rate) = match preset {
        Preset::Quick => (300, 5e-3),
        Preset::Standard => (10_000, 5e-3),
        Preset::Paper => (50_000, default.network.rate),
    };
    RandomSearch { network: WholeIntervalNetwork { epochs, rate, derivative, ..default.network }, ..default }
}
