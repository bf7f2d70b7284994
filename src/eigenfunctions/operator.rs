//! Self-adjoint operators, in strong or in weak form.

use crate::autodiff::{Graph, Var};

/// One term of a weak form: `sign · ∫ p(f) p(h)`, with p(f) linear in f and its first derivatives.
#[derive(Debug, Clone, Copy)]
pub struct WeakTerm<'g> {
    /// +1 or −1 (or any weight).
    pub sign: f64,
    /// p(f), `[rows, functions]`.
    pub value: Var<'g>,
}

/// A self-adjoint operator T on functions of d coordinates. Its largest eigenvalues are sought: give
/// −H for a Hamiltonian H.
///
/// Both forms are recorded formulas, for many functions at once: `f` is `[rows, functions]` and each
/// coordinate `[rows, 1]`.
pub trait SelfAdjoint: Send + Sync {
    /// The number of coordinates d.
    fn dimension(&self) -> usize;

    /// The strong form, T f; at most second derivatives.
    fn strong<'g>(&self, g: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Var<'g>;

    /// The weak form: ⟨h, T f⟩ = Σ sign ∫ p(f) p(h).
    fn weak<'g>(&self, g: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Vec<WeakTerm<'g>>;
}

/// The potential of [`Schrodinger`]: V at the coordinates, `[rows, 1]`.
pub type Potential = Box<dyn for<'g> Fn(&[Var<'g>]) -> Var<'g> + Send + Sync>;

/// T = ∇² − V = −H for the Schrödinger operator H = −∇² + V.
///
/// ```
/// use eigennet::eigenfunctions::{Schrodinger, SelfAdjoint, radius};
/// let hydrogen = Schrodinger::new(2, |x| -1.0 / radius(x));
/// assert_eq!(hydrogen.dimension(), 2);
/// ```
pub struct Schrodinger {
    dimension: usize,
    potential: Potential,
}

impl Schrodinger {
    /// The operator in so many dimensions with the potential V.
    pub fn new(dimension: usize, potential: impl for<'g> Fn(&[Var<'g>]) -> Var<'g> + Send + Sync + 'static) -> Self {
        Schrodinger { dimension, potential: Box::new(potential) }
    }

    /// A free particle, V = 0: in a box, the infinite square well.
    pub fn free(dimension: usize) -> Self {
        Self::new(dimension, |x| 0.0 * x[0])
    }

    /// The hydrogen atom in two dimensions, V = −1/r.
    pub fn hydrogen() -> Self {
        Self::coulomb(2)
    }

    /// The hydrogen atom in so many dimensions, V = −1/r: H has −1/(2n + d − 1)², n = 0, 1, … (Nieto, Am. J. Phys. 47,
    /// 1067, 1979).
    pub fn coulomb(dimension: usize) -> Self {
        Self::new(dimension, |x| -1.0 / radius(x))
    }

    /// An electron between two nuclei at (±½ separation, 0, …), V = −1/r₁ − 1/r₂: of the hydrogen molecular ion, without the
    /// nuclei's own repulsion.
    pub fn hydrogen_molecular_ion(dimension: usize, separation: f64) -> Self {
        Self::new(dimension, move |x| {
            let nuclei = [-0.5, 0.5].map(|side| {
                let mut nucleus = vec![0.0; x.len()];
                nucleus[0] = side * separation;
                -1.0 / distance(x, &nucleus)
            });
            nuclei[0] + nuclei[1]
        })
    }

    /// The harmonic oscillator, V = r².
    pub fn oscillator(dimension: usize) -> Self {
        Self::new(dimension, squared_radius)
    }

    /// The quartic oscillator, V = Σ xᵢ⁴ (Hioe and Montroll, J. Math. Phys. 16, 1945, 1975): sums of the levels
    /// 1.060362090484, 3.799673029801, 7.455697937987, … of one coordinate.
    ///
    /// # Panics
    /// Without coordinates, where it is recorded.
    pub fn quartic(dimension: usize) -> Self {
        Self::new(dimension, |x| x[1..].iter().fold(x[0].square().square(), |sum, x| sum + x.square().square()))
    }

    /// Morse's potential of a diatomic molecule (Phys. Rev. 34, 57, 1929), V = D (1 − e^(−ax))² for the depth D and the
    /// rate a: H has 2a√D (n + ½) − a² (n + ½)² for n + ½ < √D/a.
    pub fn morse(depth: f64, rate: f64) -> Self {
        Self::new(1, move |x| depth * (1.0 - (-rate * x[0]).exp()).square())
    }

    /// The potential of Pöschl and Teller (Z. Phys. 83, 143, 1933), V = −l (l + 1) sech² x: H has −(l − n)² for n < l.
    pub fn poschl_teller(l: f64) -> Self {
        Self::new(1, move |x| -l * (l + 1.0) * (1.0 - x[0].tanh().square()))
    }
}

impl std::fmt::Debug for Schrodinger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schrodinger").field("dimension", &self.dimension).finish_non_exhaustive()
    }
}

impl SelfAdjoint for Schrodinger {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn strong<'g>(&self, _: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Var<'g> {
        f.laplacian(x) - (self.potential)(x) * f
    }

    fn weak<'g>(&self, g: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Vec<WeakTerm<'g>> {
        // −V may change its sign: split into the parts above and below 0.
        let v = (self.potential)(x);
        let zero = g.constant(0.0);
        let mut terms = vec![
            WeakTerm { sign: 1.0, value: (-v).max(zero).sqrt() * f },
            WeakTerm { sign: -1.0, value: v.max(zero).sqrt() * f },
        ];
        terms.extend(x.iter().map(|&x| WeakTerm { sign: -1.0, value: f.d(x) }));
        terms
    }
}

/// Σ xᵢ² of the coordinates.
///
/// # Panics
/// Without coordinates.
pub fn squared_radius<'g>(x: &[Var<'g>]) -> Var<'g> {
    x[1..].iter().fold(x[0].square(), |sum, x| sum + x.square())
}

/// The distance from a point, √Σ (xᵢ − cᵢ)².
///
/// # Panics
/// Without coordinates.
pub fn distance<'g>(x: &[Var<'g>], point: &[f64]) -> Var<'g> {
    radius(&x.iter().zip(point).map(|(&x, &c)| x - c).collect::<Vec<_>>())
}

/// The distance from the origin, √Σ xᵢ².
///
/// # Panics
/// Without coordinates.
pub fn radius<'g>(x: &[Var<'g>]) -> Var<'g> {
    squared_radius(x).sqrt()
}
