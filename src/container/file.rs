//! Containers in files: written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Container, MAGIC};
use crate::{Error, Result};

impl Container {
    /// Writes the container to `path`, atomically: whatever happens, the file holds the old content
    /// or the new one, never a part. The bytes go to a temporary file in the same folder, are
    /// flushed to the disk, and the file is renamed over `path`.
    ///
    /// # Errors
    /// [`Error::Io`]; the file at `path` is then as before.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let (temporary, file) = temporary_beside(path)?;
        let written = write_flushed(file, &self.to_bytes()).and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            // What is left of the attempt; that it may not exist is no further error.
            let _ = fs::remove_file(&temporary);
            return Err(Error::io(path, &error));
        }
        flush_folder(path);
        Ok(())
    }

    /// Reads a container from a file.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Corrupt`] as [`from_bytes`](Self::from_bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = read_container(path).map_err(|error| Error::io(path, &error))?;
        Self::from_bytes(&bytes).map_err(|error| match error {
            Error::Corrupt { reason } => Error::Corrupt { reason: format!("{}: {reason}", path.display()) },
            other => other,
        })
    }
}

/// A new file in the same folder, under a name that nobody else uses.
fn temporary_beside(path: &Path) -> Result<(PathBuf, File)> {
    let Some(name) = path.file_name() else {
        return Err(Error::invalid(
            format!("path {:?}", path.display().to_string()),
            "it names no file; add a file name",
        ));
    };
    let mut attempt = 0;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Another thread is writing, or a killed process left one behind.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
            Err(error) => return Err(Error::io(path, &error)),
        }
    }
}

/// The whole file if it begins as containers do, else its beginning: what is no container may have no end.
fn read_container(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    (&file).take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
    if bytes == MAGIC {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn write_flushed(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself survive a power cut, where folders can be flushed. The new file is in
/// place either way, so a refusal is no error.
fn flush_folder(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
