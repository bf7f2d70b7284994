//! try
use eigennet::Seed;
use eigennet::eigenfunctions::quadrature::PolarGrid;
use eigennet::eigenfunctions::sampler::*;
use eigennet::eigenfunctions::*;
use eigennet::optim::StepReport;
use std::ops::ControlFlow;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let steps: u64 = a[1].parse().unwrap();
    let batch: usize = a[2].parse().unwrap();
    let fine = PolarGrid::independent().build::<f64>().unwrap();
    for seed in 0..a[3].parse().unwrap() {
        for nesting in [Nesting::Joint, Nesting::Sequential] {
            for (form, gram) in [
                (Form::Strong, GramEstimate::Shared),
                (Form::Strong, GramEstimate::Independent),
                (Form::Weak, GramEstimate::Shared),
                (Form::Weak, GramEstimate::Independent),
            ]
            .into_iter()
            .take(a[4].parse().unwrap())
            {
                let t = std::time::Instant::now();
                let sampler = StratifiedPolar::new(100.0).unwrap();
                let s = NestedLora { nesting, form, gram, steps, batch, ..Default::default() };
                let (e, o) = s
                    .solve_observed::<f64>(&Schrodinger::hydrogen(), &sampler, Seed(seed), &mut |_: &StepReport<
                        '_,
                        f64,
                    >| {
                        ControlFlow::Continue(())
                    })
                    .unwrap();
                let f = e.evaluate(fine.points()).unwrap();
                let c = comparison::compare(
                    &eigennet::reference::Hydrogen2d,
                    &fine,
                    f.values.as_slice(),
                    [f.gradients[0].as_slice(), f.gradients[1].as_slice()],
                )
                .unwrap();
                println!(
                    "seed {seed} {nesting:?} {form:?} {gram:?}: {o} {:.1?} max rel {:.2e} orth {:.2e} sub {:.2e} ritz {:?}",
                    t.elapsed(),
                    c.max_relative_error(),
                    c.orthogonality,
                    c.subspace_distance(),
                    c.ritz_max_relative_error()
                );
            }
        }
    }
}
