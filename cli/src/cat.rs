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

/// The text as lines with this system's line ends, including one after the last line.
fn lines(text: &str) -> String {
    let mut lines = if cfg!(windows) { text.to_owned() } else { text.replace("\r\n", "\n") };
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push_str(if cfg!(windows) { "\r\n" } else { "\n" });
    }
    lines
}

/// Prints the content, and what is new after each change, until no other process holds the map.
fn follow(arguments: &Cat, map: &Map) -> Result<(), Failure> {
    output::end_when_nobody_reads();
    let watch = map.watch()?;
    let options = arguments.encoding.options();
    let name = &arguments.map.name;
    let mut before = String::new();
    let mut event = Event::Changed;
    loop {
        let text = map.read_text_with(&options)?;
        if let Some(news) = News::of(&before, &text) {
            if arguments.json.json {
                output::json(&Told { name, change: news.change, text: news.text })?;
            } else {
                output::write(lines(news.text).as_bytes())?;
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
struct Told<'a> {
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

/// What is new in a content.
#[derive(Debug, PartialEq, Eq)]
struct News<'a> {
    change: Change,
    text: &'a str,
}

impl News<'_> {
    fn of<'a>(before: &str, now: &'a str) -> Option<News<'a>> {
        match now.strip_prefix(before) {
            Some("") => None,
            Some(more) if !before.is_empty() => {
                // The separator before the line is not a line of its own.
                let text = match before.ends_with('\n') {
                    true => more,
                    false => more.strip_prefix("\r\n").or(more.strip_prefix('\n')).unwrap_or(more),
                };
                Some(News { change: Change::Appended, text })
            }
            _ => Some(News { change: Change::Replaced, text: now }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_what_was_appended_or_everything() {
        let news = |change, text| Some(News { change, text });
        assert_eq!(News::of("", ""), None);
        assert_eq!(News::of("a", "a"), None);
        assert_eq!(News::of("", "a"), news(Change::Replaced, "a"));
        assert_eq!(News::of("a", ""), news(Change::Replaced, ""));
        assert_eq!(News::of("a", "b"), news(Change::Replaced, "b"));
        assert_eq!(News::of("a", "a\r\nb"), news(Change::Appended, "b"));
        assert_eq!(News::of("a", "a\nb\r\n"), news(Change::Appended, "b\r\n"));
        assert_eq!(News::of("a", "ab"), news(Change::Appended, "b"));
        assert_eq!(News::of("a\n", "a\n\r\nb"), news(Change::Appended, "\r\nb"));
    }
}
