//! One file format for everything the crate keeps: models, checkpoints, results.
//!
//! A [`Container`] is a list of named, typed, shaped arrays. Its bytes are the same on every
//! machine, carry a version and a checksum, and are read without trusting any of them.
//!
//! # Byte layout, version 1
//! All integers are little-endian, all floats IEEE 754 little-endian.
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 8 | magic: `89 45 49 47 4E 0D 0A 1A` (`\x89EIGN\r\n\x1a`, which no text transfer survives) |
//! | 8 | 4 | version, `u32`: 1 |
//! | 12 | 4 | number of sections, `u32` |
//! | 16 | 8 | length of the whole file, `u64` |
//! | 24 | … | the table: one entry a section |
//! | … | … | the payloads, in the order of the table, each padded with zeros to a multiple of 8 |
//! | last 8 | 8 | CRC-64/XZ of every byte before it, `u64` |
//!
//! A table entry:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | kind: 1 `f32`, 2 `f64`, 3 `u64`, 4 bytes, 5 UTF-8 text |
//! | 1 | rank r: number of dimensions |
//! | 2 | length of the name in bytes, `u16` |
//! | 4 | zero |
//! | 8 | length of the payload in bytes without padding, `u64` |
//! | 8 r | the dimensions, `u64` each; their product is the number of elements |
//! | name | the name, UTF-8, not empty, unique in the file, padded with zeros to a multiple of 8 |
//!
//! The header and every entry and payload are multiples of 8 bytes, so all numbers lie aligned. A CRC of 64 bits finds
//! every burst of errors of up to 64 bits, hence every corrupted byte; the stored length finds truncation and trailing
//! bytes. It guards against accidents, not against forgery; the reader is safe against both: no input makes it panic,
//! or allocate more than a small multiple of the input's own length.

mod crc64;
mod decode;
mod encode;
mod file;
#[cfg(test)]
mod tests;

use std::any::Any;

use crate::scalar::{Family, Known};
use crate::{Error, Result, Scalar};

const MAGIC: [u8; 8] = *b"\x89EIGN\r\n\x1a";
const VERSION: u32 = 1;
const HEADER: usize = 24;
const CHECKSUM: usize = 8;

/// Named, typed, shaped arrays that read and write as bytes; see the [module](self) for the layout.
///
/// ```
/// use eigennet::container::Container;
/// let mut container = Container::new();
/// container.insert("weights", &[2, 3], &[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// container.insert_text("activation", "softplus")?;
///
/// let read = Container::from_bytes(&container.to_bytes())?;
/// assert_eq!(read.shape("weights")?, [2, 3]);
/// assert_eq!(read.get::<f64>("weights")?[5], 6.0);
/// assert_eq!(read.text("activation")?, "softplus");
/// assert!(read.get::<f32>("weights").is_err());
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container {
    sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq)]
struct Section {
    name: String,
    shape: Vec<usize>,
    data: Data,
}

impl Data {
    fn kind(&self) -> Kind {
        match self {
            Data::F32(_) => Kind::F32,
            Data::F64(_) => Kind::F64,
            Data::U64(_) => Kind::U64,
            Data::Bytes(_) => Kind::Bytes,
            Data::Utf8(_) => Kind::Utf8,
        }
    }
}

/// What the elements of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `f32`
    F32 = 1,
    /// `f64`
    F64 = 2,
    /// `u64`
    U64 = 3,
    /// `u8`
    Bytes = 4,
    /// UTF-8 text
    Utf8 = 5,
}

impl Kind {
    fn from_code(code: u8) -> Option<Self> {
        [Kind::F32, Kind::F64, Kind::U64, Kind::Bytes, Kind::Utf8].into_iter().find(|&kind| kind as u8 == code)
    }

    fn element_size(self) -> usize {
        match self {
            Kind::F32 => 4,
            Kind::F64 | Kind::U64 => 8,
            Kind::Bytes | Kind::Utf8 => 1,
        }
    }
}

mod private {
    /// The elements of a section.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Data {
        F32(Vec<f32>),
        F64(Vec<f64>),
        U64(Vec<u64>),
        Bytes(Vec<u8>),
        Utf8(String),
    }

    /// Keeps [`Element`](super::Element) sealed, and the packing out of the public interface.
    pub trait Sealed: Sized {
        fn pack(values: Vec<Self>) -> Data;
    }
}
use private::Data;

/// What a section may hold: every [`Scalar`], `u64` and `u8` (sealed).
pub trait Element: private::Sealed + Copy + 'static {}

impl<T: Scalar> Element for T {}
impl Element for u64 {}
impl Element for u8 {}

/// Vectors by their scalar.
struct Vectors;

impl Family for Vectors {
    type Of<T: Scalar> = Vec<T>;
}

impl<T: Scalar> private::Sealed for T {
    fn pack(values: Vec<Self>) -> Data {
        match T::known::<Vectors>(values) {
            Known::F32(values) => Data::F32(values),
            Known::F64(values) => Data::F64(values),
        }
    }
}

impl private::Sealed for u64 {
    fn pack(values: Vec<Self>) -> Data {
        Data::U64(values)
    }
}

impl private::Sealed for u8 {
    fn pack(values: Vec<Self>) -> Data {
        Data::Bytes(values)
    }
}

impl Container {
    /// An empty container.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are no sections.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The names, in the order they were inserted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|s| s.name.as_str())
    }

    /// Whether there is a section of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.sections.iter().any(|s| s.name == name)
    }

    /// Adds an array, row-major, of any [`Element`] type.
    ///
    /// # Errors
    /// [`Error::Shape`] if `shape` does not hold `values.len()` elements, [`Error::InvalidArgument`]
    /// for a name that is taken, empty or above 65535 bytes, or for more than 255 dimensions.
    pub fn insert<V: Element>(&mut self, name: impl Into<String>, shape: &[usize], values: &[V]) -> Result<()> {
        self.insert_vec(name, shape, values.to_vec())
    }

    /// [`insert`](Self::insert) of values that are given away: nothing is copied.
    ///
    /// # Errors
    /// As there.
    pub fn insert_vec<V: Element>(&mut self, name: impl Into<String>, shape: &[usize], values: Vec<V>) -> Result<()> {
        if element_count(shape) != Some(values.len()) {
            return Err(Error::shape("Container::insert", &[values.len()], shape));
        }
        self.push(name.into(), shape.to_vec(), V::pack(values))
    }

    /// Adds a single number, as an array without dimensions.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_number<V: Element>(&mut self, name: impl Into<String>, value: V) -> Result<()> {
        self.insert(name, &[], &[value])
    }

    /// Adds a text.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_text(&mut self, name: impl Into<String>, text: impl Into<String>) -> Result<()> {
        let text = text.into();
        self.push(name.into(), vec![text.len()], Data::Utf8(text))
    }

    fn push(&mut self, name: String, shape: Vec<usize>, data: Data) -> Result<()> {
        let require = |holds, reason| Error::require(holds, format_args!("section {name:?} of a Container"), reason);
        let usable = (1..=usize::from(u16::MAX)).contains(&name.len());
        require(usable, "a name has 1 to 65535 bytes; choose a shorter one that is not empty")?;
        require(shape.len() <= usize::from(u8::MAX), "an array has at most 255 dimensions; flatten some")?;
        require(!self.contains(&name), "the name is taken; give every section a name of its own")?;
        self.sections.push(Section { name, shape, data });
        Ok(())
    }

    fn section(&self, name: &str) -> Result<&Section> {
        self.sections.iter().find(|s| s.name == name).ok_or_else(|| Error::UnknownName {
            name: name.to_string(),
            known: self.names().map(str::to_string).collect(),
        })
    }

    /// The shape of a section; empty for a single number.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.section(name)?.shape)
    }

    /// What a section holds.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn kind(&self, name: &str) -> Result<Kind> {
        Ok(self.section(name)?.data.kind())
    }

    /// The elements of an array, row-major.
    ///
    /// # Errors
    /// [`Error::UnknownName`], or [`Error::InvalidArgument`] if they are of another type.
    pub fn get<V: Element>(&self, name: &str) -> Result<&[V]> {
        let section = self.section(name)?;
        let any: &dyn Any = match &section.data {
            Data::F32(v) => v,
            Data::F64(v) => v,
            Data::U64(v) => v,
            Data::Bytes(v) => v,
            Data::Utf8(v) => v,
        };
        any.downcast_ref::<Vec<V>>().map(Vec::as_slice).ok_or_else(|| section.holds(std::any::type_name::<V>()))
    }

    /// The only element of a section.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`Error::Shape`] unless there is exactly one.
    pub fn number<V: Element>(&self, name: &str) -> Result<V> {
        match self.get::<V>(name)? {
            [value] => Ok(*value),
            values => Err(Error::shape("Container::number", &[values.len()], &[1])),
        }
    }

    /// The `N` elements of a section.
    pub(crate) fn array<V: Element, const N: usize>(&self, name: &str) -> Result<[V; N]> {
        let values = self.get::<V>(name)?;
        values.try_into().map_err(|_| Error::Corrupt { reason: format!("{name} has {} of {N} entries", values.len()) })
    }

    /// A text.
    ///
    /// # Errors
    /// [`Error::UnknownName`], or [`Error::InvalidArgument`] if the section is no text.
    pub fn text(&self, name: &str) -> Result<&str> {
        let section = self.section(name)?;
        match &section.data {
            Data::Utf8(text) => Ok(text),
            _ => Err(section.holds("text")),
        }
    }

    /// Appends all sections of `other`, each name behind `prefix` and a slash.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn nest(&mut self, prefix: &str, other: Container) -> Result<()> {
        for section in other.sections {
            self.push(format!("{prefix}/{}", section.name), section.shape, section.data)?;
        }
        Ok(())
    }

    /// A copy of the sections below `prefix` and a slash, without it: the reverse of [`nest`](Self::nest).
    pub fn nested(&self, prefix: &str) -> Container {
        let below = |s: &Section| {
            let name = s.name.strip_prefix(prefix)?.strip_prefix('/')?.to_string();
            (!name.is_empty()).then(|| Section { name, ..s.clone() })
        };
        Container { sections: self.sections.iter().filter_map(below).collect() }
    }
}

impl Section {
    /// Of the payload, without padding.
    fn byte_length(&self) -> usize {
        self.data.kind().element_size() * self.shape.iter().product::<usize>()
    }

    fn holds(&self, wanted: &str) -> Error {
        Error::invalid(
            format!("section {:?} of a Container", self.name),
            format!("it holds {:?}, not {wanted}; read it as what it was saved as", self.data.kind()),
        )
    }
}

/// The product of the dimensions, unless it overflows.
fn element_count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))
}

/// `length` rounded up to a multiple of 8.
fn padded(length: usize) -> Option<usize> {
    length.checked_next_multiple_of(8)
}
