//! Commands that fork, and that change or describe the process.

#[cfg(target_os = "linux")]
use std::process::Command;

use mmf::{Access, Map};

use super::actor::obey as command;
use super::actor::{Maps, number};
#[cfg(target_os = "linux")]
use crate::common;

/// Executes a command. `None` if it belongs to another file.
pub(super) fn obey(maps: &mut Maps, words: &[&str]) -> mmf::Result<Option<String>> {
    match words {
        #[cfg(target_os = "linux")]
        ["descriptors"] => {
            let open = std::fs::read_dir("/proc/self/fd").expect("/proc");
            return Ok(Some(open.count().to_string()));
        }
        #[cfg(target_os = "linux")]
        ["thread"] => {
            // SAFETY: returns a number.
            return Ok(Some(unsafe { libc::gettid() }.to_string()));
        }
        // The descriptors that a child of this process inherits.
        #[cfg(target_os = "linux")]
        ["inherited"] => {
            let script = "for fd in /proc/self/fd/*; do readlink $fd; done";
            let seen = Command::new("sh").args(["-c", script]).output().expect("start a shell");
            return Ok(Some(String::from_utf8_lossy(&seen.stdout).replace('\n', "|")));
        }
        // The number of inodes that the inotify instances of this process watch.
        #[cfg(target_os = "linux")]
        ["watched"] => {
            let all = std::fs::read_dir("/proc/self/fdinfo").expect("/proc");
            let texts = all.flatten().flat_map(|it| std::fs::read_to_string(it.path()));
            let count = texts.map(|text| text.matches("inotify wd:").count()).sum::<usize>();
            return Ok(Some(count.to_string()));
        }
        ["use_up_descriptors"] => use_up_descriptors(),
        ["open_at_exit", path] => open_at_exit(path),
        ["write_for_ever", key] => write_for_ever(maps, key)?,
        #[cfg(target_os = "linux")]
        ["forbid_nameless_objects"] => common::step::forbid_nameless_objects(libc::EOPNOTSUPP),
        #[cfg(target_os = "linux")]
        ["forbid_nameless_objects", error] => {
            common::step::forbid_nameless_objects(error.parse().expect("a number"));
        }
        ["become", uid] => become_user(number(uid) as libc::uid_t),
        ["umask", mode] => {
            let mode = u32::from_str_radix(mode, 8).expect("an octal number");
            // SAFETY: takes a number.
            unsafe { libc::umask(mode as libc::mode_t) };
        }
        ["fork", how @ ..] => return Ok(Some(fork(maps, how))),
        _ => return Ok(None),
    }
    Ok(Some(String::new()))
}

/// Forks. The child executes the command in `how` and ends. Waits for the child and returns its status, unless the
/// first word is `later`: then returns its process id at once.
fn fork(maps: &mut Maps, how: &[&str]) -> String {
    let later = how.first() == Some(&"later");
    let how = if later { &how[1..] } else { how };
    // SAFETY: the child uses only what the calling thread owns, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            let failed = match how {
                ["exit"] => false,
                ["close", key] => {
                    drop(maps.remove(*key));
                    false
                }
                // Outlives its parent. An alarm ends it if nothing else does.
                ["stay"] => loop {
                    // SAFETY: takes a number.
                    unsafe { libc::alarm(300) };
                    // SAFETY: waits for a signal.
                    unsafe { libc::pause() };
                },
                // Several commands.
                all => all.split(|word| *word == ";").any(|words| command(maps, words).is_err()),
            };
            // SAFETY: ends the child and runs its exit handlers.
            unsafe { libc::exit(i32::from(failed)) }
        }
        child => {
            assert!(child > 0, "fork");
            if later {
                return child.to_string();
            }
            let mut status = 0;
            // SAFETY: waits for our child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            status.to_string()
        }
    }
}

/// Opens as many descriptors as the limit allows.
fn use_up_descriptors() {
    let limit = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: the structure is read during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    while let Ok(file) = std::fs::File::open("/dev/null") {
        std::mem::forget(file);
    }
}

/// Becomes another user, like a daemon that has opened everything it needs.
fn become_user(uid: libc::uid_t) {
    // SAFETY: gives up all groups.
    assert_eq!(unsafe { libc::setgroups(0, std::ptr::null()) }, 0);
    // SAFETY: takes a number.
    assert_eq!(unsafe { libc::setgid(uid) }, 0);
    // SAFETY: takes a number.
    assert_eq!(unsafe { libc::setuid(uid) }, 0);
}

/// Opens a file in an exit handler, under the lowest free descriptor numbers.
fn open_at_exit(path: &str) {
    static PATH: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
    extern "C" fn open() {
        let path = PATH.get().expect("a path");
        for _ in 0..16 {
            // SAFETY: the path ends with a NUL. The descriptors stay open until the process ends.
            unsafe { libc::open(path.as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600) };
        }
    }
    PATH.set(std::ffi::CString::new(path).expect("a path")).expect("once");
    // SAFETY: the function has the right signature, and lives as long as the program.
    unsafe { libc::atexit(open) };
}

/// Starts a thread that writes through the map, and a thread that writes through a view, until the process ends.
fn write_for_ever(maps: &Maps, key: &str) -> mmf::Result<()> {
    let map: &'static Map = Box::leak(Box::new(Map::open(maps[key].name().expect("named"))?));
    let view = map.view(0, 0, Access::ReadWrite)?;
    std::thread::spawn(move || {
        loop {
            // While the process ends, errors are allowed; crashes are not.
            let _ = map.write_at(b"through the descriptor", 0);
        }
    });
    std::thread::spawn(move || {
        loop {
            view.write_at(b"through the view", 100).expect("write inside the view");
        }
    });
    Ok(())
}
