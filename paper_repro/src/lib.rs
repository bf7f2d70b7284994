//! What the binaries of `paper_repro` share.
