//! Trial functions, recorded once for all that solvers and checks compute of them.

use super::operator::SelfAdjoint;
use super::trial::Trial;
use crate::autodiff::{Buffers, Function, Output, Program, Rows, record};
use crate::error::Error;
use crate::{Result, Scalar};

/// The trial functions of a solver, recorded once: values, first derivatives, and the operator in both forms.
#[derive(Debug)]
pub(super) struct Family<T> {
    /// `f` alone.
    pub values: Program<T>,
    /// The terms of the weak form, then `f`.
    pub weak: Program<T>,
    /// `f` and `T f`, which is constant to the gradient.
    pub strong: Program<T>,
    /// Everything.
    program: Program<T>,
    /// `f` and its first derivatives.
    slopes: Vec<Output>,
    pub f: Output,
    /// The terms of the weak form with their signs.
    pub terms: Vec<(Output, f64)>,
    pub image: Output,
    pub dimension: usize,
    pub count: usize,
}

pub(super) const POINTS: &str = "points";

impl<T: Scalar> Family<T> {
    #[inline(never)]
    pub fn record(operator: &dyn SelfAdjoint, trial: &dyn Trial, count: usize) -> Result<Self> {
        let dimension = operator.dimension();
        if dimension == 0 || count == 0 {
            return Err(Error::invalid(
                "trial functions",
                format!("{count} functions of {dimension} coordinates; give at least one of each"),
            ));
        }
        trial.check()?;
        let mut signs = Vec::new();
        let recording = record(|g| {
            let x = g.coordinates_slice(POINTS, Rows::named(POINTS), dimension);
            let f = trial.record(g, &x, count);
            if f.width() != count {
                return g.refuse("trial functions", &format!("{} of them were recorded for {count}", f.width()));
            }
            for (k, term) in operator.weak(g, &x, f).into_iter().enumerate() {
                g.output(&term_name(k), term.value.broadcast_as(f));
                signs.push(term.sign);
            }
            g.output(IMAGE, operator.strong(g, &x, f).broadcast_as(f).stop_gradient());
            for (k, &x) in x.iter().enumerate() {
                g.output(&derivative_name(k), f.d(x));
            }
            f
        })?;
        Family::new(recording.compile(), &signs, dimension)
    }

    /// From a program with the outputs that [`record`](Self::record) makes.
    pub fn new(program: Program<T>, signs: &[f64], dimension: usize) -> Result<Self> {
        let f = program.recording().result();
        let count = program.recording().output_shape(f)?.1;
        let image = program.output(IMAGE)?;
        let terms = signs.iter().enumerate().map(|(k, &sign)| Ok((program.output(&term_name(k))?, sign)));
        let terms: Vec<(Output, f64)> = terms.collect::<Result<_>>()?;
        let mut slopes = vec![f];
        for k in 0..dimension {
            slopes.push(program.output(&derivative_name(k))?);
        }
        let weak: Vec<Output> = terms.iter().map(|&(term, _)| term).chain([f]).collect();
        Ok(Family {
            values: program.select(&[f])?,
            weak: program.select(&weak)?,
            strong: program.select(&[f, image])?,
            program,
            slopes,
            f,
            terms,
            image,
            dimension,
            count,
        })
    }

    /// The functions and their first derivatives at some parameters.
    pub fn at(&self, parameters: &[T], buffers: Buffers<T>) -> Result<Function<T>> {
        Function::new(&self.program, &self.slopes, parameters)?.with_buffers(buffers)
    }
}

const IMAGE: &str = "image";

fn term_name(k: usize) -> String {
    format!("term {k}")
}

fn derivative_name(k: usize) -> String {
    format!("derivative {k}")
}

/// `out = W p`: each row of `p` times its weight.
pub(super) fn weigh<T: Scalar>(p: &[T], weights: &[T], out: &mut Vec<T>) {
    let n = p.len() / weights.len().max(1);
    out.clear();
    for (row, &w) in p.chunks_exact(n.max(1)).zip(weights) {
        out.extend(row.iter().map(|&v| w * v));
    }
}
