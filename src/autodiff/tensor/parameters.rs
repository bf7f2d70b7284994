//! Parameters: one flat vector with named slices, and how each slice starts.

use std::collections::HashMap;

use crate::Scalar;
use crate::error::Error;
use crate::rng::{Seed, Stream};

/// How a parameter block `[heads, rows, cols]` starts; `rows` is its fan-in and `cols` its fan-out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Initializer {
    /// Every entry the same.
    Constant(f64),
    /// Uniform on [low, high).
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Normal with mean 0.
    Normal {
        /// Standard deviation.
        deviation: f64,
    },
    /// Uniform on ± gain · √(6 / (fan-in + fan-out)) (Glorot and Bengio, 2010).
    GlorotUniform {
        /// Factor on the range.
        gain: f64,
    },
    /// Normal with deviation gain · √(2 / (fan-in + fan-out)) (Glorot and Bengio, 2010).
    GlorotNormal {
        /// Factor on the deviation.
        gain: f64,
    },
    /// Normal with deviation √(2 / fan-in) (He et al., 2015), for relu and its kin.
    HeNormal,
    /// Uniform on ± √(6 / fan-in) (He et al., 2015).
    HeUniform,
    /// Uniform on ± 1/√fan-in (LeCun et al., 1998).
    LecunUniform,
    /// Gain times a random matrix with orthonormal columns or rows, whichever are fewer (Saxe et al., 2014).
    Orthogonal {
        /// Factor on the matrix.
        gain: f64,
    },
}

impl Initializer {
    /// Whether its numbers make a start: finite as `f32` as well, which a recording may be compiled to, an interval with
    /// low ≤ high, no negative deviation.
    pub(crate) fn is_proper(self) -> bool {
        let is_finite = |number: f64| (number as f32).is_finite();
        match self {
            Initializer::Constant(number)
            | Initializer::GlorotUniform { gain: number }
            | Initializer::GlorotNormal { gain: number }
            | Initializer::Orthogonal { gain: number } => is_finite(number),
            Initializer::Uniform { low, high } => low <= high && is_finite(low) && is_finite(high),
            Initializer::Normal { deviation } => deviation >= 0.0 && is_finite(deviation),
            Initializer::HeNormal | Initializer::HeUniform | Initializer::LecunUniform => true,
        }
    }

    /// Fills one block; `block` is `[heads, rows, cols]`.
    fn fill<T: Scalar>(self, [heads, rows, cols]: [usize; 3], stream: &mut Stream, block: &mut [T]) {
        let (fan_in, fan_out) = (rows as f64, cols as f64);
        let uniform = |limit: f64, stream: &mut Stream, block: &mut [T]| {
            block.iter_mut().for_each(|v| *v = T::of(stream.uniform_in(-limit, limit)));
        };
        let normal = |deviation: f64, stream: &mut Stream, block: &mut [T]| {
            block.iter_mut().for_each(|v| *v = T::of(deviation * stream.normal::<f64>()));
        };
        match self {
            Initializer::Constant(value) => block.fill(T::of(value)),
            Initializer::Uniform { low, high } => {
                block.iter_mut().for_each(|v| *v = T::of(stream.uniform_in(low, high)));
            }
            Initializer::Normal { deviation } => normal(deviation, stream, block),
            Initializer::GlorotUniform { gain } => uniform(gain * (6.0 / (fan_in + fan_out)).sqrt(), stream, block),
            Initializer::GlorotNormal { gain } => normal(gain * (2.0 / (fan_in + fan_out)).sqrt(), stream, block),
            Initializer::HeNormal => normal((2.0 / fan_in).sqrt(), stream, block),
            Initializer::HeUniform => uniform((6.0 / fan_in).sqrt(), stream, block),
            Initializer::LecunUniform => uniform((1.0 / fan_in).sqrt(), stream, block),
            Initializer::Orthogonal { gain } => {
                if rows * cols > 0 {
                    for head in 0..heads {
                        orthogonal(gain, rows, cols, stream, &mut block[head * rows * cols..][..rows * cols]);
                    }
                }
            }
        }
    }
}

/// Orthonormal columns (or rows, where they are fewer) from a normal matrix by Gram–Schmidt, done
/// twice ("twice is enough", Giraud et al., 2005).
fn orthogonal<T: Scalar>(gain: f64, rows: usize, cols: usize, stream: &mut Stream, block: &mut [T]) {
    let (count, len) = (rows.min(cols), rows.max(cols));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..len).map(|_| stream.normal()).collect();
        for _ in 0..2 {
            for b in &basis {
                let overlap: f64 = v.iter().zip(b).map(|(x, y)| x * y).sum();
                v.iter_mut().zip(b).for_each(|(x, y)| *x -= overlap * y);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 1e-8 {
            v.iter_mut().for_each(|x| *x *= gain / norm);
            // The stored basis has unit length.
            basis.push(v.iter().map(|x| x / gain.abs().max(f64::MIN_POSITIVE)).collect());
        }
    }
    for i in 0..rows {
        for j in 0..cols {
            let entry = if rows >= cols { basis[j][i] } else { basis[i][j] };
            block[i * cols + j] = T::of(gain.abs() * entry);
        }
    }
}

/// One named block of the flat parameter vector.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterBlock {
    /// The name, such as `"net.0.weight"`.
    pub name: String,
    /// `[heads, rows, cols]`.
    pub shape: [usize; 3],
    /// Where the block starts in the flat vector.
    pub offset: usize,
    /// How the block starts.
    pub initializer: Initializer,
}

impl ParameterBlock {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the block holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The block's place in the flat vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The named blocks of a flat parameter vector, in the order in which they were recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    blocks: Vec<ParameterBlock>,
    /// Which block has the name.
    places: HashMap<String, usize>,
}

impl Layout {
    /// All blocks.
    pub fn blocks(&self) -> &[ParameterBlock] {
        &self.blocks
    }

    /// Length of the flat vector.
    pub fn len(&self) -> usize {
        self.blocks.last().map_or(0, |b| b.range().end)
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The block of that name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the names there are.
    pub fn block(&self, name: &str) -> Result<&ParameterBlock, Error> {
        self.position(name).map(|place| &self.blocks[place]).ok_or_else(|| Error::UnknownName {
            name: name.to_string(),
            known: self.blocks.iter().map(|b| b.name.clone()).collect(),
        })
    }

    /// A starting vector. Each block draws from a stream of its own name, so adding a block does not move the others.
    pub fn initial<T: Scalar>(&self, seed: Seed) -> Vec<T> {
        let mut flat = vec![T::zero(); self.len()];
        for block in &self.blocks {
            block.initializer.fill(block.shape, &mut seed.stream(&block.name), &mut flat[block.range()]);
        }
        flat
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(crate) fn add(&mut self, name: &str, shape: [usize; 3], initializer: Initializer) -> usize {
        let offset = self.len();
        let place = self.blocks.len();
        self.blocks.push(ParameterBlock { name: name.to_string(), shape, offset, initializer });
        self.places.insert(name.to_string(), place);
        place
    }
}
