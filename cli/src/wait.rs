//! `mmf wait`

use std::time::Instant;

use mmf::{Event, Map, Watch};
use serde::Serialize;

use crate::arguments::Wait;
use crate::exit::Failure;
use crate::{output, shown};

#[derive(Serialize)]
struct EventReport<'a> {
    name: &'a str,
    event: &'static str,
}

pub(crate) fn wait(arguments: &Wait) -> Result<(), Failure> {
    let map = arguments.map.open()?;
    let watch = map.watch()?;
    let event = match &arguments.until {
        None => next(&watch, arguments)?,
        Some(text) => wait_until(text, &map, &watch, arguments)?,
    };
    if arguments.json.json {
        output::json(&EventReport { name: &arguments.map.name, event: shown::event(event) })?;
    }
    match event {
        Event::Changed => Ok(()),
        Event::TimedOut => Err(Failure::timed_out(&arguments.map.name)),
        event => Err(Failure::ended(&arguments.map.name, event)),
    }
}

/// Waits until the content contains a text. Checks the content before the first wait and after every change, so that
/// no change is missed.
fn wait_until(text: &str, map: &Map, watch: &Watch, arguments: &Wait) -> Result<Event, Failure> {
    let end = arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let options = arguments.encoding.options();
    let mut event = Event::Changed;
    loop {
        if map.read_text_with(&options)?.contains(text) {
            return Ok(Event::Changed);
        }
        if event != Event::Changed {
            return Ok(event);
        }
        event = watch.wait(end.map(|end| end.saturating_duration_since(Instant::now())))?;
    }
}

fn next(watch: &Watch, arguments: &Wait) -> Result<Event, Failure> {
    Ok(watch.wait(arguments.timeout)?)
}
