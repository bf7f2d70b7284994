//! Replay: programs and the memory they run in.

mod aligned;
mod execute;
mod execute_pointwise;
mod execute_structural;
mod jacobian;
pub(crate) mod program;
mod small_cholesky;
pub(crate) mod workspace;
