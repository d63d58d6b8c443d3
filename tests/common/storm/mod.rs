//! A storm: many processes create, open, append, fork, save, sweep and close the same maps at random, and are stopped
//! and killed at random. At the end of each round, all processes are dead, and the storm checks what must be true
//! then.
//!
//! A storm starts its own program again, so the program begins with
//!
//! ```ignore
//! if common::storm::work() { return; }
//! ```
//!
//! The program (`round.rs`, `slot.rs`) starts workers (`worker.rs`). Threads act as programs that do not use this
//! library (`strangers.rs`). A worker reports what it did in lines that begin with [`ACQUIRED`], [`APPENDED`] or
//! [`VIOLATION`].

mod lines;
mod removal;
mod round;
mod slot;
mod strangers;
mod worker;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use Scene::{File, Free, Held, Replaced, Strangers, TwoUsers, Unlinked, Vandals};
#[allow(unused_imports, reason = "not every test program makes a storm")]
pub use worker::work;

/// The environment variable that makes a process a worker. It contains the seed, the id, whether the kernel is an old
/// one, and whether the worker may drop its rights.
const ROLE: &str = "MMF_STORM_WORKER";
/// The environment variable with the names of the maps, one a line.
const NAMES: &str = "MMF_STORM_NAMES";
/// The environment variable with the folder for files.
const FOLDER: &str = "MMF_STORM_FOLDER";

/// Reports that a worker has opened or created a map.
const ACQUIRED: &str = "acquired";
/// Reports that an append returned. The number of the name and the head of the line follow, and a dot, which shows
/// that the report was not cut.
const APPENDED: &str = "appended ";
/// Reports something that must not happen.
const VIOLATION: &str = "VIOLATION";

const CAPACITY: u64 = 64 * 1024;
/// The capacity of a map that workers fill during a whole round.
const LARGE: u64 = 256 * 1024;
/// The capacity of a map whose content workers replace.
const HUGE: u64 = 4 << 20;
/// The user that root shares maps with.
const NOBODY: u32 = 65_534;
/// How long a call may wait for other processes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the processes do with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// They create, use and close maps.
    Free,
    /// One map lives during the whole round, and keeps everything that was appended.
    Held,
    /// They map one file, which keeps everything that was appended.
    File,
    /// They replace the content with long and short texts.
    Replaced,
    /// A foreign program creates objects of its own, and a cleaner removes old files.
    Strangers,
    /// Only a foreign program unlinks the name, now and then.
    Unlinked,
    /// Foreign programs truncate and unlink objects, and change their modes.
    Vandals,
    /// The processes belong to two users.
    TwoUsers,
}

const SCENES: [Scene; 8] = [Free, Held, File, Replaced, Strangers, Unlinked, Vandals, TwoUsers];
/// The number of kills in a round.
const ROUND: u64 = 250;

/// The size and the kind of a storm.
pub struct Plan<'a> {
    pub seed: u64,
    pub kills: u64,
    pub time: Option<Duration>,
    /// The number of processes that run at the same time.
    pub workers: u64,
    pub scenes: &'a [Scene],
    /// Whether `O_TMPFILE` fails in some of the processes, as on an old kernel.
    pub old_kernels: bool,
    /// Whether this process can become another user.
    pub root: bool,
    /// An additional check, when all processes of a round are dead and their maps are gone.
    pub after_round: &'a (dyn Fn() -> Result<(), String> + Sync),
}

/// What happened in a storm.
#[derive(Debug, Default)]
pub struct Tally {
    pub kills: u64,
    pub acquisitions: u64,
    pub appends: u64,
    pub foreign_objects: u64,
}

struct Storm<'a> {
    plan: &'a Plan<'a>,
    names: Vec<(Scene, String)>,
    folder: tempfile::TempDir,
    /// A copy of this program that other users can start.
    copy: Option<(tempfile::TempDir, PathBuf)>,
    /// The lines that the workers appended to each map in this round.
    appended: Vec<Mutex<Vec<String>>>,
    violation: Mutex<Option<String>>,
    stop: AtomicBool,
    /// The number of kills until the end of the round.
    left: AtomicU64,
    acquisitions: AtomicU64,
    foreign_objects: AtomicU64,
}

/// Makes a storm. An error describes what went wrong, and contains the seed.
pub fn storm(plan: &Plan<'_>) -> Result<Tally, String> {
    round::adopt_orphans();
    let named =
        |(number, scene): (usize, &Scene)| (*scene, format!("{}-{number}", super::unique("st")));
    let storm = Storm {
        plan,
        names: plan.scenes.iter().enumerate().map(named).collect(),
        folder: tempfile::tempdir().expect("a folder"),
        copy: slot::copy_for(plan),
        appended: plan.scenes.iter().map(|_| Mutex::default()).collect(),
        violation: Mutex::default(),
        stop: AtomicBool::new(false),
        left: AtomicU64::new(0),
        acquisitions: AtomicU64::new(0),
        foreign_objects: AtomicU64::new(0),
    };
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut round = 0;
    while tally.kills < plan.kills && plan.time.is_none_or(|time| begun.elapsed() < time) {
        let kills = ROUND.min(plan.kills - tally.kills);
        tally.appends += storm
            .round(round, kills)
            .map_err(|what| format!("round {round}, seed {}: {what}", plan.seed))?;
        tally.kills += kills;
        round += 1;
    }
    tally.acquisitions = storm.acquisitions.into_inner();
    tally.foreign_objects = storm.foreign_objects.into_inner();
    Ok(tally)
}

impl Storm<'_> {
    fn report(&self, what: &str) {
        self.stop.store(true, Ordering::Relaxed);
        self.violation.lock().expect("no panic").get_or_insert_with(|| what.to_owned());
    }

    fn is_running(&self) -> bool {
        !self.stop.load(Ordering::Relaxed) && self.left.load(Ordering::Relaxed) > 0
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("file-{name}"))
    }
}
