//! Rules of arbitrary sizes on arbitrary intervals: refused exactly where their sizes or intervals are none, else exact
//! for Legendre polynomials up to the degree promised, on the line, in a box, along an affine map and on a disk; the
//! second rule agrees.
#![no_main]

use arbitrary::Arbitrary;
use eigennet::Scalar;
use eigennet::quadrature::{MAX_GAUSS_POINTS, PolarGrid, Quadrature};
use libfuzzer_sys::fuzz_target;
use std::f64::consts::TAU;

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Count {
    Few(u8),
    Any(u64),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Number {
    /// Eighths.
    Tame(i8),
    Any(f64),
}

#[derive(Debug, Arbitrary)]
struct Case {
    count: Count,
    start: Number,
    length: Number,
    second: (u8, i8, u8),
    radius: u8,
    rotation: i8,
    single: bool,
}

impl Count {
    fn get(self) -> usize {
        match self {
            Count::Few(n) => n.into(),
            Count::Any(n) => n as usize,
        }
    }
}

impl Number {
    fn get(self) -> f64 {
        match self {
            Number::Tame(n) => f64::from(n) / 8.0,
            Number::Any(x) => x,
        }
    }
}

/// Pₖ(x) for k = 0, 1, … by Bonnet's recurrence.
fn legendre(x: f64) -> impl Iterator<Item = f64> {
    let mut last = (0.0, 1.0);
    (0..).map(move |k| {
        let (before, now) = last;
        let k = f64::from(k);
        last = (now, ((2.0 * k + 1.0) * x * now - k * before) / (k + 1.0));
        now
    })
}

/// Σ wᵢ Pₖ(xᵢ) is the length for k = 0, and 0 up to the degree 2n − 1.
fn exact<T: Scalar>(rule: &Quadrature<T>, start: f64, end: f64, degree: usize) {
    let (length, size) = (end - start, start.abs().max(end.abs()));
    let mut sums = vec![0.0; degree + 1];
    for (x, w) in rule.points().iter().zip(rule.weights()) {
        let (x, w) = (Scalar::to_f64(*x), Scalar::to_f64(*w));
        // On the interval, but for the rounding of its ends to `T`.
        let slack = size * 2.0 * T::EPSILON.to_f64();
        assert!(w > 0.0 && start - slack <= x && x <= end + slack, "weight {w} at {x}");
        // From the nearer end, where least is lost.
        let s = if x - start < end - x { 2.0 * ((x - start) / length) - 1.0 } else { 1.0 - 2.0 * ((end - x) / length) };
        sums.iter_mut().zip(legendre(s)).for_each(|(sum, p)| *sum += w / length * p);
    }
    for (k, sum) in sums.into_iter().enumerate() {
        let steepness = (k * (k + 1)) as f64;
        let bound = 16.0 * T::EPSILON.to_f64() * (1.0 + k as f64 + steepness * size / length);
        let expected = f64::from(u8::from(k == 0));
        assert!((sum - expected).abs() <= bound, "degree {k} of {degree}: {sum}, bound {bound:e}");
    }
}

fn run<T: Scalar>(case: &Case) {
    let (n, start, length) = (case.count.get(), case.start.get(), case.length.get());
    let end = start + length;
    let good = (1..=MAX_GAUSS_POINTS).contains(&n) && start < end && (end - start).is_normal();
    if good && n > 256 {
        return; // right, but slow
    }
    let rule = Quadrature::<T>::gauss_legendre(n, start..end);
    let tame = |x: f64| x == 0.0 || (1e-30..1e30).contains(&x.abs());
    if !good || !(tame(start) && tame(end) && tame(end - start)) {
        assert!(good || rule.is_err(), "{n} points on {start}..{end} taken");
        return;
    }
    let rule = rule.expect("a good interval");
    assert_eq!((rule.len(), rule.dimension()), (n, 1));
    if start.abs().max(end.abs()) * T::EPSILON.to_f64() * 1e3 > end - start {
        return; // the points coincide
    }
    exact(&rule, start, end, 2 * n - 1);
    let second = rule.independent().expect("points of our own");
    exact(&second, start, end, 2 * second.len() - 1);

    // A box, the map x = 2 s + 1, and the disk.
    let (count, edge, extent) = case.second;
    let (count, n) = (1 + usize::from(count % 6), n.min(12));
    let (edge, extent) = (f64::from(edge) / 8.0, 0.25 + f64::from(extent) / 8.0);
    let line = Quadrature::<T>::gauss_legendre(n, -1.0..1.0).expect("a good interval");
    exact(&line.mapped(|s| (2.0 * s + 1.0, 2.0)).expect("finite"), -1.0, 3.0, 2 * n - 1);
    let plane = Quadrature::<T>::rectangle(&[-1.0..1.0, edge..edge + extent], &[n, count]).expect("a good box");
    assert_eq!((plane.len(), plane.dimension()), (n * count, 2));
    for j in 0..2 * n {
        for k in 0..2 * count {
            let value = plane.integrate(|x| {
                let across = (2.0 * (x[1].to_f64() - edge) / extent - 1.0).clamp(-1.0, 1.0);
                let p = legendre(x[0].to_f64()).nth(j).zip(legendre(across).nth(k));
                T::of(p.map_or(0.0, |(p, q)| p * q))
            });
            let expected = if (j, k) == (0, 0) { 2.0 * extent } else { 0.0 };
            let bound = 1e3 * T::EPSILON.to_f64() * (1.0 + (j * j + k * k) as f64) * (extent + edge.abs());
            assert!((value.to_f64() - expected).abs() <= bound, "degrees {j}, {k}: {value}");
        }
    }
    let (radius, angular) = (f64::from(case.radius) / 8.0, usize::from(case.second.0));
    let grid = PolarGrid { radius, radial: n, angular, rotation: f64::from(case.rotation) / 32.0 };
    let Ok(disk) = grid.build::<T>() else { return assert!(radius == 0.0 || angular == 0, "{grid:?} refused") };
    // r^p cos qθ, its powers of s below 2 n.
    for p in 0..(n.max(1) - 1).min(6) {
        for q in 0..angular.min(5) {
            let value = disk.integrate(|x| {
                let (x, y) = (x[0].to_f64() / radius, x[1].to_f64() / radius);
                T::of(x.hypot(y).powi(p as i32) * (q as f64 * y.atan2(x)).cos())
            });
            let expected = if q == 0 { TAU / (p + 2) as f64 } else { 0.0 };
            let value = value.to_f64() / (radius * radius);
            assert!((value - expected).abs() <= 1e3 * T::EPSILON.to_f64(), "r^{p} cos {q}θ: {value} for {expected}");
        }
    }
}

fuzz_target!(|case: Case| if case.single { run::<f32>(&case) } else { run::<f64>(&case) });
