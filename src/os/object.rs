//! What is the same of an opened map on all systems.

use std::path::Path;

use super::Object;
use super::opening::Opened;
use crate::access::Rights;
use crate::error::Result;
use crate::kind::Kind;
use crate::name::Name;
use crate::request::Request;

impl Object {
    /// A map of an open file. The caller checked its length against the capacity.
    pub(crate) fn from_file(
        opened: Opened,
        path: &Path,
        name: Option<&Name>,
        request: &Request,
    ) -> Result<Object> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Object::of_file(opened.file, opened.emptied, Some(path), name, request)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.facts.kind
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.facts.capacity
    }

    pub(crate) fn rights(&self) -> Rights {
        self.facts.rights
    }

    #[cfg(unix)]
    pub(crate) fn is_read_only(&self) -> bool {
        self.facts.read_only
    }

    /// Whether other processes held the map when it was opened.
    pub(super) fn was_joined(&self) -> bool {
        self.facts.joined
    }

    pub(crate) fn is_foreign(&self) -> bool {
        self.facts.foreign
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.facts.path.as_deref()
    }
}
