//! Adam in the eigenbasis of Shampoo's preconditioner.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::linalg::{Matrix, jacobi_sweep};
use crate::{Error, Result, Scalar};

use super::adam::AdamSettings;
use super::optimizer::{Optimizer, OptimizerState, Rule};
use super::settings::{defaults, fraction};

defaults! {
    /// Settings of [`Soap`]; the defaults are those of the paper but for ε and the widest side.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SoapSettings {
        /// β₁ in [0, 1): decay of the mean (default 0.95).
        pub beta1: f64 = 0.95,
        /// β₂ in [0, 1): decay of the mean square (default 0.95).
        pub beta2: f64 = 0.95,
        /// ε > 0, added to the root (default 1e-12).
        pub epsilon: f64 = 1e-12,
        /// In [0, 1): decay of the averages of G Gᵀ and Gᵀ G (default 0.95).
        pub factor_decay: f64 = 0.95,
        /// Steps between two turns of the basis (default 10).
        pub every: u64 = 10,
        /// Sides that are wider keep the axes: a basis costs the cube of its width (default 512).
        pub widest: usize = 512,
    }
}

/// SOAP (Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson and Kakade, 2024): Adam in the eigenbasis of
/// Shampoo's preconditioner (Gupta, Koren and Singer, 2018).
///
/// Of a matrix of parameters with the gradient G it averages `L = ⟨G Gᵀ⟩` and `R = ⟨Gᵀ G⟩`. With their eigenvectors in the
/// rows of U and V a step is that of [`Adam`](super::Adam) for the gradient `U G Vᵀ`, turned back: `Uᵀ δ V`. Valleys
/// that lie across the parameters, which Adam crosses to and fro, lie along those axes. Blocks of one row are Adam's.
///
/// U and V follow L and R by one sweep of Jacobi's rotations every so many steps, and the mean turns with them.
///
/// ```
/// use eigennet::optim::{Optimizer, Soap, SoapSettings};
/// // ½ Σ wᵢⱼ ((U X Uᵀ)ᵢⱼ − 1)², U a turn by one radian.
/// let weights = [[1.0, 0.05], [0.002, 1e-4]];
/// let turn = |x: [f64; 4], by: f64| {
///     let (s, c) = by.sin_cos();
///     let [a, b, d, e] = [c * x[0] - s * x[2], c * x[1] - s * x[3], s * x[0] + c * x[2], s * x[1] + c * x[3]];
///     [c * a - s * b, s * a + c * b, c * d - s * e, s * d + c * e]
/// };
/// let mut x = [0.0; 4];
/// let mut soap = Soap::new(SoapSettings::default(), [[1, 2, 2]])?;
/// for step in 0..2000 {
///     let turned = turn(x, 1.0);
///     let slopes = [0, 1, 2, 3].map(|k| weights[k / 2][k % 2] * (turned[k] - 1.0));
///     soap.step(0.01 * (1.0 - step as f64 / 2000.0), &mut x, &turn(slopes, -1.0))?;
/// }
/// assert!(turn(x, 1.0).iter().all(|v| (v - 1.0).abs() < 1e-2), "{x:?}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug)]
pub struct Soap<T> {
    settings: SoapSettings,
    blocks: Vec<Block>,
    sides: Vec<Side<T>>,
    parameters: usize,
    state: OptimizerState<T>,
    room: [Vec<T>; 3],
    packing: Packing<T>,
}

/// A matrix of parameters.
#[derive(Debug)]
struct Block {
    start: usize,
    rows: usize,
    cols: usize,
    /// Those of L and R, unless the axes are kept, by their number.
    sides: [Option<usize>; 2],
}

/// Where the average of a side lies in what the state keeps beside its vectors; its basis, a vector a row, follows.
#[derive(Debug)]
struct Side<T> {
    start: usize,
    width: usize,
    form: Matrix<T>,
    basis: Matrix<T>,
    packing: Packing<T>,
}

impl<T: Scalar> Soap<T> {
    /// The optimiser of parameters that are `[count, rows, cols]` matrices, row after row, in this order.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings outside their ranges or shapes beyond memory.
    pub fn new(settings: SoapSettings, shapes: impl IntoIterator<Item = [usize; 3]>) -> Result<Self> {
        settings.adam().check()?;
        fraction("factor_decay of Soap", settings.factor_decay, 0.0, 1.0)?;
        Error::require(settings.every > 0, "every of Soap", "0; the basis turns every so many steps, 10 is usual")?;
        let (mut blocks, mut sides, mut parameters, mut beside) = (Vec::new(), Vec::new(), 0_usize, Vec::new());
        for [count, rows, cols] in shapes {
            let size =
                count.checked_mul(rows).and_then(|n| n.checked_mul(cols)).and_then(|n| n.checked_add(parameters));
            let size = size.ok_or_else(|| Error::invalid("shapes of Soap", "more parameters than memory can hold"))?;
            // One block for all matrices that keep their axes.
            let turned = rows > 1 && [rows, cols].iter().any(|&width| (2..=settings.widest).contains(&width));
            if !turned {
                blocks.push(Block { start: parameters, rows: 1, cols: size - parameters, sides: [None, None] });
            }
            for k in 0..if turned { count } else { 0 } {
                let mut side = |width: usize| {
                    (2..=settings.widest).contains(&width).then(|| {
                        let start = beside.len();
                        beside.resize(start + width * width, T::zero());
                        beside.extend(Matrix::identity(width).as_slice());
                        let [form, basis] = [(); 2].map(|()| Matrix::zeros(width, width));
                        sides.push(Side { start, width, form, basis, packing: Packing::new() });
                        sides.len() - 1
                    })
                };
                let of_both = [side(rows), side(cols)];
                blocks.push(Block { start: parameters + k * rows * cols, rows, cols, sides: of_both });
            }
            parameters = size;
        }
        let largest = blocks.iter().map(|block| block.rows * block.cols).max().unwrap_or(0);
        Ok(Soap {
            settings,
            blocks,
            sides,
            parameters,
            state: OptimizerState::new("soap", 2).with_beside(beside),
            room: [(); 3].map(|()| vec![T::zero(); largest]),
            packing: Packing::new(),
        })
    }
}

impl SoapSettings {
    fn adam(&self) -> AdamSettings {
        let &SoapSettings { beta1, beta2, epsilon, .. } = self;
        AdamSettings { beta1, beta2, epsilon, ..AdamSettings::default() }
    }
}

impl<T: Scalar> Side<T> {
    fn average<'b>(&self, beside: &'b mut [T]) -> &'b mut [T] {
        &mut beside[self.start..][..self.width * self.width]
    }

    fn basis<'b>(&self, beside: &'b [T]) -> MatRef<'b, T> {
        let entries = self.width * self.width;
        MatRef::row_major(&beside[self.start + entries..][..entries], self.width, self.width)
    }

    /// Moves the average towards `g gᵀ`.
    fn follow(&self, weight: T, g: MatRef<'_, T>, beside: &mut [T], packing: &mut Packing<T>) {
        let average = self.average(beside);
        let mut view = MatMut::row_major(average, self.width, self.width);
        gemm(weight, g, g.transposed(), T::one() - weight, &mut view, packing);
        // Subnormal numbers are slow.
        let tiny = |v: &&mut T| v.abs() < T::min_positive_value();
        average.iter_mut().filter(tiny).for_each(|v| *v = T::zero());
    }

    /// Turns the basis towards the eigenvectors of the average; both are the beginning of `own`.
    fn turn(&mut self, own: &mut [T]) {
        let n = self.width;
        let (average, stored) = own.split_at_mut(n * n);
        let stored = &mut stored[..n * n];
        let (average, basis) = (MatRef::row_major(average, n, n), MatRef::row_major(stored, n, n));
        gemm(T::one(), basis, average, T::zero(), &mut self.basis.view_mut(), &mut self.packing);
        let half = MatRef::row_major(self.basis.as_slice(), n, n);
        gemm(T::one(), half, basis.transposed(), T::zero(), &mut self.form.view_mut(), &mut self.packing);
        self.basis.as_mut_slice().copy_from_slice(stored);
        jacobi_sweep(&mut self.form, &mut self.basis);
        stored.copy_from_slice(self.basis.as_slice());
    }
}

/// Turns the bases of all sides; `beside` begins at the place `first`. Each takes thousands of rotations one after the
/// other, so the sides go to all threads.
fn turn_all<T: Scalar>(sides: &mut [Side<T>], beside: &mut [T], first: usize) {
    match sides {
        [] => {}
        [side] => side.turn(&mut beside[side.start - first..]),
        sides => {
            let (these, those) = sides.split_at_mut(sides.len() / 2);
            let middle = those[0].start;
            let (left, right) = beside.split_at_mut(middle - first);
            rayon::join(|| turn_all(these, left, first), || turn_all(those, right, middle));
        }
    }
}

impl Block {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.rows * self.cols
    }

    fn is_turned(&self) -> bool {
        self.sides.iter().any(Option::is_some)
    }

    /// `x ← U x Vᵀ`, or back `x ← Uᵀ x V`.
    fn rotate<T: Scalar>(
        &self,
        forward: bool,
        (all, beside): (&[Side<T>], &[T]),
        x: &mut [T],
        room: &mut [T],
        packing: &mut Packing<T>,
    ) {
        let (Block { rows, cols, .. }, [left, right]) = (self, self.sides.map(|side| side.map(|side| &all[side])));
        let room = &mut room[..x.len()];
        if let Some(side) = left {
            let basis = side.basis(beside);
            let basis = if forward { basis } else { basis.transposed() };
            let to = &mut MatMut::row_major(room, *rows, *cols);
            gemm(T::one(), basis, MatRef::row_major(x, *rows, *cols), T::zero(), to, packing);
            x.copy_from_slice(room);
        }
        if let Some(side) = right {
            let basis = side.basis(beside);
            let basis = if forward { basis.transposed() } else { basis };
            let to = &mut MatMut::row_major(room, *rows, *cols);
            gemm(T::one(), MatRef::row_major(x, *rows, *cols), basis, T::zero(), to, packing);
            x.copy_from_slice(room);
        }
    }
}

impl<T: Scalar> Optimizer<T> for Soap<T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<()> {
        Error::same_shape("Soap::step", &[self.parameters], &[parameters.len()])?;
        self.state.advance(rate, parameters, gradient)?;
        let (steps, SoapSettings { factor_decay, every, .. }) = (self.state.steps(), self.settings);
        let weight = T::of((1.0 - factor_decay).max(1.0 / steps as f64));
        // The first averages are rough, and bases from scratch take some sweeps.
        let turns = steps.is_multiple_of(every) || steps < every && steps.is_power_of_two();
        let adam = self.settings.adam().at(steps as f64, rate);
        let Soap { blocks, sides, room: [turned, change, room], packing, state, .. } = self;
        let ([first, second], beside) = state.parts_mut() else { return Ok(()) };
        for block in blocks.iter().filter(|block| block.is_turned()) {
            let g = &gradient[block.range()];
            // Squares that overflow would stay in the averages for good.
            if g.iter().map(|&g| g * g).sum::<T>().is_finite() {
                let view = MatRef::row_major(g, block.rows, block.cols);
                for (side, view) in block.sides.iter().zip([view, view.transposed()]) {
                    side.iter().for_each(|&side| sides[side].follow(weight, view, beside, packing));
                }
            }
            if turns {
                block.rotate(false, (sides, beside), &mut first[block.range()], room, packing);
            }
        }
        if turns {
            turn_all(sides, beside, 0);
        }
        for block in blocks {
            let range = block.range();
            let (x, g) = (&mut parameters[range.clone()], &gradient[range.clone()]);
            let (first, second) = (&mut first[range.clone()], &mut second[range]);
            if !block.is_turned() {
                adam.run(g, first, second, x);
                continue;
            }
            let bases = (&sides[..], &*beside);
            if turns {
                block.rotate(true, bases, first, room, packing);
            }
            let (turned, change) = (&mut turned[..g.len()], &mut change[..g.len()]);
            turned.copy_from_slice(g);
            block.rotate(true, bases, turned, room, packing);
            change.fill(T::zero());
            adam.run(turned, first, second, change);
            block.rotate(false, bases, change, room, packing);
            x.iter_mut().zip(&*change).for_each(|(x, &change)| *x += change);
        }
        Ok(())
    }

    fn state(&self) -> &OptimizerState<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut OptimizerState<T> {
        &mut self.state
    }
}
