//! The gradient on an exact eigenbasis, against differences, in both nestings and forms.

use super::*;

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
fn on_an_exact_eigenbasis_the_gradient_is_the_formula() {
    // f_k = b_k + w_k · x has the coefficients c_k = (b_k, w_k) in the eigenbasis, and the gradient is
    // ∂L/∂c_l = 4 [−m_l Λ c_l + Σ_l′ M_ll′ (c_l′ · c_l) c_l′].
    let sampler = Exact::<f64>::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            let solver = NestedLora { nesting, ..with(linear(), |t| t.form = form) };
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
        nesting: Nesting::Joint,
        balanced: false,
        off_diagonal: OffDiagonalWeight::PLAIN,
        ..with(hydrogen(), |t| t.form = Form::Weak)
    };
    let sampler = StratifiedPolar::new(60.0).expect("a sampler");
    let error = finite_difference_error(&solver, &sampler, 0..usize::MAX);
    assert!(error < 1e-8, "{error:e}");
}

#[test]
fn the_sequential_gradient_of_the_last_function_is_that_of_the_loss() {
    // No other function's loss depends on the last one: its gradient is the loss's own. Half of the
    // off-diagonal force would show.
    let trial = TrialFunctions { hidden: Vec::new(), sharing: Sharing::Disjoint, ..hydrogen().training.trial };
    let training = StochasticTraining { form: Form::Weak, trial, ..hydrogen().training };
    let solver = NestedLora {
        training,
        nesting: Nesting::Sequential,
        balanced: false,
        off_diagonal: OffDiagonalWeight::PLAIN,
        ..NestedLora::default()
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
        let strong = NestedLora { nesting, ..with(hydrogen(), |t| t.batch = grid.len()) };
        let weak = with(strong.clone(), |t| t.form = Form::Weak);
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
        let corner = &Exact::corners().0[2 * corner..2 * corner + 2];
        points.chunks_exact_mut(2).for_each(|point| point.copy_from_slice(corner));
        weights.fill(1.0 / weights.len() as f64);
        Ok(())
    }
}

#[test]
fn two_draws_make_the_gradient_unbiased_and_one_batch_does_not() {
    let exact = Exact::corners();
    for nesting in NESTINGS {
        for form in [Form::Strong, Form::Weak] {
            let (_, expected) =
                gradient(&NestedLora { nesting, ..with(linear(), |t| t.form = form) }, &Diagonal, &exact, None);
            let bias = |gram: GramEstimate| {
                let solver = NestedLora {
                    nesting,
                    gram,
                    ..with(linear(), |t| {
                        t.form = form;
                        t.batch = 1;
                    })
                };
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
