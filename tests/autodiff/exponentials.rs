//! Random equations in derivatives of one exponential: sums of cₖ eᵏᶻ, z = a·x, are closed under derivatives,
//! sums and products, so that every residual has a closed form, and so has its tangent in a.

use eigennet::Error;
use eigennet::autodiff::{Initializer, Rows, Var, record};
use quickcheck::{QuickCheck, TestResult};

use super::comparison::{deviation, entries};
use super::dual::{Dual, Number};
use super::expression::Bytes;

const AXES: usize = 3;
/// The highest power of the exponential, and the highest order of a derivative.
const POWER: usize = 4;
const ORDER: usize = 8;

type Coefficient = Dual<f64>;

/// A recorded value beside its closed form: the coefficient of each power, and a bound on all that was added up.
#[derive(Clone)]
struct Term<'g> {
    value: Var<'g>,
    coefficients: [Coefficient; POWER + 1],
    size: f64,
    order: usize,
}

/// |c| and |ċ|, whichever is larger.
fn magnitude(c: Coefficient) -> f64 {
    c.re.abs().max(c.du.abs())
}

impl<'g> Term<'g> {
    /// The closed form with each coefficient times a factor that depends on its power.
    fn times(&self, value: Var<'g>, order: usize, factor: impl Fn(f64) -> Coefficient) -> Self {
        let coefficients = std::array::from_fn(|k| self.coefficients[k] * factor(k as f64));
        let largest = (1..=POWER).map(|k| magnitude(factor(k as f64))).fold(1.0, f64::max);
        Term { value, coefficients, size: 2.0 * self.size * largest, order: self.order + order }
    }

    fn plus(&self, other: &Self, factor: f64) -> Self {
        let scaled = Coefficient::of(factor);
        Term {
            value: self.value + factor * other.value,
            coefficients: std::array::from_fn(|k| self.coefficients[k] + scaled * other.coefficients[k]),
            size: self.size + factor.abs() * other.size,
            order: self.order.max(other.order),
        }
    }

    /// `None` where a power would be too high.
    fn product(&self, other: &Self) -> Option<Self> {
        let mut coefficients = [Coefficient::of(0.0); POWER + 1];
        for (i, &a) in self.coefficients.iter().enumerate().filter(|(_, c)| c.re != 0.0) {
            for (j, &b) in other.coefficients.iter().enumerate().filter(|(_, c)| c.re != 0.0) {
                let place = coefficients.get_mut(i + j)?;
                *place = *place + a * b;
            }
        }
        let order = self.order.max(other.order);
        Some(Term { value: self.value * other.value, coefficients, size: 4.0 * self.size * other.size, order })
    }
}

/// e^z, written in some way.
fn exponential<'g>(way: usize, x: &[Var<'g>], a: Var<'g>) -> Var<'g> {
    let z = x[0].graph().concat(x).matmul_transpose(a);
    let each = || x.iter().enumerate().map(|(i, x)| *x * a.columns(i..i + 1));
    match way {
        0 => z.exp(),
        1 => each().map(Var::exp).reduce(|u, e| u * e).unwrap_or(z),
        2 => (-z).exp().recip(),
        3 => (0.5 * z).exp().square(),
        4 => 1.0 / (-each().reduce(|z, e| e + z).unwrap_or(z)).exp(),
        _ => z.expm1() + 1.0,
    }
}

/// The last values of a list that grows as the bytes say.
fn grown<'g>(bytes: &mut Bytes<'_>, x: &[Var<'g>], a: Var<'g>, slopes: &[Coefficient]) -> Vec<Term<'g>> {
    let mut one = [Coefficient::of(0.0); POWER + 1];
    one[1] = Coefficient::of(1.0);
    let mut terms = vec![Term { value: exponential(bytes.below(6), x, a), coefficients: one, size: 1.0, order: 0 }];
    for _ in 0..12 {
        // The last one, or any.
        let pick = |bytes: &mut Bytes<'_>, n: usize| if bytes.below(2) == 0 { n - 1 } else { bytes.below(n) };
        let first = terms[pick(bytes, terms.len())].clone();
        let new = match bytes.below(8) {
            0..3 if first.order < ORDER => {
                let axis = bytes.below(AXES);
                first.times(first.value.d(x[axis]), 1, |k| Coefficient::of(k) * slopes[axis])
            }
            3 if first.order + 1 < ORDER => {
                let mask = 1 + bytes.below(7);
                let axes: Vec<usize> = (0..AXES).filter(|i| mask >> i & 1 == 1).collect();
                let set: Vec<Var<'g>> = axes.iter().map(|&i| x[i]).collect();
                let squares = axes.iter().fold(Coefficient::of(0.0), |sum, &i| sum + slopes[i] * slopes[i]);
                first.times(first.value.laplacian(&set), 2, |k| Coefficient::of(k * k) * squares)
            }
            4 | 5 => first.plus(&terms[pick(bytes, terms.len())], bytes.number()),
            6 => match first.product(&terms[pick(bytes, terms.len())]) {
                Some(product) => product,
                None => first.times(-first.value, 0, |_| Coefficient::of(-1.0)),
            },
            7 => first.times(first.value / 4.0, 0, |_| Coefficient::of(0.25)),
            _ => continue,
        };
        terms.push(new);
    }
    let kept = 1 + bytes.below(3);
    terms.split_off(terms.len() - kept.min(terms.len()))
}

fn compare(bytes: &[u8]) -> Result<(), Error> {
    let (a, direction) = (entries(AXES, 0.7), entries(AXES, 0.2));
    let slopes: Vec<Coefficient> = a.iter().zip(&direction).map(|(&re, &du)| Dual { re, du }).collect();
    let mut closed: Vec<([Coefficient; POWER + 1], f64)> = Vec::new();
    let program = record(|g| {
        let x = g.coordinates::<AXES>("x", Rows::named("rows"));
        let weights = g.parameter("a", [1, AXES], Initializer::Constant(0.0));
        let terms = grown(&mut Bytes(bytes), &x, weights, &slopes);
        closed = terms.iter().map(|t| (t.coefficients, t.size)).collect();
        terms.iter().enumerate().for_each(|(k, term)| {
            g.output(&format!("{k}"), term.value);
        });
        terms[terms.len() - 1].value
    })?
    .compile::<f64>();
    let points = entries(5 * AXES, 0.4);
    let mut ws = program.workspace();
    ws.set("x", &points)?;
    let pushed = program.push_forward(&a, &direction, &mut ws)?;
    for (k, (coefficients, size)) in closed.iter().enumerate() {
        let output = program.output(&format!("{k}"))?;
        let exact: Vec<Coefficient> = points
            .chunks(AXES)
            .map(|x| {
                let z = slopes.iter().zip(x).fold(Coefficient::of(0.0), |z, (&a, &x)| z + a * Coefficient::of(x));
                let powers = coefficients.iter().enumerate().map(|(k, &c)| c * (Coefficient::of(k as f64) * z).exp());
                powers.fold(Coefficient::of(0.0), |sum, term| sum + term)
            })
            .collect();
        for (what, have, part) in [
            ("value", pushed.value(output)?, (|c| c.re) as fn(&Coefficient) -> f64),
            ("tangent", pushed.tangent(output)?, |c| c.du),
        ] {
            let expected: Vec<f64> = exact.iter().map(part).collect();
            let own = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
            let off = deviation(have, &expected) * own / size.max(1.0);
            if off > 1e-11 {
                return Err(Error::invalid(what, format!("output {k} deviates by {off:e}")));
            }
        }
    }
    Ok(())
}

#[test]
fn equations_in_derivatives_of_an_exponential_have_their_closed_form() {
    fn property(bytes: Vec<u8>) -> TestResult {
        match compare(&bytes) {
            Ok(()) => TestResult::passed(),
            Err(failure) => TestResult::error(failure.to_string()),
        }
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(Vec<u8>) -> TestResult);
}
