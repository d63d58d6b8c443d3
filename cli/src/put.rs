//! `mmf put`

use std::io::{self, IsTerminal, Read, Write};

use mmf::{ErrorKind, Map, MapOptions};

use crate::arguments::Put;
use crate::exit::Failure;
use crate::{shown, signals};

/// The size of a new map is a multiple of this, so that later content can be longer.
const STEP: u64 = 64 << 10;

/// The input.
enum Input {
    Text(String),
    Bytes(Vec<u8>),
}

pub(crate) fn put(arguments: &Put) -> Result<(), Failure> {
    let input = read(arguments.bytes)?;
    let (map, created) = open_or_create(arguments, input.length(arguments))?;
    write(&map, &input, arguments)?;
    if created {
        if !arguments.quiet && io::stderr().is_terminal() {
            // The message is only for interactive use.
            let _ = writeln!(
                io::stderr(),
                "The map '{}' with {} bytes exists until this command ends. Press Ctrl+C to end it.",
                shown::plain(&arguments.name),
                map.capacity()
            );
        }
        signals::wait_for_signal();
    }
    Ok(())
}

fn read(as_bytes: bool) -> Result<Input, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::io("read standard input", &error))?;
    if as_bytes {
        return Ok(Input::Bytes(bytes));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::other(format!(
            "The input is not valid UTF-8 at byte {at}, counted from 0. Convert it to UTF-8, or use --bytes to write it unchanged."
        ))
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(Input::Text(text))
}

impl Input {
    /// The number of bytes of the input in an empty map.
    fn length(&self, arguments: &Put) -> u64 {
        match self {
            Input::Text(text) => arguments.encoding.length_of(text),
            Input::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// Opens or creates the map; also says whether this call created it.
fn open_or_create(arguments: &Put, input: u64) -> Result<(Map, bool), Failure> {
    let opening = MapOptions::new().trusted_owner(arguments.trust.owner());
    let creating = MapOptions::new().permissions(arguments.mode.permissions());
    let size = arguments.size.unwrap_or_else(|| input.max(1).next_multiple_of(STEP));
    loop {
        if !arguments.new {
            match opening.open(&arguments.name) {
                Err(error) if error.kind() == ErrorKind::NotFound && !arguments.existing => {}
                other => return Ok((other?, false)),
            }
        }
        match creating.create_new(&arguments.name, size) {
            // Another process has created the map in the meantime.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && !arguments.new => {}
            other => return Ok((other?, true)),
        }
    }
}

fn write(map: &Map, input: &Input, arguments: &Put) -> mmf::Result<()> {
    let mut options = arguments.encoding.options();
    if let Some(separator) = &arguments.separator {
        options = options.separator(separator);
    }
    match (input, arguments.append) {
        (Input::Text(text), true) => map.append_text_with(text, &options),
        (Input::Text(text), false) => map.replace_text_with(text, &options),
        (Input::Bytes(bytes), true) => map.append_bytes_with(bytes, &options),
        (Input::Bytes(bytes), false) => map.replace_bytes_with(bytes, &options),
    }
}
