//! Sparse matrices: storage, products, factorisations, and iterative solvers of linear systems.
