//! Finished trials, in memory and on disk.

use std::collections::HashMap;
use std::result;

use super::{Checkpoints, Score};
use crate::container::Container;
use crate::par::decide;
use crate::{Error, Result, Seed};

/// Results by the words of their candidates. The file holds them all, those of candidates that are not asked for now
/// among them.
#[derive(Debug)]
pub(super) struct Finished {
    checkpoints: Option<Checkpoints>,
    fingerprint: String,
    seed: Seed,
    results: Vec<(String, result::Result<Score, String>)>,
    places: HashMap<String, usize>,
}

impl Finished {
    /// What the file holds, if there is one.
    pub fn open(checkpoints: Option<Checkpoints>, fingerprint: &str, seed: Seed) -> Result<Self> {
        let mut finished = Finished {
            checkpoints,
            fingerprint: fingerprint.to_string(),
            seed,
            results: Vec::new(),
            places: HashMap::new(),
        };
        if let Some(Checkpoints { path, .. }) = &finished.checkpoints
            && decide(path.exists())?
        {
            let container = Container::load(path)?;
            let same = |what: &str, theirs: &dyn std::fmt::Display, ours: &dyn std::fmt::Display, same| {
                let reason = format_args!(
                    "the {what} of {} is `{theirs}`, not `{ours}`; give the same, or remove the file to start over",
                    path.display()
                );
                Error::require(same, "file of GridSearch", reason)
            };
            let theirs = container.text("fingerprint")?;
            same("fingerprint", &theirs, &fingerprint, theirs == fingerprint)?;
            let theirs = container.number::<u64>("seed")?;
            same("seed", &theirs, &seed.0, theirs == seed.0)?;
            finished.read(&container)?;
        }
        Ok(finished)
    }

    fn read(&mut self, container: &Container) -> Result<()> {
        let mut index = 0;
        while container.contains(&format!("{index}/candidate")) {
            let own = container.nested(&index.to_string());
            let result = if own.contains("failure") {
                Err(own.text("failure")?.to_string())
            } else {
                Ok(Score { value: own.number("score")?, record: own.nested("record") })
            };
            self.insert(own.text("candidate")?, result);
            index += 1;
        }
        Error::intact(container.number::<u64>("count")? == index, "the number of trials is not that of the file")
    }

    fn insert(&mut self, name: &str, result: result::Result<Score, String>) {
        self.places.insert(name.to_string(), self.results.len());
        self.results.push((name.to_string(), result));
    }

    /// What became of a candidate.
    pub fn result(&self, name: &str) -> Option<&result::Result<Score, String>> {
        self.places.get(name).map(|&place| &self.results[place].1)
    }

    /// Keeps a result, and writes the file if it is time to.
    pub fn add(&mut self, name: &str, result: result::Result<Score, String>) -> Result<()> {
        self.insert(name, result);
        let due = |c: &Checkpoints| c.every > 0 && (self.results.len() as u64).is_multiple_of(c.every);
        if self.checkpoints.as_ref().is_some_and(due) { self.save() } else { Ok(()) }
    }

    /// Writes the file, if there is to be one.
    pub fn save(&self) -> Result<()> {
        let Some(Checkpoints { path, .. }) = &self.checkpoints else { return Ok(()) };
        let mut container = Container::new();
        container.insert_text("fingerprint", self.fingerprint.as_str())?;
        container.insert_number("seed", self.seed.0)?;
        container.insert_number("count", self.results.len() as u64)?;
        for (index, (name, result)) in self.results.iter().enumerate() {
            let mut own = Container::new();
            own.insert_text("candidate", name.as_str())?;
            match result {
                Ok(Score { value, record }) => {
                    own.insert_number("score", *value)?;
                    own.nest("record", record.clone())?;
                }
                Err(failure) => own.insert_text("failure", failure.as_str())?,
            }
            container.nest(&index.to_string(), own)?;
        }
        container.save(path)
    }
}
