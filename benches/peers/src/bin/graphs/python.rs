//! A Python process that answers requests (`benches/peers/python/graphs.py` says how).

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use eigennet::Scalar;
use eigennet::linalg::Matrix;

pub struct Python {
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a method found, and how long it took.
pub struct Answer {
    pub seconds: f64,
    pub values: Vec<f64>,
}

/// Medians of both times, and what both found.
pub struct Race<R> {
    pub ours: f64,
    pub theirs: f64,
    pub result: R,
    pub answer: Vec<f64>,
}

const ROUNDS: usize = 5;
/// Seconds of one round beyond which there is no second.
const LONG: f64 = 3.0;

impl Python {
    pub fn start(interpreter: &str) -> Result<Self, Box<dyn Error>> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/graphs.py");
        let mut process = Command::new(interpreter).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().ok_or("no output of Python")?);
        Ok(Python { process, requests, answers })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        let requests = self.requests.as_mut().ok_or("no input of Python")?;
        requests.write_all(bytes)?;
        Ok(requests.flush()?)
    }

    /// Gives it an array under a name.
    pub fn give<T: Scalar>(&mut self, name: &str, array: &Matrix<T>) -> Result<(), Box<dyn Error>> {
        self.send(format!("array {name} {} {}\n", array.rows(), array.cols()).as_bytes())?;
        self.send(&array.as_slice().iter().flat_map(|&x| Scalar::to_f64(x).to_le_bytes()).collect::<Vec<u8>>())
    }

    /// The answer to a request, or why there is none.
    pub fn ask(&mut self, request: &str) -> Result<Answer, Box<dyn Error>> {
        self.send(format!("{request}\n").as_bytes())?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        if let Some(reason) = line.strip_prefix("absent ") {
            return Err(reason.trim_end().into());
        }
        let (seconds, count) = line.trim_end().split_once(' ').ok_or("Python has ended")?;
        let mut bytes = vec![0; 8 * count.parse::<usize>()?];
        self.answers.read_exact(&mut bytes)?;
        let number = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes);
        Ok(Answer { seconds: seconds.parse()?, values: bytes.chunks_exact(8).map(number).collect() })
    }

    /// Ours and theirs in turns, so that what else the machine does falls on both.
    pub fn race<R>(
        &mut self,
        request: &str,
        mut ours: impl FnMut() -> Result<R, eigennet::Error>,
    ) -> Result<Race<R>, Box<dyn Error>> {
        let (mut times, mut last) = ([Vec::new(), Vec::new()], None);
        for _ in 0..ROUNDS {
            let Answer { seconds, values } = self.ask(request)?;
            let start = Instant::now();
            let result = ours()?;
            let own = start.elapsed().as_secs_f64();
            times[0].push(own);
            times[1].push(seconds);
            last = Some((result, values));
            if own + seconds > LONG {
                break;
            }
        }
        let median = |mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let (result, answer) = last.ok_or("no rounds")?;
        let [ours, theirs] = times.map(median);
        Ok(Race { ours, theirs, result, answer })
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // Without input it ends.
        self.requests = None;
        let _ = self.process.wait();
    }
}
