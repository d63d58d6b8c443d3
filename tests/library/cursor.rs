//! A map as a stream of `std::io`, and errors of the library as errors of `std::io`.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use crate::common;
use common::{bytes_of, unique};
use mmf::{Access, ErrorKind, Map, MapOptions};

fn anonymous(capacity: u64) -> Map {
    MapOptions::new().create_anonymous(capacity).unwrap()
}

#[test]
fn a_cursor_reads_what_another_one_wrote() {
    let _beside = common::beside_others();
    let name = unique("stream");
    let map = Map::create_new(&name, 100_000).unwrap();
    let other = Map::open(&name).unwrap();
    let text = "a line of text\n".repeat(5_000);
    let mut writer = map.cursor();
    assert_eq!(io::copy(&mut text.as_bytes(), &mut writer).unwrap(), text.len() as u64);
    writer.flush().unwrap();
    assert_eq!(writer.position(), text.len() as u64);

    let mut reader = BufReader::new(other.cursor());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "a line of text\n");
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert_eq!([line.as_bytes(), &rest].concat(), bytes_of(&map));
}

#[test]
fn the_end_of_the_map_is_the_end_of_the_stream() {
    let _beside = common::beside_others();
    let map = anonymous(4_096);
    let end = map.capacity();
    let mut cursor = map.cursor();
    assert_eq!(cursor.seek(SeekFrom::End(-3)).unwrap(), end - 3);
    assert_eq!(cursor.write(b"abcdef").unwrap(), 3);
    assert_eq!(cursor.write(b"def").unwrap(), 0);
    assert_eq!(cursor.write_all(b"def").unwrap_err().kind(), io::ErrorKind::WriteZero);
    assert_eq!(cursor.read(&mut [0; 8]).unwrap(), 0);
    let mut bytes = [0; 8];
    cursor.seek(SeekFrom::Current(-2)).unwrap();
    assert_eq!(cursor.read(&mut bytes).unwrap(), 2);
    assert_eq!(&bytes[..2], b"bc");
    // Past the end there is nothing, as in a file.
    assert_eq!(cursor.seek(SeekFrom::Start(u64::MAX)).unwrap(), u64::MAX);
    assert_eq!(cursor.read(&mut bytes).unwrap(), 0);
    assert_eq!(cursor.write(&bytes).unwrap(), 0);
}

#[test]
fn seeking_before_the_beginning_fails_and_does_not_move_the_cursor() {
    let _beside = common::beside_others();
    let map = anonymous(64);
    let mut cursor = map.cursor();
    cursor.seek(SeekFrom::Start(5)).unwrap();
    for to in [SeekFrom::Current(-6), SeekFrom::End(i64::MIN)] {
        assert_eq!(cursor.seek(to).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(cursor.position(), 5);
    }
    cursor.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(cursor.seek(SeekFrom::Current(1)).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

/// The error contains the one of the library, with its message.
#[test]
fn a_failed_operation_of_a_cursor_is_an_error_of_std_io() {
    let _beside = common::beside_others();
    let name = unique("denied");
    let _map = Map::create_new(&name, 64).unwrap();
    let reader = MapOptions::new().access(Access::Read).open(&name).unwrap();
    let error = reader.cursor().write_all(b"x").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(error.to_string().contains(&name), "{error}");
    let inside = error.get_ref().unwrap().downcast_ref::<mmf::Error>().unwrap();
    assert_eq!(inside.kind(), ErrorKind::AccessDenied);

    let kind = |error: mmf::Error| io::Error::from(error).kind();
    assert_eq!(kind(Map::open("").unwrap_err()), io::ErrorKind::InvalidInput);
    assert_eq!(kind(Map::open(&unique("missing")).unwrap_err()), io::ErrorKind::NotFound);
    assert_eq!(kind(Map::create_new(&name, 64).unwrap_err()), io::ErrorKind::AlreadyExists);
}
