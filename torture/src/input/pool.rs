//! The handles that the threads of a session share. Each slot contains an open handle, a closed one,
//! or none.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mmf::ffi::*;

use crate::common::Numbers;

pub(crate) struct Pool {
    pub(crate) maps: [AtomicU64; 12],
    pub(crate) views: [AtomicU64; 6],
    pub(crate) locks: [AtomicU64; 2],
    pub(crate) watches: [AtomicU64; 4],
    /// Whether any thread takes locks as objects. If not, every call may wait without a limit, because
    /// no lock is held for long.
    pub(crate) locking: bool,
    /// Whether a file was mapped: another thread may truncate it while a view of it is used.
    pub(crate) has_files: AtomicBool,
    /// The folder for files.
    pub(crate) folder: tempfile::TempDir,
    /// The beginning of all names.
    pub(crate) prefix: String,
}

impl Pool {
    pub(crate) fn new(numbers: &mut Numbers) -> Pool {
        Pool {
            maps: Default::default(),
            views: Default::default(),
            locks: Default::default(),
            watches: Default::default(),
            locking: numbers.below(2) == 0,
            has_files: AtomicBool::new(false),
            folder: tempfile::tempdir().expect("a folder"),
            prefix: format!("mmf-in-{}", std::process::id()),
        }
    }

    /// Puts a handle into a slot, and closes the old one.
    pub(crate) fn put_map(&self, slot: usize, map: mmf_map_t) {
        let id = self.maps[slot].swap(map.id, Ordering::Relaxed);
        // SAFETY: any number is allowed as a handle.
        let _ = unsafe { mmf_map_close(mmf_map_t { id }, null_mut()) };
    }

    pub(crate) fn put_view(&self, slot: usize, view: mmf_view_t) {
        let id = self.views[slot].swap(view.id, Ordering::Relaxed);
        // SAFETY: any number is allowed as a handle, and no thread accesses the memory of a shared view.
        let _ = unsafe { mmf_view_close(mmf_view_t { id }, null_mut()) };
    }

    pub(crate) fn put_lock(&self, slot: usize, lock: mmf_lock_t) {
        let id = self.locks[slot].swap(lock.id, Ordering::Relaxed);
        // SAFETY: any number is allowed as a handle.
        let _ = unsafe { mmf_lock_release(mmf_lock_t { id }, null_mut()) };
    }

    pub(crate) fn put_watch(&self, slot: usize, watch: mmf_watch_t) {
        let id = self.watches[slot].swap(watch.id, Ordering::Relaxed);
        // SAFETY: any number is allowed as a handle, and no thread waits for the descriptor of a shared watch.
        let _ = unsafe { mmf_watch_close(mmf_watch_t { id }, null_mut()) };
    }

    pub(crate) fn close_all(&self) {
        for slot in 0..self.watches.len() {
            self.put_watch(slot, mmf_watch_t { id: 0 });
        }
        for slot in 0..self.locks.len() {
            self.put_lock(slot, mmf_lock_t { id: 0 });
        }
        for slot in 0..self.views.len() {
            self.put_view(slot, mmf_view_t { id: 0 });
        }
        for slot in 0..self.maps.len() {
            self.put_map(slot, mmf_map_t { id: 0 });
        }
    }
}
