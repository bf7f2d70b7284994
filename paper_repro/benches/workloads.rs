//! The workloads of the binary `roofline` under criterion: `cargo bench -p paper_repro -- hydrogen_step/f32`.

use std::time::Instant;

use criterion::Criterion;
use eigennet::Seed;
use paper_repro::roofline::workloads::{self, Precision};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for workload in workloads::all() {
        for precision in Precision::ALL {
            criterion.bench_function(&format!("{}/{}", workload.name, precision.name()), |bencher| {
                let mut steps = workload.build(precision, Seed(0)).expect("a workload that its test has built");
                bencher.iter_custom(|count| {
                    let from = Instant::now();
                    steps.run(count as usize).expect("a step that its test has made");
                    from.elapsed()
                });
            });
        }
    }
    criterion.final_summary();
}
