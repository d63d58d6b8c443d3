//! Forks, changes what the process is and may, and tells what it has.

#[cfg(target_os = "linux")]
use std::process::Command;

use mmf::{Access, Map};

use super::actor::obey as command;
use super::actor::{Maps, number};
#[cfg(target_os = "linux")]
use crate::common;

/// `None`: the command is about something else.
pub(super) fn obey(maps: &mut Maps, words: &[&str]) -> mmf::Result<Option<String>> {
    match words {
        #[cfg(target_os = "linux")]
        ["descriptors"] => {
            let open = std::fs::read_dir("/proc/self/fd").expect("there is a /proc");
            return Ok(Some(open.count().to_string()));
        }
        #[cfg(target_os = "linux")]
        ["thread"] => {
            // SAFETY: asks for a number.
            return Ok(Some(unsafe { libc::gettid() }.to_string()));
        }
        // What a program sees that this process starts.
        #[cfg(target_os = "linux")]
        ["inherited"] => {
            let script = "for fd in /proc/self/fd/*; do readlink $fd; done";
            let seen = Command::new("sh").args(["-c", script]).output().expect("start a shell");
            return Ok(Some(String::from_utf8_lossy(&seen.stdout).replace('\n', "|")));
        }
        // How many inodes the inotify instances of the process watch.
        #[cfg(target_os = "linux")]
        ["watched"] => {
            let all = std::fs::read_dir("/proc/self/fdinfo").expect("there is a /proc");
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
            // SAFETY: sets a number.
            unsafe { libc::umask(mode as libc::mode_t) };
        }
        ["fork", how @ ..] => return Ok(Some(fork(maps, how))),
        _ => return Ok(None),
    }
    Ok(Some(String::new()))
}

/// Forks. The child does what the words say and ends; the answer is its process id, or, if the
/// words do not begin with `later`, how it ended.
fn fork(maps: &mut Maps, how: &[&str]) -> String {
    let later = how.first() == Some(&"later");
    let how = if later { &how[1..] } else { how };
    // SAFETY: the child only uses what the calling thread owns, and ends without unwinding.
    match unsafe { libc::fork() } {
        0 => {
            let failed = match how {
                ["exit"] => false,
                ["close", key] => {
                    drop(maps.remove(*key));
                    false
                }
                // Outlives its parent, and ends by itself if nobody ends it.
                ["stay"] => loop {
                    // SAFETY: asks for a signal in some minutes, long after any test.
                    unsafe { libc::alarm(300) };
                    // SAFETY: waits for a signal, and nothing else.
                    unsafe { libc::pause() };
                },
                // One command behind the other.
                all => all.split(|word| *word == ";").any(|words| command(maps, words).is_err()),
            };
            // SAFETY: the exit handlers run, as in any program that ends in the ordinary way.
            unsafe { libc::exit(i32::from(failed)) }
        }
        child => {
            assert!(child > 0, "fork");
            if later {
                return child.to_string();
            }
            let mut status = 0;
            // SAFETY: waits for our own child, and writes its status into the variable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            status.to_string()
        }
    }
}

/// Opens as many descriptors as the process may have.
fn use_up_descriptors() {
    let limit = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: the structure is read during the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    while let Ok(file) = std::fs::File::open("/dev/null") {
        std::mem::forget(file);
    }
}

/// Gives away what a daemon gives away when it has opened what it needs.
fn become_user(uid: libc::uid_t) {
    // SAFETY: gives up all groups.
    assert_eq!(unsafe { libc::setgroups(0, std::ptr::null()) }, 0);
    // SAFETY: changes numbers of this process.
    assert_eq!(unsafe { libc::setgid(uid) }, 0);
    // SAFETY: changes numbers of this process.
    assert_eq!(unsafe { libc::setuid(uid) }, 0);
}

/// Has a file opened while the process ends, under the lowest number that is free then.
fn open_at_exit(path: &str) {
    static PATH: std::sync::OnceLock<std::ffi::CString> = std::sync::OnceLock::new();
    extern "C" fn open() {
        let path = PATH.get().expect("set before");
        for _ in 0..16 {
            // SAFETY: a NUL-terminated path and plain flags; the numbers stay open to the end.
            unsafe { libc::open(path.as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600) };
        }
    }
    PATH.set(std::ffi::CString::new(path).expect("a path")).expect("once");
    // SAFETY: a function with the right signature that lives as long as the program.
    unsafe { libc::atexit(open) };
}

/// Starts a thread that writes through the map, and one that writes through a view, until the
/// process is gone.
fn write_for_ever(maps: &Maps, key: &str) -> mmf::Result<()> {
    let map: &'static Map = Box::leak(Box::new(Map::open(maps[key].name().expect("named"))?));
    let view = map.view(0, 0, Access::ReadWrite)?;
    std::thread::spawn(move || {
        loop {
            // Errors are welcome once the process ends; crashes are not.
            let _ = map.write_at(b"through the descriptor", 0);
        }
    });
    std::thread::spawn(move || {
        loop {
            view.write_at(b"through the view", 100).expect("inside");
        }
    });
    Ok(())
}
