//! Linear systems y′ = A y + c with A = V B V⁻¹ of known B, whose solutions are known in closed form: every integrator
//! stays within its error bound, between steps and over the pieces of a right-hand side that jumps; times beyond the range
//! and derivatives that turn NaN are refused.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Error;
use eigennet::differential::runge_kutta::{DormandPrince, ForwardEuler, Integrator, Radau, RungeKutta4, Trajectory};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case {
    /// Blocks [[α, −β], [β, α]] in sixteenths.
    blocks: Vec<(i8, i8)>,
    /// Of the shear V = I + w e₀ᵀ, in sixteenths, w₀ = 0.
    shear: Vec<i8>,
    start: Vec<i8>,
    /// c, in a piece each, in eighths.
    forcing: Vec<i8>,
    length: u8,
    tolerance: u8,
    steps: u8,
    /// Where the derivative turns NaN, in 1/256 of the range.
    broken: Option<u8>,
}

struct System {
    blocks: Vec<(f64, f64)>,
    shear: Vec<f64>,
}

impl System {
    fn n(&self) -> usize {
        2 * self.blocks.len()
    }

    /// V y, or with −1 its inverse.
    fn turn(&self, y: &[f64], sign: f64) -> Vec<f64> {
        y.iter().zip(&self.shear).map(|(v, w)| v + sign * w * y[0]).collect()
    }

    fn rate(&self, y: &[f64], c: f64, out: &mut [f64]) {
        let z = self.turn(y, -1.0);
        let blocks = self.blocks.iter().zip(z.chunks_exact(2));
        let image: Vec<f64> = blocks.flat_map(|(&(a, b), z)| [a * z[0] - b * z[1], b * z[0] + a * z[1]]).collect();
        self.turn(&image, 1.0).iter().zip(out).for_each(|(v, out)| *out = v + c);
    }

    /// e^{tA} y.
    fn flow(&self, t: f64, y: &[f64]) -> Vec<f64> {
        let z = self.turn(y, -1.0);
        let moved = self.blocks.iter().zip(z.chunks_exact(2)).flat_map(|(&(a, b), z)| {
            let (sin, cos) = (b * t).sin_cos();
            [(a * t).exp() * (cos * z[0] - sin * z[1]), (a * t).exp() * (sin * z[0] + cos * z[1])]
        });
        self.turn(&moved.collect::<Vec<_>>(), 1.0)
    }

    /// A bound of ‖A‖ in the maximum norm.
    fn norm(&self) -> f64 {
        let (shear, _) = self.condition();
        shear * self.blocks.iter().map(|(a, b)| a.abs() + b.abs()).fold(0.0, f64::max)
    }

    /// ‖V‖ ‖V⁻¹‖, and how much faster than steady a mode may grow in time 1.
    fn condition(&self) -> (f64, f64) {
        let shear = 1.0 + self.shear.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
        (shear * shear, self.blocks.iter().map(|(a, _)| *a).fold(0.0, f64::max))
    }
}

fn error(y: &[f64], exact: &[f64]) -> f64 {
    // A NaN is larger than all.
    y.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, |m, e| if e <= m { m } else { e })
}

fuzz_target!(|case: Case| {
    let blocks: Vec<_> = case.blocks.iter().take(3).map(|&(a, b)| (f64::from(a) / 64.0, f64::from(b) / 16.0)).collect();
    if blocks.is_empty() {
        return;
    }
    let n = 2 * blocks.len();
    let shear = (0..n).map(|i| case.shear.get(i).filter(|_| i > 0).map_or(0.0, |&w| f64::from(w) / 64.0)).collect();
    let system = System { blocks, shear };
    let start: Vec<f64> = (0..system.n()).map(|i| case.start.get(i).map_or(1.0, |&v| f64::from(v) / 16.0)).collect();
    let end = f64::from(case.length % 64 + 1) / 16.0;
    let rtol = 10f64.powi(-3 - i32::from(case.tolerance % 8));
    let steps = 50 + 8 * usize::from(case.steps);
    let explicit = DormandPrince { rtol, atol: rtol, ..DormandPrince::default() };
    let implicit = Radau { rtol, atol: rtol, ..Radau::default() };
    let (fourth, first) =
        (RungeKutta4 { steps, ..RungeKutta4::default() }, ForwardEuler { steps, ..ForwardEuler::default() });

    if let Some(at) = case.broken {
        let from = end * f64::from(at) / 256.0;
        let rate = |t: f64, y: &[f64], out: &mut [f64]| {
            system.rate(y, 0.0, out);
            if t >= from {
                out[0] = f64::NAN;
            }
        };
        for solution in [
            explicit.integrate(rate, 0.0..end, &start),
            implicit.integrate(rate, 0.0..end, &start),
            fourth.integrate(rate, 0.0..end, &start),
            first.integrate(rate, 0.0..end, &start),
        ] {
            let refusal = solution.expect_err("the derivative is NaN");
            assert!(matches!(refusal, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{refusal}");
        }
        return;
    }

    let rate = |_: f64, y: &[f64], out: &mut [f64]| system.rate(y, 0.0, out);
    let exact = system.flow(end, &start);
    let size = start.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
    let (condition, growth) = system.condition();
    // No error is larger than all of them at the start, each as large as the solution may be.
    let largest = size * condition * (growth * end).exp();
    let judge = |name: &str, solution: Result<Trajectory<f64>, Error>, bound: &dyn Fn(usize) -> f64| {
        let solution = solution.unwrap_or_else(|error| panic!("{name}: {error}"));
        let bound = bound(solution.accepted()) + 1e-12 * largest * (1.0 + solution.accepted() as f64);
        let off = error(solution.end(), &exact);
        assert!(off <= bound, "{name}: error {off:e}, bound {bound:e}, {} steps", solution.accepted());
        assert!(solution.at(end * 1.01).is_err() && solution.at(-1e-9).is_err() && solution.at(f64::NAN).is_err());
        let middle = 0.37 * end;
        // Of orders 3 and 4, where the steps may be long.
        let between = error(&solution.at(middle).expect("within"), &system.flow(middle, &start));
        (between, bound)
    };
    let adaptive = |accepted: usize| 50.0 * rtol * accepted as f64 * (1.0 + largest) * condition * (growth * end).exp();
    for (name, solution) in [
        ("DormandPrince", explicit.integrate(rate, 0.0..end, &start)),
        ("Radau", implicit.integrate(rate, 0.0..end, &start)),
    ] {
        let (between, bound) = judge(name, solution, &adaptive);
        assert!(between <= 1e3 * bound.max(rtol.powf(0.6) * largest), "{name}: {between:e} between steps");
    }
    // ‖e^{hA} − P(hA)‖ ≤ (h‖A‖)^{p+1}/(p+1)! e^{h‖A‖}, step after step.
    let h = system.norm() * end / steps as f64;
    let amplified = |power: f64| steps as f64 * power * (system.norm() * end).exp() * size;
    let (between, bound) =
        judge("RungeKutta4", fourth.integrate(rate, 0.0..end, &start), &|_| amplified(h.powi(5) / 120.0));
    assert!(between <= bound + amplified(h.powi(4)), "RungeKutta4: {between:e} between steps");
    judge("ForwardEuler", first.integrate(rate, 0.0..end, &start), &|_| amplified(h.powi(2) / 2.0));

    // y′ = cᵢ on piece i: each is a straight line.
    let pieces: Vec<f64> = case.forcing.iter().take(6).map(|&c| f64::from(c) / 8.0).collect();
    if pieces.is_empty() {
        return;
    }
    let times: Vec<f64> = (0..=pieces.len()).map(|i| end * i as f64).collect();
    let jumping = |t: f64, _: &[f64], out: &mut [f64]| out[0] = pieces[((t / end) as usize).min(pieces.len() - 1)];
    let sum: f64 = pieces.iter().sum::<f64>() * end;
    let travelled: f64 = pieces.iter().map(|c| c.abs()).sum::<f64>() * end + 1.0;
    for (name, solution) in [
        ("DormandPrince", explicit.integrate_through(jumping, &times, &[0.0], &mut [])),
        ("Radau", implicit.integrate_through(jumping, &times, &[0.0], &mut [])),
    ] {
        let solution = solution.unwrap_or_else(|error| panic!("{name}, pieces: {error}"));
        assert_eq!(solution.interval(), 0.0..times[pieces.len()]);
        let (off, bound) = ((solution.end()[0] - sum).abs(), 50.0 * rtol * travelled * solution.accepted() as f64);
        assert!(off <= bound, "{name}, pieces: off by {off:e}, bound {bound:e}");
    }
});
