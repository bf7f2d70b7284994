//! The same bits on any number of threads and processes.

use eigennet::Seed;
use eigennet::autodiff::{Rows, Var, record};
use eigennet::nn::Mlp;
use eigennet::par::run_threads;

use super::comparison::entries;

/// Enough for several shards of each plan below; no multiple of their number.
const ROWS: usize = 4_001;

#[test]
fn the_same_bits_on_any_number_of_threads_and_processes() {
    let program = record(|g| {
        let [x, t] = g.coordinates("point", Rows::named("points"));
        let u = (3.0 * x).sin() + x * (1.0 - x) * Mlp::new("net", [2, 6, 5, 1]).call(Var::concat(&[x, t])).dropout(0.1);
        let second = u.d(t) - g.scalar_parameter("a", 0.7).exp() * u.laplacian([x, t]) * u;
        let fourth = u.laplacian([x, t]).laplacian([x, t]) - u.d(x).d(x).d(x) * u.d(t);
        // The rows meet: in a mean, and in a matrix that each is multiplied by.
        let pair = Var::concat(&[u, u.d(x)]);
        let gram = pair.transpose_matmul(pair) / ROWS as f64;
        g.output("fourth", fourth);
        g.output("shared", pair.matmul(gram) - second.mean());
        second.square().mean() + 1e-4 * fourth.square().mean() + gram.log_determinant()
    })
    .unwrap()
    .compile::<f64>();
    let outputs = ["fourth", "shared", "result"].map(|name| program.output(name).unwrap());
    let theta = program.initial(Seed(5));
    let direction = entries(theta.len(), 1.5);
    let points = entries(2 * ROWS, 0.9);
    let run = || {
        let mut ws = program.workspace();
        ws.set("point", &points).unwrap().set_training(true).set_step(Seed(1), 2);
        let mut room = vec![0.0; theta.len()];
        let mut seen: Vec<(&str, Vec<f64>)> = Vec::new();
        let loss = program.gradient(&theta, &mut ws, &mut room).unwrap();
        seen.push(("loss", vec![loss]));
        seen.push(("gradient", room.clone()));
        program.hessian_vector(&theta, &direction, &mut ws, &mut room).unwrap();
        seen.push(("Hessian-vector product", room.clone()));
        let mut pass = program.forward(&theta, &mut ws).unwrap();
        for output in outputs {
            let value = pass.value(output).unwrap().to_vec();
            pass.pull_back(&[(output, &value)], &mut room).unwrap();
            seen.push(("value", value));
            seen.push(("pulled back", room.clone()));
        }
        drop(pass);
        let pushed = program.push_forward(&theta, &direction, &mut ws).unwrap();
        outputs.iter().for_each(|&o| seen.push(("tangent", pushed.tangent(o).unwrap().to_vec())));
        for output in outputs {
            let (_, jacobian) = program.select(&[output]).unwrap().residual_jacobian(&theta, &mut ws).unwrap();
            seen.push(("Jacobian", jacobian.into_vec()));
        }
        seen
    };
    let on = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    let one = on(1);
    let same = |other: &[(&str, Vec<f64>)], where_to: &str| {
        for ((what, a), (_, b)) in one.iter().zip(other) {
            assert!(a.iter().any(|&v| v != 0.0), "{what}");
            assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()), "{what} on {where_to}");
        }
    };
    [2, 3].iter().for_each(|&threads| same(&on(threads), &format!("{threads} threads")));
    for processes in [2, 3, 20] {
        run_threads(processes, run).iter().for_each(|seen| same(seen, &format!("{processes} processes")));
    }
}
