//! Replays allocate nothing after the first: a counting allocator watches.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use eigennet::Seed;
use eigennet::autodiff::{Graph, Initializer, Interpolant, Rows, Var, record};
use eigennet::nn::{BatchNorm, Embedding, FourierFeatures, LayerNorm};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A second-order residual through an ensemble, with batch statistics, a Gram matrix, dropout and a buffer; modules, and
/// a table.
fn loss(g: &Graph) -> Var<'_> {
    let [x, t] = g.coordinates("point", Rows::named("points"));
    let glorot = Initializer::GlorotUniform { gain: 1.0 };
    let w1 = g.parameter_heads("w1", [3, 2, 8], glorot);
    let b1 = g.parameter_heads("b1", [3, 1, 8], Initializer::Constant(0.1));
    let w2 = g.parameter_heads("w2", [3, 8, 8], glorot);
    let w3 = g.parameter_heads("w3", [3, 8, 1], glorot);
    let hidden = Var::concat(&[x, t]).affine(w1, b1).softplus().matmul(w2).tanh().dropout(0.1);
    let u = hidden.matmul(w3).heads_to_columns();
    let mean = g.buffer("mean", [1, 3], 0.0);
    g.update(mean, 0.9 * mean + 0.1 * u.mean_rows());
    let gram = u.transpose_matmul(u) / 100.0 + g.fixed_input("ridge", [3, 3]);
    g.output("u", u);
    g.output("gram", gram);
    g.output("centred", u.matmul(gram) - u.mean_rows());
    g.output("edge", g.input("edge", Rows::named("edge"), 8).matmul(w2).sum_heads());
    let kind = Embedding::new("kind", [2, 3]).call(x.greater_equal(g.constant(0.0)));
    let normal = LayerNorm::new("row").call(BatchNorm::new("batch").call(u) + kind);
    let table = Interpolant::monotone(&[-1.0, 0.0, 1.0], &[0.0, 0.2, 2.0]).unwrap();
    let waves = FourierFeatures { count: 4, deviation: 1.0, seed: Seed(5) }.call(table.call(x));
    let rest = gram.cholesky().solve_lower_rows(normal).mean() + waves.mean() + table.call(u).mean();
    rest + (u.d(t) - u.laplacian([x, t])).square().mean() + gram.log_determinant() + (u - mean).square().mean()
}

/// Allocations of some steps after the first two.
fn allocations(rows: usize) -> usize {
    let program = record(loss).unwrap().compile::<f64>();
    let [u, gram, centred, edge] = ["u", "gram", "centred", "edge"].map(|name| program.output(name).unwrap());
    let several = program.select(&[edge, u]).unwrap();
    let shared = program.select(&[gram, centred]).unwrap();
    let theta = program.initial(Seed(1));
    let mut room = vec![0.0; theta.len()];
    let mut jacobian = vec![0.0; (9 + 3 * rows) * theta.len()];
    let mut ws = program.workspace();
    let point: Vec<f64> = (0..2 * rows).map(|i| (i as f64 * 0.37).sin()).collect();
    let cotangent: Vec<f64> = (0..3 * rows).map(|i| (i as f64 * 0.73).cos()).collect();
    ws.set("ridge", &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
    let mut before = 0;
    for step in 0..6 {
        if step == 2 {
            before = COUNT.load(Ordering::SeqCst);
        }
        ws.set("point", &point).unwrap().set_training(true).set_step(Seed(2), step);
        // Shorter and longer again.
        ws.set("edge", &point[..if step % 2 == 0 { 80 } else { 40 }]).unwrap();
        program.gradient(&theta, &mut ws, &mut room).unwrap();
        program.evaluate(&theta, &mut ws).unwrap().value(u).unwrap();
        let mut pass = several.forward(&theta, &mut ws).unwrap();
        pass.pull_back(&[(u, &cotangent)], &mut room).unwrap();
        pass.pull_back_with(|_, value, cotangent| cotangent.copy_from_slice(value), &mut room).unwrap();
        pass.pull_back(&[(u, &cotangent), (u, &cotangent)], &mut room).unwrap();
        drop(pass);
        shared.linearize(&theta, &mut ws).unwrap();
        let mut linearized = shared.linearize(&theta, &mut ws).unwrap();
        linearized.jacobian(|k| (k == 1).then_some(&cotangent[..rows]), &mut jacobian).unwrap();
        linearized.jacobian(|_| None, &mut jacobian).unwrap();
        program.hessian_vector(&theta, &theta, &mut ws, &mut room).unwrap();
        several.push_forward(&theta, &theta, &mut ws).unwrap().tangent(edge).unwrap();
        several.linearize(&theta, &mut ws).unwrap();
        shared.evaluate(&theta, &mut ws).unwrap().value(centred).unwrap();
    }
    COUNT.load(Ordering::SeqCst) - before
}

/// One test, so that no other runs beside it and is counted.
#[test]
fn replays_allocate_nothing() {
    // 100 rows are one shard, 5 000 are many.
    assert_eq!(allocations(100), 0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert_eq!(pool.install(|| allocations(100)), 0);
    // A worker's queue of tasks may grow once more, as stealing happens to go.
    let many = pool.install(|| allocations(5_000));
    assert!(many <= 2, "{many} allocations");
}
