//! Exact spectra and solutions, each with its source.
