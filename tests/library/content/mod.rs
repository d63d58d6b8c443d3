//! Content, the text in a map: replacing, appending and reading it, and its lock.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod changing;
mod encodings;
mod lock;
mod model;
mod reading;
mod shortcut;

use std::time::Duration;

use crate::common;
use common::{Numbers, assert_fails, bytes_of, text, unique};
use mmf::{Access, Encoding, ErrorKind, LockMode, Map, MapOptions, TextOptions};

const NO_TIME: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(600);

fn anonymous(capacity: u64) -> Map {
    MapOptions::new().create_anonymous(capacity).unwrap()
}

fn no_separator() -> TextOptions<'static> {
    text().separator("")
}

/// The content in UTF-16, read with both functions.
fn utf16_of(map: &Map) -> Vec<u16> {
    let units = map.read_text_utf16().unwrap();
    let mut room = vec![0; map.read_text_utf16_into(&mut []).unwrap()];
    let length = map.read_text_utf16_into(&mut room).unwrap();
    assert_eq!(room[..length], units);
    units
}
