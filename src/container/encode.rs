//! Writing a container as bytes.

use super::crc64::crc64;
use super::{CHECKSUM, Container, Data, HEADER, MAGIC, VERSION};

impl Container {
    /// The bytes of the container; see the [module](crate::container) for the layout.
    pub fn to_bytes(&self) -> Vec<u8> {
        let table: usize =
            self.sections.iter().map(|s| 16 + 8 * s.shape.len() + s.name.len().next_multiple_of(8)).sum();
        let payload: usize = self.sections.iter().map(|s| s.byte_length().next_multiple_of(8)).sum();
        let length = HEADER + table + payload + CHECKSUM;

        let mut bytes = Vec::with_capacity(length);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.sections.len() as u32).to_le_bytes());
        bytes.extend((length as u64).to_le_bytes());
        for section in &self.sections {
            bytes.push(section.data.kind() as u8);
            bytes.push(section.shape.len() as u8);
            bytes.extend((section.name.len() as u16).to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend((section.byte_length() as u64).to_le_bytes());
            bytes.extend(section.shape.iter().flat_map(|&size| (size as u64).to_le_bytes()));
            bytes.extend(section.name.as_bytes());
            pad(&mut bytes);
        }
        for section in &self.sections {
            match &section.data {
                Data::F32(values) => append(&mut bytes, values, |v| v.to_le_bytes()),
                Data::F64(values) => append(&mut bytes, values, |v| v.to_le_bytes()),
                Data::U64(values) => append(&mut bytes, values, |v| v.to_le_bytes()),
                Data::Bytes(values) => bytes.extend_from_slice(values),
                Data::Utf8(text) => bytes.extend_from_slice(text.as_bytes()),
            }
            pad(&mut bytes);
        }
        let checksum = crc64(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

/// Appends `values`, `N` bytes each; a plain copy where the machine is little-endian.
fn append<V: Copy, const N: usize>(bytes: &mut Vec<u8>, values: &[V], encode: impl Fn(V) -> [u8; N]) {
    let start = bytes.len();
    bytes.resize(start + N * values.len(), 0);
    for (place, &value) in bytes[start..].as_chunks_mut().0.iter_mut().zip(values) {
        *place = encode(value);
    }
}
