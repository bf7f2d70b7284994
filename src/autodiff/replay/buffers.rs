//! The state of a model that is not trained, such as running statistics.

use super::workspace::Workspace;
use crate::Scalar;
use crate::container::{Container, Element};
use crate::error::Error;

/// The entries of all buffers of a workspace, by name: what has to be kept beside the parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buffers<T>(Vec<(String, Vec<T>)>);

impl<T: Scalar> Workspace<T> {
    /// A copy of the buffers as they are now.
    pub fn buffers(&self) -> Buffers<T> {
        Buffers(self.each_buffer().map(|(name, data)| (name.to_string(), data.to_vec())).collect())
    }

    /// Gives the buffers these entries.
    ///
    /// # Errors
    /// As [`set`](Self::set); [`Error::UnknownName`] too if some buffer is missing in `buffers`.
    pub fn set_buffers(&mut self, buffers: &Buffers<T>) -> Result<&mut Self, Error> {
        let known = || buffers.0.iter().map(|(name, _)| name.as_str());
        if let Some((missing, _)) = self.each_buffer().find(|(name, _)| known().all(|k| k != *name)) {
            return Err(Error::UnknownName { name: missing.to_string(), known: known().map(str::to_string).collect() });
        }
        for (name, data) in &buffers.0 {
            self.set(name, data)?;
        }
        Ok(self)
    }
}

impl<T: Scalar + Element> Buffers<T> {
    /// Names and entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[T])> {
        self.0.iter().map(|(name, data)| (name.as_str(), data.as_slice()))
    }

    /// The buffers as data.
    ///
    /// # Errors
    /// As [`Container::insert`].
    pub fn save(&self) -> Result<Container, Error> {
        let mut out = Container::new();
        for (name, data) in self.iter() {
            out.insert(name, &[data.len()], data)?;
        }
        Ok(out)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the entries are of another type.
    pub fn load(container: &Container) -> Result<Self, Error> {
        container
            .names()
            .map(|name| Ok((name.to_string(), container.get::<T>(name)?.to_vec())))
            .collect::<Result<_, _>>()
            .map(Buffers)
    }
}
