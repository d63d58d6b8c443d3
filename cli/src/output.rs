//! Writes to standard output. Its reader may close it.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Writes all bytes without buffering.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::output_closed(),
        _ => Failure::io("write to standard output", &error),
    })
}

/// Ends the process when the reader of the pipe closes it, even if there is nothing to write.
#[cfg(unix)]
pub(crate) fn end_when_output_is_closed() {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;

    std::thread::spawn(|| {
        let out = io::stdout();
        // Requests no events: errors and the closing of the other end are always reported.
        let mut ends = [PollFd::new(out.as_fd(), PollFlags::empty())];
        while poll(&mut ends, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
        if ends[0].any() == Some(true) {
            // The library's exit handler closes the maps.
            std::process::exit(0);
        }
    });
}

/// Windows does not report this. Instead, the next write fails.
#[cfg(windows)]
pub(crate) fn end_when_output_is_closed() {}

/// Writes a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec(value)
        .map_err(|error| Failure::other(format!("Could not write JSON: {error}.")))?;
    text.push(b'\n');
    write(&text)
}
