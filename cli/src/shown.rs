//! The output formats of the commands, for people and as JSON.

use mmf::{Event, Kind};

/// Says whether a map is memory or a file.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Named | Kind::Anonymous => "memory",
        Kind::File | Kind::NamedFile => "file",
        _ => "other",
    }
}

/// The reason why a wait ended.
pub(crate) fn event(event: Event) -> &'static str {
    match event {
        Event::Changed => "changed",
        Event::TimedOut => "timed_out",
        Event::Alone => "alone",
        Event::Orphaned => "orphaned",
        Event::Truncated => "truncated",
        _ => "other",
    }
}

/// Permission bits as an octal number.
pub(crate) fn mode(mode: u32) -> String {
    format!("{mode:04o}")
}

/// A name or a path in which escapes replace control characters and line breaks.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        if c.is_control() {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            plain("\u{e4} \u{1f600}\u{1b}[2J\n\u{9b}"),
            "\u{e4} \u{1f600}\\u{1b}[2J\\n\\u{9b}"
        );
    }
}
