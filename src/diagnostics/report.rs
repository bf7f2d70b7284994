//! What a diagnosis found.

use std::fmt;

use super::activations::Activations;
use super::collapse::NeuralCollapse;
use super::spectrum::Spectrum;
use super::verdict::Verdict;
use super::weights::WeightSpectrum;
use crate::container::Container;
use crate::{Result, Scalar};

/// A part of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Section {
    /// Singular values of the weight matrices.
    Weights,
    /// Statistics of the named outputs.
    Activations,
    /// The covariance of the gradients of single samples.
    Gradients,
    /// The Hessian of the loss, and the generalised Gauss–Newton matrix beside it.
    Hessian,
    /// The tangent kernel of the outputs.
    TangentKernel,
    /// Neural collapse.
    Collapse,
}

impl Section {
    /// All of them, in the order of the report.
    pub const ALL: [Section; 6] = [
        Section::Weights,
        Section::Activations,
        Section::Gradients,
        Section::Hessian,
        Section::TangentKernel,
        Section::Collapse,
    ];

    /// The headline of the section.
    pub fn title(self) -> &'static str {
        match self {
            Section::Weights => "weights",
            Section::Activations => "activations",
            Section::Gradients => "gradient covariance",
            Section::Hessian => "Hessian",
            Section::TangentKernel => "tangent kernel",
            Section::Collapse => "neural collapse",
        }
    }
}

/// Numbers by name.
pub type Figures = Vec<(String, f64)>;

/// What a [`Diagnosis`](super::Diagnosis) found; what was not asked for, or cannot be, is empty. It prints, and
/// [`figures`](Self::figures) are its numbers by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<T> {
    /// Singular values of the weight matrices, by name.
    pub weights: Vec<(String, WeightSpectrum)>,
    /// Statistics of the outputs that have a row for each sample, by name.
    pub activations: Vec<(String, Activations)>,
    /// The covariance of the gradients of single samples.
    pub gradients: Option<Spectrum<T>>,
    /// The Hessian of the loss.
    pub hessian: Option<Spectrum<T>>,
    /// The generalised Gauss–Newton matrix.
    pub gauss_newton: Option<Spectrum<T>>,
    /// JᵀJ/n of the outputs, whose eigenvalues are those of the tangent kernel over n.
    pub tangent_kernel: Option<Spectrum<T>>,
    /// Neural collapse.
    pub collapse: Option<NeuralCollapse>,
    /// Sections that were asked for, and what the program lacks for them.
    pub missing: Vec<(Section, String)>,
    /// η that the Hessian is judged by.
    pub learning_rate: f64,
}

impl<T: Scalar> Report<T> {
    /// The operators' spectra that there are, by name.
    pub fn spectra(&self) -> impl Iterator<Item = (&'static str, &Spectrum<T>)> {
        let all = [
            ("gradients", &self.gradients),
            ("hessian", &self.hessian),
            ("gauss_newton", &self.gauss_newton),
            ("tangent_kernel", &self.tangent_kernel),
        ];
        all.into_iter().filter_map(|(name, spectrum)| spectrum.as_ref().map(|spectrum| (name, spectrum)))
    }

    /// All numbers by names such as `"weights.net.0.weight.condition"` or `"hessian.largest.1"`, in the order of the
    /// sections. A condition number may be infinite.
    pub fn figures(&self) -> Figures {
        let mut out = Vec::new();
        for (name, spectrum) in &self.weights {
            let figures = [
                ("norm", spectrum.norm()),
                ("smallest", spectrum.smallest()),
                ("condition", spectrum.condition()),
                ("stable_rank", spectrum.stable_rank()),
                ("effective_rank", spectrum.effective_rank()),
                ("dead_directions", spectrum.dead_directions() as f64),
                ("spikes", spectrum.spikes() as f64),
            ];
            out.extend(figures.map(|(what, value)| (format!("weights.{name}.{what}"), value)));
            let tail = spectrum.power_law().map(|law| (format!("weights.{name}.tail_exponent"), law.exponent));
            out.extend(tail);
        }
        for (name, layer) in &self.activations {
            let figures = [
                ("mean", layer.mean),
                ("deviation", layer.deviation),
                ("dead", layer.dead as f64),
                ("dimension", layer.dimension()),
            ];
            out.extend(figures.map(|(what, value)| (format!("activations.{name}.{what}"), value)));
        }
        for (name, spectrum) in self.spectra() {
            for (end, pairs) in [("largest", &spectrum.top), ("smallest", &spectrum.bottom)] {
                for (k, (&value, &residual)) in pairs.values.iter().zip(&pairs.residuals).enumerate() {
                    out.push((format!("{name}.{end}.{}", k + 1), value));
                    out.push((format!("{name}.{end}.{}.residual", k + 1), residual));
                }
            }
            if let Some(trace) = spectrum.trace {
                out.push((format!("{name}.trace"), trace.trace));
                out.push((format!("{name}.trace.error"), trace.error));
                out.push((format!("{name}.participation_ratio"), trace.participation_ratio()));
            }
            out.extend(spectrum.stable_rank().map(|rank| (format!("{name}.stable_rank"), rank)));
        }
        if let Some(collapse) = &self.collapse {
            out.extend(collapse.figures().map(|(what, value)| (format!("collapse.{what}"), value)));
        }
        out
    }

    /// What the numbers say, each with the name of what it is said of.
    pub fn verdicts(&self) -> Vec<(String, Verdict)> {
        let mut out = Vec::new();
        let mut note = |name: &str, verdicts: Vec<Verdict>| {
            out.extend(verdicts.into_iter().map(|verdict| (name.to_string(), verdict)));
        };
        self.weights.iter().for_each(|(name, spectrum)| note(name, spectrum.verdicts()));
        self.activations.iter().for_each(|(name, layer)| note(name, layer.verdicts()));
        self.gradients.iter().for_each(|spectrum| note("gradients", spectrum.gradient_verdicts()));
        self.hessian.iter().for_each(|spectrum| note("hessian", spectrum.hessian_verdicts(self.learning_rate)));
        self.collapse.iter().for_each(|collapse| note("features", collapse.verdicts()));
        out
    }

    /// The [figures](Self::figures) as a file of this crate: their names, one a line, as the text `"names"`, and the array
    /// `"values"`.
    ///
    /// # Errors
    /// None for a report of this crate.
    pub fn save(&self) -> Result<Container> {
        let (names, values): (Vec<String>, Vec<f64>) = self.figures().into_iter().unzip();
        let mut container = Container::new();
        container.insert_text("names", names.join("\n"))?;
        container.insert("values", &[values.len()], &values)?;
        Ok(container)
    }
}

/// As a table of words: a section below the other, and under each number what it says.
impl<T: Scalar> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says = |f: &mut fmt::Formatter<'_>, verdicts: Vec<Verdict>| {
            verdicts.iter().try_for_each(|verdict| writeln!(f, "    {verdict}"))
        };
        if !self.weights.is_empty() {
            writeln!(f, "{}", Section::Weights.title())?;
        }
        for (name, s) in &self.weights {
            let ([rows, cols], [norm, last]) = (s.shape, [s.norm(), s.smallest()]);
            write!(f, "  {name} [{rows}, {cols}]: σ {norm:.3e} … {last:.3e}, condition {:.2e}, ", s.condition())?;
            writeln!(f, "stable rank {:.1}, effective rank {:.1}", s.stable_rank(), s.effective_rank())?;
            says(f, s.verdicts())?;
        }
        if !self.activations.is_empty() {
            writeln!(f, "{}", Section::Activations.title())?;
        }
        for (name, a) in &self.activations {
            write!(f, "  {name} [{}]: mean {:.3e}, deviation {:.3e}, ", a.width, a.mean, a.deviation)?;
            writeln!(f, "{} dead, {:.1} dimensions", a.dead, a.dimension())?;
            says(f, a.verdicts())?;
        }
        for (name, spectrum) in self.spectra() {
            writeln!(f, "{} {spectrum}", name.replace('_', " "))?;
            match name {
                "gradients" => says(f, spectrum.gradient_verdicts())?,
                "hessian" => says(f, spectrum.hessian_verdicts(self.learning_rate))?,
                _ => {}
            }
        }
        if let Some(collapse) = &self.collapse {
            write!(f, "{}\n ", Section::Collapse.title())?;
            collapse.figures().iter().try_for_each(|(name, value)| write!(f, " {name} {value:.3e}"))?;
            writeln!(f)?;
            says(f, collapse.verdicts())?;
        }
        let titles = self.missing.iter().map(|(section, lacks)| (section.title(), lacks));
        titles.into_iter().try_for_each(|(title, lacks)| writeln!(f, "{title}: left out, {lacks}"))
    }
}

impl<T: Scalar> fmt::Display for Spectrum<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[f64]| values.iter().map(|v| format!("{v:.3e}")).collect::<Vec<_>>().join(", ");
        write!(
            f,
            "[{0}, {0}]\n  largest {1}\n  smallest {2}",
            self.order,
            list(&self.top.values),
            list(&self.bottom.values)
        )?;
        let residual = self.top.residuals.iter().chain(&self.bottom.residuals).copied().fold(0.0, f64::max);
        write!(f, "\n  residuals at most {residual:.1e}")?;
        if !(self.top.converged && self.bottom.converged) {
            write!(f, " (not converged: raise restarts of SpectrumSettings)")?;
        }
        if let Some(trace) = self.trace {
            write!(f, ", trace {:.3e} ± {:.1e}", trace.trace, trace.error)?;
            write!(f, ", participation ratio {:.1}", trace.participation_ratio())?;
        }
        Ok(())
    }
}
