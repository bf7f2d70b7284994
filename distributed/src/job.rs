//! The processes of an MPI job as a team.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eigennet::par::{Received, Sent, Team};
use eigennet::{Error, Result};
use mpi::Threading;
use mpi::environment::Universe;
use mpi::request::{Request, Scope, scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Destination, Equivalence, Root, Source};

/// Numbers in one message: MPI counts in 32 bits.
const LONGEST: usize = 1 << 28;
/// Looks at a message that has not come before the core is offered to others: with more processes than cores it is one of
/// them that is waited for.
const PATIENCE: u32 = 200;

/// This process's part in an MPI job; MPI ends when it is dropped.
pub struct Job {
    _universe: Universe,
    processes: Arc<Processes>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("processes", &self.processes).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Processes {
    rank: usize,
    size: usize,
    nanoseconds: AtomicU64,
}

impl Job {
    /// Joins the job that the process was started in by `mpirun`, `srun` or the like; a process that was started alone is a
    /// job of one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if MPI was started before, or knows no threads.
    pub fn start() -> Result<Self> {
        let refused = |reason: &str| Error::invalid("MPI", reason);
        let (universe, threading) = mpi::initialize_with_threading(Threading::Serialized)
            .ok_or_else(|| refused("it was started before in this process; keep one Job"))?;
        if threading < Threading::Serialized {
            return Err(refused("this library knows no threads; take one built with MPI_THREAD_SERIALIZED or more"));
        }
        let world = universe.world();
        let (rank, size) = (world.rank().unsigned_abs() as usize, world.size().unsigned_abs() as usize);
        Ok(Job { _universe: universe, processes: Arc::new(Processes { rank, size, nanoseconds: AtomicU64::new(0) }) })
    }

    /// The processes, for [`with_team`](eigennet::par::with_team). They may be used by one thread at a time.
    pub fn team(&self) -> Arc<dyn Team> {
        self.processes.clone()
    }

    /// How many processes of the job share this machine, and its cores.
    pub fn neighbours(&self) -> usize {
        let here = SimpleCommunicator::world().split_shared(0);
        here.size().unsigned_abs().max(1) as usize
    }

    /// Time that this process has spent sending and waiting for others.
    pub fn communication(&self) -> Duration {
        Duration::from_nanos(self.processes.nanoseconds.load(Ordering::Relaxed))
    }

    /// The MPI library, as it names itself.
    pub fn library() -> String {
        let version = mpi::environment::library_version().unwrap_or_default();
        version.lines().next().unwrap_or_default().trim_end_matches(['\0', ',']).to_string()
    }

    /// Ends all processes of the job with this exit code, for the others wait for one that cannot go on.
    pub fn abort(&self, code: u8) -> ! {
        SimpleCommunicator::world().abort(i32::from(code))
    }
}

impl Processes {
    /// Waits for a message that is on its way.
    fn wait<'a, Sc: Scope<'a>>(&self, mut request: Request<'a, impl ?Sized, Sc>) {
        let mut looks = 0;
        while let Err(pending) = request.test() {
            request = pending;
            looks += 1;
            if looks > PATIENCE {
                std::thread::yield_now();
            }
        }
    }

    fn timed(&self, work: impl FnOnce()) -> Result<()> {
        let begun = Instant::now();
        work();
        self.nanoseconds.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn send_slice<T: Equivalence>(&self, to: usize, data: &[T]) -> Result<()> {
        let world = SimpleCommunicator::world();
        self.timed(|| {
            let other = world.process_at_rank(to as i32);
            data.chunks(LONGEST).for_each(|data| scope(|scope| self.wait(other.immediate_send(scope, data))));
        })
    }

    fn receive_slice<T: Equivalence>(&self, from: usize, data: &mut [T]) -> Result<()> {
        let world = SimpleCommunicator::world();
        self.timed(|| {
            let other = world.process_at_rank(from as i32);
            let pieces = data.chunks_mut(LONGEST);
            pieces.for_each(|data| scope(|scope| self.wait(other.immediate_receive_into(scope, data))));
        })
    }

    fn broadcast_slice<T: Equivalence>(&self, from: usize, data: &mut [T]) -> Result<()> {
        let world = SimpleCommunicator::world();
        self.timed(|| {
            let root = world.process_at_rank(from as i32);
            let pieces = data.chunks_mut(LONGEST);
            pieces.for_each(|data| scope(|scope| self.wait(root.immediate_broadcast_into(scope, data))));
        })
    }
}

/// MPI itself ends the job where a message cannot be carried.
impl Team for Processes {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn send(&self, to: usize, data: Sent<'_>) -> Result<()> {
        match data {
            Sent::U8(data) => self.send_slice(to, data),
            Sent::U64(data) => self.send_slice(to, data),
            Sent::F32(data) => self.send_slice(to, data),
            Sent::F64(data) => self.send_slice(to, data),
        }
    }

    fn receive(&self, from: usize, data: Received<'_>) -> Result<()> {
        match data {
            Received::U8(data) => self.receive_slice(from, data),
            Received::U64(data) => self.receive_slice(from, data),
            Received::F32(data) => self.receive_slice(from, data),
            Received::F64(data) => self.receive_slice(from, data),
        }
    }

    fn broadcast(&self, from: usize, data: Received<'_>) -> Result<()> {
        match data {
            Received::U8(data) => self.broadcast_slice(from, data),
            Received::U64(data) => self.broadcast_slice(from, data),
            Received::F32(data) => self.broadcast_slice(from, data),
            Received::F64(data) => self.broadcast_slice(from, data),
        }
    }
}
