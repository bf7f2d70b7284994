//! Networks over the autodiff.
//!
//! A module is a plain value with a method `call(x)` that records its formula; `x` knows the graph. Its [`Name`] leads
//! those of its parameters, so names with dots scope them: `"encoder.first"`. Calling one value twice shares its
//! parameters, as a siamese network does; two modules of one name are a mistake.
//!
//! A module of your own is a function, and everything between modules is a formula:
//!
//! ```
//! use eigennet::autodiff::{Rows, Var, record};
//! use eigennet::nn::{BatchNorm, Linear, Mlp};
//!
//! /// A residual block (He et al., 2016): x + f(x).
//! fn residual<'g>(x: Var<'g>, name: &str, width: usize) -> Var<'g> {
//!     let inner = BatchNorm::new(format!("{name}.norm")).call(x).swish();
//!     x + Linear::new(format!("{name}.linear"), [width, width]).call(inner)
//! }
//!
//! let encoder = Mlp::new("encoder", [3, 16, 8]);
//! // Near pairs are drawn together, distant ones apart (Hadsell, Chopra and LeCun, 2006).
//! let recording = record(|g| {
//!     let pairs = Rows::named("pairs");
//!     let [a, b] = ["a", "b"].map(|name| encoder.call(g.input(name, pairs, 3)));
//!     let distance = (residual(a - b, "head.0", 8)).row_norm();
//!     let near = g.input("near", pairs, 1);
//!     (near * distance.square() + (1.0 - near) * (1.0 - distance).relu().square()).mean()
//! })?;
//! assert_eq!(recording.parameters().block("head.0.linear.weight")?.shape, [1, 8, 8]);
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Modules that are made in a function, as in `residual`, are new ones at each call; with one name they share only if
//! the function takes them, or a [`Name`], as an argument.
//!
//! # Gradients of each sample
//! Losses that are not yet averaged, `[rows, 1]`, are residuals: their Jacobian
//! ([`Program::residual_jacobian`](crate::autodiff::Program::residual_jacobian)) holds the gradient of each sample in a
//! row, such as for clipping them one by one or for the Fisher information.
//!
//! ```
//! use eigennet::Seed;
//! use eigennet::autodiff::{Rows, record};
//! use eigennet::nn::{Embedding, Mlp};
//! let (species, net) = (Embedding::new("species", [3, 2]), Mlp::new("net", [2, 8, 1]));
//! let losses = record(|g| {
//!     let atoms = Rows::named("atoms");
//!     let energy = net.call(species.call(g.input("kind", atoms, 1)));
//!     (energy - g.input("measured", atoms, 1)).square()
//! })?
//! .compile::<f64>();
//! let mut ws = losses.workspace();
//! ws.set("kind", &[0.0, 2.0])?.set("measured", &[0.3, -0.1])?;
//! let (each, gradients) = losses.residual_jacobian(&losses.initial(Seed(0)), &mut ws)?;
//! let table = losses.parameters().block("species.table")?.range();
//! assert_eq!((each.len(), gradients.rows()), (2, 2));
//! assert!(gradients.row(0)[table][2..].iter().all(|&g| g == 0.0)); // the first atom is of kind 0
//! # Ok::<(), eigennet::Error>(())
//! ```
//!
//! Dropout takes part with its masks. What couples the rows has no gradient of each sample and is refused, such as the
//! statistics of [`BatchNorm`]; there record the network with [`BatchNorm::frozen`].

mod activation;
mod dropout;
mod embedding;
mod fourier_features;
mod linear;
mod mlp;
mod name;
mod normalization;

pub use crate::autodiff::{Initializer, Layout, ParameterBlock};
pub use activation::Activation;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use fourier_features::FourierFeatures;
pub use linear::Linear;
pub use mlp::Mlp;
pub use name::Name;
pub use normalization::{BatchNorm, LayerNorm};
