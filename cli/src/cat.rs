//! `mmf cat`

use std::io::{IsTerminal, stdout};

use mmf::{Event, Map};
use serde::Serialize;

use crate::arguments::Cat;
use crate::exit::Failure;
use crate::output;

#[derive(Serialize)]
struct Content<'a> {
    name: &'a str,
    text: &'a str,
}

pub(crate) fn cat(arguments: &Cat) -> Result<(), Failure> {
    let map = arguments.map.open()?;
    if arguments.follow {
        return follow(arguments, &map);
    }
    let options = arguments.encoding.options();
    if arguments.bytes {
        return output::write(&map.read_bytes_with(&options)?);
    }
    let text = map.read_text_with(&options)?;
    if arguments.json.json {
        return output::json(&Content { name: &arguments.map.name, text: &text });
    }
    if arguments.lines || stdout().is_terminal() {
        return output::write(lines(&text).as_bytes());
    }
    output::write(text.as_bytes())
}

/// The text with this system's line ends, including one after the last line.
fn lines(text: &str) -> String {
    let mut lines = if cfg!(windows) { text.to_owned() } else { text.replace("\r\n", "\n") };
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push_str(if cfg!(windows) { "\r\n" } else { "\n" });
    }
    lines
}

/// Prints the content, and the changes after each write, until no other process holds the map.
fn follow(arguments: &Cat, map: &Map) -> Result<(), Failure> {
    output::end_when_output_is_closed();
    let watch = map.watch()?;
    let options = arguments.encoding.options();
    let name = &arguments.map.name;
    let mut before = String::new();
    let mut event = Event::Changed;
    loop {
        let text = map.read_text_with(&options)?;
        if let Some(difference) = Difference::of(&before, &text) {
            if arguments.json.json {
                output::json(&ChangeReport {
                    name,
                    change: difference.change,
                    text: difference.text,
                })?;
            } else {
                output::write(lines(difference.text).as_bytes())?;
            }
            before = text;
        }
        match event {
            Event::Changed => event = watch.wait(None)?,
            Event::Alone => return Ok(()),
            event => return Err(Failure::ended(name, event)),
        }
    }
}

#[derive(Serialize)]
struct ChangeReport<'a> {
    name: &'a str,
    change: Change,
    text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Replaced,
    Appended,
}

/// The difference between two contents.
#[derive(Debug, PartialEq, Eq)]
struct Difference<'a> {
    change: Change,
    text: &'a str,
}

impl Difference<'_> {
    fn of<'a>(before: &str, now: &'a str) -> Option<Difference<'a>> {
        match now.strip_prefix(before) {
            Some("") => None,
            Some(more) if !before.is_empty() => {
                // The separator before an appended line is not part of it.
                let text = match before.ends_with('\n') {
                    true => more,
                    false => more.strip_prefix("\r\n").or(more.strip_prefix('\n')).unwrap_or(more),
                };
                Some(Difference { change: Change::Appended, text })
            }
            _ => Some(Difference { change: Change::Replaced, text: now }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_the_appended_text_or_the_whole_content() {
        let difference = |change, text| Some(Difference { change, text });
        assert_eq!(Difference::of("", ""), None);
        assert_eq!(Difference::of("a", "a"), None);
        assert_eq!(Difference::of("", "a"), difference(Change::Replaced, "a"));
        assert_eq!(Difference::of("a", ""), difference(Change::Replaced, ""));
        assert_eq!(Difference::of("a", "b"), difference(Change::Replaced, "b"));
        assert_eq!(Difference::of("a", "a\r\nb"), difference(Change::Appended, "b"));
        assert_eq!(Difference::of("a", "a\nb\r\n"), difference(Change::Appended, "b\r\n"));
        assert_eq!(Difference::of("a", "ab"), difference(Change::Appended, "b"));
        assert_eq!(Difference::of("a\n", "a\n\r\nb"), difference(Change::Appended, "\r\nb"));
    }
}
