//! Kills a binary in its middle and resumes it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits for the file, so that what comes next meets the run in its middle.
pub fn wait_for(child: &mut Child, file: &Path) {
    let begun = Instant::now();
    while !file.is_file() {
        assert!(begun.elapsed() < Duration::from_secs(240), "no {}", file.display());
        assert!(child.try_wait().expect("a status").is_none(), "it ended before {}", file.display());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs `program` at the quick preset to its end; and again, where it is killed once `checkpoint` is there and resumed
/// on another number of threads. Every one of `files` has to come out the same, byte for byte.
pub fn resumes_bit_for_bit(program: &str, arguments: &[&str], checkpoint: &str, files: &[&str]) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (whole, killed) = (place.path().join("whole"), place.path().join("killed"));
    let start = |out: &Path, more: &[&str]| {
        let mut command = Command::new(program);
        command.args(["--preset", "quick", "--out"]).arg(out).args(arguments).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    };
    let finish = |child: Child| {
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    finish(start(&whole, &["--threads", "1"]));
    let mut child = start(&killed, &["--threads", "2"]);
    wait_for(&mut child, &killed.join(checkpoint));
    child.kill().expect("SIGKILL");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), None, "{arguments:?}: it was not killed in the middle");
    assert!(!killed.join("metrics.json").exists());
    finish(start(&killed, &["--threads", "2", "--resume"]));
    for file in files {
        let bytes = |out: &Path| std::fs::read(out.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(bytes(&whole) == bytes(&killed), "{arguments:?}: {file} differs");
    }
}
