//! What every optimiser has to fulfil.

use super::*;

/// ½ Σ wᵢ (xᵢ − 1)² with wᵢ from 1 to 20.
fn gradient<T: Scalar>(x: &[T]) -> Vec<T> {
    x.iter().enumerate().map(|(i, &x)| T::of(1.0 + i as f64) * (x - T::one())).collect()
}

pub(in crate::optim) fn laws<T: Scalar, P: Optimizer<T>>(new: impl Fn() -> P, rate: f64) {
    laws_of_twenty(&new, rate);
    // No parameters are no problem.
    new().step(T::of(rate), &mut [], &[]).unwrap();
}

/// The same for a method that is made for twenty parameters.
pub(in crate::optim) fn laws_of_twenty<T: Scalar, P: Optimizer<T>>(new: impl Fn() -> P, rate: f64) {
    let rate = T::of(rate);
    let start: Vec<T> = (0..20).map(|i| T::of((i as f64).cos() * 2.0)).collect();
    let run = |optimizer: &mut P, x: &mut [T], steps: usize| {
        for _ in 0..steps {
            let g = gradient(x);
            optimizer.step(rate, x, &g).unwrap();
        }
    };

    // It converges on a quadratic, up to its weight decay and final jitter.
    let mut x = start.clone();
    run(&mut new(), &mut x, 5000);
    assert!(x.iter().all(|&x| (x.to_f64() - 1.0).abs() < 0.15), "{x:?}");

    // Interrupted, saved and restored, it goes on in the same bits.
    let (mut whole, mut x) = (new(), start.clone());
    run(&mut whole, &mut x, 37);
    let (mut first, mut y) = (new(), start.clone());
    run(&mut first, &mut y, 20);
    let mut container = Container::new();
    first.state().save(&mut container, "optimizer").unwrap();
    let container = Container::from_bytes(&container.to_bytes()).unwrap();
    let mut second = new();
    let mut state = second.state().clone();
    state.load(&container, "optimizer").unwrap();
    second.restore(&state).unwrap();
    run(&mut second, &mut y, 17);
    assert_eq!((x, whole.state()), (y, second.state()));

    // What it refuses changes neither parameters nor state.
    let (mut x, before) = (start.clone(), whole.state().clone());
    let g = gradient(&x);
    let mut bad = g.clone();
    bad[13] = T::nan();
    let error = whole.step(rate, &mut x, &bad).unwrap_err();
    assert!(matches!(error, Error::NonFinite { index: 13, .. }), "{error}");
    bad[13] = T::infinity();
    assert!(whole.step(rate, &mut x, &bad).is_err());
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(whole.step(T::of(bad), &mut x, &g).is_err());
    }
    assert!(matches!(whole.step(rate, &mut x, &g[1..]), Err(Error::Shape { .. })));
    if !before.vectors().is_empty() {
        assert!(matches!(whole.step(rate, &mut x[1..], &g[1..]), Err(Error::Shape { .. })));
    }
    assert!(whole.restore(&OptimizerState::new("other", 1)).is_err());
    assert!(state.load(&container, "nothing").is_err());
    assert_eq!((&x, whole.state()), (&start, &before));

    // As gradients vanish, nothing becomes subnormal, which would be slow.
    let (mut vanishing, mut x) = (new(), start.clone());
    for power in [0.1, 0.4, 0.48, 0.5, 0.55, 0.8, 0.95] {
        for step in 0..700 {
            let g = T::min_positive_value().powf(T::of(power)) * T::of(if step < 350 { 1.0 } else { 0.0 });
            vanishing.step(rate, &mut x, &[g; 20]).unwrap();
            let normal = |v: &T| *v == T::zero() || v.abs() >= T::min_positive_value();
            assert!(vanishing.state().vectors().iter().flatten().all(normal), "{power} {step}");
        }
    }
}
