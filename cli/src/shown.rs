//! What the commands show of maps, to people and as JSON.

use mmf::{Event, Kind};

/// Memory or a file.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Named | Kind::Anonymous => "memory",
        Kind::File | Kind::NamedFile => "file",
        _ => "other",
    }
}

/// Why a wait ended.
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

/// Permission bits as people write them.
pub(crate) fn mode(mode: u32) -> String {
    format!("{mode:04o}")
}

/// A name or a path with escapes for characters that control a terminal or begin a new line.
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
    fn nothing_acts_on_a_terminal() {
        assert_eq!(
            plain("\u{e4} \u{1f600}\u{1b}[2J\n\u{9b}"),
            "\u{e4} \u{1f600}\\u{1b}[2J\\n\\u{9b}"
        );
    }
}
