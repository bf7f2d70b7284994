//! Derivatives of networks with one hidden layer against their closed form.

use eigennet::Seed;
use eigennet::autodiff::{Initializer, Program, Rows, Var, record};
use eigennet::nn::Activation;
use eigennet::reference::OneHiddenLayer;

const HIDDEN: usize = 7;
const ACTIVATIONS: [Activation; 4] = [Activation::Sigmoid, Activation::Tanh, Activation::Sin, Activation::Softplus];

/// A derivative of the network, as the result and summed over the points.
fn recorded(activation: Activation, orders: &[usize]) -> Program<f64> {
    record(|g| {
        let inputs: Vec<Var<'_>> = match orders.len() {
            1 => g.coordinates::<1>("x", Rows::named("points")).to_vec(),
            2 => g.coordinates::<2>("x", Rows::named("points")).to_vec(),
            _ => g.coordinates::<3>("x", Rows::named("points")).to_vec(),
        };
        let zero = Initializer::Constant(0.0);
        let weight = g.parameter("w", [orders.len(), HIDDEN], zero);
        let hidden = activation.apply(g.concat(&inputs).affine(weight, g.parameter("b", [1, HIDDEN], zero)));
        let mut n = hidden.matmul(g.parameter("v", [HIDDEN, 1], zero));
        for (x, &order) in inputs.iter().zip(orders) {
            for _ in 0..order {
                n = n.d(*x);
            }
        }
        g.output("derivative", n);
        n.sum()
    })
    .unwrap()
    .compile()
}

/// Random weights, some of them zero.
fn layer(activation: Activation, inputs: usize, seed: u64) -> (OneHiddenLayer, Vec<f64>) {
    let mut stream = Seed(seed).stream("layer");
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| stream.normal()).collect() };
    let (mut w, b, v) = (draw(HIDDEN * inputs), draw(HIDDEN), draw(HIDDEN));
    w.iter_mut().step_by(3).for_each(|w| *w = 0.0);
    // The program keeps its weights as [inputs, hidden].
    let transposed = (0..inputs * HIDDEN).map(|k| w[k % HIDDEN * inputs + k / HIDDEN]);
    let theta = transposed.chain(b.iter().copied()).chain(v.iter().copied()).collect();
    (OneHiddenLayer::new(activation, w, b, v).unwrap(), theta)
}

/// All orders of `inputs` variables up to a total.
fn all_orders(inputs: usize, total: usize) -> Vec<Vec<usize>> {
    let count = (total + 1).pow(inputs as u32);
    let digits = |k: usize| (0..inputs).map(|i| k / (total + 1).pow(i as u32) % (total + 1)).collect::<Vec<_>>();
    (0..count).map(digits).filter(|orders| orders.iter().sum::<usize>() <= total).collect()
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

#[test]
fn derivatives_and_their_parameter_gradients_agree_with_the_closed_form() {
    for activation in ACTIVATIONS {
        for inputs in 1..=3 {
            for orders in all_orders(inputs, [6, 4, 3][inputs - 1]) {
                let program = recorded(activation, &orders);
                let mut ws = program.workspace();
                for seed in 0..3 {
                    let (oracle, theta) = layer(activation, inputs, seed);
                    let mut stream = Seed(seed).stream("points");
                    let points: Vec<f64> = (0..5 * inputs).map(|_| stream.normal()).collect();
                    ws.set("x", &points).unwrap();
                    program.evaluate(&theta, &mut ws).unwrap();
                    let mut expected = vec![0.0; theta.len()];
                    // What cancels in a polynomial of high order is as large as its terms.
                    let tolerance = 1e-12 * 4f64.powi(orders.iter().sum::<usize>() as i32);
                    for (x, value) in points.chunks(inputs).zip(ws.output("derivative").unwrap()) {
                        let exact = oracle.derivative(&orders, x).unwrap();
                        assert!(close(*value, exact, tolerance), "{activation:?} {orders:?}: {value} {exact}");
                        let by = oracle.parameter_gradient(&orders, x).unwrap();
                        let weights = (0..inputs * HIDDEN).map(|k| by.weights[k % HIDDEN * inputs + k / HIDDEN]);
                        let flat = weights.chain(by.biases.iter().copied()).chain(by.coefficients.iter().copied());
                        expected.iter_mut().zip(flat).for_each(|(sum, g)| *sum += g);
                    }
                    let (_, gradient) = program.value_and_grad(&theta, &mut ws).unwrap();
                    for (k, (a, b)) in gradient.iter().zip(&expected).enumerate() {
                        assert!(close(*a, *b, tolerance), "{activation:?} {orders:?} parameter {k}: {a} {b}");
                    }
                }
            }
        }
    }
}

#[test]
fn higher_orders_are_derivatives_of_lower_ones() {
    let step = 1e-3;
    for activation in ACTIVATIONS {
        let (oracle, _) = layer(activation, 2, 4);
        let x = [0.3, -0.7];
        for orders in all_orders(2, 6) {
            for k in 0..2 {
                let mut next = orders.clone();
                next[k] += 1;
                let at = |by: f64| {
                    let mut moved = x;
                    moved[k] += by;
                    oracle.derivative(&orders, &moved).unwrap()
                };
                // Of sixth order in the step.
                let sums = [1.0, 2.0, 3.0].map(|n| at(n * step) - at(-n * step));
                let slope = (45.0 * sums[0] - 9.0 * sums[1] + sums[2]) / (60.0 * step);
                let exact = oracle.derivative(&next, &x).unwrap();
                let size: f64 =
                    oracle.parameter_gradient(&next, &x).unwrap().coefficients.iter().map(|c| c.abs()).sum();
                assert!((slope - exact).abs() < 1e-8 * (1.0 + size), "{activation:?} {next:?}: {slope} {exact}");
            }
        }
    }
}

#[test]
fn what_has_no_closed_form_is_refused() {
    let one = || vec![1.0];
    assert!(OneHiddenLayer::new(Activation::Relu, one(), one(), one()).unwrap_err().to_string().contains("Sigmoid"));
    assert!(OneHiddenLayer::new(Activation::Tanh, vec![1.0; 3], vec![1.0; 2], vec![1.0; 2]).is_err());
    assert!(OneHiddenLayer::new(Activation::Tanh, vec![], vec![], vec![]).is_err());
    assert!(OneHiddenLayer::new(Activation::Tanh, vec![f64::NAN], one(), one()).is_err());
    let layer = OneHiddenLayer::new(Activation::Tanh, one(), one(), one()).unwrap();
    assert!(layer.derivative(&[21], &[0.0]).is_err() && layer.derivative(&[usize::MAX], &[0.0]).is_err());
    assert!(layer.derivative(&[1, 1], &[0.0]).is_err() && layer.derivative(&[1], &[0.0, 1.0]).is_err());
    assert!(layer.derivative(&[1], &[f64::INFINITY]).is_err());
    for extreme in [1e300, -1e300] {
        assert_eq!(layer.derivative(&[3], &[extreme]).unwrap(), 0.0);
    }
}
