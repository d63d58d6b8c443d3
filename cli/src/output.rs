//! Standard output, which its reader may close.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Writes all of it at once, so that nothing is left in a buffer.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::nobody_reads(),
        _ => Failure::io("write to standard output", &error),
    })
}

/// Ends the process when the reader of a pipe closes it, even while there is nothing to write.
#[cfg(unix)]
pub(crate) fn end_when_nobody_reads() {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::os::fd::AsFd;

    std::thread::spawn(|| {
        let out = io::stdout();
        // Asks for no events: errors and the closing of the other end are always reported.
        let mut ends = [PollFd::new(out.as_fd(), PollFlags::empty())];
        while poll(&mut ends, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
        if ends[0].any() == Some(true) {
            // Maps are closed by the library's exit handler.
            std::process::exit(0);
        }
    });
}

/// Windows does not report this: the next write fails instead.
#[cfg(windows)]
pub(crate) fn end_when_nobody_reads() {}

/// Writes a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec(value)
        .map_err(|error| Failure::other(format!("Could not write JSON: {error}.")))?;
    text.push(b'\n');
    write(&text)
}
