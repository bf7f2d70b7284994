//! The processes that share a run: one, or with the feature `mpi` those that `mpirun` has started.

use std::process::ExitCode;
use std::time::Duration;

#[cfg(feature = "mpi")]
use eigennet::par;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::run;
#[cfg(feature = "mpi")]
use crate::terminal;

/// This process's part in the run.
#[derive(Debug)]
pub struct Processes {
    #[cfg(feature = "mpi")]
    job: eigennet_mpi::Job,
}

impl Processes {
    /// The whole `main` of a program whose exit code `run` returns.
    pub fn main(run: impl FnOnce(&Processes) -> u8) -> ExitCode {
        match Processes::join() {
            Ok(processes) => ExitCode::from(run(&processes)),
            Err(failure) => {
                eprintln!("error: {failure}");
                ExitCode::from(failure.exit_code())
            }
        }
    }

    /// Joins the others.
    ///
    /// # Errors
    /// MPI does not start.
    pub fn join() -> Result<Self, Failure> {
        Ok(Processes {
            #[cfg(feature = "mpi")]
            job: eigennet_mpi::Job::start()?,
        })
    }

    /// Whether this is the one that prints and writes.
    pub fn is_first(&self) -> bool {
        #[cfg(feature = "mpi")]
        return self.job.team().rank() == 0;
        #[cfg(not(feature = "mpi"))]
        true
    }

    /// How the program of that name is started with as many processes, up to its arguments.
    pub fn command(&self, name: &str) -> String {
        #[cfg(feature = "mpi")]
        if self.job.team().size() > 1 {
            return format!("mpirun -n {} target/release/{name}", self.job.team().size());
        }
        format!("cargo run --release --bin {name} --")
    }

    /// Progress for the first, silence for the others.
    pub fn progress(&self) -> Progress {
        if self.is_first() { Progress::on_standard_error() } else { Progress::Silent }
    }

    /// The threads of this process unless it is told how many: its share of the cores of its machine.
    fn share_of_cores(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        #[cfg(feature = "mpi")]
        return (cores / self.job.neighbours()).max(1);
        #[cfg(not(feature = "mpi"))]
        cores
    }

    /// Runs `work` as one of the processes, in a pool of so many threads.
    ///
    /// # Errors
    /// Those of `work`, or the system gave no threads.
    pub fn run<R: Send>(
        &self,
        threads: Option<usize>,
        work: impl FnOnce() -> Result<R, Failure> + Send,
    ) -> Result<R, Failure> {
        let work = || run::in_pool(threads.unwrap_or_else(|| self.share_of_cores()), work);
        #[cfg(feature = "mpi")]
        return par::with_team(self.job.team(), work);
        #[cfg(not(feature = "mpi"))]
        work()
    }

    /// Says how much of the run's seconds went into messages, where there were others to talk to.
    pub fn tell_communication(&self, seconds: f64) {
        #[cfg(feature = "mpi")]
        if self.job.team().size() > 1 && self.is_first() {
            let (spent, size) = (self.job.communication().as_secs_f64(), self.job.team().size());
            let share = 100.0 * spent / seconds.max(f64::MIN_POSITIVE);
            let library = eigennet_mpi::Job::library();
            terminal::say(&format!("{share:.1} % of it in messages between {size} processes ({library})\n"));
        }
        #[cfg(not(feature = "mpi"))]
        let _ = seconds;
    }

    /// Ends the run of all processes for a failure that has been told, which may be this one's alone: the others would
    /// wait for it. Ctrl-C is everyone's.
    pub fn end(&self, failure: &Failure) {
        #[cfg(feature = "mpi")]
        if self.job.team().size() > 1 && !matches!(failure, Failure::Interrupted) {
            self.job.abort(failure.exit_code());
        }
        #[cfg(not(feature = "mpi"))]
        let _ = failure;
    }

    /// Whether this process should tell why it ended: the first; the others a second later, if they are still there, for
    /// mostly it is one reason.
    pub fn tells(&self, failure: &Failure) -> bool {
        if self.is_first() {
            return true;
        }
        if matches!(failure, Failure::Interrupted) {
            return false;
        }
        std::thread::sleep(Duration::from_secs(1));
        true
    }
}
