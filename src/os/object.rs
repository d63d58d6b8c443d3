//! What an opened map tells in the same way on all systems.

use std::path::Path;

use super::Object;
use crate::access::Rights;
use crate::kind::Kind;

impl Object {
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

    /// Whether others held the map when it was opened.
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
