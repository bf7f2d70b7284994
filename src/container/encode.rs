//! Writing a container as bytes.

use std::io::{self, Write};

use super::crc64::Crc64;
use super::{CHECKSUM, Container, Data, HEADER, MAGIC, VERSION};

/// Elements that are on their way as bytes at a time.
const PIECE: usize = 4096;

impl Container {
    /// The bytes of the container; see the [module](crate::container) for the layout.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length());
        // Memory takes whatever is written to it.
        let _ = self.write_to(&mut bytes);
        bytes
    }

    /// Of all bytes.
    fn length(&self) -> usize {
        let table: usize =
            self.sections.iter().map(|s| 16 + 8 * s.shape.len() + s.name.len().next_multiple_of(8)).sum();
        let payload: usize = self.sections.iter().map(|s| s.byte_length().next_multiple_of(8)).sum();
        HEADER + table + payload + CHECKSUM
    }

    /// Writes the bytes piece by piece, so that they are nowhere all at once.
    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = Summed { out, crc: Crc64::new() };
        let mut table = Vec::new();
        table.extend(MAGIC);
        table.extend(VERSION.to_le_bytes());
        table.extend((self.sections.len() as u32).to_le_bytes());
        table.extend((self.length() as u64).to_le_bytes());
        for section in &self.sections {
            table.push(section.data.kind() as u8);
            table.push(section.shape.len() as u8);
            table.extend((section.name.len() as u16).to_le_bytes());
            table.extend([0; 4]);
            table.extend((section.byte_length() as u64).to_le_bytes());
            table.extend(section.shape.iter().flat_map(|&size| (size as u64).to_le_bytes()));
            table.extend(section.name.as_bytes());
            table.resize(table.len().next_multiple_of(8), 0);
        }
        out.write(&table)?;
        for section in &self.sections {
            match &section.data {
                Data::F32(values) => out.elements(values, |v| v.to_le_bytes())?,
                Data::F64(values) => out.elements(values, |v| v.to_le_bytes())?,
                Data::U64(values) => out.elements(values, |v| v.to_le_bytes())?,
                Data::Bytes(values) => out.write(values)?,
                Data::Utf8(text) => out.write(text.as_bytes())?,
            }
            let length = section.byte_length();
            out.write(&[0; 8][..length.next_multiple_of(8) - length])?;
        }
        let checksum = out.crc.sum();
        out.write(&checksum.to_le_bytes())
    }
}

/// Where bytes go to, and the checksum of those that went.
struct Summed<'a> {
    out: &'a mut dyn Write,
    crc: Crc64,
}

impl Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.add(bytes);
        self.out.write_all(bytes)
    }

    /// Writes `values`, `N` bytes each; a plain copy where the machine is little-endian.
    fn elements<V: Copy, const N: usize>(&mut self, values: &[V], encode: impl Fn(V) -> [u8; N]) -> io::Result<()> {
        let mut bytes = vec![[0; N]; values.len().min(PIECE)];
        for values in values.chunks(PIECE) {
            let bytes = &mut bytes[..values.len()];
            bytes.iter_mut().zip(values).for_each(|(place, &value)| *place = encode(value));
            self.write(bytes.as_flattened())?;
        }
        Ok(())
    }
}
