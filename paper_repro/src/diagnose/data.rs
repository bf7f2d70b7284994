//! Points and the classes they belong to.

use std::f64::consts::TAU;
use std::path::Path;

use eigennet::Seed;
use eigennet::linalg::Matrix;

use crate::failure::Failure;

/// Points, their classes, and the classes one-hot.
#[derive(Debug)]
pub struct Data {
    /// `[points, coordinates]`
    pub points: Matrix<f64>,
    /// The class of each.
    pub labels: Vec<usize>,
    /// `[points, classes]`
    pub one_hot: Matrix<f64>,
    /// Words for the report.
    pub name: String,
}

/// Arms of the spirals.
const ARMS: usize = 3;
/// Deviation of the points from their arm.
const NOISE: f64 = 0.02;

impl Data {
    /// Points on three arms that wind about one another, equally many on each.
    pub fn spirals(count: usize, seed: Seed) -> Self {
        let mut random = seed.stream("spirals");
        let labels: Vec<usize> = (0..count).map(|i| i % ARMS).collect();
        let mut points = Matrix::zeros(count, 2);
        for (i, &label) in labels.iter().enumerate() {
            let radius = 0.15 + 0.85 * (i / ARMS) as f64 / (count / ARMS) as f64;
            let angle = TAU * (label as f64 / ARMS as f64 + 0.5 * radius);
            let noise = [(); 2].map(|()| NOISE * random.normal::<f64>());
            points.row_mut(i).copy_from_slice(&[radius * angle.cos() + noise[0], radius * angle.sin() + noise[1]]);
        }
        Data::new(points, labels, ARMS, format!("{count} points on {ARMS} spirals"))
    }

    /// Points of a .csv file, the class in the last column; each coordinate is brought to mean 0 and deviation 1.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what is not so.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::Usage(format!("--input {}: {error}", path.display()));
        let reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(path);
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for (line, record) in reader.map_err(|error| refused(&error))?.records().enumerate() {
            let record = record.map_err(|error| refused(&error))?;
            let row: Result<Vec<f64>, _> = record.iter().map(str::parse).collect();
            match row {
                Ok(row) if row.len() >= 2 && row.iter().all(|v| v.is_finite()) => rows.push(row),
                // Names of columns.
                Err(_) if line == 0 => {}
                _ => return Err(refused(&format!("line {} should be finite numbers, at least two", line + 1))),
            }
        }
        let Some(width) = rows.first().map(|row| row.len() - 1) else {
            return Err(refused(&"there are no points in it"));
        };
        let mut labels = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            let class = row[width];
            if class < 0.0 || class.fract() != 0.0 || class >= rows.len() as f64 {
                return Err(refused(&format!(
                    "point {i} has the class {class}; classes are 0, 1, 2, …, in the last column"
                )));
            }
            labels.push(class as usize);
        }
        let classes = labels.iter().max().map_or(0, |most| most + 1);
        if classes < 2 || (0..classes).any(|class| !labels.contains(&class)) {
            return Err(refused(&"it takes two classes or more, and points of each from 0 on"));
        }
        let mut points = Matrix::from_fn(rows.len(), width, |i, j| rows[i][j]);
        for j in 0..width {
            let column = points.column(j);
            let n = column.len() as f64;
            let mean = column.iter().sum::<f64>() / n;
            let deviation = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            for i in 0..rows.len() {
                points[(i, j)] = if deviation > 0.0 { (points[(i, j)] - mean) / deviation } else { 0.0 };
            }
        }
        Ok(Data::new(points, labels, classes, path.display().to_string()))
    }

    fn new(points: Matrix<f64>, labels: Vec<usize>, classes: usize, name: String) -> Self {
        let one_hot = Matrix::from_fn(labels.len(), classes, |i, j| f64::from(u8::from(labels[i] == j)));
        Data { points, labels, one_hot, name }
    }
}
