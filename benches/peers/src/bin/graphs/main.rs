//! `eigennet::graph` beside scikit-learn, SciPy, pynndescent, JAX and datafold, one thread each:
//!
//! `cargo run --release -p peers --bin graphs PYTHON [--datafold PYTHON]`: PYTHON has scikit-learn and SciPy, and what else
//! it has joins; datafold 2.0.2 wants older versions of both, and so an interpreter of its own. Times are medians of rounds in
//! turns, a ratio below 1 says that ours is the faster; then the labels of scikit-learn's comparison of clustering methods.
//!
//! `cargo run --release -p peers --bin graphs -- growth`: time and memory of ours from 10³ to 10⁶ points, all threads.

mod clusters;
mod diffusion;
mod growth;
mod labels;
mod neighbors;
mod python;
mod spectral_net;
mod table;

use std::error::Error;

use self::python::Python;
use self::table::Table;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["growth"] => growth::print(),
        ["growth", case, size] => growth::measure(case, size),
        [python] => on_one_thread(python, None),
        [python, "--datafold", datafold] => on_one_thread(python, Some(datafold)),
        _ => Err("usage: graphs PYTHON [--datafold PYTHON], or graphs growth".into()),
    }
}

fn on_one_thread(python: &str, datafold: Option<&str>) -> Result<(), Box<dyn Error>> {
    let mut python = Python::start(python)?;
    let mut datafold = datafold.map(Python::start).transpose()?;
    let compare = || {
        let table = Table::of_races();
        spectral_net::compare(&table, &mut python).map_err(|error| error.to_string())?;
        clusters::compare(&table, &mut python).map_err(|error| error.to_string())?;
        if let Some(datafold) = &mut datafold {
            diffusion::compare(&table, datafold).map_err(|error| error.to_string())?;
        }
        neighbors::compare(&table, &mut python).map_err(|error| error.to_string())?;
        println!();
        labels::compare(&mut python).map_err(|error| error.to_string())
    };
    Ok(rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(compare)?)
}
