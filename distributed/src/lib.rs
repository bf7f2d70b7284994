//! eigennet on several processes: what a cluster with MPI is for.
//!
//! All processes run the same program. In [`with_team`](eigennet::par::with_team) the shards of every batch are dealt out to
//! them and added up in the order that they have in one process, so a training has the same bits on any number of
//! processes and threads, and its checkpoint, written by the first process, goes on with any other number.
//!
//! ```no_run
//! # #[cfg(feature = "mpi")]
//! # fn main() -> Result<(), eigennet::Error> {
//! use eigennet::par::with_team;
//! let job = eigennet_mpi::Job::start()?;
//! let trained = with_team(job.team(), || {
//!     // Any program of the library: a trainer, a solver, a checkpoint.
//!     Ok::<_, eigennet::Error>(())
//! });
//! if let Err(error) = trained {
//!     eprintln!("process {}: {error}", job.team().rank());
//!     job.abort(1); // the others wait for this one
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "mpi"))]
//! # fn main() {}
//! ```
//!
//! Eigenproblems of matrices too large for one machine: [`DistributedCsr`] holds the rows of one process, and the solvers of
//! [`eigennet::eigen`] that take operators spread over processes find its eigenpairs; [`Chebyshev`] brings those at the lower
//! end far apart.
//!
//! `mpirun -n 4 target/release/program` runs it. Without the feature `mpi` the crate holds what knows teams and no MPI.

mod csr;
mod filter;
#[cfg(feature = "mpi")]
mod job;

pub use csr::DistributedCsr;
pub use filter::Chebyshev;

#[cfg(feature = "mpi")]
pub use job::Job;
