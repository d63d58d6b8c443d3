//! The suites that cargo runs: lints, and the tests of the library on each platform.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::cargo;
use crate::process;
use crate::report::Row;
use crate::workspace;

/// How many kills the stress test makes on platforms other than this machine's own.
const FEW_KILLS: &str = "300";

pub(super) fn format() -> Result<Vec<Row>> {
    let mut rows = step("format", cargo::command().args(["fmt", "--all", "--check"]))?;
    rows.push(line_ends());
    Ok(rows)
}

/// What .gitattributes asks for: LF at the end of each line, in Git and here.
fn line_ends() -> Row {
    const SUITE: &str = "format: line ends";
    let mut git = Command::new("git");
    git.current_dir(workspace::root()).args(["ls-files", "--eol"]);
    match process::run(&mut git) {
        Ok(list) => {
            let wrong: Vec<&str> = list.lines().filter(|line| !ends_in_lf(line)).collect();
            for line in &wrong {
                println!("not all lines of it end in LF: {line}");
            }
            Row::step(SUITE, wrong.is_empty() && !list.is_empty())
        }
        Err(_) => Row::not_run(SUITE, "this is no clone, or there is no git"),
    }
}

/// `i/lf w/lf attr/text=auto eol=lf README.md`, or a file without text in it.
fn ends_in_lf(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let mut is_lf = |place: &str| {
        let word = words.next().and_then(|word| word.strip_prefix(place));
        matches!(word, Some("/lf" | "/none" | "/-text"))
    };
    let attributes = line.contains("attr/text=auto eol=lf") || line.contains("attr/-text");
    is_lf("i") && is_lf("w") && attributes
}

/// As anybody builds it, and as those do who leave features out.
pub(super) fn lints() -> Result<Vec<Row>> {
    let sets: [(&str, &[&str]); 3] = [
        ("lints", &["--workspace"]),
        ("lints: without features", &["--package", "mmf", "--no-default-features"]),
        (
            "lints: the C ABI without its header",
            &["--package", "mmf", "--no-default-features", "--features", "capi"],
        ),
    ];
    let mut rows = Vec::new();
    for (name, features) in sets {
        let mut command = cargo::command();
        command.arg("clippy").args(features).args(["--all-targets", "--", "-D", "warnings"]);
        rows.extend(step(name, &mut command)?);
    }
    Ok(rows)
}

pub(super) fn docs() -> Result<Vec<Row>> {
    let mut command = cargo::command();
    command.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    step("docs", &mut command)
}

pub(super) fn semver() -> Result<Vec<Row>> {
    const SUITE: &str = "semver";
    if process::find("cargo-semver-checks").is_none() {
        let reason = "cargo-semver-checks is not installed (cargo install cargo-semver-checks)";
        return Ok(vec![Row::not_run(SUITE, reason)]);
    }
    let mut git = Command::new("git");
    git.current_dir(workspace::root()).args(["describe", "--tags", "--abbrev=0", "--match", "v*"]);
    // A release is compared with the one before it.
    let Ok(tag) = process::run(git.arg("HEAD^")) else {
        return Ok(vec![Row::not_run(SUITE, "no release stands before this version in Git")]);
    };
    let mut command = cargo::command();
    command.args(["semver-checks", "--package", "mmf", "--baseline-rev", tag.trim()]);
    step(SUITE, &mut command)
}

/// A command whose output is shown and that works or does not.
fn step(name: &str, command: &mut Command) -> Result<Vec<Row>> {
    println!("$ {}", process::shown(command));
    let status = process::each_line(command, |line| println!("{line}"))?;
    Ok(vec![Row::step(name, status.success())])
}

pub(super) fn native() -> Result<Vec<Row>> {
    let mut command = cargo::command();
    command.args([
        "test",
        "--workspace",
        "--exclude",
        "mirror",
        "--exclude",
        "torture",
        "--no-fail-fast",
        "--",
        "--show-output",
    ]);
    println!("$ {}", process::shown(&command));
    cargo::test("native", &mut command)
}

pub(super) fn portable() -> Result<Vec<Row>> {
    if !cfg!(target_os = "linux") {
        return Ok(vec![Row::not_run(
            "portable",
            "it is this system's own back end, or for Linux only",
        )]);
    }
    let mut command = cargo::command();
    command.env("RUSTFLAGS", "--cfg mmf_backend=\"portable\"");
    command.env("RUSTDOCFLAGS", "--cfg mmf_backend=\"portable\"");
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    library("portable", &mut command, None, &[])
}

pub(super) fn musl() -> Result<Vec<Row>> {
    const TRIPLE: &str = "x86_64-unknown-linux-musl";
    if let Some(rows) = lacks("musl", TRIPLE, &["musl-gcc"]) {
        return Ok(rows);
    }
    let mut command = cargo::command();
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc");
    library("musl", &mut command, Some(TRIPLE), &[])
}

pub(super) fn i686() -> Result<Vec<Row>> {
    const TRIPLE: &str = "i686-unknown-linux-gnu";
    if let Some(rows) = lacks("32-bit", TRIPLE, &["gcc"]) {
        return Ok(rows);
    }
    if !Path::new("/usr/include/i386-linux-gnu/gnu").exists()
        && process::run(Command::new("gcc").args(["-m32", "-print-file-name=crti.o"]))
            .is_ok_and(|answer| answer.trim() == "crti.o")
    {
        return Ok(vec![Row::not_run(
            "32-bit",
            "gcc cannot link 32-bit programs (Debian: gcc-multilib)",
        )]);
    }
    let mut command = cargo::command();
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    library("32-bit", &mut command, Some(TRIPLE), &[])
}

pub(super) fn arm64() -> Result<Vec<Row>> {
    const TRIPLE: &str = "aarch64-unknown-linux-gnu";
    const ROOT: &str = "/usr/aarch64-linux-gnu";
    if let Some(rows) = lacks("arm64", TRIPLE, &["cargo-zigbuild", "qemu-aarch64"]) {
        return Ok(rows);
    }
    if !Path::new(ROOT).exists() {
        return Ok(vec![Row::not_run("arm64", "no C library for it (Debian: libc6-arm64-cross)")]);
    }
    if !starts_arm_programs() {
        let reason = "the kernel does not start Arm programs (.ci/run --tools tells it of qemu)";
        return Ok(vec![Row::not_run("arm64", reason)]);
    }
    let mut command = Command::new("cargo-zigbuild");
    command.current_dir(workspace::root());
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    // For the programs that tests start, which the kernel hands to qemu.
    command.env("QEMU_LD_PREFIX", ROOT);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {ROOT}"));
    library("arm64", &mut command, Some(TRIPLE), QEMU_GETS_WRONG)
}

/// Tests that cannot pass in qemu's user emulation, each with the reason.
const QEMU_GETS_WRONG: &[(&str, &str)] = &[
    (
        "a_creator_whose_half_made_object_was_taken_starts_over",
        "qemu lets no program filter its system calls",
    ),
    (
        "without_nameless_objects_creating_is_as_safe",
        "qemu lets no program filter its system calls",
    ),
    (
        "a_creator_killed_under_any_umask_frees_its_name",
        "qemu lets no program filter its system calls",
    ),
    (
        "memory_reserved_by_a_creator_that_was_killed_is_given_back",
        "qemu lets no program filter its system calls",
    ),
    (
        "whatever_forbids_nameless_objects_names_are_still_made",
        "qemu lets no program filter its system calls",
    ),
    (
        "a_save_in_the_middle_is_not_taken_for_a_killed_one",
        "qemu lets no program filter its system calls",
    ),
    (
        "a_save_killed_at_any_step_leaves_one_of_the_two_files_and_in_the_end_nothing_else",
        "emulated programs cannot be stepped through",
    ),
    (
        "the_content_lock_is_free_while_the_disk_is_waited_for",
        "emulated programs cannot be stepped through",
    ),
    (
        "who_maps_a_file_anew_under_a_name_and_is_killed_at_any_step",
        "emulated programs cannot be stepped through",
    ),
    (
        "too_little_memory_is_an_error_in_both_flavours",
        "qemu does not heed a limit of the address space",
    ),
    ("a_process_short_of_memory_is_told_so", "qemu does not heed a limit of the address space"),
    (
        "a_record_that_may_not_be_written_is_an_error_and_no_signal",
        "qemu writes its own files under the limit",
    ),
    (
        "run_ends_with_the_exit_code_of_the_command",
        "qemu does not tell why a program could not be started",
    ),
    (
        "the_sweep_reaches_a_dead_map_behind_many_living_ones",
        "emulated code looks at few maps in a sweep's millisecond",
    ),
    (
        "the_next_process_that_creates_anything_gives_the_memory_of_killed_ones_back",
        "emulated code looks at few maps in a sweep's millisecond",
    ),
];

/// Whether the kernel knows what to start an Arm program with. Tests start themselves.
fn starts_arm_programs() -> bool {
    if cfg!(target_arch = "aarch64") {
        return true;
    }
    std::fs::read_dir("/proc/sys/fs/binfmt_misc").into_iter().flatten().flatten().any(|entry| {
        std::fs::read_to_string(entry.path())
            .is_ok_and(|text| text.starts_with("enabled") && text.contains("qemu-aarch64"))
    })
}

/// The tests of the library and of the command line, built into a folder of their own, so that changing
/// flags does not throw away what the other suites have built; but for those that an emulator gets wrong.
pub(super) fn library(
    suite: &str,
    command: &mut Command,
    triple: Option<&str>,
    left_out: &[(&str, &str)],
) -> Result<Vec<Row>> {
    command.args(["test", "--package", "mmf", "--package", "mmf-cli", "--no-fail-fast"]);
    command.arg("--target-dir").arg(workspace::target().join(suite));
    if let Some(triple) = triple {
        command.args(["--target", triple]);
    }
    command.args(["--", "--show-output"]);
    for (test, reason) in left_out {
        println!("left out: {test}: {reason}");
        command.args(["--skip", test]);
    }
    println!("$ {}", process::shown(command));
    let mut rows = cargo::test_elsewhere(suite, command)?;
    if let Some(first) = rows.first_mut() {
        first.skipped += left_out.len() as u64;
    }
    Ok(rows)
}

/// Platforms whose tests cannot run on any Debian machine: they compile.
pub(super) fn checks() -> Result<Vec<Row>> {
    let triples = [
        "x86_64-pc-windows-msvc",
        "i686-pc-windows-msvc",
        "aarch64-pc-windows-msvc",
        "i686-pc-windows-gnu",
        "aarch64-pc-windows-gnullvm",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-unknown-freebsd",
        "aarch64-unknown-linux-musl",
    ];
    let mut rows = oldest_rust()?;
    for triple in triples {
        let name = format!("checks: {triple}");
        if let Some(not_run) = lacks(&name, triple, &[]) {
            rows.extend(not_run);
            continue;
        }
        let mut command = cargo::command();
        command.args(["check", "--package", "mmf", "--all-targets", "--target", triple]);
        command.arg("--target-dir").arg(workspace::target().join("checks"));
        rows.extend(step(&name, &mut command)?);
    }
    Ok(rows)
}

/// The oldest Rust that Cargo.toml promises.
fn oldest_rust() -> Result<Vec<Row>> {
    let toolchain = format!("{}.0", env!("CARGO_PKG_RUST_VERSION"));
    let name = format!("checks: Rust {toolchain}");
    let rustup = || {
        let mut command = Command::new("rustup");
        command.current_dir(workspace::root()).args(["run", &toolchain]);
        command
    };
    if process::run(rustup().args(["cargo", "--version"])).is_err() {
        let reason = format!("it is not installed (rustup toolchain install {toolchain})");
        return Ok(vec![Row::not_run(name, reason)]);
    }
    let mut command = rustup();
    command.args(["cargo", "check", "--workspace", "--locked"]);
    command.arg("--target-dir").arg(workspace::target().join("oldest"));
    step(&name, &mut command)
}

/// Why a platform cannot be built or run here, if so.
pub(super) fn lacks(suite: &str, triple: &str, programs: &[&str]) -> Option<Vec<Row>> {
    if let Some(program) = programs.iter().find(|name| process::find(name).is_none()) {
        return Some(vec![Row::not_run(suite, format!("no {program} on PATH"))]);
    }
    cargo::lacks_target(triple).map(|reason| vec![Row::not_run(suite, reason)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_the_only_one() {
        assert!(ends_in_lf("i/lf    w/lf    attr/text=auto eol=lf \tREADME.md"));
        assert!(ends_in_lf("i/-text w/-text attr/text=auto eol=lf \tpicture.ico"));
        assert!(!ends_in_lf("i/lf    w/crlf  attr/text=auto eol=lf \tREADME.md"));
        assert!(!ends_in_lf("i/mixed w/lf    attr/text=auto eol=lf \tREADME.md"));
        assert!(!ends_in_lf("i/lf    w/lf    attr/                 \tREADME.md"));
    }
}
