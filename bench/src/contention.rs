//! The content lock when several processes compete for it, compared with a blocking lock of the system (`flock`).

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
/// How long a process holds the lock in the rows that hold it.
const HOLD: Duration = Duration::from_millis(1);
/// Offsets in the view that all processes share.
const READY: u64 = 0;
const GO: u64 = 8;
const STOP: u64 = 16;
/// When the lock was last released, and by which process.
const RELEASED: u64 = 24;
const RELEASED_BY: u64 = 32;
/// The end of the content that was appended under `flock`.
const END: u64 = 40;

/// The work that one process repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// Takes the lock, holds it for a millisecond, and releases it.
    Hold,
    /// The same with the shared lock.
    Read,
    /// Holds the lock the whole time.
    Keep,
    /// Waits for the lock the whole time.
    Wait,
    /// Appends 50 bytes.
    Append,
    /// Sleeps two milliseconds, to show the cost of waking up.
    Sleep,
    /// As `Hold`, with `flock`.
    FlockHold,
    /// As `Append`, with `flock`.
    FlockAppend,
}

const ACTIVITIES: [(&str, Activity); 8] = [
    ("hold", Activity::Hold),
    ("read", Activity::Read),
    ("keep", Activity::Keep),
    ("wait", Activity::Wait),
    ("append", Activity::Append),
    ("sleep", Activity::Sleep),
    ("flock-hold", Activity::FlockHold),
    ("flock-append", Activity::FlockAppend),
];

/// A goal of a row.
#[derive(Clone, Copy)]
enum Limit {
    /// The turns of the slowest process, as a share of those of the fastest one.
    Fairness(f64),
    LongestWait(Duration),
    /// The share of a processor that each process uses.
    Processor(f64),
    /// The throughput, as a share of that of another row.
    Throughput(f64, &'static str),
}

struct Row {
    title: &'static str,
    processes: &'static [Activity],
    limits: &'static [Limit],
    /// Why a goal may be missed.
    why: &'static str,
}

const fn row(title: &'static str, processes: &'static [Activity]) -> Row {
    Row { title, processes, limits: &[], why: "" }
}

const ONE_APPENDS: &str = "1 process appends 50 B";

const ROWS: &[Row] = &[
    Row {
        title: "8 processes hold it for 1 ms",
        processes: &[Activity::Hold; 8],
        limits: &[
            Limit::Fairness(0.8),
            Limit::LongestWait(Duration::from_millis(50)),
            Limit::Processor(0.009),
        ],
        why: "a waiter looks about a dozen times per turn whether the lock is free, and each sleep and wake-up costs processor time; being woken by the releasing process instead would need a second channel that every holder serves.",
    },
    row("the same with `flock`", &[Activity::FlockHold; 8]),
    row("32 processes hold it for 1 ms", &[Activity::Hold; 32]),
    row("the same with `flock`", &[Activity::FlockHold; 32]),
    row(
        "4 processes write and 4 read for 1 ms",
        &[
            Activity::Hold,
            Activity::Hold,
            Activity::Hold,
            Activity::Hold,
            Activity::Read,
            Activity::Read,
            Activity::Read,
            Activity::Read,
        ],
    ),
    row(ONE_APPENDS, &[Activity::Append]),
    row("the same with `flock`", &[Activity::FlockAppend]),
    Row {
        title: "8 processes append 50 B",
        processes: &[Activity::Append; 8],
        limits: &[
            Limit::Throughput(0.5, ONE_APPENDS),
            Limit::Fairness(0.8),
            Limit::LongestWait(Duration::from_millis(50)),
        ],
        why: "if there are more processes than processors, the scheduler decides which of them runs when the lock becomes free.",
    },
    row("the same with `flock`", &[Activity::FlockAppend; 8]),
    Row {
        title: "1 process waits all the time",
        processes: &[Activity::Wait, Activity::Keep],
        limits: &[Limit::Processor(0.003)],
        why: "no system lock is both fair and has a time-out, so a waiter looks every few milliseconds whether the lock is free. The row below shows the cost of waking up alone.",
    },
    row("1 process sleeps 2 ms repeatedly", &[Activity::Sleep]),
];

/// The results of one round of a row.
#[derive(Debug, Default)]
struct Round {
    per_second: f64,
    fairness: Option<f64>,
    longest: f64,
    hand_over: Option<f64>,
    processor: f64,
}

/// The rounds of each row.
pub(crate) struct Contention(Vec<Vec<Round>>);

/// Measures each row once per round.
pub(crate) fn measure(quick: bool) -> Result<Contention> {
    let (rounds, time) =
        if quick { (1, Duration::from_secs(1)) } else { (3, Duration::from_secs(2)) };
    let mut all: Vec<Vec<Round>> = ROWS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (row, measured) in ROWS.iter().zip(&mut all) {
            let round = run_round(row.processes, time)?;
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

    /// The table, and the reasons for missed goals.
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

/// NaN if no round has the figure.
fn median(rounds: &[Round], figure: impl Fn(&Round) -> Option<f64>) -> f64 {
    let values: Vec<f64> = rounds.iter().filter_map(figure).collect();
    quantile(&values, 0.5)
}

/// The results of one process.
struct ProcessResult {
    turns: f64,
    longest: f64,
    processor: f64,
    hand_overs: Vec<f64>,
}

fn run_round(processes: &[Activity], time: Duration) -> Result<Round> {
    let name = format!("mmf-bench-contention-{}", std::process::id());
    let failed = |error: mmf::Error| error.to_string();
    let _content = Map::create_new(&name, CAPACITY).map_err(failed)?;
    let _flocked = Map::create_new(&format!("{name}-flock"), CAPACITY).map_err(failed)?;
    let shared = Map::create_new(&format!("{name}-numbers"), 4096).map_err(failed)?;
    let numbers = shared.view(0, 0, Access::ReadWrite).map_err(failed)?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let children = processes
        .iter()
        .map(|activity| {
            let (order, _) =
                ACTIVITIES.iter().find(|(_, it)| it == activity).expect("all have a name");
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
    let results = children.into_iter().map(read_result).collect::<Result<Vec<ProcessResult>>>()?;

    // A process that only keeps the lock is not measured.
    let counted = processes.iter().filter(|activity| **activity != Activity::Keep).count();
    let results = results.get(..counted).unwrap_or_default();
    let most = results.iter().map(|it| it.turns).fold(0.0, f64::max);
    let least = results.iter().map(|it| it.turns).fold(f64::MAX, f64::min);
    let hand_overs: Vec<f64> =
        results.iter().flat_map(|it| it.hand_overs.iter().copied()).collect();
    Ok(Round {
        per_second: results.iter().map(|it| it.turns).sum::<f64>() / time.as_secs_f64(),
        fairness: (counted > 1).then_some(least / most),
        longest: results.iter().map(|it| it.longest).fold(0.0, f64::max),
        hand_over: (!hand_overs.is_empty()).then(|| quantile(&hand_overs, 0.5)),
        processor: results.iter().map(|it| it.processor).fold(0.0, f64::max)
            / time.as_nanos() as f64,
    })
}

fn read_result(child: Child) -> Result<ProcessResult> {
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    match &numbers[..] {
        [turns, longest, processor, hand_overs @ ..] if output.status.success() => {
            Ok(ProcessResult {
                turns: *turns,
                longest: *longest,
                processor: *processor,
                hand_overs: hand_overs.to_vec(),
            })
        }
        _ => Err(format!("a process that contends for the lock failed: {text}")),
    }
}

fn number(numbers: &View, at: u64) -> u64 {
    numbers.atomic_u64(at).expect("aligned").load(SeqCst)
}

fn set(numbers: &View, at: u64, value: u64) {
    numbers.atomic_u64(at).expect("aligned").store(value, SeqCst);
}

/// A lock while it is held.
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

/// Runs one of the processes: its activity, the name of the map, the milliseconds of the round.
pub(crate) fn contend(order: &str, name: &str, milliseconds: &str) -> Result<()> {
    let activity = ACTIVITIES.iter().find(|(it, _)| *it == order).ok_or("unknown activity")?.1;
    let time = Duration::from_millis(milliseconds.parse().map_err(|_| "not a number")?);
    let failed = |error: mmf::Error| error.to_string();
    let map = MapOptions::new().open(name).map_err(failed)?;
    let shared = Map::open(&format!("{name}-numbers")).map_err(failed)?;
    let numbers = shared.view(0, 0, Access::ReadWrite).map_err(failed)?;
    let path = shared_file(&format!("{name}-flock"));
    let file = File::options().read(true).write(true).open(path).map_err(|it| it.to_string())?;
    let me = u64::from(std::process::id());

    let kept = (activity == Activity::Keep).then(|| map.lock_exclusive(LONG).expect("the lock"));
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
        match activity {
            Activity::Keep => {
                std::thread::sleep(HOLD);
                continue;
            }
            Activity::Wait => {
                // It never gets the lock.
                drop(map.lock_exclusive(time));
                continue;
            }
            Activity::Sleep => std::thread::sleep(2 * HOLD),
            Activity::Hold | Activity::Read | Activity::FlockHold => {
                let held = match activity {
                    Activity::Hold => Held::Ours(map.lock_exclusive(LONG).expect("the lock")),
                    Activity::Read => Held::Ours(map.lock_shared(LONG).expect("the lock")),
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
            Activity::Append => {
                match map.append_text_with(&text, &options) {
                    Err(error) if error.kind() == ErrorKind::TooLong => {
                        map.replace_text("").map_err(failed)?;
                        continue;
                    }
                    other => other.map_err(failed)?,
                }
                longest = longest.max(asked.elapsed().as_nanos() as u64);
            }
            Activity::FlockAppend => {
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
    if activity == Activity::Wait {
        longest = began.elapsed().as_nanos() as u64;
    }
    print!("{turns} {longest} {}", processor_time(std::process::id())? - used);
    for it in hand_overs {
        print!(" {it}");
    }
    println!();
    Ok(())
}
