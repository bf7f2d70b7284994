//! Buffers change when a gradient is taken in training mode, once for each pass.

use eigennet::autodiff::{Program, Rows, record};
use eigennet::{Error, Scalar};

/// (x − mean) a, its mean followed by a buffer; in training the batch's own mean is taken.
fn centred<T: Scalar>() -> Program<T> {
    record(|g| {
        let x = g.input("x", Rows::named("rows"), 2);
        let mean = g.buffer("mean", [1, 2], 0.0);
        let batch = x.mean_rows();
        g.update(mean, 0.75 * mean + 0.25 * batch);
        let used = g.training().select(batch, mean);
        g.output("used", used);
        ((x - used) * g.scalar_parameter("a", 1.0)).square().mean()
    })
    .unwrap()
    .compile()
}

#[test]
fn buffers_follow_training_only() {
    let program = centred::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 3.0, 6.0]).unwrap();
    program.value_and_grad(&[1.0], &mut ws).unwrap();
    assert_eq!(ws.input("mean").unwrap(), [0.0, 0.0], "evaluation leaves buffers alone");
    ws.set_training(true);
    let trained = program.value_and_grad(&[1.0], &mut ws).unwrap().0;
    assert_eq!(ws.input("mean").unwrap(), [0.5, 1.0]);
    assert_eq!(trained, 2.5);
    program.value(&[1.0], &mut ws).unwrap();
    assert_eq!(ws.input("mean").unwrap(), [0.5, 1.0], "only gradients update");
    program.value_and_grad(&[1.0], &mut ws).unwrap();
    assert_eq!(ws.input("mean").unwrap(), [0.875, 1.75]);
    ws.set_training(false);
    program.evaluate(&[1.0], &mut ws).unwrap();
    assert_eq!(ws.output("used").unwrap(), [0.875, 1.75]);
    // Restored from a checkpoint.
    let saved = ws.buffers();
    let mut other = program.workspace();
    other.set_buffers(&saved).unwrap();
    assert_eq!(other.input("mean").unwrap(), [0.875, 1.75]);
}

#[test]
fn a_pass_updates_once_when_it_ends() {
    let program = centred::<f32>();
    let result = program.recording().result();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 3.0, 6.0]).unwrap();
    program.forward(&[1.0], &mut ws).unwrap();
    assert_eq!(ws.input("mean").unwrap(), [0.0, 0.0], "evaluation leaves buffers alone");
    ws.set_training(true);
    for (pulls, expected) in [(0, [0.5, 1.0]), (1, [0.875, 1.75]), (3, [1.15625, 2.3125])] {
        let mut pass = program.forward(&[1.0], &mut ws).unwrap();
        for _ in 0..pulls {
            let mut gradient = [0.0];
            pass.pull_back(&[(result, &[1.0])], &mut gradient).unwrap();
            assert_eq!(gradient, [5.0]);
        }
        drop(pass);
        assert_eq!(ws.input("mean").unwrap(), expected);
    }
}

#[test]
fn looking_changes_no_buffer() {
    let program = centred::<f64>();
    let mut ws = program.workspace();
    ws.set("x", &[1.0, 2.0, 3.0, 6.0]).unwrap().set_training(true);
    program.evaluate(&[1.0], &mut ws).unwrap();
    program.linearize(&[1.0], &mut ws).unwrap().jacobian(|_| None, &mut [0.0; 3]).unwrap();
    program.residual_jacobian(&[1.0], &mut ws).unwrap();
    program.push_forward(&[1.0], &[1.0], &mut ws).unwrap();
    program.hessian_vector(&[1.0], &[1.0], &mut ws, &mut [0.0]).unwrap();
    assert_eq!(ws.input("mean").unwrap(), [0.0, 0.0]);
}

#[test]
fn a_pass_that_fails_changes_no_buffer() {
    let program = record(|g| {
        let x = g.input("x", Rows::named("rows"), 2);
        let count = g.buffer("count", [1, 1], 0.0);
        g.update(count, count + 1.0);
        x.transpose_matmul(x).log_determinant() * g.scalar_parameter("a", 1.0)
    })
    .unwrap()
    .compile::<f64>();
    let mut ws = program.workspace();
    ws.set_training(true);
    let attempt = |ws: &mut _| (program.forward(&[1.0], ws).err(), program.gradient(&[1.0], ws, &mut [0.0]).err());
    let (unbound, again) = attempt(&mut ws);
    assert!(matches!(unbound, Some(Error::InvalidArgument { .. })) && again == unbound);
    ws.set("x", &[1.0, 2.0]).unwrap(); // one row: rank 1
    let (singular, again) = attempt(&mut ws);
    assert!(matches!(singular, Some(Error::NotPositiveDefinite { .. })) && again == singular);
    assert_eq!(ws.input("count").unwrap(), [0.0]);
    ws.set("x", &[1.0, 0.0, 0.0, 1.0]).unwrap();
    assert_eq!(attempt(&mut ws), (None, None));
    assert_eq!(ws.input("count").unwrap(), [2.0]);
}
