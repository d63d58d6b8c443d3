//! The map of this host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mmf::{DEFAULT_TIMEOUT, ErrorKind, Map, Result, TextOptions};

use crate::mirror::{Local, Replaced, Value};

static WRITING: Mutex<()> = Mutex::new(());

/// Held while a value is written into the map. Locking this before the program ends ensures that the map never contains
/// half a value.
pub(crate) fn not_writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The map, read and written under its content lock.
pub(crate) struct MapContent {
    pub(crate) map: Map,
}

impl Local for MapContent {
    type Error = mmf::Error;

    fn read(&mut self) -> Result<Vec<u8>> {
        self.map.read_bytes()
    }

    fn replace(&mut self, expected: Option<&[u8]>, content: &[u8]) -> Result<Replaced> {
        let lock = self.map.lock_exclusive(DEFAULT_TIMEOUT)?;
        let under = TextOptions::new().lock(&lock);
        let found = self.map.read_bytes_with(&under)?;
        if expected.is_some_and(|expected| expected != found) {
            return Ok(Replaced::ChangedHere);
        }
        // Writing the same content again would wake all watchers of the map, including another mirror.
        if found == content {
            return Ok(Replaced::Done);
        }
        let _writing = not_writing();
        match self.map.replace_bytes_with(content, &under) {
            Ok(()) => Ok(Replaced::Done),
            Err(error) if error.kind() == ErrorKind::TooLong => Ok(Replaced::TooLong),
            Err(error) => Err(error),
        }
    }

    fn too_long(&mut self, value: &Value) {
        eprintln!(
            "The value of revision {} has {} bytes, but the map has {} on this host, so it keeps its old content. Create it with a larger --size on this host.",
            value.version.revision,
            value.content.len(),
            self.map.capacity()
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use mmf::MapOptions;

    use super::*;

    fn content(text: &str) -> MapContent {
        let map = MapOptions::new().create_anonymous(64).expect("a map");
        map.replace_text(text).expect("written");
        MapContent { map }
    }

    #[test]
    fn only_the_expected_content_is_replaced() {
        let mut local = content("changed");
        assert_eq!(local.replace(Some(b"old"), b"new").expect("tried"), Replaced::ChangedHere);
        assert_eq!(local.read().expect("read"), b"changed");
        assert_eq!(local.replace(Some(b"changed"), b"new").expect("tried"), Replaced::Done);
        assert_eq!(local.replace(None, b"newest").expect("tried"), Replaced::Done);
        assert_eq!(local.read().expect("read"), b"newest");
        assert_eq!(local.replace(None, &[b'x'; 65]).expect("tried"), Replaced::TooLong);
        assert_eq!(local.read().expect("read"), b"newest");
    }

    #[test]
    fn the_same_content_is_not_written_again() {
        let mut local = content("same");
        let watch = local.map.watch().expect("a watch");
        assert_eq!(local.replace(None, b"same").expect("tried"), Replaced::Done);
        let event = watch.wait(Some(std::time::Duration::ZERO)).expect("asked");
        assert_eq!(event, mmf::Event::TimedOut);
    }

    #[test]
    fn a_change_is_kept_if_it_happens_while_replace_waits_for_the_lock() {
        let name = format!("mmf-mirror-lock-{}", std::process::id());
        let map = Map::create_new(&name, 64).expect("a map");
        map.replace_text("old").expect("written");
        let lock = map.lock_exclusive(DEFAULT_TIMEOUT).expect("the lock");
        let (tell, begun) = mpsc::channel();
        std::thread::scope(|scope| {
            let replacing = scope.spawn(|| {
                let mut local = MapContent { map: Map::open(&name).expect("the map") };
                tell.send(()).expect("a receiver");
                local.replace(Some(b"old"), b"from elsewhere").expect("tried")
            });
            begun.recv().expect("it begins");
            let under = TextOptions::new().lock(&lock);
            map.replace_text_with("changed", &under).expect("written");
            drop(lock);
            assert_eq!(replacing.join().expect("no panic"), Replaced::ChangedHere);
        });
        assert_eq!(map.read_text().expect("read"), "changed");
    }
}
