//! How messages show names and paths.

use std::path::Path;

/// A path for messages.
pub(crate) fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// Text for a message: quoted, with control characters escaped and the middle of a long text left
/// out. Names and paths may come from another user.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    // Looks only at the part that is shown: a name can be huge.
    let clean: String = text.chars().flat_map(shown_as).take(SHOWN + 1).collect();
    if clean.chars().count() <= SHOWN {
        return format!("'{clean}'");
    }
    let head: String = clean.chars().take(SHOWN / 2).collect();
    let mut tail: Vec<char> = Vec::new();
    for c in text.chars().rev() {
        let mut end: Vec<char> = shown_as(c).collect();
        end.append(&mut tail);
        tail = end;
        if tail.len() >= SHOWN / 4 {
            break;
        }
    }
    let tail: String = tail[tail.len().saturating_sub(SHOWN / 4)..].iter().collect();
    format!("'{head}…{tail}'")
}

/// A character as shown in messages.
fn shown_as(c: char) -> impl Iterator<Item = char> {
    let escaped = acts(c).then(|| c.escape_debug());
    let plain = Some(c).filter(|_| escaped.is_none());
    escaped.into_iter().flatten().chain(plain)
}

/// Whether a character has an effect when it is shown: a control character, a line break, a change
/// of the text direction.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_shortened_in_messages() {
        assert_eq!(quoted("a\nb"), "'a\\nb'");
        assert_eq!(quoted("\u{1b}[2Ja\u{202e}b\u{2028}"), "'\\u{1b}[2Ja\\u{202e}b\\u{2028}'");
        assert_eq!(quoted("ü'’ \\ é😀"), "'ü'’ \\ é😀'");
        assert!(quoted(&"x".repeat(1000)).chars().count() < 90);
    }
}
