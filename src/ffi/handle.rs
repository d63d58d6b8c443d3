//! The table behind the handles.
//!
//! A handle is a number: the kind of thing in the highest byte, then the place in that kind's
//! table, then the generation of the place, which grows with every new tenant. So a handle that
//! was closed, made up or meant for something else is told from a living one, whatever it is.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::{Error, ErrorKind, Result};

/// Places in a table: what fits into the 24 bits between kind and generation.
const PLACES: usize = 1 << 24;

/// All handles of one kind.
pub(super) struct Table<T> {
    kind: u8,
    noun: &'static str,
    slots: RwLock<Slots<T>>,
}

struct Slots<T> {
    all: Vec<Slot<T>>,
    free: Vec<usize>,
}

struct Slot<T> {
    /// Of the last handle that was given out for this place; 1 for the first.
    generation: u32,
    tenant: Option<Arc<T>>,
}

impl<T> Table<T> {
    /// The table of a kind. Kinds are not zero and differ, and `noun` is for messages.
    pub(super) const fn new(kind: u8, noun: &'static str) -> Table<T> {
        Table { kind, noun, slots: RwLock::new(Slots { all: Vec::new(), free: Vec::new() }) }
    }

    /// Gives a handle to something.
    pub(super) fn insert(&self, tenant: T) -> Result<u64> {
        let tenant = Some(Arc::new(tenant));
        let mut slots = self.write();
        if let Some(place) = slots.free.pop() {
            let slot = &mut slots.all[place];
            slot.generation += 1;
            slot.tenant = tenant;
            return Ok(self.handle(place, slot.generation));
        }
        let place = slots.all.len();
        if place == PLACES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("This process has {PLACES} {} handles open: close some.", self.noun),
            ));
        }
        slots.all.push(Slot { generation: 1, tenant });
        Ok(self.handle(place, 1))
    }

    /// What a handle stands for. It stays for the call, even if another thread closes the handle.
    pub(super) fn get(&self, handle: u64) -> Result<Arc<T>> {
        let slots = self.read();
        let place = self.place(&slots.all, handle)?;
        match &slots.all[place].tenant {
            Some(tenant) => Ok(Arc::clone(tenant)),
            None => Err(self.closed()),
        }
    }

    /// Ends a handle, and gives back what it stood for.
    pub(super) fn remove(&self, handle: u64) -> Result<Arc<T>> {
        let mut slots = self.write();
        let place = self.place(&slots.all, handle)?;
        let slot = &mut slots.all[place];
        let tenant = slot.tenant.take().ok_or_else(|| self.closed())?;
        // A place whose generations are used up is never let again.
        if slot.generation < u32::MAX {
            slots.free.push(place);
        }
        Ok(tenant)
    }

    fn handle(&self, place: usize, generation: u32) -> u64 {
        u64::from(self.kind) << 56 | (place as u64) << 32 | u64::from(generation)
    }

    /// The place of a handle whose generation is the last one there.
    fn place(&self, slots: &[Slot<T>], handle: u64) -> Result<usize> {
        let noun = self.noun;
        if handle == 0 {
            return Err(Error::new(
                ErrorKind::InvalidHandle,
                format!("The {noun} handle is zero: nothing was opened into it."),
            ));
        }
        let made_up = || {
            Error::new(
                ErrorKind::InvalidHandle,
                format!(
                    "0x{handle:016X} is not a {noun} handle of this process: use one that a function of this library gave."
                ),
            )
        };
        let (kind, generation) = ((handle >> 56) as u8, handle as u32);
        let place = (handle >> 32) as usize & (PLACES - 1);
        let last = slots.get(place).filter(|_| kind == self.kind).ok_or_else(made_up)?.generation;
        match generation {
            0 => Err(made_up()),
            generation if generation > last => Err(made_up()),
            generation if generation < last => Err(self.closed()),
            _ => Ok(place),
        }
    }

    fn closed(&self) -> Error {
        Error::new(
            ErrorKind::Closed,
            format!("The {} handle was closed before. Open another one.", self.noun),
        )
    }

    // Nothing in here panics between two changes, so a poisoned lock guards a sound table.
    fn read(&self) -> RwLockReadGuard<'_, Slots<T>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots<T>> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn kind<T>(result: Result<T>) -> ErrorKind {
        result.err().expect("it fails").kind()
    }

    #[test]
    fn closed_made_up_and_foreign_handles_are_told_apart() {
        let table = Table::new(7, "test");
        let first = table.insert("first").expect("a place");
        let second = table.insert("second").expect("a place");
        assert_eq!(*table.get(first).expect("alive"), "first");
        assert_eq!(*table.get(second).expect("alive"), "second");

        assert_eq!(*table.remove(first).expect("alive"), "first");
        assert_eq!(kind(table.get(first)), ErrorKind::Closed);
        assert_eq!(kind(table.remove(first)), ErrorKind::Closed);

        // The slot has a new value, which the old handle does not refer to.
        let third = table.insert("third").expect("a place");
        assert_eq!(third as u32, first as u32 + 1, "the place was let again");
        assert_eq!(kind(table.get(first)), ErrorKind::Closed);
        assert_eq!(*table.get(third).expect("alive"), "third");

        let other = Table::new(8, "other");
        let foreign = other.insert("other").expect("a place");
        for made_up in [0, 1, foreign, third + 1, first - 1, second + (1 << 32), u64::MAX] {
            assert_eq!(kind(table.get(made_up)), ErrorKind::InvalidHandle, "{made_up:#x}");
            assert_eq!(kind(table.remove(made_up)), ErrorKind::InvalidHandle, "{made_up:#x}");
        }
    }

    #[test]
    fn a_place_whose_generations_are_used_up_is_never_let_again() {
        let table = Table::new(7, "test");
        let first = table.insert(1).expect("a place");
        table.write().all[0].generation = u32::MAX;
        let last = first | u64::from(u32::MAX);
        table.remove(last).expect("alive");
        assert_eq!(kind(table.get(last)), ErrorKind::Closed);
        assert_eq!(kind(table.get(first)), ErrorKind::Closed);
        let next = table.insert(2).expect("a place");
        assert_ne!((next >> 32) as u32, (first >> 32) as u32, "another place");
    }

    #[test]
    fn what_is_in_use_outlives_its_handle() {
        let table = Table::new(7, "test");
        let handle = table.insert(String::from("text")).expect("a place");
        let used = table.get(handle).expect("alive");
        drop(table.remove(handle).expect("alive"));
        assert_eq!(*used, "text");
    }
}
