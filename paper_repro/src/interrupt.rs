//! Ctrl-C, and the signals that a system stops programs with (SIGTERM, SIGHUP): the first one asks the experiment to
//! save a checkpoint and stop, the second ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Failure, INTERRUPTED};

/// A flag that is raised once and never lowered. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A flag that the process's first Ctrl-C raises; the second ends the process with exit code 130. `saves` says
    /// whether there will be a checkpoint, which is then promised; of several processes one `speaks`.
    ///
    /// # Errors
    /// The process has a Ctrl-C handler already, or the system refused one.
    pub fn on_ctrl_c(saves: bool, speaks: bool) -> Result<Self, Failure> {
        let interrupt = Interrupt::default();
        let flag = interrupt.clone();
        ctrlc::set_handler(move || {
            if flag.raise() {
                std::process::exit(i32::from(INTERRUPTED));
            }
            if !speaks {
                return;
            }
            let after = if saves { " after a checkpoint" } else { "" };
            eprintln!("\nStopping{after}; press Ctrl-C again to stop at once.");
        })
        .map_err(|error| Failure::Other(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(interrupt)
    }

    /// Raises the flag; says whether it was up before.
    pub fn raise(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether the flag is up.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
