//! Fault points: every system call of every operation fails once with each error that it can have,
//! and its process dies before it once; after that every other operation is made from another
//! process. A tracer does it (`tests/common/step.rs`), so the library is the one that is shipped.

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

/// An operation, and how things are when it begins.
struct Operation {
    name: &'static str,
    /// What the victim does before, without faults.
    before: &'static [&'static [&'static str]],
    /// What is done under faults. NAME, FILE and TARGET are replaced.
    command: &'static [&'static str],
    /// Whether another process holds the map, with the text "old" in it.
    held: bool,
    /// Whether a map of that name died before.
    dead: bool,
    /// Whether the victim holds the map once the command worked; without a fault it does.
    holds_after: bool,
    /// What the text is that the holder reads if the command worked.
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
        name: "create a name that lives",
        command: &["create", "m", "NAME", "5000"],
        held: true,
        holds_after: false,
        ..BASE
    },
    Operation {
        name: "create without nameless objects",
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
        name: "close the last",
        before: &[&["create", "m", "NAME", "5000"]],
        command: &["close", "m"],
        holds_after: false,
        ..BASE
    },
    Operation {
        name: "close one of two",
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
        name: "list beside a dead map",
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

/// What another process does then, each of them first in its turn.
const OTHERS: [&str; 6] = ["open", "create", "create_or_open", "list", "write", "save"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The process is killed before the call.
    Kill,
    /// The call fails with this error.
    Error(i32),
}

/// One that is found is rarely alone: so many are told.
const MOST: usize = 20;

/// A place in an operation, and what happens there.
struct Point {
    operation: &'static Operation,
    step: usize,
    fault: Fault,
    first: usize,
}

pub(crate) fn run(seed: u64, amount: Amount, _: &World) -> Found {
    if !cfg!(target_arch = "x86_64") {
        not_run("faults", "the tracer knows the registers of x86-64 alone");
        return Ok(());
    }
    watch();
    let Some(mut points) = all_points()? else {
        not_run("faults", NO_STEPS);
        return Ok(());
    };
    // With a limit: some of all, and others with another seed.
    let mut numbers = Numbers(seed);
    for last in (1..points.len()).rev() {
        points.swap(last, numbers.below(last as u64 + 1) as usize);
    }
    let begun = Instant::now();
    let total = points.len();
    let mut done = 0;
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut others = Others::new();
    let mut found = Vec::new();
    for point in points {
        if amount.is_done(done, begun) {
            break;
        }
        BEGUN.store(now(), Ordering::Relaxed);
        let outcome = catch_unwind(AssertUnwindSafe(|| others.try_point(&point)))
            .unwrap_or_else(|_| Err("a process ended that should go on (see above)".to_owned()));
        match outcome {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(what) => {
                let Point { operation, step, fault, first } = &point;
                let (name, first) = (operation.name, OTHERS[*first]);
                found.push(format!("{name}, call {step}, {}, then {first}: {what}", shown(*fault)));
                // Whatever the last one had open.
                others = Others::new();
            }
        }
        if found.len() == MOST {
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

fn shown(fault: Fault) -> String {
    match fault {
        Fault::Kill => "killed before it".to_owned(),
        Fault::Error(error) => std::io::Error::from_raw_os_error(error).to_string(),
    }
}

/// Milliseconds since the program began, never 0.
fn now() -> u64 {
    static BEGINNING: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    BEGINNING.get_or_init(Instant::now).elapsed().as_millis() as u64 + 1
}

/// When the present point began; 0: none.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Every call here has 30 seconds at most.
const LONGEST: Duration = Duration::from_secs(40);

fn watch() {
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let begun = BEGUN.load(Ordering::Relaxed);
            if begun > 0 && now() > begun + LONGEST.as_millis() as u64 {
                eprintln!("VIOLATION a call is still blocked ten seconds after its time");
                std::process::exit(1);
            }
        }
    });
}

/// All places of all operations, each with all faults that it can have. `None`: nobody is let.
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
                for first in 0..OTHERS.len() {
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

/// The errors that a system call can have and that are not the caller's fault.
fn errors_of(call: u64, stepped: &Stepped) -> &'static [i32] {
    use libc::{EACCES, EDQUOT, EINTR, EIO, EMFILE, ENOLCK, ENOMEM, ENOSPC};
    // The conversation is not what is tested.
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
        // A directory has nothing that could still be written.
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

/// A name of its own, files of its own, and a process that something will happen to.
struct Stage {
    operation: &'static Operation,
    name: String,
    folder: tempfile::TempDir,
    victim: Actor,
    /// Who holds the map beside it.
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
        let descriptors = count(&mut victim);
        let folder = tempfile::tempdir().expect("a folder");
        let mut stage = Stage { operation, name, folder, victim, holder, descriptors };
        std::fs::write(stage.path("file"), "old").expect("write a file");
        std::fs::write(stage.path("target"), "before").expect("write a file");
        for command in operation.before {
            let command = stage.filled(command);
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            stage.victim.ask(&command).expect("what comes before works");
        }
        stage
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn filled(&self, command: &[&str]) -> Vec<String> {
        let place = |file: &str| self.path(file).to_string_lossy().into_owned();
        let fill = |word: &&str| match *word {
            "NAME" => self.name.clone(),
            "FILE" => place("file"),
            "TARGET" => place("target"),
            word => word.to_owned(),
        };
        command.iter().map(fill).collect()
    }

    /// Gives the victim its command.
    fn begin(&mut self) {
        let command = self.filled(self.operation.command);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        self.victim.say(&command);
    }
}

fn count(actor: &mut Actor) -> u64 {
    actor.ask(&["descriptors"]).expect("counting works").parse().expect("a number")
}

/// The other process, which is never hurt.
struct Others {
    actor: Actor,
}

/// What became of the victim.
enum Fate {
    Killed,
    /// It lives, and its command worked or not.
    Answered(Result<String, String>),
}

impl Others {
    fn new() -> Others {
        Others { actor: Actor::start() }
    }

    /// Lets it happen, and looks at what is left. What came out, for the statistics.
    fn try_point(&mut self, point: &Point) -> Result<String, String> {
        let mut stage = Stage::new(point.operation);
        let mut stepped = Stepped::attach(&mut stage.victim).ok_or(NO_STEPS)?;
        stage.begin();
        let at = stepped.skip(point.step);
        let Step::Before(call) = at else {
            // What others left made it longer when it was counted.
            stepped.release();
            stage.victim.hear();
            return Ok("ended before".to_owned());
        };
        let Stage { operation, name, folder, mut victim, mut holder, descriptors } = stage;
        let stage = View { operation, name: &name, folder: &folder };
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
                    _ => return Err(format!("the victim said {answer:?}")),
                };
                if answer == Err("INTERNAL".to_owned()) {
                    return Err("the library found a fault of its own".to_owned());
                }
                let fate = Fate::Answered(answer);
                self.look(&stage, point.first, &fate, holder.as_mut())?;
                // Whatever it has, it lets go of it, and has no descriptor more than before.
                victim.ask(&["close", "m"]).map_err(|status| format!("closing: {status}"))?;
                let now = count(&mut victim);
                if now != descriptors {
                    return Err(format!("{now} descriptors are open where {descriptors} were"));
                }
                victim.end("return");
                fate
            }
        };
        if matches!(fate, Fate::Killed) {
            self.look(&stage, point.first, &fate, holder.as_mut())?;
        }
        if let Some(holder) = holder {
            holder.end("return");
        }
        self.expect(&["open", "o", stage.name], Err("NOT_FOUND"))?;
        self.actor.ask(&["list"]).map_err(|status| format!("a last look: {status}"))?;
        let left = left_of(stage.name);
        if !left.is_empty() {
            return Err(format!("{left:?} is left"));
        }
        Ok(match fate {
            Fate::Killed => "killed".to_owned(),
            Fate::Answered(Ok(_)) => "worked all the same".to_owned(),
            Fate::Answered(Err(status)) => status,
        })
    }

    fn expect(&mut self, command: &[&str], wanted: Result<&str, &str>) -> Result<(), String> {
        match (self.actor.ask(command), wanted) {
            (Ok(_), Ok(_)) => Ok(()),
            (Err(status), Err(wanted)) if status == wanted => Ok(()),
            (answer, _) => Err(format!("{command:?} gave {answer:?} where {wanted:?} was to come")),
        }
    }

    /// Every other operation, from another process.
    fn look(
        &mut self,
        stage: &View<'_>,
        first: usize,
        fate: &Fate,
        holder: Option<&mut Actor>,
    ) -> Result<(), String> {
        let operation = stage.operation;
        let worked = matches!(fate, Fate::Answered(Ok(_)));
        // A close that fails has closed; everything else holds what it held before, and what it got.
        let held_before = operation.before.iter().any(|command| command.contains(&"m"));
        let victim_holds = match fate {
            Fate::Killed => false,
            Fate::Answered(_) if operation.command[0] == "close" => false,
            Fate::Answered(_) => held_before || (worked && operation.holds_after),
        };
        let lives = operation.held || victim_holds;
        let name = stage.name;
        if let Some(holder) = holder {
            let text = holder.ask(&["read", "m"]).map_err(|status| format!("reading: {status}"))?;
            let old_or_new = match fate {
                Fate::Answered(Ok(_)) => text == operation.text_after,
                Fate::Answered(Err(_)) => text == "old",
                // An append that was killed leaves perhaps a beginning of itself.
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
                return Err("the holder's name leads elsewhere".to_owned());
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
        for turn in 0..OTHERS.len() {
            match OTHERS[(first + turn) % OTHERS.len()] {
                "open" => {
                    self.expect(
                        &["open", "o", name],
                        if lives { Ok("") } else { Err("NOT_FOUND") },
                    )?;
                }
                "create" => {
                    let wanted = if lives { Err("ALREADY_EXISTS") } else { Ok("") };
                    self.expect(&["create", "o", name, "64"], wanted)?;
                }
                "create_or_open" => {
                    self.expect(&["create_or_open", "o", name, "64"], Ok(""))?;
                }
                "list" => {
                    let names = self.actor.ask(&["list"]).map_err(|it| format!("list: {it}"))?;
                    if names.split('|').any(|it| it == name) != lives {
                        return Err(format!("listed: {names}, though it lives: {lives}"));
                    }
                }
                "write" if lives => {
                    self.expect(&["open", "o", name], Ok(""))?;
                    self.expect(&["replace", "o", "new"], Ok(""))?;
                    if self.actor.ask(&["read", "o"]).as_deref() != Ok("new") {
                        return Err("what was written is not what is read".to_owned());
                    }
                }
                "save" if lives => {
                    self.expect(&["open", "o", name], Ok(""))?;
                    let saved = stage.folder.path().join("saved");
                    self.expect(&["save", "o", &saved.to_string_lossy()], Ok(""))?;
                }
                _ => {}
            }
            // Whatever was opened here: the next one begins as this one did.
            self.actor.ask(&["close", "o"]).map_err(|status| format!("closing: {status}"))?;
        }
        // What a killed save left beside its target goes with the next one.
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
        if stray.is_empty() { Ok(()) } else { Err(format!("{stray:?} lies in the folder")) }
    }
}

/// What the others need to know of a stage.
struct View<'a> {
    operation: &'static Operation,
    name: &'a str,
    folder: &'a tempfile::TempDir,
}
