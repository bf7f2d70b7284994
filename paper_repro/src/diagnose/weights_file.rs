//! Weights from files of others: safetensors and NumPy's .npy.

use std::fs;
use std::path::Path;

use eigennet::linalg::Matrix;
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::failure::Failure;

/// Weight matrices by name.
pub type Weights = Vec<(String, Matrix<f64>)>;

/// The matrices in a file: of two dimensions as they are, kernels of convolutions `[out, in, …]` as
/// `[out, in · kh · kw]`. Vectors, such as biases, and tensors of whole numbers are left out.
///
/// # Errors
/// [`Failure::Usage`] for a file that cannot be read, is damaged or holds no matrix.
pub fn read(path: &Path) -> Result<Weights, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::Usage(format!("--weights {}: {error}", path.display()));
    let bytes = fs::read(path).map_err(|error| refused(&error))?;
    let found = match path.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors") => read_safetensors(&bytes),
        Some("npy") => read_npy(&bytes),
        _ => Err("it should end in .safetensors or .npy".to_string()),
    };
    let weights = found.map_err(|error| refused(&error))?;
    if weights.is_empty() {
        return Err(refused(&"there is no matrix in it: vectors and whole numbers have no spectrum to show"));
    }
    Ok(weights)
}

fn read_safetensors(bytes: &[u8]) -> Result<Weights, String> {
    let damaged = |error| format!("it is damaged, or no safetensors file ({error}); write it again");
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut found = Vec::new();
    for (name, tensor) in file.iter() {
        let data = tensor.data();
        let values: Vec<f64> = match tensor.dtype() {
            Dtype::F64 => words(data).map(f64::from_le_bytes).collect(),
            Dtype::F32 => words(data).map(|word| f32::from_le_bytes(word).into()).collect(),
            Dtype::F16 => words(data).map(|word| f16::from_le_bytes(word).into()).collect(),
            Dtype::BF16 => words(data).map(|word| bf16::from_le_bytes(word).into()).collect(),
            _ => continue,
        };
        found.extend(matrix(name, tensor.shape(), values)?.map(|matrix| (name.to_string(), matrix)));
    }
    // The file has its own order, by size of the numbers.
    found.sort_by(|a, b| natural(&a.0).cmp(&natural(&b.0)));
    Ok(found)
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    data.as_chunks().0.iter().copied()
}

/// Names with their numbers as numbers: layer 10 comes after layer 9.
fn natural(name: &str) -> Vec<(usize, &str)> {
    name.split('.').map(|part| (part.parse().unwrap_or(usize::MAX), part)).collect()
}

fn read_npy(bytes: &[u8]) -> Result<Weights, String> {
    let damaged = |error: std::io::Error| format!("it is damaged, or no .npy file ({error}); write it again");
    let array = npyz::NpyFile::new(bytes).map_err(damaged)?;
    let shape: Vec<usize> = array.shape().iter().map(|&n| n as usize).collect();
    let by_columns = array.order() == npyz::Order::Fortran;
    let values = match array.try_data::<f64>() {
        Ok(data) => data.collect::<Result<Vec<_>, _>>(),
        Err(array) => match array.try_data::<f32>() {
            Ok(data) => data.map(|value| value.map(f64::from)).collect(),
            Err(array) => match array.try_data::<f16>() {
                Ok(data) => data.map(|value| value.map(f64::from)).collect(),
                Err(array) => return Err(format!("its numbers are {}; save them as float32", array.dtype().descr())),
            },
        },
    };
    // By columns it is the transpose of an array by rows whose dimensions are turned round; singular values are the same
    // of a matrix, but not of a kernel, whose dimensions are put together.
    if by_columns && shape.len() > 2 {
        return Err("it is in Fortran's order; save numpy.ascontiguousarray of it".to_string());
    }
    let shape = if by_columns { shape.into_iter().rev().collect() } else { shape };
    Ok(matrix("array", &shape, values.map_err(damaged)?)?.map(|m| ("array".to_string(), m)).into_iter().collect())
}

/// A matrix of a tensor of two dimensions or more, unless it is a mere row or column.
fn matrix(name: &str, shape: &[usize], values: Vec<f64>) -> Result<Option<Matrix<f64>>, String> {
    let [rows, rest @ ..] = shape else { return Ok(None) };
    let cols = rest.iter().product::<usize>();
    if rest.is_empty() || *rows < 2 || cols < 2 {
        return Ok(None);
    }
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(format!("entry {place} of {name} is not finite; the training went wrong before it was saved"));
    }
    Matrix::from_vec(*rows, cols, values).map(Some).map_err(|error| error.to_string())
}
