//! Names: which ones are refused, and the object name that every process derives from a name.

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::quoted::quoted;

/// A checked name. Two names refer to the same map exactly if their [`Name::object`]s are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    text: String,
}

/// Object names that differ from the map's name begin with one of these, so that a plain name never
/// equals an escaped one.
const ESCAPED: &str = "mmf%";
const HASHED: &str = "mmf#";

impl Name {
    /// Checks a name as a user wrote it.
    pub(crate) fn new(text: &str) -> Result<Name> {
        if text.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "A map name cannot be empty: give a name, or none at all for an anonymous map.",
            ));
        }
        if text.contains('\0') {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The map name {} holds a NUL character, which no name can: leave it out.",
                    quoted(text)
                ),
            ));
        }
        let mut own = String::new();
        own.try_reserve_exact(text.len()).map_err(|_| {
            Error::new(
                ErrorKind::NoSpace,
                format!(
                    "This process has not enough memory for the map name {} of {} bytes: choose a shorter one.",
                    quoted(text),
                    text.len()
                ),
            )
        })?;
        own.push_str(text);
        let name = Name { text: own };
        match name.local() {
            "" => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The map name {} has nothing after its prefix: put a name there.",
                    quoted(text)
                ),
            )),
            "." | ".." => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The map name {} is reserved by file systems: choose another.",
                    quoted(text)
                ),
            )),
            _ => Ok(name),
        }
    }

    /// The name as the user wrote it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The name without the prefix that has a meaning only on Windows.
    pub(crate) fn local(&self) -> &str {
        let text = self.text.as_str();
        text.strip_prefix("Local\\").or_else(|| text.strip_prefix("Global\\")).unwrap_or(text)
    }

    /// The name for messages: quoted, and shortened in the middle if it is very long.
    pub(crate) fn quoted(&self) -> String {
        quoted(&self.text)
    }

    /// The name of the object, with at most `longest` bytes and without `/`: the name itself if it
    /// fits, otherwise an escaped or hashed name, the same in every process.
    #[cfg_attr(all(windows, not(test)), expect(dead_code, reason = "Windows has its own rules"))]
    pub(crate) fn object(&self, longest: usize) -> String {
        let name = self.local();
        let plain = !name.contains('/')
            && !name.starts_with(ESCAPED)
            && (!name.starts_with(HASHED) || is_hashed(name));
        if plain && name.len() <= longest {
            return name.to_owned();
        }
        // Escaping makes no name shorter.
        if name.len() <= longest {
            let escaped = format!("{ESCAPED}{}", name.replace('%', "%25").replace('/', "%2F"));
            if escaped.len() <= longest {
                return escaped;
            }
        }
        let digest: String =
            Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut hashed = format!("{HASHED}{digest}");
        // 26 hex digits of 31 bytes are 104 bits: enough against collisions by chance or by search.
        hashed.truncate(longest.min(hashed.len()));
        hashed
    }

    /// The name of an object. A hashed name cannot be reversed and is returned unchanged.
    #[cfg_attr(all(windows, not(test)), expect(dead_code, reason = "Windows has its own rules"))]
    pub(crate) fn of_object(object: &str) -> String {
        match object.strip_prefix(ESCAPED) {
            Some(escaped) => escaped.replace("%2F", "/").replace("%25", "%"),
            None => object.to_owned(),
        }
    }
}

/// Whether a name is a hashed one. Such a name also opens its map, because a list has no other name
/// for the map, and every listed map can be opened.
fn is_hashed(name: &str) -> bool {
    name.strip_prefix(HASHED).is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_called_as_is_promised() {
        let object = |text: &str, longest| Name::new(text).expect("a name").object(longest);
        crate::shared::assert_promised(
            "Names on Unix",
            &[
                ("`Test`, `Local\\Test` and `Global\\Test`", object("Local\\Test", 255)),
                ("`a/b%`", object("a/b%", 255)),
                ("256 times `a`, where 255 bytes are kept", object(&"a".repeat(256), 255)),
                ("31 times `a`, where 30 bytes are kept", object(&"a".repeat(31), 30)),
            ],
        );
    }

    fn object(text: &str) -> String {
        Name::new(text).expect("a valid name").object(255)
    }

    #[test]
    fn plain_names_stand_for_themselves() {
        for name in
            ["Test", " ", "\t", "\r", "\n", "😀", "50%", "a\\b", ".hidden", &"a".repeat(255)]
        {
            assert_eq!(object(name), name);
        }
    }

    #[test]
    fn prefixes_are_dropped_once() {
        assert_eq!(object("Local\\Test"), "Test");
        assert_eq!(object("Global\\Test"), "Test");
        assert_eq!(object("Global\\Local\\Test"), "Local\\Test");
        assert_eq!(object("local\\Test"), "local\\Test");
    }

    #[test]
    fn what_the_system_cannot_hold_is_escaped_or_hashed_and_stays_distinct() {
        assert_eq!(object("local/x"), "mmf%local%2Fx");
        assert_eq!(Name::of_object("mmf%local%2Fx"), "local/x");
        assert_eq!(object("mmf%local%2Fx"), "mmf%mmf%25local%252Fx");
        assert_eq!(Name::of_object(&object("a%2F/b")), "a%2F/b");
        // The hash must never change: every version and process must derive the same one.
        assert_eq!(
            object(&"a".repeat(256)),
            "mmf#02d7160d77e18c6447be80c2e355c7ed4388545271702c50253b0914c65ce5fe"
        );
        assert_ne!(object(&"a".repeat(256)), object(&"a".repeat(257)));
        // The listed name opens the map again, and other names with this prefix are escaped.
        let hashed = object(&"a".repeat(256));
        assert_eq!(object(&hashed), hashed);
        assert_eq!(object("mmf#abc"), "mmf%mmf#abc");
        assert!(Name::new(&"a".repeat(1000)).expect("a valid name").object(30).len() <= 30);
    }

    #[test]
    fn refused_names() {
        for name in ["", "a\0b", "Local\\", "Global\\", ".", "..", "Local\\.", "Global\\.."] {
            let error = Name::new(name).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
        }
    }
}
