use super::*;
use quickcheck::{Arbitrary, Gen, QuickCheck};

fn sample() -> Container {
    let mut container = Container::new();
    container.insert("weights", &[2, 3], &[1.0_f64, -2.5, f64::MIN_POSITIVE, f64::INFINITY, 0.0, -0.0]).unwrap();
    container.insert("singles", &[3], &[1.5_f32, f32::MAX, -0.0]).unwrap();
    container.insert("counts", &[1, 2], &[0, u64::MAX]).unwrap();
    container.insert("raw", &[5], &[0_u8, 1, 2, 254, 255]).unwrap();
    container.insert_text("name", "Ritz · ψ₁").unwrap();
    container.insert_number("step", 7_u64).unwrap();
    container.insert::<f64>("empty", &[0, 4], &[]).unwrap();
    container.insert_text("nothing", "").unwrap();
    container
}

/// Bytes whose checksum and length are right, whatever else was done to them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    bytes[16..24].copy_from_slice(&length);
    let body = bytes.len() - CHECKSUM;
    let checksum = crc64::crc64(&bytes[..body]).to_le_bytes();
    bytes[body..].copy_from_slice(&checksum);
    bytes
}

fn is_corrupt(bytes: &[u8]) -> bool {
    matches!(Container::from_bytes(bytes), Err(Error::Corrupt { .. }))
}

#[test]
fn what_is_inserted_comes_back() {
    let read = Container::from_bytes(&sample().to_bytes()).unwrap();
    assert_eq!(read, sample());
    assert_eq!(read.names().collect::<Vec<_>>().len(), 8);
    assert_eq!(read.shape("weights").unwrap(), [2, 3]);
    assert_eq!(read.kind("singles").unwrap(), Kind::F32);
    assert_eq!(read.get::<f64>("weights").unwrap()[1], -2.5);
    assert!(read.get::<f64>("weights").unwrap()[5].is_sign_negative());
    assert_eq!(read.get::<u64>("counts").unwrap(), [0, u64::MAX]);
    assert_eq!(read.get::<u8>("raw").unwrap(), [0, 1, 2, 254, 255]);
    assert_eq!(read.text("name").unwrap(), "Ritz · ψ₁");
    assert_eq!(read.number::<u64>("step").unwrap(), 7);
    assert!(read.get::<f64>("empty").unwrap().is_empty());
    assert!(Container::from_bytes(&Container::new().to_bytes()).unwrap().is_empty());
}

/// The documented layout, byte for byte.
#[test]
fn the_bytes_are_as_documented() {
    let mut container = Container::new();
    container.insert("ab", &[1], &[1.0_f32]).unwrap();
    let mut expected = b"\x89EIGN\r\n\x1a".to_vec();
    expected.extend([1, 0, 0, 0, 1, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([1, 1, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([1, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', 0, 0, 0, 0, 0, 0]);
    expected.extend([0, 0, 0x80, 0x3f, 0, 0, 0, 0]);
    expected.extend(crc64::crc64(&expected).to_le_bytes());
    assert_eq!(container.to_bytes(), expected);
}

#[test]
fn every_corrupted_byte_is_found() {
    let bytes = sample().to_bytes();
    for index in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff, 0x5a] {
            let mut damaged = bytes.clone();
            damaged[index] ^= flip;
            assert!(is_corrupt(&damaged), "byte {index} ^ {flip:#x}");
        }
    }
}

#[test]
fn every_truncation_and_continuation_is_found() {
    let bytes = sample().to_bytes();
    for length in 0..bytes.len() {
        assert!(is_corrupt(&bytes[..length]), "{length}");
    }
    for tail in [&[0][..], &[0; 8], b"more"] {
        assert!(is_corrupt(&[&bytes[..], tail].concat()));
    }
}

/// Bytes altered by somebody who repairs the checksum: what is left to find are contradictions, and
/// whatever is accepted has to write itself back.
#[test]
fn forged_bytes_do_no_harm() {
    let bytes = sample().to_bytes();
    for index in 8..bytes.len() - CHECKSUM {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut forged = bytes.clone();
            forged[index] = value;
            let forged = sealed(forged);
            match Container::from_bytes(&forged) {
                Ok(read) => assert_eq!(read.to_bytes(), forged, "byte {index} = {value}"),
                Err(error) => assert!(matches!(error, Error::Corrupt { .. }), "{error}"),
            }
        }
    }
}

#[test]
fn absurd_lengths_allocate_nothing() {
    let mut container = Container::new();
    container.insert("x", &[2], &[1.0, 2.0]).unwrap();
    let bytes = container.to_bytes();
    // Number of sections, payload length, dimension: each as large as its field allows.
    for (field, width) in [(12, 4), (HEADER + 8, 8), (HEADER + 16, 8)] {
        let mut forged = bytes.clone();
        forged[field..field + width].fill(0xff);
        assert!(is_corrupt(&sealed(forged)), "field at {field}");
    }
    // Length and dimension that agree, and a product that wraps round to the right count.
    let mut forged = bytes.clone();
    forged[HEADER + 8..HEADER + 16].copy_from_slice(&(1_u64 << 60).to_le_bytes());
    forged[HEADER + 16..HEADER + 24].copy_from_slice(&(1_u64 << 57).to_le_bytes());
    assert!(is_corrupt(&sealed(forged)));
}

#[test]
fn duplicate_names_and_unknown_versions_and_kinds_are_refused() {
    let mut container = Container::new();
    container.insert_text("aa", "1").unwrap();
    container.insert_text("ab", "2").unwrap();
    let bytes = container.to_bytes();
    let second = bytes.windows(2).position(|w| w == b"ab").unwrap();
    let mut twice = bytes.clone();
    twice[second + 1] = b'a';
    let message = Container::from_bytes(&sealed(twice)).unwrap_err().to_string();
    assert!(message.contains("twice"), "{message}");
    let mut newer = bytes.clone();
    newer[8] = 2;
    let message = Container::from_bytes(&sealed(newer)).unwrap_err().to_string();
    assert!(message.contains("version 2"), "{message}");
    let mut unknown = bytes.clone();
    unknown[HEADER] = 6;
    assert!(is_corrupt(&sealed(unknown)));
    let mut no_text = bytes;
    no_text[second] = 0xff;
    assert!(is_corrupt(&sealed(no_text)));
}

#[test]
fn misuse_is_an_error() {
    let mut container = sample();
    assert!(matches!(container.insert("bad", &[3], &[1.0]), Err(Error::Shape { .. })));
    assert!(matches!(container.insert("bad", &[usize::MAX, 2], &[1.0]), Err(Error::Shape { .. })));
    assert!(container.insert("weights", &[1], &[1.0]).is_err());
    assert!(container.insert("", &[1], &[1.0]).is_err());
    assert!(container.insert("n".repeat(70_000), &[1], &[1.0]).is_err());
    assert!(container.insert("rank", &[1; 256], &[1.0]).is_err());
    assert!(matches!(container.get::<f64>("none"), Err(Error::UnknownName { .. })));
    let message = container.get::<f32>("weights").unwrap_err().to_string();
    assert!(message.contains("F64"), "{message}");
    assert!(container.number::<f64>("weights").is_err());
    assert!(container.text("weights").is_err());
    assert_eq!(container, sample());
}

#[test]
fn nesting_is_undone_by_nested() {
    let mut outer = Container::new();
    outer.insert_number("step", 1_u64).unwrap();
    outer.nest("model", sample()).unwrap();
    assert_eq!(outer.nested("model"), sample());
    assert!(outer.nested("mod").is_empty());
    assert!(outer.nest("model", sample()).is_err());
}

#[test]
fn files_are_replaced_whole() {
    let folder = std::env::temp_dir().join(format!("eigennet-container-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.eigennet");
    sample().save(&path).unwrap();
    let mut other = Container::new();
    other.insert_number("step", 2_u64).unwrap();
    other.save(&path).unwrap();
    assert_eq!(Container::load(&path).unwrap(), other);
    // Written in pieces, which none of these lengths is a multiple of.
    for length in [4095, 4097, 10_001] {
        let numbers: Vec<f64> = (0..length).map(f64::from).collect();
        let mut long = sample();
        long.insert("long", &[numbers.len()], &numbers).unwrap();
        long.insert_vec("given away", &[numbers.len()], numbers).unwrap();
        long.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), long.to_bytes());
        assert_eq!(Container::load(&path).unwrap(), long);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "temporary files are left");

    std::fs::write(&path, b"not ours").unwrap();
    let message = Container::load(&path).unwrap_err().to_string();
    assert!(message.contains("model.eigennet") && message.contains("magic"), "{message}");
    #[cfg(unix)]
    assert!(matches!(Container::load("/dev/zero"), Err(Error::Corrupt { .. })), "a file without end");
    assert!(matches!(Container::load(folder.join("none")), Err(Error::Io { .. })));
    assert!(matches!(other.save(folder.join("no folder").join("x")), Err(Error::Io { .. })));
    assert!(matches!(other.save(&folder), Err(Error::Io { .. })), "a folder is no file");
    assert!(other.save("/").is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

impl Arbitrary for Container {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut container = Container::new();
        for i in 0..usize::arbitrary(g) % 6 {
            let name = format!("{i}{}", String::arbitrary(g));
            match u8::arbitrary(g) % 5 {
                0 => insert::<f32>(&mut container, name, g),
                1 => insert::<f64>(&mut container, name, g),
                2 => insert::<u64>(&mut container, name, g),
                3 => insert::<u8>(&mut container, name, g),
                _ => container.insert_text(name, String::arbitrary(g)).unwrap(),
            }
        }
        container
    }
}

fn insert<V: Element + Arbitrary>(container: &mut Container, name: String, g: &mut Gen) {
    let values = Vec::<V>::arbitrary(g);
    let shape = if bool::arbitrary(g) { vec![values.len()] } else { vec![1, values.len(), 1] };
    container.insert(name, &shape, &values).unwrap();
}

/// Compared as bytes, since a NaN does not equal itself.
#[test]
fn any_container_survives_the_round_trip() {
    fn round_trip(container: Container) -> bool {
        let bytes = container.to_bytes();
        Container::from_bytes(&bytes).is_ok_and(|read| read.to_bytes() == bytes)
    }
    QuickCheck::new().tests(200).quickcheck(round_trip as fn(Container) -> bool);
}

#[test]
fn arbitrary_bytes_never_panic() {
    fn harmless(mut bytes: Vec<u8>, seal: bool) -> bool {
        let mut whole = MAGIC.to_vec();
        whole.extend(VERSION.to_le_bytes());
        whole.append(&mut bytes);
        if seal && whole.len() >= HEADER + CHECKSUM {
            whole = sealed(whole);
        }
        Container::from_bytes(&whole).is_ok_and(|read| read.to_bytes() == whole) || is_corrupt(&whole)
    }
    QuickCheck::new().tests(500).quickcheck(harmless as fn(Vec<u8>, bool) -> bool);
}
