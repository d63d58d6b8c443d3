//! Processes that create, open, append, fork, save, sweep and close the same names at random, while
//! others kill and stop them at random. It comes in rounds: after each of them all are dead, and
//! what must be true then is looked at.
//!
//! A program that makes a storm begins with this, since it starts itself again:
//!
//! ```ignore
//! if common::storm::work() { return; }
//! ```
//!
//! The program (`round.rs`, `slot.rs`) starts workers (`worker.rs`), and plays the programs that know nothing of
//! this library (`strangers.rs`). A worker tells what it did in lines: [`ACQUIRED`], [`APPENDED`] and
//! [`VIOLATION`] begin them.

mod deciding;
mod lines;
mod round;
mod slot;
mod strangers;
mod worker;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use Scene::{File, Free, Held, Replaced, Strangers, TwoUsers, Unlinked, Vandals};
#[allow(unused_imports, reason = "not every test file makes a storm")]
pub use worker::work;

/// Who is a worker has this in its environment: seed, id, whether it is on an old kernel, whether it may
/// give its rights away. The other two are the names, one a line, and the folder.
const ROLE: &str = "MMF_STORM_WORKER";
const NAMES: &str = "MMF_STORM_NAMES";
const FOLDER: &str = "MMF_STORM_FOLDER";

/// A worker has a map: what counts as its life.
const ACQUIRED: &str = "acquired";
/// An append returned: the number of the name, the head of the line, and a dot, so that a line that was
/// cut is none.
const APPENDED: &str = "appended ";
/// Something that must not be, and what.
const VIOLATION: &str = "VIOLATION";

const CAPACITY: u64 = 64 * 1024;
/// Of a map that is filled during a whole round.
const LARGE: u64 = 256 * 1024;
/// Of a map whose content is replaced.
const HUGE: u64 = 4 << 20;
/// The user whom root shares with.
const NOBODY: u32 = 65_534;
/// How long a call may wait for others.
const PATIENCE: Duration = Duration::from_secs(5);

/// What goes on under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Maps come and go.
    Free,
    /// One map lives all round, and keeps everything that was appended.
    Held,
    /// Maps of one file, which keeps everything that was appended.
    File,
    /// Texts are replaced, long and short ones.
    Replaced,
    /// A foreign program makes objects of its own, and a cleaner takes old files.
    Strangers,
    /// A foreign program takes the name away now and then, and nobody else does.
    Unlinked,
    /// Foreign programs truncate, change modes and unlink whatever is there.
    Vandals,
    /// Processes of two users.
    TwoUsers,
}

const SCENES: [Scene; 8] = [Free, Held, File, Replaced, Strangers, Unlinked, Vandals, TwoUsers];
/// Kills in a round.
const ROUND: u64 = 250;

/// How large the storm is.
pub struct Plan<'a> {
    pub seed: u64,
    pub kills: u64,
    pub time: Option<Duration>,
    /// How many processes at a time.
    pub workers: u64,
    pub scenes: &'a [Scene],
    /// Whether some of the processes cannot make objects without a name, as on an old kernel.
    pub old_kernels: bool,
    /// Whether this process can become another user.
    pub root: bool,
    /// What else must be true when all are dead and their maps are gone.
    pub after_round: &'a (dyn Fn() -> Result<(), String> + Sync),
}

/// What came of it.
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
    /// What was appended under each name in this round, as the workers tell.
    appended: Vec<Mutex<Vec<String>>>,
    violation: Mutex<Option<String>>,
    stop: AtomicBool,
    /// Kills until the round is over.
    left: AtomicU64,
    acquisitions: AtomicU64,
    foreign_objects: AtomicU64,
}

/// Makes a storm. What went wrong, with the seed, or what came of it.
pub fn storm(plan: &Plan<'_>) -> Result<Tally, String> {
    round::bury_orphans();
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
    fn found(&self, what: &str) {
        self.stop.store(true, Ordering::Relaxed);
        self.violation.lock().expect("no panic").get_or_insert_with(|| what.to_owned());
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed) && self.left.load(Ordering::Relaxed) > 0
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("file-{name}"))
    }
}
