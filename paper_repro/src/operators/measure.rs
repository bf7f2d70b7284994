//! What is found against what is known, on points that no method has used.

use eigennet::eigenfunctions::functions::Functions as Sampled;
use eigennet::eigenfunctions::metrics::{level_distances, orthogonality};
use eigennet::linalg::Matrix;
use eigennet::quadrature::Quadrature;

use super::Operator;
use super::problem::Problem;
use super::solve::{Found, Reference};
use crate::failure::Failure;

/// A problem, what is known of it, and what each method found.
#[derive(Debug)]
pub struct Solved {
    /// Which.
    pub operator: Operator,
    /// With its settings.
    pub problem: Problem,
    /// What is known.
    pub reference: Reference,
    /// By each method.
    pub found: Vec<Judged>,
}

/// What a method found, and how good it is.
#[derive(Debug)]
pub struct Judged {
    /// It.
    pub found: Found,
    /// |E/E₀ − 1| of each level.
    pub errors: Vec<f64>,
    /// 1 − tr(P₁P₂)/k of all states, and the largest |⟨ψᵢ, ψⱼ⟩|, of problems that have few coordinates.
    pub spaces: Option<[f64; 2]>,
}

/// Points of a coordinate.
const POINTS: usize = 241;
/// How far they reach on a line, in its lengths.
const REACH: f64 = 9.5;

/// Measures all methods.
///
/// # Errors
/// Where functions vanish.
pub fn measured(
    operator: Operator,
    problem: Problem,
    reference: Reference,
    found: Vec<Found>,
) -> Result<Solved, Failure> {
    let grid = match &reference.train {
        None => None,
        Some(train) => {
            let rules = problem.coordinates.iter().map(|coordinate| coordinate.rule(POINTS, REACH));
            let grid = Quadrature::tensor(&rules.collect::<Result<Vec<_>, _>>()?)?;
            let points = Matrix::from_vec(grid.len(), problem.coordinates.len(), grid.points().to_vec())?;
            let exact = Sampled::new(train.evaluate(&points)?.as_slice(), grid.weights())?;
            Some((grid, points, exact))
        }
    };
    let judge = |found: Found| -> Result<Judged, Failure> {
        let errors = found.values.iter().zip(&reference.values).map(|(value, exact)| (value / exact - 1.0).abs());
        let errors = errors.collect();
        let spaces = match &grid {
            None => None,
            Some((grid, points, exact)) => {
                let own = Sampled::new(found.functions.evaluate(points)?.as_slice(), grid.weights())?;
                let distance = level_distances(&own, exact, std::slice::from_ref(&(0..problem.states())))?;
                Some([distance[0], orthogonality(&own)?])
            }
        };
        Ok(Judged { found, errors, spaces })
    };
    let found = found.into_iter().map(judge).collect::<Result<_, _>>()?;
    Ok(Solved { operator, problem, reference, found })
}
