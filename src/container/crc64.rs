//! CRC-64/XZ: the reflected polynomial of ECMA-182, as used by the xz format.

#[cfg(test)]
mod tests;

const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

/// `TABLES[0]` advances the remainder by one byte, `TABLES[k]` by that byte and k zeros behind it.
static TABLES: [[u64; 256]; 8] = tables();

const fn tables() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

/// The checksum of `bytes`.
pub(super) fn crc64(bytes: &[u8]) -> u64 {
    let mut crc = Crc64::new();
    crc.add(bytes);
    crc.sum()
}

/// A checksum of bytes that come piece by piece.
#[derive(Debug)]
pub(super) struct Crc64(u64);

impl Crc64 {
    /// Of nothing yet.
    pub fn new() -> Self {
        Crc64(!0)
    }

    /// Goes on with `bytes`, eight at a time (Kounavis and Berry, 2005).
    pub fn add(&mut self, bytes: &[u8]) {
        let (words, tail) = bytes.as_chunks::<8>();
        let mut crc = self.0;
        for word in words {
            let [a, b, c, d, e, f, g, h] = (crc ^ u64::from_le_bytes(*word)).to_le_bytes().map(usize::from);
            let low = TABLES[7][a] ^ TABLES[6][b] ^ TABLES[5][c] ^ TABLES[4][d];
            crc = low ^ TABLES[3][e] ^ TABLES[2][f] ^ TABLES[1][g] ^ TABLES[0][h];
        }
        for &byte in tail {
            crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
        }
        self.0 = crc;
    }

    /// Of all bytes so far.
    pub fn sum(&self) -> u64 {
        !self.0
    }
}
