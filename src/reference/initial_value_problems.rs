//! Initial-value problems with solutions known to many digits: of the *Test Set for Initial Value Problem Solvers* (Lioen and
//! de Swart, 1998; Mazzia and Magherini, 2008), and a periodic orbit.
//!
//! The end values are those published there, computed in extended precision; the tests of this crate find each of them
//! again to what double precision allows.

use std::ops::Range;

use crate::linalg::Matrix;

/// M y′ = f(t, y), y(t₀) = y₀, with y(t₁).
///
/// ```
/// use eigennet::differential::runge_kutta::{Integrator, Radau};
/// let problem = eigennet::reference::InitialValueProblem::hires();
/// let solver = Radau { rtol: 1e-8, atol: 1e-8 * problem.scale, ..Radau::default() };
/// let found = solver.integrate(problem.derivative, problem.interval.clone(), &problem.start)?;
/// assert!(problem.correct_digits(found.end()) > 6.0);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InitialValueProblem {
    /// What it is called.
    pub name: &'static str,
    /// `derivative(t, y, out)` writes f(t, y).
    pub derivative: fn(f64, &[f64], &mut [f64]),
    /// M `[n, n]`, if it is not I.
    pub mass: Option<Matrix<f64>>,
    /// t₀..t₁.
    pub interval: Range<f64>,
    /// y(t₀) `[n]`.
    pub start: Vec<f64>,
    /// y(t₁) `[n]`.
    pub end: Vec<f64>,
    /// The size below which a component is small: an absolute tolerance is this times the relative one.
    pub scale: f64,
    /// Whether explicit methods fail.
    pub stiff: bool,
}

impl InitialValueProblem {
    /// All of them.
    pub fn all() -> Vec<Self> {
        vec![
            Self::robertson(),
            Self::hires(),
            Self::oregonator(),
            Self::van_der_pol(),
            Self::pleiades(),
            Self::arenstorf(),
            Self::transistor_amplifier(),
            Self::chemical_akzo_nobel(),
        ]
    }

    /// The correct digits of `y` `[n]` as y(t₁): −log₁₀ of the largest |yⱼ − yⱼ(t₁)|/(scale + |yⱼ(t₁)|).
    pub fn correct_digits(&self, y: &[f64]) -> f64 {
        let error = |(y, end): (&f64, &f64)| (y - end).abs() / (self.scale + end.abs());
        -y.iter().zip(&self.end).map(error).fold(0.0, |a: f64, b| if a >= b { a } else { b }).log10()
    }

    /// Three reactions of very different speeds (Robertson, 1966), over eleven orders of magnitude of time.
    pub fn robertson() -> Self {
        InitialValueProblem {
            name: "Robertson",
            derivative: |_, y, out| {
                let [slow, fast, medium] = [0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]];
                (out[0], out[1], out[2]) = (medium - slow, slow - medium - fast, fast);
            },
            mass: None,
            interval: 0.0..1e11,
            start: vec![1.0, 0.0, 0.0],
            end: vec![0.208_334_014_970_125_5e-7, 0.833_336_077_033_471_3e-13, 0.999_999_979_166_505],
            scale: 1e-8,
            stiff: true,
        }
    }

    /// High irradiance responses of photomorphogenesis, eight reactants (Schäfer, 1975).
    pub fn hires() -> Self {
        InitialValueProblem {
            name: "HIRES",
            derivative: |_, y, out| {
                let bound = 280.0 * y[5] * y[7];
                out[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
                out[1] = 1.71 * y[0] - 8.75 * y[1];
                out[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
                out[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
                out[4] = -1.745 * y[4] + 0.43 * (y[5] + y[6]);
                out[5] = -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
                out[6] = bound - 1.81 * y[6];
                out[7] = 1.81 * y[6] - bound;
            },
            mass: None,
            interval: 0.0..321.8122,
            start: vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057],
            end: vec![
                0.737_131_257_332_566_8e-3,
                0.144_248_572_631_618_5e-3,
                0.588_872_974_096_757_5e-4,
                0.117_565_134_328_314_9e-2,
                0.238_635_619_883_133_1e-2,
                0.623_896_825_274_279_6e-2,
                0.284_999_839_518_576_9e-2,
                0.285_000_160_481_423_1e-2,
            ],
            scale: 1e-3,
            stiff: true,
        }
    }

    /// The Belousov–Zhabotinskii reaction, OREGO (Field and Noyes, 1974).
    pub fn oregonator() -> Self {
        InitialValueProblem {
            name: "OREGO",
            derivative: |_, y, out| {
                out[0] = 77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1]));
                out[1] = (y[2] - (1.0 + y[0]) * y[1]) / 77.27;
                out[2] = 0.161 * (y[0] - y[2]);
            },
            mass: None,
            interval: 0.0..360.0,
            start: vec![1.0, 2.0, 3.0],
            end: vec![1.000_814_870_318_523, 1_228.178_521_549_917, 132.055_494_284_670_6],
            scale: 1.0,
            stiff: true,
        }
    }

    /// Van der Pol's oscillator with μ = 1000 (van der Pol, 1926).
    pub fn van_der_pol() -> Self {
        InitialValueProblem {
            name: "van der Pol",
            derivative: |_, y, out| (out[0], out[1]) = (y[1], 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0]),
            mass: None,
            interval: 0.0..2000.0,
            start: vec![2.0, 0.0],
            end: vec![1.706_167_732_170_469, -0.892_809_701_024_812_5e-3],
            scale: 1e-3,
            stiff: true,
        }
    }

    /// Seven stars in a plane, with near encounters (Hairer, Nørsett and Wanner, 1993).
    pub fn pleiades() -> Self {
        InitialValueProblem {
            name: "Pleiades",
            derivative: |_, y, out| {
                out[..14].copy_from_slice(&y[14..]);
                for i in 0..7 {
                    let mut pull = [0.0; 2];
                    for j in (0..7).filter(|&j| j != i) {
                        let [dx, dy] = [y[j] - y[i], y[7 + j] - y[7 + i]];
                        let strength = (j + 1) as f64 / (dx * dx + dy * dy).powf(1.5);
                        pull = [pull[0] + strength * dx, pull[1] + strength * dy];
                    }
                    (out[14 + i], out[21 + i]) = (pull[0], pull[1]);
                }
            },
            mass: None,
            interval: 0.0..3.0,
            start: vec![
                3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0, 3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                1.75, -1.5, 0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0,
            ],
            end: vec![
                0.370_613_914_397_050_2,
                3.237_284_092_057_233,
                -3.222_559_032_418_324,
                0.659_709_145_577_531,
                0.342_558_170_715_658_4,
                1.562_172_101_400_631,
                -0.700_309_292_221_249_5,
                -3.943_437_585_517_392,
                -3.271_380_973_972_55,
                5.225_081_843_456_543,
                -2.590_612_434_977_47,
                1.198_213_693_392_275,
                -0.242_968_234_493_582_4,
                1.091_449_240_428_98,
                3.417_003_806_314_313,
                1.354_584_501_625_501,
                -2.590_065_597_810_775,
                2.025_053_734_714_242,
                -1.155_815_100_160_448,
                -0.807_298_817_022_302_1,
                0.595_239_635_420_871,
                -3.741_244_961_234_01,
                0.377_345_968_575_063,
                0.938_685_886_955_107_3,
                0.366_792_222_720_057_1,
                -0.347_404_635_380_849,
                2.344_915_448_180_937,
                -1.947_020_434_263_292,
            ],
            scale: 1.0,
            stiff: false,
        }
    }

    /// A periodic orbit of the restricted three-body problem, past the Moon (Arenstorf, 1963; data of Hairer, Nørsett
    /// and Wanner, II.0): it ends where it starts.
    pub fn arenstorf() -> Self {
        let start = vec![0.994, 0.0, 0.0, -2.001_585_106_379_082_4];
        InitialValueProblem {
            name: "Arenstorf",
            derivative: |_, y, out| {
                let moon = 0.012_277_471;
                let earth = 1.0 - moon;
                let to_earth = ((y[0] + moon).powi(2) + y[1] * y[1]).powf(1.5);
                let to_moon = ((y[0] - earth).powi(2) + y[1] * y[1]).powf(1.5);
                (out[0], out[1]) = (y[2], y[3]);
                out[2] = y[0] + 2.0 * y[3] - earth * (y[0] + moon) / to_earth - moon * (y[0] - earth) / to_moon;
                out[3] = y[1] - 2.0 * y[2] - earth * y[1] / to_earth - moon * y[1] / to_moon;
            },
            mass: None,
            interval: 0.0..17.065_216_560_157_964,
            end: start.clone(),
            start,
            scale: 1.0,
            stiff: false,
        }
    }

    /// A transistor amplifier: eight node voltages, five capacitors, index 1 (Rentrop, Roche and Steinebach, 1989).
    pub fn transistor_amplifier() -> Self {
        let capacitors = [(0, 1, 1e-6), (3, 4, 3e-6), (6, 7, 5e-6)];
        let mut mass = Matrix::zeros(8, 8);
        for (i, j, c) in capacitors {
            (mass[(i, i)], mass[(j, j)], mass[(i, j)], mass[(j, i)]) = (-c, -c, c, c);
        }
        (mass[(2, 2)], mass[(5, 5)]) = (-2e-6, -4e-6);
        InitialValueProblem {
            name: "transistor amplifier",
            derivative: |t, y, out| {
                let input = 0.1 * (200.0 * std::f64::consts::PI * t).sin();
                let current = |base: f64, emitter: f64| 1e-6 * (((base - emitter) / 0.026).exp() - 1.0);
                let [first, second] = [current(y[1], y[2]), current(y[4], y[5])];
                let supplied = |y: f64| y / 9000.0 + (y - 6.0) / 9000.0;
                out[0] = (y[0] - input) / 1000.0;
                out[1] = supplied(y[1]) + 0.01 * first;
                out[2] = y[2] / 9000.0 - first;
                out[3] = (y[3] - 6.0) / 9000.0 + 0.99 * first;
                out[4] = supplied(y[4]) + 0.01 * second;
                out[5] = y[5] / 9000.0 - second;
                out[6] = (y[6] - 6.0) / 9000.0 + 0.99 * second;
                out[7] = y[7] / 9000.0;
            },
            mass: Some(mass),
            interval: 0.0..0.2,
            start: vec![0.0, 3.0, 3.0, 6.0, 3.0, 3.0, 6.0, 0.0],
            end: vec![
                -0.556_214_501_226_270_9e-2,
                3.006_522_471_903_042,
                2.849_958_788_608_128,
                2.926_422_536_206_241,
                2.704_617_865_010_554,
                2.761_837_778_393_145,
                4.770_927_631_616_772,
                1.236_995_868_091_548,
            ],
            scale: 1.0,
            stiff: true,
        }
    }

    /// Two species mixed under carbon dioxide, six equations of which the last is algebraic, index 1 (Stortelder, 1998).
    pub fn chemical_akzo_nobel() -> Self {
        let solubility = 115.83;
        InitialValueProblem {
            name: "chemical Akzo Nobel",
            derivative: |_, y, out| {
                let root = y[1].sqrt();
                let r = [
                    18.7 * y[0].powi(4) * root,
                    0.58 * y[2] * y[3],
                    0.58 / 34.4 * y[0] * y[4],
                    0.09 * y[0] * y[3] * y[3],
                    0.42 * y[5] * y[5] * root,
                ];
                let inflow = 3.3 * (0.9 / 737.0 - y[1]);
                out[0] = -2.0 * r[0] + r[1] - r[2] - r[3];
                out[1] = -0.5 * r[0] - r[3] - 0.5 * r[4] + inflow;
                out[2] = r[0] - r[1] + r[2];
                out[3] = -r[1] + r[2] - 2.0 * r[3];
                out[4] = r[1] - r[2] + r[4];
                out[5] = 115.83 * y[0] * y[3] - y[5];
            },
            mass: Some(Matrix::from_fn(6, 6, |i, j| if i == j && i < 5 { 1.0 } else { 0.0 })),
            interval: 0.0..180.0,
            start: vec![0.444, 0.00123, 0.0, 0.007, 0.0, solubility * 0.444 * 0.007],
            end: vec![
                0.115_079_492_066_170_2,
                0.120_383_147_156_771_5e-2,
                0.161_156_288_740_797_4,
                0.365_615_642_124_928_3e-3,
                0.170_801_088_526_440_4e-1,
                0.487_353_131_030_745_5e-2,
            ],
            scale: 1e-3,
            stiff: true,
        }
    }
}
