//! A rough inverse Hessian of the last layers, in which the functions are linear.

use super::family::{Family, POINTS};
use super::forms::Forms;
use crate::Result;
use crate::autodiff::ParameterBlock;
use crate::eigenfunctions::coordinate::Coordinate;
use crate::error::Error;
use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Cholesky, Gram, LinearOperator, Matrix, Pool, Symmetry};

/// Added to the diagonals of Γ and of A, in their traces.
const DAMPING: f64 = 1e-4;

/// Weights and biases W `[width + 1, p]` of a coordinate's last layer. Where they alone change by δ, Σ ‖δψₛ‖² over the
/// states is tr(Γ δᵀ A δ), with A = ⟨aᵢ, aⱼ⟩ of what the layer takes in and Γ of the other coordinates. The Hessian of
/// Σ λₛ measures δψₛ by H − λₛ, for which A has the slopes too. Its inverse is A⁻¹ ⊗ Γ⁻¹ (Martens and Grosse, 2015, call
/// such a matrix Kronecker-factored); without it, products that few states need move too slowly.
#[derive(Debug)]
struct LastLayer {
    weight: ParameterBlock,
    bias: ParameterBlock,
    /// A⁻¹ and Γ⁻¹.
    left: Matrix<f64>,
    right: Matrix<f64>,
}

/// The inverses for all coordinates, 1 for other parameters.
#[derive(Debug)]
pub(super) struct LastLayers {
    layers: Vec<LastLayer>,
    parameters: usize,
    room: Pool<Room>,
}

/// Space for two products.
#[derive(Debug, Default)]
struct Room {
    inner: Vec<f64>,
    outer: Vec<f64>,
    packing: Packing<f64>,
}

impl LastLayers {
    /// For Γ of each coordinate, on `points` `[points, coordinates]`.
    pub fn new(
        family: &Family,
        coordinates: &[Coordinate],
        points: &[f64],
        forms: &Forms,
        gammas: &[Matrix<f64>],
        parameters: &[f64],
    ) -> Result<Self> {
        let mut workspace = family.features.workspace();
        workspace.set(POINTS, points)?;
        let features = family.features.evaluate(parameters, &mut workspace)?;
        let layout = family.features.parameters();
        let mut layers = Vec::with_capacity(gammas.len());
        for (i, (gamma, coordinate)) in gammas.iter().zip(coordinates).enumerate() {
            let last = &family.last[i];
            let (weight, bias) = (layout.block(&format!("{last}.weight"))?, layout.block(&format!("{last}.bias"))?);
            let width = weight.shape[1] + 1;
            let mut a = Matrix::zeros(width, width);
            let scale = coordinate.length().powi(2);
            for (output, scale) in family.inner[i].into_iter().zip([1.0, scale]) {
                Gram::new().add_weighted(scale, features.value(output)?, forms.rule(i), &mut a)?;
            }
            let (left, right) = (damped_inverse(&a)?, damped_inverse(gamma)?);
            layers.push(LastLayer { weight: weight.clone(), bias: bias.clone(), left, right });
        }
        Ok(LastLayers { layers, parameters: parameters.len(), room: Pool::default() })
    }
}

fn damped_inverse(a: &Matrix<f64>) -> Result<Matrix<f64>> {
    let damping = DAMPING * a.diagonal().iter().sum::<f64>();
    Error::require(damping.is_normal(), "preconditioner of a tensor network", "a function vanished")?;
    Cholesky::factor(&a.add(&Matrix::from_diagonal(&vec![damping; a.rows()]))?)?.inverse()
}

impl LinearOperator<f64> for LastLayers {
    fn rows(&self) -> usize {
        self.parameters
    }

    fn cols(&self) -> usize {
        self.parameters
    }

    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }

    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<()> {
        y.copy_from_slice(x);
        self.room.lend(Room::default, |room| self.layers.iter().for_each(|layer| layer.apply(x, y, room)));
        Ok(())
    }
}

impl LastLayer {
    /// A⁻¹ W Γ⁻¹, the biases being the last row of W.
    fn apply(&self, x: &[f64], y: &mut [f64], Room { inner, outer, packing }: &mut Room) {
        let (rows, p) = (self.left.rows(), self.right.rows());
        let (weight, bias) = (self.weight.range(), self.bias.range());
        inner.clear();
        inner.extend_from_slice(&x[weight.clone()]);
        inner.extend_from_slice(&x[bias.clone()]);
        outer.resize(inner.len(), 0.0);
        let mut half = MatMut::row_major(outer, rows, p);
        gemm(1.0, self.left.view(), MatRef::row_major(inner, rows, p), 0.0, &mut half, packing);
        let mut whole = MatMut::row_major(inner, rows, p);
        gemm(1.0, MatRef::row_major(outer, rows, p), self.right.view(), 0.0, &mut whole, packing);
        let (weights, biases) = inner.split_at(weight.len());
        y[weight].copy_from_slice(weights);
        y[bias].copy_from_slice(biases);
    }
}
