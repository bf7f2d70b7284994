//! Repairs what only a writer of containers gets right.

/// The same bytes with a valid magic, version, length and checksum.
pub fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let body = bytes.len() - 8;
    bytes[..8].copy_from_slice(b"\x89EIGN\r\n\x1a");
    bytes[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let length = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let checksum = crc64(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// CRC-64/XZ from its definition, a bit at a time.
fn crc64(bytes: &[u8]) -> u64 {
    let mut crc = u64::MAX;
    for &byte in bytes {
        crc ^= u64::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xC96C_5795_D787_0F42 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
