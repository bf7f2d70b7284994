use super::*;

fn of<T: Simd>(x: f64) -> T {
    T::from(x).expect("a floating-point type takes every f64")
}

/// Small integers: their sums are exact in every order.
fn integers<T: Simd>(n: usize) -> Vec<T> {
    (0..n).map(|i| of(((i * 37 + 11) % 23) as f64 - 9.0)).collect()
}

/// Numbers of many sizes, deterministic.
fn rough<T: Simd>(n: usize) -> Vec<T> {
    (0..n).map(|i| of((i as f64 * 0.7).sin() * ((i * 7919 % 13) as f64 - 4.0).exp2())).collect()
}

const LENGTHS: [usize; 14] = [127, 128, 255, 256, 257, 511, 512, 513, 1024, 1025, 1536, 2049, 5000, 70_001];

#[test]
fn sums_of_integers_are_exact_at_every_length() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            for n in (0..70).chain(LENGTHS) {
                for offset in 0..3.min(n + 1) {
                    let (x, y) = (integers::<T>(n), rough::<T>(n).iter().map(|v| v.round()).collect::<Vec<T>>());
                    let (x, y) = (&x[offset..], &y[offset..]);
                    let total: T = x.iter().copied().sum();
                    assert_eq!(sum_on(isa, x), total);
                    let total: T = x.iter().zip(y).map(|(&a, &b)| a * b).sum();
                    assert_eq!(dot_on(isa, x, y), total);
                    let largest = y.iter().fold(T::zero(), |m, v| m.max(v.abs()));
                    assert_eq!(max_abs_on(isa, y), largest);
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

/// The bound of pairwise summation, (log₂ n + a constant) ε Σ|x|: a running sum would miss it.
#[test]
fn the_error_grows_with_the_logarithm_of_the_length() {
    for n in [1 << 12, 1 << 16, 1 << 20] {
        let x = vec![0.1f32; n];
        let expected = f64::from(0.1f32) * n as f64;
        let bound = 0.5 * f64::from(f32::EPSILON) * (n as f64).log2() * expected;
        assert!((f64::from(sum(&x)) - expected).abs() <= bound);
        assert!((f64::from(dot(&x, &vec![1.0; n])) - expected).abs() <= bound);
        let mut out = [0.0];
        row_sums(&x, n, &mut out);
        assert_eq!(out[0], sum(&x));
    }
}

#[test]
fn the_order_is_the_same_on_every_instruction_set() {
    fn check<T: Simd>() {
        for n in (0..70).chain(LENGTHS) {
            let x = rough::<T>(n);
            let expected = sum_on(Isa::Baseline, &x);
            for isa in Isa::available() {
                assert_eq!(sum_on(isa, &x), expected);
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn not_a_number_is_the_largest() {
    for isa in Isa::available() {
        for n in 1..70 {
            for at in 0..n {
                let mut x = vec![-2.0; n];
                x[at] = f64::NAN;
                assert!(max_abs_on(isa, &x).is_nan());
                assert!(sum_on(isa, &x).is_nan());
                x[at] = f64::NEG_INFINITY;
                assert_eq!(max_abs_on(isa, &x), f64::INFINITY);
            }
        }
    }
    assert_eq!(max_abs::<f64>(&[]), 0.0);
    assert_eq!(sum::<f32>(&[]), 0.0);
    assert_eq!(dot::<f32>(&[], &[]), 0.0);
}

#[test]
fn updates_reach_every_entry() {
    for isa in Isa::available() {
        for n in 0..70 {
            let (x, y) = (integers::<f32>(n), integers::<f32>(n + 1));
            let y = &y[1..];
            let mut out = y.to_vec();
            axpy_on(isa, 3.0, &x, &mut out);
            assert!((0..n).all(|i| out[i] == 3.0 * x[i] + y[i]));
            let mut out = y.to_vec();
            axpby_on(isa, 3.0, &x, -2.0, &mut out);
            assert!((0..n).all(|i| out[i] == 3.0 * x[i] - 2.0 * y[i]));
        }
    }
}

#[test]
fn sums_of_rows_and_columns() {
    for isa in Isa::available() {
        for cols in (1..70).chain([100, 127, 128, 257]) {
            for rows in [0, 1, 2, 3, 5, 31, 64, 65, 200] {
                let x = integers::<f64>(rows * cols);
                let mut columns = vec![0.5; cols];
                add_column_sums_on(isa, &x, &mut columns);
                for (j, &column) in columns.iter().enumerate() {
                    assert_eq!(column, 0.5 + (0..rows).map(|i| x[i * cols + j]).sum::<f64>(), "{rows} × {cols}");
                }
                let mut sums = vec![f64::NAN; rows];
                row_sums_on(isa, &x, cols, &mut sums);
                assert!((0..rows).all(|i| sums[i] == x[i * cols..(i + 1) * cols].iter().sum::<f64>()));
            }
        }
    }
    let mut out = [7.0; 3];
    row_sums::<f64>(&[], 0, &mut out);
    assert_eq!(out, [0.0; 3]);
    add_column_sums::<f64>(&[], 0, &mut []);
}

#[test]
fn one_entry_that_is_not_finite_is_found_wherever_it_stands() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            for n in (0..70).chain([1023, 1025, 2049]) {
                let mut x = rough::<T>(n);
                x.iter_mut().step_by(3).for_each(|v| *v = -T::max_value());
                assert!(all_finite_on(isa, &x), "{isa:?} {n}");
                for place in (0..n).step_by(1 + n / 70) {
                    let before = x[place];
                    for hostile in [T::nan(), T::infinity(), T::neg_infinity()] {
                        x[place] = hostile;
                        assert!(!all_finite_on(isa, &x), "{isa:?} {n} {place}");
                    }
                    x[place] = before;
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn a_norm_neither_overflows_nor_underflows() {
    for scale in [1.0, 1e-320_f64, 1e-200, 1e-160, 1e160, 1e200, 5e307] {
        let unit = scale / 5e-324 * 5e-324; // what is left of it among subnormal numbers
        let exact = 5.0 * unit;
        if exact.is_finite() {
            assert!((norm(&[3.0 * unit, 0.0, -4.0 * unit]) / exact - 1.0).abs() < 1e-3, "{scale:e}");
        }
    }
    assert_eq!(norm(&[3e30_f32, -4e30]), 5e30);
    assert_eq!((norm::<f64>(&[]), norm(&[0.0, -0.0])), (0.0, 0.0));
    assert!(norm(&[1.0, f64::NAN]).is_nan() && norm(&[f64::NEG_INFINITY, 1.0]) == f64::INFINITY);
}

#[test]
fn lengths_that_do_not_fit_panic() {
    let hostile: [fn(); 7] = [
        || assert!(dot(&[1.0], &[1.0, 2.0]) > 0.0),
        || axpy(1.0, &[1.0], &mut []),
        || axpby(1.0, &[1.0], 1.0, &mut [1.0, 2.0]),
        || add_column_sums(&[1.0; 5], 2, &mut [0.0; 2]),
        || add_column_sums(&[1.0; 4], 2, &mut [0.0; 3]),
        || add_column_sums(&[1.0; 4], 0, &mut []),
        || row_sums(&[1.0; 4], usize::MAX, &mut [0.0; 4]),
    ];
    for call in hostile {
        assert!(std::panic::catch_unwind(call).is_err());
    }
}
