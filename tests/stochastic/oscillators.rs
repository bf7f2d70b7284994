//! Levels of oscillators, to a modest accuracy, by every method.

use super::*;

/// Equal steps across an interval, shifted at random: exact but for rounding for what vanishes at both ends.
#[derive(Debug)]
struct Lattice(f64);

impl Sampler<f64> for Lattice {
    fn dimension(&self) -> usize {
        1
    }

    fn fill(&self, seed: Seed, step: u64, points: &mut [f64], weights: &mut [f64]) -> Result<()> {
        let width = 2.0 * self.0 / points.len() as f64;
        let shift = seed.numbered(step).into_stream().uniform::<f64>();
        points.iter_mut().enumerate().for_each(|(i, x)| *x = (i as f64 + shift) * width - self.0);
        weights.fill(width);
        Ok(())
    }
}

/// Networks that vanish at ±5 and begin with little mass.
fn small(states: usize) -> StochasticTraining {
    let trial = TrialFunctions {
        hidden: vec![16, 16],
        length: 1.5,
        radius_input: false,
        envelope: Envelope::Box { half_width: 5.0 },
        weights: Initializer::GlorotUniform { gain: 0.7 },
        ..TrialFunctions::default()
    };
    StochasticTraining {
        states,
        trial,
        batch: 64,
        steps: 2500,
        rate: 1e-2,
        shift: 8.0,
        ..StochasticTraining::default()
    }
}

#[test]
fn every_method_finds_three_levels_on_a_line() {
    let mut methods = rivals(&small(3));
    methods.push(Box::new(NestedLora { training: small(3), ..NestedLora::default() }));
    for method in methods {
        for seed in [Seed(0), Seed(1)] {
            let solved = method.solve::<f64>(&Schrodinger::oscillator(1), &Lattice(5.0), seed).expect("trained");
            let levels = &solved.checked.as_ref().expect("checked").levels;
            for (state, exact) in [-1.0, -3.0, -5.0].into_iter().enumerate() {
                let (value, ritz) = (solved.eigenfunctions.values()[state], levels[state]);
                assert!(
                    (value - exact).abs() < 2e-2 && (ritz - exact).abs() < 2e-2,
                    "{method:?}, {seed:?}: {value}, {ritz}"
                );
            }
        }
    }
}

/// Independent points know an eigenvalue exactly once the function is right.
#[test]
fn a_box_of_independent_points_in_three_dimensions_gives_the_ground_state() {
    let sampler = TruncatedGaussian::new(1.7, 4.0).and_then(|s| s.dimensions(3)).expect("a sampler");
    let trial = TrialFunctions { length: 2.0, envelope: Envelope::Box { half_width: 4.0 }, ..small(1).trial };
    let ef = NeuralEf { training: StochasticTraining { trial, batch: 256, steps: 1500, ..small(1) } };
    let solved = ef.solve::<f64>(&Schrodinger::oscillator(3), &sampler, Seed(0)).expect("trained");
    let level = solved.eigenfunctions.values()[0];
    assert!((level + 3.0).abs() < 0.1, "{level}");
}
