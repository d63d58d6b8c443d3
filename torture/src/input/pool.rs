//! The handles that the threads of a session share. Each place has a handle that lives, one that
//! was closed, or none.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mmf::ffi::*;

use crate::common::Numbers;

pub(crate) struct Pool {
    pub(crate) maps: [AtomicU64; 12],
    pub(crate) views: [AtomicU64; 6],
    pub(crate) locks: [AtomicU64; 2],
    pub(crate) watches: [AtomicU64; 4],
    /// Whether anybody takes locks as objects. If nobody does, every call may wait as long as it
    /// likes, for nobody keeps it waiting.
    pub(crate) locking: bool,
    /// Whether a file was mapped: others may cut it short while a view of it is looked at.
    pub(crate) has_files: AtomicBool,
    /// Where files are.
    pub(crate) folder: tempfile::TempDir,
    /// What names begin with.
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

    /// Puts a handle into a place, and closes what was there.
    pub(crate) fn put_map(&self, place: usize, map: mmf_map_t) {
        let id = self.maps[place].swap(map.id, Ordering::Relaxed);
        // SAFETY: a handle is any number.
        let _ = unsafe { mmf_map_close(mmf_map_t { id }, null_mut()) };
    }

    pub(crate) fn put_view(&self, place: usize, view: mmf_view_t) {
        let id = self.views[place].swap(view.id, Ordering::Relaxed);
        // SAFETY: a handle is any number, and nobody touches the memory of a view that is shared.
        let _ = unsafe { mmf_view_close(mmf_view_t { id }, null_mut()) };
    }

    pub(crate) fn put_lock(&self, place: usize, lock: mmf_lock_t) {
        let id = self.locks[place].swap(lock.id, Ordering::Relaxed);
        // SAFETY: a handle is any number.
        let _ = unsafe { mmf_lock_release(mmf_lock_t { id }, null_mut()) };
    }

    pub(crate) fn put_watch(&self, place: usize, watch: mmf_watch_t) {
        let id = self.watches[place].swap(watch.id, Ordering::Relaxed);
        // SAFETY: a handle is any number, and nobody waits for the descriptor of a watch that is shared.
        let _ = unsafe { mmf_watch_close(mmf_watch_t { id }, null_mut()) };
    }

    pub(crate) fn close_all(&self) {
        for place in 0..self.watches.len() {
            self.put_watch(place, mmf_watch_t { id: 0 });
        }
        for place in 0..self.locks.len() {
            self.put_lock(place, mmf_lock_t { id: 0 });
        }
        for place in 0..self.views.len() {
            self.put_view(place, mmf_view_t { id: 0 });
        }
        for place in 0..self.maps.len() {
            self.put_map(place, mmf_map_t { id: 0 });
        }
    }
}
