//! The operators, with settings that suit each.

use clap::ValueEnum;
use eigennet::eigenfunctions::{Coordinate, Factor, LineBasis, SelfAdjoint, SeparableSum, TensorNetwork, TensorTrain};
use eigennet::optim::Lbfgs;
use eigennet::reference::{coupled_oscillators, hydrogen_molecular_ion, lowest_sums};

use super::Method;
use super::ritz::{Ritz, SEPARATION};
use super::stochastic::Stochastic;
use crate::failure::Failure;
use crate::preset::Preset;

/// An operator of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Operator {
    /// −d²/dx² + 25(1 − e^−x)²
    Morse1d,
    /// −d²/dx² − 30 sech² x
    PoschlTeller1d,
    /// −d²/dx² + (x² − 4)²
    DoubleWell1d,
    /// −Δ + x² + y²
    Oscillator2d,
    /// −Δ on the unit square, 0 at its sides
    Well2d,
    /// −Δ + x⁴ + y⁴
    Quartic2d,
    /// −Δ on the unit cube of five dimensions, 0 at its faces
    Box5d,
    /// The same of ten dimensions
    Box10d,
    /// Hénon and Heiles' potential in five dimensions, λ = .111803
    Henon5d,
    /// The same in ten
    Henon10d,
    /// The same in twenty
    Henon20d,
    /// 64 oscillators, all pairs coupled
    Coupled64d,
    /// −Δ − 1/r on the plane
    Hydrogen2d,
    /// −Δ − 1/r in space
    Hydrogen3d,
    /// −Δ − 1/r₁ − 1/r₂ on the plane, the charges 2 apart
    H2plus2d,
}

/// An operator and how each method solves it.
#[derive(Debug)]
pub struct Problem {
    /// Name in metrics.
    pub name: String,
    /// Its formula.
    pub formula: &'static str,
    /// Coordinates.
    pub dimension: usize,
    /// How many states are sought.
    pub states: usize,
    /// As a sum of products, if it is one.
    pub separable: Option<Separable>,
    /// By a network of all coordinates, if they are few.
    pub ritz: Option<Ritz>,
    /// On random batches, in as many coordinates.
    pub stochastic: Option<Stochastic>,
    /// The levels, where they are known.
    pub exact: Option<Vec<f64>>,
}

/// A sum of products.
#[derive(Debug, Clone)]
pub struct Separable {
    /// The Hamiltonian.
    pub h: SeparableSum,
    /// Where its coordinates live.
    pub coordinates: Vec<Coordinate>,
    /// Functions of each coordinate from which a tensor train takes the best.
    pub basis: usize,
    /// Of a tensor train.
    pub train: TensorTrain,
    /// Of a tensor network.
    pub network: TensorNetwork,
}

const LAMBDA: f64 = 0.111_803;

impl Operator {
    /// With the default number of states, or another.
    ///
    /// # Errors
    /// [`Failure::Usage`] for more states than are bound.
    pub fn problem(self, states: Option<usize>, preset: Preset) -> Result<Problem, Failure> {
        let (formula, usual) = match self {
            Operator::Morse1d => ("−d²/dx² + 25(1 − e^−x)²", 4),
            Operator::PoschlTeller1d => ("−d²/dx² − 30 sech² x", 5),
            Operator::DoubleWell1d => ("−d²/dx² + (x² − 4)²", 6),
            Operator::Oscillator2d => ("−Δ + x² + y²", 15),
            Operator::Well2d => ("−Δ on the unit square", 10),
            Operator::Quartic2d => ("−Δ + x⁴ + y⁴", 6),
            Operator::Box5d => ("−Δ on the unit cube", 6),
            Operator::Box10d => ("−Δ on the unit cube", 11),
            Operator::Henon5d => ("Hénon–Heiles, λ = .111803", 6),
            Operator::Henon10d | Operator::Henon20d => ("Hénon–Heiles, λ = .111803", 8),
            Operator::Coupled64d => ("Σ ωᵢ/2 (−∂ᵢ² + xᵢ²) + .1 Σ xᵢxⱼ, ωᵢ = √(i/2)", 10),
            Operator::Hydrogen2d => ("−Δ − 1/r on the plane", 9),
            Operator::Hydrogen3d => ("−Δ − 1/r in space", 5),
            Operator::H2plus2d => ("−Δ − 1/r₁ − 1/r₂ on the plane", 9),
        };
        let states = states.unwrap_or(usual);
        let exact = self.exact(states)?;
        let separable = self.separable(states, preset)?;
        let ritz = self.ritz(states, preset)?;
        let stochastic = self.stochastic(states, preset)?;
        let few = ritz.as_ref().map(|ritz| ritz.operator.dimension());
        let dimension = separable.as_ref().map(|separable| separable.coordinates.len()).or(few).unwrap_or(0);
        Ok(Problem { name: self.name(), formula, dimension, states, separable, ritz, stochastic, exact })
    }

    /// Name in options and metrics.
    pub fn name(self) -> String {
        self.to_possible_value().map_or(String::new(), |value| value.get_name().to_string())
    }

    /// Whether a method can solve it.
    pub fn suits(self, method: Method) -> bool {
        let charges = matches!(self, Operator::Hydrogen2d | Operator::Hydrogen3d | Operator::H2plus2d);
        match method {
            Method::TensorTrain => !charges,
            // The others need more products than there is memory for.
            Method::TensorNetwork => !charges && !matches!(self, Operator::Henon20d | Operator::Coupled64d),
            Method::NeuralRitz => charges || self.has_few_coordinates(),
            Method::NestedLora | Method::NestedOmm | Method::Spin | Method::NeuralEf => {
                charges || self.has_few_coordinates()
            }
        }
    }

    /// One or two, without charges.
    fn has_few_coordinates(self) -> bool {
        use Operator::{DoubleWell1d, Morse1d, Oscillator2d, PoschlTeller1d, Quartic2d, Well2d};
        matches!(self, Morse1d | PoschlTeller1d | DoubleWell1d | Oscillator2d | Well2d | Quartic2d)
    }

    fn separable(self, states: usize, preset: Preset) -> Result<Option<Separable>, Failure> {
        let line = |length: f64, count: usize| vec![Coordinate::line(0.0, length); count];
        let interval = |range: std::ops::Range<f64>, count: usize| vec![Coordinate::Interval(range); count];
        let one = |f: fn(f64) -> f64| SeparableSum::kinetic(1, 1.0).plus(1.0, &[(0, Factor::function(f))]);
        let each = |count: usize, power: u32| -> Result<SeparableSum, Failure> {
            (0..count)
                .try_fold(SeparableSum::kinetic(count, 1.0), |h, i| h.plus(1.0, &[(i, Factor::Power(power))]))
                .map_err(Failure::from)
        };
        let henon = |d: usize| SeparableSum::henon_heiles(d, LAMBDA);
        let (h, coordinates) = match self {
            Operator::Morse1d => (one(|x| 25.0 * (1.0 - (-x).exp()).powi(2))?, interval(-1.7..12.0, 1)),
            Operator::PoschlTeller1d => (one(|x| -30.0 / x.cosh().powi(2))?, interval(-14.0..14.0, 1)),
            Operator::DoubleWell1d => (one(|x| (x * x - 4.0).powi(2))?, line(0.8, 1)),
            Operator::Oscillator2d => (each(2, 2)?, line(1.0, 2)),
            Operator::Well2d => (SeparableSum::kinetic(2, 1.0), interval(0.0..1.0, 2)),
            Operator::Quartic2d => (each(2, 4)?, line(0.7, 2)),
            Operator::Box5d => (SeparableSum::kinetic(5, 1.0), interval(0.0..1.0, 5)),
            Operator::Box10d => (SeparableSum::kinetic(10, 1.0), interval(0.0..1.0, 10)),
            Operator::Henon5d => (henon(5), line(1.0, 5)),
            Operator::Henon10d => (henon(10), line(1.0, 10)),
            Operator::Henon20d => (henon(20), line(1.0, 20)),
            Operator::Coupled64d => (SeparableSum::coupled_oscillators(&frequencies(), 0.1), line(1.0, 64)),
            Operator::Hydrogen2d | Operator::Hydrogen3d | Operator::H2plus2d => return Ok(None),
        };
        let (train, basis) = self.train(states);
        let network = self.network(states, preset);
        Ok(Some(Separable { h, coordinates, basis, train, network }))
    }

    fn exact(self, states: usize) -> Result<Option<Vec<f64>>, Failure> {
        let levels = |of: &dyn Fn(usize) -> f64| Some((0..states).map(of).collect());
        let cube = |dimension: usize| -> Result<Option<Vec<f64>>, Failure> {
            let squares: Vec<f64> = (1..=states).map(|n| (n as f64 * std::f64::consts::PI).powi(2)).collect();
            Ok(Some(lowest_sums(&vec![squares; dimension], states)?))
        };
        let bound = |most: usize| {
            let text = format!("--states: it has {most} bound states and no more");
            if states <= most { Ok(()) } else { Err(Failure::Usage(text)) }
        };
        Ok(match self {
            Operator::Morse1d => {
                bound(5)?;
                levels(&|n| 10.0 * (n as f64 + 0.5) - (n as f64 + 0.5).powi(2))
            }
            Operator::PoschlTeller1d => {
                bound(5)?;
                levels(&|n| -((5 - n) as f64).powi(2))
            }
            // n + 1 states at 2n + 2.
            Operator::Oscillator2d => levels(&|i| 2.0 * (((8 * i + 1).isqrt() - 1) / 2) as f64 + 2.0),
            Operator::Well2d => cube(2)?,
            Operator::Box5d => cube(5)?,
            Operator::Box10d => cube(10)?,
            Operator::Coupled64d => Some(coupled_oscillators(&frequencies(), 0.1, states)?),
            // 2n + 1 states, and (n + 1)².
            Operator::Hydrogen2d => levels(&|i| -1.0 / (2 * i.isqrt() + 1).pow(2) as f64),
            Operator::Hydrogen3d => {
                let level = |i: usize| (0..).find(|n| (n + 1) * (n + 2) * (2 * n + 3) / 6 > i).unwrap_or(0);
                levels(&|i| -0.25 / (level(i) + 1).pow(2) as f64)
            }
            Operator::H2plus2d => Some(hydrogen_molecular_ion(SEPARATION, states)?),
            _ => None,
        })
    }

    /// A tensor train and the basis of each of its coordinates.
    fn train(self, states: usize) -> (TensorTrain, usize) {
        let train = TensorTrain { states, ..TensorTrain::default() };
        match self {
            Operator::Morse1d | Operator::PoschlTeller1d => (TensorTrain { functions: 40, ..train }, 140),
            Operator::DoubleWell1d => (TensorTrain { functions: 40, ..train }, 80),
            Operator::Oscillator2d | Operator::Well2d => (TensorTrain { functions: 16, ..train }, 24),
            Operator::Quartic2d => (TensorTrain { functions: 16, ..train }, 60),
            Operator::Box5d | Operator::Box10d => (TensorTrain { functions: 8, rank: 40, ..train }, 12),
            Operator::Henon5d | Operator::Henon10d => (TensorTrain { functions: 18, ..train }, 26),
            Operator::Henon20d => (TensorTrain { functions: 17, truncation: 2e-12, tolerance: 1e-9, ..train }, 24),
            // Of the others only the coupled oscillators are a sum of products.
            _ => (TensorTrain { functions: 8, truncation: 1e-9, tolerance: 1e-8, rank: 90, ..train }, 14),
        }
    }

    /// A tensor network; a short training of a small one where the preset is quick.
    fn network(self, states: usize, preset: Preset) -> TensorNetwork {
        let quick = preset == Preset::Quick;
        let of = |products: usize, hidden: &[usize], iterations: usize| {
            let lbfgs = Lbfgs { memory: 40, max_iterations: iterations, ..Lbfgs::default() };
            TensorNetwork { states, products, hidden: hidden.to_vec(), lbfgs, ..TensorNetwork::default() }
        };
        match self {
            Operator::Morse1d | Operator::PoschlTeller1d | Operator::DoubleWell1d => {
                let net = of(states + 10, &[24], if quick { 400 } else { 6000 });
                TensorNetwork { points: 320, ..net }
            }
            Operator::Oscillator2d | Operator::Well2d | Operator::Quartic2d => {
                of(states + 25, &[24], if quick { 300 } else { 3000 })
            }
            Operator::Box5d => TensorNetwork { penalty: 1e-11, ..of(12, &[16], if quick { 2000 } else { 20_000 }) },
            Operator::Box10d => TensorNetwork { penalty: 1e-11, ..of(22, &[16], if quick { 2000 } else { 12_000 }) },
            _ if quick => of(20, &[16], 300),
            _ => {
                let net = of(120, &[24, 24], 4000);
                TensorNetwork { points: 56, penalty: 1e-10, lbfgs: Lbfgs { memory: 60, ..net.lbfgs }, ..net }
            }
        }
    }

    /// The largest relative error of a level that a method is to reach.
    pub fn target(self, method: Method) -> Option<f64> {
        use Method::{NeuralRitz, TensorNetwork, TensorTrain};
        match (self, method) {
            (Operator::Box5d, TensorNetwork) => Some(1e-8),
            (Operator::Box10d, TensorNetwork) => Some(1e-7),
            (Operator::Henon5d, TensorNetwork) => Some(1e-6),
            (Operator::Henon5d, TensorTrain) => Some(1e-9),
            (Operator::Henon10d | Operator::Henon20d, TensorTrain) => Some(1e-8),
            (Operator::Coupled64d, TensorTrain) => Some(1e-7),
            (_, TensorTrain) => Some(1e-9),
            (Operator::Hydrogen3d, NeuralRitz) => Some(1e-5),
            (Operator::H2plus2d, NeuralRitz) => Some(1e-4),
            (_, NeuralRitz) => Some(1e-6),
            _ => None,
        }
    }
}

impl Separable {
    /// The basis of each coordinate, of so many functions more.
    ///
    /// # Errors
    /// None with these settings.
    pub fn bases(&self, more: usize) -> Result<Vec<LineBasis>, Failure> {
        let basis = |coordinate: &Coordinate| LineBasis::new(self.basis + more, coordinate.clone());
        Ok(self.coordinates.iter().map(basis).collect::<Result<_, _>>()?)
    }
}

/// Those of the coupled oscillators.
fn frequencies() -> Vec<f64> {
    (1..=64).map(|i| (f64::from(i) / 2.0).sqrt()).collect()
}
