//! A worker, and the checks while it uses maps.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mmf::{
    Access, ErrorKind, Event, FileMode, Map, MapOptions, Permissions, SaveOptions, SavePart,
};
use mmf::{TextOptions, TrustedOwner, list};

use super::Scene::{self, File, Held, Replaced, Strangers, TwoUsers, Unlinked, Vandals};
use super::lines::{check_lines, check_text, line, patterned_text};
use super::removal::{Removal, count_unlinks};
use super::{ACQUIRED, APPENDED, CAPACITY, FOLDER, HUGE, LARGE, NAMES, NOBODY, PATIENCE, ROLE};
use super::{SCENES, VIOLATION};
use crate::common::{self, Numbers};

/// How long a call may take: [`PATIENCE`] and ten seconds more, in tenths of a second. Time counts only while the
/// process runs.
const TICKS: u32 = 150;

/// Runs a worker. Returns false if this process is not a worker.
pub fn work() -> bool {
    let Ok(role) = std::env::var(ROLE) else { return false };
    let words: Vec<&str> = role.split(' ').collect();
    let &[seed, id, old_kernel, may_drop_rights] = words.as_slice() else {
        panic!("not a worker's role: {role}");
    };
    let names = std::env::var(NAMES).expect("names");
    let mut worker = Worker {
        dice: Numbers(seed.parse().expect("a seed")),
        names: names.lines().map(Target::read).collect(),
        id: id.to_owned(),
        folder: std::env::var_os(FOLDER).expect("a folder").into(),
        may_drop_rights: may_drop_rights == "true",
        is_nobody: false,
        descriptors: None,
    };
    #[cfg(target_os = "linux")]
    if old_kernel == "true" {
        common::step::forbid_nameless_objects(libc::EOPNOTSUPP);
    }
    let _ = old_kernel;
    start_watchdog();
    // The number of rounds is limited, because leftovers of another user can make every round fail.
    for round in 0..1_000 {
        if let Err(what) = worker.turn(round) {
            say(&format!("{VIOLATION} {what}"));
            break;
        }
        if worker.is_nobody {
            break;
        }
    }
    // Open maps are closed at exit.
    std::mem::forget(Removal::begin(&worker.folder));
    true
}

/// Writes the line with one call, so that a kill does not cut it and children do not mix it.
fn say(line: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}

struct Target {
    index: usize,
    scene: Scene,
    name: String,
}

impl Target {
    fn read(line: &str) -> Target {
        let words: Vec<&str> = line.split(' ').collect();
        let scene = SCENES.into_iter().find(|scene| format!("{scene:?}") == words[1]);
        Target {
            index: words[0].parse().expect("a number"),
            scene: scene.expect("a scene"),
            name: words[2].to_owned(),
        }
    }
}

struct Worker {
    dice: Numbers,
    names: Vec<Target>,
    id: String,
    folder: PathBuf,
    may_drop_rights: bool,
    /// Whether the worker has dropped its rights.
    is_nobody: bool,
    /// The number of open descriptors without a map, once known.
    descriptors: Option<usize>,
}

/// The number of calls that began or ended. It is odd during a call.
static CALL: AtomicU64 = AtomicU64::new(0);

/// Aborts the process if a call takes too long. Time counts only while the process runs.
fn start_watchdog() {
    std::thread::spawn(|| {
        let (mut last, mut ticks) = (0, 0);
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = CALL.load(Ordering::Relaxed);
            ticks = if now == last && now % 2 == 1 { ticks + 1 } else { 0 };
            last = now;
            if ticks > TICKS {
                say(&format!("{VIOLATION} a call is still blocked after its time-out"));
                std::process::abort();
            }
        }
    });
}

/// Makes a call that may remove a name.
fn removing<T>(folder: &Path, call: impl FnOnce() -> T) -> T {
    let _removal = Removal::begin(folder);
    supervised(call)
}

/// Makes a call that the watchdog supervises.
fn supervised<T>(call: impl FnOnce() -> T) -> T {
    CALL.fetch_add(1, Ordering::Relaxed);
    let result = call();
    CALL.fetch_add(1, Ordering::Relaxed);
    result
}

impl Worker {
    /// Acquires a map, uses it, and closes or leaks it.
    fn turn(&mut self, round: u64) -> Result<(), String> {
        let at = self.dice.below(self.names.len() as u64) as usize;
        let Target { index, scene, ref name } = self.names[at];
        let (name, tag) = (name.clone(), format!("{}-{round}", self.id));
        // While the name is being unlinked, nothing can be checked.
        let unlinks = Some(count_unlinks(&self.folder, &name)).filter(|unlinks| unlinks % 2 == 0);
        let folder = self.folder.clone();
        let map = match removing(&folder, || acquire(scene, &name, &folder, &mut self.dice)) {
            Ok(map) => map,
            Err(error) => return check_acquire_error(scene, &error),
        };
        say(ACQUIRED);
        let ours = !matches!(scene, Strangers | Vandals);
        if ours && map.is_foreign() {
            return Err("a map of the library is reported as foreign".to_owned());
        }
        let capacity = capacity_of(scene);
        if scene != Vandals && !map.is_foreign() && map.capacity() != capacity {
            return Err(format!("a map of {} bytes: half-made", map.capacity()));
        }
        self.is_nobody = self.may_drop_rights && ours && self.dice.below(16) == 0;
        if self.is_nobody {
            drop_rights();
        }
        let mut mine: Vec<String> = Vec::new();
        for step in 0..self.dice.below(6) {
            if scene == Replaced {
                self.replace(&map)?;
                continue;
            }
            match self.dice.below(8) {
                0..=3 => {
                    let long = self.dice.below(8) == 0;
                    let length = self.dice.below(if long { 3_000 } else { 10 }) as usize;
                    let line = line(&tag, step, length);
                    let head = line.split(':').next().unwrap_or_default().to_owned();
                    // Not always, because an append without a watch takes another path, and some processes may not
                    // watch.
                    let watch = (self.dice.below(4) == 0).then(|| map.watch().ok());
                    match supervised(|| map.append_text(&line)) {
                        Ok(()) => {
                            if let Some(Some(watch)) = watch {
                                match watch.wait(Some(Duration::ZERO)) {
                                    Ok(Event::TimedOut) => {
                                        return Err(
                                            "an append returned and was not reported".into()
                                        );
                                    }
                                    Ok(_) => {}
                                    Err(error) => check_error(scene, "waiting", &error)?,
                                }
                            }
                            say(&format!("{APPENDED}{index} {head}."));
                            mine.push(head);
                        }
                        Err(error) if error.kind() == ErrorKind::TooLong => {}
                        Err(error) => check_error(scene, "appending", &error)?,
                    }
                }
                4 => match supervised(|| map.view(0, 0, Access::ReadWrite)) {
                    Ok(view) => std::mem::forget(view),
                    Err(error) => check_error(scene, "viewing", &error)?,
                },
                // The next two operations use other maps and files.
                5 | 6 if self.is_nobody => {}
                5 => drop(removing(&folder, list).map_err(|error| format!("listing: {error}"))?),
                6 => self.save(&map, scene)?,
                _ => fork(&map, &folder, &mut self.dice),
            }
            check(&map, scene, &mine, || unlinks == Some(count_unlinks(&self.folder, &name)))?;
        }
        if self.is_nobody {
            removing(&folder, || drop(map));
            return Ok(());
        }
        match self.dice.below(4) {
            0 => self.leak(map),
            1 if self.dice.below(4) == 0 => {
                std::mem::forget(map);
                let _removal = Removal::begin(&folder);
                std::process::exit(0);
            }
            _ => removing(&folder, || drop(map)),
        }
        self.check_descriptors()
    }

    /// Leaves a map open, like a script that does not close it.
    fn leak(&mut self, map: Map) {
        std::mem::forget(map);
        self.descriptors = None;
    }

    /// Checks that closing a map closes its descriptors.
    fn check_descriptors(&mut self) -> Result<(), String> {
        // Under Wine, this folder shows the descriptors of Wine.
        let folder = std::fs::read_dir("/proc/self/fd").ok().filter(|_| cfg!(unix));
        let Some(folder) = folder else { return Ok(()) };
        let now = folder.count();
        match self.descriptors.replace(now) {
            Some(before) if before != now => {
                Err(format!("{now} descriptors are open instead of {before}"))
            }
            _ => Ok(()),
        }
    }

    fn replace(&mut self, map: &Map) -> Result<(), String> {
        let before = supervised(|| map.read_text());
        check_text(&before.map_err(|error| format!("reading: {error}"))?)?;
        // Short texts are as frequent as long ones.
        let length = self.dice.next() >> (42 + self.dice.below(22)).min(63);
        let new = patterned_text(self.dice.below(1_000), length.min(HUGE - 100) as usize);
        supervised(|| map.replace_text(&new)).map_err(|error| format!("replacing: {error}"))
    }

    fn save(&mut self, map: &Map, scene: Scene) -> Result<(), String> {
        // A map that only grows is saved to one file by all workers. Other maps are saved to a separate file.
        let (file, part) = match scene {
            Held => (self.folder.join("saved"), SavePart::Content),
            TwoUsers => return Ok(()),
            _ => (self.folder.join(format!("own-{}", self.id)), SavePart::Map),
        };
        let options = SaveOptions::new().part(part).text(text());
        match supervised(|| map.save_with(&file, &options)) {
            Ok(()) => {}
            // The disk may be full.
            Err(error) if error.kind() == ErrorKind::NoSpace => {}
            Err(error) => check_error(scene, "saving", &error)?,
        }
        if part == SavePart::Map {
            let length = file.metadata().map_or(0, |data| data.len());
            let _ = std::fs::remove_file(file);
            if length != 0 && !map.is_foreign() && scene != Vandals && length != map.capacity() {
                return Err(format!("a saved file of {length} bytes"));
            }
        }
        Ok(())
    }
}

fn capacity_of(scene: Scene) -> u64 {
    match scene {
        Held | File => LARGE,
        Replaced => HUGE,
        _ => CAPACITY,
    }
}

fn acquire(scene: Scene, name: &str, folder: &Path, dice: &mut Numbers) -> mmf::Result<Map> {
    let mut options = MapOptions::new();
    if scene == TwoUsers {
        options =
            options.permissions(Permissions::new().mode(0o666)).trusted_owner(TrustedOwner::Anyone);
    }
    let capacity = capacity_of(scene);
    match (scene, dice.below(3)) {
        (File, 0 | 1) => {
            let path = folder.join(format!("file-{name}"));
            options
                .clone()
                .file_mode(FileMode::OpenOrCreate)
                .name(name)
                .capacity(LARGE)
                .map_file(path)
        }
        (_, 0) => options.create_new(name, capacity),
        (_, 1) => options.create_or_open(name, capacity),
        _ => options.open(name),
    }
}

/// Checks that creating or opening may fail with this error.
fn check_acquire_error(scene: Scene, error: &mmf::Error) -> Result<(), String> {
    match (scene, error.kind()) {
        (_, ErrorKind::AlreadyExists | ErrorKind::Busy) => Ok(()),
        (Held, ErrorKind::NotFound) => Err(format!("the name of a held map is not found: {error}")),
        (_, ErrorKind::NotFound) => Ok(()),
        // Only its owner may remove a dead map.
        (TwoUsers, ErrorKind::AccessDenied) => Ok(()),
        _ => check_error(scene, "opening", error),
    }
}

/// Checks the error of a call. Calls may fail if other programs damage the objects.
fn check_error(scene: Scene, what: &str, error: &mmf::Error) -> Result<(), String> {
    let known = [
        ErrorKind::Truncated,
        ErrorKind::Orphaned,
        ErrorKind::NotFound,
        ErrorKind::AccessDenied,
        ErrorKind::NotAMap,
        ErrorKind::ReadOnlyMap,
    ];
    // A foreign program may also truncate its own object.
    match error.kind() {
        status if scene == Vandals && known.contains(&status) => Ok(()),
        ErrorKind::TooLong | ErrorKind::Truncated if scene == Strangers => Ok(()),
        status => Err(format!("{scene:?}, {what}: {} {error}", status.name())),
    }
}

/// Checks what must be true while a map is held: its name refers to it, and it has all lines that were appended
/// through this handle.
fn check(
    map: &Map,
    scene: Scene,
    mine: &[String],
    was_not_unlinked: impl FnOnce() -> bool,
) -> Result<(), String> {
    // A foreign program may remove its object at any time.
    if scene != Vandals && !map.is_foreign() {
        let orphaned =
            supervised(|| map.is_orphaned()).map_err(|error| format!("checking: {error}"))?;
        if orphaned && (scene != Unlinked || was_not_unlinked()) {
            return Err(format!("{scene:?}: the name of a held map no longer refers to it"));
        }
    }
    match supervised(|| map.read_text()) {
        // The vandals may have changed the content.
        Ok(_) if scene == Vandals => Ok(()),
        Ok(content) => check_lines(&content, mine).map_err(|what| format!("{scene:?}: {what}")),
        Err(error) => check_error(scene, "reading", &error),
    }
}

/// Becomes a user that may not open these maps and files.
#[cfg(unix)]
fn drop_rights() {
    // SAFETY: takes a number.
    let group = unsafe { libc::setgid(NOBODY) };
    // SAFETY: takes a number.
    let user = unsafe { libc::setuid(NOBODY) };
    assert_eq!((group, user), (0, 0), "root may become another user");
}

#[cfg(not(unix))]
fn drop_rights() {}

/// Forks a child, which appends to the map after a moment and ends in one of three ways.
#[cfg(unix)]
fn fork(map: &Map, folder: &Path, dice: &mut Numbers) {
    let (how, wait) = (dice.below(3), dice.below(500));
    // SAFETY: the child uses only what this thread owns, and ends without unwinding.
    let child = unsafe { libc::fork() };
    if child == 0 {
        std::thread::sleep(Duration::from_micros(wait));
        let _ = map.append_text("child");
        let _removal = Removal::begin(folder);
        match how {
            // SAFETY: ends the child and runs its exit handlers.
            0 => unsafe { libc::exit(0) },
            // SAFETY: ends the child without running exit handlers.
            1 => unsafe { libc::_exit(0) },
            // SAFETY: ends the child.
            _ => unsafe {
                libc::raise(libc::SIGKILL);
            },
        }
    }
    if dice.below(2) == 0 && child > 0 {
        let mut status = 0;
        // SAFETY: waits for our child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
    }
}

#[cfg(not(unix))]
fn fork(_: &Map, _: &Path, _: &mut Numbers) {}

fn text() -> TextOptions<'static> {
    TextOptions::new().timeout(PATIENCE)
}
