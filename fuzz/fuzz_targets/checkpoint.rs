//! Arbitrary bytes as a container: reading neither panics nor allocates absurdly, and whatever is
//! accepted writes itself back. A second pass repairs magic, length and checksum, so that the
//! fuzzer gets past them to the table; accepted containers are then read as checkpoints.
#![no_main]

use eigennet::container::Container;
use eigennet::optim::{Adam, Average, LbfgsState, Optimizer, TrainingState};
use libfuzzer_sys::fuzz_target;

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

/// The same bytes with a valid magic, version, length and checksum.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let body = bytes.len() - 8;
    bytes[..8].copy_from_slice(b"\x89EIGN\r\n\x1a");
    bytes[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let length = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let checksum = crc64(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// CRC-64/XZ from its definition, a bit at a time.
fn crc64(bytes: &[u8]) -> u64 {
    let mut crc = u64::MAX;
    for &byte in bytes {
        crc ^= u64::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xC96C_5795_D787_0F42 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
