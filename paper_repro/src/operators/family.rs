//! Options that make an operator a family: how deep, how far apart, how strongly coupled, how large.

use std::fmt;
use std::ops::RangeInclusive;

use clap::{Args, ValueEnum};

use super::problem::Operator;
use crate::cli;
use crate::failure::Failure;
use crate::number::given;

/// What the members of a family differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameter {
    Depth,
    Separation,
    Coupling,
    Side,
}

impl Parameter {
    fn name(self) -> &'static str {
        match self {
            Parameter::Depth => "depth",
            Parameter::Separation => "separation",
            Parameter::Coupling => "coupling",
            Parameter::Side => "side",
        }
    }

    /// Which operators take it.
    fn takers(self) -> String {
        let all = Operator::value_variants().iter();
        let takers = all.filter(|operator| operator.parameter().is_some_and(|(parameter, ..)| parameter == self));
        takers.map(|operator| operator.name()).collect::<Vec<_>>().join(", ")
    }
}

impl Operator {
    /// What makes it a family, with the usual value and those that its methods have been tried at; `None` if it is alone.
    fn parameter(self) -> Option<(Parameter, f64, RangeInclusive<f64>)> {
        Some(match self {
            Operator::Morse1d => (Parameter::Depth, 25.0, 0.0..=200.0),
            Operator::PoschlTeller1d => (Parameter::Depth, 30.0, 0.0..=200.0),
            Operator::DoubleWell1d => (Parameter::Depth, 16.0, 0.0..=200.0),
            Operator::Well2d | Operator::Box5d | Operator::Box10d => (Parameter::Side, 1.0, 0.1..=10.0),
            Operator::Henon5d | Operator::Henon10d | Operator::Henon20d => (Parameter::Coupling, 0.111_803, 0.0..=0.12),
            Operator::Coupled64d => (Parameter::Coupling, 0.1, 0.0..=0.15),
            Operator::H2plus2d => (Parameter::Separation, 2.0, 0.1..=20.0),
            Operator::Oscillator2d | Operator::Quartic2d | Operator::Hydrogen2d | Operator::Hydrogen3d => return None,
        })
    }
}

fn positive(text: &str) -> Result<f64, String> {
    cli::number(text, "a positive number", |value| value > 0.0)
}

/// The options as they were given.
#[derive(Debug, Clone, Copy, Args)]
pub struct Parameters {
    /// Depth of Morse's or Pöschl and Teller's potential, height of the double well's barrier [default: 25, 30, 16]
    #[arg(long, value_name = "D", allow_negative_numbers = true, value_parser = positive)]
    depth: Option<f64>,

    /// Distance of the charges of h2plus2d [default: 2]
    #[arg(long, value_name = "R", allow_negative_numbers = true, value_parser = positive)]
    separation: Option<f64>,

    /// Coupling of the Hénon–Heiles and of the coupled oscillators [default: .111803, .1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = positive)]
    coupling: Option<f64>,

    /// Side of the square well and of the boxes [default: 1]
    #[arg(long, value_name = "L", allow_negative_numbers = true, value_parser = positive)]
    side: Option<f64>,
}

impl Parameters {
    fn value(&self, parameter: Parameter) -> Option<f64> {
        match parameter {
            Parameter::Depth => self.depth,
            Parameter::Separation => self.separation,
            Parameter::Coupling => self.coupling,
            Parameter::Side => self.side,
        }
    }

    fn given(&self) -> impl Iterator<Item = (Parameter, f64)> {
        let all = [Parameter::Depth, Parameter::Separation, Parameter::Coupling, Parameter::Side];
        all.into_iter().filter_map(|parameter| Some((parameter, self.value(parameter)?)))
    }

    /// Whether all are left as usual.
    pub fn none(&self) -> bool {
        self.given().next().is_none()
    }

    /// Refuses what the operator does not take, and values that its methods are not made for.
    ///
    /// # Errors
    /// [`Failure::Usage`].
    pub fn check(&self, operator: Option<Operator>) -> Result<(), Failure> {
        for (parameter, value) in self.given() {
            let name = parameter.name();
            let complaint = match operator.map(|operator| (operator.name(), operator.parameter())) {
                Some((operator, Some((its, _, range)))) if its == parameter => {
                    if range.contains(&value) {
                        continue;
                    }
                    let from =
                        if *range.start() > 0.0 { format!("{} to", given(*range.start())) } else { "up to".into() };
                    format!("--{name} {}: for {operator}, give {from} {}", given(value), given(*range.end()))
                }
                Some((operator, _)) => format!("--{name}: not for {operator}; {} take it", parameter.takers()),
                None => format!("--{name} is for one operator; add --operator, one of {}", parameter.takers()),
            };
            return Err(Failure::Usage(complaint));
        }
        Ok(())
    }

    /// The operator at what was given, else as usual.
    pub fn of(&self, operator: Operator) -> Member {
        let parameter =
            operator.parameter().map(|(parameter, usual, _)| (parameter, self.value(parameter).unwrap_or(usual)));
        Member { operator, parameter }
    }
}

/// An operator with the number that makes it one of its family.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Which.
    pub operator: Operator,
    parameter: Option<(Parameter, f64)>,
}

impl Member {
    /// Its parameter; 1 if it has none.
    pub fn value(&self) -> f64 {
        self.parameter.map_or(1.0, |(_, value)| value)
    }

    /// Its parameter in words, such as `depth 25`.
    pub fn setting(&self) -> Option<String> {
        self.parameter.map(|(parameter, value)| format!("{} {}", parameter.name(), given(value)))
    }
}

/// What a checkpoint is of: `morse1d, depth 25`.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operator.name())?;
        self.setting().map_or(Ok(()), |setting| write!(f, ", {setting}"))
    }
}
