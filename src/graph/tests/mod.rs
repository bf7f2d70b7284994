//! Tests of this layer against exact computations, one file a subject.

mod clustering;
mod diffusion;
mod heat;
mod kernel_scale;
mod neighbors;
mod weights;
