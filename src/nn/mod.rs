//! Network layers over the autodiff.
