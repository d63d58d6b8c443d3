//! Maps without a name.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

use super::memory::Memory;
use super::object::Object;
use super::{gate, sweep};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::os::facts::Facts;
use crate::os::unix::bytes;
use crate::quoted::shown;
use crate::request::Request;

impl Object {
    /// A file without a name: on a Mac, shared memory cannot be identified, read through its
    /// descriptor, or copied on write. A map that is passed on by its descriptor needs all of this.
    pub(crate) fn anonymous(request: &Request) -> Result<Object> {
        sweep::once();
        bytes::check_file_size_limit(request.capacity)?;
        let data = sweep::with_room(|| {
            let data = anonymous_file()?;
            let what = |error| bytes::no_space("an anonymous map", request.capacity, error);
            if !request.delayed {
                bytes::reserve(data.as_fd(), 0..request.capacity, FallocateFlags::empty())
                    .map_err(what)?;
            }
            rustix::fs::ftruncate(&data, request.capacity).map_err(what)?;
            Ok(data)
        })?;
        let facts = Facts {
            read_only: !request.rights.access().writes(),
            ..Facts::new(Kind::Anonymous, request.capacity, request.rights)
        };
        Object::new(facts, None, None, Memory::File(data), request.inheritable)
    }
}

/// A file of the private directory that no other process can reach.
fn anonymous_file() -> Result<OwnedFd> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let path = gate::path()?;
    let directory = gate::open_directory(&path)?;
    let failed =
        |error: Errno| Error::from_io(format!("make a file in {}", shown(&path)), &error.into());
    loop {
        let name =
            format!("{}{:016x}", sweep::ANONYMOUS, RandomState::new().build_hasher().finish());
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&directory, name.as_str(), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => {
                // A sweep may have taken the name already.
                let _ = rustix::fs::unlinkat(&directory, name.as_str(), AtFlags::empty());
                return Ok(file);
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(error)),
        }
    }
}
