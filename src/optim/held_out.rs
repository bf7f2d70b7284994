//! The check of a fit on what it was not trained on.

use std::fmt;

/// How much larger residuals may be elsewhere before the fit is said to oscillate.
const FACTOR: f64 = 10.0;

/// The root mean square residual on the points that a fit was trained on, and on others between them, as many.
///
/// A network can make its residual vanish on every point it is shown and be wrong everywhere else: the first figure
/// alone proves nothing.
///
/// ```
/// use eigennet::{Seed, differential::{Domain, Equation}, nn::Mlp, optim::LevenbergMarquardt};
/// // 61 parameters make u′ = −u hold on 6 points, and nowhere else.
/// let domain = Domain::new(["t"], [0.0..9.0])?;
/// let net = Mlp::new("net", [1, 20, 1]);
/// let decay = Equation::<f64>::record(&domain, |_, [t]| {
///     let u = 1.0 + t * net.call(domain.scaled([t]));
///     u.d(t) + u
/// })?;
/// let fit = LevenbergMarquardt::default().fit(&mut decay.on(&domain.gauss([6])?)?, Seed(0))?;
/// let judged = fit.outcome.held_out.unwrap();
/// assert!(judged.elsewhere > 10.0 * judged.trained && fit.to_string().starts_with("warning"), "{fit}");
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// On the points of the fit.
    pub trained: f64,
    /// On the others; infinite if it is not finite there.
    pub elsewhere: f64,
    /// The part of it that rounding of the parameters explains.
    pub rounding: f64,
}

impl HeldOut {
    /// What is wrong if the two figures part: by more than a factor of ten, and more than rounding explains.
    pub fn warning(&self) -> Option<String> {
        let HeldOut { trained, elsewhere, rounding } = *self;
        // NaN parts as well.
        let agrees = elsewhere <= FACTOR * trained.max(rounding);
        (!agrees).then(|| {
            format!(
                "the residual is {elsewhere:.1e} between the points and {trained:.1e} on them: the fit oscillates there, and \
                 its solution is not to be trusted; take more points or fewer parameters, or set `resample`"
            )
        })
    }
}

impl fmt::Display for HeldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "residual {:.3e} on the points and {:.3e} between them", self.trained, self.elsewhere)
    }
}

/// Writes what is wrong with a fit, in front of how it ended: figures that part, parameters that outnumber residuals.
pub(super) fn warn(
    f: &mut fmt::Formatter<'_>,
    held_out: Option<HeldOut>,
    parameters: usize,
    residuals: Option<usize>,
) -> fmt::Result {
    if let Some(warning) = held_out.and_then(|held_out| held_out.warning()) {
        write!(f, "warning: {warning}; ")?;
    }
    match residuals {
        Some(residuals) if parameters > residuals => write!(
            f,
            "warning: more parameters ({parameters}) than residuals ({residuals}): the fit may oscillate between points; add points; "
        ),
        _ => Ok(()),
    }
}
