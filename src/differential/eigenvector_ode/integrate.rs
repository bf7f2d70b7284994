//! The flow through time, by networks and by Runge–Kutta methods.

use std::ops::ControlFlow;

use super::flow::EigenvectorFlow;
use super::trajectory::{Path, Stop};
use crate::differential::marching::{Marched, Marching, WindowNetwork};
use crate::differential::runge_kutta::{DormandPrince, Finish, ForwardEuler, Integrator, Record};
use crate::kernels::reduce::norm;
use crate::{Error, Result, Scalar, Seed};

/// Sees the steps or windows done, the time, the residual, and the march if there is one.
pub(super) type Watch<'a, T> = dyn FnMut(usize, T, T, Option<&Marched<T>>) -> ControlFlow<()> + 'a;

/// Where an integration ended.
pub(super) struct Arrival<T> {
    pub path: Path<T>,
    pub end: Vec<T>,
    pub time: T,
    pub steps: usize,
    pub stop: Stop,
}

/// The most samples kept of a path with equal steps.
const SAMPLES: usize = 2000;
/// Steps between two reports to the observer.
const REPORT: usize = 1000;

/// A flow to be followed from `start`: `project` is applied after each step or window, `watch` sees it.
pub(super) struct Course<'a, 'w, T> {
    pub flow: &'a EigenvectorFlow<T>,
    pub start: &'a [T],
    pub project: &'a dyn Fn(&mut [T]),
    pub watch: &'a mut Watch<'w, T>,
}

impl<T: Scalar> Course<'_, '_, T> {
    /// Goes on with `march`, or a new one from that seed, until its end is an eigenvector. It
    /// follows the flow of B = A/‖A‖_F on the unit sphere, so that its unit of time is 1/(|x₀|²‖A‖_F).
    #[inline(never)]
    pub fn windows(
        self,
        (marching, tolerance): (&Marching, f64),
        seed: Seed,
        march: Option<Marched<T>>,
    ) -> Result<Arrival<T>> {
        const MATRIX: &str = "matrix";
        let Course { flow, start, project, watch } = self;
        let (n, length) = (flow.order(), norm(start));
        let unit = length * length * flow.scale();
        let start: Vec<T> = start.iter().map(|&v| v / length).collect();
        let mut march = match march {
            None => marching.start(0.0..f64::INFINITY, &start, seed)?,
            Some(march) if march.initial() == start => march,
            Some(_) => {
                let reason = "its marches start elsewhere; give the matrix, start, seed and settings of that search";
                return Err(Error::invalid("state given to EigenvectorOde", reason));
            }
        };
        let tolerance = T::of(tolerance).max(T::of(8.0) * T::EPSILON) * flow.scale();
        let mut stop = Stop::Stationary;
        if flow.residual(&march.state) > tolerance {
            let mut network = WindowNetwork::record(n, marching.hidden, marching.nodes, |g, _, u| {
                let product = u.matmul(g.fixed_input(MATRIX, [n, n]));
                u.square().row_sum() * product - (u * product).row_sum() * u
            })?;
            network.system.set(MATRIX, flow.matrix().scale(T::one() / flow.scale()).as_slice())?;
            marching.march(&mut network, &mut march, &mut |march| {
                project(&mut march.state);
                let residual = flow.residual(&march.state);
                let observed = watch(march.windows().len(), march.end() / unit, residual, Some(march));
                if observed.is_break() {
                    stop = Stop::Observer;
                }
                if residual <= tolerance { ControlFlow::Break(()) } else { observed }
            })?;
        }
        let end = march.state.iter().map(|&u| length * u).collect();
        let time = if march.windows().is_empty() { T::zero() } else { march.end() / unit };
        let steps = march.windows().iter().map(|w| w.iterations).sum();
        Ok(Arrival { path: Path::March(march), end, time, steps, stop })
    }

    /// Forward Euler with `steps` equal steps.
    #[inline(never)]
    pub fn forward_euler(self, steps: usize, time: f64) -> Result<Arrival<T>> {
        let Course { flow, start, project, watch } = self;
        let every = steps.div_ceil(SAMPLES).max(1);
        let length = norm(start);
        let mut blown_up = None;
        let (mut times, mut states) = (vec![T::zero()], vec![start.to_vec()]);
        let mut step = 0;
        let euler = ForwardEuler { steps, record: Record::End };
        let path = euler.integrate_observed(
            &mut |_, x, slope| flow.derivative(x, slope),
            &[T::zero(), T::of(time)],
            start,
            &mut |t, x| {
                project(x);
                step += 1;
                // The flow keeps |x|.
                let now = norm(x);
                if now > length + length {
                    blown_up = Some((t, now / length));
                    return ControlFlow::Break(());
                }
                if step % every == 0 || step == steps {
                    times.push(t);
                    states.push(x.to_vec());
                }
                if step % REPORT == 0 { watch(step, t, flow.residual(x), None) } else { ControlFlow::Continue(()) }
            },
            &mut [],
        )?;
        if let Some((t, growth)) = blown_up {
            let enough = time * Scalar::to_f64(length * length * flow.scale());
            let reason = format!(
                "{steps} to the time {time} are unstable: |x|, which the flow keeps, has grown {growth:.1e}-fold at t = {t}; \
             give at least {enough:.0}"
            );
            return Err(Error::invalid("steps of ForwardEuler", reason));
        }
        let stop = if path.why() == Finish::Observer { Stop::Observer } else { Stop::TimeReached };
        let (end, time, steps) = (path.end().to_vec(), path.interval().end, path.accepted());
        Ok(Arrival { path: Path::Samples { times, states }, end, time, steps, stop })
    }

    /// Dormand and Prince's pair until x is an eigenvector or the time is up.
    #[inline(never)]
    pub fn dormand_prince(self, rtol: f64, atol: f64, tolerance: f64, time: f64) -> Result<Arrival<T>> {
        let Course { flow, start, project, watch } = self;
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(Error::invalid("tolerance of RungeKutta", format!("it has to be 0 or more, not {tolerance}")));
        }
        let tolerance = T::of(tolerance) * flow.scale();
        let exhausted = |x: &[T]| flow.residual(x) <= tolerance;
        if exhausted(start) {
            let path = Path::Samples { times: vec![T::zero()], states: vec![start.to_vec()] };
            return Ok(Arrival { path, end: start.to_vec(), time: T::zero(), steps: 0, stop: Stop::Stationary });
        }
        let (mut step, mut interrupted) = (0, false);
        let method = DormandPrince { rtol, atol, ..DormandPrince::default() };
        let path = method.integrate_observed(
            &mut |_, x, slope| flow.derivative(x, slope),
            &[T::zero(), T::of(time)],
            start,
            &mut |t, x| {
                project(x);
                step += 1;
                interrupted = watch(step, t, flow.residual(x), None).is_break();
                if interrupted || exhausted(x) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
            &mut [],
        )?;
        let stop = match path.why() {
            _ if interrupted => Stop::Observer,
            Finish::Observer | Finish::Event(_) => Stop::Stationary,
            Finish::Reached => Stop::TimeReached,
        };
        let (end, time, steps) = (path.end().to_vec(), path.interval().end, path.accepted());
        Ok(Arrival { path: Path::Steps(path), end, time, steps, stop })
    }
}
