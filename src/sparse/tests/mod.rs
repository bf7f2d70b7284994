//! Sparse matrices against dense ones, and against bad input.

mod storage;
