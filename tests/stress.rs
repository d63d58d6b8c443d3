//! Eight processes create, open, append, fork, save, sweep and close one name at random, and are
//! killed and stopped at random. Two maps must never live under the name, no append that returned
//! may be lost, and nothing may be left but what the design allows.
//!
//! `MMF_STRESS_KILLS` sets the number of kills (20,000 for a long run), `MMF_STRESS_SEED` the seed.
#![allow(unsafe_code, reason = "processes are stopped and forked")]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use common::unique;
use mmf::backend::{FOLDER, LEFTOVER_AFTER_KILL, TELLS_FOREIGN};
use mmf::{Access, Map, SaveOptions, Status, TextOptions};

const WORKERS: usize = 8;
const KILLS: u64 = 1_500;
const ROLE: &str = "MMF_STRESS_WORKER";
const STRANGERS: &str = "MMF_STRESS_STRANGERS";
const VIOLATION: &str = "VIOLATION";

/// Small, seeded, and good enough to choose by.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % sides
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn one_name_under_random_kills() {
    storm(setting("MMF_STRESS_KILLS", KILLS), false);
}

/// The same, with others about who know nothing of each other: a program that makes objects of its
/// own under the name, and a cleaner of files.
#[test]
fn one_name_among_foreign_programs_and_cleaners() {
    if TELLS_FOREIGN && FOLDER.is_some() {
        storm(setting("MMF_STRESS_KILLS", KILLS) / 2, true);
    }
}

fn storm(kills: u64, strangers: bool) {
    let seed = setting("MMF_STRESS_SEED", u64::from(std::process::id()));
    let name = unique("stress");
    let folder = tempfile::tempdir().expect("a folder");
    println!("seed {seed}, {kills} kills");

    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let acquired = AtomicU64::new(0);
    let violations = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        if strangers {
            let (name, done, stop, violations) = (&name, &done, &stop, &violations);
            scope.spawn(move || {
                let mut dice = Dice(seed);
                let mut objects = 0_u64;
                while !stop.load(Ordering::Relaxed) && done.load(Ordering::Relaxed) < kills {
                    clean(name);
                    match make_foreign(name, &mut dice) {
                        Ok(made) => objects += u64::from(made),
                        Err(what) => {
                            stop.store(true, Ordering::Relaxed);
                            violations.lock().expect("no panic").push(what);
                        }
                    }
                    std::thread::sleep(Duration::from_micros(dice.roll(200)));
                }
                println!("{objects} foreign objects");
                assert!(objects > 0 || kills < 100, "the stranger never had a turn");
            });
        }
        // Few of us, so that the name is free now and then.
        for slot in 0..if strangers { WORKERS / 4 } else { WORKERS } {
            let (name, folder) = (&name, folder.path());
            let (done, stop, acquired, violations) = (&done, &stop, &acquired, &violations);
            scope.spawn(move || {
                let mut dice = Dice(seed ^ (slot as u64) << 40);
                let mut round = 0;
                while !stop.load(Ordering::Relaxed) && done.load(Ordering::Relaxed) < kills {
                    round += 1;
                    let worker_seed = seed ^ (slot as u64) << 32 ^ round;
                    let mut worker = start(name, folder, worker_seed, strangers);
                    let mut output = BufReader::new(worker.stdout.take().expect("piped"));
                    let mut line = String::new();
                    // It lives for so many acquisitions, and is killed in the middle of the next.
                    for _ in 0..dice.roll(12) {
                        line.clear();
                        if output.read_line(&mut line).unwrap_or(0) == 0 {
                            break;
                        }
                        acquired.fetch_add(1, Ordering::Relaxed);
                        if line.contains(VIOLATION) {
                            break;
                        }
                    }
                    disturb(&worker, &mut dice);
                    worker.kill().expect("kill a worker");
                    let mut rest = line;
                    // Forked children may still write; they end soon, and by themselves.
                    let _ = output.read_to_string(&mut rest);
                    worker.wait().expect("wait for a worker");
                    done.fetch_add(1, Ordering::Relaxed);
                    if let Some(at) = rest.find(VIOLATION) {
                        stop.store(true, Ordering::Relaxed);
                        violations.lock().expect("no panic").push(rest[at..].to_owned());
                    }
                }
            });
        }
    });
    let violations = violations.into_inner().expect("no panic");
    assert!(violations.is_empty(), "seed {seed}: {violations:?}");
    println!("{} kills, {} acquisitions, 0 violations", done.into_inner(), acquired.into_inner());

    // All are dead: the name is, too, and its memory comes back.
    match Map::open(&name) {
        Err(error) => assert_eq!(error.status(), Status::NotFound, "{error}"),
        Ok(map) => panic!("a dead map of {} bytes opened", map.capacity()),
    }
    mmf::list().expect("a full sweep");
    if LEFTOVER_AFTER_KILL {
        common::assert_nothing_left(&name);
    }
}

/// What a foreign program does: makes an object, uses it, and removes it. Nobody else may.
fn make_foreign(name: &str, dice: &mut Dice) -> Result<bool, String> {
    let path = common::seen(name).expect("there is a folder");
    let Ok(file) = std::fs::File::create_new(&path) else { return Ok(false) };
    std::thread::sleep(Duration::from_micros(dice.roll(50)));
    file.set_len(4096).map_err(|error| error.to_string())?;
    std::thread::sleep(Duration::from_micros(dice.roll(2_000)));
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
    let _ = std::fs::remove_file(common::presence(name).join("record"));
    #[cfg(not(mmf_backend = "portable"))]
    let _ = name;
}

fn start(name: &str, folder: &std::path::Path, seed: u64, strangers: bool) -> Child {
    Command::new(std::env::current_exe().expect("the test program's path"))
        .args(["worker", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, format!("{seed} {name}"))
        .env("MMF_STRESS_FOLDER", folder)
        .envs(strangers.then_some((STRANGERS, "1")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start a worker")
}

/// Stops a worker for a moment now and then, as a throttled container does.
#[cfg(unix)]
fn disturb(worker: &Child, dice: &mut Dice) {
    if dice.roll(8) == 0 {
        let process = worker.id() as i32;
        // SAFETY: signals a child that was not waited for yet, so the number is its own.
        unsafe { libc::kill(process, libc::SIGSTOP) };
        std::thread::sleep(Duration::from_micros(dice.roll(8_000)));
        // SAFETY: as above.
        unsafe { libc::kill(process, libc::SIGCONT) };
    }
    // Anywhere in the worker's next operation.
    std::thread::sleep(Duration::from_micros(dice.roll(300)));
}

#[cfg(not(unix))]
fn disturb(_: &Child, dice: &mut Dice) {
    std::thread::sleep(Duration::from_micros(dice.roll(300)));
}

#[test]
fn worker() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (seed, name) = role.split_once(' ').expect("seed and name");
    let mut dice = Dice(seed.parse().expect("a seed"));
    let mut round = 0_u32;
    loop {
        round += 1;
        let tag = format!("{}-{round}", std::process::id());
        if let Err(what) = work(name, &tag, &mut dice) {
            println!("{VIOLATION} {what}");
            return;
        }
    }
}

/// One acquisition, what is done while it lasts, and its end.
fn work(name: &str, tag: &str, dice: &mut Dice) -> Result<(), String> {
    let opened = match dice.roll(3) {
        0 => Map::create_new(name, 64 * 1024),
        1 => Map::create_or_open(name, 64 * 1024),
        _ => Map::open(name),
    };
    let map = match opened {
        Ok(map) => map,
        Err(error) => {
            return match error.status() {
                Status::AlreadyExists | Status::NotFound | Status::Busy => Ok(()),
                _ => Err(format!("opening: {error}")),
            };
        }
    };
    println!("acquired");
    if map.is_foreign() && std::env::var_os(STRANGERS).is_none() {
        return Err("a map of ours is taken for a foreign one".to_owned());
    }
    if !map.is_foreign() && map.capacity() != 64 * 1024 {
        return Err(format!("a map of {} bytes: half-made", map.capacity()));
    }
    let text = TextOptions::new();
    let mut mine: Vec<String> = Vec::new();
    for step in 0..dice.roll(6) {
        match dice.roll(8) {
            0..=3 => {
                let line = format!("{tag}-{step}");
                match map.append_text(&line, &text) {
                    Ok(()) => mine.push(line),
                    Err(error) if error.status() == Status::TooLong => {}
                    Err(error) => return Err(format!("appending: {error}")),
                }
            }
            4 => {
                let view = map.view(0, 0, Access::ReadWrite).map_err(|error| error.to_string())?;
                std::mem::forget(view);
            }
            5 => drop(mmf::list().map_err(|error| format!("listing: {error}"))?),
            6 => {
                let folder = std::env::var_os("MMF_STRESS_FOLDER").expect("a folder");
                let file = std::path::Path::new(&folder).join(std::process::id().to_string());
                match map.save(&file, &SaveOptions::new()) {
                    // The disk is not what is tested here.
                    Err(error) if error.status() != Status::NoSpace => {
                        return Err(format!("saving: {error}"));
                    }
                    _ => {}
                }
                let _ = std::fs::remove_file(file);
            }
            _ => fork(&map, dice),
        }
        check(&map, &mine)?;
    }
    match dice.roll(4) {
        0 => std::mem::forget(map),
        1 if dice.roll(4) == 0 => {
            std::mem::forget(map);
            std::process::exit(0);
        }
        _ => drop(map),
    }
    Ok(())
}

/// What must be true as long as a map is held: the name leads to it, and all that was appended
/// through this handle is there.
fn check(map: &Map, mine: &[String]) -> Result<(), String> {
    // Its program may remove a foreign object at any time.
    if !map.is_foreign() && map.is_orphaned().map_err(|error| format!("looking: {error}"))? {
        return Err("the name of a held map leads elsewhere".to_owned());
    }
    let text = map.read_text(&TextOptions::new()).map_err(|error| format!("reading: {error}"))?;
    let lines: std::collections::HashSet<&str> = text.split("\r\n").collect();
    match mine.iter().find(|line| !lines.contains(line.as_str())) {
        Some(lost) => Err(format!("the append of {lost} is lost")),
        None => Ok(()),
    }
}

/// A child that holds on for a moment, does something itself, and ends in one of three ways.
#[cfg(unix)]
fn fork(map: &Map, dice: &mut Dice) {
    let (how, wait) = (dice.roll(3), dice.roll(500));
    // SAFETY: this process has one thread that matters, and the child ends without unwinding.
    let child = unsafe { libc::fork() };
    if child == 0 {
        std::thread::sleep(Duration::from_micros(wait));
        let _ = map.append_text("child", &TextOptions::new());
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
    if dice.roll(2) == 0 && child > 0 {
        let mut status = 0;
        // SAFETY: waits for our own child.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
    }
}

#[cfg(not(unix))]
fn fork(_: &Map, _: &mut Dice) {}
