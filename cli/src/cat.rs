//! `mmf cat`

use std::io::{IsTerminal, stdout};

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

/// The text as lines of this system, the last one ended, too.
fn lines(text: &str) -> String {
    let mut lines = if cfg!(windows) { text.to_owned() } else { text.replace("\r\n", "\n") };
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push_str(if cfg!(windows) { "\r\n" } else { "\n" });
    }
    lines
}
