//! The operators, with settings that suit each.

use std::f64::consts::PI;

use clap::ValueEnum;
use eigennet::eigenfunctions::{Coordinate, Factor, LineBasis, SelfAdjoint, SeparableSum, TensorNetwork, TensorTrain};
use eigennet::optim::Lbfgs;
use eigennet::reference::{coupled_oscillators, hydrogen_molecular_ion, lowest_sums};

use super::Method;
use super::family::Member;
use super::ritz::Ritz;
use super::stochastic::Stochastic;
use crate::failure::Failure;
use crate::number::given;
use crate::preset::Preset;

/// An operator of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Operator {
    /// −d²/dx² + D(1 − e^−x)² at the --depth D
    Morse1d,
    /// −d²/dx² − D sech² x
    PoschlTeller1d,
    /// −d²/dx² + (x² − √D)²
    DoubleWell1d,
    /// −Δ + x² + y²
    Oscillator2d,
    /// −Δ on a square of the --side L, 0 at its sides
    Well2d,
    /// −Δ + x⁴ + y⁴
    Quartic2d,
    /// −Δ on a cube of five dimensions, 0 at its faces
    Box5d,
    /// The same of ten dimensions
    Box10d,
    /// Hénon and Heiles' potential in five dimensions, of the --coupling λ
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
    /// −Δ − 1/r₁ − 1/r₂ on the plane, the --separation of the charges R
    H2plus2d,
}

/// An operator and how each method solves it.
#[derive(Debug)]
pub struct Problem {
    /// Which, and what its family differs in.
    pub member: Member,
    /// Name in metrics.
    pub name: String,
    /// Its formula.
    pub formula: String,
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

impl Member {
    /// With the default number of states, or another.
    ///
    /// # Errors
    /// [`Failure::Usage`] for more states than are bound.
    pub fn problem(self, states: Option<usize>, preset: Preset) -> Result<Problem, Failure> {
        let usual = self.usual_states();
        let states = match self.well() {
            Some(well) => well.states(states, usual)?,
            None => states.unwrap_or(usual),
        };
        let exact = self.exact(states)?;
        let separable = self.separable(states, preset)?;
        let ritz = self.ritz(states, preset)?;
        let stochastic = self.stochastic(states, exact.as_deref(), preset)?;
        let few = ritz.as_ref().map(|ritz| ritz.operator.dimension());
        let dimension = separable.as_ref().map(|separable| separable.coordinates.len()).or(few).unwrap_or(0);
        let (name, formula) = (self.operator.name(), self.formula());
        Ok(Problem { member: self, name, formula, dimension, states, separable, ritz, stochastic, exact })
    }

    fn formula(self) -> String {
        let value = given(self.value());
        match self.operator {
            Operator::Morse1d => format!("−d²/dx² + {value}(1 − e^−x)²"),
            Operator::PoschlTeller1d => format!("−d²/dx² − {value} sech² x"),
            Operator::DoubleWell1d => format!("−d²/dx² + (x² − √{value})²"),
            Operator::Oscillator2d => "−Δ + x² + y²".to_string(),
            Operator::Well2d => format!("−Δ on the square of side {value}"),
            Operator::Quartic2d => "−Δ + x⁴ + y⁴".to_string(),
            Operator::Box5d | Operator::Box10d => format!("−Δ on the cube of side {value}"),
            Operator::Henon5d | Operator::Henon10d | Operator::Henon20d => format!("Hénon–Heiles, λ = {value}"),
            Operator::Coupled64d => format!("Σ ωᵢ/2 (−∂ᵢ² + xᵢ²) + {value} Σ xᵢxⱼ, ωᵢ = √(i/2)"),
            Operator::Hydrogen2d => "−Δ − 1/r on the plane".to_string(),
            Operator::Hydrogen3d => "−Δ − 1/r in space".to_string(),
            Operator::H2plus2d => format!("−Δ − 1/r₁ − 1/r₂ on the plane, the charges {value} apart"),
        }
    }

    /// As many states as are sought where no number is given.
    fn usual_states(self) -> usize {
        match self.operator {
            Operator::Morse1d => 4,
            Operator::PoschlTeller1d | Operator::Hydrogen3d => 5,
            Operator::DoubleWell1d | Operator::Quartic2d | Operator::Box5d | Operator::Henon5d => 6,
            Operator::Henon10d | Operator::Henon20d => 8,
            Operator::Hydrogen2d | Operator::H2plus2d => 9,
            Operator::Well2d | Operator::Coupled64d => 10,
            Operator::Box10d => 11,
            Operator::Oscillator2d => 15,
        }
    }

    fn separable(self, states: usize, preset: Preset) -> Result<Option<Separable>, Failure> {
        let line = |length: f64, count: usize| vec![Coordinate::line(0.0, length); count];
        let each = |count: usize, power: u32| -> Result<SeparableSum, Failure> {
            (0..count)
                .try_fold(SeparableSum::kinetic(count, 1.0), |h, i| h.plus(1.0, &[(i, Factor::Power(power))]))
                .map_err(Failure::from)
        };
        let value = self.value();
        let henon = |d: usize| SeparableSum::henon_heiles(d, value);
        let cube = |d: usize| (SeparableSum::kinetic(d, 1.0), vec![Coordinate::Interval(0.0..value); d]);
        let (train, basis) = self.train(states);
        let network = self.network(states, preset);
        if let Some(well) = self.well() {
            let h = SeparableSum::kinetic(1, 1.0).plus(1.0, &[(0, Factor::Function(well.potential()))])?;
            let (coordinate, basis) = well.coordinate(states);
            let network = TensorNetwork { points: 320.max(basis + 180), ..network };
            let coordinates = vec![coordinate];
            return Ok(Some(Separable { h, coordinates, basis, train, network }));
        }
        let (h, coordinates) = match self.operator {
            Operator::Oscillator2d => (each(2, 2)?, line(1.0, 2)),
            Operator::Well2d => cube(2),
            Operator::Quartic2d => (each(2, 4)?, line(0.7, 2)),
            Operator::Box5d => cube(5),
            Operator::Box10d => cube(10),
            Operator::Henon5d => (henon(5), line(1.0, 5)),
            Operator::Henon10d => (henon(10), line(1.0, 10)),
            Operator::Henon20d => (henon(20), line(1.0, 20)),
            Operator::Coupled64d => (SeparableSum::coupled_oscillators(&frequencies(), value), line(1.0, 64)),
            _ => return Ok(None),
        };
        Ok(Some(Separable { h, coordinates, basis, train, network }))
    }

    fn exact(self, states: usize) -> Result<Option<Vec<f64>>, Failure> {
        let value = self.value();
        let levels = |of: &dyn Fn(usize) -> f64| Some((0..states).map(of).collect());
        let cube = |dimension: usize| -> Result<Option<Vec<f64>>, Failure> {
            let squares: Vec<f64> = (1..=states).map(|n| (n as f64 * PI / value).powi(2)).collect();
            Ok(Some(lowest_sums(&vec![squares; dimension], states)?))
        };
        if let Some(well) = self.well() {
            return Ok((0..states).map(|n| well.level(n)).collect());
        }
        Ok(match self.operator {
            // n + 1 states at 2n + 2.
            Operator::Oscillator2d => levels(&|i| 2.0 * (((8 * i + 1).isqrt() - 1) / 2) as f64 + 2.0),
            Operator::Well2d => cube(2)?,
            Operator::Box5d => cube(5)?,
            Operator::Box10d => cube(10)?,
            Operator::Coupled64d => Some(coupled_oscillators(&frequencies(), value, states)?),
            // 2n + 1 states, and (n + 1)².
            Operator::Hydrogen2d => levels(&|i| -1.0 / (2 * i.isqrt() + 1).pow(2) as f64),
            Operator::Hydrogen3d => {
                let level = |i: usize| (0..).find(|n| (n + 1) * (n + 2) * (2 * n + 3) / 6 > i).unwrap_or(0);
                levels(&|i| -0.25 / (level(i) + 1).pow(2) as f64)
            }
            Operator::H2plus2d => Some(hydrogen_molecular_ion(value, states)?),
            _ => None,
        })
    }

    /// A tensor train and the basis of each of its coordinates.
    fn train(self, states: usize) -> (TensorTrain, usize) {
        let train = TensorTrain { states, ..TensorTrain::default() };
        match self.operator {
            // A well knows its basis.
            Operator::Morse1d | Operator::PoschlTeller1d | Operator::DoubleWell1d => {
                (TensorTrain { functions: 40, ..train }, 0)
            }
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
        match self.operator {
            Operator::Morse1d | Operator::PoschlTeller1d | Operator::DoubleWell1d => {
                of(states + 10, &[24], if quick { 400 } else { 6000 })
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
}

impl Operator {
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
