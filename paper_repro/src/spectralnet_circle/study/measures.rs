//! What is measured of every training.

use eigennet::container::Container;

use crate::figure::Axis;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Grassmann distance of the functions to those of the direct solver.
    Grassmann,
    /// ‖μ − μ of the direct solver‖ by Rayleigh quotients vᵀDPv/vᵀDv,
    Rayleigh,
    /// by the median of (Pv)ᵢ/vᵢ over the points,
    Median,
    /// and by their mean.
    Mean,
    /// Relative L2 error at t = ½ of the heat that the eigenpairs spread.
    Heat,
    /// ‖I − VᵀV/n‖ of the outputs, made orthonormal on one batch, over all n points.
    Orthogonality,
    /// Condition of the second moments of the untrained outputs on a batch.
    Condition,
    /// 1 where their Cholesky factorisation fails in single precision, before or after the training.
    Breaks,
    /// Last loss.
    Loss,
    /// Of the training and its measures.
    Seconds,
}

impl Measure {
    /// Its section in a record, and its part of a metric's name.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Grassmann => "grassmann",
            Measure::Rayleigh => "eigenvalue_error",
            Measure::Median => "eigenvalue_error.median",
            Measure::Mean => "eigenvalue_error.mean",
            Measure::Heat => "heat_error",
            Measure::Orthogonality => "orthogonality",
            Measure::Condition => "condition",
            Measure::Breaks => "cholesky_breaks",
            Measure::Loss => "loss",
            Measure::Seconds => "seconds",
        }
    }

    /// A column's head.
    pub fn head(self) -> &'static str {
        match self {
            Measure::Grassmann => "Grassmann",
            Measure::Rayleigh => "‖Δμ‖",
            Measure::Median => "‖Δμ‖, median",
            Measure::Mean => "‖Δμ‖, mean",
            Measure::Heat => "heat",
            Measure::Orthogonality => "‖I − VᵀV‖",
            Measure::Condition => "condition",
            Measure::Breaks => "Cholesky breaks",
            Measure::Loss => "loss",
            Measure::Seconds => "seconds",
        }
    }

    /// A figure's title and vertical axis.
    pub fn drawn(self) -> (&'static str, Axis) {
        match self {
            Measure::Grassmann => ("Distance to the direct solver", Axis::log("Grassmann distance")),
            Measure::Rayleigh => ("Error of the eigenvalues", Axis::log("‖μ − μ direct‖ by Rayleigh quotients")),
            Measure::Median => ("Error of the eigenvalues by median", Axis::log("‖μ − μ direct‖ by medians")),
            Measure::Mean => ("Error of the eigenvalues by mean", Axis::log("‖μ − μ direct‖ by means")),
            Measure::Heat => ("Error of the heat at t = .5", Axis::log("relative L2 error")),
            Measure::Orthogonality => ("Outputs orthonormal on one batch, on all points", Axis::log("‖I − VᵀV‖")),
            Measure::Condition => ("Dependence of the untrained outputs", Axis::log("condition of YᵀY on a batch")),
            Measure::Breaks => ("Cholesky in single precision", Axis::linear("share of trainings that break")),
            Measure::Loss => ("Loss", Axis::linear("loss")),
            Measure::Seconds => ("Time of a training", Axis::log("seconds")),
        }
    }

    /// Its value in a record: `None` where it could not be measured.
    pub fn of(self, record: &Container) -> Option<f64> {
        record.number::<f64>(self.name()).ok().filter(|value| value.is_finite())
    }
}
