//! What is saved of a march goes on bit for bit, and what is damaged is refused.

use std::ops::ControlFlow;

use super::*;
use crate::container::Container;

fn pendulum<'g>(_: &'g Graph, t: Var<'g>, y: Var<'g>) -> Var<'g> {
    Var::concat(&[y.columns(1..2), t.cos() - y.columns(0..1).sin()])
}

fn resumed<T: Scalar>() {
    let marching = Marching { window: Some(3.0), ..Marching::default() };
    let start = [T::of(1.0), T::zero()];
    let whole = marching.solve(0.0..8.0, &start, Seed(3), pendulum).expect("solved");
    assert!(whole.rejected() > 0 && whole.windows().len() > 3, "{} {}", whole.rejected(), whole.windows().len());
    for stop_at in 0..whole.windows().len() {
        let mut march = marching.start(0.0..8.0, &start, Seed(3)).expect("a start");
        if stop_at > 0 {
            let watch = |march: &Marched<T>| {
                if march.windows().len() == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            marching.resume(&mut march, pendulum, watch).expect("a part");
            assert!(march.end() < T::of(8.0) && march.at(T::of(8.0)).is_err());
        }
        let mut file = Container::new();
        march.save(&mut file, "march").expect("saved");
        assert!(march.save(&mut file, "march").is_err(), "the name is taken");
        let file = Container::from_bytes(&file.to_bytes()).expect("intact");
        let mut loaded = Marched::<T>::load(&file, "march").expect("a march");
        assert_eq!(loaded, march);
        marching.resume(&mut loaded, pendulum, |_| ControlFlow::Continue(())).expect("the rest");
        assert_eq!(loaded, whole, "stopped after {stop_at}");
        let other = Marching { hidden: 7, ..marching.clone() };
        let refused = other.resume(&mut march, pendulum, |_| ControlFlow::Continue(()));
        assert_eq!(refused.is_err(), stop_at > 0, "other networks");
    }
}

#[test]
fn a_march_that_was_saved_goes_on_bit_for_bit() {
    resumed::<f64>();
    resumed::<f32>();
}

#[test]
fn a_file_that_does_not_fit_together_is_refused() {
    let march = Marching::default().solve(0.0..1.0, &[1.0f64], Seed(0), |_, _, y| -y).expect("solved");
    let mut file = Container::new();
    march.save(&mut file, "m").expect("saved");
    let w = march.windows().len();
    let damage: [(&str, Vec<usize>, Vec<f64>); 8] = [
        ("m/times", vec![3], vec![0.0, 1.0, 1.0]),
        ("m/times", vec![4], vec![1.0, 0.0, 0.5, 0.1]),
        ("m/times", vec![4], vec![0.0, 1.0, f64::NAN, 0.1]),
        ("m/state", vec![0], vec![]),
        ("m/state", vec![1], vec![f64::NAN]),
        ("m/initial", vec![w + 1, 1], vec![0.0; w + 1]),
        ("m/parameters", vec![w, 3], vec![0.0; 3 * w]),
        ("m/windows", vec![w, 5], vec![0.5; 5 * w]), // half an iteration
    ];
    for (name, shape, values) in damage {
        let mut damaged = Container::new();
        damaged.insert(name, &shape, &values).expect("inserted");
        for kept in ["m/times", "m/state", "m/windows", "m/initial", "m/parameters"] {
            if kept != name {
                damaged.insert(kept, file.shape(kept).unwrap(), file.get::<f64>(kept).unwrap()).expect("inserted");
            }
        }
        damaged.insert("m/counts", &[2], file.get::<u64>("m/counts").unwrap()).expect("inserted");
        let refused = Marched::<f64>::load(&damaged, "m");
        assert!(matches!(refused, Err(Error::Corrupt { .. })), "{name} {shape:?}");
    }
    assert!(matches!(Marched::<f64>::load(&file, "n"), Err(Error::UnknownName { .. })));
    assert!(matches!(Marched::<f32>::load(&file, "m"), Err(Error::InvalidArgument { .. })));
}

#[test]
fn what_starts_small_is_solved_as_what_starts_large() {
    let march = Marching::default();
    let growth = march.solve(0.0..30.0, &[1e-9f64], Seed(0), |_, _, y| 1.0 * y).expect("solved");
    let exact = 1e-9 * 30f64.exp();
    assert!((growth.at(30.0).unwrap()[0] / exact - 1.0).abs() < 1e-4, "{:?}", growth.at(30.0));
    let bistable = march.solve(0.0..8.0, &[1e-12f64], Seed(0), |_, _, y| 5.0 * (y - y.powi(3))).expect("solved");
    assert!((bistable.at(8.0).unwrap()[0] - 1.0).abs() < 1e-4, "{:?}", bistable.at(8.0));
    // From zero, and to zero: what has decayed costs few windows.
    let zero = march.solve(0.0..3.0, &[0.0f64], Seed(0), |_, t, _| t.cos()).expect("solved");
    assert!((zero.at(3.0).unwrap()[0] - 3f64.sin()).abs() < 1e-6);
    let rest = march.solve(0.0..3.0, &[0.0f64], Seed(0), |_, _, y| -y).expect("solved");
    assert!(rest.at(3.0).unwrap()[0].abs() < 1e-12);
    let decay = march.solve(0.0..1.0, &[1.0f64], Seed(0), |_, _, y| -1e4 * y).expect("solved");
    assert!(decay.at(1.0).unwrap()[0].abs() < 1e-6 && decay.windows().len() < 300, "{}", decay.windows().len());
}
