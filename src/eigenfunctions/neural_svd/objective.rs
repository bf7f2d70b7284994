//! The Ritz step, trained: the singular values between what the functions span, raised on the whole sample.

use super::super::family::weigh;
use super::super::sampled_operator::{Draw, INPUTS, OUTPUTS, SampledOperator};
use super::super::trial::Trial;
use super::NeuralSvd;
use super::sides::Sides;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Cholesky, Gram, Matrix, Triangular, svd};
use crate::optim::Objective;
use crate::{Result, Scalar, Seed};

/// Added to the diagonal of a Gram matrix that is scaled to 1: the values are lower bounds nevertheless.
const JITTER: f64 = 1e-11;
/// The least singular value whose logarithm is taken, relative to the largest.
const FLOOR: f64 = 1e-8;
/// Values of the kernel that are held at a time.
const MAX_ENTRIES: usize = 1 << 28;

/// −Σ ln σ of the singular values between what the functions of both sides span on the whole sample, each of which is a
/// lower bound of that of T: for an optimiser of smooth functions.
#[derive(Debug)]
pub struct SvdObjective<'s, T> {
    operator: &'s SampledOperator<T>,
    states: usize,
    sides: Sides<T>,
    draw: Draw<T>,
    grams: [Matrix<T>; 2],
    images: [Vec<T>; 2],
    weighted: Vec<T>,
    packing: Packing<T>,
    room: Gram<T>,
}

impl<'s, T: Scalar> SvdObjective<'s, T> {
    pub(super) fn new(settings: &NeuralSvd, trials: [&dyn Trial; 2], operator: &'s SampledOperator<T>) -> Result<Self> {
        let count = settings.functions();
        let mut draw = Draw::new();
        let points = operator.inputs().len().max(operator.outputs().len());
        let fits = points.checked_mul(points).is_some_and(|entries| entries <= MAX_ENTRIES);
        let reason =
            format_args!("{points} points of a side; the Ritz step is trained on all of them at once: give fewer");
        Error::require(fits || operator.is_paired(), "sample of NeuralSvd", reason)?;
        draw.fill(operator, usize::MAX, &mut Seed(0).into_stream())?;
        Ok(SvdObjective {
            operator,
            states: settings.states,
            sides: Sides::record(trials, operator.dimensions(), count)?,
            draw,
            grams: [(); 2].map(|()| Matrix::zeros(count, count)),
            images: [Vec::new(), Vec::new()],
            weighted: Vec::new(),
            packing: Packing::new(),
            room: Gram::new(),
        })
    }
}

/// The first Ritz triplets of functions with some Gram matrices and ⟨g, T f⟩.
struct Triplets<T> {
    values: Vec<T>,
    /// The combinations of both sides, `[functions, triplets]`, orthonormal.
    combinations: [Matrix<T>; 2],
}

impl<T: Scalar> Triplets<T> {
    fn new(grams: &[Matrix<T>; 2], coupling: &Matrix<T>, states: usize) -> Result<Self> {
        let mut scales = [INPUTS, OUTPUTS].map(|side| grams[side].diagonal());
        for (side, scale) in scales.iter_mut().enumerate() {
            if let Some(pivot) = scale.iter().position(|&d| d <= T::zero()) {
                return Err(Error::NotPositiveDefinite { operation: SIDES[side], pivot });
            }
            scale.iter_mut().for_each(|d| *d = d.sqrt().recip());
        }
        let factor = |side: usize| {
            let (scale, gram) = (&scales[side], &grams[side]);
            let jitter = |i, j| if i == j { T::of(JITTER) } else { T::zero() };
            let scaled = |i: usize, j: usize| gram[(i, j)] * (scale[i] * scale[j]) + jitter(i, j);
            Cholesky::factor(&Matrix::from_fn(gram.rows(), gram.rows(), scaled))
        };
        let factors = [factor(INPUTS)?, factor(OUTPUTS)?];
        let scaled = |i: usize, j: usize| coupling[(i, j)] * (scales[OUTPUTS][i] * scales[INPUTS][j]);
        let coupling = Matrix::from_fn(coupling.rows(), coupling.cols(), scaled);
        let whitened = Triangular::lower().solve(factors[OUTPUTS].lower(), &coupling)?;
        let whitened = Triangular::lower().transpose().solve_right(factors[INPUTS].lower(), &whitened)?;
        let triplets = svd(&whitened)?;
        let combine = |side: usize, rotation: Matrix<T>| {
            let rotation = rotation.submatrix(0..rotation.rows(), 0..states);
            let combined = Triangular::lower().transpose().solve(factors[side].lower(), &rotation)?;
            Ok(Matrix::from_fn(combined.rows(), states, |i, j| scales[side][i] * combined[(i, j)]))
        };
        let combinations = [combine(INPUTS, triplets.v_transposed.transpose())?, combine(OUTPUTS, triplets.u)?];
        Ok(Triplets { values: triplets.values[..states].to_vec(), combinations })
    }

    /// The loss −Σ ln σ, and σ as it divides: below a floor the logarithm goes on as its tangent, so that the value is
    /// still pulled up.
    fn loss(&self) -> (T, Vec<T>) {
        // Of an operator that is 0 there is nothing to raise.
        let floor = if self.values[0] > T::zero() { self.values[0] * T::of(FLOOR) } else { T::one() };
        let terms = self.values.iter().map(|&v| if v > floor { v.ln() } else { floor.ln() + (v - floor) / floor });
        (-terms.sum::<T>(), self.values.iter().map(|&v| v.max(floor)).collect())
    }
}

const SIDES: [&str; 2] = ["NeuralSvd: a right function vanished", "NeuralSvd: a left function vanished"];

impl<T: Scalar> Objective<T> for SvdObjective<'_, T> {
    fn parameter_count(&self) -> usize {
        self.sides.parameters()
    }

    fn value_and_gradient(&mut self, parameters: &[T], gradient: &mut [T]) -> Result<T> {
        let SvdObjective { operator, states, sides, draw, grams, images, weighted, packing, room } = self;
        let [f, g] = sides.forward(parameters, &draw.points)?;
        let values = [f.values()?, g.values()?];
        let count = grams[INPUTS].rows();
        for side in [INPUTS, OUTPUTS] {
            grams[side].as_mut_slice().fill(T::zero());
            room.add_weighted(T::one(), values[side], &draw.weights[side], &mut grams[side])?;
            images[1 - side].resize(values[1 - side].len(), T::zero());
            draw.weighted_image(operator, side, values[side], &mut images[1 - side]);
        }
        let rows = draw.weights[OUTPUTS].len();
        let mut coupling = Matrix::zeros(count, count);
        let left = MatRef::row_major(values[OUTPUTS], rows, count).transposed();
        let image = MatRef::row_major(&images[OUTPUTS], rows, count);
        gemm(T::one(), left, image, T::zero(), &mut coupling.view_mut(), packing);
        let triplets = Triplets::new(grams, &coupling, *states)?;
        let (loss, divisors) = triplets.loss();

        // dσ = bᵀ dK a − σ/2 (aᵀ dM a + bᵀ dN b) for the combinations a and b of f and g.
        let mut seed = |side: usize, values: &[T], out: &mut [T]| -> Result<()> {
            let (own, other) = (&triplets.combinations[side], &triplets.combinations[1 - side]);
            let quotients = Matrix::from_fn(count, *states, |i, j| other[(i, j)] / divisors[j]);
            let of_image = quotients.matmul_t(own)?;
            let ratio = |j: usize| triplets.values[j] / divisors[j];
            let weighted_own = Matrix::from_fn(count, *states, |i, j| own[(i, j)] * ratio(j));
            let mut of_values = weighted_own.matmul_t(own)?;
            (0..count).for_each(|i| of_values[(i, i)] *= T::one() + T::of(JITTER));
            weigh(values, &draw.weights[side], weighted);
            let rows = draw.weights[side].len();
            let weighted = MatRef::row_major(weighted, rows, count);
            let image = MatRef::row_major(&images[side], rows, count);
            let mut out = MatMut::row_major(out, rows, count);
            gemm(T::one(), weighted, of_values.view(), T::zero(), &mut out, packing);
            gemm(-T::one(), image, of_image.view(), T::one(), &mut out, packing);
            Ok(())
        };
        let (to_right, to_left) = gradient.split_at_mut(f.parameters());
        f.pull_back(|f, out| seed(INPUTS, f, out), to_right)?;
        g.pull_back(|g, out| seed(OUTPUTS, g, out), to_left)?;
        Ok(loss)
    }
}
