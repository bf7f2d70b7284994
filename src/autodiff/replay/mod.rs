//! Replay: programs and the memory they run in.

mod aligned;
mod arenas;
pub(crate) mod buffers;
mod compiled;
mod execute;
mod execute_pointwise;
mod execute_structural;
pub(crate) mod pass;
pub(crate) mod program;
mod small_cholesky;
pub(crate) mod workspace;
