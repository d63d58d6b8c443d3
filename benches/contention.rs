//! `cargo bench --bench contention`: the content lock when several processes want it, beside a blocking lock
//! of the system on a file.
//!
//! ```text
//! cargo bench --bench contention -- [SECONDS] [WORD OF A ROW]
//! ```
//!
//! On Linux `chrt -r 1` in front of it takes most of the noise of a busy machine away.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mmf::{Access, ContentLock, ErrorKind, Map, MapOptions, TextOptions, View};

const WORKER: &str = "MMF_CONTENTION_WORKER";
const LONG: Duration = Duration::from_secs(600);
const CAPACITY: u64 = 32 << 20;
/// Where in the shared numbers something stands.
const READY: u64 = 0;
const GO: u64 = 8;
const STOP: u64 = 16;
/// When the lock was released last, in nanoseconds since the clock began, and by whom.
const RELEASED: u64 = 24;
const RELEASED_BY: u64 = 32;
/// How far appends with the peer's lock are.
const END: u64 = 40;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// Holds the lock for a millisecond, again and again.
    Hold,
    /// The same for reading.
    Read,
    /// Has the lock all the time.
    Keep,
    /// Waits for it all the time.
    Wait,
    /// Appends 50 bytes, again and again.
    Append,
    /// Takes and releases.
    Bare,
    /// Only sleeps: what looking every two milliseconds costs at least.
    Sleep,
    /// As `Hold`, `Append` and `Bare`, with the system's own lock.
    PeerHold,
    PeerAppend,
    PeerBare,
}

const ALL: [(&str, What); 10] = [
    ("hold", What::Hold),
    ("read", What::Read),
    ("keep", What::Keep),
    ("wait", What::Wait),
    ("append", What::Append),
    ("bare", What::Bare),
    ("sleep", What::Sleep),
    ("peer-hold", What::PeerHold),
    ("peer-append", What::PeerAppend),
    ("peer-bare", What::PeerBare),
];

fn main() {
    if let Ok(order) = std::env::var(WORKER) {
        return work(&order);
    }
    // Cargo runs tests with `--test` and benchmarks with `--bench`: only the latter measures.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(4);
    let time = Duration::from_secs(seconds);
    println!(
        "{:<44} {:>9} {:>8} {:>12} {:>13} {:>15}",
        "", "a second", "fairness", "longest wait", "hand-over p50", "each, processor"
    );
    use What::*;
    let word = arguments.iter().find(|it| !it.starts_with('-') && it.parse::<u64>().is_err());
    let row = |title: &str, workers: &[What]| {
        // Windows locks bytes of files against those who write them, too.
        if cfg!(windows) && matches!(workers, [PeerHold | PeerAppend | PeerBare, ..]) {
            return;
        }
        if word.is_none_or(|word| title.contains(word.as_str())) {
            measure(title, time, workers);
        }
    };
    row("8 processes hold it for 1 ms", &[Hold; 8]);
    row("8 processes, the system's lock, 1 ms", &[PeerHold; 8]);
    row("32 processes hold it for 1 ms", &[Hold; 32]);
    row("32 processes, the system's lock, 1 ms", &[PeerHold; 32]);
    row("2 processes hold it for 1 ms", &[Hold; 2]);
    row("2 processes, the system's lock, 1 ms", &[PeerHold; 2]);
    row("4 write and 4 read for 1 ms", &[Hold, Hold, Hold, Hold, Read, Read, Read, Read]);
    row("one waits all the time (processor: its)", &[Wait, Keep]);
    row("1 process appends 50 bytes", &[Append]);
    row("8 processes append 50 bytes", &[Append; 8]);
    row("1 process appends, the system's lock", &[PeerAppend]);
    row("8 processes append, the system's lock", &[PeerAppend; 8]);
    row("1 process takes and releases it", &[Bare]);
    row("the same with the system's lock", &[PeerBare]);
    row("1 process sleeps 2 ms again and again", &[Sleep]);
}

/// What one process did.
struct Result {
    count: u64,
    longest: f64,
    processor: Option<f64>,
    hand_overs: Vec<f64>,
}

fn measure(title: &str, time: Duration, workers: &[What]) {
    let name = format!("mmf-contention-{}", std::process::id());
    let map = MapOptions::new().create_new(&name, CAPACITY).expect("a map");
    let numbers = Map::create_new(&format!("{name}-numbers"), 4096).expect("a map");
    let numbers = numbers.view(0, 0, Access::ReadWrite).expect("a view");
    let peer =
        tempfile::NamedTempFile::new_in(mmf::backend::FOLDER.unwrap_or(".")).expect("a file");
    let children: Vec<Child> = workers
        .iter()
        .map(|what| {
            let (order, _) = ALL.iter().find(|(_, it)| it == what).expect("all have a name");
            Command::new(std::env::current_exe().expect("this program's path"))
                .env(
                    WORKER,
                    format!("{order}\t{name}\t{}\t{}", time.as_millis(), peer.path().display()),
                )
                .stdout(Stdio::piped())
                .spawn()
                .expect("start a process")
        })
        .collect();
    while number(&numbers, READY) < workers.len() as u64 {
        std::thread::sleep(Duration::from_millis(1));
    }
    set(&numbers, GO, 1);
    std::thread::sleep(time);
    set(&numbers, STOP, 1);
    let results: Vec<Result> = children.into_iter().map(result).collect();
    drop(map);

    // Whoever only keeps the lock is no part of what is measured.
    let counted = workers.iter().filter(|what| !matches!(what, What::Keep)).count();
    let results = &results[..counted];
    let all: u64 = results.iter().map(|it| it.count).sum();
    let most = results.iter().map(|it| it.count).max().unwrap_or(0);
    let least = results.iter().map(|it| it.count).min().unwrap_or(0);
    let longest = results.iter().map(|it| it.longest).fold(0.0, f64::max);
    let mut hand_overs: Vec<f64> = results.iter().flat_map(|it| it.hand_overs.clone()).collect();
    hand_overs.sort_by(f64::total_cmp);
    let processor = results.iter().map(|it| it.processor).collect::<Option<Vec<f64>>>();
    let processor = processor.map_or("?".to_owned(), |it| {
        format!("{:.2} %", it.iter().copied().fold(0.0, f64::max) / time.as_secs_f64() * 100.0)
    });
    println!(
        "{title:<44} {:>9.0} {:>8} {:>9.1} ms {:>10} µs {processor:>15}",
        all as f64 / time.as_secs_f64(),
        if counted > 1 { format!("{:.2}", least as f64 / most as f64) } else { "-".to_owned() },
        longest / 1e6,
        hand_overs
            .get(hand_overs.len() / 2)
            .map_or("-".to_owned(), |it| format!("{:.0}", it / 1e3)),
    );
}

fn result(child: Child) -> Result {
    let output = child.wait_with_output().expect("wait for a process");
    let text = String::from_utf8(output.stdout).expect("text");
    let words: Vec<f64> = text.split_whitespace().map(|it| it.parse().expect("a number")).collect();
    assert!(output.status.success() && words.len() >= 3, "a process failed: {text}");
    Result {
        count: words[0] as u64,
        longest: words[1],
        processor: (words[2] >= 0.0).then_some(words[2]),
        hand_overs: words[3..].to_vec(),
    }
}

fn number(numbers: &View, at: u64) -> u64 {
    numbers.atomic_u64(at).expect("aligned").load(Ordering::SeqCst)
}

fn set(numbers: &View, at: u64, value: u64) {
    numbers.atomic_u64(at).expect("aligned").store(value, Ordering::SeqCst);
}

/// A lock that is held.
enum Held<'a> {
    Ours(#[expect(dead_code, reason = "held, and never looked at")] ContentLock),
    Peers(&'a File),
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Held::Peers(file) = self {
            file.unlock().expect("unlock");
        }
    }
}

fn work(order: &str) {
    let mut order = order.split('\t');
    let what = order.next().and_then(|name| ALL.iter().find(|(it, _)| *it == name));
    let what = what.expect("an order").1;
    let name = order.next().expect("a name");
    let time = order.next().and_then(|time| time.parse().ok()).map(Duration::from_millis);
    let time = time.expect("a time");
    let peer = File::options().read(true).write(true).open(order.next().expect("a path"));
    let peer = peer.expect("the file");
    let map = Map::open(name).expect("the map");
    let numbers = Map::open(&format!("{name}-numbers")).expect("the map");
    let numbers = numbers.view(0, 0, Access::ReadWrite).expect("a view");
    let me = u64::from(std::process::id());

    let kept = (what == What::Keep).then(|| map.lock_exclusive(LONG).expect("the lock"));
    numbers.atomic_u64(READY).expect("aligned").fetch_add(1, Ordering::SeqCst);
    while number(&numbers, GO) == 0 {
        std::thread::sleep(Duration::from_micros(200));
    }
    let began = Instant::now();
    let before = processor();
    let mut count = 0_u64;
    let mut longest = 0_u64;
    let mut hand_overs = Vec::new();
    let text = "x".repeat(50);
    let ours = |exclusive| match exclusive {
        true => Held::Ours(map.lock_exclusive(LONG).expect("the lock")),
        false => Held::Ours(map.lock_shared(LONG).expect("the lock")),
    };
    let peers = || {
        peer.lock().expect("the lock");
        Held::Peers(&peer)
    };
    while number(&numbers, STOP) == 0 {
        let asked = Instant::now();
        match what {
            What::Keep => {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            What::Wait => {
                // It never gets it.
                drop(map.lock_exclusive(time));
                continue;
            }
            What::Hold | What::Read | What::PeerHold => {
                let held = if what == What::PeerHold { peers() } else { ours(what == What::Hold) };
                let now = clock();
                let by = number(&numbers, RELEASED_BY);
                if by != 0 && by != me {
                    hand_overs.push(now.saturating_sub(number(&numbers, RELEASED)));
                }
                longest = longest.max(asked.elapsed().as_nanos() as u64);
                std::thread::sleep(Duration::from_millis(1));
                set(&numbers, RELEASED_BY, me);
                set(&numbers, RELEASED, clock());
                drop(held);
            }
            What::Append => {
                match map.append_text_with(&text, &TextOptions::new().timeout(LONG)) {
                    Err(error) if error.kind() == ErrorKind::TooLong => {
                        map.replace_text("").expect("empty it");
                        continue;
                    }
                    other => other.expect("append"),
                }
                longest = longest.max(asked.elapsed().as_nanos() as u64);
            }
            What::PeerAppend => {
                let held = peers();
                let end = number(&numbers, END) % CAPACITY;
                write_at(&peer, text.as_bytes(), end);
                set(&numbers, END, end + 52);
                drop(held);
                longest = longest.max(asked.elapsed().as_nanos() as u64);
            }
            What::Sleep => std::thread::sleep(Duration::from_millis(2)),
            What::Bare => drop(ours(true)),
            What::PeerBare => drop(peers()),
        }
        count += 1;
    }
    drop(kept);
    if what == What::Wait {
        longest = began.elapsed().as_nanos() as u64;
    }
    let used = match (before, processor()) {
        (Some(before), Some(after)) => (after - before).as_secs_f64(),
        _ => -1.0,
    };
    print!("{count} {longest} {used}");
    for it in hand_overs {
        print!(" {it}");
    }
    println!();
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset).expect("write");
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], offset: u64) {
    let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset);
    assert_eq!(written.expect("write"), bytes.len());
}

/// A clock that all processes share, in nanoseconds.
fn clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_nanos() as u64
}

/// The time on a processor that this process had.
#[cfg(target_os = "linux")]
fn processor() -> Option<Duration> {
    let time = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    time.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(not(target_os = "linux"))]
fn processor() -> Option<Duration> {
    None
}
