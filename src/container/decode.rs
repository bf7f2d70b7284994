//! Reading a container from bytes that nobody vouches for.

use std::collections::HashSet;

use super::crc64::crc64;
use super::{CHECKSUM, Container, Data, HEADER, Kind, MAGIC, Section, VERSION, element_count, padded};
use crate::{Error, Result};

impl Container {
    /// Reads the bytes that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for anything else: foreign, damaged, truncated, continued or forged bytes,
    /// or a version that this release does not know.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut rest = Reader { bytes };
        let magic = rest.take(MAGIC.len())? == MAGIC;
        Error::intact(magic, "it does not begin with the format's magic bytes; is it the right file?")?;
        let version = rest.u32()?;
        let reason = format_args!(
            "it is of version {version}, this release reads version {VERSION}; read it with the release that wrote it"
        );
        Error::intact(version == VERSION, reason)?;
        let count = rest.u32()?;
        let length = rest.u64()?;
        let found = bytes.len() as u64;
        let reason =
            format_args!("it should have {length} bytes and has {found}; it was cut off or continued, copy it again");
        Error::intact(length == found, reason)?;
        let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else { return truncated() };
        let reason = "the checksum does not match: some byte was altered; copy it again or use an older file";
        Error::intact(crc64(body) == u64::from_le_bytes(*checksum), reason)?;

        // From here on only a forger or a defective writer can be at fault; every length is still
        // compared with the bytes that are there before anything of that length is made.
        let mut rest = Reader { bytes: body.get(HEADER..).unwrap_or_default() };
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        for _ in 0..count {
            let entry = Entry::read(&mut rest)?;
            Error::intact(names.insert(entry.name), format_args!("the name {:?} occurs twice", entry.name))?;
            entries.push(entry);
        }
        let mut sections = Vec::with_capacity(entries.len());
        for entry in entries {
            let payload = rest.take_padded(entry.length)?;
            let data = entry.decode(payload)?;
            sections.push(Section { name: entry.name.to_string(), shape: entry.shape, data });
        }
        let left = rest.bytes.len();
        Error::intact(left == 0, format_args!("{left} bytes belong to no section"))?;
        Ok(Container { sections })
    }
}

struct Entry<'a> {
    name: &'a str,
    kind: Kind,
    shape: Vec<usize>,
    length: usize,
}

impl<'a> Entry<'a> {
    fn read(rest: &mut Reader<'a>) -> Result<Self> {
        let [kind, rank] = rest.array()?;
        let name_length = u16::from_le_bytes(rest.array()?);
        Error::intact(rest.u32()? == 0, "a reserved field is not zero")?;
        let length = rest.size()?;
        let shape = (0..rank).map(|_| rest.size()).collect::<Result<Vec<_>>>()?;
        let Ok(name) = std::str::from_utf8(rest.take_padded(usize::from(name_length))?) else {
            return corrupt("a section's name is not UTF-8");
        };
        let Some(kind) = Kind::from_code(kind) else {
            return corrupt(format!("section {name:?} is of the unknown kind {kind}"));
        };
        Error::intact(!name.is_empty(), "a section has no name")?;
        let fits = element_count(&shape).and_then(|count| count.checked_mul(kind.element_size())) == Some(length);
        Error::intact(fits, format_args!("section {name:?} of shape {shape:?} does not have {length} bytes"))?;
        Ok(Entry { name, kind, shape, length })
    }

    fn decode(&self, payload: &[u8]) -> Result<Data> {
        Ok(match self.kind {
            Kind::F32 => Data::F32(payload.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()),
            Kind::F64 => Data::F64(payload.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect()),
            Kind::U64 => Data::U64(payload.as_chunks().0.iter().map(|b| u64::from_le_bytes(*b)).collect()),
            Kind::Bytes => Data::Bytes(payload.to_vec()),
            Kind::Utf8 => match std::str::from_utf8(payload) {
                Ok(text) => Data::Utf8(text.to_string()),
                Err(_) => return corrupt(format!("the text of section {:?} is not UTF-8", self.name)),
            },
        })
    }
}

/// The bytes that are left.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else { return truncated() };
        self.bytes = rest;
        Ok(taken)
    }

    /// `length` bytes, and the zeros that fill them up to a multiple of 8.
    fn take_padded(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some(whole) = padded(length) else { return truncated() };
        let (taken, padding) = self.take(whole)?.split_at(length);
        Error::intact(padding.iter().all(|&byte| byte == 0), "padding is not zero")?;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some((taken, rest)) = self.bytes.split_first_chunk() else { return truncated() };
        self.bytes = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize> {
        let size = self.u64()?;
        usize::try_from(size).or_else(|_| corrupt(format!("a length of {size} is more than this machine can address")))
    }
}

fn corrupt<V>(reason: impl Into<String>) -> Result<V> {
    Err(Error::Corrupt { reason: reason.into() })
}

fn truncated<V>() -> Result<V> {
    corrupt("it ends too early; copy it again")
}
