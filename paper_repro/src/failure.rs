//! Why a run ended without a result, and the exit code that says so.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Exit code of a run that ended by Ctrl-C, as a shell expects it: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Why a run ended without a result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Ctrl-C; the experiment has saved its checkpoint. Exit code 130.
    Interrupted,
    /// Options that contradict each other or the problem. Exit code 2.
    Usage(String),
    /// The library refused or gave up. Exit code 1.
    Library(eigennet::Error),
    /// A file could not be read or written. Exit code 1.
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// Anything else, in a sentence. Exit code 1.
    Other(String),
}

impl Failure {
    /// [`Failure::File`] for `path`.
    pub fn file(path: &Path, source: io::Error) -> Self {
        Failure::File { path: path.to_path_buf(), source }
    }

    /// The exit code: 2 for bad arguments, 130 for Ctrl-C, 1 for everything that went wrong later.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Interrupted => INTERRUPTED,
            Failure::Usage(_) => 2,
            Failure::Library(_) | Failure::File { .. } | Failure::Other(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Interrupted => f.write_str("interrupted"),
            Failure::Usage(message) | Failure::Other(message) => f.write_str(message),
            Failure::Library(error) => error.fmt(f),
            Failure::File { path, source } => {
                let full = matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                let advice =
                    if full { "; make room, and go on with --resume, or choose another folder with --out" } else { "" };
                write!(f, "{}: {source}{advice}", path.display())
            }
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::Library(error) => Some(error),
            Failure::File { source, .. } => Some(source),
            Failure::Interrupted | Failure::Usage(_) | Failure::Other(_) => None,
        }
    }
}

impl From<eigennet::Error> for Failure {
    fn from(error: eigennet::Error) -> Self {
        Failure::Library(error)
    }
}
