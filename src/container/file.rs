//! Containers in files: written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::{Container, MAGIC};
use crate::par::{self, Received, Team};
use crate::{Error, Result};

impl Container {
    /// Writes the container to `path`, atomically: whatever happens, the file holds the old content
    /// or the new one, never a part. The bytes go to a temporary file in the same folder, are
    /// flushed to the disk, and the file is renamed over `path`. Of a [team](par::with_team) the first process
    /// writes, after all have come to this point; none goes on before the file is there.
    ///
    /// # Errors
    /// [`Error::Io`]; the file at `path` is then as before.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let Some(team) = par::team() else { return self.write(path) };
        for rank in 0..team.size() {
            team.broadcast(rank, Received::U8(&mut [0]))?;
        }
        let written = if team.rank() == 0 { self.write(path) } else { Ok(()) };
        if par::decide(written.is_ok())? {
            return Ok(());
        }
        let reason = format!("the first process could not write {}; see what it says", path.display());
        Err(written.err().unwrap_or_else(|| Error::invalid("checkpoint", reason)))
    }

    fn write(&self, path: &Path) -> Result<()> {
        let (temporary, file) = temporary_beside(path)?;
        let written = self.write_flushed(file).and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            // What is left of the attempt; that it may not exist is no further error.
            let _ = fs::remove_file(&temporary);
            return Err(Error::io(path, &error));
        }
        flush_folder(path);
        Ok(())
    }

    fn write_flushed(&self, file: File) -> io::Result<()> {
        // The many short pieces of a table and of small sections go together.
        let mut buffered = BufWriter::new(&file);
        self.write_to(&mut buffered)?;
        buffered.flush()?;
        file.sync_all()
    }

    /// Reads a container from a file. Of a [team](par::with_team) the first process reads, and all get what it read.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Corrupt`] as [`from_bytes`](Self::from_bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = match par::team() {
            None => read_container(path).map_err(|error| Error::io(path, &error))?,
            Some(team) => read_together(&*team, path)?,
        };
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

/// What the first process reads; if it cannot, none can.
fn read_together(team: &dyn Team, path: &Path) -> Result<Vec<u8>> {
    let read = if team.rank() == 0 { read_container(path) } else { Ok(Vec::new()) };
    let mut length = [read.as_ref().map_or(u64::MAX, |bytes| bytes.len() as u64)];
    team.broadcast(0, Received::U64(&mut length))?;
    let mut bytes = read.map_err(|error| Error::io(path, &error))?;
    if length == [u64::MAX] {
        let reason = format!("the first process could not read {}; see what it says", path.display());
        return Err(Error::invalid("file", reason));
    }
    bytes.resize(length[0] as usize, 0);
    team.broadcast(0, Received::U8(&mut bytes))?;
    Ok(bytes)
}

/// Makes the rename itself survive a power cut, where folders can be flushed. The new file is in
/// place either way, so a refusal is no error.
fn flush_folder(path: &Path) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
