//! What is found against what is known, on points that no method has used.

use eigennet::eigenfunctions::functions::Functions as Sampled;
use eigennet::eigenfunctions::metrics::{level_distances, orthogonality};
use eigennet::linalg::Matrix;
use eigennet::quadrature::Quadrature;

use super::problem::Problem;
use super::ritz::{Place, Ritz};
use super::solve::{Found, Reference};
use crate::failure::Failure;

/// A problem, what is known of it, and what each method found.
#[derive(Debug)]
pub struct Solved {
    /// Which, with its settings.
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
    /// 1 − tr(P₁P₂)/k of all states, where functions are known.
    pub distance: Option<f64>,
    /// The largest |⟨ψᵢ, ψⱼ⟩|, of problems that have few coordinates.
    pub orthogonality: Option<f64>,
}

/// Points of a coordinate.
const POINTS: usize = 241;
/// How far they reach on a line, in its lengths.
const REACH: f64 = 9.5;
/// By how many more points a grid about charges has along each axis, half as many again added.
const FINER: f64 = 1.4;

/// Measures all methods.
///
/// # Errors
/// Where functions vanish.
pub fn measured(problem: Problem, reference: Reference, found: Vec<Found>) -> Result<Solved, Failure> {
    let grid = fresh_grid(&problem)?;
    let exact = match (&grid, &reference.functions) {
        (Some((grid, points)), Some(known)) => Some(Sampled::new(known.evaluate(points)?.as_slice(), grid.weights())?),
        _ => None,
    };
    let judge = |found: Found| -> Result<Judged, Failure> {
        let errors = found.values.iter().zip(&reference.values).map(|(value, exact)| (value / exact - 1.0).abs());
        let errors = errors.collect();
        let Some((grid, points)) = &grid else {
            return Ok(Judged { found, errors, distance: None, orthogonality: None });
        };
        let own = Sampled::new(found.functions.evaluate(points)?.as_slice(), grid.weights())?;
        let states = 0..problem.states;
        let distance = exact.as_ref().map(|exact| level_distances(&own, exact, std::slice::from_ref(&states)));
        let distance = distance.transpose()?.map(|levels| levels[0]);
        Ok(Judged { found, errors, distance, orthogonality: Some(orthogonality(&own)?) })
    };
    let found = found.into_iter().map(judge).collect::<Result<_, _>>()?;
    Ok(Solved { problem, reference, found })
}

/// Points that no method has used, and the same as rows.
type FreshGrid = (Quadrature<f64>, Matrix<f64>);

/// That of problems with few coordinates.
fn fresh_grid(problem: &Problem) -> Result<Option<FreshGrid>, Failure> {
    let grid = match (&problem.separable, &problem.ritz) {
        (Some(separable), _) if problem.dimension <= 2 => {
            let points = POINTS.max(separable.basis + 100);
            let rules = separable.coordinates.iter().map(|coordinate| coordinate.rule(points, REACH));
            Some(Quadrature::tensor(&rules.collect::<Result<Vec<_>, _>>()?)?)
        }
        (None, Some(Ritz { place: Place::About(grid), .. })) => grid.refined(FINER).and_then(|grid| grid.independent()),
        _ => None,
    };
    let with_rows = |grid: Quadrature<f64>| -> Result<FreshGrid, Failure> {
        let points = Matrix::from_vec(grid.len(), grid.dimension(), grid.points().to_vec())?;
        Ok((grid, points))
    };
    grid.map(with_rows).transpose()
}
