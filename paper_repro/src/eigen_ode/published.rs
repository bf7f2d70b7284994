//! What the report says.

/// x₀ of eq. 27.
pub const START: [f64; 6] = [-0.996, -0.442, -0.726, 0.422, -0.488, 0.322];

/// Where Table I stands.
pub const TABLE_I_SOURCE: &str = "Puleo, Svejda and Breitenstein (2022), Table I";
/// Where Table II stands.
pub const TABLE_II_SOURCE: &str = "Puleo, Svejda and Breitenstein (2022), Table II";
/// Where the network of Fig. 6 is described.
pub const FIGURE_6_SOURCE: &str = "Puleo, Svejda and Breitenstein (2022), Fig. 6 and the text beside it";

/// ε and Λ of Table I (forward Euler), eigenvalues ascending.
pub const TABLE_I: [(f64, f64); 6] = [
    (6.99e-7, 2.11e-6),
    (1.04e-6, 2.11e-6),
    (1.01e-6, 7.58e-7),
    (2.89e-6, 7.54e-7),
    (8.12e-8, 2.66e-7),
    (6.24e-8, 2.66e-7),
];

/// ε and Λ of Table II (random search), eigenvalues ascending; `None` was not found.
pub const TABLE_II: [Option<(f64, f64)>; 6] = [
    Some((1.274e-5, 1.904e-5)),
    None,
    Some((3.231e-6, 2.274e-6)),
    Some((2.901e-7, 3.070e-8)),
    None,
    Some((5.757e-7, 9.693e-7)),
];

/// Eigenvalue, ε and Λ that the network of Fig. 6 landed on.
pub const FIGURE_6: (f64, f64, f64) = (-2.307, 4.5e-6, 6.4e-6);
