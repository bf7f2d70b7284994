//! Every length, every alignment, every kind of operand, against one number at a time.

use super::{Scramble, of};
use crate::kernels::Simd;
use crate::kernels::isa::Isa;
use crate::kernels::vmath::{
    Binary, Family, Fused, Operand, Unary, binary_on, family_on, fused_on, fused_products_on, select_on, unary_on,
};

const UNARY: [Unary; 17] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Sign,
    Unary::Recip,
    Unary::Square,
    Unary::Sqrt,
    Unary::Exp,
    Unary::Expm1,
    Unary::Elu,
    Unary::Log,
    Unary::Log1p,
    Unary::Sin,
    Unary::Cos,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Erf,
];

const BINARY: [Binary; 9] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Max,
    Binary::Min,
    Binary::GreaterEqual,
    Binary::Pow,
    Binary::Atan2,
];

fn numbers<T: Simd>(n: usize, seed: u64) -> Vec<T> {
    let mut random = Scramble(seed);
    (0..n).map(|i| if i % 7 == 3 { T::zero() } else { of(8.0 * random.unit() - 4.0) }).collect()
}

fn same<T: Simd>(a: T, b: T) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn every_length_and_offset(mut test: impl FnMut(usize, usize)) {
    for n in 0..70 {
        test(n, n % 5);
    }
    test(1100, 3);
    for offset in 0..9 {
        test(133, offset);
    }
}

fn check_unary<T: Simd>() {
    for isa in Isa::available() {
        for function in UNARY {
            every_length_and_offset(|n, offset| {
                let x = numbers::<T>(n + offset, 11);
                let mut out = vec![of::<T>(77.0); n + offset + 3];
                unary_on(isa, function, &x[offset..], &mut out[offset..offset + n]);
                for (i, o) in out.iter().enumerate() {
                    if i < offset || i >= offset + n {
                        assert_eq!(*o, of(77.0), "{function:?} wrote outside");
                    } else {
                        let mut alone = [T::nan()];
                        unary_on(isa, function, &x[i..=i], &mut alone);
                        assert!(same(*o, alone[0]), "{function:?} of {n}, entry {i}: {o} is not {}", alone[0]);
                    }
                }
            });
        }
    }
}

/// The value of an entry depends on nothing but its argument: same bits alone, in a vector, in a tail.
#[test]
fn unary_functions_are_the_same_at_every_length() {
    check_unary::<f64>();
    check_unary::<f32>();
}

#[test]
fn a_family_gives_what_its_functions_give_alone() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            for family in [Family::Logistic, Family::Hyperbolic, Family::Circular] {
                // Every choice of those that are wanted.
                for wanted in 0..1 << family.functions().len() {
                    every_length_and_offset(|n, offset| {
                        let x = &numbers::<T>(n + offset, 12)[offset..];
                        let mut outs = [0; 3].map(|_| vec![T::nan(); n]);
                        let [a, b, c] = &mut outs;
                        let [first, second, third] = [(0, a), (1, b), (2, c)]
                            .map(|(k, out)| (wanted >> k & 1 == 1).then_some(out.as_mut_slice()));
                        family_on(isa, family, x, [first, second, third]);
                        for (k, (out, &f)) in outs.iter().zip(family.functions()).enumerate() {
                            let mut alone = vec![T::nan(); n];
                            if wanted >> k & 1 == 1 {
                                x.chunks(1).zip(alone.chunks_mut(1)).for_each(|(x, out)| unary_on(isa, f, x, out));
                            }
                            assert!(out.iter().zip(&alone).all(|(&p, &q)| same(p, q)), "{f:?} of {n} with {wanted:b}");
                        }
                    });
                }
            }
        }
    }
    check::<f64>();
    check::<f32>();
}

/// An operand and its values, for each of slice and scalar.
fn operands<'a, T: Simd>(slice: &'a [T], constant: &'a [T]) -> [(Operand<'a, T>, &'a [T]); 2] {
    [(Operand::Slice(slice), slice), (Operand::Scalar(constant.first().copied().unwrap_or(T::one())), constant)]
}

#[test]
fn binary_functions_take_slices_and_scalars() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            every_length_and_offset(|n, offset| {
                let (x, y) = (numbers::<T>(n + offset, 13), numbers::<T>(n + offset, 14));
                let (constant_x, constant_y) = (vec![of::<T>(1.5); n], vec![of::<T>(3.0); n]);
                for function in BINARY {
                    for (a, a_values) in operands(&x[offset..], &constant_x) {
                        for (b, b_values) in operands(&y[offset..], &constant_y) {
                            let mut out = vec![T::nan(); n];
                            binary_on(isa, function, a, b, &mut out);
                            for i in 0..n {
                                let (p, q) = (a_values[i], b_values[i]);
                                let expected = match function {
                                    Binary::Add => p + q,
                                    Binary::Sub => p - q,
                                    Binary::Mul => p * q,
                                    Binary::Div => p / q,
                                    Binary::Max => p.max(q),
                                    Binary::Min => p.min(q),
                                    Binary::GreaterEqual => of(f64::from(u8::from(p >= q))),
                                    Binary::Pow => p.powf(q),
                                    Binary::Atan2 => p.atan2(q),
                                };
                                let close = (out[i] - expected).abs() <= of::<T>(2.0) * T::epsilon() * expected.abs();
                                assert!(close || same(out[i], expected), "{function:?}({p}, {q}) is not {}", out[i]);
                            }
                        }
                    }
                }
            });
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn fused_operations_and_select_take_slices_and_scalars() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            every_length_and_offset(|n, offset| {
                let (x, y) = (numbers::<T>(n + offset, 15), numbers::<T>(n + offset, 16));
                let z = numbers::<T>(n, 17);
                let (constant_x, constant_y) = (vec![of::<T>(1.5); n], vec![of::<T>(-2.5); n]);
                for (a, a_values) in operands(&x[offset..], &constant_x) {
                    for (b, b_values) in operands(&y[offset..], &constant_y) {
                        let mut chosen = vec![T::nan(); n];
                        select_on(isa, &z, a, b, &mut chosen);
                        for (form, signs) in [
                            (Fused::MultiplyAdd, [1.0, 1.0]),
                            (Fused::MultiplySubtract, [1.0, -1.0]),
                            (Fused::SubtractProduct, [-1.0, 1.0]),
                        ] {
                            let [product, summand] = signs.map(of::<T>);
                            for (c, c_values) in operands(&z, &constant_x) {
                                let mut sums = vec![T::nan(); n];
                                fused_on(isa, form, a, b, c, &mut sums);
                                for i in 0..n {
                                    let (pq, c) = (a_values[i] * b_values[i], c_values[i]);
                                    let error = (sums[i] - (product * pq + summand * c)).abs();
                                    assert!(error <= T::epsilon() * (pq.abs() + c.abs()));
                                }
                            }
                        }
                        for i in 0..n {
                            let (p, q) = (a_values[i], b_values[i]);
                            assert_eq!(chosen[i], if z[i] == T::zero() { q } else { p });
                        }
                    }
                }
            });
        }
    }
    check::<f64>();
    check::<f32>();
}

/// The bits of the product, and of what it is the summand of, one after the other.
#[test]
fn sums_of_two_products_are_those_of_a_product_and_a_fused_operation() {
    fn check<T: Simd>() {
        for isa in Isa::available() {
            every_length_and_offset(|n, offset| {
                let factors: [Vec<T>; 4] = std::array::from_fn(|k| numbers(n + offset, 20 + k as u64));
                let factors = factors.each_ref().map(|factor| &factor[offset..]);
                let [a, b, c, d] = factors.map(Operand::Slice);
                let mut product = vec![T::nan(); n];
                binary_on(isa, Binary::Mul, c, d, &mut product);
                for form in [Fused::MultiplyAdd, Fused::MultiplySubtract, Fused::SubtractProduct] {
                    let (mut one, mut two) = (vec![T::nan(); n], vec![T::nan(); n]);
                    fused_products_on(isa, form, factors, &mut one);
                    fused_on(isa, form, a, b, Operand::Slice(&product), &mut two);
                    assert_eq!(one, two, "{isa:?} {form:?}");
                }
            });
        }
    }
    check::<f64>();
    check::<f32>();
}

#[test]
fn lengths_that_differ_panic() {
    let x = [1.0; 3];
    type Call = fn(&[f64], &mut [f64]);
    let hostile: [Call; 7] = [
        |x, out| unary_on(Isa::best(), Unary::Exp, x, out),
        |x, out| family_on(Isa::best(), Family::Circular, x, [Some(out), Some(&mut [0.0; 3]), None]),
        |x, out| family_on(Isa::best(), Family::Logistic, x, [None, Some(&mut [0.0; 3]), Some(out)]),
        |x, out| binary_on(Isa::best(), Binary::Add, Operand::Scalar(1.0), Operand::Slice(x), out),
        |x, out| {
            let one = Operand::Scalar(1.0);
            fused_on(Isa::best(), Fused::MultiplyAdd, one, one, Operand::Slice(x), out);
        },
        |x, out| fused_products_on(Isa::best(), Fused::MultiplyAdd, [&[1.0; 3], x, x, x], out),
        |x, out| select_on(Isa::best(), x, Operand::Scalar(1.0), Operand::Scalar(1.0), out),
    ];
    for call in hostile {
        assert!(std::panic::catch_unwind(|| call(&x, &mut [0.0; 4])).is_err());
        call(&x, &mut [0.0; 3]);
    }
}
