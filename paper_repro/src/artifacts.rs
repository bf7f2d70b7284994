//! The output folder: checked before any work is done, written to atomically.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A folder that can be written to. Every file appears whole or not at all.
#[derive(Debug, Clone)]
pub struct OutputFolder(PathBuf);

impl OutputFolder {
    /// Makes the folder if need be and proves that files can be written there.
    ///
    /// # Errors
    /// The folder cannot be made or written to; the message names it and what to try.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let folder = OutputFolder(path.into());
        folder.probe().map_err(|error| {
            Failure::Other(format!(
                "cannot write to the output folder {}: {error}; choose another with --out DIR",
                folder.0.display()
            ))
        })?;
        Ok(folder)
    }

    fn probe(&self) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let probe = self.0.join(format!(".probe.{}", std::process::id()));
        File::create(&probe)?;
        fs::remove_file(&probe)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file beside its final place and renames it there; makes folders in `name` if need be.
    ///
    /// # Errors
    /// The system refused; a file of that name from before is untouched then.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        write_atomically(&path, bytes).map_err(|error| Failure::file(&path, error))?;
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
        assert_eq!(fs::read_dir(out.folder()).expect("a folder").count(), 1);
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
        assert_eq!(fs::read_dir(out.folder()).expect("a folder").count(), 1);
    }
}
