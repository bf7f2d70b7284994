//! The output folder: checked before any work is done, one run's alone, written to atomically.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eigennet::par;

use crate::failure::Failure;

/// A folder that can be written to, by this run alone until the last clone is dropped. Every file appears whole or not at
/// all.
#[derive(Debug, Clone)]
pub struct OutputFolder {
    path: PathBuf,
    /// Locked; the system lets go of it however the process ends. Of several processes the first has it, and writes.
    lock: Option<Arc<File>>,
}

/// Who has it locked, writes to the folder.
const LOCK: &str = ".lock";

/// What a save that was killed leaves behind: files of the library's containers, and of this module.
fn is_left_over(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(".tmp") || name.ends_with(".part")
}

impl OutputFolder {
    /// Makes the folder if need be, proves that files can be written there, keeps other runs out of it, and removes what
    /// a killed run was writing.
    ///
    /// # Errors
    /// The folder cannot be made or written to, or another run writes to it; the message names it and what to try.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let path: PathBuf = path.into();
        if !par::is_first() {
            return Ok(OutputFolder { path, lock: None });
        }
        let refused = |error: &dyn std::fmt::Display| {
            let folder = path.display();
            Failure::Other(format!(
                "cannot write to the output folder {folder}: {error}; choose another with --out DIR"
            ))
        };
        let made = fs::create_dir_all(&path).and_then(|()| File::create(path.join(LOCK)));
        let lock = made.map_err(|error| refused(&error))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(refused(&"another run writes to it; wait for its end")),
            // Some file systems have no locks; then the folder is the user's to guard.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        for entry in fs::read_dir(&path).map_err(|error| refused(&error))?.flatten() {
            if is_left_over(&entry.file_name().to_string_lossy()) {
                // One that cannot be removed is in nobody's way.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(OutputFolder { path, lock: Some(Arc::new(lock)) })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file beside its final place and renames it there; makes folders in `name` if need be.
    ///
    /// # Errors
    /// The system refused; a file of that name from before is untouched then.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        if self.lock.is_some() {
            write_atomically(&path, bytes).map_err(|error| Failure::file(&path, error))?;
        }
        Ok(path)
    }
}

fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut temporary = path.as_os_str().to_os_string();
    temporary.push(format!(".{}.part", std::process::id()));
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // The first error is the one to report; a part that cannot be removed either adds nothing.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_its_former_self_and_leaves_no_part_behind() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let out = OutputFolder::create(place.path().join("a/b")).expect("writable");
        out.write("deep/x.txt", b"one").expect("written");
        out.write("deep/x.txt", b"two").expect("written");
        assert_eq!(fs::read(out.path("deep/x.txt")).expect("readable"), b"two");
        let names: Vec<_> =
            fs::read_dir(out.path("deep")).expect("a folder").flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["x.txt"]);
        // Beside it, the lock.
        assert_eq!(fs::read_dir(out.folder()).expect("a folder").count(), 2);
    }

    #[test]
    fn a_folder_is_one_run_s_alone() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let out = OutputFolder::create(place.path()).expect("writable");
        let clone = out.clone();
        drop(out);
        let message = OutputFolder::create(place.path()).expect_err("in use").to_string();
        assert!(message.contains("another run") && message.contains("--out"), "{message}");
        drop(clone);
        OutputFolder::create(place.path()).expect("free again");
    }

    #[test]
    fn what_a_killed_save_left_is_removed() {
        let place = tempfile::tempdir().expect("a temporary folder");
        for name in [".lm.checkpoint.17-0.tmp", "report.html.17.part", "lm.checkpoint", "notes.tmp"] {
            fs::write(place.path().join(name), b"").expect("written");
        }
        let out = OutputFolder::create(place.path()).expect("writable");
        let kept: Vec<bool> = [".lm.checkpoint.17-0.tmp", "report.html.17.part", "lm.checkpoint", "notes.tmp"]
            .iter()
            .map(|name| out.path(name).exists())
            .collect();
        assert_eq!(kept, [false, false, true, true]);
    }

    #[test]
    fn a_folder_that_cannot_be_is_refused_with_its_name_and_a_way_out() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let file = place.path().join("file");
        fs::write(&file, b"").expect("written");
        for path in [file.clone(), file.join("below")] {
            let message = OutputFolder::create(&path).expect_err("a file is no folder").to_string();
            assert!(message.contains("--out") && message.contains("file"), "{message}");
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let out = OutputFolder::create(place.path()).expect("writable");
        fs::create_dir(out.path("taken")).expect("made");
        let failure = out.write("taken", b"x").expect_err("a folder cannot be replaced by a file");
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(fs::read_dir(out.folder()).expect("a folder").count(), 2);
    }
}
