//! Most scripts never close what they open. When the process ends in the ordinary way, what it
//! still holds is let go here, by the same road as a close.

use std::collections::BTreeMap;
use std::sync::{Mutex, Once, PoisonError, Weak};

/// Something that holds a name.
pub(crate) trait Holder: Send + Sync {
    /// Lets go at exit: without blocking, without unmapping, and with the descriptor numbers left
    /// to the kernel. A holder in use by another thread is left as it is, as by a kill.
    fn leave_at_exit(&self);
}

struct Registry {
    next: u64,
    holders: BTreeMap<u64, Weak<dyn Holder>>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { next: 0, holders: BTreeMap::new() });
static HANDLER: Once = Once::new();

/// Notes a holder, and gives the number to strike it off by.
pub(crate) fn note(holder: Weak<dyn Holder>) -> u64 {
    HANDLER.call_once(|| {
        // SAFETY: a function with the right signature. In a shared library it runs when that is
        // unloaded, too, which is the last moment at which it can.
        unsafe { libc::atexit(leave_all) };
    });
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    let number = registry.next;
    registry.next += 1;
    registry.holders.insert(number, holder);
    number
}

/// Strikes a holder off.
pub(crate) fn forget(number: u64) {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).holders.remove(&number);
}

extern "C" fn leave_all() {
    // A thread that is inside will not be waited for: the process would hang on a thread that is
    // stopped. A panic must not cross into C's exit.
    let _ = std::panic::catch_unwind(|| {
        let Ok(registry) = REGISTRY.try_lock() else { return };
        let holders: Vec<_> = registry.holders.values().filter_map(Weak::upgrade).collect();
        drop(registry);
        for holder in holders {
            holder.leave_at_exit();
            // The last owner's drop would close by the ordinary road, which may block.
            std::mem::forget(holder);
        }
    });
}
