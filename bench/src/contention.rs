//! The content lock when several processes want it, beside a blocking lock of the system (`flock`).

use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use mmf::{Access, ContentLock, ErrorKind, Map, MapOptions, TextOptions, View};

use crate::Result;
use crate::machine::{now, processor_time, shared_file};
use crate::measure::quantile;
use crate::table::{Score, digits, goal, reason, time};

const LONG: Duration = Duration::from_secs(600);
const CAPACITY: u64 = 32 << 20;
/// How long a thread holds the lock in the rows that hold it.
const HOLD: Duration = Duration::from_millis(1);
/// Where in the shared numbers something stands.
const READY: u64 = 0;
const GO: u64 = 8;
const STOP: u64 = 16;
/// When the lock was released last, and by which process.
const RELEASED: u64 = 24;
const RELEASED_BY: u64 = 32;
/// The end of what was appended under the system's lock.
const END: u64 = 40;

/// What one process does again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Takes the lock, holds it for a millisecond, and releases it.
    Hold,
    /// The same with the shared lock.
    Read,
    /// Holds the lock all the time.
    Keep,
    /// Waits for the lock all the time.
    Wait,
    /// Appends 50 bytes.
    Append,
    /// Sleeps two milliseconds: what waking up costs.
    Sleep,
    /// As `Hold`, with `flock`.
    FlockHold,
    /// As `Append`, with `flock`.
    FlockAppend,
}

const ALL: [(&str, What); 8] = [
    ("hold", What::Hold),
    ("read", What::Read),
    ("keep", What::Keep),
    ("wait", What::Wait),
    ("append", What::Append),
    ("sleep", What::Sleep),
    ("flock-hold", What::FlockHold),
    ("flock-append", What::FlockAppend),
];

/// What a row must reach.
#[derive(Clone, Copy)]
enum Limit {
    /// The fewest turns of a process as a share of the most.
    Fairness(f64),
    LongestWait(Duration),
    /// The share of a processor that each process uses.
    Processor(f64),
    /// The throughput as a share of that of another row.
    Throughput(f64, &'static str),
}

struct Row {
    title: &'static str,
    processes: &'static [What],
    limits: &'static [Limit],
    /// Why a limit may be missed.
    why: &'static str,
}

const fn row(title: &'static str, processes: &'static [What]) -> Row {
    Row { title, processes, limits: &[], why: "" }
}

const ONE_APPENDS: &str = "1 process appends 50 B";

const ROWS: &[Row] = &[
    Row {
        title: "8 processes hold it for 1 ms",
        processes: &[What::Hold; 8],
        limits: &[
            Limit::Fairness(0.8),
            Limit::LongestWait(Duration::from_millis(50)),
            Limit::Processor(0.009),
        ],
        why: "a waiter looks again and again whether its turn has come, and going to sleep and waking up is what costs; even the processes that only block in `flock` (the row below) use about as much as the goal allows.",
    },
    row("the same with `flock`", &[What::FlockHold; 8]),
    row("32 processes hold it for 1 ms", &[What::Hold; 32]),
    row("the same with `flock`", &[What::FlockHold; 32]),
    row(
        "4 processes write and 4 read for 1 ms",
        &[
            What::Hold,
            What::Hold,
            What::Hold,
            What::Hold,
            What::Read,
            What::Read,
            What::Read,
            What::Read,
        ],
    ),
    row(ONE_APPENDS, &[What::Append]),
    row("the same with `flock`", &[What::FlockAppend]),
    Row {
        title: "8 processes append 50 B",
        processes: &[What::Append; 8],
        limits: &[
            Limit::Throughput(0.5, ONE_APPENDS),
            Limit::Fairness(0.8),
            Limit::LongestWait(Duration::from_millis(50)),
        ],
        why: "with more processes than processors, the scheduler decides which of them run when the lock becomes free.",
    },
    row("the same with `flock`", &[What::FlockAppend; 8]),
    Row {
        title: "1 process waits all the time",
        processes: &[What::Wait, What::Keep],
        limits: &[Limit::Processor(0.003)],
        why: "a waiter looks every few milliseconds, because no lock of the system is fair and has a time-out; what waking up alone costs on this machine is in the row below.",
    },
    row("1 process sleeps 2 ms again and again", &[What::Sleep]),
];

/// What came out of one round of a row.
#[derive(Debug, Default)]
struct Round {
    per_second: f64,
    fairness: Option<f64>,
    longest: f64,
    hand_over: Option<f64>,
    processor: f64,
}

/// All rounds of all rows.
pub(crate) struct Contention(Vec<Vec<Round>>);

/// Measures all rows, each once per round.
pub(crate) fn measure(quick: bool) -> Result<Contention> {
    let (rounds, time) =
        if quick { (1, Duration::from_secs(1)) } else { (3, Duration::from_secs(2)) };
    let mut all: Vec<Vec<Round>> = ROWS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (row, measured) in ROWS.iter().zip(&mut all) {
            let round = once(row.processes, time)?;
            eprintln!("{}: {:.0} a second", row.title, round.per_second);
            measured.push(round);
        }
    }
    Ok(Contention(all))
}

impl Contention {
    fn throughput(&self, title: &str) -> Option<f64> {
        let (_, rounds) = ROWS.iter().zip(&self.0).find(|(row, _)| row.title == title)?;
        Some(median(rounds, |it| Some(it.per_second)))
    }

    /// The table, and why limits are missed.
    pub(crate) fn table(&self, score: &mut Score) -> String {
        let mut text =
            "| | a second | fairness | longest wait | hand-over | processor, each | goals |\n\
                        | --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
                .to_owned();
        let mut reasons = String::new();
        for (row, rounds) in ROWS.iter().zip(&self.0) {
            let per_second = median(rounds, |it| Some(it.per_second));
            let fairness = median(rounds, |it| it.fairness);
            let longest = rounds.iter().map(|it| it.longest).fold(0.0, f64::max);
            let hand_over = median(rounds, |it| it.hand_over);
            let processor = median(rounds, |it| Some(it.processor));
            let missed = score.missed;
            let goals: Vec<String> = row
                .limits
                .iter()
                .map(|limit| match *limit {
                    Limit::Fairness(least) => {
                        goal(&format!("fairness at least {least}"), Some(fairness >= least), score)
                    }
                    Limit::LongestWait(most) => goal(
                        &format!("longest wait at most {} ms", most.as_millis()),
                        Some(longest <= most.as_nanos() as f64),
                        score,
                    ),
                    Limit::Processor(most) => goal(
                        &format!("processor at most {} %", digits(most * 100.0)),
                        Some(processor <= most),
                        score,
                    ),
                    Limit::Throughput(least, of) => goal(
                        &format!("at least {least}x \"{of}\""),
                        self.throughput(of).map(|other| per_second >= least * other),
                        score,
                    ),
                })
                .collect();
            if score.missed > missed {
                let _ = writeln!(reasons, "{}", reason(row.title, row.why));
            }
            let known = |value: f64, shown: String| {
                if value.is_finite() { shown } else { "-".to_owned() }
            };
            let _ = writeln!(
                text,
                "| {} | {per_second:.0} | {} | {} | {} | {} % | {} |",
                row.title,
                known(fairness, format!("{fairness:.2}")),
                if longest > 0.0 { time(longest) } else { "-".to_owned() },
                known(hand_over, time(hand_over)),
                digits(processor * 100.0),
                goals.join(", ")
            );
        }
        if !reasons.is_empty() {
            let _ = write!(text, "\nWhy goals are missed:\n\n{reasons}");
        }
        text
    }
}

/// Not a number if no round has the figure.
fn median(rounds: &[Round], figure: impl Fn(&Round) -> Option<f64>) -> f64 {
    let values: Vec<f64> = rounds.iter().filter_map(figure).collect();
    quantile(&values, 0.5)
}

/// What one process did.
struct Did {
    turns: f64,
    longest: f64,
    processor: f64,
    hand_overs: Vec<f64>,
}

fn once(processes: &[What], time: Duration) -> Result<Round> {
    let name = format!("mmf-bench-contention-{}", std::process::id());
    let failed = |error: mmf::Error| error.to_string();
    let _content = Map::create_new(&name, CAPACITY).map_err(failed)?;
    let _flocked = Map::create_new(&format!("{name}-flock"), CAPACITY).map_err(failed)?;
    let shared = Map::create_new(&format!("{name}-numbers"), 4096).map_err(failed)?;
    let numbers = shared.view(0, 0, Access::ReadWrite).map_err(failed)?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let children = processes
        .iter()
        .map(|what| {
            let (order, _) = ALL.iter().find(|(_, it)| it == what).expect("all have a name");
            Command::new(&own)
                .args(["--contend", order, &name, &time.as_millis().to_string()])
                .stdout(Stdio::piped())
                .spawn()
                .map_err(|error| error.to_string())
        })
        .collect::<Result<Vec<Child>>>()?;
    while number(&numbers, READY) < processes.len() as u64 {
        std::thread::sleep(HOLD);
    }
    set(&numbers, GO, 1);
    std::thread::sleep(time);
    set(&numbers, STOP, 1);
    let did = children.into_iter().map(heard).collect::<Result<Vec<Did>>>()?;

    // A process that only keeps the lock is no part of what is measured.
    let counted = processes.iter().filter(|what| **what != What::Keep).count();
    let did = did.get(..counted).unwrap_or_default();
    let most = did.iter().map(|it| it.turns).fold(0.0, f64::max);
    let least = did.iter().map(|it| it.turns).fold(f64::MAX, f64::min);
    let hand_overs: Vec<f64> = did.iter().flat_map(|it| it.hand_overs.iter().copied()).collect();
    Ok(Round {
        per_second: did.iter().map(|it| it.turns).sum::<f64>() / time.as_secs_f64(),
        fairness: (counted > 1).then_some(least / most),
        longest: did.iter().map(|it| it.longest).fold(0.0, f64::max),
        hand_over: (!hand_overs.is_empty()).then(|| quantile(&hand_overs, 0.5)),
        processor: did.iter().map(|it| it.processor).fold(0.0, f64::max) / time.as_nanos() as f64,
    })
}

fn heard(child: Child) -> Result<Did> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    match &numbers[..] {
        [turns, longest, processor, hand_overs @ ..] if output.status.success() => Ok(Did {
            turns: *turns,
            longest: *longest,
            processor: *processor,
            hand_overs: hand_overs.to_vec(),
        }),
        _ => Err(format!("a process that contends for the lock failed: {text}")),
    }
}

fn number(numbers: &View, at: u64) -> u64 {
    numbers.atomic_u64(at).expect("aligned").load(SeqCst)
}

fn set(numbers: &View, at: u64, value: u64) {
    numbers.atomic_u64(at).expect("aligned").store(value, SeqCst);
}

/// A lock that is held.
enum Held<'a> {
    Ours(#[expect(dead_code, reason = "it is only dropped")] ContentLock),
    Flock(&'a File),
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Held::Flock(file) = self {
            file.unlock().expect("unlock");
        }
    }
}

/// One of the processes: its kind, the name of the map, the milliseconds of the round.
pub(crate) fn contend(order: &str, name: &str, milliseconds: &str) -> Result<()> {
    let what = ALL.iter().find(|(it, _)| *it == order).ok_or("no such process")?.1;
    let time = Duration::from_millis(milliseconds.parse().map_err(|_| "no number")?);
    let failed = |error: mmf::Error| error.to_string();
    let map = MapOptions::new().open(name).map_err(failed)?;
    let shared = Map::open(&format!("{name}-numbers")).map_err(failed)?;
    let numbers = shared.view(0, 0, Access::ReadWrite).map_err(failed)?;
    let path = shared_file(&format!("{name}-flock"));
    let file = File::options().read(true).write(true).open(path).map_err(|it| it.to_string())?;
    let me = u64::from(std::process::id());

    let kept = (what == What::Keep).then(|| map.lock_exclusive(LONG).expect("the lock"));
    numbers.atomic_u64(READY).expect("aligned").fetch_add(1, SeqCst);
    while number(&numbers, GO) == 0 {
        std::thread::sleep(Duration::from_micros(200));
    }
    let began = Instant::now();
    let used = processor_time(std::process::id())?;
    let (mut turns, mut longest) = (0_u64, 0_u64);
    let mut hand_overs = Vec::new();
    let text = "x".repeat(50);
    let options = TextOptions::new().timeout(LONG);
    let flock = || {
        file.lock().expect("the lock");
        Held::Flock(&file)
    };
    while number(&numbers, STOP) == 0 {
        let asked = Instant::now();
        match what {
            What::Keep => {
                std::thread::sleep(HOLD);
                continue;
            }
            What::Wait => {
                // It never gets it.
                drop(map.lock_exclusive(time));
                continue;
            }
            What::Sleep => std::thread::sleep(2 * HOLD),
            What::Hold | What::Read | What::FlockHold => {
                let held = match what {
                    What::Hold => Held::Ours(map.lock_exclusive(LONG).expect("the lock")),
                    What::Read => Held::Ours(map.lock_shared(LONG).expect("the lock")),
                    _ => flock(),
                };
                let by = number(&numbers, RELEASED_BY);
                if by != 0 && by != me {
                    hand_overs.push(now().saturating_sub(number(&numbers, RELEASED)));
                }
                longest = longest.max(asked.elapsed().as_nanos() as u64);
                std::thread::sleep(HOLD);
                set(&numbers, RELEASED_BY, me);
                set(&numbers, RELEASED, now());
                drop(held);
            }
            What::Append => {
                match map.append_text_with(&text, &options) {
                    Err(error) if error.kind() == ErrorKind::TooLong => {
                        map.replace_text("").map_err(failed)?;
                        continue;
                    }
                    other => other.map_err(failed)?,
                }
                longest = longest.max(asked.elapsed().as_nanos() as u64);
            }
            What::FlockAppend => {
                let held = flock();
                let end = number(&numbers, END) % (CAPACITY - 64);
                file.write_all_at(text.as_bytes(), end).map_err(|it| it.to_string())?;
                set(&numbers, END, end + 52);
                drop(held);
                longest = longest.max(asked.elapsed().as_nanos() as u64);
            }
        }
        turns += 1;
    }
    drop(kept);
    if what == What::Wait {
        longest = began.elapsed().as_nanos() as u64;
    }
    print!("{turns} {longest} {}", processor_time(std::process::id())? - used);
    for it in hand_overs {
        print!(" {it}");
    }
    println!();
    Ok(())
}
