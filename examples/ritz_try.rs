//! try
use eigennet::Seed;
use eigennet::eigenfunctions::quadrature::PolarGrid;
use eigennet::eigenfunctions::*;
use std::ops::ControlFlow;
fn main() {
    let grid = PolarGrid::training().build::<f64>().unwrap();
    let fine = PolarGrid::independent().build::<f64>().unwrap();
    for seed in 0..3 {
        let t = std::time::Instant::now();
        let solved = NeuralRitz::default()
            .solve_observed(&Schrodinger::hydrogen(), &grid, Seed(seed), |p| {
                if p.iteration % 100 == 0 {
                    println!("{} {:.12e} {:.2e}", p.iteration, p.value, p.gradient_norm);
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        println!("{:?} {:?}", solved.outcome.reason, t.elapsed());
        let f = solved.eigenfunctions.evaluate(fine.points()).unwrap();
        let c = comparison::compare(
            &eigennet::reference::Hydrogen2d,
            &fine,
            f.values.as_slice(),
            [f.gradients[0].as_slice(), f.gradients[1].as_slice()],
        )
        .unwrap();
        println!(
            "seed {seed}: max rel {:e} orth {:e} sub {:e}",
            c.max_relative_error(),
            c.orthogonality,
            c.subspace_distance()
        );
    }
}
