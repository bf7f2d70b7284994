//! Operators between function spaces that are known on samples: integral operators and expectations over pairs.

mod draw;
mod images;

use std::fmt;
use std::sync::Arc;

pub(super) use draw::Draw;
use images::{Images, kernel_values, weigh_rows};

use crate::error::Error;
use crate::linalg::{LinearOperator, Matrix};
use crate::quadrature::Quadrature;
use crate::{Result, Scalar};

/// k(y, x).
type Kernel<T> = Arc<dyn Fn(&[T], &[T]) -> T + Send + Sync>;

/// A linear operator T from L²(μ) to L²(ν), both known by points and weights.
///
/// - [`kernel`](Self::kernel): `(T f)(y) = ∫ k(y, x) f(x) dμ(x)`, an integral operator, self-adjoint or not. With a
///   quadrature for μ and ν it is the operator itself, with data it is their sample matrix.
/// - [`pairs`](Self::pairs): `⟨g, T f⟩ = Σ wᵢ g(yᵢ) f(xᵢ)`, such as the conditional expectation of f(x) given y.
/// - [`kernel_pca`](Self::kernel_pca), [`pca`](Self::pca) and [`cca`](Self::cca) are the statistician's names for special
///   cases of these.
///
/// It never holds the whole matrix: [`NeuralSvd`](super::NeuralSvd) asks for blocks of it, and as a [`LinearOperator`]
/// it is √ν k √μ, whose singular values are those of T, for the classical solvers.
///
/// ```
/// use eigennet::{eigenfunctions::SampledOperator, linalg::LinearOperator, quadrature::Quadrature};
/// let rule = Quadrature::<f64>::gauss_legendre(20, 0.0..1.0)?;
/// let product = SampledOperator::kernel(|y, x| y[0] * x[0].exp(), &rule, &rule)?;
/// let mut image = vec![0.0; 20];
/// let one: Vec<f64> = rule.weights().iter().map(|w| w.sqrt()).collect();
/// product.apply(&one, &mut image)?; // T 1 = (e − 1) y
/// let norm = image.iter().map(|v| v * v).sum::<f64>().sqrt();
/// assert!((norm - (1.0_f64.exp() - 1.0) / 3.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Clone)]
pub struct SampledOperator<T> {
    spaces: [Quadrature<T>; 2],
    coupling: Coupling<T>,
    centred: bool,
    others: Option<Box<SampledOperator<T>>>,
}

#[derive(Clone)]
enum Coupling<T> {
    Kernel(Kernel<T>),
    Pairs(Vec<T>),
}

/// The two sides of the operator, as indices.
pub(super) const INPUTS: usize = 0;
/// The other.
pub(super) const OUTPUTS: usize = 1;

/// Entries of the kernel that are held at a time.
const BLOCK_ENTRIES: usize = 1 << 21;

impl<T: Scalar> SampledOperator<T> {
    /// The integral operator of the kernel k(y, x), with x on the points of `inputs` and y on those of `outputs`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an empty quadrature or one with a negative weight.
    pub fn kernel(
        kernel: impl Fn(&[T], &[T]) -> T + Send + Sync + 'static,
        inputs: &Quadrature<T>,
        outputs: &Quadrature<T>,
    ) -> Result<Self> {
        Self::new(Coupling::Kernel(Arc::new(kernel)), [inputs, outputs])
    }

    /// `⟨g, T f⟩ = Σ wᵢ g(yᵢ) f(xᵢ)` for pairs of an x and a y: the points of `inputs` and `outputs` in their order. A
    /// pair with w = 0 serves the inner products alone.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there are as many inputs as outputs as weights; [`Error::NonFinite`];
    /// [`Error::InvalidArgument`] for an empty quadrature or one with a negative weight.
    pub fn pairs(weights: Vec<T>, inputs: &Quadrature<T>, outputs: &Quadrature<T>) -> Result<Self> {
        Error::check_finite("weights of pairs", &weights)?;
        for side in [inputs, outputs] {
            Error::same_shape("SampledOperator::pairs", &[side.len()], &[weights.len()])?;
        }
        Self::new(Coupling::Pairs(weights), [inputs, outputs])
    }

    fn new(coupling: Coupling<T>, spaces: [&Quadrature<T>; 2]) -> Result<Self> {
        for side in spaces {
            Error::require(!side.is_empty(), "points of SampledOperator", "there are none; give at least one")?;
            let negative = side.weights().iter().position(|&w| w < T::zero());
            let reason = format_args!("weight {negative:?} is negative, so a norm may be; use a rule without such");
            Error::require(negative.is_none(), "weights of SampledOperator", reason)?;
        }
        Ok(SampledOperator { spaces: spaces.map(Clone::clone), coupling, centred: false, others: None })
    }

    /// `P T P`, where P takes the mean away: of what it is given, and of what it makes.
    pub fn centred(mut self) -> Self {
        self.centred = true;
        self
    }

    /// Another sample of the same operator, that solvers check their answers on. A [`kernel`](Self::kernel) on rules that
    /// have a [second](Quadrature::independent) makes its own.
    ///
    /// # Errors
    /// [`Error::Shape`] unless points have the same dimensions.
    pub fn checked_on(mut self, others: SampledOperator<T>) -> Result<Self> {
        Error::same_shape("SampledOperator::checked_on", &others.dimensions(), &self.dimensions())?;
        self.others = Some(Box::new(others));
        Ok(self)
    }

    /// Kernel principal components (Schölkopf, Smola and Müller, 1998): the centred kernel on `data` `[n, d]` with the
    /// weight 1/n for each point. Singular values are the variances along the components.
    ///
    /// # Errors
    /// As [`kernel`](Self::kernel).
    pub fn kernel_pca(kernel: impl Fn(&[T], &[T]) -> T + Send + Sync + 'static, data: &Matrix<T>) -> Result<Self> {
        let sample = sample(data, 0..data.rows())?;
        Ok(Self::kernel(kernel, &sample, &sample)?.centred())
    }

    /// Principal components (Pearson, 1901): [`kernel_pca`](Self::kernel_pca) with k(y, x) = (y − m) · (x − m), m the mean
    /// of the data, without which their distance from 0 would cost digits. Trial functions without hidden layers are
    /// enough.
    ///
    /// # Errors
    /// As [`kernel`](Self::kernel).
    pub fn pca(data: &Matrix<T>) -> Result<Self> {
        let n = data.rows() as f64;
        let mean = |j: usize| T::of(data.row_iter().map(|row| row[j].to_f64() / n).sum());
        let mean: Vec<T> = (0..data.cols()).map(mean).collect();
        let product = move |y: &[T], x: &[T]| {
            let coordinates = y.iter().zip(x).zip(&mean);
            coordinates.fold(T::zero(), |sum, ((&y, &x), &mean)| sum + (y - mean) * (x - mean))
        };
        Self::kernel_pca(product, data)
    }

    /// Canonical correlations (Hotelling, 1936; of any functions rather than linear ones, Gebelein, 1941, and Rényi,
    /// 1959) of the rows of `x` `[n, dx]` and `y` `[n, dy]`: centred pairs. Three of four train, the fourth is held out.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there are as many rows; [`Error::InvalidArgument`] for less than 8 of them.
    pub fn cca(x: &Matrix<T>, y: &Matrix<T>) -> Result<Self> {
        let n = x.rows();
        Error::same_shape("SampledOperator::cca", &[y.rows()], &[n])?;
        let reason = format_args!("{n} pairs; a quarter is held out, so give 8 or more");
        Error::require(n >= 8, "SampledOperator::cca", reason)?;
        let part = |held_out: bool| {
            let rows = || (0..n).filter(move |i| (i % 4 == 3) == held_out);
            let weights = vec![T::of(1.0 / rows().count() as f64); rows().count()];
            Ok(Self::pairs(weights, &sample(x, rows())?, &sample(y, rows())?)?.centred())
        };
        part(false)?.checked_on(part(true)?)
    }

    /// Coordinates of an x and of a y.
    pub fn dimensions(&self) -> [usize; 2] {
        [INPUTS, OUTPUTS].map(|side| self.spaces[side].dimension())
    }

    /// Points and weights of μ.
    pub fn inputs(&self) -> &Quadrature<T> {
        &self.spaces[INPUTS]
    }

    /// Points and weights of ν.
    pub fn outputs(&self) -> &Quadrature<T> {
        &self.spaces[OUTPUTS]
    }

    /// Whether it is a sum over pairs, whose images are known in the mean alone.
    pub(super) fn is_paired(&self) -> bool {
        matches!(self.coupling, Coupling::Pairs(_))
    }

    /// What to check on: the sample given for that, else other points of both rules, else none.
    pub(super) fn others(&self) -> Option<SampledOperator<T>> {
        if let Some(others) = &self.others {
            return Some((**others).clone());
        }
        let Coupling::Kernel(kernel) = &self.coupling else { return None };
        let spaces = [self.spaces[INPUTS].independent()?, self.spaces[OUTPUTS].independent()?];
        Some(SampledOperator { spaces, coupling: Coupling::Kernel(kernel.clone()), ..self.clone() })
    }

    /// `[n, k]` on the points of one side to the weighted images `[n', k]` on those of the other: `ν ∘ T f` from the
    /// inputs, `μ ∘ T* g` from the outputs.
    pub(super) fn weighted_image(&self, from: usize, f: &Matrix<T>) -> Result<Matrix<T>> {
        let [source, target] = [&self.spaces[from], &self.spaces[1 - from]];
        Error::same_shape("SampledOperator", &[f.rows()], &[source.len()])?;
        let k = f.cols();
        let mut out = Matrix::zeros(target.len(), k);
        let (mut room, mut values) = (Images::default(), Vec::new());
        room.prepare(f.as_slice(), source.weights(), self.centred);
        match &self.coupling {
            Coupling::Pairs(weights) => room.couple_pairs(weights, out.as_mut_slice()),
            Coupling::Kernel(kernel) => {
                room.weigh(source.weights());
                let block = (BLOCK_ENTRIES / source.len()).max(1);
                for (points, out) in
                    target.points().chunks(block * target.dimension()).zip(out.as_mut_slice().chunks_mut(block * k))
                {
                    let sides = if from == INPUTS { [source.points(), points] } else { [points, source.points()] };
                    kernel_values(kernel, sides, self.dimensions(), &mut values)?;
                    room.couple(from, &values, out);
                }
                weigh_rows(out.as_mut_slice(), target.weights());
            }
        }
        if self.centred {
            room.centre_image(out.as_mut_slice(), target.weights());
        }
        Ok(out)
    }
}

/// Rows of a matrix, each as likely as the others.
fn sample<T: Scalar>(data: &Matrix<T>, rows: impl Iterator<Item = usize> + Clone) -> Result<Quadrature<T>> {
    let weights = vec![T::of(1.0 / rows.clone().count().max(1) as f64); rows.clone().count()];
    Quadrature::new(rows.flat_map(|i| data.row(i).iter().copied()).collect(), weights, data.cols())
}

/// √ν k √μ: its singular values are those of T. Where a weight is 0 its row or column is 0.
impl<T: Scalar> LinearOperator<T> for SampledOperator<T> {
    fn rows(&self) -> usize {
        self.spaces[OUTPUTS].len()
    }

    fn cols(&self) -> usize {
        self.spaces[INPUTS].len()
    }

    fn apply(&self, x: &[T], y: &mut [T]) -> Result<()> {
        self.apply_from(INPUTS, x, y)
    }

    fn apply_transposed(&self, x: &[T], y: &mut [T]) -> Result<()> {
        self.apply_from(OUTPUTS, x, y)
    }
}

impl<T: Scalar> SampledOperator<T> {
    fn apply_from(&self, from: usize, x: &[T], y: &mut [T]) -> Result<()> {
        let unweighted = |v: T, w: T| if w > T::zero() { v / w.sqrt() } else { T::zero() };
        let [source, target] = [from, 1 - from].map(|side| self.spaces[side].weights());
        Error::same_shape("SampledOperator", &[x.len(), y.len()], &[source.len(), target.len()])?;
        let f = Matrix::from_fn(x.len(), 1, |i, _| unweighted(x[i], source[i]));
        let image = self.weighted_image(from, &f)?;
        y.iter_mut().zip(image.as_slice()).zip(target).for_each(|((y, &image), &w)| *y = unweighted(image, w));
        Ok(())
    }
}

impl<T: fmt::Debug> fmt::Debug for SampledOperator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampledOperator").finish_non_exhaustive()
    }
}
