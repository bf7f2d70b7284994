//! The names of the methods.

use std::fmt;

macro_rules! methods {
    ($(#[$meta:meta])* pub enum Method { $($(#[$solver:meta])* $method:ident = $name:literal,)* }) => {
        $(#[$meta])*
        pub enum Method {
            $($(#[$solver])* $method,)*
        }

        impl Method {
            /// What it is usually called.
            pub fn name(self) -> &'static str {
                match self {
                    $(Method::$method => $name,)*
                }
            }
        }
    };
}

methods! {
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
        DenseSymmetric = "dense symmetric eigendecomposition",
        /// [`nonsymmetric_eigen`](crate::linalg::nonsymmetric_eigen()).
        DenseNonsymmetric = "dense nonsymmetric eigendecomposition",
        /// [`Lanczos`](super::Lanczos).
        Lanczos = "thick-restart Lanczos",
        /// [`Lanczos`](super::Lanczos) with [`ShiftInvert`](super::ShiftInvert).
        ShiftInvertLanczos = "shift-invert Lanczos",
        /// [`Lobpcg`](super::Lobpcg).
        Lobpcg = "LOBPCG",
        /// [`Lobpcg`](super::Lobpcg) where its blocks would fill the space: one projection onto all of it.
        DenseRayleighRitz = "LOBPCG (dense Rayleigh–Ritz)",
        /// [`JacobiDavidson`](super::JacobiDavidson).
        JacobiDavidson = "Jacobi–Davidson",
        /// [`Arnoldi`](super::Arnoldi).
        KrylovSchur = "Krylov–Schur",
        /// [`Arnoldi`](super::Arnoldi) with the inverse by dense LU.
        KrylovSchurDenseInverse = "Krylov–Schur with the inverse by dense LU",
        /// [`Arnoldi`](super::Arnoldi) with an inverse that was given.
        KrylovSchurGivenInverse = "Krylov–Schur with the user's inverse",
        /// [`GolubKahanLanczos`](super::GolubKahanLanczos).
        GolubKahanLanczos = "Golub–Kahan–Lanczos",
        /// [`Power`](super::textbook::Power).
        Power = "power iteration",
        /// [`Inverse`](super::textbook::Inverse).
        Inverse = "inverse iteration",
        /// [`RayleighQuotient`](super::textbook::RayleighQuotient).
        RayleighQuotient = "Rayleigh quotient iteration",
        /// [`Orthogonal`](super::textbook::Orthogonal).
        Orthogonal = "orthogonal iteration",
        /// [`QrUnshifted`](super::textbook::QrUnshifted).
        QrUnshifted = "unshifted QR",
        /// [`QrShifted`](super::textbook::QrShifted).
        QrShifted = "shifted QR",
        /// [`JacobiRotations`](super::textbook::JacobiRotations).
        JacobiRotations = "classical Jacobi",
        /// None: the parts of a graph are known, and with them the eigenvalue 1 of the walk on each.
        GraphComponents = "components of a graph",
        /// [`EigenGame`](super::textbook::EigenGame).
        EigenGame = "EigenGame",
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
