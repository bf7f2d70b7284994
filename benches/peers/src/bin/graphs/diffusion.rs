//! A diffusion map of the unit circle, with the scale and cut-off that datafold chooses.

use std::error::Error;

use eigennet::Seed;
use eigennet::graph::DiffusionMap;
use eigennet::graph::data::{CircleSampling, unit_circle};

use super::python::Python;
use super::table::Table;

pub fn compare(table: &Table, python: &mut Python) -> Result<(), Box<dyn Error>> {
    let points = unit_circle(&CircleSampling::Uniform.angles(10_000, Seed(0)));
    python.give("points", &points)?;
    let map = DiffusionMap::default();
    let race = python.race(&format!("diffusion 25 {}", map.components), || map.fit(&points));
    table.race("diffusion map, 10 000 on a circle", "datafold", &race, |race| {
        let pairs = race.result.values().iter().zip(&race.answer);
        let differ = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        format!("eigenvalues of the walk differ by {differ:.1e}")
    });
    Ok(())
}
