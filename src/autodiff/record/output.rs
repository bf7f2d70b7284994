//! Handles to the values of a recording that can be read after a replay.

use std::sync::atomic::{AtomicU64, Ordering};

/// A value that a recording makes readable: what [`Graph::output`](super::graph::Graph::output) returns. It is a
/// number and looks nothing up; one of another recording is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Output {
    pub(crate) index: u32,
    pub(crate) recording: Identity,
}

/// Tells one recording from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64);

/// One that no other recording of this process has. Nothing that is computed depends on it.
impl Default for Identity {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Identity(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
