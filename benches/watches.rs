//! `cargo bench --bench watches`: from a write in one process to the return of a wait in others, beside the floor,
//! a blocking read of inotify that a bare `pwrite` wakes. Watchers and floor take turns in one run, so that
//! the machine's load meets both. Then what a process that waits costs.
#![allow(unsafe_code, reason = "the floor is made of system calls")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("NOT RUN: benchmark of watches: its floor makes Linux system calls");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    use std::process::{Child, Command, Stdio};
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    use mmf::{Access, Map, View};

    /// How often watchers and floor take turns, for each number of watchers.
    const BLOCKS: usize = 5;
    /// Writes in one of these turns.
    const ROUNDS: usize = 60;
    /// Places in the map that coordinates: when it was written, who is ready, who is done, then the times of each.
    const WRITTEN: u64 = 0;
    const READY: u64 = 8;
    const DONE: u64 = 16;
    const TIMES: u64 = 64;

    pub(crate) fn main() {
        let arguments: Vec<String> = std::env::args().collect();
        if let [_, role, control, target, slot] = arguments.as_slice() {
            return watcher(role, control, target, slot.parse().unwrap());
        }
        // Cargo runs tests with `--test` and benchmarks with `--bench`: only the latter measures.
        if !arguments.iter().any(|argument| argument == "--bench") {
            return;
        }
        println!(
            "wake-up            median     p99  (µs)   floor median     p99  (µs)   ratio of medians, p99"
        );
        for watchers in [1, 8, 64] {
            let [ours, floor] = latencies(watchers);
            println!(
                "{watchers:3} watchers    {:10.1} {:7.1}          {:10.1} {:7.1}           {:.2}, {:.2}",
                ours.0,
                ours.1,
                floor.0,
                floor.1,
                ours.0 / floor.0,
                ours.1 / floor.1
            );
        }
        writes();
        idle();
    }

    /// Nanoseconds of a clock that all processes share.
    fn now() -> u64 {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the structure is written during the call.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }

    fn unique(what: &str) -> String {
        format!("mmf-bench-{what}-{}", std::process::id())
    }

    /// One side of the comparison: its processes and what coordinates them.
    struct Side {
        control: View,
        target: Map,
        file: std::fs::File,
        children: Vec<Child>,
        ours: bool,
        _map: Map,
    }

    impl Side {
        fn start(ours: bool, watchers: usize) -> Side {
            let (name, role) =
                if ours { (unique("ours"), "ours") } else { (unique("floor"), "floor") };
            let control = format!("{name}-control");
            let map = Map::create_new(&control, 8_192).unwrap();
            let target = Map::create_new(&name, 4_096).unwrap();
            let file =
                std::fs::OpenOptions::new().write(true).open(format!("/dev/shm/{name}")).unwrap();
            let own = std::env::current_exe().unwrap();
            let children = (0..watchers)
                .map(|slot| {
                    Command::new(&own)
                        .args([role, &control, &name, &slot.to_string()])
                        .stdin(Stdio::null())
                        .spawn()
                        .unwrap()
                })
                .collect();
            let side = Side {
                control: map.view(0, 0, Access::ReadWrite).unwrap(),
                target,
                file,
                children,
                ours,
                _map: map,
            };
            side.until(READY, watchers as u64);
            side
        }

        fn until(&self, place: u64, count: u64) {
            while self.control.atomic_u64(place).unwrap().load(SeqCst) < count {
                std::thread::sleep(Duration::from_micros(200));
            }
        }

        /// One write, and the times that it took to wake each.
        fn round(&self, times: &mut Vec<u64>) {
            self.control.atomic_u64(DONE).unwrap().store(0, SeqCst);
            // All are asleep again by then.
            std::thread::sleep(Duration::from_millis(2));
            self.control.atomic_u64(WRITTEN).unwrap().store(now(), SeqCst);
            if self.ours {
                self.target.write_at(&[1; 64], 0).unwrap();
            } else {
                self.file.write_all_at(&[1; 64], 0).unwrap();
            }
            self.until(DONE, self.children.len() as u64);
            for slot in 0..self.children.len() {
                times.push(self.control.atomic_u64(TIMES + slot as u64 * 8).unwrap().load(SeqCst));
            }
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

    /// Median and 99th percentile in microseconds: of this library, and of the floor.
    fn latencies(watchers: usize) -> [(f64, f64); 2] {
        let mut times = [Vec::new(), Vec::new()];
        // Not all at once: a user has 128 inotify instances.
        for _ in 0..BLOCKS {
            for (ours, times) in [true, false].into_iter().zip(&mut times) {
                let side = Side::start(ours, watchers);
                for round in 0..ROUNDS {
                    let mut new = Vec::new();
                    side.round(&mut new);
                    if round >= ROUNDS / 10 {
                        times.extend(new);
                    }
                }
            }
        }
        times.map(|mut times| {
            times.sort_unstable();
            let at = |part: f64| times[(times.len() as f64 * part) as usize] as f64 / 1_000.0;
            (at(0.5), at(0.99))
        })
    }

    fn watcher(role: &str, control: &str, target: &str, slot: usize) {
        let map = Map::open(control).unwrap();
        let control = map.view(0, 0, Access::ReadWrite).unwrap();
        let woken = || {
            let time = now() - control.atomic_u64(WRITTEN).unwrap().load(SeqCst);
            control.atomic_u64(TIMES + slot as u64 * 8).unwrap().store(time, SeqCst);
            control.atomic_u64(DONE).unwrap().fetch_add(1, SeqCst);
        };
        let ready = || control.atomic_u64(READY).unwrap().fetch_add(1, SeqCst);
        if role == "ours" {
            let watch = Map::open(target).unwrap().watch().unwrap();
            ready();
            loop {
                // The others of the benchmark come and go.
                if watch.wait(None).unwrap() == mmf::Event::Changed {
                    woken();
                }
            }
        }
        // SAFETY: a plain number.
        let inotify = unsafe { libc::inotify_init1(0) };
        let path = std::ffi::CString::new(format!("/dev/shm/{target}")).unwrap();
        // SAFETY: a NUL-terminated path.
        assert!(unsafe { libc::inotify_add_watch(inotify, path.as_ptr(), libc::IN_MODIFY) } > 0);
        ready();
        let mut events = [0_u8; 4096];
        loop {
            // SAFETY: the array is as long as the call is told.
            assert!(unsafe { libc::read(inotify, events.as_mut_ptr().cast(), events.len()) } > 0);
            woken();
        }
    }

    /// What a write costs while nobody watches, and while watchers sleep.
    fn writes() {
        let name = unique("writes");
        let map = Map::create_new(&name, 4_096).unwrap();
        let file =
            std::fs::OpenOptions::new().write(true).open(format!("/dev/shm/{name}")).unwrap();
        let cost = |write: &dyn Fn()| {
            let mut best = f64::MAX;
            for _ in 0..50 {
                let begun = now();
                (0..2_000).for_each(|_| write());
                best = best.min((now() - begun) as f64 / 2_000_000.0);
            }
            best
        };
        let ours = || cost(&|| map.write_at(&[1; 64], 0).unwrap());
        let bare = || cost(&|| file.write_all_at(&[1; 64], 0).unwrap());
        let (unwatched, bare_unwatched) = (ours(), bare());
        let watches: Vec<_> = (0..8).map(|_| map.watch().unwrap()).collect();
        let (watched, bare_watched) = (ours(), bare());
        drop(watches);
        println!(
            "write of 64 bytes: {unwatched:.2} µs while nobody watches (pwrite {bare_unwatched:.2}), {watched:.2} with 8 watches of one process (pwrite {bare_watched:.2})"
        );
    }

    /// What a process that waits uses of the processor in ten seconds.
    fn idle() {
        let side = Side::start(true, 1);
        let used = || {
            let path = format!("/proc/{}/schedstat", side.children[0].id());
            let text = std::fs::read_to_string(path).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        };
        std::thread::sleep(Duration::from_millis(500));
        let before = used();
        std::thread::sleep(Duration::from_secs(10));
        println!(
            "a process that waits used {} ns of the processor in ten seconds",
            used() - before
        );
        let _ = side.file.as_raw_fd();
    }
}
