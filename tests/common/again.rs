//! Tests that need a process of their own. Such a test starts its test program again with only this test. An
//! environment variable tells the child which part to play.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PART: &str = "MMF_TEST_PART";

/// The part of the test that this process plays, if it is a child.
pub fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// A command that runs one test of this program in a child, which plays `part`.
pub fn again(test: &str, part: &str) -> Command {
    prepare(Command::new(own()), test, part)
}

/// Like [`again`], but another program, such as `setpriv` or `unshare`, starts the child.
pub fn again_by(program: &[&str], exe: &Path, test: &str, part: &str) -> Command {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(exe);
    prepare(command, test, part)
}

/// The path of this test program.
pub fn own() -> PathBuf {
    std::env::current_exe().expect("the test program's path")
}

/// The arguments with which a test program runs only this test and shows its output.
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

/// Runs the command, and asserts that the test in it passed.
#[track_caller]
pub fn succeeds(command: &mut Command) {
    assert_succeeded(&command.output().expect("start the test again"));
}

/// A copy of this test program that every user may start. Dropping the folder removes it.
#[cfg(unix)]
pub fn for_everybody() -> (tempfile::TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    // The folder in TMPDIR may be private.
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let copy = folder.path().join("program");
    std::fs::copy(own(), &copy).expect("copy the program");
    for path in [folder.path(), &copy] {
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, everybody).expect("make it accessible to everyone");
    }
    (folder, copy)
}

/// Runs the test again as the user nobody.
#[cfg(unix)]
#[track_caller]
pub fn succeeds_as_nobody(test: &str) {
    use std::os::unix::process::CommandExt;
    let (_folder, copy) = for_everybody();
    let mut command = again_by(&["env"], &copy, test, "nobody");
    succeeds(command.current_dir("/").uid(65_534).gid(65_534));
}

/// Asserts that the child ran its test, and that it passed.
#[track_caller]
pub fn assert_succeeded(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "the child ran no test:\n{out}\n{err}");
}

/// Lowers one of the limits `RLIMIT_…` of this process.
#[cfg(target_os = "linux")]
pub fn lower_limit(limit: i32, to: u64) {
    let mut values = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one structure. The type of the number depends on the C library.
    let known = unsafe { libc::getrlimit(limit as _, &raw mut values) };
    values.rlim_cur = to as libc::rlim_t;
    // SAFETY: the kernel reads one structure.
    let set = unsafe { libc::setrlimit(limit as _, &raw const values) };
    assert_eq!((known, set), (0, 0), "{}", std::io::Error::last_os_error());
}

/// Limits this process to `more` bytes of address space beyond what it uses now.
#[cfg(target_os = "linux")]
pub fn leave_memory(more: u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).expect("a size");
    let size: u64 = size.trim().trim_end_matches(" kB").parse().expect("a number");
    lower_limit(libc::RLIMIT_AS as i32, size * 1024 + more);
}
