//! The suites that cargo runs: lints, and the tests of the library on each platform.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::process;
use crate::report::{Outcome, Row};
use crate::rid;
use crate::test::{missing, needs, needs_target};
use crate::workspace;

/// How many kills the stress test makes on platforms other than this machine's own.
const FEW_KILLS: &str = "300";

/// Tests that are left out on a platform, by the reason.
pub(super) type LeftOut = [(&'static str, &'static [&'static str])];

/// A command of cargo that works or does not.
fn step(name: &str, words: &str) -> Row {
    Row::step(name, process::show(cargo::command().args(words.split(' '))))
}

pub(super) fn format() -> Outcome {
    Ok(vec![step("format", "fmt --all --check"), line_ends()])
}

/// LF at the end of each line, as .gitattributes asks for: a line with a CR is in no text.
fn line_ends() -> Row {
    const SUITE: &str = "format: line ends";
    let mut git = Command::new("git");
    git.current_dir(workspace::root()).args(["grep", "-I", "--files-with-matches", "\r"]);
    match git.output().map(|output| (output.status.code(), output.stdout)) {
        Ok((Some(1), _)) => Row::step(SUITE, Ok(())),
        Ok((Some(0), files)) => {
            let files = String::from_utf8_lossy(&files);
            Row::step(SUITE, Err(format!("not all lines end in LF in {}", files.trim_end())))
        }
        _ => Row::not_run(SUITE, "this is no clone, or there is no git"),
    }
}

/// As anybody builds it, and as those do who leave features out.
pub(super) fn lints() -> Outcome {
    let sets = [
        ("lints", "--workspace"),
        ("lints: without features", "--package mmf --no-default-features"),
        (
            "lints: the C ABI without its header",
            "--package mmf --no-default-features --features capi",
        ),
    ];
    let lint = |(name, set)| step(name, &format!("clippy {set} --all-targets -- -D warnings"));
    Ok(sets.map(lint).into())
}

pub(super) fn docs() -> Outcome {
    let mut command = cargo::command();
    command.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Ok(vec![Row::step("docs", process::show(&mut command))])
}

pub(super) fn semver() -> Outcome {
    if process::find("cargo-semver-checks").is_none() {
        return missing("cargo-semver-checks is not installed (cargo install cargo-semver-checks)");
    }
    let mut git = Command::new("git");
    git.current_dir(workspace::root()).args(["describe", "--tags", "--abbrev=0", "--match", "v*"]);
    // A release is compared with the one before it.
    match process::run(git.arg("HEAD^")) {
        Ok(tag) => {
            let words = format!("semver-checks --package mmf --baseline-rev {}", tag.trim());
            Ok(vec![step("semver", &words)])
        }
        Err(_) => missing("no release stands before this version in Git"),
    }
}

/// All but what has suites of its own.
pub(super) fn native() -> Outcome {
    let mut command = cargo::command();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    command.args(["--exclude", "mirror", "--exclude", "torture"]);
    Ok(cargo::test("native", &mut command)?)
}

pub(super) fn mirror() -> Outcome {
    let mut command = cargo::command();
    command.args(["test", "--package", "mirror", "--no-fail-fast"]);
    Ok(cargo::test("mirror", &mut command)?)
}

pub(super) fn portable() -> Outcome {
    if !cfg!(target_os = "linux") {
        return missing("it is this system's own back end, or for Linux only");
    }
    let mut command = cargo::command();
    for flags in ["RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env(flags, "--cfg mmf_backend=\"portable\"");
    }
    // Named, so that what is built with other flags has a folder of its own.
    let host = rid::host_platform()?.triple;
    library("portable", command.env("MMF_STRESS_KILLS", FEW_KILLS), host, &[])
}

pub(super) fn musl() -> Outcome {
    needs(&["musl-gcc"])?;
    let mut command = cargo::command();
    command.env("CC_x86_64_unknown_linux_musl", "musl-gcc").env("MMF_STRESS_KILLS", FEW_KILLS);
    library("musl", &mut command, "x86_64-unknown-linux-musl", &[])
}

pub(super) fn i686() -> Outcome {
    needs(&["gcc"])?;
    let start = process::run(Command::new("gcc").args(["-m32", "-print-file-name=crti.o"]))?;
    // One that is found is printed with its folder.
    if start.trim() == "crti.o" && !Path::new("/usr/include/i386-linux-gnu/gnu").exists() {
        return missing("gcc cannot link 32-bit programs (Debian: gcc-multilib)");
    }
    let mut command = cargo::command();
    command.env("MMF_STRESS_KILLS", FEW_KILLS);
    library("32-bit", &mut command, "i686-unknown-linux-gnu", &[])
}

pub(super) fn arm64() -> Outcome {
    const ROOT: &str = "/usr/aarch64-linux-gnu";
    needs(&["cargo-zigbuild", "qemu-aarch64"])?;
    if !Path::new(ROOT).exists() {
        return missing("no C library for it (Debian: libc6-arm64-cross)");
    }
    if !starts_arm_programs() {
        return missing(
            "the kernel does not start Arm programs (.ci/run --tools tells it of qemu)",
        );
    }
    let mut command = Command::new("cargo-zigbuild");
    command.current_dir(workspace::root()).env("MMF_STRESS_KILLS", FEW_KILLS);
    // For the programs that tests start, which the kernel hands to qemu.
    command.env("QEMU_LD_PREFIX", ROOT);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {ROOT}"));
    library("arm64", &mut command, "aarch64-unknown-linux-gnu", QEMU_GETS_WRONG)
}

/// Tests that cannot pass in qemu's user emulation.
const QEMU_GETS_WRONG: &LeftOut = &[
    (
        "qemu lets no program filter its system calls",
        &[
            "a_creator_whose_half_made_object_was_taken_starts_over",
            "without_nameless_objects_creating_is_as_safe",
            "a_creator_killed_under_any_umask_frees_its_name",
            "memory_reserved_by_a_creator_that_was_killed_is_given_back",
            "whatever_forbids_nameless_objects_names_are_still_made",
            "a_save_in_the_middle_is_not_taken_for_a_killed_one",
        ],
    ),
    (
        "emulated programs cannot be stepped through",
        &[
            "a_save_killed_at_any_step_leaves_one_of_the_two_files_and_in_the_end_nothing_else",
            "the_content_lock_is_free_while_the_disk_is_waited_for",
            "who_maps_a_file_anew_under_a_name_and_is_killed_at_any_step",
        ],
    ),
    (
        "qemu does not heed a limit of the address space",
        &["too_little_memory_is_an_error_in_both_flavours", "a_process_short_of_memory_is_told_so"],
    ),
    (
        "qemu writes its own files under the limit",
        &["a_record_that_may_not_be_written_is_an_error_and_no_signal"],
    ),
    (
        "qemu does not tell why a program could not be started",
        &["run_ends_with_the_exit_code_of_the_command"],
    ),
    (
        "emulated code looks at few maps in a sweep's millisecond",
        &[
            "the_sweep_reaches_a_dead_map_behind_many_living_ones",
            "the_next_process_that_creates_anything_gives_the_memory_of_killed_ones_back",
        ],
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

/// The tests of the library and of the command line for a platform, which has a folder of its own below the
/// target folder; but for those that an emulator gets wrong.
pub(super) fn library(
    suite: &str,
    command: &mut Command,
    triple: &str,
    left_out: &LeftOut,
) -> Outcome {
    command.args(["test", "--package", "mmf", "--package", "mmf-cli", "--no-fail-fast"]);
    needs_target(triple)?;
    command.args(["--target", triple, "--"]);
    for (reason, tests) in left_out {
        println!("left out: {}: {reason}", tests.join(", "));
        command.args(tests.iter().flat_map(|test| ["--skip", test]));
    }
    Ok(cargo::test_elsewhere(suite, command)?)
}

/// Platforms whose tests cannot run on any Debian machine: they compile.
pub(super) fn checks() -> Outcome {
    let triples = "x86_64-pc-windows-msvc i686-pc-windows-msvc aarch64-pc-windows-msvc \
         i686-pc-windows-gnu aarch64-pc-windows-gnullvm x86_64-apple-darwin aarch64-apple-darwin \
         x86_64-unknown-freebsd aarch64-unknown-linux-musl";
    let check = |triple| {
        let name = format!("checks: {triple}");
        if let Some(reason) = cargo::lacks_target(triple) {
            return Row::not_run(name, reason);
        }
        let mut command = cargo::command();
        command.args(["check", "--package", "mmf", "--all-targets", "--target", triple]);
        Row::step(name, process::show(&mut command))
    };
    Ok(std::iter::once(oldest_rust()).chain(triples.split(' ').map(check)).collect())
}

/// The oldest Rust that Cargo.toml promises.
fn oldest_rust() -> Row {
    let toolchain = format!("{}.0", env!("CARGO_PKG_RUST_VERSION"));
    let name = format!("checks: Rust {toolchain}");
    let rustup = || {
        let mut command = Command::new("rustup");
        command.current_dir(workspace::root()).args(["run", &toolchain, "cargo"]);
        command
    };
    if process::run(rustup().arg("--version")).is_err() {
        let reason = format!("it is not installed (rustup toolchain install {toolchain})");
        return Row::not_run(name, reason);
    }
    let mut command = rustup();
    command.args(["check", "--workspace", "--locked"]);
    Row::step(name, process::show(&mut command))
}
