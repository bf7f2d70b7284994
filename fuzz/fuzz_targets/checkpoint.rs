//! Arbitrary bytes as a container: reading neither panics nor allocates absurdly, and whatever is
//! accepted writes itself back. A second pass repairs magic, length and checksum, so that the
//! fuzzer gets past them to the table; accepted containers are then read as checkpoints.
#![no_main]

mod seal;

use eigennet::container::Container;
use eigennet::optim::{Adam, Average, LbfgsState, Optimizer, TrainingState};
use libfuzzer_sys::fuzz_target;
use seal::sealed;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if bytes.len() >= 32 {
        check(&sealed(bytes));
    }
});

fn check(bytes: &[u8]) {
    let Ok(container) = Container::from_bytes(bytes) else { return };
    assert_eq!(container.to_bytes(), bytes, "an accepted container is written back as it was read");
    let _ = LbfgsState::<f64>::load(&container, "lbfgs");
    let _ = Average::<f32>::load(&container, "average");
    let mut adam = Adam::<f64>::default();
    let mut task = |_: u64, _: &[f64], gradient: &mut [f64]| {
        gradient.fill(0.0);
        Ok(0.0)
    };
    if let Ok(mut state) = TrainingState::load(&container, &mut adam, &mut task) {
        let _ = eigennet::optim::Trainer::default().resume(&mut task, &mut adam, &mut state, &mut ());
        let _ = adam.state().steps();
    }
}
