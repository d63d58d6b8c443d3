//! Giving back what maps left whose holders were all killed.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::fd::AsFd;
use std::sync::Once;
use std::time::Duration;

use rustix::fs::AtFlags;

use super::gate::{self, Gate};
use super::key::Key;
use super::lock::LockKey;
use super::presence::{self, State};
use crate::error::{Error, ErrorKind, Result};
use crate::quoted::shown;
use crate::time::Deadline;

/// How the names of anonymous maps' files begin, for the moment in which they have one.
pub(super) const ANONYMOUS: &str = "anonymous-";

/// How long the gate is kept at a time, because other processes wait meanwhile. The first creation
/// of a process sweeps no longer than that.
const GLANCE: Duration = Duration::from_millis(1);

/// How long a list removes leftovers. A user may be waiting for it at a prompt.
const LISTING: Duration = Duration::from_millis(10);

/// A short sweep before a process creates its first map.
pub(super) fn once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A sweep is a favour; what it cannot do is no reason to fail.
        let _ = entries().and_then(|entries| glance(&entries, &mut 0));
    });
}

/// A longer sweep before maps are listed. Leftovers that remain are not listed either.
pub(super) fn for_a_list() {
    let _ = sweep_for(LISTING);
}

/// A full sweep, when memory is short.
pub(super) fn all() {
    let _ = sweep();
}

/// A full sweep. Gives how many dead maps it removed.
pub(crate) fn sweep() -> Result<u64> {
    sweep_for(Duration::MAX)
}

fn sweep_for(time: Duration) -> Result<u64> {
    let entries = entries()?;
    let deadline = Deadline::after(time);
    let mut removed = 0;
    let mut rest = entries.as_slice();
    while !rest.is_empty() && !deadline.passed() {
        let seen = glance(rest, &mut removed)?;
        rest = &rest[seen..];
    }
    Ok(removed)
}

/// Does what may fail for want of room, and does it again after the dead gave back theirs.
pub(super) fn with_room<T>(work: impl Fn() -> Result<T>) -> Result<T> {
    match work() {
        Err(error) if error.kind() == ErrorKind::NoSpace => {
            all();
            work()
        }
        other => other,
    }
}

/// Looks at entries for as long as the gate may be kept. Gives how many it looked at, and counts the
/// maps that it removed.
fn glance(entries: &[String], removed: &mut u64) -> Result<usize> {
    if entries.is_empty() {
        return Ok(0);
    }
    let gate = Gate::take(Deadline::after(gate::PATIENCE))?;
    let end = Deadline::after(GLANCE);
    for (seen, entry) in entries.iter().enumerate() {
        *removed += u64::from(visit(&gate, entry));
        if end.passed() {
            return Ok(seen + 1);
        }
    }
    Ok(entries.len())
}

/// The entries of the private directory, from a random one on: otherwise a dead map after many
/// living ones would never be reached.
pub(super) fn entries() -> Result<Vec<String>> {
    let path = gate::path()?;
    let directory = gate::open_directory(&path)?;
    let names = presence::entries(directory.as_fd())
        .map_err(|error| Error::from_io(format!("list {}", shown(&path)), &error.into()))?;
    let mut entries: Vec<_> =
        names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    if !entries.is_empty() {
        let start = RandomState::new().build_hasher().finish() as usize % entries.len();
        entries.rotate_left(start);
    }
    Ok(entries)
}

/// Removes the map or the lock of an entry if no process has it, and returns whether it was a map.
/// On any failure it stays.
fn visit(gate: &Gate, entry: &str) -> bool {
    if let Some((lock, presence)) = LockKey::of_entry(entry) {
        let in_use = rustix::fs::statat(gate.fd(), presence, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        if !in_use {
            lock.remove_unless_held(gate.fd());
        }
    } else if let Some(key) = Key::of_entry(entry) {
        if let Ok(State::Dead(probe)) = presence::look(gate, &key) {
            return presence::bury(gate, &probe, &key).is_ok();
        }
    } else if entry.starts_with(ANONYMOUS) {
        // Its maker was killed before it could take the name away.
        return rustix::fs::unlinkat(gate.fd(), entry, AtFlags::empty()).is_ok();
    }
    false
}
