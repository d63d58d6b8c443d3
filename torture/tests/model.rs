//! Compares names, content and encodings with simple models. The property tests shrink failures to the smallest example.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

use std::sync::atomic::{AtomicU32, Ordering};

use mmf::{Encoding, ErrorKind, Map, MapOptions, TextOptions};
use proptest::collection::vec;
use proptest::prelude::*;

const CAPACITY: usize = 300;

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("mmf-model-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

// Content

/// An operation on the content; each uses one of three handles.
#[derive(Clone, Debug)]
enum Operation {
    Replace(Vec<u8>),
    Append(Vec<u8>),
    Write(usize, Vec<u8>),
    Fill(usize, usize, u8),
    Length,
    Read,
}

/// Bytes with many NULs, because NULs determine where the content ends.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![2 => Just(0_u8), 3 => b'a'..=b'e', 1 => 0x80_u8..=0xBF], 0..most)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => bytes(120).prop_map(Operation::Replace),
        5 => bytes(60).prop_map(Operation::Append),
        2 => (0..CAPACITY, bytes(40)).prop_map(|(at, bytes)| Operation::Write(at, bytes)),
        1 => (0..CAPACITY, 0..CAPACITY, 0..2_u8).prop_map(|(at, n, byte)| Operation::Fill(at, n, byte)),
        1 => Just(Operation::Length),
        1 => Just(Operation::Read),
    ]
}

/// The bytes of a map.
struct Model(Vec<u8>);

impl Model {
    fn end(&self) -> usize {
        self.0.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
    }

    /// Writes the bytes at an offset; false if they do not fit.
    fn put(&mut self, at: usize, bytes: &[u8]) -> bool {
        match self.0.get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(place) => place.copy_from_slice(bytes),
            None => return false,
        }
        true
    }

    fn replace(&mut self, bytes: &[u8]) -> bool {
        // NULs at the end do not belong to the content.
        let bytes = &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)];
        if bytes.len() > self.0.len() {
            return false;
        }
        self.0.fill(0);
        self.put(0, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> bool {
        let end = self.end();
        let separator: &[u8] = if end == 0 { b"" } else { b"\r\n" };
        self.put(end, &[separator, bytes].concat())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    /// After any operations through alternating handles, the map has the bytes of the model.
    #[test]
    fn content_matches_the_model(operations in vec((0..3_usize, operation()), 1..40)) {
        let name = unique();
        let first = Map::create_new(&name, CAPACITY as u64).unwrap();
        let handles = [first, Map::open(&name).unwrap(), Map::open(&name).unwrap()];
        let options = TextOptions::new();
        let mut model = Model(vec![0; handles[0].capacity() as usize]);
        for (handle, operation) in operations {
            let map = &handles[handle];
            let (fits, outcome) = match &operation {
                Operation::Replace(bytes) => (model.replace(bytes), map.replace_bytes_with(bytes, &options)),
                Operation::Append(bytes) => (model.append(bytes), map.append_bytes_with(bytes, &options)),
                Operation::Write(at, bytes) => (model.put(*at, bytes), map.write_at(bytes, *at as u64)),
                Operation::Fill(at, count, byte) => {
                    let fits = model.put(*at, &vec![*byte; *count]);
                    (fits, map.fill(*at as u64, *count as u64, *byte))
                }
                Operation::Length => {
                    prop_assert_eq!(map.content_length_with(&options).unwrap(), model.end() as u64);
                    continue;
                }
                Operation::Read => {
                    prop_assert_eq!(map.read_bytes_with(&options).unwrap(), &model.0[..model.end()]);
                    continue;
                }
            };
            prop_assert_eq!(outcome.is_ok(), fits, "{:?}: {:?}", operation, outcome);
            let mut found = vec![0; model.0.len()];
            map.read_at(&mut found, 0).unwrap();
            prop_assert_eq!(&found, &model.0, "after {:?}", operation);
        }
    }
}

// Encodings

/// Text with characters of one to four bytes, and with characters that look like byte order marks.
fn text() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            4 => any::<char>().prop_filter("NULs are not read", |c| *c != '\0'),
            2 => prop_oneof![Just('a'), Just('\u{FEFF}'), Just('\u{FFFE}'), Just('\u{10FFFF}')],
        ],
        0..20,
    )
    .prop_map(String::from_iter)
}

fn encoding() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(Encoding::ALL.to_vec())
}

/// A text as another program would encode it.
fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
    let utf16 = text.encode_utf16();
    let utf32 = text.chars().map(u32::from);
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Mark => text.as_bytes().to_vec(),
        Encoding::Utf16Le => utf16.flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => utf16.flat_map(u16::to_be_bytes).collect(),
        Encoding::Utf32Le => utf32.flat_map(u32::to_le_bytes).collect(),
        Encoding::Utf32Be => utf32.flat_map(u32::to_be_bytes).collect(),
        other => unimplemented!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    /// Texts are read as they were written, as UTF-8 and UTF-16, and the map contains the byte order mark and the encoded texts,
    /// whichever encodings the appends use.
    #[test]
    fn texts_are_read_as_written_in_every_encoding(
        parts in vec((text(), encoding()), 1..5),
        first in encoding(),
    ) {
        let map = MapOptions::new().create_anonymous(4_096).unwrap();
        let wanted: Vec<&str> = parts.iter().map(|(text, _)| text.as_str()).collect();
        // An empty text leaves the map empty, so the next text would be the first one.
        prop_assume!(!wanted[0].is_empty());
        // A text that begins with a byte order mark would be read in another encoding.
        prop_assume!(!wanted[0].starts_with(['\u{FEFF}', '\u{FFFE}']));
        map.replace_text_with(wanted[0], &TextOptions::new().encoding(first)).unwrap();
        for (text, encoding) in &parts[1..] {
            // Without a byte order mark, every append must use the same encoding.
            let encoding = if first == Encoding::Utf8 { first } else { *encoding };
            map.append_text_with(text, &TextOptions::new().encoding(encoding)).unwrap();
        }
        let wanted = wanted.join("\r\n");
        let options = TextOptions::new().encoding(first);
        prop_assert_eq!(&map.read_text_with(&options).unwrap(), &wanted);
        let units: Vec<u16> = wanted.encode_utf16().collect();
        prop_assert_eq!(&map.read_text_utf16_with(&options).unwrap(), &units);
        // Zeros at the end of the last code unit do not belong to the content.
        let mut bytes = [first.mark(), &encoded(first, &wanted)].concat();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
        let mut found = map.read_bytes_with(&options).unwrap();
        found.truncate(found.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1));
        prop_assert_eq!(found, bytes);
    }

    /// Any bytes can be read as text, and the UTF-8 and UTF-16 results are equal.
    #[test]
    fn any_bytes_can_be_read(
        mark in encoding(),
        raw in vec(any::<u8>(), 0..60),
        given in encoding(),
    ) {
        let map = MapOptions::new().create_anonymous(256).unwrap();
        map.write_at(&[mark.mark(), &raw].concat(), 0).unwrap();
        let options = TextOptions::new().encoding(given);
        let text = map.read_text_with(&options).unwrap();
        prop_assert!(!text.contains('\0'));
        let units: Vec<u16> = text.encode_utf16().collect();
        prop_assert_eq!(&map.read_text_utf16_with(&options).unwrap(), &units);
        if mark == Encoding::Utf8Mark {
            let bytes: Vec<u8> = raw.into_iter().filter(|byte| *byte != 0).collect();
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }
}

// Names

/// Similar names.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec!["a", "A", "/", "%", "%2F", "%25", "mmf%", "mmf#", ".", " "]),
        1 => proptest::sample::select(vec!["Local\\", "Global\\", "\\", "ä", "\u{2019}", "\n"]),
        1 => Just("a long piece of a name, so that names exceed the longest file name -"),
    ];
    vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

/// The name without its prefix, which has no meaning on Unix.
fn local(name: &str) -> &str {
    name.strip_prefix("Local\\").or_else(|| name.strip_prefix("Global\\")).unwrap_or(name)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    /// Two names refer to the same map exactly if they are equal after their prefixes, and every listed map can be opened.
    #[test]
    #[cfg(unix)]
    fn names_refer_to_the_same_map_exactly_if_they_are_equal(one in name(), other in name()) {
        let start = unique();
        let begin = |name: &str| {
            let prefix = &name[..name.len() - local(name).len()];
            format!("{prefix}{start}{}", local(name))
        };
        let (one, other) = (begin(&one), begin(&other));
        let map = Map::create_new(&one, 64).unwrap();
        match Map::create_new(&other, 64) {
            Ok(_) => prop_assert_ne!(local(&one), local(&other)),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{}", error);
                prop_assert_eq!(local(&one), local(&other));
            }
        }
        prop_assert_eq!(Map::open(&one).unwrap().capacity(), map.capacity());
        let listed: Vec<_> = mmf::list().unwrap().into_iter()
            .filter(|it| it.name.contains(&start) || it.name.starts_with("mmf#")).collect();
        prop_assert!(!listed.is_empty());
        for found in listed.into_iter().filter(|found| found.name.contains(&start)) {
            prop_assert!(Map::open(&found.name).is_ok(), "{}", found.name);
        }
        drop(map);
        prop_assert_eq!(Map::open(&one).unwrap_err().kind(), ErrorKind::NotFound);
    }

    /// Exactly the invalid names are refused.
    #[test]
    fn invalid_names_are_refused(name in name(), nul in proptest::bool::weighted(0.2)) {
        let name = if nul { format!("{name}\0x") } else { name };
        let none = name.is_empty() || nul || ["", ".", ".."].contains(&local(&name));
        let error = match Map::open(&name) {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let refused = error.kind() == ErrorKind::InvalidArgument;
        if cfg!(unix) {
            prop_assert_eq!(refused, none, "{:?}: {}", name, error);
        } else if none {
            prop_assert!(refused, "{:?}: {}", name, error);
        }
    }
}
