use super::*;
use crate::Seed;
use crate::par::run_threads;

/// What a span says of vectors of so many entries, from those held here.
fn said(total: usize, scale: f64) -> Vec<u64> {
    let all = Matrix::from_vec(total, 3, Span::whole(total).draw(3, &mut Seed(1).stream("x"))).unwrap().scale(scale);
    let span = Span::dealt(total);
    let x = span.own(&all).unwrap();
    let columns: Vec<Vec<f64>> = (0..3).map(|j| x.column(j)).collect();
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let drawn = Matrix::from_vec(span.len(), 2, span.draw(2, &mut Seed(2).stream("y"))).unwrap();
    let mut numbers = span.norms(&columns);
    numbers.extend(span.products(&columns, columns[1]));
    numbers.extend([span.dot(columns[0], columns[2]), span.max_abs(columns[0]), span.norm(x.as_slice())]);
    let small = span.t_matmul(&x, &drawn).unwrap();
    numbers.extend(small.as_slice());
    numbers.extend(span.gathered(&span.times(&x, &small).unwrap()).unwrap().as_slice());
    numbers.into_iter().map(f64::to_bits).collect()
}

#[test]
fn bits_are_those_of_one_process() {
    for (total, scale) in [(1, 1.0), (1024, 1.0), (3000, 1e-200), (5000, 1e200), (9999, 1.0)] {
        let alone = said(total, scale);
        for size in 1..=5 {
            assert!(run_threads(size, || said(total, scale)).iter().all(|bits| *bits == alone), "{total} on {size}");
        }
    }
}

#[test]
fn sums_are_those_of_the_kernels_but_for_rounding() {
    let (whole, dealt) = (Span::whole(7000), Span::dealt(7000));
    for scale in [1.0, 1e-200, 1e200] {
        let x: Vec<f64> = whole.draw::<f64>(1, &mut Seed(3).stream("x")).into_iter().map(|v| scale * v).collect();
        assert!((whole.norm(&x) / dealt.norm(&x) - 1.0).abs() < 1e-14);
    }
    let block = |name: &str| Matrix::from_vec(7000, 2, whole.draw(2, &mut Seed(3).stream(name))).unwrap();
    let (x, y) = (block("a"), block("b"));
    let difference = whole.t_matmul::<f64>(&x, &y).unwrap().sub(&dealt.t_matmul(&x, &y).unwrap()).unwrap();
    assert!(difference.max_abs() < 1e-10);
}

#[test]
fn norms_of_what_has_no_norm() {
    for (value, expected) in [(0.0, 0.0), (f64::INFINITY, f64::INFINITY)] {
        let norms = run_threads(3, || Span::dealt(3000).norm(&vec![value; Span::dealt(3000).len()]));
        assert_eq!(norms, [expected; 3]);
    }
    let norms = run_threads(3, || {
        let span = Span::dealt(3000);
        let mut x = vec![1.0; span.len()];
        if span.range().contains(&2500) {
            x[2500 - span.range().start] = f64::NAN;
        }
        (span.norm(&x).is_nan(), span.first_not_finite(&x), span.max_abs(&x).is_nan())
    });
    assert_eq!(norms, [(true, Some(2500), true); 3]);
    assert!(run_threads(2, || Span::dealt(0).norm::<f64>(&[])).iter().all(|&norm| norm == 0.0));
}

#[test]
fn all_refuse_what_one_refuses() {
    let outcomes = run_threads(3, || {
        let span = Span::dealt(3000);
        span.agreed(Error::require(span.range().start != 1024, "test", "no"))
    });
    assert!(outcomes.iter().all(Result::is_err));
    assert!(outcomes[0] != outcomes[1], "the one that refuses says why");
}
