//! The named maps that live, found by their presences. Objects of other programs cannot be
//! enumerated on a Mac, and so are on no list.

use super::gate::{self, Gate};
use super::presence::{self, Key, Probe, State};
use super::record::Record;
use super::{object, shm, sweep};
use crate::error::Result;
use crate::name::Name;
use crate::os::{Kind, MapInfo};
use crate::security::Permissions;
use crate::time::Deadline;

pub(crate) fn list() -> Result<Vec<MapInfo>> {
    sweep::for_a_list();
    let mut found = Vec::new();
    for key in sweep::entries()?.iter().filter_map(|entry| sweep::key(entry)) {
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
        // What lies in the private directory is nobody else's.
        owner: Some(rustix::process::geteuid().as_raw()),
        trusted: true,
        foreign: false,
    }))
}

/// The size of the object, for a map whose record was taken away.
fn size(probe: &Probe, key: &Key) -> rustix::io::Result<u64> {
    let stat = match object::open_data(probe.fd(), false)? {
        Some(data) => rustix::fs::fstat(data)?,
        None => match shm::look(&key.object)? {
            shm::Seen::Object(_, stat) => *stat,
            _ => return Ok(0),
        },
    };
    Ok(u64::try_from(stat.st_size).unwrap_or(0))
}
