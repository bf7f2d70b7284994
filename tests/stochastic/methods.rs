//! NeuralEF, SpIN and NestedOMM where everything is known: functions that are combinations of three eigenfunctions.

use super::*;

/// Row i: the coefficients of function i in the eigenbasis.
type Coefficients = [[f64; 3]; 3];

/// Parameters: weights [3, 2, 1], then biases [3, 1, 1].
fn parameters(c: &Coefficients) -> Vec<f64> {
    let weights = c.iter().flat_map(|c| [c[1], c[2]]);
    weights.chain(c.iter().map(|c| c[0])).collect()
}

fn coefficients(theta: &[f64]) -> Coefficients {
    std::array::from_fn(|l| [theta[6 + l], theta[2 * l], theta[2 * l + 1]])
}

fn training(form: Form) -> StochasticTraining {
    StochasticTraining { form, rate: 0.02, ..linear().training }
}

const FORMS: [Form; 2] = [Form::Strong, Form::Weak];

/// Loss and gradient of the first step.
fn gradient(method: &dyn StochasticMethod, c: &Coefficients) -> (f64, Coefficients) {
    let sampler = Exact::<f64>::corners();
    let mut task = method.task(&Diagonal, &sampler, Seed(7)).expect("a task");
    let (theta, mut gradient) = (parameters(c), vec![0.0; 9]);
    let loss = task.gradient(0, &theta, &mut gradient).expect("a gradient");
    (loss, coefficients(&gradient))
}

fn inner(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ⟨a, (T + c) b⟩
fn form(a: &[f64; 3], b: &[f64; 3], shift: f64) -> f64 {
    (0..3).map(|k| (SPECTRUM[k] + shift) * a[k] * b[k]).sum()
}

/// What NeuralEF has function j lower.
fn neural_ef(c: &Coefficients, j: usize, shift: f64) -> f64 {
    let unit = c.map(|c| c.map(|v| v / inner(&c, &c).sqrt()));
    let coupled = (0..j).map(|i| form(&unit[i], &unit[j], shift).powi(2) / form(&unit[i], &unit[i], shift));
    coupled.sum::<f64>() - form(&unit[j], &unit[j], shift)
}

/// −Λⱼⱼ by Gram–Schmidt.
fn spin(c: &Coefficients, j: usize, shift: f64) -> f64 {
    let mut basis: Vec<[f64; 3]> = Vec::new();
    for function in &c[..=j] {
        let mut u = *function;
        for _ in 0..2 {
            for b in &basis {
                let along = inner(&u, b);
                u = std::array::from_fn(|k| u[k] - along * b[k]);
            }
        }
        let norm = inner(&u, &u).sqrt();
        basis.push(u.map(|v| v / norm));
    }
    -form(&basis[j], &basis[j], shift)
}

/// −2 tr Π + tr ΣΠ of the first functions.
fn omm(c: &Coefficients, functions: usize, shift: f64) -> f64 {
    let mut loss = 0.0;
    for i in 0..functions {
        loss -= 2.0 * form(&c[i], &c[i], shift);
        loss += (0..functions).map(|j| inner(&c[i], &c[j]) * form(&c[i], &c[j], shift)).sum::<f64>();
    }
    loss
}

/// The derivative of `value` in entry k of function j, by differences of order 4.
fn difference(c: &Coefficients, (j, k): (usize, usize), value: impl Fn(&Coefficients) -> f64) -> f64 {
    let at = |t: f64| {
        let mut moved = *c;
        moved[j][k] += t;
        value(&moved)
    };
    let h = 1e-3;
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

#[test]
fn the_gradient_of_each_function_is_that_of_its_own_loss() {
    // Nothing is orthogonal, of norm 1, or in order.
    let c = [[0.5, -0.4, 0.7], [0.9, 0.3, -0.2], [-0.3, 0.8, 0.6]];
    type Own = fn(&Coefficients, usize, f64) -> f64;
    for form in FORMS {
        for shift in [0.0, 0.7] {
            let training = StochasticTraining { shift, ..training(form) };
            let joint = |c: &Coefficients, _: usize, shift: f64| (1..=3).map(|l| omm(c, l, shift) / 3.0).sum();
            let sequential = |c: &Coefficients, j: usize, shift: f64| omm(c, j + 1, shift);
            let sum = |own: Own| (0..3).map(|j| own(&c, j, shift)).sum::<f64>();
            let cases: [(Box<dyn StochasticMethod>, Own, f64); 4] = [
                (Box::new(NeuralEf { training: training.clone() }), neural_ef, sum(neural_ef)),
                (Box::new(Spin { training: training.clone(), decay: 1.0 }), spin, sum(spin)),
                (
                    Box::new(NestedOmm { training: training.clone(), nesting: Nesting::Joint, resolvent: false }),
                    joint,
                    joint(&c, 0, shift),
                ),
                (Box::new(NestedOmm { training, ..NestedOmm::default() }), sequential, omm(&c, 3, shift)),
            ];
            for (method, own, total) in cases {
                let (loss, found) = gradient(&*method, &c);
                assert!((loss - total).abs() < 1e-13, "{method:?}: {loss} for {total}");
                for (j, row) in found.iter().enumerate() {
                    for (k, slope) in row.iter().enumerate() {
                        let expected = difference(&c, (j, k), |c| own(c, j, shift));
                        let error = (slope - expected).abs();
                        assert!(error < 1e-9, "{method:?}, f{j} along φ{k}: {slope} for {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_gradient_of_a_resolvent_is_that_of_its_loss() {
    let c = [[0.5, -0.4, 0.7], [0.9, 0.3, -0.2], [-0.3, 0.8, 0.6]];
    // −2 tr Σ − tr ΣΠ of the first functions, Π = ⟨f, (T − 1.5) f⟩.
    let loss = |c: &Coefficients, functions: usize| {
        let pairs = (0..functions).flat_map(|i| (0..functions).map(move |j| (i, j)));
        let coupled: f64 = pairs.map(|(i, j)| inner(&c[i], &c[j]) * form(&c[i], &c[j], -1.5)).sum();
        -2.0 * (0..functions).map(|i| inner(&c[i], &c[i])).sum::<f64>() - coupled
    };
    for by in FORMS {
        for nesting in NESTINGS {
            let own = |c: &Coefficients, j: usize| match nesting {
                Nesting::Joint => (1..=3).map(|l| loss(c, l) / 3.0).sum::<f64>(),
                Nesting::Sequential => loss(c, j + 1),
            };
            let (value, found) = gradient(&resolvent(&training(by), nesting), &c);
            assert!((value - own(&c, 2)).abs() < 1e-13, "{value}");
            for (j, found) in found.iter().enumerate() {
                for (k, found) in found.iter().enumerate() {
                    let expected = difference(&c, (j, k), |c| own(c, j));
                    assert!((found - expected).abs() < 1e-9, "{nesting:?}, f{j} along φ{k}: {found} for {expected}");
                }
            }
        }
    }
}

#[test]
fn the_eigenfunctions_are_at_rest() {
    let largest = |method: &dyn StochasticMethod, c: &Coefficients| {
        gradient(method, c).1.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()))
    };
    for form in FORMS {
        // Of any norm; with whatever of those before; of norm 1.
        let scaled = [[2.0, 0.0, 0.0], [0.0, -0.3, 0.0], [0.0, 0.0, 0.7]];
        let mixed = [[2.0, 0.0, 0.0], [0.6, -0.3, 0.0], [-0.2, 0.5, 0.7]];
        let units = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(largest(&NeuralEf { training: training(form) }, &scaled) < 1e-14);
        assert!(largest(&NeuralEf { training: training(form) }, &mixed) > 1e-2);
        assert!(largest(&Spin { training: training(form), ..Spin::default() }, &mixed) < 1e-14);
        assert!(largest(&averaged(&training(form)), &mixed) < 1e-14);
        for nesting in NESTINGS {
            assert!(largest(&NestedOmm { training: training(form), nesting, resolvent: false }, &units) < 1e-14);
            assert!(largest(&NestedOmm { training: training(form), nesting, resolvent: false }, &scaled) > 1e-2);
        }
    }
}

/// 1 − |cos| of the function that is farthest from its eigenfunction.
fn misaligned(functions: &Eigenfunctions<f64>) -> f64 {
    let values = functions.evaluate(&Exact::<f64>::corners().0).expect("values").values;
    let eigenfunctions = [[1.0; 4], [1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]];
    let cosines = (0..3).map(|state| {
        let overlap = |phi: [f64; 4]| (0..4).map(|p| 0.25 * values[(p, state)] * phi[p]).sum::<f64>();
        let c = eigenfunctions.map(overlap);
        c[state].abs() / inner(&c, &c).sqrt()
    });
    1.0 - cosines.fold(1.0, f64::min)
}

#[test]
fn trainings_end_in_the_eigenfunctions_in_order() {
    let sampler = Exact::<f64>::corners();
    for form in FORMS {
        for seed in [Seed(3), Seed(4)] {
            let resolvents = NESTINGS.map(|nesting| Box::new(resolvent(&training(form), nesting)) as Box<_>);
            for method in rivals(&training(form)).into_iter().chain(resolvents) {
                let functions = method.solve(&Diagonal, &sampler, seed).expect("trained").eigenfunctions;
                let error = misaligned(&functions);
                assert!(error < 1e-6, "{method:?}, {seed:?}: {error:e}");
                for (value, lambda) in functions.values().iter().zip(SPECTRUM) {
                    assert!((value - lambda).abs() < 1e-4, "{method:?}, {seed:?}: {value} for {lambda}");
                }
            }
        }
    }
}

/// Plain descent: its steps shrink with the gradient, so that averages keep up. With Adam they do not.
#[test]
fn spin_with_averages_descends_to_the_eigenfunctions_at_a_rate_below_their_weight() {
    let sampler = Exact::<f64>::corners();
    let spin = averaged(&training(Form::Strong));
    let mut task = spin.task(&Diagonal, &sampler, Seed(7)).expect("a task");
    let mut theta = parameters(&[[0.5, -0.4, 0.7], [0.9, 0.3, -0.2], [-0.3, 0.8, 0.6]]);
    let mut gradient = vec![0.0; 9];
    for step in 0..20_000 {
        task.gradient(step, &theta, &mut gradient).expect("a gradient");
        theta.iter_mut().zip(&gradient).for_each(|(theta, g)| *theta -= 0.002 * g);
    }
    let error = misaligned(&task.eigenfunctions(&theta).expect("functions"));
    assert!(error < 1e-10, "{error:e}");
}

/// The averages of SpIN's Jacobian: a batch counts by its weight, the first ones as in a mean.
#[test]
fn spin_takes_the_functions_from_averages() {
    let sampler = Exact::<f64>::corners();
    let [old, new] = [
        [[0.5, -0.4, 0.7], [0.9, 0.3, -0.2], [-0.3, 0.8, 0.6]],
        [[0.6, -0.3, 0.7], [0.8, 0.3, -0.3], [-0.3, 0.7, 0.7]],
    ];
    let spin = Spin { training: training(Form::Strong), decay: 0.25 };
    let mut task = spin.task(&Diagonal, &sampler, Seed(7)).expect("a task");
    let mut found = vec![0.0; 9];
    for _ in 0..200 {
        task.gradient(1000, &parameters(&old), &mut found).expect("a gradient");
    }
    task.gradient(1000, &parameters(&new), &mut found).expect("a gradient");
    let found = coefficients(&found);
    // u = L⁻¹ f by the averaged Gram matrix.
    let blend = |old: f64, new: f64| 0.75 * old + 0.25 * new;
    let gram: [[f64; 3]; 3] =
        std::array::from_fn(|i| std::array::from_fn(|j| blend(inner(&old[i], &old[j]), inner(&new[i], &new[j]))));
    let gram = eigennet::linalg::Matrix::from_fn(3, 3, |i, j| gram[i][j]);
    let lower = eigennet::linalg::Cholesky::factor(&gram).expect("a factor");
    let inverse = eigennet::linalg::Triangular::lower()
        .solve(lower.lower(), &eigennet::linalg::Matrix::identity(3))
        .expect("an inverse");
    let u: Coefficients =
        std::array::from_fn(|i| std::array::from_fn(|k| (0..=i).map(|j| inverse[(i, j)] * new[j][k]).sum()));
    for i in 0..3 {
        for k in 0..3 {
            let image = SPECTRUM[k] * u[i][k];
            let along: f64 = (0..=i)
                .map(|m| {
                    let part: f64 = (0..=m).map(|j| inverse[(m, j)] * blend(old[j][k], new[j][k])).sum();
                    form(&u[m], &u[i], 0.0) * part
                })
                .sum();
            let expected = -2.0 * inverse[(i, i)] * (image - along);
            assert!((found[i][k] - expected).abs() < 1e-12, "f{i} along φ{k}: {} for {expected}", found[i][k]);
        }
    }
}
