//! Input: random calls of the C ABI from several threads, with all kinds of handles, pointers, sizes and texts. A session is
//! a sequence of calls that starts and ends with nothing open.
//!
//! The sessions run in another process, which prints the number of each session when it starts. If that process crashes or
//! hangs, this one knows the session.

mod caller;
mod calls;
pub(crate) mod corpus;
mod pool;
mod source;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::common::Numbers;
use crate::world::World;
use crate::{Amount, Found};

use caller::Caller;
use pool::Pool;
use source::Source;

/// The number of threads, which share the handles of a session.
const THREADS: u64 = 4;
/// The number of calls of each thread.
const CALLS_OF_A_THREAD: u64 = 1_024;
const CALLS_OF_A_SESSION: u64 = THREADS * CALLS_OF_A_THREAD;

/// No call waits longer than some milliseconds, so a session that takes this long hangs.
const LONGEST_SESSION: Duration = Duration::from_secs(60);

const ROLE: &str = "MMF_TORTURE_INPUT";
const SESSION: &str = "session ";

/// The results, each a function and a status, and how often they occurred.
pub(crate) type Answers = BTreeMap<(&'static str, i32), u64>;

/// Runs the corpus, and then new sessions.
pub(crate) fn run(seed: u64, amount: Amount, world: &World) -> Found {
    let count = amount.count.unwrap_or(u64::MAX).div_ceil(CALLS_OF_A_SESSION);
    let milliseconds = amount.time.map_or(u64::MAX, |time| time.as_millis() as u64);
    let mut child = Command::new(std::env::current_exe().expect("this program's path"))
        .env(ROLE, format!("{seed} 0 {count} {milliseconds} {}", world.private))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("start the sessions: {error}"))?;
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            // The receiver no longer exists after a fault was found.
            let _ = sender.send(line);
        }
    });
    let mut session = None;
    let mut hangs = false;
    loop {
        match lines.recv_timeout(LONGEST_SESSION) {
            Ok(line) => match line.strip_prefix(SESSION) {
                Some(number) => session = Some(number.to_owned()),
                None => println!("{line}"),
            },
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                hangs = true;
                break;
            }
        }
    }
    if hangs {
        // The process hangs, so it is killed.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| format!("wait for the sessions: {error}"))?;
    let place = match session {
        Some(number) => format!("To repeat it: torture --seed {seed} --session {number}"),
        None => "This happened in the corpus.".to_owned(),
    };
    match (hangs, status.success()) {
        (true, _) => Err(format!("A call is still blocked after {LONGEST_SESSION:?}. {place}")),
        (_, false) => Err(format!("The calling process ended with {status}. {place}")),
        _ => Ok(()),
    }
}

/// Runs the calling process. `None` if this process has another role.
pub(crate) fn act() -> Option<Found> {
    let role = std::env::var(ROLE).ok()?;
    let words: Vec<&str> = role.split(' ').collect();
    let number = |at: usize| words[at].parse::<u64>().expect("a number");
    let private = words[4] == "true";
    Some(sessions(number(0), number(1), number(2), number(3), private))
}

/// Repeats one session.
pub(crate) fn repeat(seed: u64, session: u64) -> Found {
    let world = crate::world::enter();
    sessions(seed, session, session + 1, u64::MAX, world.private)
}

fn sessions(seed: u64, first: u64, end: u64, milliseconds: u64, private: bool) -> Found {
    if first == 0 {
        corpus::replay()?;
    }
    let begun = Instant::now();
    let mut answers = Answers::new();
    let mut left = None;
    let mut next = first;
    while next < end && begun.elapsed() < Duration::from_millis(milliseconds) {
        println!("{SESSION}{next}");
        for (answer, count) in session(seed, next) {
            *answers.entry(answer).or_default() += count;
        }
        if private {
            nothing_is_left(&mut left)?;
        }
        next += 1;
    }
    let calls: u64 = answers.values().sum();
    println!(
        "{calls} calls in {} sessions, {} different results, {:.0} calls per second",
        next - first,
        answers.len(),
        calls as f64 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Each thread makes its calls. All threads share one pool of handles.
fn session(seed: u64, number: u64) -> Answers {
    let mut numbers = Numbers(seed ^ number.rotate_left(32));
    let pool = Pool::new(&mut numbers);
    let mut all = Answers::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let source = Source::Numbers(Numbers(numbers.next()));
                let pool = &pool;
                scope.spawn(move || {
                    let mut caller = Caller::new(source, pool);
                    for _ in 0..CALLS_OF_A_THREAD {
                        caller.call();
                    }
                    caller.finish()
                })
            })
            .collect();
        for thread in threads {
            let answers = thread.join().expect("a thread that finds a fault ends the process");
            for (answer, count) in answers {
                *all.entry(answer).or_default() += count;
            }
        }
    });
    pool.close_all();
    all
}

/// The open descriptors, names and memory between two sessions.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    descriptors: usize,
    names: Vec<String>,
    #[cfg(target_os = "linux")]
    room: crate::world::Room,
}

/// Checks that a session leaves nothing behind: no descriptor, no name, no memory.
#[cfg(target_os = "linux")]
fn nothing_is_left(before: &mut Option<Left>) -> Found {
    let now = Left {
        descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
        names: crate::world::objects(),
        room: crate::world::Room::left(),
    };
    let message = format!("A session left {now:?} after {before:?}.");
    // The library keeps what it opens in the first session.
    let same = before.as_ref().is_none_or(|before| *before == now) && now.names.is_empty();
    *before = Some(now);
    if same { Ok(()) } else { Err(message) }
}

#[cfg(not(target_os = "linux"))]
fn nothing_is_left(_: &mut Option<Left>) -> Found {
    Ok(())
}

/// Reports a fault and ends the process, because results after a fault prove nothing.
pub(crate) fn violation(what: &str) -> ! {
    eprintln!("VIOLATION {what}");
    std::process::exit(1);
}
