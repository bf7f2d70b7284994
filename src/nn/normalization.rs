//! Normalisation over the batch and over the columns.

use super::{Initializer, Name};
use crate::autodiff::Var;

/// γ (x − μ)/√(σ² + ε) + β with mean μ and variance σ² of each column over the batch (Ioffe and Szegedy, 2015), γ
/// and β trained.
///
/// While training ([`Workspace::set_training`](crate::autodiff::Workspace::set_training)) the statistics are the batch's
/// own, and each gradient moves running ones towards them; evaluation uses the running ones. These are the buffers
/// `"name.mean"` and `"name.variance"`, to be saved beside the parameters.
///
/// To derivatives in coordinates the statistics are numbers. They couple the rows of a batch, so a per-sample Jacobian
/// is refused; that of a trained network is recorded with [`frozen`](Self::frozen).
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::BatchNorm;
/// let norm = BatchNorm::new("norm").momentum(1.0);
/// let program = record(|g| norm.call(g.input("x", Rows::named("batch"), 1)).square().mean())?.compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[1.0, 3.0])?.set_training(true);
/// program.value_and_grad(&program.initial(Default::default()), &mut ws)?;
/// assert_eq!((ws.input("norm.mean")?[0], ws.input("norm.variance")?[0]), (2.0, 2.0));
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    name: Name,
    momentum: f64,
    epsilon: f64,
    frozen: bool,
}

impl BatchNorm {
    /// A normalisation with the parameters `"name.scale"` (γ, at first 1) and `"name.shift"` (β, at first 0).
    pub fn new(name: impl Into<Name>) -> Self {
        BatchNorm { name: name.into(), momentum: 0.1, epsilon: 1e-5, frozen: false }
    }

    /// m in `running ← (1 − m) running + m batch` (default 0.1).
    pub fn momentum(self, momentum: f64) -> Self {
        BatchNorm { momentum, ..self }
    }

    /// ε (default 1e-5).
    pub fn epsilon(self, epsilon: f64) -> Self {
        BatchNorm { epsilon, ..self }
    }

    /// Uses the running statistics while training too, and leaves them as they are.
    pub fn frozen(self) -> Self {
        BatchNorm { frozen: true, ..self }
    }

    /// Records the normalisation of `x` `[rows, width]`, the result is `[rows, width]`; the heads of an ensemble are
    /// normalised as so many columns. Calling it again shares parameters and running statistics, which then move with
    /// each call.
    ///
    /// A momentum outside [0, 1] and an ε that is not positive and finite are mistakes that the recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let g = x.graph();
        if !(0.0..=1.0).contains(&self.momentum) {
            return g.refuse("momentum of BatchNorm", &format!("it has to lie in [0, 1], not {}", self.momentum));
        }
        let flat = x.heads_to_columns();
        let shape = [1, flat.width()];
        let buffers = [("mean", 0.0), ("variance", 1.0)].map(|(part, start)| self.name.buffer(g, part, shape, start));
        let [mean, variance] = if self.frozen { buffers } else { self.statistics(flat, buffers) };
        normalized("BatchNorm", &self.name, flat - mean, variance, self.epsilon).columns_to_heads(x.heads())
    }

    /// Mean and variance: the batch's own while training, when the running ones move towards them.
    #[track_caller]
    fn statistics<'g>(&self, x: Var<'g>, running: [Var<'g>; 2]) -> [Var<'g>; 2] {
        let g = x.graph();
        let mean = x.mean_rows();
        let variance = (x - mean).square().mean_rows();
        // Without bias, and that of a single row stays finite.
        let rows = x.row_count();
        let unbiased = variance * (rows / (rows - 1.0).max(g.constant(1.0)));
        for (buffer, now) in running.into_iter().zip([mean, unbiased]) {
            g.update(buffer, (1.0 - self.momentum) * g.updated(buffer) + self.momentum * now);
        }
        [g.training().select(mean, running[0]), g.training().select(variance, running[1])]
    }
}

/// γ (x − μ)/√(σ² + ε) + β with mean μ and variance σ² of each row over its columns (Ba, Kiros and Hinton, 2016), γ
/// and β trained. Rows stay apart, so training and evaluation are the same.
///
/// ```
/// use eigennet::autodiff::{Rows, record};
/// use eigennet::nn::LayerNorm;
/// let norm = LayerNorm::new("norm");
/// let program = record(|g| norm.call(g.input("x", Rows::named("batch"), 2)))?.compile::<f64>();
/// let mut ws = program.workspace();
/// ws.set("x", &[1.0, 5.0])?;
/// program.evaluate(&program.initial(Default::default()), &mut ws)?;
/// assert!((ws.output("result")?[1] - 1.0).abs() < 1e-5);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    name: Name,
    epsilon: f64,
}

impl LayerNorm {
    /// A normalisation with the parameters `"name.scale"` (γ, at first 1) and `"name.shift"` (β, at first 0).
    pub fn new(name: impl Into<Name>) -> Self {
        LayerNorm { name: name.into(), epsilon: 1e-5 }
    }

    /// ε (default 1e-5).
    pub fn epsilon(self, epsilon: f64) -> Self {
        LayerNorm { epsilon, ..self }
    }

    /// Records the normalisation of `x` `[rows, width]`; the result is `[rows, width]`. Calling it again shares the
    /// parameters, and so do the heads of an ensemble.
    ///
    /// An ε that is not positive and finite is a mistake that the recording reports.
    #[track_caller]
    pub fn call<'g>(&self, x: Var<'g>) -> Var<'g> {
        let share = 1.0 / x.width() as f64;
        let centred = x - share * x.row_sum();
        let variance = share * centred.square().row_sum();
        normalized("LayerNorm", &self.name, centred, variance, self.epsilon)
    }
}

/// γ x/√(variance + ε) + β, column by column.
#[track_caller]
fn normalized<'g>(module: &str, name: &Name, x: Var<'g>, variance: Var<'g>, epsilon: f64) -> Var<'g> {
    let g = x.graph();
    if !(epsilon > 0.0 && epsilon.is_finite()) {
        let reason = format!("it has to be positive and finite, not {epsilon}");
        return g.refuse(&format!("epsilon of {module}"), &reason);
    }
    let normal = x / (variance + epsilon).sqrt();
    let row = |part: &str, start: f64| name.parameter(g, part, [1, 1, x.width()], Initializer::Constant(start));
    normal * row("scale", 1.0) + row("shift", 0.0)
}
