//! The names of the methods.

use std::fmt;

/// A method for eigenpairs or singular triplets; printed by its usual name.
///
/// ```
/// use eigennet::eigen::Method;
/// assert_eq!(Method::ShiftInvertLanczos.to_string(), "shift-invert Lanczos");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// [`symmetric_eigen`](crate::linalg::symmetric_eigen()).
    DenseSymmetric,
    /// [`nonsymmetric_eigen`](crate::linalg::nonsymmetric_eigen()).
    DenseNonsymmetric,
    /// [`Lanczos`](super::Lanczos).
    Lanczos,
    /// [`Lanczos`](super::Lanczos) with [`ShiftInvert`](super::ShiftInvert).
    ShiftInvertLanczos,
    /// [`Lobpcg`](super::Lobpcg).
    Lobpcg,
    /// [`Lobpcg`](super::Lobpcg) where its blocks would fill the space: one projection onto all of it.
    DenseRayleighRitz,
    /// [`JacobiDavidson`](super::JacobiDavidson).
    JacobiDavidson,
    /// [`Arnoldi`](super::Arnoldi).
    KrylovSchur,
    /// [`Arnoldi`](super::Arnoldi) with the inverse by dense LU.
    KrylovSchurDenseInverse,
    /// [`Arnoldi`](super::Arnoldi) with an inverse that was given.
    KrylovSchurGivenInverse,
    /// [`GolubKahanLanczos`](super::GolubKahanLanczos).
    GolubKahanLanczos,
    /// [`Power`](super::textbook::Power).
    Power,
    /// [`Inverse`](super::textbook::Inverse).
    Inverse,
    /// [`RayleighQuotient`](super::textbook::RayleighQuotient).
    RayleighQuotient,
    /// [`Orthogonal`](super::textbook::Orthogonal).
    Orthogonal,
    /// [`QrUnshifted`](super::textbook::QrUnshifted).
    QrUnshifted,
    /// [`QrShifted`](super::textbook::QrShifted).
    QrShifted,
    /// [`JacobiRotations`](super::textbook::JacobiRotations).
    JacobiRotations,
    /// [`EigenGame`](super::textbook::EigenGame).
    EigenGame,
}

impl Method {
    /// What it is usually called.
    pub fn name(self) -> &'static str {
        match self {
            Method::DenseSymmetric => "dense symmetric eigendecomposition",
            Method::DenseNonsymmetric => "dense nonsymmetric eigendecomposition",
            Method::Lanczos => "thick-restart Lanczos",
            Method::ShiftInvertLanczos => "shift-invert Lanczos",
            Method::Lobpcg => "LOBPCG",
            Method::DenseRayleighRitz => "LOBPCG (dense Rayleigh–Ritz)",
            Method::JacobiDavidson => "Jacobi–Davidson",
            Method::KrylovSchur => "Krylov–Schur",
            Method::KrylovSchurDenseInverse => "Krylov–Schur with the inverse by dense LU",
            Method::KrylovSchurGivenInverse => "Krylov–Schur with the user's inverse",
            Method::GolubKahanLanczos => "Golub–Kahan–Lanczos",
            Method::Power => "power iteration",
            Method::Inverse => "inverse iteration",
            Method::RayleighQuotient => "Rayleigh quotient iteration",
            Method::Orthogonal => "orthogonal iteration",
            Method::QrUnshifted => "unshifted QR",
            Method::QrShifted => "shifted QR",
            Method::JacobiRotations => "classical Jacobi",
            Method::EigenGame => "EigenGame",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
