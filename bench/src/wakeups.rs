//! The time from a write in one process to the return of a wait in other processes, compared with a blocking read of
//! inotify that a plain `pwrite` wakes. The two take turns, so that load on the machine affects both.

use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use mmf::{Access, Map, View};
use rustix::fs::inotify;

use crate::Result;
use crate::machine::{now, processor_time, shared_file};
use crate::measure::quantile;
use crate::table::{Score, digits, goal, time};

const WATCHERS: [usize; 3] = [1, 8, 64];
/// How many turns each has for each number of watchers, and the writes per turn.
const TURNS: usize = 5;
const WRITES: usize = 60;
/// The goal: a wake-up may take this many times as long as the floor.
const AT_MOST: f64 = 2.0;
/// Offsets in the control map: the time of the write, the number of ready and of woken watchers, and the time of each.
const WRITTEN: u64 = 0;
const READY: u64 = 8;
const DONE: u64 = 16;
const TIMES: u64 = 64;

pub(crate) struct WakeUps {
    /// The number of watchers, with all times of mmf and of the floor.
    latencies: Vec<(usize, [Vec<f64>; 2])>,
    /// The share of a processor that a waiting process uses.
    idle: f64,
}

pub(crate) fn measure(quick: bool) -> Result<WakeUps> {
    let mut latencies = Vec::new();
    for watchers in WATCHERS {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..if quick { 1 } else { TURNS } {
            // One after the other, because a user can have only 128 inotify instances.
            for (role, times) in ["mmf", "floor"].into_iter().zip(&mut times) {
                let side = Side::start(role, watchers)?;
                for round in 0..WRITES {
                    let woken = side.write()?;
                    // The first writes run with cold caches.
                    if round >= WRITES / 10 {
                        times.extend(woken);
                    }
                }
            }
        }
        eprintln!("{watchers} watchers: {}", time(quantile(&times[0], 0.5)));
        latencies.push((watchers, times));
    }
    Ok(WakeUps { latencies, idle: idle(Duration::from_secs(if quick { 1 } else { 5 }))? })
}

impl WakeUps {
    pub(crate) fn table(&self, score: &mut Score) -> String {
        let mut text = "| watchers | mmf | 99 of 100 | floor | 99 of 100 | goals |\n\
                        | ---: | ---: | ---: | ---: | ---: | --- |\n"
            .to_owned();
        for (watchers, [ours, floor]) in &self.latencies {
            let ratio = |share| quantile(ours, share) / quantile(floor, share);
            let _ = writeln!(
                text,
                "| {watchers} | {} | {} | {} ({}x) | {} ({}x) | {} |",
                time(quantile(ours, 0.5)),
                time(quantile(ours, 0.99)),
                time(quantile(floor, 0.5)),
                digits(ratio(0.5)),
                time(quantile(floor, 0.99)),
                digits(ratio(0.99)),
                goal(&format!("at most {AT_MOST}x"), Some(ratio(0.5) <= AT_MOST), score)
            );
        }
        let _ = writeln!(
            text,
            "\nA waiting process uses {} % of a processor.",
            digits(self.idle * 100.0)
        );
        text
    }
}

/// One side of the comparison: its processes and its control map.
struct Side {
    control: View,
    target: Map,
    file: Option<File>,
    children: Vec<Child>,
}

impl Side {
    fn start(role: &str, watchers: usize) -> Result<Side> {
        let failed = |error: mmf::Error| error.to_string();
        let io = |error: std::io::Error| error.to_string();
        let name = format!("mmf-bench-{role}-{}", std::process::id());
        let target = Map::create_new(&name, 4096).map_err(failed)?;
        let control = Map::create_new(&format!("{name}-control"), 8192).map_err(failed)?;
        let control = control.view(0, 0, Access::ReadWrite).map_err(failed)?;
        let file = match role {
            "floor" => Some(File::options().write(true).open(shared_file(&name)).map_err(io)?),
            _ => None,
        };
        let own = std::env::current_exe().map_err(io)?;
        let mut side = Side { control, target, file, children: Vec::new() };
        for slot in 0..watchers {
            let mut command = Command::new(&own);
            command.args(["--watch", role, &name, &slot.to_string()]).stdin(Stdio::null());
            side.children.push(command.spawn().map_err(io)?);
        }
        side.wait_for_count(READY, watchers as u64)?;
        Ok(side)
    }

    fn wait_for_count(&self, place: u64, count: u64) -> Result<()> {
        // Twenty seconds: longer than a scheduler keeps a process from running.
        for _ in 0..100_000 {
            if number(&self.control, place).load(SeqCst) >= count {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Err("the watching processes do not answer".to_owned())
    }

    /// Writes once; gives the time that each watcher took to wake up.
    fn write(&self) -> Result<Vec<f64>> {
        number(&self.control, DONE).store(0, SeqCst);
        // All watchers sleep again after this.
        std::thread::sleep(Duration::from_millis(2));
        number(&self.control, WRITTEN).store(now(), SeqCst);
        match &self.file {
            None => self.target.write_at(&[1; 64], 0).map_err(|error| error.to_string())?,
            Some(file) => file.write_all_at(&[1; 64], 0).map_err(|error| error.to_string())?,
        }
        self.wait_for_count(DONE, self.children.len() as u64)?;
        let slots = 0..self.children.len() as u64;
        Ok(slots.map(|slot| number(&self.control, TIMES + slot * 8).load(SeqCst) as f64).collect())
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn number(numbers: &View, at: u64) -> &std::sync::atomic::AtomicU64 {
    numbers.atomic_u64(at).expect("aligned")
}

/// Runs one of the watching processes.
pub(crate) fn watch(role: &str, name: &str, slot: &str) -> Result<()> {
    let failed = |error: mmf::Error| error.to_string();
    let slot: u64 = slot.parse().map_err(|_| "not a number")?;
    let control = Map::open(&format!("{name}-control")).map_err(failed)?;
    let control = control.view(0, 0, Access::ReadWrite).map_err(failed)?;
    let woken = || {
        let time = now() - number(&control, WRITTEN).load(SeqCst);
        number(&control, TIMES + slot * 8).store(time, SeqCst);
        number(&control, DONE).fetch_add(1, SeqCst);
    };
    let target = Map::open(name).map_err(failed)?;
    if role == "mmf" {
        let watch = target.watch().map_err(failed)?;
        number(&control, READY).fetch_add(1, SeqCst);
        loop {
            // Other processes of the benchmark also open and close the map, which causes other events.
            if watch.wait(None).map_err(failed)? == mmf::Event::Changed {
                woken();
            }
        }
    }
    let floor = |error: rustix::io::Errno| error.to_string();
    let events = inotify::init(inotify::CreateFlags::empty()).map_err(floor)?;
    inotify::add_watch(&events, shared_file(name), inotify::WatchFlags::MODIFY).map_err(floor)?;
    number(&control, READY).fetch_add(1, SeqCst);
    let mut buffer = [0_u8; 4096];
    loop {
        rustix::io::read(&events, &mut buffer).map_err(floor)?;
        woken();
    }
}

/// The share of a processor that one waiting process uses.
fn idle(time: Duration) -> Result<f64> {
    let side = Side::start("mmf", 1)?;
    let process = side.children.first().ok_or("no process")?.id();
    // The process sleeps after this.
    std::thread::sleep(Duration::from_millis(500));
    let before = processor_time(process)?;
    std::thread::sleep(time);
    Ok((processor_time(process)? - before) as f64 / time.as_nanos() as f64)
}
