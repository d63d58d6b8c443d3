//! Fault points: every system call of every operation fails once with each possible error, and once the process is killed
//! before it. After each fault, another process runs all other operations. A tracer (`tests/common/step.rs`) causes the
//! faults, so the library is the released one.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::common::process::Actor;
use crate::common::step::{NO_STEPS, Step, Stepped, dead};
use crate::common::{Numbers, left_of, not_run, unique};
use crate::world::World;
use crate::{Amount, Found};

/// An operation, and the state before it.
struct Operation {
    name: &'static str,
    /// Commands that the victim runs first, without faults.
    before: &'static [&'static [&'static str]],
    /// The command with the fault. NAME, FILE and TARGET are placeholders.
    command: &'static [&'static str],
    /// Whether another process holds the map, with the text "old" in it.
    held: bool,
    /// Whether a killed process has left a map of this name.
    dead: bool,
    /// Whether the victim holds the map after a successful command.
    holds_after: bool,
    /// The text in the map after a successful command.
    text_after: &'static str,
}

const BASE: Operation = Operation {
    name: "",
    before: &[],
    command: &[],
    held: false,
    dead: false,
    holds_after: true,
    text_after: "old",
};

const OPEN: &[&str] = &["open", "m", "NAME"];

const OPERATIONS: &[Operation] = &[
    Operation { name: "create", command: &["create", "m", "NAME", "5000"], ..BASE },
    Operation {
        name: "create over a dead map",
        command: &["create", "m", "NAME", "5000"],
        dead: true,
        ..BASE
    },
    Operation {
        name: "create an existing name",
        command: &["create", "m", "NAME", "5000"],
        held: true,
        holds_after: false,
        ..BASE
    },
    Operation {
        name: "create without unnamed objects",
        before: &[&["forbid_nameless_objects"]],
        command: &["create", "m", "NAME", "5000"],
        ..BASE
    },
    Operation {
        name: "create or open",
        command: &["create_or_open", "m", "NAME", "5000"],
        held: true,
        ..BASE
    },
    Operation { name: "open", command: OPEN, held: true, ..BASE },
    Operation { name: "open a dead map", command: OPEN, dead: true, holds_after: false, ..BASE },
    Operation {
        name: "close the last handle",
        before: &[&["create", "m", "NAME", "5000"]],
        command: &["close", "m"],
        holds_after: false,
        ..BASE
    },
    Operation {
        name: "close one of two handles",
        before: &[OPEN],
        command: &["close", "m"],
        held: true,
        holds_after: false,
        ..BASE
    },
    Operation {
        name: "replace",
        before: &[OPEN],
        command: &["replace", "m", "new"],
        held: true,
        text_after: "new",
        ..BASE
    },
    Operation {
        name: "append",
        before: &[OPEN],
        command: &["append", "m", "new"],
        held: true,
        text_after: "old|new",
        ..BASE
    },
    Operation { name: "read", before: &[OPEN], command: &["read", "m"], held: true, ..BASE },
    Operation {
        name: "save",
        before: &[OPEN],
        command: &["save", "m", "TARGET"],
        held: true,
        ..BASE
    },
    Operation { name: "list", command: &["list"], held: true, holds_after: false, ..BASE },
    Operation {
        name: "list with a dead map",
        command: &["list"],
        dead: true,
        holds_after: false,
        ..BASE
    },
    Operation { name: "map a file", command: &["map_file", "m", "FILE", "NAME"], ..BASE },
    Operation {
        name: "close a file map",
        before: &[&["map_file", "m", "FILE", "NAME"]],
        command: &["close", "m"],
        holds_after: false,
        ..BASE
    },
];

/// The operations of the other process. Each fault point is tried once with each of them first.
const CHECKS: [&str; 6] = ["open", "create", "create_or_open", "list", "write", "save"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The process is killed before the call.
    Kill,
    /// The call fails with this error.
    Error(i32),
}

/// One fault often causes many reports, so their number is limited.
const MAX_REPORTS: usize = 20;

/// A system call of an operation, with the fault to cause there.
struct Point {
    operation: &'static Operation,
    step: usize,
    fault: Fault,
    first: usize,
}

pub(crate) fn run(seed: u64, amount: Amount, _: &World) -> Found {
    if !cfg!(target_arch = "x86_64") {
        not_run("faults", "the tracer supports only x86-64");
        return Ok(());
    }
    start_watchdog();
    let Some(mut points) = all_points()? else {
        not_run("faults", NO_STEPS);
        return Ok(());
    };
    // Shuffled, because a limited run only tries some of the points.
    let mut numbers = Numbers(seed);
    for last in (1..points.len()).rev() {
        points.swap(last, numbers.below(last as u64 + 1) as usize);
    }
    let begun = Instant::now();
    let total = points.len();
    let mut done = 0;
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut checker = Checker::new();
    let mut found = Vec::new();
    for point in points {
        if amount.is_done(done, begun) {
            break;
        }
        BEGUN.store(now(), Ordering::Relaxed);
        let outcome = catch_unwind(AssertUnwindSafe(|| checker.try_point(&point)))
            .unwrap_or_else(|_| Err("a process ended unexpectedly (see above)".to_owned()));
        match outcome {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(what) => {
                let Point { operation, step, fault, first } = &point;
                let (name, first) = (operation.name, CHECKS[*first]);
                found.push(format!(
                    "{name}, call {step}, {}, then {first}: {what}",
                    describe_fault(*fault)
                ));
                // The old process may still hold something, so it is replaced.
                checker = Checker::new();
            }
        }
        if found.len() == MAX_REPORTS {
            break;
        }
        done += 1;
    }
    BEGUN.store(0, Ordering::Relaxed);
    println!(
        "{done} of {total} fault points in {} operations, {:.0} per second: {outcomes:?}",
        OPERATIONS.len(),
        done as f64 / begun.elapsed().as_secs_f64()
    );
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

fn describe_fault(fault: Fault) -> String {
    match fault {
        Fault::Kill => "killed before the call".to_owned(),
        Fault::Error(error) => std::io::Error::from_raw_os_error(error).to_string(),
    }
}

/// Milliseconds since the program started, never 0.
fn now() -> u64 {
    static BEGINNING: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGINNING.get_or_init(Instant::now).elapsed().as_millis() as u64 + 1
}

/// When the current point began; 0 if there is none.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Every call has a time-out of at most 30 seconds.
const TIME_LIMIT: Duration = Duration::from_secs(40);

fn start_watchdog() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let begun = BEGUN.load(Ordering::Relaxed);
            if begun > 0 && now() > begun + TIME_LIMIT.as_millis() as u64 {
                eprintln!("VIOLATION a call is still blocked ten seconds after its time-out");
                std::process::exit(1);
            }
        }
    });
}

/// All system calls of all operations, each with all possible faults. `None` if tracing is not permitted.
fn all_points() -> Result<Option<Vec<Point>>, String> {
    let mut points = Vec::new();
    for operation in OPERATIONS {
        let mut stage = Stage::new(operation);
        let Some(mut stepped) = Stepped::attach(&mut stage.victim) else { return Ok(None) };
        stage.begin();
        let mut step = 0;
        while let Step::Before(call) = stepped.next() {
            let faults = std::iter::once(Fault::Kill)
                .chain(errors_of(call, &stepped).iter().map(|error| Fault::Error(*error)));
            for fault in faults {
                for first in 0..CHECKS.len() {
                    points.push(Point { operation, step, fault, first });
                }
            }
            step += 1;
        }
        stepped.release();
        stage.victim.hear();
    }
    Ok(Some(points))
}

/// The errors that a system call can return without a mistake of the caller.
fn errors_of(call: u64, stepped: &Stepped) -> &'static [i32] {
    use libc::{EACCES, EDQUOT, EINTR, EIO, EMFILE, ENOLCK, ENOMEM, ENOSPC};
    // Standard input and output belong to the protocol with this process, which is not tested.
    if stepped.first_argument() < 3 && call != libc::SYS_memfd_create as u64 {
        let on_a_descriptor = [libc::SYS_read, libc::SYS_write].map(|number| number as u64);
        if on_a_descriptor.contains(&call) {
            return &[];
        }
    }
    match call as i64 {
        libc::SYS_openat | libc::SYS_open => &[ENOSPC, EDQUOT, EMFILE, ENOMEM, EINTR, EIO, EACCES],
        libc::SYS_memfd_create | libc::SYS_dup3 => &[EMFILE, ENOMEM],
        libc::SYS_fallocate | libc::SYS_ftruncate => &[ENOSPC, EDQUOT, EINTR, EIO, ENOMEM],
        libc::SYS_pwrite64 | libc::SYS_write | libc::SYS_pwritev | libc::SYS_copy_file_range => {
            &[ENOSPC, EDQUOT, EINTR, EIO, ENOMEM]
        }
        libc::SYS_pread64 | libc::SYS_read | libc::SYS_getdents64 => &[EIO, EINTR, ENOMEM],
        libc::SYS_fcntl => &[ENOLCK, EINTR, EMFILE, ENOMEM],
        libc::SYS_flock => &[ENOLCK, EINTR],
        libc::SYS_fstat | libc::SYS_newfstatat | libc::SYS_statx | libc::SYS_stat => {
            &[EACCES, EIO, ENOMEM]
        }
        libc::SYS_linkat | libc::SYS_renameat2 | libc::SYS_renameat | libc::SYS_rename => {
            &[ENOSPC, EDQUOT, EACCES, EIO, ENOMEM]
        }
        libc::SYS_unlinkat | libc::SYS_unlink => &[EACCES, EIO, ENOMEM],
        libc::SYS_fchmod | libc::SYS_fchown => &[EACCES, EDQUOT, EIO],
        libc::SYS_fsync | libc::SYS_fdatasync => &[EIO, ENOSPC, EDQUOT, EINTR],
        // Closing a directory writes nothing, so it cannot fail with EIO.
        libc::SYS_close if stepped.is_directory(stepped.first_argument()) => &[EINTR],
        libc::SYS_close => &[EIO, EINTR],
        libc::SYS_lseek => &[EIO],
        libc::SYS_mmap => &[ENOMEM, EACCES],
        libc::SYS_clock_nanosleep | libc::SYS_nanosleep => &[EINTR],
        libc::SYS_readlink | libc::SYS_readlinkat | libc::SYS_statfs | libc::SYS_fstatfs => {
            &[EACCES, EIO, ENOMEM]
        }
        _ => &[],
    }
}

/// The map name, the files and the victim of one fault point.
struct Stage {
    operation: &'static Operation,
    name: String,
    folder: tempfile::TempDir,
    victim: Actor,
    /// Another process that holds the map.
    holder: Option<Actor>,
    descriptors: u64,
}

impl Stage {
    fn new(operation: &'static Operation) -> Stage {
        let name = unique("fp");
        if operation.dead {
            dead(&name);
        }
        let holder = operation.held.then(|| {
            let mut holder = Actor::start();
            holder.ask(&["create", "m", &name, "5000"]).expect("a holder creates");
            holder.ask(&["append", "m", "old"]).expect("a holder appends");
            holder
        });
        let mut victim = Actor::start();
        let descriptors = count_descriptors(&mut victim);
        let folder = tempfile::tempdir().expect("a folder");
        let mut stage = Stage { operation, name, folder, victim, holder, descriptors };
        std::fs::write(stage.path("file"), "old").expect("write a file");
        std::fs::write(stage.path("target"), "before").expect("write a file");
        for command in operation.before {
            let command = stage.fill_placeholders(command);
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            stage.victim.ask(&command).expect("the preparing command works");
        }
        stage
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn fill_placeholders(&self, command: &[&str]) -> Vec<String> {
        let place = |file: &str| self.path(file).to_string_lossy().into_owned();
        let fill = |word: &&str| match *word {
            "NAME" => self.name.clone(),
            "FILE" => place("file"),
            "TARGET" => place("target"),
            word => word.to_owned(),
        };
        command.iter().map(fill).collect()
    }

    /// Sends the command to the victim.
    fn begin(&mut self) {
        let command = self.fill_placeholders(self.operation.command);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        self.victim.say(&command);
    }
}

fn count_descriptors(actor: &mut Actor) -> u64 {
    actor.ask(&["descriptors"]).expect("counting works").parse().expect("a number")
}

/// The process that runs the other operations. It is never killed.
struct Checker {
    actor: Actor,
}

/// The result of the victim.
enum Fate {
    Killed,
    /// It is still running, and its command succeeded or failed.
    Answered(Result<String, String>),
}

impl Checker {
    fn new() -> Checker {
        Checker { actor: Actor::start() }
    }

    /// Causes the fault, and checks the state after it. Returns the outcome for the statistics.
    fn try_point(&mut self, point: &Point) -> Result<String, String> {
        let mut stage = Stage::new(point.operation);
        let mut stepped = Stepped::attach(&mut stage.victim).ok_or(NO_STEPS)?;
        stage.begin();
        let at = stepped.skip(point.step);
        let Step::Before(call) = at else {
            // There were more calls when they were counted, because the operation also removed what others had left.
            stepped.release();
            stage.victim.hear();
            return Ok("ended before".to_owned());
        };
        let Stage { operation, name, folder, mut victim, mut holder, descriptors } = stage;
        let stage = Checked { operation, name: &name, folder: &folder };
        let fate = match point.fault {
            Fault::Kill => {
                stepped.kill(victim);
                Fate::Killed
            }
            Fault::Error(error) => {
                if !errors_of(call, &stepped).contains(&error) {
                    stepped.release();
                    victim.hear();
                    return Ok("another call".to_owned());
                }
                #[cfg(target_arch = "x86_64")]
                stepped.fail(call, error);
                stepped.release();
                let answer = victim.hear();
                let answer = match answer.split_once('\t') {
                    Some(("ok", value)) => Ok(value.to_owned()),
                    Some(("err", status)) => Err(status.to_owned()),
                    _ => return Err(format!("the victim answered {answer:?}")),
                };
                if answer == Err("INTERNAL".to_owned()) {
                    return Err("the library reported an internal error".to_owned());
                }
                let fate = Fate::Answered(answer);
                self.run_checks(&stage, point.first, &fate, holder.as_mut())?;
                // After closing, the victim must have as many descriptors as before.
                victim.ask(&["close", "m"]).map_err(|status| format!("closing: {status}"))?;
                let now = count_descriptors(&mut victim);
                if now != descriptors {
                    return Err(format!(
                        "{now} descriptors are open, but {descriptors} were open before"
                    ));
                }
                victim.end("return");
                fate
            }
        };
        if matches!(fate, Fate::Killed) {
            self.run_checks(&stage, point.first, &fate, holder.as_mut())?;
        }
        if let Some(holder) = holder {
            holder.end("return");
        }
        self.expect(&["open", "o", stage.name], Err("NOT_FOUND"))?;
        self.actor.ask(&["list"]).map_err(|status| format!("the last list: {status}"))?;
        let left = left_of(stage.name);
        if !left.is_empty() {
            return Err(format!("{left:?} is left"));
        }
        Ok(match fate {
            Fate::Killed => "killed".to_owned(),
            Fate::Answered(Ok(_)) => "worked nevertheless".to_owned(),
            Fate::Answered(Err(status)) => status,
        })
    }

    fn expect(&mut self, command: &[&str], wanted: Result<&str, &str>) -> Result<(), String> {
        match (self.actor.ask(command), wanted) {
            (Ok(_), Ok(_)) => Ok(()),
            (Err(status), Err(wanted)) if status == wanted => Ok(()),
            (answer, _) => Err(format!("{command:?} gave {answer:?} instead of {wanted:?}")),
        }
    }

    /// Runs all other operations in another process.
    fn run_checks(
        &mut self,
        stage: &Checked<'_>,
        first: usize,
        fate: &Fate,
        holder: Option<&mut Actor>,
    ) -> Result<(), String> {
        let operation = stage.operation;
        let worked = matches!(fate, Fate::Answered(Ok(_)));
        // A failed close has closed the map. Any other operation keeps what was held, and adds what it got.
        let held_before = operation.before.iter().any(|command| command.contains(&"m"));
        let victim_holds = match fate {
            Fate::Killed => false,
            Fate::Answered(_) if operation.command[0] == "close" => false,
            Fate::Answered(_) => held_before || (worked && operation.holds_after),
        };
        let exists = operation.held || victim_holds;
        let name = stage.name;
        if let Some(holder) = holder {
            let text = holder.ask(&["read", "m"]).map_err(|status| format!("reading: {status}"))?;
            let old_or_new = match fate {
                Fate::Answered(Ok(_)) => text == operation.text_after,
                Fate::Answered(Err(_)) => text == "old",
                // A killed append may leave the beginning of its text.
                Fate::Killed if operation.name == "append" => {
                    operation
                        .text_after
                        .replace('|', "\r\n")
                        .starts_with(&text.replace('|', "\r\n"))
                        && text.len() >= 3
                }
                Fate::Killed => text == "old" || text == operation.text_after,
            };
            if !old_or_new {
                return Err(format!("the content is {text:?}"));
            }
            if holder.ask(&["orphaned", "m"]).as_deref() != Ok("false") {
                return Err("the holder's name refers to another map".to_owned());
            }
        }
        if operation.command[0] == "save" {
            let target = stage.folder.path().join("target");
            let saved = std::fs::read_to_string(&target).unwrap_or_else(|error| error.to_string());
            let wanted: &[&str] = match fate {
                Fate::Answered(Ok(_)) => &["old"],
                Fate::Answered(Err(_)) => &["before"],
                Fate::Killed => &["before", "old"],
            };
            if !wanted.contains(&saved.as_str()) {
                return Err(format!("the saved file is {saved:?}"));
            }
        }
        let file_text = std::fs::read_to_string(stage.folder.path().join("file"));
        if file_text.as_deref().ok() != Some("old") {
            return Err(format!("the file is {file_text:?}"));
        }
        for turn in 0..CHECKS.len() {
            match CHECKS[(first + turn) % CHECKS.len()] {
                "open" => {
                    self.expect(
                        &["open", "o", name],
                        if exists { Ok("") } else { Err("NOT_FOUND") },
                    )?;
                }
                "create" => {
                    let wanted = if exists { Err("ALREADY_EXISTS") } else { Ok("") };
                    self.expect(&["create", "o", name, "64"], wanted)?;
                }
                "create_or_open" => {
                    self.expect(&["create_or_open", "o", name, "64"], Ok(""))?;
                }
                "list" => {
                    let names = self.actor.ask(&["list"]).map_err(|it| format!("list: {it}"))?;
                    if names.split('|').any(|it| it == name) != exists {
                        return Err(format!("the list is {names}, but the map exists: {exists}"));
                    }
                }
                "write" if exists => {
                    self.expect(&["open", "o", name], Ok(""))?;
                    self.expect(&["replace", "o", "new"], Ok(""))?;
                    if self.actor.ask(&["read", "o"]).as_deref() != Ok("new") {
                        return Err(
                            "the text that was read differs from the written one".to_owned()
                        );
                    }
                }
                "save" if exists => {
                    self.expect(&["open", "o", name], Ok(""))?;
                    let saved = stage.folder.path().join("saved");
                    self.expect(&["save", "o", &saved.to_string_lossy()], Ok(""))?;
                }
                _ => {}
            }
            // Closes what this operation opened, so that all operations start in the same state.
            self.actor.ask(&["close", "o"]).map_err(|status| format!("closing: {status}"))?;
        }
        // The next save removes what a killed save has left beside its target.
        if operation.command[0] == "save" {
            let target = stage.folder.path().join("target");
            self.expect(&["open", "o", name], Ok(""))?;
            self.expect(&["save", "o", &target.to_string_lossy()], Ok(""))?;
            self.actor.ask(&["close", "o"]).map_err(|status| format!("closing: {status}"))?;
        }
        let known = ["file", "target", "saved"];
        let stray: Vec<_> = std::fs::read_dir(stage.folder.path())
            .map_err(|error| error.to_string())?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        if stray.is_empty() { Ok(()) } else { Err(format!("{stray:?} is left in the folder")) }
    }
}

/// The parts of a stage that the checks need.
struct Checked<'a> {
    operation: &'static Operation,
    name: &'a str,
    folder: &'a tempfile::TempDir,
}
