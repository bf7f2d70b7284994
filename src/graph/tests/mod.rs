//! Tests of this layer against exact computations, one file a subject.

mod clustering;
mod diffusion;
mod neighbors;
mod weights;
