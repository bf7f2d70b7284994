use super::*;

/// Straight from the definition, a bit at a time.
fn bitwise(bytes: &[u8]) -> u64 {
    let mut crc = u64::MAX;
    for &byte in bytes {
        crc ^= u64::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn the_published_check_value() {
    assert_eq!(crc64(b"123456789"), 0x995D_C9BB_DF19_39FA);
    assert_eq!(crc64(b""), 0);
}

#[test]
fn agrees_with_the_definition_at_every_length() {
    let bytes: Vec<u8> = (0..100_u32).map(|i| (i * i + 7) as u8).collect();
    for length in 0..bytes.len() {
        assert_eq!(crc64(&bytes[..length]), bitwise(&bytes[..length]), "{length}");
        // In two pieces, wherever they meet.
        let mut pieces = Crc64::new();
        pieces.add(&bytes[..length]);
        pieces.add(&bytes[length..]);
        assert_eq!(pieces.sum(), bitwise(&bytes), "{length}");
    }
}
