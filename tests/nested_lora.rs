//! NestedLoRA: the gradient on an exact eigenbasis and against finite differences, both nestings, both
//! forms, resume, threads, hostile settings.

use std::ops::ControlFlow;

use eigennet::autodiff::{Graph, Initializer, Var};
use eigennet::container::Container;
use eigennet::eigenfunctions::comparison::compare;
use eigennet::eigenfunctions::sampler::{Sampler, StratifiedPolar, TruncatedGaussian};
use eigennet::eigenfunctions::{
    Eigenfunctions, Envelope, Form, GramEstimate, NestedLora, Nesting, OffDiagonalWeight, Schrodinger, SelfAdjoint,
    Sharing, Trial, TrialFunctions, WeakTerm,
};
use eigennet::nn::{BatchNorm, Dropout, Linear};
use eigennet::optim::{StepReport, TrainingState, TrainingStep};
use eigennet::quadrature::{PolarGrid, Quadrature};
use eigennet::reference::Hydrogen2d;
use eigennet::{Error, Result, Scalar, Seed};

/// The eigenvalues of [`Diagonal`]. λ₁/2 > λ₂ > λ₃: with half the force of the first function on the
/// second, the second would fall back onto φ₁ (its norm there is λ₁/2 > λ₂).
const SPECTRUM: [f64; 3] = [1.0, 0.4, 0.1];

/// An operator on span{1, x, y} that is diagonal there. On the corners of a square, weighted equally,
/// those three are orthonormal, and linear networks are exactly that span.
#[derive(Debug)]
struct Diagonal;

impl Diagonal {
    /// The parts of f along 1, x and y.
    fn parts<'g>(x: &[Var<'g>], f: Var<'g>) -> [Var<'g>; 3] {
        let [along_x, along_y] = [x[0] * f.d(x[0]), x[1] * f.d(x[1])];
        [f - along_x - along_y, along_x, along_y]
    }
}

impl SelfAdjoint for Diagonal {
    fn dimension(&self) -> usize {
        2
    }

    fn strong<'g>(&self, _: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Var<'g> {
        let [one, x, y] = Self::parts(x, f);
        SPECTRUM[0] * one + SPECTRUM[1] * x + SPECTRUM[2] * y
    }

    fn weak<'g>(&self, _: &'g Graph, x: &[Var<'g>], f: Var<'g>) -> Vec<WeakTerm<'g>> {
        let parts = Self::parts(x, f);
        parts.into_iter().zip(SPECTRUM).map(|(value, sign)| WeakTerm { sign, value }).collect()
    }
}

/// The same points and weights in every draw: the expectation itself.
#[derive(Debug)]
struct Exact<T>(Vec<T>, Vec<T>);

impl<T: Scalar> Exact<T> {
    fn corners() -> Self {
        let points = [1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0];
        Exact(points.map(T::of).to_vec(), vec![T::of(0.25); 4])
    }

    fn of(rule: &Quadrature<T>) -> Self {
        Exact(rule.points().to_vec(), rule.weights().to_vec())
    }
}

impl<T: Scalar> Sampler<T> for Exact<T> {
    fn fill(&self, _: Seed, _: u64, points: &mut [T], weights: &mut [T]) -> Result<()> {
        points.copy_from_slice(&self.0);
        weights.copy_from_slice(&self.1);
        Ok(())
    }
}

/// Three linear functions on the corners of the square, with the paper's plain gradient.
fn linear() -> NestedLora {
    NestedLora {
        states: 3,
        batch: 4,
        steps: 3000,
        off_diagonal: OffDiagonalWeight::PLAIN,
        balanced: false,
        trial: TrialFunctions {
            hidden: Vec::new(),
            length: 1.0,
            radius_input: false,
            envelope: Envelope::None,
            sharing: Sharing::Disjoint,
            biases: Initializer::Uniform { low: -0.5, high: 0.5 },
            scaled: false,
            ..TrialFunctions::default()
        },
        ..NestedLora::default()
    }
}

/// A small solver of the hydrogen atom.
fn hydrogen() -> NestedLora {
    NestedLora {
        states: 4,
        batch: 64,
        steps: 400,
        trial: TrialFunctions {
            hidden: vec![16],
            envelope: Envelope::Exponential { first: 0.5, last: 0.17 },
            ..NestedLora::default().trial
        },
        ..NestedLora::default()
    }
}

const NESTINGS: [Nesting; 2] = [Nesting::Joint, Nesting::Sequential];

/// Loss and gradient of one step.
fn gradient<T: Scalar>(
    solver: &NestedLora,
    operator: &dyn SelfAdjoint,
    sampler: &dyn Sampler<T>,
    parameters: Option<&[T]>,
) -> (T, Vec<T>) {
    let mut task = solver.task(operator, sampler, Seed(7)).expect("a task");
    let parameters = parameters.map_or_else(|| task.start(), <[T]>::to_vec);
    let mut gradient = vec![T::zero(); parameters.len()];
    let loss = task.gradient(0, &parameters, &mut gradient).expect("a gradient");
    (loss, gradient)
}

fn start<T: Scalar>(solver: &NestedLora, operator: &dyn SelfAdjoint, sampler: &dyn Sampler<T>) -> Vec<T> {
    solver.task(operator, sampler, Seed(7)).expect("a task").start()
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt() / norm(a)
}

#[test]
fn both_nestings_converge_to_the_scaled_eigenfunctions_in_order() {
    let sampler = Exact::<f64>::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            for (off_diagonal, balanced) in
                [(OffDiagonalWeight::PLAIN, false), (NestedLora::default().off_diagonal, true)]
            {
                let solver = NestedLora { nesting, form, off_diagonal, balanced, rate: 0.02, ..linear() };
                let functions = solver.solve(&Diagonal, &sampler, Seed(3)).expect("trained").eigenfunctions;
                // At the corners (1, 1), (−1, 1), (−1, −1), (1, −1) the functions are ±√λ (1, x, y).
                let values = functions.evaluate(&sampler.0).expect("values").values;
                for (state, lambda) in SPECTRUM.iter().enumerate() {
                    for (other, phi) in [[1.0; 4], [1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]].iter().enumerate() {
                        let overlap = (0..4).map(|p| 0.25 * values[(p, state)] * phi[p]).sum::<f64>().abs();
                        let expected = if state == other { lambda.sqrt() } else { 0.0 };
                        assert!(
                            (overlap - expected).abs() < 1e-5,
                            "{nesting:?}, {form:?}, balanced {balanced}: f{state} on φ{other} is {overlap}"
                        );
                    }
                    assert!((functions.values()[state] - lambda).abs() < 1e-4, "{nesting:?}: {:?}", functions.values());
                }
            }
        }
    }
}

#[test]
fn on_an_exact_eigenbasis_the_gradient_is_the_formula() {
    // f_k = b_k + w_k · x has the coefficients c_k = (b_k, w_k) in the eigenbasis, and the gradient is
    // ∂L/∂c_l = 4 [−m_l Λ c_l + Σ_l′ M_ll′ (c_l′ · c_l) c_l′].
    let sampler = Exact::<f64>::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            let solver = NestedLora { nesting, form, ..linear() };
            let theta = start(&solver, &Diagonal, &sampler);
            let (_, found) = gradient(&solver, &Diagonal, &sampler, Some(&theta));
            // Parameters: weights [3, 2, 1], then biases [3, 1, 1].
            assert_eq!(theta.len(), 9);
            let coefficients =
                |v: &[f64]| -> [[f64; 3]; 3] { std::array::from_fn(|l| [v[6 + l], v[2 * l], v[2 * l + 1]]) };
            let (c, found) = (coefficients(&theta), coefficients(&found));
            for l in 0..3 {
                for k in 0..3 {
                    let mask = |l: usize| if nesting == Nesting::Joint { (3 - l) as f64 / 3.0 } else { 1.0 };
                    let mut expected = -mask(l) * SPECTRUM[k] * c[l][k];
                    for other in 0..3 {
                        let dot: f64 = (0..3).map(|k| c[other][k] * c[l][k]).sum();
                        let pair = match nesting {
                            Nesting::Joint => mask(l.max(other)),
                            Nesting::Sequential => f64::from(u8::from(other <= l)),
                        };
                        expected += pair * dot * c[other][k];
                    }
                    assert!((found[l][k] - 4.0 * expected).abs() < 1e-13, "{nesting:?}, {form:?}, f{l} along φ{k}");
                }
            }
        }
    }
}

#[test]
fn balancing_rescales_each_function_and_moves_no_fixed_point() {
    let sampler = Exact::<f64>::corners();
    let plain = linear();
    let theta = start(&plain, &Diagonal, &sampler);
    let (_, a) = gradient(&plain, &Diagonal, &sampler, Some(&theta));
    let (_, b) = gradient(&NestedLora { balanced: true, ..plain }, &Diagonal, &sampler, Some(&theta));
    for l in 0..3 {
        let ratios = [2 * l, 2 * l + 1, 6 + l].map(|i| b[i] / a[i]);
        assert!(ratios[0] > 0.0 && ratios.iter().all(|r| (r / ratios[0] - 1.0).abs() < 1e-12), "{ratios:?}");
    }
}

/// Directional derivatives of the loss against the gradient restricted to the parameters in `range`.
fn finite_difference_error(solver: &NestedLora, sampler: &dyn Sampler<f64>, range: std::ops::Range<usize>) -> f64 {
    let operator = Schrodinger::hydrogen();
    let theta = start(solver, &operator, sampler);
    let range = range.start..range.end.min(theta.len());
    let (_, found) = gradient(solver, &operator, sampler, Some(&theta));
    let mut worst = 0.0_f64;
    for k in 0..6 {
        let mut random = Seed(11).numbered(k).into_stream();
        let mut direction = vec![0.0; theta.len()];
        direction[range.clone()].iter_mut().for_each(|d| *d = random.normal::<f64>());
        let length = norm(&direction);
        direction.iter_mut().for_each(|d| *d /= length);
        let value = |t: f64| {
            let moved: Vec<f64> = theta.iter().zip(&direction).map(|(x, d)| x + t * d).collect();
            gradient(solver, &operator, sampler, Some(&moved)).0
        };
        let h = 1e-3;
        let difference = (8.0 * (value(h) - value(-h)) - (value(2.0 * h) - value(-2.0 * h))) / (12.0 * h);
        let slope: f64 = found.iter().zip(&direction).map(|(g, d)| g * d).sum();
        worst = worst.max((difference - slope).abs() / norm(&found[range.clone()]));
    }
    worst
}

#[test]
fn the_joint_gradient_is_that_of_the_loss_on_the_batch() {
    let solver = NestedLora {
        form: Form::Weak,
        nesting: Nesting::Joint,
        balanced: false,
        off_diagonal: OffDiagonalWeight::PLAIN,
        ..hydrogen()
    };
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let error = finite_difference_error(&solver, &sampler, 0..usize::MAX);
    assert!(error < 1e-8, "{error:e}");
}

#[test]
fn the_sequential_gradient_of_the_last_function_is_that_of_the_loss() {
    // No other function's loss depends on the last one: its gradient is the loss's own. Half of the
    // off-diagonal force would show.
    let solver = NestedLora {
        form: Form::Weak,
        nesting: Nesting::Sequential,
        balanced: false,
        off_diagonal: OffDiagonalWeight::PLAIN,
        trial: TrialFunctions { hidden: Vec::new(), sharing: Sharing::Disjoint, ..hydrogen().trial },
        ..hydrogen()
    };
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    // Weights [4, 3, 1] of the four members: those of the last.
    let last = finite_difference_error(&solver, &sampler, 9..12);
    assert!(last < 1e-8, "{last:e}");
    // The first function ignores the others, the loss does not.
    assert!(finite_difference_error(&solver, &sampler, 0..3) > 1e-3);
}

#[test]
fn strong_and_weak_gradients_agree_on_an_exact_quadrature() {
    let grid = PolarGrid { radius: 160.0, radial: 160, angular: 96, rotation: 0.03 }.build::<f64>().expect("a grid");
    let sampler = Exact::of(&grid);
    for nesting in NESTINGS {
        let strong = NestedLora { nesting, batch: grid.len(), ..hydrogen() };
        let weak = NestedLora { form: Form::Weak, ..strong.clone() };
        let [(loss, strong), (same_loss, weak)] =
            [strong, weak].map(|solver| gradient(&solver, &Schrodinger::hydrogen(), &sampler, None));
        let error = distance(&strong, &weak);
        assert!(error < 1e-8 && (loss - same_loss).abs() < 1e-8 * loss.abs(), "{nesting:?}: {error:e}");
    }
}

/// One corner of the square in each draw; sixteen steps hold each pair of a first and a second draw once.
#[derive(Debug)]
struct OneCorner;

impl Sampler<f64> for OneCorner {
    fn fill(&self, seed: Seed, step: u64, points: &mut [f64], weights: &mut [f64]) -> Result<()> {
        let corner = if seed == Seed(7).child("second") { step / 4 % 4 } else { step % 4 } as usize;
        points.copy_from_slice(&Exact::corners().0[2 * corner..2 * corner + 2]);
        weights.fill(1.0);
        Ok(())
    }
}

#[test]
fn two_draws_make_the_gradient_unbiased_and_one_batch_does_not() {
    let exact = Exact::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            let (_, expected) = gradient(&NestedLora { nesting, form, ..linear() }, &Diagonal, &exact, None);
            let bias = |gram: GramEstimate| {
                let solver = NestedLora { nesting, form, gram, batch: 1, ..linear() };
                let mut task = solver.task(&Diagonal, &OneCorner, Seed(7)).expect("a task");
                let theta = task.start();
                let mut one = vec![0.0; theta.len()];
                let mut mean = one.clone();
                for step in 0..16 {
                    task.gradient(step, &theta, &mut one).expect("a gradient");
                    mean.iter_mut().zip(&one).for_each(|(m, g)| *m += g / 16.0);
                }
                distance(&expected, &mean)
            };
            let (unbiased, biased) = (bias(GramEstimate::Independent), bias(GramEstimate::Shared));
            assert!(unbiased < 1e-13, "{nesting:?}, {form:?}: {unbiased:e}");
            assert!(biased > 0.1, "{nesting:?}, {form:?}: {biased:e}");
        }
    }
}

/// Largest relative eigenvalue error and orthogonality after a short training.
fn trained<T: Scalar + eigennet::container::Element>(solver: &NestedLora) -> (f64, f64) {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solved = solver.solve::<T>(&Schrodinger::hydrogen(), &sampler, Seed(0)).expect("trained");
    let functions = solved.eigenfunctions;
    let grid = PolarGrid { radius: 60.0, radial: 100, ..PolarGrid::independent() }.build::<T>().expect("a grid");
    let on_grid = functions.evaluate(grid.points()).expect("values");
    let [dx, dy] = &on_grid.gradients[..] else { panic!("two coordinates") };
    let found =
        compare(&Hydrogen2d, &grid, on_grid.values.as_slice(), [dx.as_slice(), dy.as_slice()]).expect("compared");
    (found.max_relative_error(), found.orthogonality)
}

#[test]
fn a_short_training_finds_the_lowest_levels_of_hydrogen() {
    for nesting in NESTINGS {
        let (error, overlap) = trained::<f64>(&NestedLora { nesting, steps: 2500, batch: 128, ..hydrogen() });
        assert!(error < 2e-2 && overlap < 5e-2, "{nesting:?}: {error:e}, {overlap:e}");
    }
    let (error, overlap) = trained::<f32>(&NestedLora { steps: 2500, batch: 128, ..hydrogen() });
    assert!(error < 2e-2 && overlap < 5e-2, "f32: {error:e}, {overlap:e}");
}

/// Batches smaller than the number of states cannot tell the states apart: quotients in the thousands used to come back
/// with nothing said.
#[test]
fn what_small_batches_or_few_steps_leave_is_doubted() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solve = |solver: NestedLora| solver.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).expect("trained");
    for (batch, steps) in [(1, 20), (2, 400), (64, 20)] {
        let solved = solve(NestedLora { batch, steps, ..hydrogen() });
        let doubt = solved.doubt().expect("a doubt");
        assert!(doubt.to_string().contains("train longer"), "{doubt}");
    }
    let solved = solve(NestedLora { steps: 2500, batch: 128, ..hydrogen() });
    assert_eq!(solved.doubt(), None, "{:?}", solved.checked);
}

/// The bits after `steps`, interrupted after `interruption` steps if there is one: saved, read back, gone on.
fn bits(solver: &NestedLora, trial: &dyn Trial, interruption: Option<u64>) -> Vec<u64> {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let operator = Schrodinger::hydrogen();
    let trainer = solver.trainer().expect("a trainer");
    let mut task = solver.task_of::<f64>(trial, &operator, &sampler, Seed(4)).expect("a task");
    let mut optimizer = solver.optimizer::<f64>().expect("Adam");
    let mut state = trainer.start(&task.start()).expect("a start");
    if let Some(stop) = interruption {
        let mut until = |report: &StepReport<'_, f64>| {
            if report.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let outcome = trainer.resume(&mut task, &mut optimizer, &mut state, &mut until).expect("the first part");
        assert_eq!(outcome.iterations, stop);
        let bytes = state.save(&optimizer, &task).expect("saved").to_bytes();
        task = solver.task_of(trial, &operator, &sampler, Seed(4)).expect("a task");
        optimizer = solver.optimizer().expect("Adam");
        let container = Container::from_bytes(&bytes).expect("intact");
        state = TrainingState::load(&container, &mut optimizer, &mut task).expect("loaded");
        assert_eq!(state.step(), stop);
    }
    let mut on = |_: &StepReport<'_, f64>| ControlFlow::Continue(());
    let outcome = trainer.resume(&mut task, &mut optimizer, &mut state, &mut on).expect("trained");
    assert_eq!(outcome.iterations, solver.steps);
    let functions = task.eigenfunctions(state.trained()).unwrap();
    let statistics = functions.trial().buffers().iter().flat_map(|(_, data)| data);
    let at = functions.evaluate(&[0.3, 0.2]).expect("values").values.into_vec();
    let all = functions.parameters().iter().chain(functions.values()).chain(statistics).chain(&at);
    all.map(|v| v.to_bits()).collect()
}

/// Trial functions with batch statistics and dropout.
fn normalised<'g>(g: &'g Graph, x: &[Var<'g>], count: usize) -> Var<'g> {
    let hidden = BatchNorm::new("norm").call(Linear::new("first", [2, 8]).call(g.concat(x))).tanh();
    let f = Linear::new("last", [8, count]).call(Dropout { rate: 0.1 }.call(hidden));
    f * (-0.3 * (x[0].square() + x[1].square()).sqrt()).exp()
}

#[test]
fn batch_statistics_are_learned_and_resume_in_the_same_bits() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let solver = NestedLora { steps: 60, ..hydrogen() };
    let task = solver.task_of::<f64>(&normalised, &Schrodinger::hydrogen(), &sampler, Seed(4)).expect("a task");
    let fresh = task.eigenfunctions(&task.start()).expect("functions").trial().buffers().clone();
    let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
    let whole = threads(1).install(|| bits(&solver, &normalised, None));
    assert_eq!(whole, threads(2).install(|| bits(&solver, &normalised, Some(23))));
    // They were learned: none is left where it started.
    let started: Vec<u64> = fresh.iter().flat_map(|(_, data)| data.iter().map(|v| v.to_bits())).collect();
    assert!(started.len() >= 16 && started.iter().filter(|v| whole.contains(v)).count() <= 1, "{started:?}");

    // Whole functions, statistics among them, live on in a file.
    let functions = task.eigenfunctions(&task.start()).expect("functions");
    let read = Container::from_bytes(&functions.save().expect("saved").to_bytes()).expect("intact");
    let read = Eigenfunctions::<f64>::load(&read).expect("loaded");
    assert_eq!(read.evaluate(&[0.3, 0.2]).expect("values"), functions.evaluate(&[0.3, 0.2]).expect("values"));
    let grid = PolarGrid { radius: 60.0, ..PolarGrid::independent() }.build::<f64>().expect("a grid");
    assert_eq!(read.matrices(&grid).expect("matrices"), functions.matrices(&grid).expect("matrices"));
}

#[test]
fn a_resumed_training_ends_in_the_same_bits_on_any_number_of_threads() {
    for gram in [GramEstimate::Shared, GramEstimate::Independent] {
        let solver = NestedLora { gram, steps: 60, ..hydrogen() };
        let threads = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        let bits = |interruption| bits(&solver, &solver.trial, interruption);
        let whole = threads(1).install(|| bits(None));
        assert_eq!(whole, threads(2).install(|| bits(Some(37))));
        assert_eq!(whole, threads(3).install(|| bits(Some(1))));
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let operator = Schrodinger::hydrogen();
    let solver = hydrogen();
    let task = solver.task::<f64>(&operator, &sampler, Seed(4)).expect("a task");
    let optimizer = solver.optimizer::<f64>().expect("Adam");
    let state = solver.trainer().expect("a trainer").start(&task.start()).expect("a start");
    let saved = state.save(&optimizer, &task).expect("saved");
    let other_sampler = StratifiedPolar::new(61.0).expect("a sampler");
    for (mut other, what) in [
        (solver.task::<f64>(&operator, &sampler, Seed(5)).expect("a task"), "seed"),
        (solver.task(&operator, &other_sampler, Seed(4)).expect("a task"), "sampler"),
        (NestedLora { states: 3, ..hydrogen() }.task(&operator, &sampler, Seed(4)).expect("a task"), "states"),
    ] {
        let error = TrainingState::load(&saved, &mut solver.optimizer::<f64>().expect("Adam"), &mut other);
        let error = error.expect_err(what);
        assert!(
            matches!(error, Error::InvalidArgument { .. }) && error.to_string().contains("same settings"),
            "{what}"
        );
    }
}

#[test]
fn settings_that_do_not_fit_are_told() {
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let weight = |last, begin, end| NestedLora { off_diagonal: OffDiagonalWeight { last, begin, end }, ..hydrogen() };
    for (solver, words) in [
        (NestedLora { states: 0, ..hydrogen() }, "positive"),
        (NestedLora { batch: 0, ..hydrogen() }, "positive"),
        (NestedLora { batch: usize::MAX, ..hydrogen() }, "at most"),
        (NestedLora { states: 1 << 20, batch: 1, ..hydrogen() }, "at most"),
        (NestedLora { rate: f64::NAN, ..hydrogen() }, "1 or less"),
        (NestedLora { rate: 1e30, ..hydrogen() }, "1 or less"),
        (NestedLora { rate: -1.0, ..hydrogen() }, ""),
        (NestedLora { average: 1.5, ..hydrogen() }, ""),
        (NestedLora { trial: TrialFunctions { length: -1.0, ..hydrogen().trial }, ..hydrogen() }, "length"),
        (weight(f64::NAN, 0.0, 1.0), "off_diagonal"),
        (weight(0.0, 0.0, 1.0), "off_diagonal"),
        (weight(2.0, 0.6, 0.3), "off_diagonal"),
    ] {
        let error = solver.solve::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn hostile_problems_are_told() {
    let sampler = TruncatedGaussian::new(16.0, 50.0).expect("a sampler");
    let three = Schrodinger::oscillator(3);
    let error = hydrogen().solve::<f64>(&three, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
    let nan = Schrodinger::new(2, |x| (-1.0 - x[0].square()).sqrt());
    for form in [Form::Strong, Form::Weak] {
        let solver = NestedLora { form, ..hydrogen() };
        let error = solver.solve::<f64>(&nan, &sampler, Seed(0)).map(|_| ()).expect_err("refused");
        assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
    }
    // A sampler that breaks its word is told, not believed.
    let broken = Exact(vec![f64::NAN; 128], vec![1.0; 64]);
    let error = hydrogen().solve(&Schrodinger::hydrogen(), &broken, Seed(0)).map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::NonFinite { .. } | Error::NoConvergence { .. }), "{error:?}");
}
