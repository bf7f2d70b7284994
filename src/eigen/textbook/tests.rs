//! Every method against the dense solver, on what defeats it, and on nonsense.

use std::ops::ControlFlow;

use super::*;
use crate::linalg::symmetric_eigen;

/// All methods, told to find `k` pairs or all.
fn methods<T: Scalar>(k: usize, shift: f64) -> Vec<Box<dyn Textbook<T>>> {
    vec![
        Box::new(Power { pairs: k, ..Power::default() }),
        Box::new(Power { pairs: k, deflation: Deflation::Hotelling, ..Power::default() }),
        Box::new(Inverse { pairs: k, shift: T::of(shift), ..Inverse::default() }),
        Box::new(RayleighQuotient { pairs: k, ..RayleighQuotient::default() }),
        Box::new(Orthogonal { pairs: k, ..Orthogonal::default() }),
        Box::new(QrUnshifted::default()),
        Box::new(QrShifted::default()),
        Box::new(JacobiRotations::default()),
        Box::new(EigenGame { pairs: k, ..EigenGame::default() }),
    ]
}

/// Matrix (26) of the report on diffusion and eigenvector equations, as printed.
fn report() -> Matrix<f64> {
    let thousandths = [
        [-112, -399, -259, 107, -473, -479],
        [-399, 1297, 359, 428, 678, 719],
        [-259, 359, -855, 526, -632, 945],
        [107, 428, 526, 144, -1579, 175],
        [-473, 678, -632, -1579, -769, -515],
        [-479, 719, 945, 175, -515, -15],
    ];
    Matrix::from_fn(6, 6, |i, j| f64::from(thousandths[i][j]) / 1000.0)
}

const REPORT: [f64; 6] = [-2.306515435, -1.542268945, -0.539471379, 0.191211778, 1.685645786, 2.201398196];

fn random_symmetric(n: usize, seed: u64) -> Matrix<f64> {
    let mut stream = Seed(seed).stream("textbook tests");
    let b = Matrix::from_fn(n, n, |_, _| stream.normal::<f64>());
    b.add(&b.transpose()).expect("square")
}

/// The pairs are orthonormal eigenvectors, and the values are all or some of those of the dense solver.
fn check<T: Scalar>(label: &str, a: &Matrix<T>, found: &Eigenpairs<T>, tolerance: f64) {
    let exact = symmetric_eigen(a).expect("symmetric").values;
    let norm = a.frobenius_norm().to_f64().max(f64::MIN_POSITIVE);
    let gram = found.vectors.t_matmul(&found.vectors).expect("shapes");
    let defect = gram.sub(&Matrix::identity(found.values.len())).expect("square").max_abs().to_f64();
    assert!(defect <= tolerance, "{label}: orthogonality {defect:e}");
    let image = a.matmul(&found.vectors).expect("shapes");
    let mut left = exact;
    for (j, &value) in found.values.iter().enumerate() {
        let distance = |&v: &T| (v.to_f64() - value.to_f64()).abs();
        let nearest = (0..left.len()).min_by(|&i, &k| distance(&left[i]).total_cmp(&distance(&left[k])));
        let error = distance(&left.remove(nearest.expect("no more pairs than the order")));
        assert!(error <= tolerance * norm, "{label}: {value} is off by {error:e}");
        let squares: f64 =
            (0..a.rows()).map(|i| (image[(i, j)] - value * found.vectors[(i, j)]).to_f64().powi(2)).sum();
        let told = found.residuals[j].to_f64();
        assert!(
            squares.sqrt() <= tolerance * norm && told <= tolerance * norm,
            "{label}: residual {squares:e} {told:e}"
        );
    }
}

#[test]
fn the_report_s_matrix_by_every_method() {
    let a = report();
    for method in methods::<f64>(6, 0.0) {
        let name = method.method().name();
        let found = method.solve(&a).unwrap_or_else(|e| panic!("{name}: {e}"));
        check(name, &a, &found, 1e-10);
        assert_eq!((found.values.len(), found.method), (6, method.method()));
        let mut values = found.values.clone();
        values.sort_by(f64::total_cmp);
        for (value, printed) in values.iter().zip(REPORT) {
            assert!((value - printed).abs() <= 5e-10 + 1e-12, "{name}: {value}");
        }
    }
}

#[test]
fn random_matrices_in_both_precisions() {
    for n in [1, 2, 3, 8, 20] {
        let a = random_symmetric(n, n as u64);
        let single = Matrix::from_fn(n, n, |i, j| a[(i, j)] as f32);
        for k in [1, n.min(3), n] {
            // A shift at which no two eigenvalues are equally far.
            for method in methods::<f64>(k, 0.123) {
                let label = format!("{} {n} {k}", method.method());
                check(&label, &a, &method.solve(&a).unwrap_or_else(|e| panic!("{label}: {e}")), 1e-9);
            }
            for method in methods::<f32>(k, 0.123) {
                let label = format!("f32 {} {n} {k}", method.method());
                check(&label, &single, &method.solve(&single).unwrap_or_else(|e| panic!("{label}: {e}")), 2e-4);
            }
        }
    }
}

#[test]
fn the_pairs_asked_for_come_in_the_order_promised() {
    let a = report();
    let values = |method: &dyn Textbook<f64>| method.solve(&a).expect("converges").values;
    let near = |found: Vec<f64>, expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(v, e)| assert!((v - e).abs() < 1e-9, "{found:?} {expected:?}"));
    };
    let [a0, a1, _, a3, a4, a5] = REPORT;
    near(values(&Power { pairs: 3, ..Power::default() }), &[a0, a5, a4]);
    near(values(&Orthogonal { pairs: 3, ..Orthogonal::default() }), &[a0, a5, a4]);
    near(values(&Inverse { shift: 2.0, pairs: 3, ..Inverse::default() }), &[a5, a4, a3]);
    near(values(&EigenGame { pairs: 2, ..EigenGame::default() }), &[a5, a4]);
    near(values(&QrShifted::default())[4..].to_vec(), &[a1, a0]);
    // A start near an eigenvector leads to it.
    let start = symmetric_eigen(&a).expect("symmetric").vectors.column(1).iter().map(|v| v + 0.01).collect();
    near(values(&RayleighQuotient { start: Some(start), ..RayleighQuotient::default() }), &[a1]);
}

#[test]
fn the_article_s_nonsymmetric_examples() {
    for (entries, expected) in [([3.0, 1.0, 0.0, 2.0], [3.0, 2.0]), ([6.0, 2.0, 3.0, 7.0], [9.0, 4.0])] {
        let a = Matrix::from_vec(2, 2, entries.to_vec()).expect("2 × 2");
        for method in methods::<f64>(2, 10.0) {
            let name = method.method().name();
            match method.solve(&a) {
                Err(error) => {
                    assert!(["classical Jacobi", "EigenGame"].contains(&name), "{name}: {error}");
                    assert!(matches!(error, Error::InvalidArgument { .. }) && error.to_string().contains("symmetric"));
                }
                Ok(found) => {
                    let mut values = found.values.clone();
                    values.sort_by(|x, y| y.total_cmp(x));
                    values.iter().zip(expected).for_each(|(v, e)| assert!((v - e).abs() < 1e-10, "{name}: {values:?}"));
                    assert!(found.residuals.iter().all(|r| *r < 1e-10), "{name}: {:?}", found.residuals);
                    for j in 0..2 {
                        let v = found.vectors.column(j);
                        assert!((v[0].hypot(v[1]) - 1.0).abs() < 1e-14, "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_nonsymmetric_matrix_of_higher_order() {
    // Upper triangular with known eigenvalues, turned by a similarity that is not orthogonal.
    let n = 6;
    let t = Matrix::from_fn(n, n, |i, j| if i == j { (i + 1) as f64 } else { f64::from(u8::from(j > i)) });
    let s = Matrix::from_fn(n, n, |i, j| if i == j { 2.0 } else { 1.0 / (1 + i + 2 * j) as f64 });
    let a = s.matmul(&t).and_then(|st| st.matmul(&crate::linalg::Lu::factor(&s)?.inverse()?)).expect("regular");
    for method in methods::<f64>(n, 0.2).into_iter().take(7) {
        let name = method.method().name();
        let found = method.solve(&a).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut values = found.values.clone();
        values.sort_by(f64::total_cmp);
        values.iter().zip(1..).for_each(|(v, e)| assert!((v - f64::from(e)).abs() < 1e-8, "{name}: {values:?}"));
        assert!(found.residuals.iter().all(|r| *r < 1e-9), "{name}: {:?}", found.residuals);
    }
}

#[test]
fn equal_eigenvalues_of_one_sign_do_no_harm() {
    let reflector = |n: usize| {
        let v: Vec<f64> = (0..n).map(|i| (1.0 + i as f64).sqrt()).collect();
        let square: f64 = v.iter().map(|x| x * x).sum();
        Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square)
    };
    let q = reflector(7);
    for spectrum in [[3.0, 3.0, 3.0, 1.0, 1.0, 0.5, 0.5], [2.0; 7], [0.0; 7], [5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]] {
        let a = q.matmul(&Matrix::from_diagonal(&spectrum)).and_then(|a| a.matmul_t(&q)).expect("square");
        for k in [1, 2, 4, 7] {
            for method in methods::<f64>(k, 0.7) {
                let label = format!("{} {k} {spectrum:?}", method.method());
                check(&label, &a, &method.solve(&a).unwrap_or_else(|e| panic!("{label}: {e}")), 1e-9);
            }
        }
    }
}

#[test]
fn opposite_eigenvalues_are_no_pair_for_methods_of_the_modulus() {
    let a = Matrix::from_vec(3, 3, vec![0.0, 2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0]).expect("3 × 3"); // 2, −2, 1
    let settings = Settings { max_iterations: 300, ..Settings::default() };
    let defeated: [&dyn Textbook<f64>; 5] = [
        &Power { settings, ..Power::default() },
        &Power { settings, deflation: Deflation::Hotelling, ..Power::default() },
        &Orthogonal { settings, pairs: 3 },
        &QrUnshifted { settings },
        &Inverse { settings, shift: 0.0, pairs: 3 },
    ];
    for method in defeated {
        let Err(Error::Unconverged(best)) = method.solve(&a) else { panic!("{} claims to converge", method.method()) };
        assert_eq!(best.method, method.method().name());
        assert!(best.iterations >= 300 && best.residuals.is_sorted() && !best.advice.is_empty());
        assert_eq!((best.values.len(), best.vectors.len()), (best.residuals.len(), best.residuals.len()));
        assert!(best.converged < best.values.len());
        assert_eq!(best.converged, best.residuals.iter().filter(|&&r| r < 1e-11).count());
    }
    let Err(Error::Unconverged(best)) = (Inverse { settings, shift: 0.0, pairs: 3 }).solve(&a) else { panic!() };
    assert_eq!(best.converged, 1, "1 is nearest to 0, and comes first");
    assert!((best.values[0].0 - 1.0).abs() < 1e-12);
    for method in [&QrShifted::default() as &dyn Textbook<f64>, &JacobiRotations::default()] {
        check(method.method().name(), &a, &method.solve(&a).expect("no assumption"), 1e-12);
    }
    check("EigenGame", &a, &EigenGame { pairs: 3, ..EigenGame::default() }.solve(&a).expect("signs matter"), 1e-9);
}

#[test]
fn complex_eigenvalues_are_refused_with_advice() {
    let settings = Settings { max_iterations: 200, ..Settings::default() };
    let turn = Matrix::from_vec(2, 2, vec![0.0, -1.0, 1.0, 0.0]).expect("2 × 2");
    let mut wider = Matrix::from_fn(5, 5, |i, j| if i <= j { 1.0 + (i * j) as f64 } else { 0.0 });
    wider[(3, 2)] = -40.0;
    for a in [turn, wider] {
        let methods: [&dyn Textbook<f64>; 4] = [
            &Power { settings, pairs: 2, ..Power::default() },
            &Orthogonal { settings, pairs: 2 },
            &QrUnshifted { settings },
            &QrShifted { settings },
        ];
        for method in methods {
            let ended = method.solve(&a);
            assert!(matches!(ended, Err(Error::Unconverged(_))), "{}: {ended:?}", method.method());
        }
    }
}

/// Of rank one and far from normal: what Hotelling's deflation leaves of it is rounding, which has pairs of its own.
#[test]
fn what_deflation_made_up_is_refused() {
    for seed in 0..10 {
        let mut stream = Seed(seed).stream("rank one");
        let [u, v]: [Vec<f64>; 2] = std::array::from_fn(|_| (0..6).map(|_| stream.normal()).collect());
        let a = Matrix::from_fn(6, 6, |i, j| u[i] * v[j]);
        let norm = a.frobenius_norm();
        for method in methods::<f64>(6, 0.3) {
            let Ok(found) = method.solve(&a) else { continue };
            let largest = found.residuals.iter().fold(0.0_f64, |largest, r| largest.max(*r));
            assert!(largest < 1e-7 * norm, "{}, {seed}: {largest:e}", method.method());
        }
        let found = Power::default().solve(&a).expect("one step finds u");
        let trace: f64 = u.iter().zip(&v).map(|(u, v)| u * v).sum();
        assert!((found.values[0] - trace).abs() < 1e-12 * norm, "{seed}");
    }
}

#[test]
fn a_defective_matrix_by_shifted_qr() {
    let a = Matrix::from_vec(2, 2, vec![1.0, 1.0, -1.0, 3.0]).expect("2 × 2"); // 2 twice, one eigenvector
    let found = QrShifted::default().solve(&a).expect("real");
    assert!(found.values.iter().all(|v: &f64| (v - 2.0).abs() < 1e-7), "{:?}", found.values);
    assert!(found.residuals.iter().all(|r| *r < 1e-11));
    let settings = Settings { max_iterations: 500, ..Settings::default() };
    assert!(matches!(QrUnshifted { settings }.solve(&a), Err(Error::Unconverged(_))), "the error falls as 1/k only");
}

#[test]
fn a_singular_shift_is_the_best_of_shifts() {
    let a = report();
    let exact = symmetric_eigen(&a).expect("symmetric").values;
    for shift in exact {
        let found = Inverse { shift, ..Inverse::default() }.solve(&a).expect("converges");
        assert!(found.iterations <= 3 && (found.values[0] - shift).abs() < 1e-13);
    }
    // Exactly singular, to the last bit, and with several pairs.
    let found = Inverse { shift: 2.0, pairs: 3, ..Inverse::default() }.solve(&Matrix::from_diagonal(&[1.0, 2.0, 4.0]));
    assert_eq!(found.expect("converges").values.iter().map(|v: &f64| v.round()).collect::<Vec<_>>(), [2.0, 1.0, 4.0]);
    let zero = Inverse::<f64>::default().solve(&Matrix::zeros(3, 3)).expect("converges");
    assert_eq!(zero.values, [0.0]);
}

#[test]
fn a_start_on_a_cycle_is_told() {
    let a = Matrix::from_vec(2, 2, vec![0.0, 1.0, 1.0, 0.0]).expect("2 × 2");
    let settings = Settings { max_iterations: 50, ..Settings::default() };
    let stuck = RayleighQuotient { start: Some(vec![1.0, 0.0]), settings, ..RayleighQuotient::default() };
    assert!(matches!(stuck.solve(&a), Err(Error::Unconverged(_))));
    check("random start", &a, &RayleighQuotient::default().solve(&a).expect("converges"), 1e-12);
    for (start, words) in [(vec![1.0], "fit"), (vec![0.0, 0.0], "zero"), (vec![f64::NAN, 1.0], "finite")] {
        let error =
            RayleighQuotient { start: Some(start), ..RayleighQuotient::default() }.solve(&a).expect_err("refused");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn nonsense_is_refused_by_name() {
    let a = report();
    for method in methods::<f64>(2, 0.0) {
        let name = method.method().name();
        for bad in [f64::NAN, f64::INFINITY] {
            let mut spoilt = a.clone();
            spoilt[(2, 1)] = bad;
            assert!(matches!(method.solve(&spoilt), Err(Error::NonFinite { index: 13, .. })), "{name}");
        }
        assert!(matches!(method.solve(&Matrix::zeros(2, 3)), Err(Error::Shape { .. })), "{name}");
        // Of an empty matrix there are all pairs, and no two.
        match method.solve(&Matrix::zeros(0, 0)) {
            Ok(none) => assert_eq!((none.values.len(), none.vectors.shape()), (0, [0, 0]), "{name}"),
            Err(error) => assert!(matches!(error, Error::InvalidArgument { .. }), "{name}: {error}"),
        }
    }
    for count in [0, 7] {
        for method in methods::<f64>(count, 0.0) {
            let all = [Method::QrUnshifted, Method::QrShifted, Method::JacobiRotations].contains(&method.method());
            let ended = method.solve(&a);
            assert_eq!(all, ended.is_ok(), "{} {count}", method.method());
            assert!(all || matches!(ended, Err(Error::InvalidArgument { .. })));
        }
    }
    for tolerance in [0.0, -1.0, f64::NAN] {
        let settings = Settings { tolerance, ..Settings::default() };
        assert!(matches!(QrShifted { settings }.solve(&a), Err(Error::InvalidArgument { .. })));
    }
    let settings = Settings { max_iterations: 0, ..Settings::default() };
    assert!(matches!(QrShifted { settings }.solve(&a), Err(Error::InvalidArgument { .. })));
    assert!(Inverse { shift: f64::NAN, ..Inverse::default() }.solve(&a).is_err());
}

#[test]
fn extremes_of_magnitude_are_nothing_special() {
    for factor in [1e300, 1e-300, 1e-310] {
        let a = report().scale(factor);
        for method in methods::<f64>(2, 0.9 * factor) {
            let found = method.solve(&a).unwrap_or_else(|e| panic!("{} {factor:e}: {e}", method.method()));
            let digits = if factor < f64::MIN_POSITIVE { 1e-9 } else { 1e-11 };
            for value in found.values {
                let near = REPORT.iter().map(|v| (value / factor - v).abs()).fold(1.0, f64::min);
                assert!(near < 5e-10 + digits, "{} {factor:e}: {value:e}", method.method());
            }
        }
    }
    let one = Matrix::from_diagonal(&[-3.0f32]);
    for method in methods::<f32>(1, 0.0) {
        assert_eq!(method.solve(&one).expect("1 × 1").values, [-3.0], "{}", method.method());
    }
}

#[test]
fn an_observer_sees_the_error_fall_and_may_break_off() {
    let a = report();
    for method in methods::<f64>(6, 0.0) {
        let (mut count, mut last) = (0, f64::NAN);
        let mut watch = |step: &Step<'_, f64>| {
            count += 1;
            assert_eq!(step.iteration, count);
            assert!(step.values.len() <= 6);
            last = step.error;
            ControlFlow::Continue(())
        };
        let found = method.solve_observed(&a, &mut watch).expect("converges");
        assert_eq!(found.iterations, count);
        assert!(last <= Settings::<f64>::default().tolerance, "{}", method.method());
        let mut once = |_: &Step<'_, f64>| ControlFlow::Break(());
        let Err(Error::Unconverged(best)) = method.solve_observed(&a, &mut once) else { panic!("{}", method.method()) };
        assert_eq!(best.iterations, 1);
        assert_eq!(method.solve(&a).expect("converges"), method.solve(&a).expect("again"), "{}", method.method());
    }
}

#[test]
fn jacobi_and_the_dense_solver_agree_at_order_sixty() {
    let a = random_symmetric(60, 5);
    for method in [&QrShifted::default() as &dyn Textbook<f64>, &JacobiRotations::default()] {
        check(method.method().name(), &a, &method.solve(&a).expect("no assumption"), 1e-11);
    }
}

/// Of a matrix that is not quite symmetric: pairs that satisfy the tolerance with the matrix itself, or none.
#[test]
fn asymmetry_is_measured_and_forgiven_within_the_tolerance() {
    for size in [1e-4, 1e-6, 1e-8, 3e-9, 1e-10, 1e-11, 1e-13, 1e-15] {
        let turn = Matrix::from_vec(2, 2, vec![1.0, -size, size, 1.0]).expect("2 by 2");
        let slant = Matrix::from_vec(2, 2, vec![1.0, size, 0.0, 0.5]).expect("2 by 2");
        for (name, a) in [("turn", turn), ("slant", slant)] {
            let norm = a.frobenius_norm();
            for method in methods::<f64>(2, 0.4) {
                let label = format!("{}, {name} of {size:e}", method.method());
                match method.solve(&a) {
                    Ok(found) => {
                        let image = a.matmul(&found.vectors).expect("shapes");
                        for (j, &value) in found.values.iter().enumerate() {
                            let rest = (0..2).map(|i| image[(i, j)] - value * found.vectors[(i, j)]);
                            let left = rest.map(|r| r * r).sum::<f64>().sqrt();
                            assert!((left - found.residuals[j]).abs() <= 1e-15, "{label}: {left:e} is not as told");
                            assert!(left <= 1e-10 * norm, "{label}: {left:e}");
                        }
                    }
                    Err(error) => assert!(size > 1e-12, "{label}: {error}"),
                }
            }
            // Triangular: all for any matrix have it.
            assert!(name == "turn" || QrShifted::default().solve(&a).is_ok(), "{size:e}");
        }
    }
}
