//! Tests of this layer against exact computations, one file a subject.

mod clustering;
mod diffusion;
mod heat;
mod neighbors;
mod weights;
