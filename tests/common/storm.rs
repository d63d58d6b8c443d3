//! Processes that create, open, append, fork, save, sweep and close the same names at random, while
//! others kill and stop them at random. It comes in rounds: after each of them all are dead, and
//! what must be true then is looked at.
//!
//! A program that makes a storm begins with this, since it starts itself again:
//!
//! ```ignore
//! if common::storm::work() { return; }
//! ```

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mmf::backend::{LEFTOVER_AFTER_KILL, WATCHES_LIFE};
use mmf::{
    Access, ErrorKind, Event, FileMode, Map, MapOptions, Permissions, SaveOptions, SavePart,
};
use mmf::{TextOptions, TrustedOwner, Watch, list};

use super::Numbers;
use Scene::{File, Free, Held, Replaced, Strangers, TwoUsers, Unlinked, Vandals};

const ROLE: &str = "MMF_STORM_WORKER";
const VIOLATION: &str = "VIOLATION";
const APPENDED: &str = "appended ";
const CAPACITY: u64 = 64 * 1024;
/// Of a map that is filled during a whole round.
const LARGE: u64 = 256 * 1024;
/// Of a map whose content is replaced.
const HUGE: u64 = 4 << 20;
/// Kills in a round.
const ROUND: u64 = 250;
/// The user whom root shares with.
const NOBODY: u32 = 65_534;
/// How long a call may wait for others.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one may take on top of that, in tenths of a second in which its process runs.
const TICKS: u32 = 150;

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
    bury_orphans();
    let named =
        |(number, scene): (usize, &Scene)| (*scene, format!("{}-{number}", super::unique("st")));
    let storm = Storm {
        plan,
        names: plan.scenes.iter().enumerate().map(named).collect(),
        folder: tempfile::tempdir().expect("a folder"),
        copy: copy_for(plan),
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
    fn round(&self, round: u64, kills: u64) -> Result<u64, String> {
        self.left.store(kills, Ordering::Relaxed);
        let mut held = BTreeMap::new();
        for (index, (scene, name)) in self.names.iter().enumerate() {
            if *scene == Held {
                let map = Map::create_new(name, LARGE);
                held.insert(index, map.map_err(|error| format!("a new round: {error}"))?);
            }
        }
        // What a killed writer began is told at once only where the system tells of writes by itself.
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
            self.look_after(*scene, name, &appended, held.remove(&index))
                .map_err(|what| format!("all are dead, {scene:?}: {what}"))?;
        }
        list().map_err(|error| format!("a full sweep: {error}"))?;
        for (_, name) in &self.names {
            let left = super::left_of(name);
            if LEFTOVER_AFTER_KILL && !left.is_empty() {
                return Err(format!("{left:?} is left after a full sweep"));
            }
        }
        (self.plan.after_round)()?;
        Ok(appends)
    }

    /// Watches a map that others append to: whatever is seen in it was told, or is told soon.
    fn follow(&self, map: &Map, watch: &Watch) {
        let read = || map.content_length();
        let mut seen = read();
        loop {
            let event = watch.wait(Some(Duration::from_millis(5)));
            let told = match event {
                Ok(Event::Closed) => return,
                Ok(Event::TimedOut) => false,
                Ok(_) => true,
                Err(error) => return self.found(&format!("waiting: {error}")),
            };
            let now = read();
            // A writer that is in the middle of its call may be stopped there for a while.
            if !told && now != seen {
                match watch.wait(Some(PATIENCE)) {
                    Ok(Event::TimedOut) => {
                        return self
                            .found(&format!("{seen:?} became {now:?}, and nobody was told"));
                    }
                    Ok(Event::Closed) => return,
                    _ => {}
                }
            }
            seen = now;
        }
    }

    /// What must be true of a name when all workers are dead.
    fn look_after(
        &self,
        scene: Scene,
        name: &str,
        appended: &[String],
        held: Option<Map>,
    ) -> Result<(), String> {
        match scene {
            Held => {
                let held = held.expect("created before the round");
                // No lock outlives its owner.
                drop(held.lock_exclusive(Duration::ZERO).map_err(|error| error.to_string())?);
                look(&held, appended)?;
                self.look_at_saved(&held)?;
            }
            File => {
                let path = self.file(name);
                let bytes = std::fs::read(&path).unwrap_or_default();
                let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
                every_line_once(&String::from_utf8_lossy(&text), appended)?;
                // For the next round.
                let _ = std::fs::remove_file(&path);
            }
            Vandals => {
                // Whatever they made of it is theirs.
                if let Some(path) = super::seen(name) {
                    let _ = std::fs::remove_file(path.with_extension("aside"));
                    let _ = std::fs::remove_file(path);
                }
            }
            Unlinked => drop(std::fs::remove_file(acts(self.folder.path(), name))),
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

    /// Saving is all or nothing, whoever is killed: the target that all save over is a beginning of
    /// the content, which only grew.
    fn look_at_saved(&self, held: &Map) -> Result<(), String> {
        let target = self.folder.path().join("saved");
        let content = held.read_bytes().map_err(|error| error.to_string())?;
        if let Ok(saved) = std::fs::read(&target)
            && !content.starts_with(&saved)
        {
            return Err(format!("the saved file has {} bytes that never were", saved.len()));
        }
        let options = SaveOptions::new().part(SavePart::Content);
        held.save_with(&target, &options).map_err(|error| format!("saving: {error}"))?;
        if std::fs::read(&target).ok() != Some(content) {
            return Err("the saved file is not the content".to_owned());
        }
        let _ = std::fs::remove_file(&target);
        let left: Vec<_> = std::fs::read_dir(self.folder.path())
            .expect("look into the folder")
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().contains("saved"))
            .collect();
        if left.is_empty() { Ok(()) } else { Err(format!("killed saves left {left:?}")) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("file-{name}"))
    }

    /// One worker after the other, each killed.
    fn slot(&self, round: u64, slot: u64) {
        let mut dice = Numbers(self.plan.seed ^ round << 40 ^ slot << 32);
        let take = |left: u64| left.checked_sub(1);
        while !self.stop.load(Ordering::Relaxed)
            && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
        {
            let id = format!("{round}_{slot}_{}", self.left.load(Ordering::Relaxed));
            let seed = dice.next();
            let mut worker = self.start(&id, seed);
            let mut output = BufReader::new(worker.stdout.take().expect("piped"));
            // It lives for so many acquisitions, and is killed in the middle of the next.
            let mut lives = dice.below(12);
            let mut line = String::new();
            while lives > 0 {
                line.clear();
                if output.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                if self.heard(&line) {
                    lives -= 1;
                }
            }
            disturb(&worker, &mut dice);
            worker.kill().expect("kill a worker");
            // Forked children may still write; they end soon, and by themselves.
            let mut rest = String::new();
            let _ = output.read_to_string(&mut rest);
            let status = worker.wait().expect("wait for a worker");
            rest.lines().for_each(|line| {
                self.heard(line);
            });
            if crashed(status) {
                self.found(&format!("a worker ended with {status} (its seed: {seed})"));
            }
        }
    }

    /// Takes in what a worker says. True: it acquired a map.
    fn heard(&self, line: &str) -> bool {
        if let Some(at) = line.find(VIOLATION) {
            self.found(&line[at..]);
        } else if let Some(at) = line.find(APPENDED)
            && let Some((index, line)) = line[at + APPENDED.len()..].trim_end().split_once(' ')
            && let Some(appended) = index.parse().ok().and_then(|it: usize| self.appended.get(it))
            && line.ends_with('.')
        {
            appended.lock().expect("no panic").push(line.trim_end_matches('.').to_owned());
        } else if line.contains("acquired") {
            self.acquisitions.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        false
    }

    fn found(&self, what: &str) {
        self.stop.store(true, Ordering::Relaxed);
        self.violation.lock().expect("no panic").get_or_insert_with(|| what.to_owned());
    }

    fn start(&self, id: &str, seed: u64) -> Child {
        let mut dice = Numbers(seed);
        let old_kernel = self.plan.old_kernels && dice.below(4) == 0;
        let other = self.copy.as_ref().filter(|_| dice.below(3) == 0).map(|(_, copy)| copy);
        let program = other.cloned().unwrap_or_else(super::again::own);
        let names: Vec<String> = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, (scene, _))| other.is_none() || *scene == TwoUsers)
            .map(|(index, (scene, name))| format!("{index} {scene:?} {name}"))
            .collect();
        let mut command = Command::new(program);
        command
            .args(["worker", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{seed} {id} {old_kernel} {}", self.plan.root && other.is_none()))
            .env("MMF_STORM_NAMES", names.join("\n"))
            .env("MMF_STORM_FOLDER", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(unix)]
        if other.is_some() {
            use std::os::unix::process::CommandExt;
            command.current_dir("/").uid(NOBODY).gid(NOBODY);
        }
        // Wine says "internal error" now and then while other processes are killed.
        const WINES_FAULT: i32 = 1359;
        (0..10)
            .map(|_| command.spawn())
            .find(|started| {
                let error = started.as_ref().err().and_then(std::io::Error::raw_os_error);
                !(cfg!(windows) && error == Some(WINES_FAULT))
            })
            .expect("Wine starts a process in ten tries")
            .expect("start a worker")
    }

    /// What a foreign program does: makes an object, uses it, and removes it. Nobody else may.
    fn strangers(&self, name: &str, seed: u64) {
        let mut dice = Numbers(seed);
        while self.goes_on() {
            clean(name);
            match make_foreign(name, &mut dice) {
                Ok(made) => drop(self.foreign_objects.fetch_add(made.into(), Ordering::Relaxed)),
                Err(what) => self.found(&format!("{VIOLATION} {what}")),
            }
            std::thread::sleep(Duration::from_micros(dice.below(200)));
        }
    }

    /// A file grows by a byte before and after each time, so that a worker can tell whether the
    /// name was taken away while it held a map. "After" is when every call has ended that was deciding
    /// about a name at that moment: it may have found the old map dead, and then removes what
    /// the name leads to now. Nobody can prevent that.
    fn unlinkers(&self, name: &str, seed: u64) {
        let Some(path) = super::seen(name) else { return };
        let mut dice = Numbers(seed);
        let mut acts = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(acts(self.folder.path(), name))
            .expect("a file");
        let mut tell = || acts.write_all(b".").expect("write to a file");
        while self.goes_on() {
            tell();
            let _ = std::fs::remove_file(&path);
            Deciding::wait_for_all(self.folder.path());
            tell();
            std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        }
    }

    fn vandals(&self, name: &str, seed: u64) {
        let Some(path) = super::seen(name) else { return };
        let mut dice = Numbers(seed);
        while self.goes_on() {
            vandalize(&path, &mut dice);
            std::thread::sleep(Duration::from_micros(dice.below(3_000)));
        }
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed) && self.left.load(Ordering::Relaxed) > 0
    }
}

#[cfg(unix)]
fn copy_for(plan: &Plan<'_>) -> Option<(tempfile::TempDir, PathBuf)> {
    (plan.root && plan.scenes.contains(&TwoUsers)).then(super::again::for_everybody)
}

#[cfg(not(unix))]
fn copy_for(_: &Plan<'_>) -> Option<(tempfile::TempDir, PathBuf)> {
    None
}

/// Whether it ended in another way than by our kill or by itself.
#[cfg(unix)]
fn crashed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    !status.success() && status.signal() != Some(libc::SIGKILL)
}

#[cfg(not(unix))]
fn crashed(_: ExitStatus) -> bool {
    // A process that was ended by another has no code of its own there.
    false
}

/// Children whose parents were killed become ours, so that one can wait for them.
fn bury_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: plain numbers.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Waits until the forked children of killed workers have ended, too.
#[cfg(target_os = "linux")]
fn wait_for_orphans() -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: waits for children of ours; all those that somebody else waits for have ended.
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

/// A call under way that may remove a name, for whoever takes names away to wait for. It ends when this
/// is dropped, or with the process.
struct Deciding(#[expect(dead_code, reason = "the lock is held")] Option<std::fs::File>);

impl Deciding {
    /// A user who cannot open the files cannot remove anybody's names either.
    fn begin(folder: &Path) -> Deciding {
        let Some(turn) = open_lock(folder, "turn") else { return Deciding(None) };
        // So that those who come later do not keep the one waiting who waits for all.
        turn.lock_shared().expect("lock a file");
        let deciding = open_lock(folder, "deciding");
        deciding.iter().for_each(|file| file.lock_shared().expect("lock a file"));
        Deciding(deciding)
    }

    fn wait_for_all(folder: &Path) {
        let [turn, deciding] =
            ["turn", "deciding"].map(|name| open_lock(folder, name).expect("a file"));
        turn.lock().expect("lock a file");
        deciding.lock().expect("lock a file");
    }
}

fn open_lock(folder: &Path, name: &str) -> Option<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(folder.join(name)).ok()
}

/// Where the foreign program tells how often it began or ended to take the name away.
fn acts(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("acts-{name}"))
}

/// How often that was so far. Odd: it is at it.
fn count_acts(folder: &Path, name: &str) -> u64 {
    acts(folder, name).metadata().map_or(0, |found| found.len())
}

fn make_foreign(name: &str, dice: &mut Numbers) -> Result<bool, String> {
    let path = super::seen(name).expect("there is a folder");
    let Ok(file) = std::fs::File::create_new(&path) else { return Ok(false) };
    std::thread::sleep(Duration::from_micros(dice.below(50)));
    file.set_len(4096).map_err(|error| error.to_string())?;
    std::thread::sleep(Duration::from_micros(dice.below(2_000)));
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let there = std::fs::read(&path).map_err(|error| format!("a foreign object: {error}"))?;
    if there.len() as u64 != length || length != 4096 {
        return Err("a foreign object was replaced or cut".to_owned());
    }
    std::fs::remove_file(&path).map_err(|error| format!("a foreign object: {error}"))?;
    Ok(true)
}

/// What a cleaner of old files takes: the record, which its holders restore.
fn clean(name: &str) {
    #[cfg(mmf_backend = "portable")]
    let _ = std::fs::remove_file(super::presence(name).join("record"));
    #[cfg(not(mmf_backend = "portable"))]
    let _ = name;
}

/// What nobody should do with an object of others.
#[cfg(unix)]
fn vandalize(path: &Path, dice: &mut Numbers) {
    use std::os::unix::fs::PermissionsExt;
    match dice.below(6) {
        0 => drop(std::fs::remove_file(path)),
        1 => {
            let mode = [0o600, 0o666, 0o1777, 0o1000, 0, 0o755][dice.below(6) as usize];
            let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
        }
        2 => drop(std::fs::write(path, vec![b'v'; dice.below(5_000) as usize])),
        3 => drop(std::fs::rename(path, path.with_extension("aside"))),
        4 => drop(std::fs::remove_file(path.with_extension("aside"))),
        _ => {
            if let Ok(file) = std::fs::OpenOptions::new().write(true).open(path) {
                let _ = file.set_len([0, 1, 4_096, 100_000][dice.below(4) as usize]);
            }
        }
    }
}

#[cfg(not(unix))]
fn vandalize(_: &Path, _: &mut Numbers) {}

/// Stops a worker for a moment now and then, as a throttled container does.
#[cfg(unix)]
fn disturb(worker: &Child, dice: &mut Numbers) {
    if dice.below(8) == 0 {
        let process = worker.id() as i32;
        // SAFETY: signals a child that was not waited for yet, so the number is its own.
        unsafe { libc::kill(process, libc::SIGSTOP) };
        std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        // SAFETY: as above.
        unsafe { libc::kill(process, libc::SIGCONT) };
    }
    // Anywhere in the worker's next operation.
    std::thread::sleep(Duration::from_micros(dice.below(300)));
}

#[cfg(not(unix))]
fn disturb(_: &Child, dice: &mut Numbers) {
    std::thread::sleep(Duration::from_micros(dice.below(300)));
}

// Lines

/// A line that tells whether it is whole: who wrote it, and how long what follows is.
fn line(tag: &str, step: u64, length: usize) -> String {
    format!("{tag}-{step}-{length}:{}", "x".repeat(length))
}

fn is_whole(line: &str) -> bool {
    line.split_once(':').is_some_and(|(head, rest)| {
        head.rsplit('-').next().and_then(|it| it.parse().ok()) == Some(rest.len())
    })
}

/// The content of a map, with every line that was appended exactly once.
fn look(map: &Map, appended: &[String]) -> Result<(), String> {
    let content = map.read_text().map_err(|error| format!("reading: {error}"))?;
    every_line_once(&content, appended)
}

/// Every line that was appended is there exactly once, and none that is whole is there twice.
fn every_line_once(content: &str, appended: &[String]) -> Result<(), String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for line in content.split("\r\n").filter(|line| is_whole(line)) {
        *counts.entry(line).or_default() += 1;
    }
    let head = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    if let Some((line, count)) = counts.iter().find(|(_, count)| **count > 1) {
        return Err(format!("the line {} is there {count} times", head(line)));
    }
    let heads: HashMap<&str, ()> =
        counts.keys().filter_map(|line| line.split(':').next()).map(|head| (head, ())).collect();
    match appended.iter().find(|line| !heads.contains_key(line.as_str())) {
        Some(lost) => Err(format!("the append of {lost} is lost")),
        None => Ok(()),
    }
}

/// A text that shows where it was cut and whether it is one: its number decides every byte of it.
fn patterned(number: u64, length: usize) -> String {
    let mut text = format!("{number}:{length}:");
    let body =
        (0..length as u64).map(|at| (b'a' + ((number + at * 7 + at / 4096) % 26) as u8) as char);
    text.extend(body);
    text
}

/// A killed writer leaves a beginning of a text and never a mixture; and what fits into a page is
/// there as a whole, or not at all.
fn is_a_text(content: &str) -> Result<(), String> {
    let mut parts = content.splitn(3, ':');
    let number = parts.next().and_then(|part| part.parse().ok());
    let length = parts.next().and_then(|part| part.parse().ok());
    let (Some(number), Some(length), Some(_)) = (number, length, parts.next()) else {
        // Cut in its first bytes.
        return if content.len() < 32 { Ok(()) } else { Err("a text without a head".to_owned()) };
    };
    let whole = patterned(number, length);
    if !whole.starts_with(content) {
        let at = whole.bytes().zip(content.bytes()).position(|(one, other)| one != other);
        return Err(format!(
            "the text {number} of {length} bytes is mixed with another from {at:?} on ({} bytes)",
            content.len()
        ));
    }
    if whole.len() <= 4_096 && whole.len() != content.len() {
        return Err(format!("a text of {} bytes is cut at {}", whole.len(), content.len()));
    }
    Ok(())
}

fn text() -> TextOptions<'static> {
    TextOptions::new().timeout(PATIENCE)
}

// Workers

/// What a worker does. False: this process is none.
pub fn work() -> bool {
    let Ok(role) = std::env::var(ROLE) else { return false };
    let words: Vec<&str> = role.split(' ').collect();
    let &[seed, id, old_kernel, may_give_away] = words.as_slice() else {
        panic!("not a worker's role: {role}");
    };
    let names = std::env::var("MMF_STORM_NAMES").expect("names");
    let mut worker = Worker {
        dice: Numbers(seed.parse().expect("a seed")),
        names: names.lines().map(Target::read).collect(),
        id: id.to_owned(),
        folder: std::env::var_os("MMF_STORM_FOLDER").expect("a folder").into(),
        may_give_away: may_give_away == "true",
        is_nobody: false,
        descriptors: None,
    };
    #[cfg(target_os = "linux")]
    if old_kernel == "true" {
        super::step::forbid_nameless_objects(libc::EOPNOTSUPP);
    }
    let _ = old_kernel;
    watch();
    // Not for ever: where another user left something it may only fail.
    for round in 0..1_000 {
        if let Err(what) = worker.turn(round) {
            say(&format!("{VIOLATION} {what}"));
            break;
        }
        if worker.is_nobody {
            break;
        }
    }
    // What was never closed is closed at exit.
    std::mem::forget(Deciding::begin(&worker.folder));
    true
}

/// In one write, so that a kill does not cut it and children do not mix it up.
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
    may_give_away: bool,
    /// It gave its rights away.
    is_nobody: bool,
    /// How many there were when nothing was held; `None` before the first time.
    descriptors: Option<usize>,
}

/// Which call is being made: an odd number, another one each time.
static CALL: AtomicU64 = AtomicU64::new(0);

/// Watches over the calls of this process. A tick passes only while it runs.
fn watch() {
    std::thread::spawn(|| {
        let (mut last, mut ticks) = (0, 0);
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = CALL.load(Ordering::Relaxed);
            ticks = if now == last && now % 2 == 1 { ticks + 1 } else { 0 };
            last = now;
            if ticks > TICKS {
                say(&format!("{VIOLATION} a call is still blocked ten seconds after its time"));
                std::process::abort();
            }
        }
    });
}

/// A call that may remove a name.
fn deciding<T>(folder: &Path, call: impl FnOnce() -> T) -> T {
    let _deciding = Deciding::begin(folder);
    watched(call)
}

fn watched<T>(call: impl FnOnce() -> T) -> T {
    CALL.fetch_add(1, Ordering::Relaxed);
    let result = call();
    CALL.fetch_add(1, Ordering::Relaxed);
    result
}

impl Worker {
    /// One acquisition, what is done while it lasts, and its end.
    fn turn(&mut self, round: u64) -> Result<(), String> {
        let at = self.dice.below(self.names.len() as u64) as usize;
        let Target { index, scene, ref name } = self.names[at];
        let (name, tag) = (name.clone(), format!("{}-{round}", self.id));
        // A name that is being taken away just now says nothing.
        let acts = Some(count_acts(&self.folder, &name)).filter(|acts| acts % 2 == 0);
        let folder = self.folder.clone();
        let map = match deciding(&folder, || acquire(scene, &name, &folder, &mut self.dice)) {
            Ok(map) => map,
            Err(error) => return may_fail(scene, &error),
        };
        say("acquired");
        let ours = !matches!(scene, Strangers | Vandals);
        if ours && map.is_foreign() {
            return Err("a map of ours is taken for a foreign one".to_owned());
        }
        let capacity = capacity_of(scene);
        if scene != Vandals && !map.is_foreign() && map.capacity() != capacity {
            return Err(format!("a map of {} bytes: half-made", map.capacity()));
        }
        self.is_nobody = self.may_give_away && ours && self.dice.below(16) == 0;
        if self.is_nobody {
            give_rights_away();
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
                    // Not always: some are cheaper, and some may not any more.
                    let watch = (self.dice.below(4) == 0).then(|| map.watch().ok());
                    match watched(|| map.append_text(&line)) {
                        Ok(()) => {
                            if let Some(Some(watch)) = watch {
                                match watch.wait(Some(Duration::ZERO)) {
                                    Ok(Event::TimedOut) => {
                                        return Err("an append that returned was not told".into());
                                    }
                                    Ok(_) => {}
                                    Err(error) => fails_well(scene, "waiting", &error)?,
                                }
                            }
                            // A dot, so that a line that was cut is none.
                            say(&format!("{APPENDED}{index} {head}."));
                            mine.push(head);
                        }
                        Err(error) if error.kind() == ErrorKind::TooLong => {}
                        Err(error) => fails_well(scene, "appending", &error)?,
                    }
                }
                4 => match watched(|| map.view(0, 0, Access::ReadWrite)) {
                    Ok(view) => std::mem::forget(view),
                    Err(error) => fails_well(scene, "viewing", &error)?,
                },
                // What comes next is about other maps and files.
                5 | 6 if self.is_nobody => {}
                5 => drop(deciding(&folder, list).map_err(|error| format!("listing: {error}"))?),
                6 => self.save(&map, scene)?,
                _ => fork(&map, &folder, &mut self.dice),
            }
            check(&map, scene, &mine, || acts == Some(count_acts(&self.folder, &name)))?;
        }
        if self.is_nobody {
            deciding(&folder, || drop(map));
            return Ok(());
        }
        match self.dice.below(4) {
            0 => self.leak(map),
            1 if self.dice.below(4) == 0 => {
                std::mem::forget(map);
                let _deciding = Deciding::begin(&folder);
                std::process::exit(0);
            }
            _ => deciding(&folder, || drop(map)),
        }
        self.look_at_descriptors()
    }

    /// Leaves a map open to the end, as a script that never closes it.
    fn leak(&mut self, map: Map) {
        std::mem::forget(map);
        self.descriptors = None;
    }

    /// What a map opened goes with it.
    fn look_at_descriptors(&mut self) -> Result<(), String> {
        // Under Wine this is there, too, and has what Wine itself opens.
        let folder = std::fs::read_dir("/proc/self/fd").ok().filter(|_| cfg!(unix));
        let Some(folder) = folder else { return Ok(()) };
        let now = folder.count();
        match self.descriptors.replace(now) {
            Some(before) if before != now => {
                Err(format!("{now} descriptors are open where {before} were"))
            }
            _ => Ok(()),
        }
    }

    fn replace(&mut self, map: &Map) -> Result<(), String> {
        let before = watched(|| map.read_text());
        is_a_text(&before.map_err(|error| format!("reading: {error}"))?)?;
        // As many short ones as long ones.
        let length = self.dice.next() >> (42 + self.dice.below(22)).min(63);
        let new = patterned(self.dice.below(1_000), length.min(HUGE - 100) as usize);
        watched(|| map.replace_text(&new)).map_err(|error| format!("replacing: {error}"))
    }

    fn save(&mut self, map: &Map, scene: Scene) -> Result<(), String> {
        // What only grows is saved over what others saved, the rest to a file of one's own.
        let (file, part) = match scene {
            Held => (self.folder.join("saved"), SavePart::Content),
            TwoUsers => return Ok(()),
            _ => (self.folder.join(format!("own-{}", self.id)), SavePart::Map),
        };
        let options = SaveOptions::new().part(part).text(text());
        match watched(|| map.save_with(&file, &options)) {
            Ok(()) => {}
            // The disk is not what is tested here.
            Err(error) if error.kind() == ErrorKind::NoSpace => {}
            Err(error) => fails_well(scene, "saving", &error)?,
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

/// Which failures of creating and opening are answers.
fn may_fail(scene: Scene, error: &mmf::Error) -> Result<(), String> {
    match (scene, error.kind()) {
        (_, ErrorKind::AlreadyExists | ErrorKind::Busy) => Ok(()),
        (Held, ErrorKind::NotFound) => Err(format!("a map that is held is missing: {error}")),
        (_, ErrorKind::NotFound) => Ok(()),
        // A leftover that only its owner may remove.
        (TwoUsers, ErrorKind::AccessDenied) => Ok(()),
        _ => fails_well(scene, "opening", error),
    }
}

/// Where others do what nobody should, calls fail; but they say what it is.
fn fails_well(scene: Scene, what: &str, error: &mmf::Error) -> Result<(), String> {
    let known = [
        ErrorKind::Truncated,
        ErrorKind::Orphaned,
        ErrorKind::NotFound,
        ErrorKind::AccessDenied,
        ErrorKind::NotAMap,
        ErrorKind::ReadOnlyMap,
    ];
    // Whoever makes a foreign object may cut it short, too.
    match error.kind() {
        status if scene == Vandals && known.contains(&status) => Ok(()),
        ErrorKind::TooLong | ErrorKind::Truncated if scene == Strangers => Ok(()),
        status => Err(format!("{scene:?}, {what}: {} {error}", status.name())),
    }
}

/// What must be true as long as a map is held: the name leads to it, and all that was appended
/// through this handle is there.
fn check(
    map: &Map,
    scene: Scene,
    mine: &[String],
    nobody_took_it: impl FnOnce() -> bool,
) -> Result<(), String> {
    // Its program may remove a foreign object at any time.
    if scene != Vandals && !map.is_foreign() {
        let orphaned =
            watched(|| map.is_orphaned()).map_err(|error| format!("looking: {error}"))?;
        if orphaned && (scene != Unlinked || nobody_took_it()) {
            return Err(format!("{scene:?}: the name of a held map leads elsewhere"));
        }
    }
    match watched(|| map.read_text()) {
        // Only who shares it with nobody else can tell.
        Ok(_) if scene == Vandals => Ok(()),
        Ok(content) => every_line_once(&content, mine).map_err(|what| format!("{scene:?}: {what}")),
        Err(error) => fails_well(scene, "reading", &error),
    }
}

/// Becomes a user who could not have opened any of this.
#[cfg(unix)]
fn give_rights_away() {
    // SAFETY: a plain number.
    let group = unsafe { libc::setgid(NOBODY) };
    // SAFETY: a plain number.
    let user = unsafe { libc::setuid(NOBODY) };
    assert_eq!((group, user), (0, 0), "root may become anybody");
}

#[cfg(not(unix))]
fn give_rights_away() {}

/// A child that holds on for a moment, does something itself, and ends in one of three ways.
#[cfg(unix)]
fn fork(map: &Map, folder: &Path, dice: &mut Numbers) {
    let (how, wait) = (dice.below(3), dice.below(500));
    // SAFETY: the child only uses what this thread owns, and ends without unwinding.
    let child = unsafe { libc::fork() };
    if child == 0 {
        std::thread::sleep(Duration::from_micros(wait));
        let _ = map.append_text("child");
        let _deciding = Deciding::begin(folder);
        match how {
            // SAFETY: ends the child, with the exit handlers run.
            0 => unsafe { libc::exit(0) },
            // SAFETY: ends the child, without.
            1 => unsafe { libc::_exit(0) },
            // SAFETY: ends the child.
            _ => unsafe {
                libc::raise(libc::SIGKILL);
            },
        }
    }
    if dice.below(2) == 0 && child > 0 {
        let mut status = 0;
        // SAFETY: waits for our own child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
    }
}

#[cfg(not(unix))]
fn fork(_: &Map, _: &Path, _: &mut Numbers) {}
