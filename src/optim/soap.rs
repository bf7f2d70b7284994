//! Adam in the eigenbasis of Shampoo's preconditioner.

#[cfg(test)]
mod tests;

use crate::kernels::gemm::{MatMut, MatRef, Packing, gemm};
use crate::kernels::update;
use crate::linalg::{Matrix, jacobi_sweep};
use crate::par::{both, is_worth_sharing};
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
    blocks: Vec<Block<T>>,
    parameters: usize,
    state: OptimizerState<T>,
}

/// A matrix of parameters, which stand behind those of the blocks before.
#[derive(Debug)]
struct Block<T> {
    rows: usize,
    cols: usize,
    /// Those of L and R, unless the axes are kept.
    sides: [Option<Side<T>>; 2],
    room: [Vec<T>; 3],
    packing: Packing<T>,
}

/// What it takes to turn a basis. The average and then the basis, a vector a row, are in what the optimiser's state keeps
/// beside its vectors.
#[derive(Debug)]
struct Side<T> {
    width: usize,
    form: Matrix<T>,
    basis: Matrix<T>,
    packing: Packing<T>,
}

/// What belongs to some neighbouring blocks.
struct Share<'a, T> {
    parameters: &'a mut [T],
    gradient: &'a [T],
    first: &'a mut [T],
    second: &'a mut [T],
    beside: &'a mut [T],
}

/// What all blocks do in one step.
#[derive(Clone, Copy)]
struct Step<T> {
    adam: update::Adam<T>,
    /// Of what is new in L and R.
    weight: T,
    /// Whether the bases turn.
    turns: bool,
    /// Whether threads share the blocks.
    shared: bool,
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
        let (mut blocks, mut parameters) = (Vec::new(), 0_usize);
        for [count, rows, cols] in shapes {
            let size = count.checked_mul(rows).and_then(|n| n.checked_mul(cols));
            let end = size.and_then(|n| n.checked_add(parameters));
            let end = end.ok_or_else(|| Error::invalid("shapes of Soap", "more parameters than memory can hold"))?;
            let turned = |width: usize| (2..=settings.widest).contains(&width);
            if rows > 1 && (turned(rows) || turned(cols)) {
                let side = |width| turned(width).then(|| Side::new(width));
                blocks.extend((0..count).map(|_| Block::new([rows, cols], [side(rows), side(cols)])));
            } else {
                // One block for all matrices that keep their axes.
                blocks.push(Block::new([1, end - parameters], [None, None]));
            }
            parameters = end;
        }
        let beside = blocks.iter().flat_map(|block| block.sides.iter().flatten()).flat_map(Side::initial).collect();
        Ok(Soap { settings, blocks, parameters, state: OptimizerState::new("soap", 2).with_beside(beside) })
    }
}

impl SoapSettings {
    fn adam(&self) -> AdamSettings {
        let &SoapSettings { beta1, beta2, epsilon, .. } = self;
        AdamSettings { beta1, beta2, epsilon, ..AdamSettings::default() }
    }
}

impl<T: Scalar> Side<T> {
    fn new(width: usize) -> Self {
        let [form, basis] = [(); 2].map(|()| Matrix::zeros(width, width));
        Side { width, form, basis, packing: Packing::new() }
    }

    /// No average yet, and the axes.
    fn initial(&self) -> Vec<T> {
        let mut own = vec![T::zero(); self.width * self.width];
        own.extend(Matrix::identity(self.width).as_slice());
        own
    }

    fn len(&self) -> usize {
        2 * self.width * self.width
    }

    /// The average and the basis of `own`.
    fn parts<'b>(&self, own: &'b mut [T]) -> (&'b mut [T], &'b mut [T]) {
        own.split_at_mut(self.width * self.width)
    }

    fn basis<'b>(&self, own: &'b [T]) -> MatRef<'b, T> {
        MatRef::row_major(&own[self.width * self.width..], self.width, self.width)
    }

    /// Moves the average towards `g gᵀ`.
    fn follow(&mut self, weight: T, g: MatRef<'_, T>, own: &mut [T]) {
        let average = self.parts(own).0;
        let mut view = MatMut::row_major(average, self.width, self.width);
        gemm(weight, g, g.transposed(), T::one() - weight, &mut view, &mut self.packing);
        // Subnormal numbers are slow.
        let tiny = |v: &&mut T| v.abs() < T::min_positive_value();
        average.iter_mut().filter(tiny).for_each(|v| *v = T::zero());
    }

    /// Turns the basis towards the eigenvectors of the average.
    fn turn(&mut self, own: &mut [T]) {
        let n = self.width;
        let (average, stored) = self.parts(own);
        let (average, basis) = (MatRef::row_major(average, n, n), MatRef::row_major(stored, n, n));
        gemm(T::one(), basis, average, T::zero(), &mut self.basis.view_mut(), &mut self.packing);
        let half = MatRef::row_major(self.basis.as_slice(), n, n);
        gemm(T::one(), half, basis.transposed(), T::zero(), &mut self.form.view_mut(), &mut self.packing);
        self.basis.as_mut_slice().copy_from_slice(stored);
        jacobi_sweep(&mut self.form, &mut self.basis);
        stored.copy_from_slice(self.basis.as_slice());
    }
}

impl<'a, T> Share<'a, T> {
    /// That of the blocks with so many parameters, and so much beside, and that of the blocks behind them.
    fn split_at(self, parameters: usize, beside: usize) -> (Share<'a, T>, Share<'a, T>) {
        let (x, g) = (self.parameters.split_at_mut(parameters), self.gradient.split_at(parameters));
        let (first, second) = (self.first.split_at_mut(parameters), self.second.split_at_mut(parameters));
        let beside = self.beside.split_at_mut(beside);
        (
            Share { parameters: x.0, gradient: g.0, first: first.0, second: second.0, beside: beside.0 },
            Share { parameters: x.1, gradient: g.1, first: first.1, second: second.1, beside: beside.1 },
        )
    }
}

/// `x ← U x Vᵀ` for `x` `[rows, cols]`, or back `x ← Uᵀ x V`.
fn rotate<T: Scalar>(
    forward: bool,
    bases: [Option<MatRef<'_, T>>; 2],
    [rows, cols]: [usize; 2],
    x: &mut [T],
    room: &mut [T],
    packing: &mut Packing<T>,
) {
    let [left, right] = bases;
    if let Some(u) = left {
        let u = if forward { u } else { u.transposed() };
        let to = &mut MatMut::row_major(room, rows, cols);
        gemm(T::one(), u, MatRef::row_major(x, rows, cols), T::zero(), to, packing);
        x.copy_from_slice(room);
    }
    if let Some(v) = right {
        let v = if forward { v.transposed() } else { v };
        let to = &mut MatMut::row_major(room, rows, cols);
        gemm(T::one(), MatRef::row_major(x, rows, cols), v, T::zero(), to, packing);
        x.copy_from_slice(room);
    }
}

impl<T: Scalar> Block<T> {
    fn new([rows, cols]: [usize; 2], sides: [Option<Side<T>>; 2]) -> Self {
        let turned = sides.iter().any(Option::is_some);
        let room = [(); 3].map(|()| vec![T::zero(); if turned { rows * cols } else { 0 }]);
        Block { rows, cols, sides, room, packing: Packing::new() }
    }

    fn len(&self) -> usize {
        self.rows * self.cols
    }

    fn len_beside(&self) -> usize {
        self.sides.iter().flatten().map(Side::len).sum()
    }

    /// About how many operations a step takes.
    fn operations(&self) -> usize {
        let widths = self.sides.iter().flatten().map(|side| side.width);
        self.len() * (16 + 6 * widths.sum::<usize>())
    }

    fn step(&mut self, step: Step<T>, share: Share<'_, T>) {
        let Share { parameters, gradient, first, second, beside } = share;
        let Block { rows, cols, sides, room: [turned, change, room], packing } = self;
        let (shape, [left, right]) = ([*rows, *cols], sides);
        if left.is_none() && right.is_none() {
            return step.adam.run(gradient, first, second, parameters);
        }
        let (of_left, of_right) = beside.split_at_mut(left.as_ref().map_or(0, Side::len));
        // Squares that overflow would stay in the averages for good.
        if gradient.iter().map(|&g| g * g).sum::<T>().is_finite() {
            let g = MatRef::row_major(gradient, *rows, *cols);
            left.iter_mut().for_each(|side| side.follow(step.weight, g, of_left));
            right.iter_mut().for_each(|side| side.follow(step.weight, g.transposed(), of_right));
        }
        if step.turns {
            let bases =
                [left.as_ref().map(|side| side.basis(of_left)), right.as_ref().map(|side| side.basis(of_right))];
            rotate(false, bases, shape, first, room, packing);
            // Each takes thousands of rotations one after the other.
            let turn_left = || left.iter_mut().for_each(|side| side.turn(of_left));
            let turn_right = || right.iter_mut().for_each(|side| side.turn(of_right));
            both(step.shared, turn_left, turn_right);
        }
        let bases = [left.as_ref().map(|side| side.basis(of_left)), right.as_ref().map(|side| side.basis(of_right))];
        if step.turns {
            rotate(true, bases, shape, first, room, packing);
        }
        turned.copy_from_slice(gradient);
        rotate(true, bases, shape, turned, room, packing);
        change.fill(T::zero());
        step.adam.run(turned, first, second, change);
        rotate(false, bases, shape, change, room, packing);
        parameters.iter_mut().zip(&*change).for_each(|(x, &change)| *x += change);
    }
}

/// One step of all blocks, side by side where they are shared.
fn step_all<T: Scalar>(blocks: &mut [Block<T>], step: Step<T>, share: Share<'_, T>) {
    match blocks {
        [] => {}
        [block] => block.step(step, share),
        blocks => {
            let all = blocks.iter().map(Block::operations).sum::<usize>();
            let mut sum = 0;
            let first_half = blocks.iter().take_while(|block| {
                sum += block.operations();
                2 * sum <= all
            });
            let middle = first_half.count().clamp(1, blocks.len() - 1);
            let (these, those) = blocks.split_at_mut(middle);
            let lengths = [Block::len, Block::len_beside].map(|length| these.iter().map(length).sum());
            let (left, right) = share.split_at(lengths[0], lengths[1]);
            both(step.shared, || step_all(these, step, left), || step_all(those, step, right));
        }
    }
}

impl<T: Scalar> Optimizer<T> for Soap<T> {
    fn step(&mut self, rate: T, parameters: &mut [T], gradient: &[T]) -> Result<()> {
        Error::same_shape("Soap::step", &[self.parameters], &[parameters.len()])?;
        self.state.advance(rate, parameters, gradient)?;
        let (steps, SoapSettings { factor_decay, every, .. }) = (self.state.steps(), self.settings);
        let step = Step {
            adam: self.settings.adam().at(steps as f64, rate),
            weight: T::of((1.0 - factor_decay).max(1.0 / steps as f64)),
            // The first averages are rough, and bases from scratch take some sweeps.
            turns: steps.is_multiple_of(every) || steps < every && steps.is_power_of_two(),
            shared: is_worth_sharing::<T>(self.blocks.iter().map(Block::operations).sum()),
        };
        let ([first, second], beside) = self.state.parts_mut() else { return Ok(()) };
        step_all(&mut self.blocks, step, Share { parameters, gradient, first, second, beside });
        Ok(())
    }

    fn state(&self) -> &OptimizerState<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut OptimizerState<T> {
        &mut self.state
    }
}
