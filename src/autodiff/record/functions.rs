//! Entrywise functions of a [`Var`].

use super::var::{Var, formulas};
use crate::autodiff::tensor::operation::{Op, SMOOTH};
use crate::kernels::vmath::{Binary, Unary};

formulas! {
    /// eˣ
    pub exp(x) = x.unary(Unary::Exp);
    /// eˣ − 1, accurate near 0
    pub expm1(x) = x.unary(Unary::Expm1);
    /// Natural logarithm.
    pub ln(x) = x.unary(Unary::Log);
    /// ln(1 + x), accurate near 0
    pub log1p(x) = x.unary(Unary::Log1p);
    /// √x. Its derivative at 0 is taken to be 0 (the subgradient of least length), so that norms
    /// can be differentiated at the origin. Its second derivative there is NaN; even powers of norms have the right ones,
    /// since √u · √u is recorded as u where u is a sum of squares.
    pub sqrt(x) = x.unary(Unary::Sqrt);
    /// x²
    pub square(x) = x.unary(Unary::Square);
    /// 1/x
    pub recip(x) = x.unary(Unary::Recip);
    /// The error function.
    pub erf(x) = x.unary(Unary::Erf);
    /// erfc x = 1 − erf x, accurate where it is small
    pub erfc(x) = x.unary(Unary::Erfc);
    /// sin x
    pub sin(x) = x.unary(Unary::Sin);
    /// cos x
    pub cos(x) = x.unary(Unary::Cos);
    /// tan x
    pub tan(x) = x.sin() / x.cos();
    /// The angle in [−π/2, π/2] whose sine is x; NaN for |x| > 1. Its derivative at ±1, where it is infinite, is taken
    /// to be 0 (as that of [`sqrt`](Self::sqrt) at 0).
    pub asin(x) = x.atan2(x.cosine_of_asin());
    /// The angle in [0, π] whose cosine is x; NaN for |x| > 1. Its derivative at ±1 is taken to be 0, as that of
    /// [`asin`](Self::asin).
    pub acos(x) = x.cosine_of_asin().atan2(x);
    /// √(1 − x²), without cancellation near ±1.
    cosine_of_asin(x) = ((1.0 - x) * (1.0 + x)).sqrt();
    /// The angle in [−π/2, π/2] whose tangent is x.
    pub atan(x) = x.atan2(x.number(1.0));
    /// The angle of the point (x, y).
    pub atan2(y, x: Var<'g>) = y.binary(Binary::Atan2, x);
    /// (eˣ − e⁻ˣ)/2, accurate near 0 and up to the largest number.
    pub sinh(x) = {
        // sinh x = 2 sinh(x/2) cosh(x/2): half the argument does not overflow before the result does.
        let (rise, fall) = x.half_exponentials();
        0.5 * (rise - fall) * (rise + fall + 2.0)
    };
    /// (eˣ + e⁻ˣ)/2, up to the largest number.
    pub cosh(x) = {
        let (rise, fall) = x.half_exponentials();
        1.0 + 2.0 * (0.5 * (rise - fall)).square()
    };
    /// tanh x
    pub tanh(x) = x.unary(Unary::Tanh);
    /// 1/(1 + e⁻ˣ)
    pub sigmoid(x) = x.unary(Unary::Sigmoid);
    /// ln(1 + eˣ)
    pub softplus(x) = x.unary(Unary::Softplus);
    /// max(x, 0). No second derivative.
    pub relu(x) = x.max(x.number(0.0));
    /// x where x ≥ 0, `slope` · x elsewhere (0 ≤ slope ≤ 1). No second derivative.
    pub leaky_relu(x, slope: f64) = x.max(slope * x);
    /// x where x ≥ 0, α(eˣ − 1) elsewhere (Clevert et al., 2016). No third derivative.
    pub elu(x, alpha: f64) = {
        if alpha == 1.0 {
            return x.unary(Unary::Elu);
        }
        // The branch that is not taken is fed 0, so that nothing overflows behind the selection.
        let positive = x.greater_equal(x.number(0.0));
        let below = positive.select(x.number(0.0), x);
        // The second derivative, which jumps, is taken as it is.
        positive.select_smooth(2, x, alpha * below.expm1())
    };
    /// x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016), by erfc, which keeps
    /// the digits of the left tail.
    pub gelu(x) = 0.5 * x * (-std::f64::consts::FRAC_1_SQRT_2 * x).erfc();
    /// x · sigmoid(x) (Elfwing et al., 2018; Ramachandran et al., 2017).
    pub swish(x) = x * x.sigmoid();
    /// |x|. No second derivative.
    pub abs(x) = x.unary(Unary::Abs);
    /// −1, 0 or 1 as x is negative, zero or positive. A step: it has no derivative in coordinates, and derivative 0 in
    /// parameters.
    pub sign(x) = x.unary(Unary::Sign);
    /// The larger of two. No second derivative.
    pub max(x, other: Var<'g>) = x.binary(Binary::Max, other);
    /// The smaller of two. No second derivative.
    pub min(x, other: Var<'g>) = x.binary(Binary::Min, other);
    /// The number of [low, high] nearest to x; its derivative is 1 there, ends included, and 0 elsewhere. No second
    /// derivative. Infinite ends are open ones; `low > high` and NaN are mistakes that the recording reports.
    pub clamp(x, low: f64, high: f64) = {
        if low <= high {
            return x.number(high).min(x.max(x.number(low)));
        }
        x.graph.refuse("bounds of clamp", &format!("give low ≤ high, not {low} and {high}"))
    };
    /// xᵖ for a constant p; NaN for x < 0 unless p is whole. For p = ½ it is [`sqrt`](Self::sqrt).
    pub powf(x, p: f64) = {
        match p {
            0.5 => x.sqrt(),
            _ if p.fract() == 0.0 && p.abs() <= 16.0 => x.powi(p as i32),
            _ => x.pow(x.number(p)),
        }
    };
    /// x^y for x ≥ 0; for x < 0 NaN unless y is whole. The derivative in y is x^y ln x, and 0 where x^y is.
    pub pow(x, y: Var<'g>) = x.binary(Binary::Pow, y);
    /// 1 where x ≥ y, else 0: a condition for [`select`](Self::select). A step, as [`sign`](Self::sign) is.
    pub greater_equal(x, y: Var<'g>) = x.binary(Binary::GreaterEqual, y);
    /// Where the condition, this value, is not 0: `a`, elsewhere `b`. The condition is not differentiated,
    /// and a branch that is not taken contributes nothing as long as it is finite. A choice between constants by what
    /// moves with a coordinate is a step: it has no derivative along that.
    pub select(condition, a: Var<'g>, b: Var<'g>) = condition.select_smooth(SMOOTH, a, b);
    /// The same value, taken as a constant by every derivative (as in JAX).
    pub stop_gradient(x) = x.build(|r, shape| Ok(r.tensors.push(Op::Stop, &[x.id], shape)));
}

impl<'g> Var<'g> {
    /// e^(x/2) − 1 and e^(−x/2) − 1.
    #[track_caller]
    fn half_exponentials(self) -> (Self, Self) {
        let half = 0.5 * self;
        (half.expm1(), (-half).expm1())
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
