//! Everything that can be saved, with bytes changed and the checksum repaired: loading refuses it or takes it as it is, so
//! that every number is written back as it was read, and what was taken can be used, without a panic. Arbitrary bytes are
//! given to every type as well.
#![no_main]

mod seal;

use std::ops::ControlFlow;
use std::sync::LazyLock;

use eigennet::Result;
use eigennet::Seed;
use eigennet::autodiff::{Buffers, Function, Graph, Rows, Var, record};
use eigennet::container::{Container, Kind};
use eigennet::differential::{Marched, Marching};
use eigennet::eigenfunctions::Eigenfunctions;
use eigennet::linalg::Matrix;
use eigennet::optim::{
    Adam, Average, Chain, ChainState, FitState, Lbfgs, LbfgsState, LevenbergMarquardt, Optimizer, RmsProp, Sgd,
    Trainer, TrainingState, least_squares, objective,
};
use libfuzzer_sys::fuzz_target;
use seal::sealed;

/// A type: a save of it, and loading, using and saving again.
struct Saved {
    name: &'static str,
    valid: Container,
    again: fn(&Container) -> Result<Container>,
}

fn residuals() -> impl least_squares::Residuals<f64> {
    least_squares::from_fn(3, 2, |x: &[f64], r: &mut [f64], jacobian: Option<&mut Matrix<f64>>| {
        r.copy_from_slice(&[x[0] - 1.0, x[1] + x[0] * x[0], 0.5 * x[1] - 1.0]);
        if let Some(j) = jacobian {
            j.as_mut_slice().copy_from_slice(&[1.0, 0.0, 2.0 * x[0], 1.0, 0.0, 0.5]);
        }
        Ok(())
    })
}

fn bowl(x: &[f64], gradient: &mut [f64]) -> Result<f64> {
    gradient.iter_mut().zip(x).enumerate().for_each(|(i, (g, x))| *g = 2.0 * (i + 1) as f64 * x);
    Ok(x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x * x).sum())
}

fn step(_: u64, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
    bowl(x, gradient)
}

fn stop_after(iterations: usize) -> impl Fn(usize) -> ControlFlow<()> {
    move |made| if made < iterations { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn model(g: &Graph) -> Var<'_> {
    let [x] = g.coordinates("points", Rows::named("points"));
    let mean = g.buffer("mean", [1, 1], 0.5);
    g.scalar_parameter("a", 1.5) * x.sin() + mean
}

fn in_container(save: impl FnOnce(&mut Container) -> Result<()>) -> Result<Container> {
    let mut container = Container::new();
    save(&mut container)?;
    Ok(container)
}

fn training<P: Optimizer<f64> + Default>() -> Result<Container> {
    let (mut optimizer, mut task) = (P::default(), step);
    let trainer = Trainer { steps: 3, average: Some(0.5), ..Trainer::default() };
    let mut state = trainer.start(&[1.0, -2.0])?;
    let _ = trainer.resume(&mut task, &mut optimizer, &mut state, &mut ())?;
    state.save(&optimizer, &task)
}

fn training_again<P: Optimizer<f64> + Default>(container: &Container) -> Result<Container> {
    let (mut optimizer, mut task) = (P::default(), step);
    let mut state = TrainingState::load(container, &mut optimizer, &mut task)?;
    let again = state.save(&optimizer, &task);
    let average = state.average().map(|_| 0.5);
    let _ = Trainer { steps: 5, average, ..Trainer::default() }.resume(&mut task, &mut optimizer, &mut state, &mut ());
    again
}

fn chain(observed: usize) -> Result<Container> {
    let chain = Chain::new().adam(3, 1e-2).lbfgs(3).levenberg_marquardt(3);
    let mut state = chain.start(&mut residuals(), &[2.0, 1.0])?;
    let mut seen = 0;
    let _ = chain.resume(&mut residuals(), &mut state, |_| {
        seen += 1;
        stop_after(observed)(seen)
    })?;
    in_container(|c| state.save(c, "chain"))
}

fn chain_again(container: &Container) -> Result<Container> {
    let mut state = ChainState::<f64>::load(container, "chain")?;
    let again = in_container(|c| state.save(c, "chain"));
    let chain = Chain::new().adam(4, 1e-2).lbfgs(4).levenberg_marquardt(4);
    let _ = chain.resume(&mut residuals(), &mut state, |_| ControlFlow::Continue(()));
    again
}

fn fit() -> Result<Container> {
    let mut state = LevenbergMarquardt::default().start(&mut residuals(), &[2.0, 1.0])?;
    let stop = stop_after(2);
    let _ = LevenbergMarquardt::default().resume(&mut residuals(), &mut state, |p| stop(p.state.iterations()))?;
    in_container(|c| state.save(c, "fit"))
}

fn fit_again(container: &Container) -> Result<Container> {
    let mut state = FitState::<f64>::load(container, "fit")?;
    let again = in_container(|c| state.save(c, "fit"));
    let method = LevenbergMarquardt { max_iterations: 4, ..LevenbergMarquardt::default() };
    let _ = method.resume(&mut residuals(), &mut state, |_| ControlFlow::Continue(()));
    again
}

fn lbfgs() -> Result<Container> {
    let mut state = Lbfgs::default().start(&mut objective::from_fn(3, bowl), &[2.0, 1.0, -1.0])?;
    let stop = stop_after(2);
    let _ = Lbfgs::default().resume(&mut objective::from_fn(3, bowl), &mut state, |p| stop(p.state.iterations()))?;
    in_container(|c| state.save(c, "lbfgs"))
}

fn lbfgs_again(container: &Container) -> Result<Container> {
    let mut state = LbfgsState::<f64>::load(container, "lbfgs")?;
    let again = in_container(|c| state.save(c, "lbfgs"));
    let method = Lbfgs { max_iterations: 4, ..Lbfgs::default() };
    let _ = method.resume(&mut objective::from_fn(3, bowl), &mut state, |_| ControlFlow::Continue(()));
    again
}

fn average() -> Result<Container> {
    let mut average = Average::<f32>::new(0.5, true, &[1.0, 2.0])?;
    average.update(&[3.0, 4.0])?;
    in_container(|c| average.save(c, "average"))
}

fn average_again(container: &Container) -> Result<Container> {
    let mut average = Average::<f32>::load(container, "average")?;
    let again = in_container(|c| average.save(c, "average"));
    let _ = average.update(&[1.0, 1.0]);
    again
}

fn march() -> Result<Container> {
    let marching = Marching { hidden: 3, nodes: 6, accuracy: 1e-1, acceptance: 1e-1, ..Marching::default() };
    let march = marching.solve(0.0..0.5, &[1.0_f64], Seed(0), |_, _, y| -y)?;
    in_container(|c| march.save(c, "march"))
}

fn march_again(container: &Container) -> Result<Container> {
    let march = Marched::<f64>::load(container, "march")?;
    for t in [0.0, 0.1, 0.5, 1e9] {
        let _ = march.at(t);
    }
    in_container(|c| march.save(c, "march"))
}

fn function() -> Result<Container> {
    let program = record(model)?.compile::<f64>();
    Function::new(&program, &[program.recording().result()], &[2.0])?.save()
}

fn function_again(container: &Container) -> Result<Container> {
    let function = Function::<f64>::load(container)?;
    let moderate = function.dimension() < 1000 && function.width() < 1000;
    if moderate {
        let _ = function.evaluate(&vec![0.5; 2 * function.dimension()]);
    }
    function.save()
}

fn buffers_again(container: &Container) -> Result<Container> {
    Buffers::<f64>::load(container)?.save()
}

fn buffers() -> Result<Container> {
    record(model)?.compile::<f64>().workspace().buffers().save()
}

static SAVED: LazyLock<Vec<Saved>> = LazyLock::new(|| {
    let of = |name, valid: Result<Container>, again: fn(&Container) -> Result<Container>| Saved {
        name,
        valid: valid.expect(name),
        again,
    };
    let types = vec![
        of("Function", function(), function_again),
        of("Buffers", buffers(), buffers_again),
        of("Average", average(), average_again),
        of("LbfgsState", lbfgs(), lbfgs_again),
        of("FitState", fit(), fit_again),
        of("ChainState in Adam", chain(2), chain_again),
        of("ChainState in L-BFGS", chain(5), chain_again),
        of("ChainState in Levenberg–Marquardt", chain(8), chain_again),
        of("training by Adam", training::<Adam<f64>>(), training_again::<Adam<f64>>),
        of("training by RMSprop", training::<RmsProp<f64>>(), training_again::<RmsProp<f64>>),
        of("training by gradient descent", training::<Sgd<f64>>(), training_again::<Sgd<f64>>),
        of("Marched", march(), march_again),
    ];
    for saved in &types {
        let again = (saved.again)(&saved.valid).expect(saved.name);
        assert_eq!(again.to_bytes(), saved.valid.to_bytes(), "{}", saved.name);
    }
    types
});

/// The elements of a section.
fn data(container: &Container, name: &str) -> Result<Vec<u8>> {
    Ok(match container.kind(name)? {
        Kind::F32 => container.get::<f32>(name)?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Kind::F64 => container.get::<f64>(name)?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Kind::U64 => container.get::<u64>(name)?.iter().flat_map(|v| v.to_le_bytes()).collect(),
        Kind::Bytes => container.get::<u8>(name)?.to_vec(),
        _ => container.text(name)?.as_bytes().to_vec(),
    })
}

fn check(saved: &Saved, container: &Container) {
    let Ok(again) = (saved.again)(container) else { return };
    // Of how many pairs L-BFGS has seen only the place in the ring matters.
    for name in again.names().filter(|name| !name.ends_with("history/pushed")) {
        assert!(data(&again, name).ok() == data(container, name).ok(), "{}: {name} is written otherwise", saved.name);
    }
    let twice = (saved.again)(&again).expect("what was accepted is accepted again");
    assert_eq!(twice.to_bytes(), again.to_bytes(), "{}", saved.name);
}

fuzz_target!(|bytes: &[u8]| {
    let [which, edits @ ..] = bytes else { return };
    let saved = &SAVED[usize::from(*which) % SAVED.len()];
    // Edits of three bytes each: where and what.
    let mut forged = saved.valid.to_bytes();
    for edit in edits.chunks_exact(3).take(8) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % forged.len();
        forged[at] = edit[2];
    }
    assert!(
        forged == saved.valid.to_bytes() || Container::from_bytes(&forged).is_err(),
        "a checksum that misses an edit"
    );
    if let Ok(container) = Container::from_bytes(&sealed(&forged)) {
        check(saved, &container);
    }
    // A loader given another type's file, and one of no type.
    let other = &SAVED[edits.first().map_or(0, |&at| usize::from(at)) % SAVED.len()];
    let _ = (other.again)(&saved.valid);
    let _ = Eigenfunctions::<f64>::load(&saved.valid);
    if bytes.len() >= 32
        && let Ok(container) = Container::from_bytes(&sealed(bytes))
    {
        SAVED.iter().for_each(|saved| check(saved, &container));
    }
});
