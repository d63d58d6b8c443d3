//! Maps in memory, created and opened: by name, and without one.

use std::os::windows::io::AsHandle;
use std::time::Duration;

use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;
use windows_sys::Win32::System::Memory::{SEC_RESERVE, SECTION_QUERY};

use super::bytes::Backing;
use super::contents::contents_of;
use super::errors::{cannot_create, cannot_open, nameless_exists};
use super::memory::sizes;
use super::name::SectionName;
use super::object::{Identity, Object};
use super::section::{self, Plan};
use super::security::Descriptor;
use crate::error::{ErrorKind, Result};
use crate::kind::Kind;
use crate::name::Name;
use crate::os::code::code_of;
use crate::os::errors::{busy, exists};
use crate::os::facts::Facts;
use crate::request::{Opening, Request};
use crate::time::{Backoff, Deadline};

/// How long creating and opening are tried in turn while other processes create and close the same
/// name.
const PATIENCE: Duration = Duration::from_secs(10);

impl Object {
    pub(crate) fn create_new(name: &Name, request: &Request) -> Result<Object> {
        let name = SectionName::of(name);
        match Object::create(Some(&name), request)? {
            Some(object) => Ok(object),
            None => Err(exists(&name.shown)),
        }
    }

    pub(crate) fn create_or_open(name: &Name, request: &Request) -> Result<Object> {
        let name = SectionName::of(name);
        let mut backoff = Backoff::new(Deadline::after(PATIENCE), Duration::from_millis(10));
        loop {
            match Object::find(&name, &request.opening()) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => return other,
            }
            if let Some(object) = Object::create(Some(&name), request)? {
                return Ok(object);
            }
            // It was created between the two calls: it can be opened, unless it is closed again.
            if !backoff.wait() {
                let why = "other processes kept creating and closing it";
                return Err(busy(&name.shown, "opened or created", why));
            }
        }
    }

    /// Whose map it is does not matter: its access list decides.
    pub(crate) fn open(name: &Name, opening: &Opening) -> Result<Object> {
        Object::find(&SectionName::of(name), opening)
    }

    pub(crate) fn anonymous(request: &Request) -> Result<Object> {
        match Object::create(None, request)? {
            Some(object) => Ok(object),
            None => Err(nameless_exists()),
        }
    }

    /// Creates memory. `None`: a map of this name lives.
    fn create(name: Option<&SectionName>, request: &Request) -> Result<Option<Object>> {
        let sddl = request.permissions.sddl.as_deref();
        let security = sddl.map(Descriptor::from_sddl).transpose()?;
        let plan = Plan {
            file: None,
            size: request.capacity,
            access: request.rights.access(),
            kind: if request.delayed { SEC_RESERVE } else { 0 },
            name,
            security: security.as_ref(),
            inheritable: request.inheritable,
        };
        let made =
            section::create(&plan).map_err(|error| cannot_create(name, request.capacity, error))?;
        let Some(section) = made else { return Ok(None) };
        let backing = if request.delayed { Backing::Delayed } else { Backing::Memory };
        let size = request.capacity.next_multiple_of(sizes().page);
        let facts = Facts::new(Kind::Anonymous, size, request.rights);
        let mut object = Object::new(section, backing, facts);
        object.read_only = (!request.rights.access().writes()).into();
        if let Some(name) = name {
            object.facts.kind = Kind::Named;
            object.identity = Identity::Named(name.lock());
            object.name = Some(name.clone());
        }
        object.hold_global_signal();
        Ok(Some(object))
    }

    fn find(name: &SectionName, opening: &Opening) -> Result<Object> {
        let &Opening { rights, inheritable, .. } = opening;
        let access = section::access_of(rights);
        let opened = match section::open(name, access, inheritable) {
            // To be asked is our wish, not the caller's: it may be the one that is denied.
            Err(error) if code_of(&error) == ERROR_ACCESS_DENIED => {
                section::open(name, access & !SECTION_QUERY, inheritable)
            }
            other => other,
        };
        let section = opened.map_err(|error| cannot_open(name, error))?;
        let contents =
            contents_of(section.as_handle()).map_err(|error| cannot_open(name, error))?;
        let mut object = Object::of_section(section, &contents, Some(name.clone()), rights);
        object.facts.joined = true;
        object.hold_global_signal();
        Ok(object)
    }
}
