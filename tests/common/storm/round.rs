//! A round of the storm, and the checks at its end.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mmf::backend::{LEFTOVER_AFTER_KILL, WATCHES_LIFE};
use mmf::{ErrorKind, Event, Map, SaveOptions, SavePart, Watch, list};

use super::Scene::{self, File, Free, Held, Replaced, Strangers, TwoUsers, Unlinked, Vandals};
use super::lines::check_lines;
use super::removal::unlinks_file;
use super::{LARGE, PATIENCE, Storm};
use crate::common;

impl Storm<'_> {
    pub(super) fn round(&self, round: u64, kills: u64) -> Result<u64, String> {
        self.left.store(kills, Ordering::Relaxed);
        let mut held = BTreeMap::new();
        for (index, (scene, name)) in self.names.iter().enumerate() {
            if *scene == Held {
                let map = Map::create_new(name, LARGE);
                held.insert(index, map.map_err(|error| format!("a new round: {error}"))?);
            }
        }
        // Only where the system itself reports writes, a write that a killed process began is reported at once.
        let followed = held.values().next().filter(|_| WATCHES_LIFE);
        let watch = followed.map(|map| map.watch().map(|watch| (map, watch))).transpose();
        let watch = watch.map_err(|error| format!("watching: {error}"))?;
        std::thread::scope(|scope| {
            if let Some((map, watch)) = &watch {
                scope.spawn(|| self.follow(map, watch));
            }
            for (scene, name) in &self.names {
                let seed = self.plan.seed ^ round << 20;
                match scene {
                    Strangers => drop(scope.spawn(move || self.strangers(name, seed))),
                    Unlinked => drop(scope.spawn(move || self.unlinkers(name, seed))),
                    Vandals => drop(scope.spawn(move || self.vandals(name, seed))),
                    _ => {}
                }
            }
            let slots: Vec<_> = (0..self.plan.workers)
                .map(|slot| scope.spawn(move || self.slot(round, slot)))
                .collect();
            slots.into_iter().for_each(|slot| slot.join().expect("no panic"));
            if let Some((_, watch)) = &watch {
                watch.close();
            }
        });
        drop(watch);
        wait_for_orphans()?;
        if let Some(violation) = self.violation.lock().expect("no panic").take() {
            return Err(violation);
        }
        let mut appends = 0;
        for (index, (scene, name)) in self.names.iter().enumerate() {
            let appended = std::mem::take(&mut *self.appended[index].lock().expect("no panic"));
            appends += appended.len() as u64;
            self.check_name(*scene, name, &appended, held.remove(&index))
                .map_err(|what| format!("all are dead, {scene:?}: {what}"))?;
        }
        list().map_err(|error| format!("a full sweep: {error}"))?;
        for (_, name) in &self.names {
            let left = common::left_of(name);
            if LEFTOVER_AFTER_KILL && !left.is_empty() {
                return Err(format!("{left:?} is left after a full sweep"));
            }
        }
        (self.plan.after_round)()?;
        Ok(appends)
    }

    /// Watches a map that workers append to. Each change must be reported, before it is seen or soon after.
    fn follow(&self, map: &Map, watch: &Watch) {
        let read = || map.content_length();
        let mut seen = read();
        loop {
            let event = watch.wait(Some(Duration::from_millis(5)));
            let reported = match event {
                Ok(Event::Closed) => return,
                Ok(Event::TimedOut) => false,
                Ok(_) => true,
                Err(error) => return self.report(&format!("waiting: {error}")),
            };
            let now = read();
            // The writer may be stopped in the middle of its call.
            if !reported && now != seen {
                match watch.wait(Some(PATIENCE)) {
                    Ok(Event::TimedOut) => {
                        return self.report(&format!(
                            "{seen:?} became {now:?}, and no event was reported"
                        ));
                    }
                    Ok(Event::Closed) => return,
                    _ => {}
                }
            }
            seen = now;
        }
    }

    /// Checks what must be true of a name when all workers are dead.
    fn check_name(
        &self,
        scene: Scene,
        name: &str,
        appended: &[String],
        held: Option<Map>,
    ) -> Result<(), String> {
        match scene {
            Held => {
                let held = held.expect("a map from the beginning of the round");
                // The locks of dead processes are gone.
                drop(held.lock_exclusive(Duration::ZERO).map_err(|error| error.to_string())?);
                check_content(&held, appended)?;
                self.check_saved(&held)?;
            }
            File => {
                let path = self.file(name);
                let bytes = std::fs::read(&path).unwrap_or_default();
                let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
                check_lines(&String::from_utf8_lossy(&text), appended)?;
                let _ = std::fs::remove_file(&path);
            }
            Vandals => {
                // The library does not remove what they made.
                if let Some(path) = common::seen(name) {
                    let _ = std::fs::remove_file(path.with_extension("aside"));
                    let _ = std::fs::remove_file(path);
                }
            }
            Unlinked => drop(std::fs::remove_file(unlinks_file(self.folder.path(), name))),
            Free | Replaced | Strangers | TwoUsers => {}
        }
        match Map::open(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("opening a dead map: {error}")),
            Ok(map) => return Err(format!("a dead map of {} bytes opened", map.capacity())),
        }
        let map = Map::create_new(name, 5_000).map_err(|error| format!("a new map: {error}"))?;
        let mut bytes = vec![1; 5_000];
        map.read_at(&mut bytes, 0).map_err(|error| error.to_string())?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Err("a new map has old bytes".to_owned());
        }
        Ok(())
    }

    /// Checks that a save is complete or has no effect, even if the process is killed. The content only grows, so the
    /// file must be a beginning of it.
    fn check_saved(&self, held: &Map) -> Result<(), String> {
        let target = self.folder.path().join("saved");
        let content = held.read_bytes().map_err(|error| error.to_string())?;
        if let Ok(saved) = std::fs::read(&target)
            && !content.starts_with(&saved)
        {
            return Err(format!(
                "the saved file has {} bytes, which are not a beginning of the content",
                saved.len()
            ));
        }
        let options = SaveOptions::new().part(SavePart::Content);
        held.save_with(&target, &options).map_err(|error| format!("saving: {error}"))?;
        if std::fs::read(&target).ok() != Some(content) {
            return Err("the saved file is not the content".to_owned());
        }
        let _ = std::fs::remove_file(&target);
        let left: Vec<_> = std::fs::read_dir(self.folder.path())
            .expect("read the folder")
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().contains("saved"))
            .collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?} is left of killed saves")) }
    }
}

/// Checks that a map has every appended line exactly once.
fn check_content(map: &Map, appended: &[String]) -> Result<(), String> {
    let content = map.read_text().map_err(|error| format!("reading: {error}"))?;
    check_lines(&content, appended)
}

/// Makes children of killed workers children of this process, so that it can wait for them.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Waits for the forked children of killed workers.
#[cfg(target_os = "linux")]
fn wait_for_orphans() -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: waits for children of this process. No other thread waits for children now.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            0 if begun.elapsed() > PATIENCE * 4 => {
                return Err("a forked child is still blocked".to_owned());
            }
            0 => std::thread::sleep(Duration::from_millis(1)),
            -1 => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn wait_for_orphans() -> Result<(), String> {
    Ok(())
}
