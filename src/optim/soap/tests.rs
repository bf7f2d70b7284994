use super::*;
use crate::Seed;
use crate::linalg::svd;
use crate::optim::Adam;
use crate::optim::optimizer::tests::laws_of_twenty;

#[test]
fn the_laws_hold() {
    for shapes in [vec![[1, 4, 5]], vec![[2, 3, 3], [1, 1, 2]], vec![[1, 20, 1]]] {
        let new = || Soap::new(SoapSettings { every: 7, ..Default::default() }, shapes.clone()).unwrap();
        laws_of_twenty::<f64, _>(new, 0.01);
        let new = || Soap::new(SoapSettings::default(), shapes.clone()).unwrap();
        laws_of_twenty::<f32, _>(new, 0.01);
    }
}

/// What is not a matrix, and what is wider than allowed.
#[test]
fn along_the_axes_it_is_adam() {
    let settings = SoapSettings { widest: 3, ..Default::default() };
    let mut soap = Soap::new(settings, [[1, 1, 9], [3, 4, 5], [1, 7, 1]]).unwrap();
    let mut adam = Adam::new(settings.adam()).unwrap();
    let mut random = Seed(1).into_stream();
    let [mut x, mut y] = [[0.0_f64; 76]; 2];
    for _ in 0..50 {
        let g: [f64; 76] = std::array::from_fn(|_| random.normal());
        soap.step(0.01, &mut x, &g).unwrap();
        adam.step(0.01, &mut y, &g).unwrap();
    }
    assert_eq!(x, y);
}

/// A gradient that stays the same is Σ σᵢ uᵢ vᵢᵀ, diagonal in the basis: each step is −η Σ uᵢ vᵢᵀ, whatever the σᵢ.
#[test]
fn a_constant_gradient_is_followed_by_its_polar_factor() {
    for [rows, cols] in [[5, 3], [3, 5], [4, 4]] {
        let mut random = Seed(2).into_stream();
        let g = Matrix::<f64>::from_fn(rows, cols, |_, _| random.normal());
        let factors = svd(&g).unwrap();
        let polar = factors.u.matmul(&factors.v_transposed).unwrap();
        let mut soap = Soap::new(SoapSettings { epsilon: 1e-9, ..Default::default() }, [[1, rows, cols]]).unwrap();
        let mut x = vec![0.0; rows * cols];
        let mut before = x.clone();
        for _ in 0..2000 {
            before.copy_from_slice(&x);
            soap.step(0.5, &mut x, g.as_slice()).unwrap();
        }
        for ((x, before), polar) in x.iter().zip(&before).zip(polar.as_slice()) {
            assert!((before - x - 0.5 * polar).abs() < 1e-4, "[{rows}, {cols}]: {} for {polar}", (before - x) / 0.5);
        }
    }
}

/// Turning parameters and gradients by orthogonal matrices turns the path: no axes are preferred.
#[test]
fn the_path_turns_with_the_parameters() {
    let (s, c) = 0.7_f64.sin_cos();
    let turn = Matrix::from_vec(2, 2, vec![c, -s, s, c]).unwrap();
    let target = Matrix::from_vec(2, 2, vec![1.0, -2.0, 0.5, 3.0]).unwrap();
    let weights = [30.0, 1.0, 0.2, 0.01];
    // ½ Σ wₖ (Xₖ − Tₖ)², X turned first.
    let end = |turned: bool| {
        let mut soap = Soap::new(SoapSettings { every: 1, ..Default::default() }, [[1, 2, 2]]).unwrap();
        let mut x = Matrix::<f64>::zeros(2, 2);
        for _ in 0..400 {
            let seen = if turned { turn.transpose().matmul(&x).unwrap() } else { x.clone() };
            let g = Matrix::from_fn(2, 2, |i, j| weights[2 * i + j] * (seen[(i, j)] - target[(i, j)]));
            let g = if turned { turn.matmul(&g).unwrap() } else { g };
            soap.step(0.003, x.as_mut_slice(), g.as_slice()).unwrap();
        }
        if turned { turn.transpose().matmul(&x).unwrap() } else { x }
    };
    let (plain, turned) = (end(false), end(true));
    for (a, b) in plain.as_slice().iter().zip(turned.as_slice()) {
        assert!((a - b).abs() < 2e-2, "{plain:?}, {turned:?}");
    }
}

#[test]
fn bad_settings_and_shapes_are_refused() {
    let refused = |settings, shapes: &[[usize; 3]]| {
        let error = Soap::<f64>::new(settings, shapes.iter().copied()).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
    };
    let default = SoapSettings::default();
    refused(SoapSettings { beta1: 1.0, ..default }, &[]);
    refused(SoapSettings { beta2: f64::NAN, ..default }, &[]);
    refused(SoapSettings { epsilon: 0.0, ..default }, &[]);
    refused(SoapSettings { factor_decay: -0.1, ..default }, &[]);
    refused(SoapSettings { every: 0, ..default }, &[]);
    refused(default, &[[usize::MAX, 2, 2]]);
    let mut soap = Soap::<f64>::new(default, [[1, 2, 2]]).unwrap();
    assert!(matches!(soap.step(0.1, &mut [0.0; 5], &[0.0; 5]), Err(Error::Shape { .. })));
    // A state of other shapes.
    let other = Soap::<f64>::new(default, [[1, 3, 2]]).unwrap();
    assert!(soap.restore(other.state()).is_err());
}

/// Gradients whose squares overflow leave numbers behind that are finite, and so are the steps after them.
#[test]
fn huge_gradients_pass() {
    let mut soap = Soap::<f32>::new(SoapSettings::default(), [[1, 2, 3]]).unwrap();
    let mut x = [0.0; 6];
    for g in [1e30, 1e-30, 1.0, 0.0, 1.0] {
        soap.step(0.1, &mut x, &[g, -g, 0.5 * g, g, g, 2.0 * g]).unwrap();
        assert!(x.iter().all(|v| v.is_finite()), "{x:?}");
    }
}

/// A block knows nothing of the others: together, on any threads, they do what each does alone.
#[test]
fn blocks_go_their_own_ways_on_any_number_of_threads() {
    let shapes = [[1, 1, 30], [2, 64, 48], [1, 3, 1], [1, 48, 64], [3, 1, 5], [1, 5, 600]];
    let gradient = |k: usize, step: usize| ((k * 37 + step * 101) as f64).sin();
    let run = |shapes: &[[usize; 3]], first: usize| {
        let mut soap = Soap::<f64>::new(SoapSettings::default(), shapes.iter().copied()).unwrap();
        let mut x = vec![0.0; shapes.iter().map(|shape| shape.iter().product::<usize>()).sum()];
        for step in 0..25 {
            let g: Vec<f64> = (first..first + x.len()).map(|k| gradient(k, step)).collect();
            soap.step(0.01, &mut x, &g).unwrap();
        }
        x
    };
    let mut alone = Vec::new();
    for shape in shapes {
        alone.extend(run(&[shape], alone.len()));
    }
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| run(&shapes, 0)) == alone, "{threads} threads");
    }
}
