//! Eigenproblems of operators.
