//! Room: behaviour without enough space. Every operation is tried with a little space, then with more. It must succeed, or
//! report what is missing and change nothing; and it must succeed once there is enough space. Each case runs in its own
//! process.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use mmf::{Access, ErrorKind, Map, MapOptions, SaveOptions, SavePart, TextOptions};

use crate::common::group::Group;
use crate::common::{Numbers, left_of, not_run, unique};
use crate::world::{Room, World, mount_shared_memory, objects};
use crate::{Amount, Found};

const ROLE: &str = "MMF_TORTURE_ROOM";
const PAGE: u64 = 4096;

/// A resource that is limited.
struct Case {
    name: &'static str,
    /// The options of a private `/dev/shm`, if the case needs one.
    mount: Option<&'static str>,
    run: fn(&mut Trial) -> Found,
}

const CASES: &[Case] = &[
    Case { name: "64 KiB of shared memory", mount: Some("size=64k,mode=1777"), run: memory },
    Case { name: "1 MiB of shared memory", mount: Some("size=1m,mode=1777"), run: memory },
    Case { name: "inodes", mount: Some("size=1m,nr_inodes=12,mode=1777"), run: inodes },
    Case { name: "descriptors", mount: None, run: descriptors },
    Case { name: "address space", mount: None, run: address_space },
    Case { name: "file size, changed while open", mount: None, run: file_size },
    Case { name: "a memory group", mount: None, run: memory_group },
];

pub(crate) fn run(seed: u64, amount: Amount, world: &World) -> Found {
    let begun = Instant::now();
    let mut round = 0;
    while round == 0 || (amount.time.is_some() && !amount.is_done(round, begun)) {
        for (index, case) in CASES.iter().enumerate() {
            if case.mount.is_some() && !world.private {
                not_run(&format!("room: {}", case.name), "only root may mount a /dev/shm");
                continue;
            }
            let group = (case.name == "a memory group").then(|| Group::new(24 << 20)).flatten();
            if case.name == "a memory group" && group.is_none() {
                not_run(&format!("room: {}", case.name), "control groups are not available here");
                continue;
            }
            let mut child = Command::new(std::env::current_exe().expect("this program's path"));
            child.env(ROLE, format!("{index} {}", seed ^ round << 32));
            if let Some(group) = &group {
                child.env("MMF_TORTURE_GROUP", &group.0);
            }
            let status = child.status().map_err(|error| error.to_string())?;
            if !status.success() {
                let how = match status.signal() {
                    Some(signal) => format!("signal {signal}"),
                    None => "see above".to_owned(),
                };
                return Err(format!("{}: {how}", case.name));
            }
        }
        round += 1;
    }
    Ok(())
}

/// Runs one case. `None` if this process has another role.
pub(crate) fn act() -> Option<Found> {
    let role = std::env::var(ROLE).ok()?;
    let (index, seed) = role.split_once(' ').expect("case and seed");
    let case = &CASES[index.parse::<usize>().expect("a number")];
    let mut trial = Trial::new(seed.parse().expect("a number"));
    Some((|| {
        if let Some(options) = case.mount {
            // SAFETY: the call only takes a flag, and this process has no other thread yet.
            if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
                return Err(io::Error::last_os_error().to_string());
            }
            mount_shared_memory(options).map_err(|error| error.to_string())?;
        }
        (case.run)(&mut trial)?;
        if trial.refused == 0 {
            return Err("nothing was refused, so the limit had no effect".to_owned());
        }
        println!(
            "room: {}: {} operations worked, {} were refused",
            case.name, trial.worked, trial.refused
        );
        Ok(())
    })())
}

/// The operations to try, with their maps and files.
struct Trial {
    numbers: Numbers,
    folder: tempfile::TempDir,
    held: Held,
    /// The names of maps that were created and closed.
    closed: RefCell<Vec<String>>,
    worked: u64,
    refused: u64,
}

/// Maps from before the space was limited.
struct Held {
    name: String,
    reserved: Option<Map>,
    delayed: Option<Map>,
}

type Attempt = fn(&Trial) -> mmf::Result<()>;

fn text() -> TextOptions<'static> {
    TextOptions::new().timeout(Duration::from_secs(1))
}

/// The operations that are tried, by name.
const ATTEMPTS: &[(&str, Attempt)] = &[
    ("create 1 byte", |trial| trial.create(1)),
    ("create a page", |trial| trial.create(PAGE)),
    ("create 10 pages", |trial| trial.create(10 * PAGE)),
    ("create or open", |trial| {
        let name = unique("room");
        let map = Map::create_or_open(&name, 2 * PAGE);
        trial.check_created(&name, map, true)
    }),
    ("create delayed", |trial| {
        let name = unique("room");
        let map = MapOptions::new().delay_allocation(true).create_new(&name, 1 << 14);
        trial.check_created(&name, map, false)
    }),
    ("create anonymous", |_| MapOptions::new().create_anonymous(PAGE).map(drop)),
    ("open", |trial| {
        let map = Map::open(&trial.held.name)?;
        map.append_text("x")?;
        map.replace_text("old")
    }),
    ("map a file by a name", |trial| {
        let name = unique("room");
        let path = trial.folder.path().join("file");
        let map = MapOptions::new().name(&name).map_file(path);
        trial.check_created(&name, map, false)
    }),
    ("list", |_| mmf::list().map(drop)),
    ("append", |trial| trial.reserved().append_text("more")),
    ("replace", |trial| trial.reserved().replace_text(&"new ".repeat(500))),
    ("append to delayed memory", |trial| trial.delayed().append_text(&"x".repeat(9_000))),
    ("replace in delayed memory", |trial| trial.delayed().replace_text(&"new ".repeat(4_000))),
    ("read", |trial| trial.reserved().read_text().map(drop)),
    ("view", |trial| trial.reserved().view(0, 0, Access::ReadWrite).map(drop)),
    ("lock", |trial| trial.reserved().lock_exclusive(Duration::from_secs(1)).map(drop)),
    ("save", |trial| {
        let options = SaveOptions::new().part(SavePart::Content);
        trial.reserved().save_with(trial.folder.path().join("saved"), &options)
    }),
];

impl Trial {
    fn new(seed: u64) -> Trial {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("file"), "file").expect("write a file");
        std::fs::write(folder.path().join("saved"), "before").expect("write a file");
        let held = Held { name: unique("held"), reserved: None, delayed: None };
        let closed = RefCell::default();
        Trial { numbers: Numbers(seed), folder, held, closed, worked: 0, refused: 0 }
    }

    /// Closes the held maps and creates them again.
    fn create_held_maps(&mut self) -> mmf::Result<()> {
        self.held.reserved = None;
        self.held.delayed = None;
        self.held.reserved = Some(Map::create_new(&self.held.name, 2 * PAGE)?);
        let delayed = MapOptions::new().delay_allocation(true);
        self.held.delayed = Some(delayed.create_new(&unique("delayed"), 16 * PAGE)?);
        self.reset()
    }

    fn reserved(&self) -> &Map {
        self.held.reserved.as_ref().expect("held")
    }

    fn delayed(&self) -> &Map {
        self.held.delayed.as_ref().expect("held")
    }

    /// Restores the initial state; there is enough space.
    fn reset(&self) -> mmf::Result<()> {
        mmf::list()?;
        for name in self.closed.take() {
            let left = left_of(&name);
            assert!(left.is_empty(), "{left:?} is left although there is enough space");
        }
        self.reserved().replace_text("old")?;
        self.delayed().replace_text("old")
    }

    fn create(&self, capacity: u64) -> mmf::Result<()> {
        let name = unique("room");
        let map = Map::create_new(&name, capacity);
        self.check_created(&name, map, true)
    }

    /// Checks the result of creating a map. A failed call must leave nothing. The name of a created map is checked
    /// later, when there is enough space, because a close that cannot check for other holders leaves the name to the
    /// next sweep.
    fn check_created(&self, name: &str, map: mmf::Result<Map>, reserved: bool) -> mmf::Result<()> {
        match map {
            Ok(map) => {
                // If the memory was not really reserved, writing to it would end this process.
                if reserved && let Ok(view) = map.view(0, 0, Access::ReadWrite) {
                    view.write_at(&vec![1; view.len()], 0)?;
                }
                self.closed.borrow_mut().push(name.to_owned());
            }
            Err(error) => {
                let left = left_of(name);
                assert!(left.is_empty(), "{left:?} is left after: {error}");
                return Err(error);
            }
        }
        Ok(())
    }

    /// Tries all operations in random order. `expected` lists the allowed errors.
    fn try_all(&mut self, level: &str, expected: &[ErrorKind]) -> Found {
        let mut order: Vec<usize> = (0..ATTEMPTS.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.numbers.below(last as u64 + 1) as usize);
        }
        for (name, attempt) in order.into_iter().map(|at| ATTEMPTS[at]) {
            let before = self.state();
            match attempt(self) {
                Ok(()) => self.worked += 1,
                Err(error) if expected.contains(&error.kind()) => {
                    self.refused += 1;
                    let now = self.state();
                    if before != now && before.is_some() && now.is_some() {
                        return Err(format!(
                            "{name}, {level}: failed but changed {before:?} to {now:?}"
                        ));
                    }
                }
                Err(error) => {
                    let status = error.kind().name();
                    return Err(format!("{name}, {level}: {status}: {error}"));
                }
            }
        }
        Ok(())
    }

    /// The state that a failed operation must not change. `None` if there is too little space to read it.
    fn state(&self) -> Option<[String; 4]> {
        let saved = std::fs::read_to_string(self.folder.path().join("saved")).ok()?;
        let files = std::fs::read_dir(self.folder.path()).ok()?.count();
        let reserved = self.reserved().read_text().ok()?;
        let delayed = self.delayed().read_text().ok()?;
        Some([
            abbreviated(&reserved),
            abbreviated(&delayed),
            abbreviated(&saved),
            format!("{files} files"),
        ])
    }

    /// With enough space, all operations must succeed.
    fn works_with_enough_space(&mut self) -> Found {
        self.reset().map_err(|error| format!("with enough space: {error}"))?;
        for (name, attempt) in ATTEMPTS {
            // Resets after each operation, because there is not enough space for all of them together.
            attempt(self).map_err(|error| format!("{name}, with enough space: {error}"))?;
            self.reset().map_err(|error| format!("with enough space: {error}"))?;
            self.worked += 1;
        }
        std::fs::write(self.folder.path().join("saved"), "before").expect("write a file");
        Ok(())
    }
}

/// A text, or its length and hash if it is long.
fn abbreviated(text: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    if text.len() < 32 {
        return text.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{} bytes ({:x})", text.len(), hasher.finish())
}

/// A file of another program takes all pages except a few.
fn memory(trial: &mut Trial) -> Found {
    let filler = PathBuf::from("/dev/shm/filler");
    for free in 0..12 {
        // Delayed memory stays allocated once it is written, so each step starts with new maps.
        trial.create_held_maps().map_err(|error| error.to_string())?;
        let room = Room::left().blocks;
        std::fs::write(&filler, vec![1; (room.saturating_sub(free) * PAGE) as usize])
            .map_err(|error| format!("fill the memory: {error}"))?;
        let level = format!("{free} pages free");
        trial.try_all(&level, &[ErrorKind::NoSpace])?;
        std::fs::remove_file(&filler).map_err(|error| error.to_string())?;
        trial.create_held_maps().map_err(|error| error.to_string())?;
        if Room::left().blocks < room {
            return Err(format!(
                "{level}: only {} of {room} pages are free again",
                Room::left().blocks
            ));
        }
    }
    trial.works_with_enough_space()
}

/// Files of another program take all inodes except a few.
fn inodes(trial: &mut Trial) -> Found {
    trial.create_held_maps().map_err(|error| error.to_string())?;
    let before = (objects(), Room::left());
    for free in 0..3 {
        let mut fillers = Vec::new();
        while Room::left().inodes > free {
            let filler = PathBuf::from(format!("/dev/shm/filler{}", fillers.len()));
            File::create(&filler).map_err(|error| format!("take an inode: {error}"))?;
            fillers.push(filler);
        }
        trial.try_all(&format!("{free} inodes free"), &[ErrorKind::NoSpace])?;
        for filler in fillers {
            std::fs::remove_file(filler).map_err(|error| error.to_string())?;
        }
        trial.reset().map_err(|error| error.to_string())?;
    }
    trial.works_with_enough_space()?;
    if before.0 != objects() || before.1.inodes != Room::left().inodes {
        return Err(format!(
            "{:?} is left; before, there was {before:?}",
            (objects(), Room::left())
        ));
    }
    Ok(())
}

/// All descriptors except a few are open.
fn descriptors(trial: &mut Trial) -> Found {
    trial.create_held_maps().map_err(|error| error.to_string())?;
    set_limit(libc::RLIMIT_NOFILE, 64)?;
    for free in 0..8 {
        let mut open = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            open.push(file);
        }
        open.truncate(open.len() - free);
        let level = format!("{free} descriptors free");
        // The system error EMFILE has no status of its own.
        trial.try_all(&level, &[ErrorKind::Io, ErrorKind::NoSpace])?;
        drop(open);
        trial.reset().map_err(|error| error.to_string())?;
    }
    trial.works_with_enough_space()
}

/// The process may allocate only a little more memory, and the operations need much.
fn address_space(trial: &mut Trial) -> Found {
    const LARGE: usize = 8 << 20;
    let capacity = 4 * LARGE as u64;
    let map = Map::create_new(&unique("large"), capacity).map_err(|error| error.to_string())?;
    let (long, separator) = ("long text ".repeat(LARGE / 10), "-".repeat(LARGE / 2));
    let reset = || map.replace_text(&long);
    reset().map_err(|error| error.to_string())?;
    type Large<'a> = (&'a str, Box<dyn Fn() -> mmf::Result<()> + 'a>);
    let path = trial.folder.path().join("saved");
    let separated = text().separator(&separator);
    let utf16 = text().encoding(mmf::Encoding::Utf16Le);
    let attempts: [Large<'_>; 9] = [
        ("replace", Box::new(|| map.replace_text(&long))),
        ("replace in UTF-16", Box::new(|| map.replace_text_with(&long, &utf16))),
        ("append", Box::new(|| map.append_text(&long))),
        ("append after a long separator", Box::new(|| map.append_text_with("x", &separated))),
        ("read", Box::new(|| map.read_text().map(drop))),
        ("read in UTF-16", Box::new(|| map.read_text_utf16().map(drop))),
        ("read bytes", Box::new(|| map.read_bytes().map(drop))),
        ("fill", Box::new(|| map.fill(0, capacity, 0))),
        (
            "save",
            Box::new(|| {
                map.save_with(&path, &SaveOptions::new().part(SavePart::Text).text(text()))
            }),
        ),
    ];
    for room in [1_u64, 4, 9, 17, 33, 65] {
        for (name, attempt) in &attempts {
            reset().map_err(|error| format!("{name}: {error}"))?;
            set_limit(libc::RLIMIT_AS, address_space_used() + (room << 20))?;
            let outcome = attempt();
            set_limit(libc::RLIMIT_AS, libc::RLIM_INFINITY)?;
            match outcome {
                Ok(()) => trial.worked += 1,
                Err(error) if error.kind() == ErrorKind::NoSpace => {
                    trial.refused += 1;
                    let now = map.read_text().map_err(|error| error.to_string())?;
                    if now != long {
                        return Err(format!("{name} with {room} MiB failed and changed the text"));
                    }
                }
                Err(error) => return Err(format!("{name} with {room} MiB: {error}")),
            }
        }
    }
    for (name, attempt) in &attempts {
        reset().map_err(|error| format!("{name}: {error}"))?;
        attempt().map_err(|error| format!("{name}, with enough space: {error}"))?;
    }
    Ok(())
}

fn address_space_used() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("there is a /proc");
    let pages: u64 = statm.split(' ').next().and_then(|it| it.parse().ok()).expect("a number");
    pages * PAGE
}

/// The limit of file sizes changes while maps are open. Exceeding it would end the process.
fn file_size(trial: &mut Trial) -> Found {
    trial.create_held_maps().map_err(|error| error.to_string())?;
    for limit in [0, 1, 3, 10, 100, PAGE - 1, PAGE, PAGE + 1, 10_000, 20_000] {
        set_limit(libc::RLIMIT_FSIZE, limit)?;
        trial.try_all(&format!("files of {limit} bytes"), &[ErrorKind::NoSpace])?;
        set_limit(libc::RLIMIT_FSIZE, libc::RLIM_INFINITY)?;
        trial.reset().map_err(|error| error.to_string())?;
    }
    trial.works_with_enough_space()
}

/// In a memory group, calls must fail instead of the process being killed, even with small maps.
fn memory_group(trial: &mut Trial) -> Found {
    let group = PathBuf::from(std::env::var_os("MMF_TORTURE_GROUP").expect("a group"));
    std::fs::write(group.join("cgroup.procs"), std::process::id().to_string())
        .map_err(|error| format!("enter the group: {error}"))?;
    trial.create_held_maps().map_err(|error| error.to_string())?;
    for size in [1 << 10, 16 << 10, 64 << 10, 1 << 20, 3 << 20] {
        let mut maps = Vec::new();
        // More maps than fit into the group.
        for _ in 0..(48 << 20) / size.max(PAGE) {
            match Map::create_new(&unique("group"), size) {
                Ok(map) => maps.push(map),
                Err(error) if error.kind() == ErrorKind::NoSpace => {
                    trial.refused += 1;
                    break;
                }
                Err(error) => return Err(format!("{size} bytes: {error}")),
            }
        }
        trial.worked += maps.len() as u64;
        if size >= 16 << 10 && maps.len() as u64 * size > 24 << 20 {
            return Err(format!(
                "{} maps of {size} bytes exceed the limit of the group",
                maps.len()
            ));
        }
    }
    trial.works_with_enough_space()
}

/// Sets the soft limit; the hard limit stays.
fn set_limit(which: libc::__rlimit_resource_t, value: u64) -> Found {
    // SAFETY: all zeros are valid for this plain structure.
    let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is valid.
    let mut result = unsafe { libc::getrlimit(which, &raw mut limit) };
    limit.rlim_cur = value.min(limit.rlim_max);
    if result == 0 {
        // SAFETY: the structure is initialised.
        result = unsafe { libc::setrlimit(which, &raw const limit) };
    }
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error().to_string()) }
}
