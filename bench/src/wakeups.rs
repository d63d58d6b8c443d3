//! From a write in one process to the return of a wait in others, beside a blocking read of inotify that a bare
//! `pwrite` wakes. Both take turns, so that what disturbs the machine disturbs both.

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
/// How often both take turns, for each number of watchers, and the writes in one turn.
const TURNS: usize = 5;
const WRITES: usize = 60;
/// How much longer than the floor a wake-up may take.
const AT_MOST: f64 = 2.0;
/// Places in the map that coordinates: when it was written, who is ready, who is done, then the time of each.
const WRITTEN: u64 = 0;
const READY: u64 = 8;
const DONE: u64 = 16;
const TIMES: u64 = 64;

pub(crate) struct WakeUps {
    /// The number of watchers with all times of mmf and of the floor.
    latencies: Vec<(usize, [Vec<f64>; 2])>,
    /// The share of a processor that a waiting process uses.
    idle: f64,
}

pub(crate) fn measure(quick: bool) -> Result<WakeUps> {
    let mut latencies = Vec::new();
    for watchers in WATCHERS {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..if quick { 1 } else { TURNS } {
            // Not both at once: a user has 128 inotify instances.
            for (role, times) in ["mmf", "floor"].into_iter().zip(&mut times) {
                let side = Side::start(role, watchers)?;
                for round in 0..WRITES {
                    let woken = side.write()?;
                    // The first ones find cold caches.
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
            "\nA process that waits uses {} % of a processor.",
            digits(self.idle * 100.0)
        );
        text
    }
}

/// One side of the comparison: its processes and what coordinates them.
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
        side.until(READY, watchers as u64)?;
        Ok(side)
    }

    fn until(&self, place: u64, count: u64) -> Result<()> {
        // Longer than any scheduler keeps a process from running.
        for _ in 0..100_000 {
            if number(&self.control, place).load(SeqCst) >= count {
                return Ok(());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Err("the processes that watch do not answer".to_owned())
    }

    /// One write, and how long each took to wake up.
    fn write(&self) -> Result<Vec<f64>> {
        number(&self.control, DONE).store(0, SeqCst);
        // All are asleep again by then.
        std::thread::sleep(Duration::from_millis(2));
        number(&self.control, WRITTEN).store(now(), SeqCst);
        match &self.file {
            None => self.target.write_at(&[1; 64], 0).map_err(|error| error.to_string())?,
            Some(file) => file.write_all_at(&[1; 64], 0).map_err(|error| error.to_string())?,
        }
        self.until(DONE, self.children.len() as u64)?;
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

/// One of the processes that are woken.
pub(crate) fn watch(role: &str, name: &str, slot: &str) -> Result<()> {
    let failed = |error: mmf::Error| error.to_string();
    let slot: u64 = slot.parse().map_err(|_| "no number")?;
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
            // Other processes of the benchmark come and go.
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

/// The share of a processor that a process uses that waits for a change.
fn idle(time: Duration) -> Result<f64> {
    let side = Side::start("mmf", 1)?;
    let process = side.children.first().ok_or("no process")?.id();
    // It sleeps by then.
    std::thread::sleep(Duration::from_millis(500));
    let before = processor_time(process)?;
    std::thread::sleep(time);
    Ok((processor_time(process)? - before) as f64 / time.as_nanos() as f64)
}
