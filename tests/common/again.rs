//! A test that needs a process of its own starts itself again: the same test program with the
//! same test, told by an environment variable that it is the child.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PART: &str = "MMF_TEST_PART";

/// The part that this process plays in the test, if it is a child.
pub fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// A command that runs one test of this test program as a child that plays `part`.
pub fn again(test: &str, part: &str) -> Command {
    prepare(Command::new(own()), test, part)
}

/// As [`again`], started by another program (`setpriv`, `unshare`) that takes a command line.
pub fn again_by(program: &[&str], exe: &Path, test: &str, part: &str) -> Command {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(exe);
    prepare(command, test, part)
}

/// This test program.
pub fn own() -> PathBuf {
    std::env::current_exe().expect("the test program's path")
}

/// The arguments by which a test program runs this test alone, and shows what it prints.
pub fn only(test: &str) -> [&str; 4] {
    [test, "--exact", "--nocapture", "--test-threads=1"]
}

fn prepare(mut command: Command, test: &str, part: &str) -> Command {
    command
        .args(only(test))
        .env(PART, part)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end, which must be a good one.
#[track_caller]
pub fn succeeds(command: &mut Command) {
    assert_succeeded(&command.output().expect("start the test again"));
}

/// A copy of this test program that every user may start, and its folder, which goes with it.
#[cfg(unix)]
pub fn for_everybody() -> (tempfile::TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    // Where TMPDIR leads may be private.
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let copy = folder.path().join("program");
    std::fs::copy(own(), &copy).expect("copy the program");
    for path in [folder.path(), &copy] {
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, everybody).expect("open it to everybody");
    }
    (folder, copy)
}

/// Runs it again as a user without rights.
#[cfg(unix)]
#[track_caller]
pub fn succeeds_as_nobody(test: &str) {
    use std::os::unix::process::CommandExt;
    let (_folder, copy) = for_everybody();
    let mut command = again_by(&["env"], &copy, test, "nobody");
    succeeds(command.current_dir("/").uid(65_534).gid(65_534));
}

/// Asserts that the child ran its part of the test and ended well.
#[track_caller]
pub fn assert_succeeded(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "the child ran no test:\n{out}\n{err}");
}

/// Lowers a limit of this process: one of `RLIMIT_`.
#[cfg(target_os = "linux")]
pub fn limit(what: i32, to: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one structure. (The C libraries differ in the number's type.)
    let known = unsafe { libc::getrlimit(what as _, &raw mut limit) };
    limit.rlim_cur = to as libc::rlim_t;
    // SAFETY: the kernel reads one structure.
    let set = unsafe { libc::setrlimit(what as _, &raw const limit) };
    assert_eq!((known, set), (0, 0), "{}", std::io::Error::last_os_error());
}

/// Lets this process have only so much more memory than it has.
#[cfg(target_os = "linux")]
pub fn leave_memory(more: u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
    let size: u64 = size.trim().trim_end_matches(" kB").parse().expect("a number");
    limit(libc::RLIMIT_AS as i32, size * 1024 + more);
}
