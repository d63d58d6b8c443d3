//! Watches, which this back end does not have.

use std::sync::Arc;
use std::time::Duration;

use super::Object;
use crate::error::{Error, ErrorKind, Result};
use crate::os::RawDescriptor;
use crate::watch::Event;

/// Of which there is none.
#[derive(Debug)]
pub(crate) enum Watch {}

impl Watch {
    pub(crate) fn new(_: &Arc<Object>) -> Result<Watch> {
        Err(not_supported())
    }

    pub(crate) fn wait(&self, _: Option<Duration>) -> Result<Event> {
        match *self {}
    }

    pub(crate) fn close(&self) {
        match *self {}
    }

    #[cfg(feature = "capi")]
    pub(crate) fn descriptor(&self) -> Result<RawDescriptor> {
        match *self {}
    }

    pub(crate) fn lend(&self) -> std::os::fd::BorrowedFd<'_> {
        match *self {}
    }
}

impl Object {
    pub(crate) fn notify(&self) -> Result<()> {
        Err(not_supported())
    }
}

fn not_supported() -> Error {
    Error::new(
        ErrorKind::NotSupported,
        "Maps cannot be watched on this system: look at the map from time to time.",
    )
}
