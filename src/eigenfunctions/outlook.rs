//! What an operator is where the functions of a solver are not.

use std::ops::Range;

use super::family::POINTS;
use super::operator::SelfAdjoint;
use super::solution::Eigenfunctions;
use super::wells::{Accuracy, Gaussian, Missed, REACH, Well, held, larger, lowest, missed, overlap_rule, rule, wells};
use crate::autodiff::{Output, Program, Rows, Workspace, record};
use crate::error::Error;
use crate::{Result, Scalar, Seed};

/// Points at which the potential is looked at, in all boxes.
const SAMPLES: usize = 12_000;
/// Points of each axis: two rules each, for a Gaussian that fits the gaps of one does not fit those of the other.
const COARSE: [usize; 2] = [11, 12];
const EXACT: [usize; 2] = [24, 25];
/// How far the coarse ones reach, in the widths.
const NEAR: f64 = 3.5;

/// The wells of −T, where T is the operator.
#[derive(Debug)]
pub(super) struct Outlook {
    wells: Vec<Well>,
}

impl Outlook {
    /// In the union of some boxes, and of each at the same number of points; with walls around the last, or none.
    pub fn on(operator: &dyn SelfAdjoint, boxes: &[Vec<Range<f64>>], walls: bool, seed: Seed) -> Result<Self> {
        let Some(largest) = boxes.last() else { return Ok(Outlook { wells: Vec::new() }) };
        let mut gaussians = Gaussians::record(operator)?;
        let mut stream = seed.child("outlook").into_stream();
        let (mut points, count) = (Vec::with_capacity(SAMPLES * largest.len()), SAMPLES / boxes.len());
        for sides in boxes {
            for _ in 0..count {
                points.extend(sides.iter().map(|side| stream.uniform_in(side.start, side.end)));
            }
        }
        let lengths: Vec<f64> = largest.iter().map(|side| side.end - side.start).collect();
        let potential = gaussians.potential(&points, &lengths);
        let unit: Vec<f64> = boxes[boxes.len() / 2].iter().map(|side| 0.25 * (side.end - side.start)).collect();
        let inside = |g: &Gaussian| {
            let places = g.centre.iter().zip(&g.widths).zip(largest);
            places.into_iter().all(|((c, s), side)| {
                let margin = if walls { REACH * s } else { 0.0 };
                side.start + margin <= *c && *c <= side.end - margin
            })
        };
        let mut energy = |g: &Gaussian, accuracy: Accuracy| {
            if !inside(g) {
                return f64::INFINITY;
            }
            let (counts, reach) = match accuracy {
                Accuracy::Rough => (COARSE, NEAR),
                Accuracy::Full => (EXACT, REACH),
            };
            larger(counts.map(|count| gaussians.energy(g, &rule(count, reach))))
        };
        let mut wells = wells(lowest(&points, &potential, &lengths), &unit, &mut energy);
        wells.iter_mut().for_each(|well| well.above = gaussians.above(&well.at, &lengths));
        Ok(Outlook { wells })
    }

    /// A state that none of these is, of those whose wells are known; `all` are orthonormal functions that span what the
    /// states were chosen from, if they are known.
    pub fn missed<T: Scalar>(
        &self,
        states: &Eigenfunctions<T>,
        all: Option<&Eigenfunctions<T>>,
        residuals: &[f64],
    ) -> Option<Missed> {
        let levels: Vec<f64> = states.values().iter().map(|value| -value).collect();
        let holds = |all, g: &Gaussian| overlaps(all, g).is_ok_and(|overlaps| held(&overlaps));
        let reached = |g: &Gaussian| all.is_none_or(|all| holds(all, g));
        let beside = missed(&self.wells, &levels, residuals, |g| overlaps(states, g).ok(), reached);
        beside.first().map(|(well, value)| well.missed(-value))
    }
}

/// The grid c + s ξ of a rule for one axis, with the products of its weights.
fn grid(g: &Gaussian, rule: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    let d = g.centre.len();
    let count = rule.len().pow(d as u32);
    let (mut points, mut weights) = (Vec::with_capacity(count * d), Vec::with_capacity(count));
    for index in 0..count {
        let mut weight = 1.0;
        let mut rest = index;
        for (c, s) in g.centre.iter().zip(&g.widths) {
            let (xi, own) = rule[rest % rule.len()];
            rest /= rule.len();
            weight *= own;
            points.push(c + s * xi);
        }
        weights.push(weight);
    }
    (points, weights)
}

/// ⟨ψ, g⟩ of the states with a Gaussian of norm 1.
fn overlaps<T: Scalar>(functions: &Eigenfunctions<T>, g: &Gaussian) -> Result<Vec<f64>> {
    let (points, weights) = grid(g, &overlap_rule(EXACT[0]));
    let norm = g.widths.iter().product::<f64>().sqrt();
    let points: Vec<T> = points.into_iter().map(T::of).collect();
    let values = functions.evaluate(&points)?.values;
    let of =
        |state: usize| weights.iter().enumerate().map(|(q, w)| w * Scalar::to_f64(values[(q, state)])).sum::<f64>();
    Ok((0..functions.states()).map(|state| norm * of(state)).collect())
}

const CENTRES: &str = "centres";
const WIDTHS: &str = "widths";
const IMAGE: &str = "image";

/// T g / g of Gaussians, one in each row.
struct Gaussians {
    program: Program<f64>,
    workspace: Workspace<f64>,
    image: Output,
}

impl Gaussians {
    fn record(operator: &dyn SelfAdjoint) -> Result<Self> {
        let d = operator.dimension();
        let recording = record(|g| {
            let rows = || Rows::named(POINTS);
            let x = g.coordinates_slice(POINTS, rows(), d);
            let (centres, widths) =
                (g.input(CENTRES, rows(), d).stop_gradient(), g.input(WIDTHS, rows(), d).stop_gradient());
            let squares = x
                .iter()
                .enumerate()
                .map(|(k, &x)| ((x - centres.columns(k..k + 1)) / widths.columns(k..k + 1)).square());
            let Some(square) = squares.reduce(|a, b| a + b) else { return g.refuse("Gaussians", "no coordinate") };
            let f = (-0.5 * square).exp();
            g.output(IMAGE, operator.strong(g, &x, f).broadcast_as(f));
            f
        })?;
        let program = recording.compile::<f64>();
        let (f, image) = (program.recording().result(), program.output(IMAGE)?);
        let program = program.select(&[f, image])?;
        Ok(Gaussians { workspace: program.workspace(), program, image })
    }

    /// (T g)(x) of a Gaussian for each point.
    fn images(&mut self, points: &[f64], centres: &[f64], widths: &[f64]) -> Result<Vec<f64>> {
        self.workspace.set(POINTS, points)?;
        self.workspace.set(CENTRES, centres)?;
        self.workspace.set(WIDTHS, widths)?;
        let parameters = self.program.initial(Seed(0));
        Ok(self.program.evaluate(&parameters, &mut self.workspace)?.value(self.image)?.to_vec())
    }

    /// −T on what is all but constant: V of −Δ + V. Where the operator has no value, none.
    fn potential(&mut self, points: &[f64], widths: &[f64]) -> Vec<f64> {
        let widths: Vec<f64> = widths.iter().cycle().take(points.len()).copied().collect();
        let images = self.images(points, points, &widths);
        images.map_or_else(|_: Error| Vec::new(), |images| images.into_iter().map(|image| -image).collect())
    }

    /// −⟨g, T g⟩/⟨g, g⟩.
    fn energy(&mut self, g: &Gaussian, rule: &[(f64, f64)]) -> f64 {
        let (points, weights) = grid(g, rule);
        self.local(g, &points).map_or(f64::NAN, |local| mean(&weights, &local))
    }

    /// −T g / g at some points.
    fn local(&mut self, g: &Gaussian, points: &[f64]) -> Result<Vec<f64>> {
        let d = g.centre.len();
        let repeated = |v: &[f64]| v.iter().cycle().take(points.len()).copied().collect::<Vec<f64>>();
        let images = self.images(points, &repeated(&g.centre), &repeated(&g.widths))?;
        let own = |(image, x): (f64, &[f64])| {
            let square = (0..d).map(|i| ((x[i] - g.centre[i]) / g.widths[i]).powi(2)).sum::<f64>();
            -image * (0.5 * square).exp()
        };
        Ok(images.into_iter().zip(points.chunks(d)).map(own).collect())
    }

    /// About how far the energy E of a Gaussian is above the level of its well, or twice as far: to second order σ²/3Δ for
    /// σ = ‖(H − E) g‖/‖g‖ and the distance Δ to the next level there, for what is not quadratic in a well joins its best
    /// Gaussian to the third at least. In one that is, Δ is four times the kinetic energy of a coordinate. 0 where σ is more
    /// than that: in no well.
    fn above(&mut self, g: &Gaussian, lengths: &[f64]) -> f64 {
        let (points, weights) = grid(g, &rule(EXACT[0], REACH));
        let potential = self.potential(&points, lengths);
        let Ok(local) = self.local(g, &points) else { return 0.0 };
        if potential.len() != local.len() {
            return 0.0;
        }
        let energy = mean(&weights, &local);
        let gap = 4.0 * (energy - mean(&weights, &potential)) / g.centre.len() as f64;
        let variance = mean(&weights, &local.iter().map(|e| (e - energy).powi(2)).collect::<Vec<f64>>());
        if variance.sqrt() < gap { 2.0 * variance / (3.0 * gap) } else { 0.0 }
    }
}

fn mean(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

#[cfg(test)]
mod tests {
    use crate::Seed;
    use crate::eigenfunctions::{Domain, DoubtReason, NeuralRitz, Schrodinger};
    use crate::optim::Lbfgs;

    fn short(states: usize) -> NeuralRitz {
        let lbfgs = Lbfgs { max_iterations: 100, ..NeuralRitz::default().lbfgs };
        NeuralRitz { states, features: 24, lbfgs, ..NeuralRitz::default() }
    }

    /// −20 e^(−x²) − 25 e^(−(x − a)²) with the wells far apart, whose levels are those of each on its own, by bisection with
    /// Sturm's sequences.
    fn wells(a: f64) -> Schrodinger {
        Schrodinger::new(1, move |x| -20.0 * (-x[0].square()).exp() - 25.0 * (-(x[0] - a).square()).exp())
    }
    const LEVELS: [f64; 2] = [20.377343, 15.905340];

    #[test]
    fn a_deeper_well_that_the_box_does_not_hold_is_doubted() {
        for (a, length, enough) in [(30.0, 40.0, 80.0), (10.0, 10.0, 20.0)] {
            let solver = NeuralRitz { states: 2, features: 24, ..NeuralRitz::default() };
            let solve = |length| solver.solve_on::<f64>(&wells(a), &Domain::Space { length }, Seed(0)).unwrap();
            for solved in [length, enough].map(solve) {
                let values = solved.eigenfunctions.values();
                let found = values.iter().zip(LEVELS).all(|(value, exact)| (value - exact).abs() < 1e-3);
                let doubt = solved.doubt();
                assert!(found || doubt.is_some(), "{a}: {values:?} {:?}", solved.missed);
                assert!(!found || doubt.is_none(), "{a}: {values:?} {doubt:?}");
            }
        }
    }

    #[test]
    fn a_narrow_well_between_the_points_is_doubted() {
        let narrow = |x: f64| {
            Schrodinger::new(1, move |r| -20.0 * (-r[0].square()).exp() - 4e4 * (-(100.0 * (r[0] - x)).square()).exp())
        };
        let given = short(1).solve_on::<f64>(&narrow(5.03), &Domain::cube(1, -8.0..8.0), Seed(0)).unwrap();
        let (level, doubt) = (given.eigenfunctions.values()[0], given.doubt());
        assert!(level > 5000.0 || doubt.is_some_and(|doubt| doubt.checked > 5000.0), "{level} {doubt:?}");
    }

    #[test]
    fn ordinary_potentials_have_no_other_well() {
        let space = Domain::Space { length: 4.0 };
        for (operator, exact) in [
            (Schrodinger::morse(25.0, 1.0), vec![-4.75, -12.75, -18.75]),
            (Schrodinger::poschl_teller(5.0), vec![25.0, 16.0, 9.0, 4.0]),
            (Schrodinger::oscillator(2), vec![-2.0, -4.0, -4.0]),
        ] {
            let solved = short(exact.len()).solve_on::<f64>(&operator, &space, Seed(0)).unwrap();
            assert_eq!((solved.doubt(), solved.small_box(), &solved.missed), (None, None, &None), "{exact:?}");
            for (level, exact) in solved.eigenfunctions.values().iter().zip(exact) {
                assert!((level / exact - 1.0).abs() < 1e-4, "{level}, exact {exact}");
            }
        }
    }

    /// (x² − a²)² + ε x, of which the box of the solver holds one well, whichever that is: the levels are exact to all digits.
    #[test]
    fn an_equal_well_that_the_box_does_not_hold_is_doubted() {
        for (a, tilt, exact) in [(2.0, 0.0, 3.863669), (2.2, 0.003, 4.284120), (2.2, 0.05, 4.184618)] {
            let solver = NeuralRitz { states: 1, ..NeuralRitz::default() };
            let well = Schrodinger::new(1, move |x| (x[0].square() - a * a).square() + tilt * x[0]);
            let solved = solver.solve_on::<f64>(&well, &Domain::Space { length: 2.0 }, Seed(0)).unwrap();
            let (level, doubt) = (-solved.eigenfunctions.values()[0], solved.doubt());
            let found = (level - exact).abs() < 1e-4;
            assert!(found || doubt.is_some(), "{a} {tilt}: {level}");
            // Where the other is a twentieth higher, it is none.
            assert!(tilt < 0.01 || !found || doubt.is_none(), "{a} {tilt}: {level} {doubt:?}");
        }
        // With both in the box nothing is missed, although they have all but one level.
        let solver = NeuralRitz { states: 1, features: 24, ..NeuralRitz::default() };
        let both = Schrodinger::new(1, |x| (x[0].square() - 4.0).square());
        let solved = solver.solve_on::<f64>(&both, &Domain::cube(1, -5.0..5.0), Seed(0)).unwrap();
        assert!(solved.missed.is_none(), "{:?}", solved.missed);
    }

    /// Off by far more than the bound, for it is a level of the box.
    #[test]
    fn a_box_that_is_far_too_small_is_doubted() {
        let solved =
            short(2).solve_on::<f64>(&Schrodinger::oscillator(1), &Domain::Space { length: 1e-3 }, Seed(0)).unwrap();
        let (value, doubt) = (solved.eigenfunctions.values()[0], solved.doubt());
        assert!((value + 1.0).abs() > 1.0, "{value}: try a smaller length");
        assert!(doubt.is_some_and(|doubt| doubt.reason != DoubtReason::Points), "{value} {doubt:?}");
    }
}
