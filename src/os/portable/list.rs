//! The named maps that live, found by their presences. Objects of other programs cannot be
//! enumerated on a Mac, and so are on no list.

use std::path::Path;

use rustix::fs::Stat;

use super::gate::{self, Gate};
use super::key::Key;
use super::presence::{self, Probe, State};
use super::record::Record;
use super::{create, shm, sweep};
use crate::error::Result;
use crate::kind::Kind;
use crate::map_info::MapInfo;
use crate::name::Name;
use crate::os::unix::Inode;
use crate::security::Permissions;
use crate::time::Deadline;

pub(crate) fn list() -> Result<Vec<MapInfo>> {
    sweep::for_a_list();
    let mut found = Vec::new();
    for key in sweep::entries()?.iter().filter_map(|entry| Key::of_entry(entry)) {
        found.extend(inspect(&key)?);
    }
    Ok(found)
}

/// What lives under a name, if anything does.
fn inspect(key: &Key) -> Result<Option<MapInfo>> {
    let gate = Gate::take(Deadline::after(gate::PATIENCE))?;
    let State::Living(probe) = presence::look(&gate, key)? else { return Ok(None) };
    let record = Record::read(probe.fd()).map_err(presence::looking)?;
    let name = record.as_ref().map_or_else(|| Name::of_object(&key.object), |it| it.name.clone());
    let capacity = match &record {
        Some(record) => record.capacity,
        None => size(&probe, key).map_err(presence::looking)?,
    };
    let file = record.and_then(|record| record.file);
    // Neither a record nor an object: another program took both.
    Ok((capacity > 0).then(|| MapInfo {
        name,
        kind: if file.is_some() { Kind::NamedFile } else { Kind::Named },
        path: file.map(|file| file.path),
        capacity,
        permissions: Permissions::default(),
        // The files in the private directory belong only to this library.
        owner: Some(rustix::process::geteuid().as_raw()),
        trusted: true,
        foreign: false,
    }))
}

/// The size of the object, for a map whose record was taken away.
fn size(probe: &Probe, key: &Key) -> rustix::io::Result<u64> {
    let stat = stat_of(probe, key)?;
    Ok(stat.and_then(|stat| u64::try_from(stat.st_size).ok()).unwrap_or(0))
}

fn stat_of(probe: &Probe, key: &Key) -> rustix::io::Result<Option<Stat>> {
    match create::open_data(probe.fd(), false)? {
        Some(data) => rustix::fs::fstat(data).map(Some),
        None => match shm::look(&key.object)? {
            shm::Seen::Object(_, stat) => Ok(Some(*stat)),
            _ => Ok(None),
        },
    }
}

/// Whether a path refers, directly or through links, to the object of a map that a process holds,
/// or to the files that are kept about maps.
pub(crate) fn is_living_object(path: &Path) -> Result<bool> {
    let Ok(stat) = rustix::fs::stat(path) else { return Ok(false) };
    let kept = std::fs::canonicalize(gate::path()?);
    if kept.is_ok_and(|kept| path.canonicalize().is_ok_and(|path| path.starts_with(kept))) {
        return Ok(true);
    }
    // Without the mark it could only be a file of the private directory under a second name. Then
    // no search and no gate are needed.
    if !shm::is_ours(&stat) && stat.st_nlink < 2 {
        return Ok(false);
    }
    for key in sweep::entries()?.iter().filter_map(|entry| Key::of_entry(entry)) {
        let gate = Gate::take(Deadline::after(gate::PATIENCE))?;
        if let State::Living(probe) = presence::look(&gate, &key)?
            && let Some(object) = stat_of(&probe, &key).map_err(presence::looking)?
            && Inode::of(&object) == Inode::of(&stat)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
