//! Spectra of networks, against closed forms, dense matrices and laws.

mod collapse;
mod curvature;
mod density;
mod weights;
