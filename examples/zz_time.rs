//! x
use eigennet::Seed;
use eigennet::graph::*;
use eigennet::linalg::Matrix;
use std::time::Instant;
fn main() {
    let t = |name: &str, f: &mut dyn FnMut()| {
        let mut best = f64::MAX;
        for _ in 0..3 {
            let s = Instant::now();
            f();
            best = best.min(s.elapsed().as_secs_f64());
            if best > 2.0 {
                break;
            }
        }
        println!("{name}: {best:.4} s");
    };
    let circle = data::unit_circle::<f64>(&data::CircleSampling::Uniform.angles(10_000, Seed(0)));
    t("circle 10000 k 25", &mut || {
        NeighborSearch::new(&circle).unwrap().nearest_of_each(25).unwrap();
    });
    let mut s = Seed(1).into_stream();
    let ten = Matrix::from_fn(100_000, 10, |_, _| s.normal::<f64>());
    t("1e5 x 10 tree", &mut || {
        NeighborSearch::new(&ten).unwrap().nearest_of_each(25).unwrap();
    });
    t("1e5 x 10 approx", &mut || {
        NeighborSearch::approximate(&ten, Seed(0)).unwrap().nearest_of_each(25).unwrap();
    });
    let circles = data::circles::<f64>(10_000, 0.05, 0.5, Seed(0));
    t("spectral clustering 10000", &mut || {
        SpectralClustering::new(2).fit(&circles.points).unwrap();
    });
    t("  graph", &mut || {
        Affinity::default().fit(&circles.points).unwrap();
    });
    t("diffusion map circle", &mut || {
        DiffusionMap::default().fit(&circle).unwrap();
    });
    let m = DiffusionMap::default().fit(&circle).unwrap();
    println!("nnz {} method {:?} products {}", m.graph().weights().nnz(), m.pairs().method, m.pairs().products);
}
