//! Entrywise functions of a [`Var`].

use super::var::Var;
use crate::autodiff::tensor::operation::{Op, SMOOTH};
use crate::kernels::vmath::{Binary, Unary};

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident: $function:ident,)*) => {
        /// Functions of one argument with a kernel of their own.
        impl Var<'_> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(self) -> Self {
                self.unary(Unary::$function)
            })*
        }
    };
}

unary! {
    /// eˣ
    exp: Exp,
    /// eˣ − 1, accurate near 0
    expm1: Expm1,
    /// Natural logarithm.
    ln: Log,
    /// ln(1 + x), accurate near 0
    log1p: Log1p,
    /// √x. Its derivative at 0 is taken to be 0 (the subgradient of least length), so that norms
    /// can be differentiated at the origin.
    sqrt: Sqrt,
    /// sin x
    sin: Sin,
    /// cos x
    cos: Cos,
    /// tanh x
    tanh: Tanh,
    /// 1/(1 + e⁻ˣ)
    sigmoid: Sigmoid,
    /// ln(1 + eˣ)
    softplus: Softplus,
    /// x²
    square: Square,
    /// |x|. No second derivative.
    abs: Abs,
    /// −1, 0 or 1 as x is negative, zero or positive. A step: it has no derivative in coordinates, and derivative 0 in
    /// parameters.
    sign: Sign,
    /// The error function.
    erf: Erf,
    /// 1/x
    recip: Recip,
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident: $function:ident,)*) => {
        /// Functions of two arguments with a kernel of their own.
        impl<'g> Var<'g> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(self, other: Var<'g>) -> Self {
                self.binary(Binary::$function, other)
            })*
        }
    };
}

binary! {
    /// The angle of the point (other, self): atan2(self, other).
    atan2: Atan2,
    /// The larger of two. No second derivative.
    max: Max,
    /// The smaller of two. No second derivative.
    min: Min,
    /// 1 where self ≥ other, else 0: a condition for [`select`](Self::select).
    greater_equal: GreaterEqual,
}

impl<'g> Var<'g> {
    /// tan x
    #[track_caller]
    pub fn tan(self) -> Self {
        self.sin() / self.cos()
    }

    /// The angle in [−π/2, π/2] whose sine is x; NaN for |x| > 1. Its derivative at ±1, where it is infinite, is taken
    /// to be 0 (as that of [`sqrt`](Self::sqrt) at 0).
    #[track_caller]
    pub fn asin(self) -> Self {
        self.atan2(self.cosine_of_asin())
    }

    /// The angle in [0, π] whose cosine is x; NaN for |x| > 1. Its derivative at ±1 is taken to be 0, as that of
    /// [`asin`](Self::asin).
    #[track_caller]
    pub fn acos(self) -> Self {
        self.cosine_of_asin().atan2(self)
    }

    /// √(1 − x²), without cancellation near ±1.
    #[track_caller]
    fn cosine_of_asin(self) -> Self {
        ((1.0 - self) * (1.0 + self)).sqrt()
    }

    /// The angle in [−π/2, π/2] whose tangent is x.
    #[track_caller]
    pub fn atan(self) -> Self {
        self.atan2(self.number(1.0))
    }

    /// (eˣ − e⁻ˣ)/2, accurate near 0 and up to the largest number.
    #[track_caller]
    pub fn sinh(self) -> Self {
        // sinh x = 2 sinh(x/2) cosh(x/2): half the argument does not overflow before the result does.
        let (rise, fall) = self.half_exponentials();
        0.5 * (rise - fall) * (rise + fall + 2.0)
    }

    /// (eˣ + e⁻ˣ)/2, up to the largest number.
    #[track_caller]
    pub fn cosh(self) -> Self {
        let (rise, fall) = self.half_exponentials();
        1.0 + 2.0 * (0.5 * (rise - fall)).square()
    }

    /// e^(x/2) − 1 and e^(−x/2) − 1.
    #[track_caller]
    fn half_exponentials(self) -> (Self, Self) {
        let half = 0.5 * self;
        (half.expm1(), (-half).expm1())
    }

    /// max(x, 0). No second derivative.
    #[track_caller]
    pub fn relu(self) -> Self {
        self.max(self.number(0.0))
    }

    /// x where x ≥ 0, `slope` · x elsewhere (0 ≤ slope ≤ 1). No second derivative.
    #[track_caller]
    pub fn leaky_relu(self, slope: f64) -> Self {
        self.max(slope * self)
    }

    /// x where x ≥ 0, α(eˣ − 1) elsewhere (Clevert et al., 2016). No third derivative.
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Self {
        // The branch that is not taken is fed 0, so that nothing overflows behind the selection.
        let positive = self.greater_equal(self.number(0.0));
        let below = positive.select(self.number(0.0), self);
        // The first derivative is continuous for α = 1; the second, which jumps, is taken as it is.
        positive.select_smooth(2, self, alpha * below.expm1())
    }

    /// x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016), exact by erf.
    #[track_caller]
    pub fn gelu(self) -> Self {
        0.5 * self * (1.0 + (std::f64::consts::FRAC_1_SQRT_2 * self).erf())
    }

    /// x · sigmoid(x) (Elfwing et al., 2018; Ramachandran et al., 2017).
    #[track_caller]
    pub fn swish(self) -> Self {
        self * self.sigmoid()
    }

    /// The number of [low, high] nearest to x; its derivative is 1 there, ends included, and 0 elsewhere. No second
    /// derivative. Infinite ends are open ones; `low > high` and NaN are mistakes that the recording reports.
    #[track_caller]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        if low <= high {
            return self.max(self.number(low)).min(self.number(high));
        }
        self.graph.refuse("bounds of clamp", &format!("give low ≤ high, not {low} and {high}"))
    }

    /// xⁿ by multiplication, so it holds for negative x and all n.
    #[track_caller]
    pub fn powi(self, n: i32) -> Self {
        let mut power = n.unsigned_abs();
        let (mut base, mut out) = (self, None);
        while power > 0 {
            if power & 1 == 1 {
                out = Some(match out {
                    Some(product) => product * base,
                    None => base,
                });
            }
            power >>= 1;
            if power > 0 {
                base = base.square();
            }
        }
        let out = out.unwrap_or_else(|| self * 0.0 + 1.0);
        if n < 0 { out.recip() } else { out }
    }

    /// xᵖ for a constant p; NaN for x < 0 unless p is whole.
    #[track_caller]
    pub fn powf(self, p: f64) -> Self {
        if p.fract() == 0.0 && p.abs() <= 16.0 {
            return self.powi(p as i32);
        }
        self.binary(Binary::Pow, self.number(p))
    }

    /// x^y = e^{y ln x} for x > 0.
    #[track_caller]
    pub fn pow(self, exponent: Var<'g>) -> Self {
        (exponent * self.ln()).exp()
    }

    /// Where self, a condition, is not 0: `a`, elsewhere `b`. The condition is not differentiated,
    /// and a branch that is not taken contributes nothing as long as it is finite.
    #[track_caller]
    pub fn select(self, a: Var<'g>, b: Var<'g>) -> Self {
        self.select_smooth(SMOOTH, a, b)
    }

    /// A selection between pieces that meet with so many derivatives.
    #[track_caller]
    fn select_smooth(self, smoothness: u8, a: Var<'g>, b: Var<'g>) -> Self {
        self.build_with(&[a, b], |r, shape| {
            let (sa, sb) = (r.tensors.shape(a.id), r.tensors.shape(b.id));
            let inner = sa.broadcast(sb).ok_or_else(|| r.misfit("where", sa, sb))?;
            shape.broadcast(inner).ok_or_else(|| r.misfit("where", shape, inner))?;
            Ok(r.tensors.select_smooth(smoothness, self.id, a.id, b.id))
        })
    }

    /// The same value, taken as a constant by every derivative (as in JAX).
    #[track_caller]
    pub fn stop_gradient(self) -> Self {
        self.build(|r, shape| Ok(r.tensors.push(Op::Stop, &[self.id], shape)))
    }

    /// While training, zeroes each entry with probability `rate` and divides the rest by 1 − rate
    /// (Srivastava et al., 2014). The mask is a hash of (seed, step, row, entry): the same in the
    /// reverse pass, for all derivatives, and on any number of threads.
    #[track_caller]
    pub fn dropout(self, rate: f64) -> Self {
        self.build(|r, shape| {
            if !(0.0..1.0).contains(&rate) {
                return Err(r.invalid("dropout", format!("the rate has to lie in [0, 1), not {rate}")));
            }
            let key = r.masks;
            r.masks += 1;
            let mask = r.tensors.push(Op::Dropout { key, keep: (1.0 - rate).to_bits() }, &[], shape);
            Ok(r.tensors.mul(mask, self.id))
        })
    }
}
