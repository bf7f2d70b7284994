//! The points: made, or read from a file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use eigennet::Seed;
use eigennet::graph::data;
use eigennet::linalg::Matrix;

use super::options::{Clustering, Data};
use crate::failure::Failure;

/// Points of a run.
#[derive(Debug)]
pub struct Points {
    /// Words for the report.
    pub name: String,
    /// `[points, coordinates]`
    pub points: Matrix<f64>,
    /// What each belongs to, where that is known.
    pub labels: Option<Vec<usize>>,
    /// Fresh points of the same kind and what they belong to.
    pub held_out: Option<data::DataSet<f64>>,
    /// Clusters sought.
    pub clusters: usize,
}

/// Fresh points that accuracy is measured on as well.
const HELD_OUT: usize = 1000;

impl Points {
    /// Those that the options ask for.
    pub fn of(options: &Clustering, seed: Seed) -> Result<Self, Failure> {
        if let (Some(path), Some(clusters)) = (&options.input, options.clusters) {
            let points = read(path)?;
            if points.rows() < clusters {
                let text = format!("{}: {} points are fewer than {clusters} clusters", path.display(), points.rows());
                return Err(Failure::Usage(text));
            }
            return Ok(Points { name: path.display().to_string(), points, labels: None, held_out: None, clusters });
        }
        let noise = options.noise;
        let factor = options.factor.unwrap_or(0.5);
        let make = |count: usize, seed: Seed| match options.data {
            Data::Circles => data::circles(count, noise, factor, seed),
            Data::Moons => data::moons(count, noise, seed),
            Data::Spirals => data::spirals(count, noise, seed),
            Data::Blobs => {
                let centres = Matrix::from_fn(3, 2, |i, j| {
                    let angle = std::f64::consts::TAU * i as f64 / 3.0;
                    if j == 0 { angle.cos() } else { angle.sin() }
                });
                data::blobs(count, &centres, &[noise; 3], seed)
            }
        };
        let made = make(options.points, seed.child("points"));
        let (name, clusters) = match options.data {
            Data::Circles => (format!("circles, factor {factor}"), 2),
            Data::Moons => ("moons".to_string(), 2),
            Data::Spirals => ("spirals".to_string(), 2),
            Data::Blobs => ("blobs".to_string(), 3),
        };
        Ok(Points {
            name: format!("{} {name}, noise {noise}", options.points),
            points: made.points,
            labels: Some(made.labels),
            held_out: Some(make(HELD_OUT, seed.child("held out"))),
            clusters: options.clusters.unwrap_or(clusters),
        })
    }
}

/// Reads `[points, coordinates]` from a file.
fn read(path: &Path) -> Result<Matrix<f64>, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::Usage(format!("--input {}: {error}", path.display()));
    let file = BufReader::new(File::open(path).map_err(|error| refused(&error))?);
    let (rows, cols, values) = match path.extension().and_then(|extension| extension.to_str()) {
        Some("npy") => read_npy(file).map_err(|error| refused(&error))?,
        Some("csv" | "txt") => read_csv(file).map_err(|error| refused(&error))?,
        _ => return Err(refused(&"it should end in .csv or .npy")),
    };
    if rows == 0 || cols == 0 {
        return Err(refused(&"there are no points in it"));
    }
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let text = format!("point {} has a coordinate that is not a finite number; remove or fill in", place / cols);
        return Err(refused(&text));
    }
    Matrix::from_vec(rows, cols, values).map_err(|error| refused(&error))
}

type Table = (usize, usize, Vec<f64>);

fn read_csv(file: impl std::io::Read) -> Result<Table, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(file);
    let (mut rows, mut cols, mut values) = (0, 0, Vec::new());
    for (line, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let row: Result<Vec<f64>, String> = record
            .iter()
            .map(|cell| cell.parse().map_err(|_| format!("line {}: {cell:?} is no number", line + 1)))
            .collect();
        match row {
            // Names of columns.
            Err(_) if line == 0 => {}
            row => {
                let row = row?;
                cols = row.len();
                rows += 1;
                values.extend(row);
            }
        }
    }
    Ok((rows, cols, values))
}

fn read_npy(file: impl std::io::Read) -> Result<Table, String> {
    let array = npyz::NpyFile::new(file).map_err(|error| error.to_string())?;
    let [rows, cols] = array.shape() else {
        return Err(format!("its shape is {:?}; it should be [points, coordinates]", array.shape()));
    };
    let (rows, cols) = (*rows as usize, *cols as usize);
    let by_columns = array.order() == npyz::Order::Fortran;
    let wide = |error: std::io::Error| error.to_string();
    let values: Vec<f64> = match array.try_data::<f64>() {
        Ok(data) => data.collect::<Result<_, _>>().map_err(wide)?,
        Err(array) => match array.try_data::<f32>() {
            Ok(data) => data.map(|value| value.map(f64::from)).collect::<Result<_, _>>().map_err(wide)?,
            Err(array) => match array.try_data::<i64>() {
                Ok(data) => {
                    data.map(|value| value.map(|value| value as f64)).collect::<Result<_, _>>().map_err(wide)?
                }
                Err(array) => return Err(format!("its numbers are {}; save them as float64", array.dtype().descr())),
            },
        },
    };
    let values =
        if by_columns { (0..rows * cols).map(|k| values[k % cols * rows + k / cols]).collect() } else { values };
    Ok((rows, cols, values))
}
