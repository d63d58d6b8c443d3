//! A name as the file systems see it.

use std::fmt::Write as _;

use super::shm;
use crate::name::Name;

/// Where the two parts of a named map are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The object's name.
    pub(super) object: String,
    /// The presence's: the object's name in hex digits, since some file systems fold case.
    pub(super) directory: String,
}

impl Key {
    pub(super) fn of(name: &Name) -> Key {
        Key::of_object(name.object(shm::LONGEST_NAME))
    }

    pub(super) fn of_object(object: String) -> Key {
        let directory = hex(object.as_bytes());
        Key { object, directory }
    }

    /// The name that an entry of the private directory is the presence of.
    pub(super) fn of_entry(entry: &str) -> Option<Key> {
        let object = String::from_utf8(unhex(entry)?).ok()?;
        Some(Key::of_object(object)).filter(|key| !key.object.is_empty())
    }
}

/// Bytes in a form that every file system and every line of text can hold.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that [`hex`] was given; nothing for any other text.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_leads_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        for wrong in ["a", "AB", "0g", "..", "é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }
}
